"""What `countdown-gym behaviors` prints: tables, and texts with their habits marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import JustifyMethod
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from countdown_agents.agreement import Agreement
from countdown_agents.habit_shares import HabitShare
from countdown_agents.intervals import Interval
from countdown_gym.behaviors import Analysis
from countdown_gym.behaviors.search_tree import search_tree, shown
from countdown_gym.cli.screen import OUT
from countdown_gym.traces.habits import Habit

MARKS: Mapping[Habit, tuple[str, str]] = {
    Habit.VERIFICATION: ("v", "green"),
    Habit.BACKTRACKING: ("b", "red"),
    Habit.SUBGOAL_SETTING: ("s", "blue"),
    Habit.BACKWARD_CHAINING: ("c", "magenta"),
}
"""The letter and the colour of each habit; the letters are those of the gold passages."""


def share_table(title: str, shares: Mapping[str, Mapping[Habit, HabitShare]]) -> Table:
    """Return how often texts show each habit, by each instrument."""
    several = len(shares) > 1
    unread = any(each.unreadable for habits in shares.values() for each in habits.values())
    names = ["habit", *(["by"] if several else []), "texts that show it", "95% interval"]
    names += ["a text shows", "in all", *(["unreadable"] if unread else [])]
    table = _table(title, *names, left=1 + several)
    for habit in Habit:
        for by, habits in shares.items():
            each = habits[habit]
            cells = [_words(habit), *([by] if several else [])]
            cells += [_percent(each.share), _bounds(each.interval, _percent), _decimal(each.mean)]
            cells += [f"{each.total:,}", *([f"{each.unreadable:,}"] if unread else [])]
            table.add_row(*(Text(cell) for cell in cells))
    return table


def agreement_tables(
    names: tuple[str, str], habits: Mapping[Habit, Agreement]
) -> tuple[Table, Table]:
    """Return how far two instruments agree on each habit, and the counts of texts behind that.

    Two tables, since one of both is wider than a terminal.
    """
    first, second = names
    agree = _table(
        f"{first} and {second}: do they agree that a text shows a habit, and on how often?",
        *("habit", "kappa (95% interval)", "agree", "Spearman", "Pearson"),
        left=1,
    )
    unread = any(each.unreadable for each in habits.values())
    texts = _table(
        "How many texts show it to both, to one alone, and to neither",
        *("habit", "both", f"{first} only", f"{second} only", "neither"),
        *(["unreadable"] if unread else []),
        left=1,
    )
    for habit, each in habits.items():
        kappa = _decimal(each.kappa)
        if each.interval is not None:
            kappa += f" ({_bounds(each.interval, _decimal)})"
        shares = (kappa, _percent(each.raw), _decimal(each.spearman), _decimal(each.pearson))
        agree.add_row(*map(Text, (_words(habit), *shares)))
        counts = [each.both, each.only_first, each.only_second, each.neither]
        counts += [each.unreadable] if unread else []
        texts.add_row(*map(Text, (_words(habit), *(f"{count:,}" for count in counts))))
    return agree, texts


def legend() -> Text:
    """Return what the marks in texts mean."""
    text = Text("Marked: ")
    for place, (habit, (letter, colour)) in enumerate(MARKS.items()):
        text.append(", " if place else "")
        text.append(f"⟦{letter} {_words(habit)}⟧", colour)
    return text


def show_passage(title: str, analysis: Analysis) -> None:
    """Print a text with its habits marked, what was found in it, and its search as a tree."""
    puzzle = analysis.puzzle
    asked = f"{title}: {' '.join(map(str, puzzle.numbers))} make {puzzle.target}"
    OUT.print(Panel(marked(analysis), title=Text(asked), title_align="left"))
    follows = {None: "no answer is read", True: "the answer follows from the search"}
    found = [f"{_words(habit)} {count}" for habit, count in analysis.counts.items()]
    found.append(f"right results {_percent(analysis.arithmetic_accuracy)}")
    found.append(f"legal steps {_percent(analysis.legal_share)}")
    found.append(follows.get(analysis.answer_follows, "the answer does not follow from the search"))
    OUT.print(Text(", ".join(found), "dim"))
    OUT.print(tree(analysis))


def marked(analysis: Analysis) -> Text:
    """Return a completion with its habits in brackets and in colours.

    Where spans of two habits overlap, the text has the colour of the one that begins later.
    """
    completion = analysis.completion
    spans = [(span, habit) for habit, found in analysis.spans.items() for span in found]
    cuts = sorted({0, len(completion), *(edge for span, _ in spans for edge in span)})
    text = Text()
    for start, end in zip(cuts, [*cuts[1:], len(completion)], strict=True):
        for span, habit in spans:
            if span.end == start:
                text.append("⟧", MARKS[habit][1])
        for span, habit in sorted(spans, key=lambda each: -each[0].end):
            if span.start == start:
                text.append(f"⟦{MARKS[habit][0]} ", MARKS[habit][1])
        over = [(span.start, habit) for span, habit in spans if span.start <= start < span.end]
        text.append(completion[start:end], MARKS[max(over)[1]][1] if over else "")
    return text


def tree(analysis: Analysis) -> Tree:
    """Return the states of the search as a tree."""
    nodes, target = search_tree(analysis), analysis.puzzle.target
    branches: list[Tree] = []
    for node in nodes:
        style = "" if node.sound else "red"
        label = Text(node.label, "bold green" if target in node.values and node.sound else style)
        if node.step is not None and len(node.values) > 1:
            label.append(f"  leaves {shown(node.values)}", "dim")
        label.append("" if node.sound else "  wrong or not legal", "red")
        branches.append(Tree(label) if node.parent is None else branches[node.parent].add(label))
    return branches[0]


def _table(title: str, *names: str, left: int) -> Table:
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(names):
        justify: JustifyMethod = "left" if place < left else "right"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=place == 0)
    return table


def _words(habit: Habit) -> str:
    return habit.value.replace("_", " ")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _decimal(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"


def _bounds(interval: Interval | None, write: Callable[[float], str]) -> str:
    return "-" if interval is None else f"{write(interval.low)} to {write(interval.high)}"
