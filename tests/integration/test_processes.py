"""Two processes make the update that one would make of both their shares."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig

from countdown_agents.token_ppo import token_ppo
from countdown_agents.token_ppo.advantages import whitened
from countdown_agents.token_ppo.buffer import CompletionBatch, Written
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.processes import Processes, processes
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_agents.token_ppo.updating import update
from countdown_gym.errors import InvalidParameterError, MissingResourceError
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents

PROGRAM = Path(__file__).with_name("two_processes.py")


def learner(config: TokenPPOConfig, **kwargs: Any) -> TokenPPO:  # noqa: ANN401 - of TokenPPO
    shape = LlamaConfig(
        vocab_size=121,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=2,
    )
    env = make_token_env(
        "Countdown-v0",
        SymbolTokenizer(),
        completions=8,
        max_prompt_tokens=8,
        max_completion_tokens=6,
        env_kwargs={"family": "n_numbers", "prompt_style": "terse"},
    )
    return TokenPPO(
        CausalLMPolicy, env, config, policy_kwargs={"language_model": shape.to_dict()}, **kwargs
    )


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("accelerate")
    folder = tmp_path_factory.mktemp("two")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", str(PROGRAM), str(folder)],
            env={**os.environ, **address, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for process in started:
        _, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
    return folder


@pytest.mark.slow
def test_all_processes_end_with_the_same_weights(two: Path) -> None:
    one, other = (torch.load(two / f"rank_{rank}.pt") for rank in range(2))
    for name, tensor in one["after"].items():
        assert torch.equal(tensor, other["after"][name]), name
    assert not torch.equal(one["written"][2], other["written"][2])
    assert one["kl_coefficient"] == other["kl_coefficient"] != 0.1
    assert one["tokens"] == other["tokens"]
    assert one["tokens"] > int(one["written"][3].sum())
    assert len((two / "batches.jsonl").read_text().splitlines()) == 2
    row = json.loads((two / "batches.jsonl").read_text().splitlines()[0])
    shares = [tuple(found["written"])[3].sum(1).mean().item() for found in (one, other)]
    assert row["completion_tokens"] == pytest.approx(sum(shares) / 2)
    assert TokenPPO.load(two / "checkpoint.zip", device="cpu").batches == 2


@pytest.mark.slow
def test_two_processes_update_as_one_would(two: Path) -> None:
    found = [torch.load(two / f"rank_{rank}.pt") for rank in range(2)]
    width = max(part["written"][3].shape[1] for part in found)
    total = max(part["written"][0].shape[1] for part in found)

    def padded(tensor: torch.Tensor, columns: int) -> torch.Tensor:
        return torch.nn.functional.pad(tensor, (0, columns - tensor.shape[1]))

    def joined(name: str, index: int, columns: int) -> torch.Tensor:
        return torch.cat([padded(part[name][index], columns) for part in found])

    written = Written(
        joined("written", 0, total),
        torch.cat([part["written"][1] for part in found]),
        joined("written", 2, width),
        joined("written", 3, width),
    )
    batch = CompletionBatch(written, *(joined("batch", i, width) for i in range(5)))
    # each share was whitened by the tokens of both
    torch.testing.assert_close(whitened(batch.advantages, written.mask), batch.advantages)
    alone = learner(
        TokenPPOConfig(samples_per_prompt=2, minibatches=1, total_batches=2), device="cpu"
    )
    alone.policy.load_state_dict(found[0]["before"])
    update(
        alone.policy,
        batch,
        alone._loss_settings(),
        micro_batch_tokens=10_000,
        max_gradient_norm=1.0,
    )
    rest = found[0]["after_first"]
    for name, tensor in alone.policy.state_dict().items():
        torch.testing.assert_close(tensor, rest[name], atol=1e-5, rtol=0)


def test_a_missing_accelerate_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingResourceError, match=r"in 4 processes .*pip install accelerate"):
        processes()


def test_what_would_let_processes_lose_step_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_ppo, "processes", lambda: Processes(1, 2))
    for config in (
        TokenPPOConfig(drop_uniform_groups=True),
        TokenPPOConfig(minibatch_tokens=100),
    ):
        with pytest.raises(InvalidParameterError, match="the same number of updates"):
            learner(config, device="cpu")


def test_one_process_has_nothing_to_add_up() -> None:
    alone = Processes()
    tensor = torch.ones(2)
    alone.add_up([tensor])
    assert tensor.tolist() == [1, 1]
    assert alone.total(3.0) == 3.0
    assert alone.mean({"reward": 0.5}) == {"reward": 0.5}
