"""The examples run, say something, and stay short."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.agents, pytest.mark.checkout]

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
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


def snippets() -> list[str]:
    """Return the programs that the documents show; `docs/extending.md` has a test of its own."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [
        part.split("```")[0]
        for document in documents
        if document.name != "extending.md"
        for part in document.read_text(encoding="utf-8").split("```python\n")[1:]
    ]


@pytest.mark.parametrize("code", snippets())
def test_what_the_documents_show_is_true(code: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True)
