"""The search of `countdown_gym.solver.kernels.meeting`, for results that are all whole."""

from __future__ import annotations

from countdown_gym.solver.kernels.meeting import compiled

fewest_operations = compiled("whole_search", integral=True)
