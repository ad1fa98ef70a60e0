"""A run folder belongs to one configuration."""

from pathlib import Path

import pytest

from countdown_agents.study.runs import RunFolder
from countdown_gym.errors import InvalidParameterError

pytestmark = pytest.mark.agents


def test_a_run_is_recognised_by_its_settings(tmp_path: Path) -> None:
    first = RunFolder(tmp_path / "run", {"seed": 1, "sizes": (2, 3)})
    first.write_json("result.json", {"rate": 0.5})
    again = RunFolder(tmp_path / "run", {"seed": 1, "sizes": (2, 3)})
    assert again.read_json("result.json") == {"rate": 0.5}
    assert "torch" in again.read_json("config.json")["provenance"]["packages"]


def test_a_run_of_other_settings_is_refused_by_name(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", {"seed": 1, "batches": 2})
    with pytest.raises(InvalidParameterError, match="holds a run with another batches; name"):
        RunFolder(tmp_path / "run", {"seed": 1, "batches": 3})


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(InvalidParameterError, match="holds other files and no run"):
        RunFolder(tmp_path, {"seed": 1})
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_run_folder(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(InvalidParameterError, match="is a file; name a folder"):
        RunFolder(tmp_path / "run", {})


def test_what_was_never_written_reads_as_nothing(tmp_path: Path) -> None:
    assert RunFolder(tmp_path / "run", {}).read_json("curve.json") is None
