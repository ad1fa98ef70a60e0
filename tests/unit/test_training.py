"""Supervised training: batches hold what they should, the loss is right, models learn by it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from countdown_agents.finetuning import FinetuningConfig, encode_examples, finetune
from countdown_agents.language_model.batches import (
    Example,
    collate,
    encode_example,
    shuffled_batches,
    token_batches,
)
from countdown_agents.language_model.config import SmallModelConfig
from countdown_agents.language_model.generation import generate
from countdown_agents.language_model.loading import build_model
from countdown_agents.language_model.precision import Precision
from countdown_agents.language_model.training import (
    Progress,
    TrainingConfig,
    completion_loss,
    learning_rate_factor,
    train,
)
from countdown_agents.toy import TOY_FAMILY
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.symbols import SymbolTokenizer
from countdown_gym.traces.priming import PrimingRecipe, priming_set
from countdown_gym.traces.search import Teacher

pytestmark = pytest.mark.agents

TINY = SmallModelConfig(hidden_size=32, intermediate_size=32, num_layers=1, num_heads=2)
TOKENIZER = SymbolTokenizer()


def small_model() -> PreTrainedModel:
    return build_model(TINY, seed=0)


def examples(count: int) -> Iterator[Example]:
    """Texts of 3 to 12 tokens that all differ."""
    for i in range(count):
        yield Example((5, i + 3), (7,) * (1 + i % 10))


def test_a_batch_is_padded_on_the_right_and_learns_completions_only() -> None:
    batch = collate([Example((5, 6), (7,)), Example((5,), (8, 9, 2))], pad_id=0)
    assert batch.tokens.tolist() == [[5, 6, 7, 0], [5, 8, 9, 2]]
    assert batch.mask.tolist() == [[False, False, True, False], [False, True, True, True]]
    assert batch.num_tokens == 7


def test_an_encoded_example_ends() -> None:
    example = encode_example("1 2 make 3 <think>", "yes", TOKENIZER)
    assert example.completion == (*TOKENIZER.encode("yes"), TOKENIZER.eos_id)


@pytest.mark.parametrize(("prompt", "completion"), [((), (1,)), ((1,), ())])
def test_half_an_example_is_refused(prompt: tuple[int, ...], completion: tuple[int, ...]) -> None:
    with pytest.raises(InvalidParameterError, match="prompt and a completion"):
        Example(prompt, completion)


def test_every_example_comes_once_an_epoch() -> None:
    batches = shuffled_batches(list(examples(64)), 8, 0, np.random.default_rng(0))
    for _ in range(3):
        epoch = [row[1] for _ in range(8) for row in next(batches).tokens.tolist()]
        assert sorted(epoch) == list(range(3, 67))


def test_few_examples_still_fill_batches() -> None:
    batches = shuffled_batches(list(examples(3)), 8, 0, np.random.default_rng(0))
    assert {len(next(batches).tokens) for _ in range(20)} == {8}


def test_batches_of_like_length_waste_little() -> None:
    batches = shuffled_batches(list(examples(640)), 8, 0, np.random.default_rng(0))
    some = list(itertools.islice(batches, 80))
    read = sum(batch.tokens.numel() for batch in some)
    assert sum(batch.num_tokens for batch in some) > 0.85 * read


def test_a_stream_is_cut_by_tokens_and_nothing_is_lost() -> None:
    batches = list(token_batches(examples(5000), 200, 0, np.random.default_rng(0)))
    assert all(batch.tokens.numel() <= 200 for batch in batches)
    assert sorted(row[1] for b in batches for row in b.tokens.tolist()) == list(range(3, 5003))


def test_the_loss_of_a_three_token_text_is_worked_out_by_hand() -> None:
    # The second token is given; the third has probability 3/4 out of two symbols.
    logits = torch.tensor([[[9.0, -9.0], [0.0, math.log(3.0)], [5.0, 5.0]]])
    tokens = torch.tensor([[0, 0, 1]])
    mask = torch.tensor([[False, False, True]])
    assert completion_loss(logits, tokens, mask).item() == pytest.approx(-math.log(0.75))


def test_prompt_and_padding_get_no_gradient() -> None:
    logits = torch.randn((2, 4, 5), generator=torch.Generator().manual_seed(0), requires_grad=True)
    batch = collate([Example((1, 2), (3,)), Example((1,), (2, 3, 4))], pad_id=0)
    completion_loss(logits, batch.tokens, batch.mask).backward()
    assert logits.grad is not None
    assert (logits.grad.abs().sum(-1) > 0).tolist() == [
        [False, True, False, False],
        [True, True, True, False],
    ]


def test_the_learning_rate_rises_then_falls_to_a_tenth() -> None:
    config = TrainingConfig(steps=101, learning_rate=1.0, warmup_steps=1)
    factors = [learning_rate_factor(step, config) for step in range(101)]
    assert factors[:2] == [0.5, 1.0]
    assert factors[1:] == sorted(factors[1:], reverse=True)
    assert factors[51] == pytest.approx(0.55)
    assert factors[-1] == pytest.approx(0.1, abs=1e-3)


def test_too_few_batches_are_an_error() -> None:
    batch = collate(list(examples(2)), pad_id=0)
    with pytest.raises(InvalidParameterError, match="needs 3 batches, got 2"):
        train(small_model(), iter([batch, batch]), TrainingConfig(steps=3, learning_rate=1e-3))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"warmup_steps": 10}, "warmup_steps must be from 0 to below steps"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"weight_decay": -1.0}, "weight_decay must not be negative"),
    ],
)
def test_impossible_settings_are_refused(changed: dict[str, float], message: str) -> None:
    settings: dict[str, float] = {"steps": 10, "learning_rate": 1e-3, **changed}
    with pytest.raises(InvalidParameterError, match=message):
        TrainingConfig(**settings)  # type: ignore[arg-type]  # wrong on purpose


def test_products_may_be_of_half_precision_and_weights_are_not() -> None:
    def ends(precision: Precision) -> tuple[float, set[torch.dtype]]:
        model = small_model()
        config = FinetuningConfig(steps=5, batch_size=4, precision=precision)
        end = finetune(model, list(examples(20)), config, pad_id=0)
        return end.loss, {parameter.dtype for parameter in model.parameters()}

    (whole, dtypes), (half, same) = ends("float32"), ends("bfloat16")
    assert half != whole
    assert half == pytest.approx(whole, rel=0.02)
    assert dtypes == same == {torch.float32}
    with pytest.raises(UnknownNameError, match="precision"):
        FinetuningConfig(precision="float8")  # type: ignore[arg-type]  # wrong on purpose


def test_a_primed_model_writes_what_it_was_primed_on() -> None:
    teacher = Teacher(1, 2)
    primed_on, _ = priming_set(
        PrimingRecipe(TOY_FAMILY, teacher=teacher, num_traces=3), "all_habits"
    )
    model, seen = small_model(), list[Progress]()
    primed = encode_examples(primed_on, TOKENIZER)
    config = FinetuningConfig(steps=300, batch_size=3, learning_rate=1e-2)
    end = finetune(model, primed, config, TOKENIZER.pad_id, seen.append)
    assert [at.step for at in seen] == list(range(1, 301))
    assert end == seen[-1]
    assert seen[0].loss > 3
    assert end.loss < 0.1
    written = generate(
        model,
        [example.prompt for example in primed],
        max_new_tokens=60,
        eos_id=TOKENIZER.eos_id,
        pad_id=TOKENIZER.pad_id,
        temperature=0.0,
    )
    assert [tuple(row) for row in written.rows()] == [example.completion for example in primed]


def test_equal_seeds_prime_equal_models() -> None:
    ends = [
        finetune(
            small_model(), list(examples(20)), FinetuningConfig(steps=5, batch_size=4), pad_id=0
        )
        for _ in range(2)
    ]
    assert ends[0].loss == ends[1].loss
