"""From environments to paid completions: prompts are put, completions sampled and handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor

from countdown_agents.language_model.generation import Completions, generate
from countdown_agents.language_model.precision import autocast
from countdown_agents.token_ppo.adapters import folded
from countdown_agents.token_ppo.buffer import Written
from countdown_agents.token_ppo.log_probabilities import only_tokens
from countdown_agents.token_ppo.policy import CausalLMPolicy, Evaluation
from countdown_agents.token_ppo.puzzle_sources import Answered
from countdown_gym.errors import InvalidParameterError
from countdown_gym.faults import Fault
from countdown_gym.puzzles import Puzzle

_LEGAL = ("", Fault.FALSE_EQUATION, Fault.WRONG_VALUE)  # what may be wrong with a legal answer


class Paid(NamedTuple):
    """What came of a batch of completions."""

    rewards: Tensor  # (B,)
    infos: list[dict[str, Any]]
    """What the environments said of each."""


def put_prompts(
    env: VecEnv,
    puzzles: Sequence[Puzzle | None],
    samples: int,
    seed_of: Callable[[int], int],
) -> list[list[int]]:
    """Reset every environment, those of one group to one puzzle; return the prompts' ids.

    Args:
        env: `TokenLevel` environments, those of a group side by side.
        puzzles: One for each group; None lets the environments draw one.
        samples: How many environments a group has.
        seed_of: The seed of each environment. All are seeded, so that whatever they draw is the
            same in a run that was resumed.
    """
    prompts: list[list[int]] = []
    for group, puzzle in enumerate(puzzles):
        leader = group * samples
        given = None if puzzle is None else {"puzzle": puzzle}
        ((observation, info),) = env.env_method(
            "reset", seed=seed_of(leader), options=given, indices=leader
        )
        for row in range(leader + 1, leader + samples):
            options = {"puzzle": info["puzzle"]}
            env.env_method("reset", seed=seed_of(row), options=options, indices=row)
        prompts += [observation[1 : 1 + observation[0]].tolist()] * samples
    return prompts


def sample(
    policy: CausalLMPolicy, env: VecEnv, prompts: Sequence[Sequence[int]], seed: int
) -> Completions:
    """Return what the policy writes after each prompt, within the environments' budget."""
    (tokenizer,) = env.get_attr("tokenizer", indices=0)
    (budget,) = env.get_attr("max_completion_tokens", indices=0)
    model = policy.language_model
    with (
        folded(model),
        autocast(model, policy.precision),
        only_tokens(model, policy.vocabulary_size),
    ):
        return generate(
            model,
            prompts,
            max_new_tokens=budget,
            eos_id=tokenizer.eos_id,
            pad_id=tokenizer.pad_id,
            temperature=policy.temperature,
            generator=torch.Generator().manual_seed(seed),
            note=policy.note if policy.notes else None,
        )


def pay(env: VecEnv, completions: Completions) -> Paid:
    """Hand each completion to its environment; return what it is paid, and for what.

    Raises:
        InvalidParameterError: If an episode has another turn.
    """
    rewards: list[float] = []
    infos: list[dict[str, Any]] = []
    for row, tokens in enumerate(completions.rows()):
        ((_, reward, terminated, truncated, info),) = env.env_method(
            "complete", tokens, indices=row
        )
        if not (terminated or truncated):
            raise InvalidParameterError(
                "TokenPPO trains on episodes of one turn, and this environment goes on after a "
                "completion; stock PPO trains dialogues token by token"
            )
        rewards.append(reward)
        infos.append(info)
    return Paid(torch.tensor(rewards), infos)


def said_by(policy: CausalLMPolicy, completions: Completions) -> Evaluation:
    """Return what the policy said of its tokens when it wrote them.

    Values and entropies are 0 if it took no notes.
    """
    # tensors made in inference mode cannot take part in training; copies can
    log_probs = completions.log_probs.clone()
    if not policy.notes:
        return Evaluation(log_probs, torch.zeros_like(log_probs), torch.zeros_like(log_probs))
    values, entropies = completions.notes.unbind(dim=2)
    return Evaluation(log_probs, values.clone(), entropies.clone())


def written_by(env: VecEnv, prompts: Sequence[Sequence[int]], completions: Completions) -> Written:
    """Return prompts and completions as sequences to learn from."""
    (tokenizer,) = env.get_attr("tokenizer", indices=0)
    return Written.join(
        prompts, completions.tokens.clone(), completions.mask.clone(), tokenizer.pad_id
    )


def measured(paid: Paid, lengths: Sequence[int]) -> dict[str, float]:
    """Return what a batch of completions was like, before anything is learnt from it.

    Args:
        paid: What came of them.
        lengths: How many tokens each has.
    """
    faults = [info["fault"] for info in paid.infos]
    measures = {
        "reward": float(paid.rewards.mean()),
        "solve_rate": float(np.mean([info["solved"] for info in paid.infos])),
        "legal_share": float(np.mean([fault in _LEGAL for fault in faults])),
        "truncated_share": float(np.mean([fault == Fault.TRUNCATED for fault in faults])),
        "completion_tokens": float(np.mean(lengths)),
    }
    for name in paid.infos[0]["reward_components"]:
        scores = [info["reward_components"][name] for info in paid.infos]
        measures[f"reward_{name}"] = float(np.mean(scores))
    return measures


def answered(paid: Paid, samples: int) -> list[Answered]:
    """Return each group's puzzle and how much of the group solved it."""
    groups = [paid.infos[row : row + samples] for row in range(0, len(paid.infos), samples)]
    return [
        Answered(group[0]["puzzle"], float(np.mean([info["solved"] for info in group])))
        for group in groups
    ]
