"""The base model that the package ships is the one its provenance tells of, and knows its parts."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch

from countdown_agents.language_model.batches import collate, encode_example
from countdown_agents.language_model.generation import generate
from countdown_agents.language_model.loading import load_model
from countdown_agents.language_model.tokenizer import load_tokenizer
from countdown_agents.models import BASE_MODEL
from countdown_agents.toy import TOY_FAMILY
from countdown_gym.prompts import terse
from countdown_gym.splits import Split, puzzles
from countdown_gym.traces.base_documents import DocumentKind, draw_document
from countdown_gym.traces.chains import legal_chains

pytestmark = pytest.mark.agents

HELD_OUT = list(puzzles(TOY_FAMILY, Split.TEST, seed=0, count=60))


def test_the_weights_are_those_of_the_provenance_and_small() -> None:
    weights = (BASE_MODEL / "model.safetensors").read_bytes()
    record = json.loads((BASE_MODEL / "provenance.json").read_text())
    assert record["sha256"]["model.safetensors"] == hashlib.sha256(weights).hexdigest()
    assert len(weights) <= 4_000_000


def test_it_tells_the_target_from_other_numbers_on_puzzles_it_never_saw() -> None:
    model, tokenizer = load_model(BASE_MODEL), load_tokenizer(BASE_MODEL)
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


def test_it_lists_legal_chains_and_never_searches() -> None:
    model, tokenizer = load_model(BASE_MODEL), load_tokenizer(BASE_MODEL)
    written = generate(
        model,
        [tokenizer.encode(terse(puzzle)) for puzzle in HELD_OUT],
        max_new_tokens=320,
        eos_id=tokenizer.eos_id,
        pad_id=tokenizer.pad_id,
        generator=torch.Generator().manual_seed(0),
    )
    legal: list[bool] = []
    for puzzle, row in zip(HELD_OUT, written.rows(), strict=True):
        text = tokenizer.decode(row)
        assert "back" not in text.split()
        if " . " in text:
            chains = {chain.working for chain in legal_chains(puzzle)}
            legal.extend(chain in chains for chain in text.split(" . "))
    assert len(legal) > 50
    assert np.mean(legal) > 0.9
