"""How likely it is that at least one of k answers is right."""

from __future__ import annotations

from math import comb

from countdown_gym.errors import InvalidParameterError


def pass_at_k(solved: int, samples: int, k: int) -> float:
    """Return an unbiased estimate of the chance that one of `k` answers to a puzzle is right.

    Chen et al. 2021, https://arxiv.org/abs/2107.03374, section 2.1: the share of the subsets of `k`
    samples that hold a right one, computed exactly. `1 - (1 - solved / samples)**k` is biased.

    Raises:
        InvalidParameterError: If `k` is not from 1 to `samples`, or more are solved than sampled.

    Example:
        >>> pass_at_k(1, 4, 2)
        0.5
    """
    if not 1 <= k <= samples:
        raise InvalidParameterError(f"k must be from 1 to {samples} samples, got {k}")
    if not 0 <= solved <= samples:
        raise InvalidParameterError(f"solved must be from 0 to {samples}, got {solved}")
    return 1 - comb(samples - solved, k) / comb(samples, k)
