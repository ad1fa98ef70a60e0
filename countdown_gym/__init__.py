"""Countdown and other arithmetic puzzles as Gymnasium environments for language models."""

__version__ = "0.1.0"
