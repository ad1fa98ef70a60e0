"""How it is scored: calibration of predicted success, and rank correlation with people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Row = Mapping[str, Any]
"""What `sweep.measure` and `sweep.measure_people` yield."""
Floats = npt.NDArray[np.float64]
BINS = 10


def summarise(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """Return for each setting, in the order in which they come, its scores."""
    by_setting: dict[str, list[Row]] = {}
    for row in rows:
        by_setting.setdefault(row["setting"], []).append(row)
    return {
        name: _people(found) if name == "people" else _searches(found)
        for name, found in by_setting.items()
    }


def table(summary: Mapping[str, Mapping[str, float]]) -> str:
    """Return how well searches were foretold, and a line on people if their games were there."""
    lines = [
        "| setting | calibration error | from the mean alone | surprise |",
        "|---|---|---|---|",
    ]
    for name, scores in summary.items():
        if name != "people":
            error = f"{scores['calibration_error']:.4f}".lstrip("0")
            from_mean = f"{scores['calibration_error_from_mean_alone']:.3f}".lstrip("0")
            surprise = f"{scores['root_mean_square_surprise']:.2f}"
            lines.append(f"| {name} | {error} | {from_mean} | {surprise} |")
    if "people" in summary:
        lines += ["", _people_in_words(summary["people"])]
    return "\n".join(lines)


def _people_in_words(scores: Mapping[str, float]) -> str:
    return (
        f"People: rank correlation {scores['spearman_with_solve_rate']:.2f} with solve rates, "
        f"{scores['spearman_with_seconds']:.2f} with mean seconds; "
        f"{scores['solve_rate_of_cheapest_tenth']:.1%} solve the cheapest tenth of the games, "
        f"{scores['solve_rate_of_dearest_tenth']:.1%} the dearest."
    )


def expected_calibration_error(predicted: Floats, observed: Floats) -> float:
    """Return the mean distance of predicted from observed success, over bins of like prediction.

    Guo et al. 2017, eq. 3, https://arxiv.org/abs/1706.04599, with `BINS` bins of equal width.

    Args:
        predicted: Probabilities, one for each group of searches.
        observed: What fraction of the group succeeded; all groups are equally large.
    """
    bins = np.minimum((predicted * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=predicted - observed, minlength=BINS)
    return float(np.abs(gaps).sum() / len(predicted))


def spearman(first: Floats, second: Floats) -> float:
    """Return the rank correlation; ties share the mean of their ranks."""
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values: Floats) -> Floats:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: Floats = (last - (count - 1) / 2)[place]
    return ranks


def _searches(rows: list[Row]) -> dict[str, float]:
    """Return how well the curve, and the mean alone, foretold what searches did."""
    observed = np.array([[s / row["searches"] for s in row["succeeded"]] for row in rows]).ravel()
    predicted = np.array([row["predicted"] for row in rows]).ravel()
    from_mean = np.array([row["from_mean_alone"] for row in rows]).ravel()
    surprise = [
        (row["mean_nodes"] - 2 ** row["search_cost"]) / row["standard_error"]
        for row in rows
        if row["standard_error"] > 0
    ]
    return {
        "puzzles": len(rows),
        "searches": sum(row["searches"] for row in rows),
        "calibration_error": expected_calibration_error(predicted, observed),
        "calibration_error_from_mean_alone": expected_calibration_error(from_mean, observed),
        "root_mean_square_surprise": float(np.sqrt(np.mean(np.square(surprise)))),
    }


def _people(rows: list[Row]) -> dict[str, float]:
    """Return how search cost orders games against how people do."""
    cost, rate, seconds = (
        np.array([row[name] for row in rows]) for name in ("search_cost", "solve_rate", "seconds")
    )
    deciles = np.array_split(rate[np.argsort(cost, kind="stable")], 10)
    return {
        "puzzles": len(rows),
        "spearman_with_solve_rate": spearman(cost, rate),
        "spearman_with_seconds": spearman(cost, seconds),
        "solve_rate_of_cheapest_tenth": float(deciles[0].mean()),
        "solve_rate_of_dearest_tenth": float(deciles[-1].mean()),
    }
