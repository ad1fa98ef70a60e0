"""Stages that are killed at any moment end with the bytes of stages that are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")

PROGRAM = Path(__file__).with_name("killed_curation.py")
FILES = ("scored.jsonl", "rewritten.jsonl")


def curate(folder: Path, *arguments: str) -> dict[str, Any]:
    folder.mkdir()
    command = [sys.executable, str(PROGRAM), str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["statuses"] == [0, 0, 0], done.stderr
    return told


@pytest.mark.slow
def test_ten_kills_of_each_stage_change_no_byte(tmp_path: Path) -> None:
    curate(tmp_path / "straight")
    lives = curate(tmp_path / "killed", "--kills", "10")["lives"]
    for reached in lives:
        assert len(reached) == 10
        assert len(set(reached)) > 3
    for name in FILES:
        straight, killed = (
            (tmp_path / folder / name).read_bytes() for folder in ("straight", "killed")
        )
        assert killed == straight
        ids = [json.loads(line)["id"] for line in straight.splitlines()]
        corpus = (tmp_path / "straight" / "corpus.jsonl").read_bytes()
        assert len(ids) == corpus.count(b"\n") == 400  # none is lost, none is there twice
    assert not list((tmp_path / "killed").glob("*.half"))
