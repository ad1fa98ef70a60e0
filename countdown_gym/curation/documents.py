"""Documents of a corpus, one after another: files of rows, folders of them, or any rows at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from countdown_gym.datasets import Row, read_rows
from countdown_gym.errors import InvalidParameterError, MissingResourceError

ENDINGS = (".jsonl", ".parquet")
"""What the files of a corpus may end with."""


UNFINISHED = ".unfinished"
"""What a folder ends with whose files are not all there yet; it is no part of a corpus."""


class Document(NamedTuple):
    """A text, and what tells it from others."""

    id: str
    """Sixteen hexadecimal digits of the text's SHA-256: the same text is the same document."""
    text: str


def document_of(text: str) -> Document:
    """Return a text as a document."""
    return Document(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16], text)


def documents_of(rows: Iterable[Row], field: str = "text") -> Iterator[Document]:
    """Yield the documents of rows; a streamed dataset of the library `datasets` is such rows.

    A value that is no text becomes an empty document, which scoring refuses and counts.

    Args:
        rows: Mappings that hold a text each.
        field: Under which name.

    Raises:
        InvalidParameterError: If a row does not have the field.
    """
    for number, row in enumerate(rows, 1):
        if field not in row:
            raise InvalidParameterError(
                f"every row must have the field {field!r}, got {', '.join(row)} in row {number}"
            )
        text = row[field]
        yield document_of(text if isinstance(text, str) else "")


def corpus_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files of a corpus: those that are named, and those in folders, in order.

    Raises:
        MissingResourceError: If there is no such file or folder, or a folder holds none.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            if not path.is_file():
                raise MissingResourceError(f"a corpus is a file or a folder, and {path} is neither")
            found.append(path)
            continue
        inside = sorted(
            each
            for each in path.rglob("*")
            if each.suffix in ENDINGS and each.parent.suffix != UNFINISHED
        )
        if not inside:
            raise MissingResourceError(
                f"a corpus is made of files that end with {' or '.join(ENDINGS)}; {path} has none"
            )
        found.extend(inside)
    return tuple(found)


def read_corpus(files: Iterable[Path]) -> Iterator[Row]:
    """Yield the rows of files, one after another.

    Raises:
        UnknownNameError: If an ending names no kind of file.
        InvalidParameterError: If a line is not an object of JSON.
    """
    for file in files:
        yield from read_rows(file)


def hub_rows(name: str, part: str | None = None, split: str = "train") -> Iterable[Row]:
    """Return a dataset of the library `datasets`, streamed.

    Args:
        name: A name on the hub, such as `open-web-math/open-web-math`, or a folder.
        part: Which configuration of it.
        split: Which split.

    Raises:
        MissingResourceError: If the library is not installed.
    """
    if find_spec("datasets") is None:
        raise MissingResourceError(
            "a dataset of the hub is read with datasets: pip install 'countdown-gym[datasets]', or "
            "name .jsonl or .parquet files"
        )
    rows: Iterable[Row] = import_module("datasets").load_dataset(
        name, part, split=split, streaming=True
    )
    return rows
