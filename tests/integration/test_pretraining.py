"""The base model's recipe runs, can be repeated, is recorded, and sees no held-out puzzle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from countdown_agents.language_model.config import SmallModelConfig
from countdown_agents.language_model.loading import load_model
from countdown_agents.language_model.pretraining import (
    PretrainingConfig,
    base_examples,
    main,
    pretrain,
    save_base,
)
from countdown_agents.language_model.tokenizer import load_tokenizer
from countdown_agents.language_model.training import TrainingConfig
from countdown_agents.toy import TOY_FAMILY
from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, puzzles, split_of
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents

QUICK = PretrainingConfig(
    num_puzzles=20,
    tokens_per_batch=1024,
    model=SmallModelConfig(hidden_size=32, intermediate_size=32, num_layers=1, num_heads=2),
    training=TrainingConfig(steps=12, learning_rate=1e-2),
)


def prompted(puzzle_list: list[Puzzle], count: int) -> Iterator[Puzzle]:
    """The puzzles that documents are about, read back from their prompts."""
    tokenizer = SymbolTokenizer()
    stream = base_examples(puzzle_list, tokenizer, np.random.default_rng(0))
    for example in islice(stream, count):
        board, _, rest = tokenizer.decode(example.prompt).partition(" make ")
        numbers = tuple(int(number) for number in board.split())
        yield Puzzle(numbers, int(rest.split()[0]), TOY_FAMILY.rules)


def test_documents_are_about_training_puzzles_with_their_numbers_in_any_order() -> None:
    drawn = list(puzzles(TOY_FAMILY, Split.TRAIN, seed=0, count=5))
    seen = list(prompted(drawn, 200))
    assert {split_of(puzzle) for puzzle in seen} == {Split.TRAIN}
    assert {puzzle.content for puzzle in seen} == {puzzle.content for puzzle in drawn}
    assert len({puzzle.numbers for puzzle in seen}) > 10


def test_a_base_model_learns_and_comes_back_with_its_provenance(tmp_path: Path) -> None:
    losses: list[float] = []
    model, end = pretrain(QUICK, lambda at: losses.append(at.loss))
    assert losses[-1] < losses[0] - 1
    save_base(tmp_path, model, QUICK, {"tokens_seen": end.tokens_seen})
    loaded = load_model(tmp_path)
    assert sum(p.numel() for p in loaded.parameters()) == sum(p.numel() for p in model.parameters())
    assert load_tokenizer(tmp_path).vocabulary_size == loaded.config.vocab_size == 121
    record = json.loads((tmp_path / "provenance.json").read_text())
    assert record["recipe"]["training"]["steps"] == 12
    assert record["tokens_seen"] == end.tokens_seen > 0
    weights = (tmp_path / "model.safetensors").read_bytes()
    assert record["sha256"]["model.safetensors"] == hashlib.sha256(weights).hexdigest()


def test_equal_recipes_make_equal_models(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "same")]
    for folder in folders:
        pretrain(QUICK)[0].save_pretrained(folder)
    one, same = (load_file(folder / "model.safetensors") for folder in folders)
    assert all(np.array_equal(one[name].numpy(), same[name].numpy()) for name in one)


def test_the_program_refuses_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--out", str(tmp_path), "--steps", "0"])
    assert refused.value.code == 2
    assert "steps must be at least 1, got 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tokens_per_batch": 100}, "tokens_per_batch must be at least max_tokens = 512, got 100"),
        ({"num_puzzles": 0}, "num_puzzles must be at least 1, got 0"),
        ({"seed": -1}, "seed must not be negative, got -1"),
    ],
)
def test_impossible_recipes_are_refused(changed: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        PretrainingConfig(**changed)  # type: ignore[arg-type]  # wrong on purpose
