"""Countdown and other arithmetic puzzles as Gymnasium environments for language models.

Importing this package registers the environments: `gymnasium.make("Countdown-v0")`. It imports
Gymnasium only if somebody else has or will; see `countdown_gym.registration`.
"""

from typing import TYPE_CHECKING  # noqa: TID251 - no cycle: Gymnasium is imported late

from countdown_gym.registration import register_environments, register_with_gymnasium

if TYPE_CHECKING:
    from countdown_gym.envs.making import make_vec

__all__ = ["make_vec", "register_environments"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import `make_vec`, and Gymnasium with it, when it is first asked for."""
    if name != "make_vec":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from countdown_gym.envs import making  # noqa: PLC0415 - as above

    return globals().setdefault(name, making.make_vec)


register_with_gymnasium()
