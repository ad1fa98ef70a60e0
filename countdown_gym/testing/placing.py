"""Where an answer stands in a completion: where its convention looks for it, and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hypothesis import strategies as st

from countdown_gym.grammar.answer_form import TAGS

PLACES: Mapping[str, tuple[str, str]] = MappingProxyType({**TAGS, "last_line": ("", "")})
"""What stands before and after an answer, by the name of the convention."""


def shown(answer: object, convention: str) -> str:
    """Return a completion that is nothing but an answer."""
    before, after = PLACES[convention]
    return f"{before}{answer}{after}"


def misplaced(right: object, wrong: object, convention: str) -> st.SearchStrategy[str]:
    """Return a strategy for completions that hold an answer and do not give it.

    It stands before another one, in a thought, bare, or the completion is cut before its end. Some
    conventions look there all the same, so that the referee may still find it.

    Args:
        right: The answer.
        wrong: An answer that is given after or before it.
        convention: Where the answer should stand.
    """
    before, after = PLACES[convention]
    complete, other = shown(right, convention), shown(wrong, convention)
    open_ended = f"{before}{right}"
    cut = st.integers(1, len(after) + 1).map(lambda lost: complete[:-lost])
    return st.one_of(
        st.just(f"{complete}\n{other}"),
        st.just(f"<think>{complete}</think>"),
        st.just(f"<think>{complete}</think>\n{other}"),
        st.just(f"{right}"),
        st.just(open_ended),
        st.just(f"{other}\n{open_ended}"),
        cut,
    )
