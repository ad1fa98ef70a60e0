"""The compiled search (`countdown_gym.solver.meeting`) for results that may be fractions."""

from __future__ import annotations

from countdown_gym.solver.meeting import compiled

fewest_operations = compiled("fraction_search", integral=False)
