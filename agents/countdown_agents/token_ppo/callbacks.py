"""What happens between two batches: stopping, held-out evaluation, checkpoints, progress.

stable-baselines3 asks `on_step` before each batch, so a callback sees the model as the last update
left it, and `model.batches` says how many batches there were.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stable_baselines3.common.callbacks import BaseCallback

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
        """Write the checkpoint now."""
        unfinished = self._path.with_suffix(".unfinished.zip")
        self.model.save(unfinished)
        unfinished.replace(self._path)


def _token_ppo(callback: BaseCallback) -> TokenPPO:
    if not isinstance(callback.model, TokenPPO):
        raise InvalidParameterError(
            f"this callback counts batches, which {type(callback.model).__name__} does not have"
        )
    return callback.model
