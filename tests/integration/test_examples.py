"""The examples run, say something, and stay short."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.agents, pytest.mark.checkout]

ROOT = Path(__file__).parents[2]
OWN_TESTS = ("extending.md", "policies.md")
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
LONG = ("03_train_a_tiny_model", "04_operations_with_stock_ppo", "08_train_with_lora")
"""Examples that learn something."""


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(path, id=path.stem, marks=pytest.mark.slow if path.stem in LONG else ())
        for path in EXAMPLES
    ],
)
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_on_a_page(example: Path) -> None:
    assert len(example.read_text(encoding="utf-8").splitlines()) <= 60


def documents() -> list[Path]:
    """Return what shows programs, but for pages that have a test of their own."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [path for path in found if path.name not in OWN_TESTS and "```python\n" in _text(path)]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.stem)
def test_what_a_document_shows_is_true(document: Path, tmp_path: Path) -> None:
    shown = [part.split("```")[0] for part in _text(document).split("```python\n")[1:]]
    program = "".join(shown)
    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=tmp_path, check=True)
