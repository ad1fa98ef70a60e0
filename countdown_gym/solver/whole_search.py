"""The compiled search (`countdown_gym.solver.meeting`) for results that are all whole."""

from __future__ import annotations

from countdown_gym.solver.meeting import compiled

fewest_operations = compiled("whole_search", integral=True)
