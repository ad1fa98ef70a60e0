"""The report in a real browser: it renders, filters, asks the network for nothing, and fits."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countdown_agents.study.report.page import page, table

sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
pytestmark = [pytest.mark.agents, pytest.mark.slow]


def arm(name: str, seeds: int, gain: float) -> dict[str, Any]:
    curve: list[dict[str, Any]] = [
        {
            "batches": b,
            "mean": 0.2 + gain * b / 20,
            "low": 0.1,
            "high": 0.5,
            "by_seed": [],
            "tokens": 40.0 + b,
        }
        for b in (0, 10, 20)
    ]
    shown = {"verification": 1.0, "backtracking": 0.5}
    silent = {"subgoal_setting": 0.0, "backward_chaining": 0.0}
    habits = [{"batches": b, **shown, **silent} for b in (0, 10, 20)]
    ends = {"mean": 0.2, "low": 0.15, "high": 0.25, "by_seed": [0.2] * seeds}
    return {
        "name": name,
        "base": "habit_poor",
        "condition": name,
        "advantage": "gae",
        "seeds": list(range(seeds)),
        "before": ends,
        "after": {**ends, "mean": 0.2 + gain},
        "gain": gain,
        "curve": curve,
        "habits": habits,
        "published": {"Llama-3.2-3B": [0.35, 0.72, 0.74], "Qwen-2.5-3B": [None, 0.74, 0.77]},
    }


def completion(arm: str, text: str, *, solved: bool) -> dict[str, Any]:
    return {
        "arm": arm,
        "stage": "after",
        "numbers": [17, 12, 2],
        "target": 3,
        "text": text,
        "solved": solved,
        "fault": None if solved else "wrong_value",
        "spans": [{"habit": "verification", "start": 0, "end": 2}],
        "tree": [
            {"id": 0, "parent": None, "label": "17 12 2", "fault": False},
            {"id": 1, "parent": 0, "label": "17 - 2 = 15", "fault": False},
            {"id": 2, "parent": 1, "label": "15 - 12 = 3", "fault": False},
        ],
    }


HOSTILE = "</script><script>window.hacked = 1</script>"
CONTENT: dict[str, Any] = {
    "preset": "test",
    "runs": {"finished": 3, "planned": 4},
    "puzzles": 400,
    "habits": ["verification", "backtracking", "subgoal_setting", "backward_chaining"],
    "arms": [arm("all_habits", 2, 0.4), arm("straight", 1, 0.05)],
    "completions": [
        completion("all_habits", f"no back {{{{content}}}} {HOSTILE}", solved=True),
        completion("straight", "17 - 12 = 5 <!-- <b>bold</b>", solved=False),
        completion("straight", "yes", solved=True),
    ],
    "settings": {"seeds": 2},
    "provenance": {"python": "3.11"},
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


@pytest.fixture
def opened(browser: Any, file: Path) -> Iterator[tuple[Any, list[str], list[str]]]:  # noqa: ANN401 - untyped where it is missing
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    tab = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
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
    assert tab.locator("#solve-rate path.curve").count() == 2
    assert tab.locator("#solve-rate path.band").count() == 2
    assert tab.locator("#habits svg").count() == 4
    assert tab.locator("#length path.curve").count() == 2
    assert tab.locator("#table tr").count() == 3
    assert "0.35 → 0.74" in tab.locator("#table").inner_text()
    assert tab.locator("mark.verification").count() > 2


@needs_browser
def test_completions_are_filtered_marked_and_shown_to_the_letter(
    opened: tuple[Any, list[str], list[str]],
) -> None:
    tab, _, said = opened
    assert tab.locator("article").count() == 3
    shown = tab.locator("article p").first.inner_text()
    assert shown == CONTENT["completions"][0]["text"]
    tab.select_option("#filter-arm", "straight")
    assert tab.locator("article").count() == 2
    tab.select_option("#filter-answer", "wrong")
    assert tab.locator("article").count() == 1
    assert "<b>bold</b>" in tab.locator("article p").inner_text()
    tab.fill("#filter-text", "nowhere")
    assert tab.locator("article").count() == 0
    assert tab.locator("#shown").inner_text() == "0 of 3 shown"
    tab.fill("#filter-text", "")
    tab.select_option("#filter-answer", "")
    tab.locator("article summary").first.click()
    assert tab.locator("article .tree li").first.is_visible()
    assert said == []


@needs_browser
def test_an_arm_can_be_taken_out_of_the_charts(opened: tuple[Any, list[str], list[str]]) -> None:
    tab, _, _ = opened
    tab.uncheck("input[name=straight]")
    assert tab.locator("path.curve[data-arm=straight]").count() == 0
    assert tab.locator("#solve-rate path.curve").count() == 1


@needs_browser
@pytest.mark.parametrize("width", [360, 1100])
def test_nothing_sticks_out_at_the_side(browser: Any, file: Path, width: int) -> None:  # noqa: ANN401
    tab = browser.new_page(viewport={"width": width, "height": 800})
    tab.goto(file.as_uri())
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


def test_the_table_has_a_row_for_each_arm() -> None:
    rows = table(CONTENT).splitlines()
    assert len(rows) == 4
    assert rows[2].startswith("| all_habits | habit_poor | 2 | 20.0% | 60.0% |")
    assert rows[2].endswith("| +40.0 |")
