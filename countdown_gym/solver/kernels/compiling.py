"""How kernels are compiled: on first need, kept on disk, announced, safe in many processes.

Every kernel has exactly one signature: numba numbers the files of its cache per function, and two
processes that compile different signatures of one function at the same moment could take each
other's file. With one signature both write the same code, and each file is put in place by an
atomic rename.

numba keeps compiled code beside the source, in the user's cache folder where the installation is
read-only, or where `NUMBA_CACHE_DIR` says. Where none of them can be written, a kernel is compiled
anew in each process. Processes of one user take turns at each kernel, so that of many that start at
once with a cold cache one compiles it and the others load what it wrote.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pkgutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import event

from countdown_gym.solver import kernels

try:
    _locks: ModuleType | None = import_module("fcntl")
except ModuleNotFoundError:  # Windows
    _locks = None

PACKAGE = __name__.rpartition(".")[0]
"""Where kernels are; everything in it goes into the stamp of each."""
OUTSIDE = ("countdown_gym.solver", "encoding.py")
"""The one module beyond it whose numbers are compiled into kernels."""

F = TypeVar("F", bound=Callable[..., Any])
Otherwise = TypeVar("Otherwise")

_log = logging.getLogger(__name__)


class _Announcer(event.Listener):
    """Says once, when something is compiled and not merely loaded, that it takes a moment."""

    def __init__(self) -> None:
        """Start silent."""
        self._said = False

    def on_start(self, event: event.Event) -> None:  # noqa: ARG002 - its name is given
        """Announce the first compilation of the process."""
        if not self._said:
            self._said = True
            _log.warning("compiling the solver's kernels; the next start will find them cached")

    def on_end(self, event: event.Event) -> None:
        """Stay silent: kernels are many, and one line is enough."""


_announcer = _Announcer()


def sources_of_kernels() -> tuple[tuple[str, str], ...]:
    """Return the package and the file of every module that a kernel may be made of."""
    modules = sorted(module.name for module in pkgutil.iter_modules(kernels.__path__))
    return (*((PACKAGE, f"{name}.py") for name in modules), OUTSIDE)


@cache
def _stamp() -> str:
    """Return a hash of all sources that go into kernels."""
    sources = (pkgutil.get_data(*source) or b"" for source in sources_of_kernels())
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:12]


@contextmanager
def _in_turn(name: str) -> Iterator[None]:
    """Wait until no other process compiles or loads this kernel of this installation.

    Only a matter of time, not of safety: where there are no such locks, nobody waits. Other
    kernels, versions, installations and caches have turns of their own.
    """
    if _locks is None:
        yield
        return
    place = f"{__file__} {os.environ.get('NUMBA_CACHE_DIR')} {name}"
    turns = hashlib.sha256(place.encode()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / f"countdown-gym-{os.getuid()}-{turns}.lock"
    try:
        turn = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:  # nowhere to write, or someone else's file of that name
        yield
        return
    try:
        _locks.flock(turn, _locks.LOCK_EX)
        yield
    finally:
        os.close(turn)


def kernel(signature: object, name: str) -> Callable[[F], F]:
    """Return a decorator that compiles a function for one signature, or loads it from the cache.

    Args:
        signature: In numba's words, or of its types.
        name: Under which the compiled code is kept; no two kernels share one.
    """

    def compile_one(function: F) -> F:
        # numba keeps compiled code under this name, and of the sources looks only at the
        # function's own file: the stamp tells apart what other files changed.
        function.__qualname__ = f"{name}_{_stamp()}"
        with (
            _in_turn(function.__qualname__),
            event.install_listener("numba:compile", _announcer),
            kernels.collector_paused(),
        ):
            try:
                compiled = njit(signature, cache=True, error_model="numpy")(function)
            except RuntimeError as error:
                if "cannot cache" not in str(error):
                    raise
                _log.warning("no folder to keep compiled kernels in; set NUMBA_CACHE_DIR")
                compiled = njit(signature, error_model="numpy")(function)
        return cast(F, compiled)

    return compile_one


def direct(compiled: F, otherwise: Otherwise) -> F | Otherwise:
    """Return the built-in function that numba's dispatcher calls once it has looked at all types.

    It takes its arguments for what the signature says, so these must be types that read whatever
    comes (`countdown_gym.solver.kernels.asking`). Where there is none, as in a numba that compiles
    nothing (NUMBA_DISABLE_JIT) or keeps it elsewhere, `otherwise` is returned.
    """
    overloads = getattr(compiled, "overloads", {})
    return next((getattr(o, "entry_point", otherwise) for o in overloads.values()), otherwise)


def part(function: F) -> F:
    """Return a function that is compiled into every kernel that calls it.

    It goes without numba's reference counting, which costs three times what the arithmetic costs:
    parts allocate nothing, and the kernel that calls them owns every array.
    """
    options: dict[str, Any] = {"forceinline": True, "error_model": "numpy", "_nrt": False}
    return cast(F, njit(**options)(function))


def rare_part(function: F) -> F:
    """Return a function that is compiled once into every kernel that calls it.

    For what is called seldom: calling costs a little, and compiling it costs much less.
    """
    options: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
    return cast(F, njit(**options)(function))
