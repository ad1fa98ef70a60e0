"""Stock PPO of stable-baselines3 learns to join two numbers into a target, one operation a turn.

It is told neither which actions are allowed nor what they do: a forbidden one costs its turn. The
puzzles it is measured on are from the test split, which training never draws from. Three numbers
take longer, and less long with `ActionResults` around the environment: docs/results/steps.md.
"""

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecNormalize

import countdown_gym  # noqa: F401 - makes the environment ids known

torch.set_num_threads(1)
easy = {
    "min_numbers": 2,
    "max_numbers": 2,
    "largest": 9,
    "operators": "+-*",
    "min_target": 1,
    "max_target": 30,
}


def environments(split: str, count: int) -> VecNormalize:
    """Return steps environments of one split, observations scaled to unit variance."""
    arguments = {
        "family": "n_numbers",
        "family_parameters": easy,
        "split": split,
        "max_numbers": 2,
        "max_turns": 2,
        "undo": False,
        "render_mode": None,  # make_vec_env asks for pictures otherwise
    }
    envs = make_vec_env("CountdownSteps-v0", count, seed=0, env_kwargs=arguments)
    return VecNormalize(envs, norm_reward=False, training=split == "train")


train, test = environments("train", 16), environments("test", 1)
test.obs_rms = train.obs_rms  # what is measured is scaled as what is learned from
model = PPO("MlpPolicy", train, 1e-3, n_steps=64, batch_size=256, gamma=1.0, seed=0, device="cpu")


def solve_rate(*, deterministic: bool) -> float:
    """Return which part of 200 test puzzles the model solves, each paid 1 or 0."""
    rate, _ = evaluate_policy(model, test, 200, deterministic=deterministic, warn=False)
    return float(rate)


print(f"random actions      {solve_rate(deterministic=False):.2f}")
for _ in range(4):
    model.learn(3_072, reset_num_timesteps=False)
    print(f"{model.num_timesteps:>6} turns learned {solve_rate(deterministic=True):.2f}")
print("oracle              1.00  (every puzzle is certified to have a solution)")
