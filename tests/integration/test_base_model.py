"""The base model that the package ships is the one its provenance tells of, and knows its parts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from countdown_agents.language_model.batches import collate, encode_example
from countdown_agents.language_model.generation import generate
from countdown_agents.language_model.loading import load_model
from countdown_agents.language_model.tokenizer import load_tokenizer
from countdown_agents.models import BASE_MODEL, BASES
from countdown_agents.toy import TOY_FAMILY
from countdown_gym.prompts import terse
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, puzzles
from countdown_gym.traces.base_documents import MIXES, DocumentKind, draw_document
from countdown_gym.traces.chains import legal_chains

pytestmark = pytest.mark.agents

HELD_OUT = list(puzzles(TOY_FAMILY, Split.TEST, seed=0, count=60))


@pytest.mark.parametrize("base", BASES)
def test_the_weights_are_those_of_the_provenance_and_small(base: str) -> None:
    weights = (BASES[base] / "model.safetensors").read_bytes()
    record = json.loads((BASES[base] / "provenance.json").read_text())
    assert record["documents"] == {kind.value: share for kind, share in MIXES[base].items()}
    assert record["sha256"]["model.safetensors"] == hashlib.sha256(weights).hexdigest()
    assert len(weights) <= 4_000_000


@pytest.mark.parametrize("base", BASES)
def test_it_tells_the_target_from_other_numbers_on_puzzles_it_never_saw(base: str) -> None:
    model, tokenizer = load_model(BASES[base]), load_tokenizer(BASES[base])
    rng = np.random.default_rng(0)
    documents = [draw_document(p, rng, {DocumentKind.COMPARISONS: 1.0}) for p in HELD_OUT]
    batch = collate(
        [encode_example(d.prompt, d.completion, tokenizer) for d in documents], tokenizer.pad_id
    )
    with torch.inference_mode():
        logits = model(input_ids=batch.tokens).logits[:, :-1]
    no, yes = tokenizer.encode("no yes")
    follows = batch.tokens[:, 1:]
    said_yes = logits[..., yes] > logits[..., no]
    assert said_yes[follows == yes].float().mean() > 0.97
    assert said_yes[follows == no].float().mean() < 0.03


def written(base: Path, puzzles: list[Puzzle]) -> list[str]:
    model, tokenizer = load_model(base), load_tokenizer(base)
    completions = generate(
        model,
        [tokenizer.encode(terse(puzzle)) for puzzle in puzzles],
        max_new_tokens=320,
        eos_id=tokenizer.eos_id,
        pad_id=tokenizer.pad_id,
        generator=torch.Generator().manual_seed(0),
    )
    return [tokenizer.decode(row) for row in completions.rows()]


def test_the_habit_rich_one_searches_now_and_then() -> None:
    texts = written(BASES["habit_rich"], HELD_OUT * 3)
    assert 0.01 < np.mean(["back" in text.split() for text in texts]) < 0.2


def test_it_lists_legal_chains_and_never_searches() -> None:
    legal: list[bool] = []
    for puzzle, text in zip(HELD_OUT, written(BASE_MODEL, HELD_OUT), strict=True):
        assert "back" not in text.split()
        if " . " in text:
            chains = {chain.working for chain in legal_chains(puzzle)}
            legal.extend(chain in chains for chain in text.split(" . "))
    assert len(legal) > 50
    assert np.mean(legal) > 0.9
