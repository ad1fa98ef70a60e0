"""This project's `TokenPPO`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch

from benchmarks.training.protocol import Reporter, clock, setting_of
from benchmarks.training.work import language_model, token_env
from countdown_agents.language_model import decoding, llama_decoding, reading
from countdown_agents.token_ppo import collecting, log_probabilities
from countdown_agents.token_ppo.callbacks import BatchCallback
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO


@dataclass
class Stopwatch:
    """Adds up the time of some functions; one inside another is counted once."""

    clock: Callable[[], float]
    seconds: float = 0.0
    running: bool = False

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - any function
            if self.running:
                return function(*arguments, **named)
            self.running, started = True, self.clock()
            try:
                return function(*arguments, **named)
            finally:
                self.running = False
                self.seconds += self.clock() - started

        return timed


@contextmanager
def timed_by(stopwatch: Stopwatch, *functions: tuple[Any, str]) -> Iterator[None]:
    """Time functions, each by its owner and name, wherever they are called."""
    patches = [
        mock.patch.object(owner, name, stopwatch.around(getattr(owner, name)))
        for owner, name in functions
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


PASSES = (
    (decoding, "predict"),
    (reading, "predict"),
    (llama_decoding.LlamaDecoder, "feed"),
    (log_probabilities, "hidden_states"),
    (log_probabilities, "packed_states"),
    (log_probabilities, "logits"),
    (torch.Tensor, "backward"),
)
"""Forward and backward passes of the model; all else is overhead."""


def multiplied(model: TokenPPO) -> int:
    """Return how many weights of its language model every token is multiplied with."""
    language_model = model.policy.language_model
    looked_up = language_model.get_input_embeddings().weight.numel()
    tied = language_model.config.tie_word_embeddings
    return int(language_model.num_parameters()) - (0 if tied else looked_up)


def matrix_rate(device: str, width: int = 8192, products: int = 20) -> float:
    """Return how many operations a second a device does in large products in half precision."""
    left, right = torch.randn(2, width, width, dtype=torch.bfloat16, device=device)
    tells_time = clock(device)
    for _ in range(2):  # the first time is for warming up
        started = tells_time()
        for _ in range(products):
            torch.mm(left, right)
        seconds = tells_time() - started
    return products * 2 * width**3 / seconds


def main(advantage: str) -> None:
    """Train as often as asked."""
    torch.set_num_threads(1)
    setting = setting_of(sys.argv)
    config = TokenPPOConfig(
        learning_rate=setting.learning_rate,
        minibatches=setting.updates,
        kl_coefficient=0.0,
        advantage=advantage,
        precision="bfloat16" if setting.large else "float32",
    )
    model = TokenPPO(
        CausalLMPolicy,
        token_env(setting, setting.rollouts),
        config,
        policy_kwargs={"language_model": language_model(setting)},
        seed=setting.seed,
        device=setting.device,
    )
    tells_time = clock(setting.device)
    reporter = Reporter(setting.device)
    passes, sampling = Stopwatch(tells_time), Stopwatch(tells_time)
    known, rate = 0, 0.0

    def between_batches(model: TokenPPO) -> bool:
        nonlocal known, rate
        if model.batches:
            reporter.report(
                model.num_timesteps - known,
                model.measures["reward"],
                model_seconds=passes.seconds,
                sampling_seconds=sampling.seconds,
                parameters=multiplied(model),
                matrix_rate=rate,
            )
        known = model.num_timesteps
        asked = reporter.wait()
        if setting.large and not rate:  # in the batch that is not measured, while nobody else works
            rate = matrix_rate(setting.device)
        passes.seconds = sampling.seconds = 0.0
        return asked

    # each look at a device's clock waits for it: only what lasts long is timed there
    timed = PASSES if setting.device == "cpu" else ()
    with timed_by(passes, *timed), timed_by(sampling, (collecting, "generate")):
        model.learn(10**12, callback=BatchCallback(between_batches), log_interval=10**9)


if __name__ == "__main__":
    main("gae")
