"""The report in a real browser: it renders, filters, asks the network for nothing, and fits."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countdown_agents.study.arms import ARMS, QUESTIONS
from countdown_agents.study.published import STEPS
from countdown_agents.study.report.page import page, table

sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
pytestmark = [pytest.mark.agents, pytest.mark.slow]


def spread(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.05, "high": mean + 0.05}


def arm(name: str, seeds: int, gain: float, advantage: str = "gae") -> dict[str, Any]:
    shown = {"verification": spread(1.0), "backtracking": {"mean": 0.5}}
    silent = {"subgoal_setting": {"mean": 0.0}, "backward_chaining": {"mean": 0.0}}
    return {
        "name": name,
        "base": "habit_poor",
        "condition": "all_habits",
        "advantage": advantage,
        "seeds": list(range(seeds)),
        "before": spread(0.2),
        "after": spread(0.2 + gain),
        "gain": spread(gain),
        "by_seed": [[0.2, 0.2 + gain]] * seeds,
        "curve": [
            {"batches": b, "solve_rate": spread(0.2 + gain * b / 20), "tokens": {"mean": 40.0 + b}}
            for b in (0, 10, 20)
        ],
        "habits": [{"batches": b, **shown, **silent} for b in (0, 10, 20)],
        "published": {"Llama-3.2-3B": [0.35, 0.72, 0.74], "Qwen-2.5-3B": [None, 0.74, 0.77]},
    }


def completion(arm: str, text: str, *, solved: bool) -> dict[str, Any]:
    steps = [("17 12 2", None), ("17 - 2 = 15", 0), ("15 - 12 = 3", 1), ("15 + 12 = 28", 1)]
    return {
        "arm": arm,
        "stage": "after",
        "numbers": [17, 12, 2],
        "target": 3,
        "text": text,
        "solved": solved,
        "fault": None if solved else "wrong_value",
        "spans": [["verification", 0, 2]],
        "tree": [
            {
                "id": place,
                "parent": parent,
                "label": label,
                "fault": label.endswith("28"),
                "reached": label.endswith("= 3"),
                "times": 1 + (place == 1),
            }
            for place, (label, parent) in enumerate(steps)
        ],
    }


PUBLISHED = Path(__file__).parents[2] / "benchmarks" / "results" / "study" / "report.html"
"""The page of the laptop study, as it was written."""
HOSTILE = "</script><script>window.hacked = 1</script>"
CONTENT: dict[str, Any] = {
    "study": "test",
    "runs": {"finished": 3, "planned": 4},
    "puzzles": 400,
    "curve_puzzles": 200,
    "habits": ["verification", "backtracking", "subgoal_setting", "backward_chaining"],
    "questions": {"Which?": ["all_habits", "straight"], "How?": ["all_habits", "all_habits_rloo"]},
    "arms": [
        arm("all_habits", 2, 0.4),
        arm("straight", 1, 0.05),
        arm("all_habits_rloo", 2, 0.3, "rloo"),
    ],
    "targets": [
        {
            "arm": "backtracking_verification",
            "wanted": "it gains",
            "measured": 0.4,
            "interval_95": [0.35, 0.45],
            "unit": "points",
            "met": True,
            "remark": "",
        },
        {
            "arm": "all_habits",
            "wanted": "it closes the gap",
            "measured": None,
            "interval_95": None,
            "unit": "share",
            "met": False,
            "remark": "there is no gap",
        },
    ],
    "asked_of": {"backtracking_verification": "the chosen", "all_habits": "not chosen"},
    "published_steps": [0, 100, 250],
    "shown_puzzles": 1,
    "completions": [
        completion("all_habits", f"no back {{{{content}}}} {HOSTILE}", solved=True),
        completion("straight", "17 - 12 = 5 <!-- <b>bold</b>", solved=False),
        *[completion("straight", "yes", solved=True)] * 9,
    ],
    "settings": {"seeds": 2},
    "provenance": [{"provenance": {"python": "3.11"}, "runs": ["straight, seed 0"]}],
    "files": [{"name": "straight/seed_0/after.jsonl", "sha256": "ab" * 32}],
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(CONTENT), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


def listened_to(tab: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401 - untyped where it is missing
    """Return what a tab will ask the network for, and what it will complain of."""
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    return asked, said


@pytest.fixture
def opened(browser: Any, file: Path) -> Iterator[tuple[Any, list[str], list[str]]]:  # noqa: ANN401 - untyped where it is missing
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    tab = context.new_page()
    asked, said = listened_to(tab)
    tab.goto(file.as_uri())
    yield tab, asked, said
    context.close()


@needs_browser
def test_it_renders_without_network_and_without_complaints(
    opened: tuple[Any, list[str], list[str]], file: Path
) -> None:
    tab, asked, said = opened
    assert asked == [file.as_uri()]
    assert said == []
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("#questions svg[role=img]").count() == 2
    assert tab.locator("#questions path.curve").count() == 4
    assert tab.locator("#questions path.band").count() == 4
    colours = {
        tab.locator(f"#questions path.curve[data-arm={name}]").first.evaluate(
            "path => getComputedStyle(path).stroke"
        )
        for name in ("all_habits", "straight")
    }
    assert len(colours) == 2
    assert tab.locator("#rates svg[role=img]").count() == 4  # ours, two published, length
    assert tab.locator("#habits svg[role=img]").count() == 4
    assert tab.locator("#habits path.band").count() == 2  # one habit has intervals, in two arms
    assert tab.locator("#table tr").count() == 4
    assert "0.35 → 0.74" in tab.locator("#table").inner_text()
    assert tab.locator("mark.verification").count() > 1


@needs_browser
@pytest.mark.checkout
def test_the_published_report_renders_without_network_and_without_complaints(browser: Any) -> None:  # noqa: ANN401
    tab = browser.new_page(viewport={"width": 1100, "height": 900})
    asked, said = listened_to(tab)
    tab.goto(PUBLISHED.as_uri())
    assert (asked, said) == ([PUBLISHED.as_uri()], [])
    assert tab.locator("#questions svg[role=img]").count() == len(QUESTIONS)
    assert tab.locator("#table tr").count() == 1 + len(ARMS)
    told = tab.locator("#rates figure:nth-child(2) path.curve[data-arm=filler] ~ circle")
    assert told.count() >= len(STEPS)  # the whole published curve, not its ends
    tab.close()


@needs_browser
def test_targets_and_ways_of_crediting_are_told(
    opened: tuple[Any, list[str], list[str]],
) -> None:
    tab, _, _ = opened
    rows = tab.locator("#targets tr").all_inner_texts()
    assert "+40.0 points +35.0 to +45.0" in " ".join(rows[2].split())
    assert rows[1] == "asked of backtracking verification, the chosen"
    assert "✓ met" in rows[2]
    assert rows[3] == "asked of all habits, not chosen"
    assert "✗ missed" in rows[4]
    assert "there is no gap" in rows[4]
    said = tab.locator("#lead").inner_text()
    assert "Of 1 targets that are asked of backtracking verification, the chosen, 1 are met" in said
    assert "Of 1 targets that are asked of all habits, not chosen, 0 are met" in said
    credit = tab.locator("#credit tr").all_inner_texts()
    assert [row.split()[0] for row in credit[1:]] == ["PPO", "PPO", "RLOO"]


@needs_browser
def test_completions_are_filtered_marked_and_shown_to_the_letter(
    opened: tuple[Any, list[str], list[str]],
) -> None:
    tab, _, said = opened
    assert tab.locator("article").count() == 1  # at first the first arm of the first question
    assert tab.locator("article p").inner_text() == CONTENT["completions"][0]["text"]
    tab.select_option("#filter-arm", "")
    assert tab.locator("article").count() == 8
    tab.click("#more")
    assert tab.locator("article").count() == 11
    assert not tab.locator("#more").is_visible()
    tab.select_option("#filter-arm", "straight")
    tab.select_option("#filter-answer", "wrong")
    assert tab.locator("article").count() == 1
    assert "<b>bold</b>" in tab.locator("article p").inner_text()
    tab.fill("#filter-text", "nowhere")
    assert tab.locator("article").count() == 0
    assert tab.locator("#shown").inner_text() == "0 of 0 that match, 11 in all"
    tab.fill("#filter-text", "")
    tab.select_option("#filter-habit", "backtracking")
    assert tab.locator("article").count() == 0
    tab.select_option("#filter-habit", "verification")
    assert tab.locator("article").count() == 1
    assert said == []


@needs_browser
def test_a_search_is_drawn_as_a_tree(opened: tuple[Any, list[str], list[str]]) -> None:
    tab, _, said = opened
    tab.locator("article summary").click()
    tab.wait_for_selector("svg.tree")
    assert tab.locator("svg.tree path").count() == 3
    places = [node.bounding_box() for node in tab.locator("svg.tree .node").all()]
    board, first, last, other = places
    assert board["x"] < first["x"] < last["x"] == other["x"]
    assert last["y"] < other["y"]
    assert tab.locator("svg.tree .node").all_text_contents() == [
        "17 12 2",
        "17 - 2 = 15 \N{MULTIPLICATION SIGN}2",
        "15 - 12 = 3 ✓",
        "15 + 12 = 28 ✗",
    ]
    assert said == []


@needs_browser
def test_the_arms_of_the_charts_can_be_chosen(opened: tuple[Any, list[str], list[str]]) -> None:
    tab, _, _ = opened
    drawn = tab.locator("#rates figure:first-child path.curve")
    assert [c.get_attribute("data-arm") for c in drawn.all()] == ["all_habits", "straight"]
    tab.uncheck("input[name=straight]")
    assert tab.locator("#closer path.curve[data-arm=straight]").count() == 0
    assert drawn.count() == 1
    tab.select_option("#question", "all arms")
    assert drawn.count() == 3


@needs_browser
@pytest.mark.parametrize("width", [360, 1100])
@pytest.mark.parametrize("page", ["made_up", pytest.param("published", marks=pytest.mark.checkout)])
def test_nothing_sticks_out_at_the_side(browser: Any, file: Path, width: int, page: str) -> None:  # noqa: ANN401
    tab = browser.new_page(viewport={"width": width, "height": 800})
    tab.goto((PUBLISHED if page == "published" else file).as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()


@needs_browser
def test_dark_mode_turns_the_colours_and_print_turns_them_back(browser: Any, file: Path) -> None:  # noqa: ANN401
    tab = browser.new_page(color_scheme="dark")
    tab.goto(file.as_uri())

    def brightness() -> float:
        colour = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3

    assert brightness() < 60
    tab.emulate_media(media="print")
    assert brightness() > 240
    assert not tab.locator("#filters").is_visible()
    tab.close()


def test_the_data_can_be_read_back_from_the_page(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', text)
    assert found
    assert json.loads(found[1]) == CONTENT


def test_the_tables_have_a_row_for_each_arm_and_target() -> None:
    rows = table(CONTENT).splitlines()
    assert len(rows) == 2 + 3 + 2 * (3 + 2 + 1)
    assert rows[2] == (
        "| all_habits | 20.0% (15.0% to 25.0%) | 60.0% (55.0% to 65.0%) | +40.0 (+35.0 to +45.0) "
        "| 2 | habit_poor |"
    )
    assert rows[6] == "Asked of backtracking_verification, the chosen:"
    assert rows[10] == "| it gains | +40.0 (+35.0 to +45.0) | met |  |"
    assert rows[16] == "| it closes the gap | none | missed | there is no gap |"
