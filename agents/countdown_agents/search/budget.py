"""What a search may spend, in one currency for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from countdown_gym.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class Budget:
    """Where a search stops, found or not; whichever limit is reached first counts.

    A *node* is a state that was expanded: its legal moves were listed and every answer that one of
    them makes was compared with the target. States in which nothing is left to join are not
    expanded and cost nothing. (Search cost, in `countdown_gym.solver.search_cost`, counts the
    states that are visited, those included.)

    Raises:
        InvalidParameterError: If a limit is not positive.
    """

    max_nodes: int | None = 1_000
    """The most states that are expanded; None sets no limit. Four numbers have 685 under the
    default rules, five some 41,000."""
    max_seconds: float | None = None
    """After how long no further state is expanded; None sets no limit. With a limit in seconds,
    what is found depends on the machine."""

    def __post_init__(self) -> None:
        """Refuse a budget that buys nothing."""
        if self.max_nodes is not None and self.max_nodes < 1:
            raise InvalidParameterError(f"max_nodes must be at least 1, got {self.max_nodes}")
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise InvalidParameterError(f"max_seconds must be above 0, got {self.max_seconds}")
