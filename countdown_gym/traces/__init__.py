"""Reasoning texts: what a small model reads before it is trained by reward."""
