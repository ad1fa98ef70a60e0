"""This project's `TokenPPO`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch

from benchmarks.training.protocol import Reporter, setting_of
from benchmarks.training.work import language_model, token_env
from countdown_agents.language_model import decoding, llama_decoding, reading
from countdown_agents.token_ppo import collecting, log_probabilities
from countdown_agents.token_ppo.callbacks import BatchCallback
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO


@dataclass
class Stopwatch:
    """Adds up the processor time of some functions; one inside another is counted once."""

    seconds: float = 0.0
    running: bool = False

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - any function
            if self.running:
                return function(*arguments, **named)
            self.running, started = True, time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self.running = False
                self.seconds += time.process_time() - started

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
    (log_probabilities, "logits"),
    (torch.Tensor, "backward"),
)
"""Forward and backward passes of the model; all else is overhead."""


def main(advantage: str) -> None:
    """Train as often as asked."""
    torch.set_num_threads(1)
    setting = setting_of(sys.argv)
    config = TokenPPOConfig(
        learning_rate=setting.learning_rate,
        minibatches=setting.updates,
        kl_coefficient=0.0,
        advantage=advantage,
    )
    model = TokenPPO(
        CausalLMPolicy,
        token_env(setting, setting.rollouts),
        config,
        policy_kwargs={"language_model": language_model(setting)},
        seed=setting.seed,
        device="cpu",
    )
    reporter, passes, sampling = Reporter(), Stopwatch(), Stopwatch()
    known = 0

    def between_batches(model: TokenPPO) -> bool:
        nonlocal known
        if model.batches:
            reporter.report(
                model.num_timesteps - known,
                model.measures["reward"],
                model_seconds=passes.seconds,
                sampling_seconds=sampling.seconds,
            )
        known = model.num_timesteps
        asked = reporter.wait()
        passes.seconds = sampling.seconds = 0.0
        return asked

    with timed_by(passes, *PASSES), timed_by(sampling, (collecting, "generate")):
        model.learn(10**12, callback=BatchCallback(between_batches), log_interval=10**9)


if __name__ == "__main__":
    main("gae")
