"""Texts that leave a trace where somebody runs them as Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def canary() -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield a file that does not exist and texts that make it if they are run as Python."""
    with TemporaryDirectory() as folder:
        trace = Path(folder) / "ran"
        yield trace, tuple(code.format(repr(str(trace))) for code in _CODE)


_THROUGH_CLASSES = (
    "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]"
    ".__init__.__globals__['__builtins__']['open']({0}, 'w').close()"
)
_CODE = (
    "open({0}, 'w').close()",
    "__import__('pathlib').Path({0}).touch()",
    "(lambda: open({0}, 'w').close())()",
    "[open({0}, 'w').close()] and 1",
    # where the builtins are taken away, they are found again through any class
    _THROUGH_CLASSES,
    # sympy.parse_expr makes symbols of names, but not of what hides in a text
    "sympify(\"open({0}, 'w').close()\")",
    "eval(\"open({0}, 'w').close()\")",
)
