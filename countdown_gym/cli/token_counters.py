"""Who counts the tokens of a model: found by name, so that nothing here imports a model's library.

A package offers one with an entry point in the group `countdown_gym.token_counters` that names a
function: it takes what a tokenizer is called and returns how many tokens a text has.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from countdown_gym.cli.plug_ins import extra_named
from countdown_gym.errors import MissingResourceError
from countdown_gym.traces.conditions import CountTokens, count_pieces

GROUP = "countdown_gym.token_counters"


def token_counter(tokenizer: str | None) -> CountTokens:
    """Return what says how many tokens a text has; without a tokenizer, how many words.

    Args:
        tokenizer: A folder, or a name on the hub.

    Raises:
        MissingResourceError: If there is no such tokenizer, or nothing is installed that reads it.
    """
    if tokenizer is None:
        return count_pieces
    offer = next(iter(entry_points(group=GROUP)), None)
    if offer is None:
        raise MissingResourceError("nothing installed counts tokens: install countdown-gym anew")
    with extra_named("--tokenizer"):
        counter_of: Callable[[str], CountTokens] = offer.load()
        return counter_of(tokenizer)
