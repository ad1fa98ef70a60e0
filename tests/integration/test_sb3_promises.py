"""TokenPPO keeps the promises of stable-baselines3, and stops in good order when it breaks."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback, CheckpointCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import DummyVecEnv
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]  # it has no types
    EventAccumulator,
)
from transformers import LlamaConfig, PreTrainedModel

from countdown_agents.evaluation import Evaluation, evaluate
from countdown_agents.token_ppo import token_ppo
from countdown_agents.token_ppo.callbacks import BatchLog, HeldOut, StopAfterBatches
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.estimating import Estimated, estimated
from countdown_agents.token_ppo.failures import BrokenUpdateError, read_broken_update
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.puzzle_sources import AdaptiveGrade, Answered
from countdown_agents.token_ppo.schedules import Linear
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_agents.token_ppo.updating import loss_of
from countdown_gym.errors import InvalidParameterError
from countdown_gym.families import NNumbers
from countdown_gym.symbols import SymbolTokenizer

pytestmark = pytest.mark.agents

TOKENIZER = SymbolTokenizer()
CONFIG = TokenPPOConfig(samples_per_prompt=2, kl_coefficient=0.01)


def token_env(completions: int = 8) -> DummyVecEnv:
    return make_token_env(
        "Countdown-v0",
        TOKENIZER,
        completions=completions,
        max_prompt_tokens=8,
        max_completion_tokens=4,
        env_kwargs={"family": "n_numbers", "prompt_style": "terse", "reward": "tinyzero"},
    )


def learner(config: TokenPPOConfig = CONFIG, **kwargs: Any) -> TokenPPO:  # noqa: ANN401 - of TokenPPO
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=TOKENIZER.vocabulary_size,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=2,
    )
    kwargs.setdefault("env", token_env())
    return TokenPPO(
        CausalLMPolicy,
        config=config,
        policy_kwargs={"language_model": shape.to_dict()},
        device="cpu",
        **kwargs,
    )


# --- learn, schedules, callbacks ----------------------------------------------------------------


class Rates(BaseCallback):
    """Keeps the rates and the clip of each update."""

    def __init__(self) -> None:
        super().__init__()
        self.rates: list[tuple[float, ...]] = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        groups = self.model.policy.optimizer.param_groups
        self.rates.append(tuple(group["lr"] for group in groups))


def test_schedules_run_out_over_the_batches_of_the_run() -> None:
    model = learner(
        replace(
            CONFIG,
            learning_rate=Linear(1e-3),
            value_learning_rate=1e-2,
            clip=Linear(0.4, 0.2),
            total_batches=4,
        )
    )
    rates = Rates()
    model.learn(callback=rates)
    assert model.batches == 4
    # what the batch before was trained with
    np.testing.assert_allclose([actor for actor, _ in rates.rates[1:]], [1e-3, 7.5e-4, 5e-4])
    np.testing.assert_allclose([critic for _, critic in rates.rates[1:]], [1e-2, 7.5e-3, 5e-3])
    assert model.update_measures["clip_range"] == pytest.approx(0.25)


def test_learning_ends_after_so_many_tokens_as_in_stable_baselines3() -> None:
    model = learner(replace(CONFIG, learning_rate=Linear(1e-3)))
    model.learn(100)
    assert model.num_timesteps >= 100
    assert model.num_timesteps - int(model._batch.written.tokens) < 100  # type: ignore[union-attr]
    assert model._current_progress_remaining <= 0


def test_progress_is_measured_against_what_the_batches_may_take() -> None:
    totals: set[int] = set()

    def note(found: dict[str, Any], _globals: dict[str, Any]) -> bool:
        totals.add(found["self"]._total_timesteps)
        return True

    model = learner(replace(CONFIG, total_batches=3))
    model.learn(callback=note)
    assert model.batches == 3
    assert totals == {1 + 3 * 8 * 4}
    assert model.num_timesteps <= 3 * 8 * 4


class Bar:
    """Remembers how far it was moved."""

    made: list["Bar"]

    def __init__(self, total: int) -> None:
        self.total, self.moved = total, 0
        Bar.made.append(self)

    def update(self, steps: int) -> None:
        self.moved += steps

    def refresh(self) -> None:
        """Nothing is drawn."""

    def close(self) -> None:
        """Nothing is drawn."""


def test_the_progress_bar_counts_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bar, "made", [], raising=False)
    monkeypatch.setattr("stable_baselines3.common.callbacks.tqdm", Bar)
    model = learner(replace(CONFIG, total_batches=3))
    model.learn(progress_bar=True, callback=StopAfterBatches(2))
    seen = model.num_timesteps
    model.learn(progress_bar=True, reset_num_timesteps=False)
    first, second = Bar.made
    assert model.batches == 3
    assert first.total == 1 + 3 * 8 * 4
    assert (first.moved, second.moved) == (seen, model.num_timesteps - seen)


def test_learning_without_an_end_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="total_timesteps, in tokens"):
        learner().learn()


def test_callbacks_of_stable_baselines3_work(tmp_path: Path) -> None:
    model = learner(replace(CONFIG, total_batches=4))
    model.learn(callback=CheckpointCallback(save_freq=2, save_path=str(tmp_path)))
    saved = sorted(tmp_path.glob("*.zip"))
    assert len(saved) == 2
    assert TokenPPO.load(saved[0], env=token_env()).batches == 1


# --- the log ------------------------------------------------------------------------------------

LOGGED = {
    "rollout/reward",
    "rollout/reward_correct",
    "rollout/reward_readable",
    "rollout/solve_rate",
    "rollout/legal_share",
    "rollout/completion_tokens",
    "rollout/truncated_share",
    "rollout/entropy",
    "rollout/reference_kl",
    "rollout/explained_variance",
    "rollout/advantage_std",
    "rollout/sampling_error",
    "rollout/ep_rew_mean",
    "rollout/ep_len_mean",
    "rollout/success_rate",
    "train/approximate_kl",
    "train/clip_fraction",
    "train/gradient_norm",
    "train/policy_loss",
    "train/value_loss",
    "train/learning_rate",
    "train/first_ratio_error",
    "time/sampled_tokens_per_second",
    "time/updated_tokens_per_second",
    "eval/solve_rate",
    "eval/solve_rate_low",
    "eval/solve_rate_high",
}


def never_solves(_model: PreTrainedModel) -> Evaluation:
    return evaluate(lambda _prompt: "no idea", num_puzzles=4)


def test_the_log_says_all_that_it_should_in_every_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = learner(replace(CONFIG, total_batches=3))
    model.set_logger(configure(str(tmp_path), ["stdout", "csv", "tensorboard"]))
    held_out = HeldOut(never_solves, every=2)
    model.learn(callback=held_out)
    model.logger.close()
    assert sorted(held_out.results) == [0, 2, 3]
    with (tmp_path / "progress.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert set(rows[0]) >= LOGGED
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert set(events.Tags()["scalars"]) >= LOGGED
    assert "reference_kl" in capsys.readouterr().out


def test_episodes_are_those_of_a_whole_batch() -> None:
    model = learner(env=token_env(128))
    model.learn(10**9, callback=StopAfterBatches(1))
    assert model.ep_info_buffer is not None
    assert model.ep_success_buffer is not None
    assert len(model.ep_info_buffer) == len(model.ep_success_buffer) == 128
    rewards = [episode["r"] for episode in model.ep_info_buffer]
    lengths = [episode["l"] for episode in model.ep_info_buffer]
    assert np.mean(rewards) == pytest.approx(model.measures["reward"])
    assert sum(lengths) == model.num_timesteps
    assert all(episode["t"] > 0 for episode in model.ep_info_buffer)


def test_each_batch_has_its_line(tmp_path: Path) -> None:
    model = learner(replace(CONFIG, total_batches=3))
    model.learn(callback=BatchLog(tmp_path / "batches.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "batches.jsonl").read_text().splitlines()]
    assert [row["batches"] for row in rows] == [1, 2, 3]
    assert all("train/gradient_norm" in row and "solve_rate" in row for row in rows)


def test_half_a_line_of_a_killed_run_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "batches.jsonl"
    path.write_text('{"batches": 1}\n{"batches": 2, "rew')
    model = learner()
    model.batches = 2
    model.learn(10**9, callback=[BatchLog(path), StopAfterBatches(2)])
    assert [json.loads(line)["batches"] for line in path.read_text().splitlines()] == [1, 2]


# --- predict, evaluate_policy, set_env ----------------------------------------------------------


def test_what_was_saved_predicts_and_is_evaluated_without_its_environment(tmp_path: Path) -> None:
    model = learner()
    model.save(tmp_path / "model.zip")
    loaded = TokenPPO.load(tmp_path / "model.zip", device="cpu")
    observation = token_env(3).reset()
    assert isinstance(observation, np.ndarray)
    actions, _ = model.predict(observation, deterministic=True)
    again, _ = loaded.predict(observation, deterministic=True)
    assert actions.tolist() == again.tolist()
    assert actions.max() < TOKENIZER.vocabulary_size
    mean, _ = evaluate_policy(loaded, token_env(3), n_eval_episodes=6, warn=False)
    assert isinstance(mean, float)
    assert 0 <= mean <= 1


def test_another_environment_of_the_same_spaces_may_be_set() -> None:
    model = learner(replace(CONFIG, total_batches=2))
    model.set_env(token_env())
    model.learn()
    assert model.batches == 2
    with pytest.raises(AssertionError, match="number of environments"):
        model.set_env(token_env(4))


@pytest.mark.parametrize("env_id", ["Countdown-v0", "CountdownTokens-v0"])
def test_environments_whose_turn_is_no_token_of_a_model_are_refused(env_id: str) -> None:
    for env in (env_id, gym.make(env_id)):
        with pytest.raises(InvalidParameterError, match=r"wrapped in TokenLevel.*make_token_env"):
            TokenPPO(CausalLMPolicy, env, CONFIG)
    with pytest.raises(InvalidParameterError, match="wrapped in TokenLevel"):
        learner(CONFIG).set_env(DummyVecEnv([lambda: gym.make("CountdownTokens-v0")] * 8))


# --- puzzles ------------------------------------------------------------------------------------


class Watched(AdaptiveGrade):
    """A curriculum that remembers what it was told."""

    told: list[Answered]

    def note(self, answered: Any) -> None:  # noqa: ANN401 - as AdaptiveGrade
        self.told = list(answered)
        super().note(answered)


def test_a_source_says_what_is_asked_and_hears_how_it_went() -> None:
    family = NNumbers(min_numbers=2, max_numbers=2, largest=9, min_target=1, max_target=20)
    source = Watched([family])
    model = learner(puzzles=source)
    model.learn(10**9, callback=StopAfterBatches(1))
    assert len(source.told) == 4
    assert {len(one.puzzle.numbers) for one in source.told} == {2}
    assert model.measures["level"] == 0
    assert model.env is not None
    puzzles = [env.unwrapped._puzzle for env in model.env.envs]  # type: ignore[attr-defined]
    assert puzzles[0::2] == puzzles[1::2] == [one.puzzle for one in source.told]


# --- what breaks --------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_an_update_that_breaks_leaves_its_data_in_a_file(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = learner(replace(CONFIG, total_batches=3))
    model.set_logger(configure(str(tmp_path), []))
    model.learn(callback=StopAfterBatches(1))
    before = {name: tensor.clone() for name, tensor in model.policy.state_dict().items()}
    if what == "loss":

        def broken(*args: Any) -> Estimated:  # noqa: ANN401 - whatever it takes
            found = estimated(*args)
            found.batch.advantages[:, 0] = float("nan")  # whichever minibatch comes first
            return found

        monkeypatch.setattr(token_ppo, "estimated", broken)
    else:
        bias = next(p for p in model.policy.language_model.parameters() if p.requires_grad)
        bias.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(BrokenUpdateError, match=f"the {what} of batch 2 is not finite") as caught:
        model.learn(callback=StopAfterBatches(2), reset_num_timesteps=False)
    assert str(caught.value.path) in str(caught.value)
    assert caught.value.path.parent == tmp_path
    assert "lower learning_rate (0.0001)" in str(caught.value)
    for name, tensor in model.policy.state_dict().items():
        assert torch.equal(tensor, before[name]), name

    found = read_broken_update(caught.value.path)
    assert (found.what, found.batches) == (what, 2)
    assert found.minibatch.advantages.isnan().any().item() is (what == "loss")
    fresh = learner()
    fresh.policy.load_state_dict(found.policy_state)
    loss, _ = loss_of(fresh.policy, found.minibatch, model._loss_settings())
    assert torch.isfinite(loss).item() is (what == "gradient")


def test_another_file_is_no_broken_update(tmp_path: Path) -> None:
    torch.save({"weights": 1}, tmp_path / "other.pt")
    with pytest.raises(InvalidParameterError, match="must hold a broken update"):
        read_broken_update(tmp_path / "other.pt")


def test_without_a_folder_for_logs_the_file_is_a_temporary_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    model = learner()
    weight = next(p for p in model.policy.language_model.parameters() if p.requires_grad)
    weight.register_hook(lambda gradient: gradient * float("nan"))
    with pytest.raises(BrokenUpdateError) as caught:
        model.learn(10**9, callback=StopAfterBatches(1))
    assert tmp_path in caught.value.path.parents
