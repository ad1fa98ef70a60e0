"""The study for veRL: puzzles and traces as parquet, settings as overrides, one script.

veRL 0.9 (https://github.com/volcengine/verl) names its columns and settings as they are named here.
The recipe is tested for its form; nobody has run it here.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from countdown_agents.language_model.tokenizer import token_counter
from countdown_agents.study import verl_score
from countdown_agents.study.arms import ARMS
from countdown_agents.study.config import ExperimentConfig
from countdown_agents.study.presets import Preset
from countdown_agents.token_ppo.schedules import at_start
from countdown_gym.datasets import write_rows
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError
from countdown_gym.families import Family
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, puzzles
from countdown_gym.traces.conditions import CONDITIONS, CountTokens, Thought
from countdown_gym.traces.priming import PrimingRecipe, priming_set
from countdown_gym.traces.wording.wording import Wording

_ESTIMATORS = {"gae": "gae", "grpo": "grpo", "rloo": "rloo"}
_AS_IT_IS = (
    "{% for message in messages %}{{ message.content }}"
    "{% if message.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
)
"""A chat template that adds nothing but an end: base models continue the prompt."""
_PROMPT_TOKENS = 256


def verl_row(
    puzzle: Puzzle, wording: Wording, family: str, split: Split, index: int
) -> dict[str, Any]:
    """Return a puzzle as a row of veRL's data."""
    return {
        "data_source": f"countdown-gym/{family}",
        "prompt": [{"role": "user", "content": wording.prompt(puzzle)}],
        "ability": "math",
        "reward_model": {"style": "rule", "ground_truth": _json(puzzle)},
        "extra_info": {"split": split.value, "index": index},
    }


def verl_overrides(config: ExperimentConfig, folder: Path, model: str) -> dict[str, object]:
    """Return the settings of a run by veRL's names.

    Args:
        config: The run.
        folder: Where `train.parquet` and `test.parquet` are.
        model: What the run begins with: the base, or what priming left.

    Raises:
        InvalidParameterError: If veRL has no such way of crediting tokens.
    """
    ppo = config.ppo
    if ppo.advantage not in _ESTIMATORS:
        raise InvalidParameterError(
            f"veRL's recipe credits by {', '.join(_ESTIMATORS)}, got {ppo.advantage}"
        )
    clip = at_start(ppo.clip)
    overrides: dict[str, object] = {
        "algorithm.adv_estimator": _ESTIMATORS[ppo.advantage],
        "algorithm.gamma": ppo.gamma,
        "algorithm.lam": ppo.gae_lambda,
        "algorithm.use_kl_in_reward": ppo.kl_coefficient > 0 and ppo.kl_in == "reward",
        "algorithm.kl_ctrl.type": "fixed",
        "algorithm.kl_ctrl.kl_coef": ppo.kl_coefficient,
        "data.train_files": folder / "train.parquet",
        "data.val_files": folder / "test.parquet",
        "data.train_batch_size": config.prompts_per_batch,
        "data.max_prompt_length": _PROMPT_TOKENS,
        "data.max_response_length": config.max_completion_tokens,
        "data.seed": config.seed,
        "actor_rollout_ref.model.path": model,
        "actor_rollout_ref.model.custom_chat_template": _AS_IT_IS,
        "actor_rollout_ref.actor.optim.lr": at_start(ppo.learning_rate),
        "actor_rollout_ref.actor.ppo_mini_batch_size": config.prompts_per_batch // ppo.minibatches,
        "actor_rollout_ref.actor.ppo_epochs": ppo.epochs,
        "actor_rollout_ref.actor.clip_ratio": clip,
        "actor_rollout_ref.actor.clip_ratio_low": clip,
        "actor_rollout_ref.actor.clip_ratio_high": clip,
        "actor_rollout_ref.actor.use_dynamic_bsz": True,
        "actor_rollout_ref.rollout.name": "vllm",
        "actor_rollout_ref.rollout.n": ppo.samples_per_prompt,
        "actor_rollout_ref.rollout.temperature": ppo.temperature,
        "actor_rollout_ref.rollout.tensor_model_parallel_size": 1,
        "actor_rollout_ref.rollout.val_kwargs.do_sample": True,
        "actor_rollout_ref.rollout.val_kwargs.temperature": ppo.temperature,
        "reward.custom_reward_function.path": Path(verl_score.__file__),
        "reward.custom_reward_function.name": verl_score.compute_score.__name__,
        "trainer.total_training_steps": config.batches,
        "trainer.test_freq": config.curve_every,
        "trainer.project_name": "countdown-gym",
    }
    if ppo.needs_critic:
        overrides |= {
            "critic.model.path": model,
            "critic.optim.lr": ppo.value_learning_rate,
        }
    return overrides


def write_recipe(folder: Path, preset: Preset, arms: Sequence[str] | None = None) -> Path:
    """Write puzzles, traces and the script of a study for veRL; return the script.

    Each arm is primed by veRL's supervised trainer on `priming.<condition>.parquet`, if at all, and
    then trained. Everything is of the preset's seeds, the first of each arm. Filler is as long as
    the thought of `all_habits` in tokens of the arm's base; in words, and the script says so, where
    its tokenizer cannot be had.

    Raises:
        UnknownNameError: If the preset has no such arm.
        MissingResourceError: If pyarrow is not installed.
    """
    for arm in arms or ():
        if arm not in preset.arms:
            raise UnknownNameError("arm of the preset", arm, preset.arms)
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    setting = preset.experiment.setting
    family, wording = setting.make_family(), setting.make_wording()
    asked = preset.experiment.batches * preset.experiment.prompts_per_batch
    for split, count in ((Split.TRAIN, asked), (Split.TEST, preset.experiment.num_puzzles)):
        rows = _rows(family, setting.family, wording, split, count)
        write_rows(rows, folder / f"{split.value}.parquet")
    lines = ["#!/usr/bin/env bash", "# veRL 0.9; one arm after the other", "set -euo pipefail"]
    for arm in arms or preset.arms:
        config = preset.config(arm, 0)
        lines += ["", f"# --- {arm}"]
        if config.condition is not None:
            note = _write_traces(config, config.condition, folder)
            lines += [] if note is None else [f"# {note}"]
        lines += _commands(arm, config, folder)
    script = folder / "run.sh"
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return script


def _commands(arm: str, config: ExperimentConfig, folder: Path) -> list[str]:
    model, lines = config.base_model, []
    if config.condition is not None:
        steps, batch = config.priming.steps, config.priming.batch_size
        primed = folder / "primed" / f"{ARMS[arm].base}.{config.condition}"
        priming = {
            "data.train_files": folder / f"priming.{config.condition}.parquet",
            "data.messages_key": "messages",
            "data.train_batch_size": batch,
            "data.max_length": _PROMPT_TOKENS + config.max_completion_tokens,
            "model.path": config.base_model,
            "model.custom_chat_template": _AS_IT_IS,
            "optim.lr": config.priming.learning_rate,
            "optim.lr_scheduler_type": "cosine",
            "checkpoint.save_contents": "[hf_model]",
            "trainer.total_epochs": 1 + steps * batch // config.num_traces,
            "trainer.total_training_steps": steps,
            "trainer.save_freq": steps,
            "trainer.default_local_dir": primed,
        }
        lines.append(_command("torchrun --standalone -m verl.trainer.sft_trainer", priming))
        model = str(primed / f"global_step_{steps}" / "huggingface")
    overrides = verl_overrides(config, folder, model) | {"trainer.experiment_name": arm}
    return [*lines, _command("python3 -m verl.trainer.main_ppo", overrides)]


def _command(program: str, overrides: Mapping[str, object]) -> str:
    said = [shlex.quote(f"{name}={_written(value)}") for name, value in overrides.items()]
    return " \\\n    ".join([program, *said])


def _written(value: object) -> str:
    """Return a value as Hydra reads it; text with marks of its grammar is quoted."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if not set(text) & set("{}%= "):
        return text
    return "'" + text.replace("'", "\\'") + "'"


def _rows(
    family: Family, name: str, wording: Wording, split: Split, count: int
) -> Iterator[dict[str, Any]]:
    for index, puzzle in enumerate(puzzles(family, split, 0, count)):
        yield verl_row(puzzle, wording, name, split, index)


def _write_traces(config: ExperimentConfig, condition: str, folder: Path) -> str | None:
    """Write the traces of a condition; return what must be said of them, if anything."""
    setting, note = config.setting, None
    recipe = PrimingRecipe(
        setting.make_family(),
        setting.make_wording(),
        setting.teacher,
        num_traces=config.num_traces,
        seed=config.seed,
    )
    count_tokens: CountTokens = _words
    if CONDITIONS[condition].thought is Thought.FILLER:  # what else is written asks no length
        try:
            count_tokens = token_counter(config.base_model)
        except MissingResourceError:
            note = f"filler is measured in words: {config.base_model} has no tokenizer here"
    examples, _ = priming_set(recipe, condition, count_tokens)
    rows = ({"messages": example.to_dict()["messages"]} for example in examples)
    write_rows(rows, folder / f"priming.{condition}.parquet")
    return note


def _words(text: str) -> int:
    return len(text.split())


def _json(puzzle: Puzzle) -> str:
    return json.dumps(replace(puzzle, grading=None).to_dict())
