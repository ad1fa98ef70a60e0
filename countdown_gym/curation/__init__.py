"""Texts for continued pre-training, chosen by the habits that they show; see `docs/curation.md`.

```
 documents      scoring       selecting      (agents) rewriting      (agents) training
 ───────▶ Document ───▶ Scored ───▶ two sets ───────▶ question, thought, answer ───▶ model
```

Every stage streams: no stage holds the corpus in memory.
"""
