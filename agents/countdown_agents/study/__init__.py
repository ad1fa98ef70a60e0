"""Experiments from a base model to a report, each in a run folder of its own."""
