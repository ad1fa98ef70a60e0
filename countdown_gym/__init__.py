"""Countdown and other arithmetic puzzles as Gymnasium environments for language models.

Importing this package registers the environments: `gymnasium.make("Countdown-v0")`.
"""

from countdown_gym.envs.making import make_vec
from countdown_gym.registration import register_environments

__all__ = ["make_vec", "register_environments"]

__version__ = "0.1.0"

register_environments()
