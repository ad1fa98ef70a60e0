"""When to ask an endpoint again, and how long to wait before."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np

PASSING = frozenset({408, 409, 425, 429})
"""The statuses below 500 that may pass: a time-out, a conflict, too early, too many requests."""


def may_pass(status: int) -> bool:
    """Whether a request that met this status is worth sending again."""
    return status in PASSING or status >= 500


def wait_seconds(attempt: int, first: float, longest: float, rng: np.random.Generator) -> float:
    """Return how long to wait after a failed attempt: twice as long each time, less a random half.

    The jitter keeps requests that failed together from coming back together.

    Args:
        attempt: How many attempts failed before this one.
        first: The longest wait after the first, in seconds.
        longest: The longest of all.
        rng: The source of the jitter.
    """
    ceiling = min(longest, first * 2.0 ** min(attempt, 60))
    return ceiling * (1 - float(rng.random()) / 2)


def asked_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None if it says nothing sensible.

    It holds seconds or a date (RFC 9110, section 10.2.3).

    Example:
        >>> asked_to_wait("1.5", datetime.now(UTC))
        1.5
    """
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            then = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        zoned = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
        seconds = (zoned - now).total_seconds()
    return max(0.0, seconds) if seconds < float("inf") else None
