"""The command line of this benchmark: `python -m benchmarks.pay`."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.pay.analysis import summarise, tables
from benchmarks.pay.sweep import measure

RESULTS = Path(__file__).parents[1] / "results" / "pay.json"

summary = summarise(measure())
RESULTS.parent.mkdir(exist_ok=True)
RESULTS.write_text(f"{json.dumps(summary, indent=1)}\n", encoding="utf-8")
print(tables(summary))
