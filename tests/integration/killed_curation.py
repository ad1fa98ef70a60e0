"""A small corpus is scored and rewritten; with --kills, killed at random moments and gone on with.

Not a test itself: `test_killed_curation.py` starts it. Children are forked, so that a life takes
milliseconds and a test can afford many of them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from countdown_gym.cli import main

DOCUMENTS = 400


def rewriter(prompt: str) -> str:
    """Return a rewriting of the document, or none of some documents, now and then at once."""
    text = prompt.partition("<document>\n")[2].partition("\n</document>")[0]
    kind = len(text) % 7
    if kind == 0 or (kind == 1 and "was refused" not in prompt):
        return "I cannot."
    return f"<question>What is shown?</question><thought>{text}</thought><answer>1</answer>"


STAGES = {
    "scored.jsonl": ("score", "corpus.jsonl", "--out", "scored.jsonl"),
    "rewritten.jsonl": (
        *("rewrite", "scored.jsonl", "--out", "rewritten.jsonl", "--batch-size", "8"),
        *("--policy", "killed_curation:rewriter"),
    ),
}


def work(*arguments: str) -> int:
    """Call the command; return its status."""
    try:
        main(("curate", *arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def killed_often(out: Path, arguments: tuple[str, ...], kills: int, seed: int) -> list[int]:
    """Start a stage and kill it, so many times, and let it end; return how far each life came."""
    rng = np.random.default_rng(seed)
    reached: list[int] = []
    while len(reached) < kills:
        end = lines(out) + rng.integers(DOCUMENTS // kills * 2)
        child = os.fork()
        if not child:
            os._exit(work(*arguments))
        while lines(out) < end and not has_ended(child):
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.01))
        if not has_ended(child):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            reached.append(lines(out))
        else:  # from the beginning
            for file in out.parent.glob(f"{out.name}*"):
                file.unlink()
    return reached


def has_ended(child: int) -> bool:
    """Whether a process is no more, of its own accord; asked again, it is still no more."""
    try:
        return os.waitpid(child, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def lines(path: Path) -> int:
    """Return how many whole lines a file has."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    os.chdir(asked.folder)
    sys.path.append(str(Path(__file__).parent))
    statuses = [work("sample", "--out", "corpus.jsonl", "--count", str(DOCUMENTS))]
    lives: list[list[int]] = []
    with Path(os.devnull).open("w") as nothing:
        results, sys.stdout = sys.stdout, nothing
        for name, words in STAGES.items():
            lives.append(killed_often(Path(name), words, asked.kills, asked.seed))
            statuses.append(work(*words))
        sys.stdout = results
    sys.stdout.write(json.dumps({"statuses": statuses, "lives": lives}))
