"""The command line of this benchmark: `python -m benchmarks.grading`."""

from __future__ import annotations

import argparse
import json
from itertools import chain
from pathlib import Path

from benchmarks.grading.analysis import summarise
from benchmarks.grading.sweep import measure, measure_people, settings

RESULTS = Path(__file__).parents[1] / "results" / "grading.json"

parser = argparse.ArgumentParser(prog="python -m benchmarks.grading")
parser.add_argument("--people", type=Path, help="also correlate with this file of games of 24")
chosen = parser.parse_args()
rows = chain.from_iterable(measure(setting) for setting in settings())
if chosen.people is not None:
    rows = chain(rows, measure_people(chosen.people))
summary = json.dumps(summarise(rows), indent=1)
RESULTS.parent.mkdir(exist_ok=True)
RESULTS.write_text(f"{summary}\n", encoding="utf-8")
print(summary)
