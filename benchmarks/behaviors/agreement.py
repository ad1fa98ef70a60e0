"""Two sets of spans over the same passages: how well do they agree?

`python -m benchmarks.behaviors.agreement` shows what the gold set holds and how a second reading of
its bare texts agreed with the first, for each set that was read twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.behaviors.passages import FOLDER, READ_TWICE, STYLES, Habit, Passage, Span, read

Labels = Mapping[str, Mapping[Habit, Sequence[Span]]]
"""Passage id → habit → spans."""


@dataclass(frozen=True, slots=True)
class Score:
    """How found spans compare with gold ones, over some passages."""

    matched: int
    found: int
    gold: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where there was nothing to find."""
        return 2 * self.matched / (self.found + self.gold) if self.found + self.gold else 1.0


def matches(found: Iterable[Span], gold: Iterable[Span]) -> int:
    """Return how many found spans can be paired with gold ones that they overlap, one to one.

    The spans of each side must not overlap one another. Then pairing from left to right pairs as
    many as can be.

    Example:
        >>> matches([Span(0, 4), Span(4, 9)], [Span(3, 6)])
        1
    """
    left, right, count = sorted(found), sorted(gold), 0
    while left and right:
        if left[0].end <= right[0].start:
            left.pop(0)
        elif right[0].end <= left[0].start:
            right.pop(0)
        else:
            left.pop(0)
            right.pop(0)
            count += 1
    return count


def score(found: Labels, gold: Labels, habit: Habit) -> Score:
    """Return how found spans of a habit compare with gold ones, over all passages together."""
    matched = num_found = num_gold = 0
    for key in {**gold, **found}:
        theirs, ours = (each.get(key, {}).get(habit, ()) for each in (found, gold))
        matched += matches(theirs, ours)
        num_found += len(theirs)
        num_gold += len(ours)
    return Score(matched, num_found, num_gold)


def labels_of(passages: Iterable[Passage]) -> Labels:
    """Return the gold spans as labels."""
    return {passage.id: passage.spans for passage in passages}


def read_labels(path: Path) -> Labels:
    """Return labels that stand one a line, with tabs between id, habit, start and end."""
    found: dict[str, dict[Habit, list[Span]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        key, habit, start, end = line.split("\t")
        spans = found.setdefault(key, {}).setdefault(Habit(habit), [])
        spans.append(Span(int(start), int(end)))
    return found


def content_table(passages: Sequence[Passage]) -> str:
    """Return in Markdown how many spans of each habit stand in each style."""
    rows = [(style, [each for each in passages if each.style == style]) for style in STYLES]
    lines = [
        f"| style | passages | {' | '.join(habit.name.lower() for habit in Habit)} | no habit |",
        f"|---{'|---:' * (len(Habit) + 2)}|",
    ]
    for name, chosen in [*rows, ("all", list(passages))]:
        counts = [sum(len(each.spans[habit]) for each in chosen) for habit in Habit]
        bare = sum(not any(each.spans.values()) for each in chosen)
        lines.append(f"| {name} | {' | '.join(map(str, [len(chosen), *counts, bare]))} |")
    return "\n".join(lines)


def agreement_table(first: Labels, second: Labels) -> str:
    """Return in Markdown how a second reading compares with a first."""
    lines = ["| habit | first | second | matched | F1 |", "|---|---:|---:|---:|---:|"]
    for habit in Habit:
        each = score(second, first, habit)
        counts = f"{each.gold} | {each.found} | {each.matched}"
        lines.append(f"| {habit.name.lower()} | {counts} | {each.f1:.3f} |")
    return "\n".join(lines)


def main(folder: Path = FOLDER) -> None:
    """Print the tables of every set that was read twice and is in the folder."""
    for name in (each for each in READ_TWICE if (folder / f"{each}.txt").exists()):
        first, second = (read_labels(folder / f"{name}.{nth}.tsv") for nth in ("first", "second"))
        print(f"{name}\n\n{content_table(read(folder / f'{name}.txt'))}\n")
        print(f"{agreement_table(first, second)}\n")


if __name__ == "__main__":
    main()
