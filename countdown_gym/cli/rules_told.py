"""The rules of a puzzle in one short line, for those who play it and those who have it solved."""

from __future__ import annotations

from countdown_gym.expressions import Operator
from countdown_gym.formulas import Extra
from countdown_gym.puzzles import Intermediates, Rules


def told(rules: Rules) -> str:
    """Return the rules in a line.

    Example:
        >>> print(told(Rules(use_all=False, intermediates=Intermediates.POSITIVE_INTEGERS)))
        rules: each number at most once; + - * / and parentheses; all results positive integers
    """
    signs = " ".join(o.value for o in Operator if o in rules.operators)
    extras = "".join(f", {extra.replace('_', ' ')}" for extra in Extra if extra in rules.extras)
    clauses = [
        f"each number {'exactly' if rules.use_all else 'at most'} once",
        f"{signs}{extras} and parentheses",
    ]
    if rules.keep_order:
        clauses.append("in the order of the board")
    if rules.intermediates is not Intermediates.RATIONALS:
        clauses.append(f"all results {rules.intermediates.value.replace('_', ' ')}")
    if rules.largest_intermediate is not None:
        clauses.append(f"no result above {rules.largest_intermediate}")
    return f"rules: {'; '.join(clauses)}"
