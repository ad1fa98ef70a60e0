"""Going on with a stage that was stopped: what a file holds is not done again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from countdown_gym.curation.documents import Document
from countdown_gym.curation.scoring import Scored
from countdown_gym.errors import InvalidParameterError
from countdown_gym.growing_file import GrowingFile

Item = TypeVar("Item", Document, Scored)


def not_yet_done(items: Iterable[Item], file: GrowingFile) -> Iterator[Item]:
    """Return the items after those that a file has a row about, one for each in their order.

    Raises:
        InvalidParameterError: If there are fewer items than rows, or the file's last row is about
            another one: the corpus was changed.
    """
    rest = iter(items)
    if not file.count:
        return rest
    last = next(islice(rest, file.count - 1, None), None)
    seen = "nothing" if last is None else _identity(last)
    wanted = None if file.last is None else file.last.get("id")
    if seen != wanted:
        raise InvalidParameterError(
            f"a stage goes on with the corpus that it began with: row {file.count} of {file.path} "
            f"is about document {wanted}, got {seen}; name another file"
        )
    return rest


def _identity(item: Document | Scored) -> str:
    return item.id if isinstance(item, Document) else item.document.id
