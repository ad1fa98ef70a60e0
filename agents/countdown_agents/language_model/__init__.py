"""Causal language models: loading, sampling, supervised training. Knows nothing of reward."""
