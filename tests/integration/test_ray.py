"""A corpus that Ray Data scores on a local cluster gets the rows that it gets without Ray."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from countdown_gym.curation.documents import corpus_files, document_of, read_corpus
from countdown_gym.curation.sample import sample_corpus
from countdown_gym.curation.scoring import Scored, score
from countdown_gym.curation.selecting import select
from countdown_gym.datasets import write_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray Data: the extra ray"),
]

SAMPLE = tuple(sample_corpus(120, seed=4))
# A process of its own: Ray warns of this and that, and leaves threads behind.
PROGRAM = """
import json, sys
from pathlib import Path
from countdown_gym.curation.documents import corpus_files
from countdown_gym.curation.on_ray import score_on_ray

done = []
score_on_ray(
    corpus_files([Path("corpus")]),
    Path("scored"),
    files_at_a_time=2,
    workers=2,
    progress=lambda now, total: done.append((now, total)),
)
sys.stdout.write(json.dumps(done))
"""


def scored_on_ray(folder: Path) -> object:
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=420,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


def test_a_local_cluster_scores_lots_of_files_and_goes_on_with_those_that_lack(
    tmp_path: Path,
) -> None:
    rows = [document.to_row() for document in SAMPLE]
    (tmp_path / "corpus").mkdir()
    for number, ending in enumerate((".jsonl", ".parquet", ".jsonl")):
        write_rows(rows[40 * number : 40 * number + 40], tmp_path / "corpus" / f"{number}{ending}")
    # What a killed run leaves: one lot whole, one begun.
    lots = [tmp_path / "scored" / f"lot-{number:05}" for number in range(2)]
    assert scored_on_ray(tmp_path) == [[1, 2], [2, 2]]
    kept = sorted(lots[0].iterdir())
    times = [path.stat().st_mtime_ns for path in kept]
    lots[1].rename(lots[1].with_name(f"{lots[1].name}.unfinished"))
    assert scored_on_ray(tmp_path) == [[1, 2], [2, 2]]
    assert [path.stat().st_mtime_ns for path in kept] == times
    assert sorted(path.name for path in (tmp_path / "scored").iterdir()) == [
        *("lot-00000", "lot-00001", "settings.json")
    ]

    found = [Scored.from_row(row) for row in read_corpus(corpus_files([tmp_path / "scored"]))]
    wanted = list(score(document_of(document.text) for document in SAMPLE))
    assert sorted(found, key=str) == sorted(wanted, key=str)
    assert select(found).sides == select(wanted).sides
