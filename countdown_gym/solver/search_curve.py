"""How likely a random-order depth-first search is to succeed within a number of nodes: exactly."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from countdown_gym.errors import InvalidParameterError
from countdown_gym.puzzles import Rules
from countdown_gym.solver.search_tree import SearchTree
from countdown_gym.solver.value_moves import Values, ratio

Transform = npt.NDArray[np.complex128]
"""A distribution's Fourier transform, at the frequencies that `numpy.fft.irfft` takes."""
MAX_CURVE_NODES = 5_000
"""The most nodes that a tree may have for its curve to be worked out: about four numbers."""


def success_curve(
    rules: Rules, numbers: Iterable[int | Fraction], target: int | Fraction
) -> npt.NDArray[np.float64]:
    """Return for k = 0, 1, 2, … the probability that the target is reached within k nodes.

    Exact but for rounding (about 1e-12); 0 throughout if the target cannot be reached. The last
    entry is for the whole tree and stands for every larger k. Where search cost gives the mean
    number of nodes, this gives the whole distribution.

    Give every child of a state its own arrival time, uniform on 0 to 1: that shuffles them. If the
    first of k solvable children arrives at t, which has density k (1 - t)^(k-1), then each
    unsolvable child has come before it with probability t, independently of the others. With T_i
    the nodes of unsolvable child i, the generating function of the nodes visited is

        G(z) = z · ∫ k (1 - t)^(k-1) ∏_i (1 - t + t z^T_i) dt · (mean of the solvable children's G),

    whose integrand is a polynomial in t, so that Gauss-Legendre quadrature has no error. It is
    worked out at the roots of unity, and a Fourier transform returns the probabilities.

    Raises:
        InvalidParameterError: If the tree may have more than `MAX_CURVE_NODES` nodes.
    """
    tree = SearchTree(rules, ratio(target))
    start = tree.moves.start(numbers)
    length = tree.moves.most_nodes(len(start)) + 1
    if length > MAX_CURVE_NODES + 1:
        raise InvalidParameterError(
            f"a curve takes at most {MAX_CURVE_NODES:,} nodes, got up to {length - 1:,}"
        )
    if not tree.subtree(start).solvable:
        return np.zeros(length)
    transform = _Transforms(tree, length).of(start)
    curve: npt.NDArray[np.float64] = np.cumsum(np.fft.irfft(transform, length)).clip(0.0, 1.0)
    return curve


class _Transforms:
    """The Fourier transforms of how many nodes are visited from solvable states on."""

    def __init__(self, tree: SearchTree, length: int) -> None:
        """Start with nothing worked out, for distributions over 0 … length - 1 nodes."""
        self._tree = tree
        self._z: Transform = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
        self._known: dict[Values, Transform] = {}

    def of(self, state: Values) -> Transform:
        """Return the transform from a solvable state on."""
        if state not in self._known:
            self._known[state] = self._work_out(state)
        return self._known[state]

    def _work_out(self, state: Values) -> Transform:
        if self._tree.moves.reached(state, self._tree.target):
            return self._z
        failing: dict[int, int] = {}  # nodes of an unsolvable child -> how many have so many
        total, count = np.zeros_like(self._z), 0
        for child in self._tree.moves.successors(state):
            solvable, nodes = self._tree.subtree(child)
            if solvable:
                total += self.of(child)
                count += 1
            else:
                failing[int(nodes)] = failing.get(int(nodes), 0) + 1
        degree = count - 1 + sum(failing.values())
        points, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
        before = np.zeros_like(self._z)
        for t, weight in zip((points + 1) / 2, weights / 2, strict=True):
            term = np.full_like(self._z, weight * count * (1 - t) ** (count - 1))
            for nodes, often in failing.items():
                term *= (1 - t + t * self._z**nodes) ** often
            before += term
        product: Transform = self._z * before * total / count
        return product
