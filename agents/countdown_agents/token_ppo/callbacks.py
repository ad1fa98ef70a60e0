"""What happens between two batches: stopping, held-out evaluation, checkpoints, progress.

stable-baselines3 asks `on_step` before each batch, so a callback sees the model as the last update
left it, and `model.batches` says how many batches there were.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from transformers import PreTrainedModel

from countdown_agents.evaluation import Evaluation
from countdown_agents.token_ppo.adapters import folded
from countdown_agents.token_ppo.log_probabilities import only_tokens
from countdown_agents.token_ppo.saving import save_atomically
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.errors import InvalidParameterError


class BatchCallback(BaseCallback):
    """Calls a function before each batch; training stops once it returns False.

    Args:
        before_batch: Takes the algorithm; returns whether to go on.
    """

    def __init__(self, before_batch: Callable[[TokenPPO], bool]) -> None:
        """Keep the function."""
        super().__init__()
        self._before_batch = before_batch

    def _on_step(self) -> bool:
        return self._before_batch(_token_ppo(self))


class StopAfterBatches(BatchCallback):
    """Stops training after a number of batches, counted from the first run on.

    Raises:
        InvalidParameterError: If the number is negative.
    """

    def __init__(self, batches: int) -> None:
        """Keep the number."""
        if batches < 0:
            raise InvalidParameterError(f"batches must not be negative, got {batches}")
        super().__init__(lambda model: model.batches < batches)


class Checkpoints(BaseCallback):
    """Saves the algorithm to one file every so many batches, and when training ends.

    The file is replaced in one move, so a run that is killed leaves a whole checkpoint.

    Raises:
        InvalidParameterError: If `every` is below 1.
    """

    def __init__(self, path: Path, every: int) -> None:
        """Say where and how often."""
        if every < 1:
            raise InvalidParameterError(f"every must be at least 1, got {every}")
        super().__init__()
        self._path = path
        self._every = every

    def _on_step(self) -> bool:
        batches = _token_ppo(self).batches
        if batches and batches % self._every == 0:
            self.save()
        return True

    def _on_training_end(self) -> None:
        self.save()

    def save(self) -> None:
        """Write the checkpoint now; of several processes, the first does."""
        if _token_ppo(self).processes.rank == 0:
            save_atomically(self.model, self._path)


class BatchLog(BaseCallback):
    """Writes what each batch and its update were like, a line of JSON for each.

    A run that was killed and goes on from a checkpoint writes the lines after it again, so the
    file ends as that of a run that was never interrupted.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        """Keep the path."""
        super().__init__()
        self._path = path
        self._written = 0  # batches that have their line

    def _on_training_start(self) -> None:
        """Keep the lines of batches that will not come again."""
        if _token_ppo(self).processes.rank:
            return
        batches = _token_ppo(self).batches
        kept = []
        for line in self._path.read_text("utf-8").splitlines() if self._path.exists() else []:
            if not line.endswith("}") or json.loads(line)["batches"] >= batches:
                break
            kept.append(line)
        self._written = max(batches - 1, 0)
        text = "".join(f"{line}\n" for line in kept)
        unfinished = self._path.with_name(f"{self._path.name}.unfinished")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(self._path)

    def _on_step(self) -> bool:
        self._write()
        return True

    def _on_training_end(self) -> None:
        self._write()

    def _write(self) -> None:
        """Write the line of the last batch, unless it is there."""
        model = _token_ppo(self)
        if model.batches <= self._written or model.processes.rank:
            return
        self._written = model.batches
        updates = {f"train/{name}": value for name, value in model.update_measures.items()}
        row = {"batches": model.batches, "tokens": model.num_timesteps, **model.measures, **updates}
        finite = {name: value if np.isfinite(value) else None for name, value in row.items()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(finite)}\n")


class HeldOut(BaseCallback):
    """Asks held-out puzzles every so many batches and logs the solve rate with its interval.

    Args:
        measure: Takes the language model; returns what came of asking it. It must not depend on
            what happened before, or a resumed run would measure otherwise.
        every: How many batches lie between two measurements; the first is before the first batch.

    Raises:
        InvalidParameterError: If `every` is below 1.
    """

    def __init__(self, measure: Callable[[PreTrainedModel], Evaluation], every: int) -> None:
        """Measure nothing yet."""
        if every < 1:
            raise InvalidParameterError(f"every must be at least 1, got {every}")
        super().__init__()
        self._measure = measure
        self._every = every
        self.results: dict[int, Evaluation] = {}
        """What was found, by the number of batches before it."""

    def _on_step(self) -> bool:
        if _token_ppo(self).batches % self._every == 0:
            self._ask()
        return True

    def _on_training_end(self) -> None:
        self._ask()

    def _ask(self) -> None:
        model = _token_ppo(self)
        if model.batches in self.results:
            return
        policy = model.policy
        with (
            folded(policy.language_model),
            only_tokens(policy.language_model, policy.vocabulary_size),
        ):
            evaluation = self._measure(policy.language_model)
        self.results[model.batches] = evaluation
        low, high = evaluation.interval()
        self.logger.record("eval/solve_rate", evaluation.solve_rate)
        self.logger.record("eval/solve_rate_low", low)
        self.logger.record("eval/solve_rate_high", high)


def _token_ppo(callback: BaseCallback) -> TokenPPO:
    if not isinstance(callback.model, TokenPPO):
        raise InvalidParameterError(
            f"this callback counts batches, which {type(callback.model).__name__} does not have"
        )
    return callback.model
