"""The search of `countdown_gym.solver.kernels.meeting`, for results that may be fractions."""

from __future__ import annotations

from countdown_gym.solver.kernels.meeting import compiled

fewest_operations = compiled("fraction_search", integral=False)
