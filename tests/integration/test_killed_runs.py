"""A run that is killed at any moment ends with the numbers of one that is not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from countdown_agents.token_ppo.token_ppo import TokenPPO

pytestmark = [
    pytest.mark.agents,
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process"),
]

PROGRAM = Path(__file__).with_name("killed_run.py")


def train(folder: Path, *arguments: str) -> list[int]:
    folder.mkdir()
    command = [sys.executable, "-W", "ignore", str(PROGRAM), str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    reached: list[int] = json.loads(done.stdout)
    return reached


def test_twenty_kills_at_random_moments_change_no_number(tmp_path: Path) -> None:
    train(tmp_path / "straight")
    reached = train(tmp_path / "killed", "--kills", "20")
    assert len(reached) == 20
    assert len(set(reached)) > 5
    logs = [(tmp_path / name / "batches.jsonl").read_text() for name in ("straight", "killed")]
    assert logs[0] == logs[1]
    rows = [json.loads(line) for line in logs[0].splitlines()]
    assert len({row["level"] for row in rows}) == 2  # the curriculum moved
    assert len({row["kl_coefficient"] for row in rows}) > 20  # the penalty was steered
    straight, killed = (
        TokenPPO.load(tmp_path / name / "checkpoint.zip", device="cpu")
        for name in ("straight", "killed")
    )
    assert straight.kl_coefficient == killed.kl_coefficient
    assert straight.num_timesteps == killed.num_timesteps
    for one, other in zip(
        straight.policy.optimizer.state_dict()["state"].values(),
        killed.policy.optimizer.state_dict()["state"].values(),
        strict=True,
    ):
        for name, tensor in one.items():
            assert torch.equal(tensor, other[name]), name
    for a, b in zip(straight.policy.parameters(), killed.policy.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not list((tmp_path / "killed").glob("*unfinished*"))
