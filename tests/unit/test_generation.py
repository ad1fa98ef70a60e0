"""Sampling is right: it is compared with transformers, with one forward pass, with itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from countdown_agents.language_model import generation
from countdown_agents.language_model.decoding import cache_argument
from countdown_agents.language_model.generation import Completions, generate
from countdown_gym.errors import InvalidParameterError

pytestmark = pytest.mark.agents

EOS, PAD, VOCABULARY = 1, 0, 17
PROMPTS = [[5, 6, 7], [9, 3, 2, 4, 8, 2], [11], [5, 6, 7], [4, 4, 4, 4]]
ENDS = {"bos_token_id": None, "eos_token_id": EOS, "pad_token_id": PAD}
BLOCKS = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 1}
SHAPES: dict[str, dict[str, int]] = {
    "llama": {**BLOCKS, **HEADS, "max_position_embeddings": 64},
    "qwen2": {**BLOCKS, **HEADS, "num_key_value_heads": 2, "max_position_embeddings": 64},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
}


def build(kind: str) -> PreTrainedModel:
    """Return a small model whose weights are large enough to have opinions."""
    config = AutoConfig.for_model(
        kind, vocab_size=VOCABULARY, initializer_range=0.4, **SHAPES[kind], **ENDS
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
    model.eval()
    return model


@pytest.fixture(params=list(SHAPES))
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return build(request.param)


def sample(
    model: PreTrainedModel, prompts: list[list[int]], seed: int = 0, temperature: float = 1.0
) -> Completions:
    return generate(
        model,
        prompts,
        max_new_tokens=24,
        eos_id=EOS,
        pad_id=PAD,
        temperature=temperature,
        generator=torch.Generator().manual_seed(seed),
    )


def one_forward(model: PreTrainedModel, prompt: list[int], completion: list[int]) -> Tensor:
    """Log-probabilities (C,) of a completion from one forward pass, no cache, no padding."""
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([prompt + completion]), use_cache=False).logits[0]
    chosen = torch.tensor(completion)[:, None]
    log_probs: Tensor = logits.log_softmax(-1)[len(prompt) - 1 : -1]
    return log_probs.gather(-1, chosen)[:, 0]


def test_greedy_decoding_agrees_with_transformers(model: PreTrainedModel) -> None:
    ours = generate(model, PROMPTS, max_new_tokens=24, eos_id=EOS, pad_id=PAD, temperature=0.0)
    for prompt, row in zip(PROMPTS, ours.rows(), strict=True):
        ids = torch.tensor([prompt])
        theirs = model.generate(  # type: ignore[operator]  # a mixin that torch's typing hides
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=24,
            do_sample=False,
            eos_token_id=EOS,
            pad_token_id=PAD,
        )
        assert row == theirs[0, len(prompt) :].tolist()


def test_log_probs_are_those_of_one_forward_pass(model: PreTrainedModel) -> None:
    sampled = sample(model, PROMPTS)
    for i, (prompt, row) in enumerate(zip(PROMPTS, sampled.rows(), strict=True)):
        torch.testing.assert_close(
            sampled.log_probs[i, : len(row)], one_forward(model, prompt, row), atol=1e-4, rtol=0
        )


def test_what_is_noted_is_said_of_the_tokens_that_were_sampled(model: PreTrainedModel) -> None:
    """Values and entropies of one forward pass, although rows ended and others took their place."""

    def note(states: Tensor, distribution: Tensor) -> Tensor:
        return torch.stack([states.sum(-1), (distribution.exp() * distribution).sum(-1)], dim=-1)

    sampled = generate(
        model,
        PROMPTS * 4,
        max_new_tokens=24,
        eos_id=EOS,
        pad_id=PAD,
        temperature=0.8,
        generator=torch.Generator().manual_seed(1),
        note=note,
    )
    assert sampled.notes.shape == (*sampled.tokens.shape, 2)
    assert len(set(map(len, sampled.rows()))) > 2, "the test needs rows of several lengths"
    for i, (prompt, row) in enumerate(zip(PROMPTS * 4, sampled.rows(), strict=True)):
        with torch.inference_mode():
            ids = torch.tensor([prompt + row])
            states = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
            logits = model(input_ids=ids, use_cache=False).logits
        before = slice(len(prompt) - 1, -1)
        expected = note(states[0, before], (logits[0, before] / 0.8).log_softmax(-1))
        torch.testing.assert_close(sampled.notes[i, : len(row)], expected, atol=1e-4, rtol=1e-4)
        assert sampled.notes[i, len(row) :].abs().sum() == 0


def test_a_row_does_not_depend_on_its_padding(model: PreTrainedModel) -> None:
    beside_long = sample(model, [[5, 6, 7], [9, 3, 2, 4, 8, 2]])
    beside_short = sample(model, [[5, 6, 7], [9, 3, 2]])
    alone = sample(model, [[5, 6, 7]])
    assert beside_long.rows()[0] == beside_short.rows()[0] == alone.rows()[0]


@pytest.mark.parametrize("steps", [1, 3])
def test_letting_finished_rows_go_changes_nothing(
    model: PreTrainedModel, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = PROMPTS * 4
    at_once: list[Completions] = []
    never: list[Completions] = []
    for share, results in ((1.0, at_once), (0.0, never)):
        monkeypatch.setattr(generation, "_PACES", {"cpu": generation._Pace(steps, share)})
        results.append(sample(model, prompts))
    assert at_once[0].ended.sum() > 5, "the test needs rows that end early"
    assert at_once[0].rows() == never[0].rows()
    torch.testing.assert_close(at_once[0].log_probs, never[0].log_probs, atol=1e-5, rtol=0)


def test_prompts_of_equal_length_need_no_mask_and_agree_with_masked_ones(
    model: PreTrainedModel,
) -> None:
    equal = sample(model, [[5, 6, 7], [4, 4, 4]])
    padded = sample(model, [[5, 6, 7], [4, 4, 4], [2, 3, 4, 5, 6]])
    assert equal.rows() == padded.rows()[:2]


def test_equal_seeds_give_equal_completions(model: PreTrainedModel) -> None:
    one, same, other = (sample(model, PROMPTS, seed) for seed in (7, 7, 8))
    assert one.rows() == same.rows()
    assert one.rows() != other.rows()


def test_the_global_generator_is_left_alone(model: PreTrainedModel) -> None:
    before = torch.random.get_rng_state()
    sample(model, PROMPTS)
    assert torch.equal(before, torch.random.get_rng_state())


def test_mask_end_and_padding_tell_the_same_story(model: PreTrainedModel) -> None:
    sampled = sample(model, PROMPTS * 4)
    assert sampled.tokens.shape == sampled.mask.shape == sampled.log_probs.shape
    assert bool((sampled.tokens[~sampled.mask] == PAD).all())
    assert bool((sampled.log_probs[~sampled.mask] == 0).all())
    assert bool((sampled.log_probs[sampled.mask] < 0).all())
    for row, ended in zip(sampled.rows(), sampled.ended.tolist(), strict=True):
        assert (row[-1] == EOS) == ended
        assert EOS not in row[:-1]
        assert ended or len(row) == 24


def test_a_budget_of_one_token_is_kept() -> None:
    model = build("llama")
    sampled = generate(model, PROMPTS, max_new_tokens=1, eos_id=EOS, pad_id=PAD, temperature=0.0)
    assert sampled.tokens.shape == (len(PROMPTS), 1)


def test_tokens_are_drawn_as_often_as_the_model_says() -> None:
    model = build("llama")
    sampled = generate(
        model,
        [[5, 6, 7]] * 20_000,
        max_new_tokens=1,
        eos_id=EOS,
        pad_id=PAD,
        temperature=2.0,
        generator=torch.Generator().manual_seed(0),
    )
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[5, 6, 7]])).logits[0, -1]
    expected = (logits / 2.0).softmax(-1).numpy()
    seen = np.bincount(sampled.tokens[:, 0].numpy(), minlength=VOCABULARY) / 20_000
    # Five standard errors of a proportion; the draw is fixed, so this passes always or never.
    assert np.all(np.abs(seen - expected) < 5 * np.sqrt(expected / 20_000) + 1e-4)
    torch.testing.assert_close(
        sampled.log_probs[0, 0], (logits / 2.0).log_softmax(-1)[sampled.tokens[0, 0]]
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"prompts": []}, "at least one token"),
        ({"prompts": [[5], []]}, "at least one token"),
        ({"max_new_tokens": 0}, "max_new_tokens must be at least 1, got 0"),
        ({"temperature": -1.0}, "temperature must not be negative, got -1.0"),
        ({"generator": None}, r"needs a torch\.Generator"),
        ({"prompts": [[5] * 9, [5]], "max_new_tokens": 64}, "9 and 64 tokens; lower .* to 55$"),
        ({"prompts": [[5] * 64]}, "64 positions, got 64 and 4 tokens; the model is too small"),
    ],
)
def test_impossible_requests_are_refused(changed: dict[str, object], message: str) -> None:
    request = {
        "prompts": PROMPTS,
        "max_new_tokens": 4,
        "eos_id": EOS,
        "pad_id": PAD,
        "temperature": 1.0,
        "generator": torch.Generator(),
        **changed,
    }
    with pytest.raises(InvalidParameterError, match=message):
        generate(build("llama"), **request)  # type: ignore[arg-type]  # wrong on purpose


def test_completions_are_frozen() -> None:
    sampled = sample(build("llama"), PROMPTS)
    assert replace(sampled).rows() == sampled.rows()


def test_the_cache_goes_by_the_name_that_a_model_knows() -> None:
    def older(input_ids: object, past_key_values: object = None) -> None:
        """Stands for a forward pass before transformers 5.24."""

    def newer(input_ids: object, cache: object = None) -> None:
        """Stands for one since then."""

    assert cache_argument(older) == "past_key_values"
    assert cache_argument(newer) == "cache"
