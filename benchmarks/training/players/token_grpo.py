"""This project's `TokenPPO` with advantages within groups and no critic, as in TRL."""

from __future__ import annotations

from benchmarks.training.players.token_ppo import main

if __name__ == "__main__":
    main("grpo")
