"""The search that a completion tells, as a tree: states below the board, and what leads to them."""

from __future__ import annotations

from typing import Any

from countdown_gym.behaviors import Analysis


def tree(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the search as nodes, each after its parent.

    The first is the board. Every other is a step: `label` says it, `reached` that its result is the
    target with nothing left that must be used, `fault` that its result is wrong or its operands
    were not free, and `times` how often the text takes it from the same state.
    """
    puzzle = analysis.puzzle
    board = " ".join(str(number) for number in puzzle.numbers)
    nodes: list[dict[str, Any]] = [_node(0, None, board)]
    places: dict[tuple[str, ...], int] = {(): 0}
    for attempt in analysis.attempts:
        path: tuple[str, ...] = ()
        kept = [(step, False, False) for step in attempt.kept]
        shown = [(s.step, not (s.right and s.legal), True) for s in attempt.steps]
        for step, fault, taken in (*kept, *shown):
            path = (*path, str(step))
            if path not in places:
                places[path] = len(nodes)
                nodes.append(_node(len(nodes), places[path[:-1]], path[-1]))
            node = nodes[places[path]]
            node["fault"] = node["fault"] or fault
            node["times"] += taken
            whole = len(path) == len(puzzle.numbers) - 1 or not puzzle.rules.use_all
            node["reached"] = whole and not node["fault"] and step.result == puzzle.target
    return nodes


def _node(place: int, parent: int | None, label: str) -> dict[str, Any]:
    return {
        "id": place,
        "parent": parent,
        "label": label,
        "fault": False,
        "reached": False,
        "times": 0,
    }
