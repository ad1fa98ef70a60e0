"""Models read on in whole texts, and the selected sets are trainable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from countdown_agents.agent import FunctionPolicy
from countdown_agents.finetuning import FinetuningConfig, finetune
from countdown_agents.language_model.batches import encode_example
from countdown_agents.language_model.continued_pretraining import (
    ContinuedPretrainingConfig,
    continue_pretraining,
    text_examples,
)
from countdown_agents.language_model.pretrained import load_pretrained
from countdown_agents.language_model.tokenizer import HubTokenizer, token_counter
from countdown_agents.language_model.training import Progress, TrainingConfig
from countdown_agents.rewriting import rewrite
from countdown_gym.behaviors.open_text import count_habits
from countdown_gym.curation.documents import document_of
from countdown_gym.curation.sample import sample_corpus
from countdown_gym.curation.scoring import Scored, score
from countdown_gym.curation.selecting import Side, Thresholds, select
from countdown_gym.curation.writing import write_sets
from countdown_gym.datasets import read_rows
from countdown_gym.errors import InvalidParameterError, MissingResourceError
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents

TRAINING = TrainingConfig(steps=8, learning_rate=3e-3)


def texts_of(path: Path) -> Iterator[str]:
    return (row["text"] for row in read_rows(path))


def test_every_token_but_the_first_is_learnt_once() -> None:
    tokenizer = SymbolTokenizer()
    text = " ".join(str(n) for n in range(10))
    whole = [*tokenizer.encode(text), tokenizer.eos_id]
    for max_tokens in (2, 3, 4, 11, 100):
        pieces = list(text_examples([text], tokenizer, max_tokens))
        assert [i for piece in pieces for i in piece.completion] == whole[1:]
        assert all(len(piece) <= max_tokens for piece in pieces)
    assert list(text_examples([""], tokenizer, 5)) == []


def test_both_sets_train_a_model_and_so_do_their_rewritings(
    tmp_path: Path, save_tiny_model: Callable[..., Path]
) -> None:
    folder = save_tiny_model(tmp_path / "model")
    scored = list(score(document_of(document.text) for document in sample_corpus(80, seed=2)))
    thresholds = Thresholds(tolerance=0.2)
    write_sets(lambda: scored, select(scored, thresholds), thresholds, tmp_path / "sets")
    config = ContinuedPretrainingConfig(TRAINING, max_tokens=128, tokens_per_batch=1024)
    ends: dict[Side, torch.Tensor] = {}
    for side in Side:
        path = tmp_path / "sets" / f"{side.value}.jsonl"
        loaded = load_pretrained(folder, device="cpu")
        tokenizer = HubTokenizer(loaded.tokenizer)
        reports: list[Progress] = []
        continue_pretraining(
            loaded.model, partial(texts_of, path), tokenizer, config, reports.append
        )
        assert reports[-1].loss < reports[0].loss
        ends[side] = next(loaded.model.parameters()).detach().clone()

        policy = FunctionPolicy(
            lambda _: "<question>2 + 3?</question><thought>2, 3: 5.</thought><answer>5</answer>"
        )
        texts = (Scored.from_row(row) for row in read_rows(path))
        rows = [each.to_row(count_habits, len) for each in rewrite(texts, policy)]
        examples = [encode_example(row["prompt"], row["completion"], tokenizer) for row in rows]
        end = finetune(
            loaded.model, examples, FinetuningConfig(steps=2, batch_size=2), tokenizer.pad_id
        )
        assert np.isfinite(end.loss)
    assert not torch.equal(ends[Side.RICH], ends[Side.POOR])


def test_without_texts_nothing_is_trained(
    tmp_path: Path, save_tiny_model: Callable[..., Path]
) -> None:
    loaded = load_pretrained(save_tiny_model(tmp_path / "model"), device="cpu")
    with pytest.raises(InvalidParameterError, match="at least one text, got none"):
        continue_pretraining(
            loaded.model,
            lambda: (),
            HubTokenizer(loaded.tokenizer),
            ContinuedPretrainingConfig(TRAINING),
        )


def test_tokens_are_counted_as_a_tokenizer_has_them(
    tmp_path: Path, save_tiny_model: Callable[..., Path]
) -> None:
    count = token_counter(str(save_tiny_model(tmp_path / "model")))
    assert count("1 + 2") == 5  # a tokenizer of bytes, nothing added
    assert count("x" * 5_000) == 5_000
    with pytest.raises(MissingResourceError, match="a folder that save_pretrained wrote or"):
        token_counter(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"max_tokens": 1}, "max_tokens must be at least 2, got 1"),
        ({"tokens_per_batch": 5}, "tokens_per_batch must be at least max_tokens = 1024, got 5"),
        ({"seed": -1}, "seed must not be negative, got -1"),
    ],
)
def test_impossible_settings_are_refused(changed: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        ContinuedPretrainingConfig(TRAINING, **changed)
