"""A tiny language model, from random weights, learns to write answers that can be read.

TokenPPO is stable-baselines3's PPO: `learn`, callbacks, `save` and `load` work as usual. The reward
here is for form alone; `make demo` goes on to what is worth learning.
"""

import torch
from transformers import LlamaConfig

from countdown_agents.token_ppo.callbacks import BatchCallback
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_gym.symbols import SymbolTokenizer

tokenizer = SymbolTokenizer()
env = make_token_env(
    "Countdown-v0",
    tokenizer,
    completions=256,
    max_prompt_tokens=8,
    max_completion_tokens=4,
    env_kwargs={
        "family": "n_numbers",
        "family_parameters": {"max_numbers": 3, "largest": 20, "min_target": 1, "max_target": 60},
        "prompt_style": "terse",
        "reward": "tinyzero",
        "convention": "whole_text",
    },
)
shape = LlamaConfig(
    vocab_size=tokenizer.vocabulary_size,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=2,
    eos_token_id=tokenizer.eos_id,
)
torch.manual_seed(0)
model = TokenPPO(
    CausalLMPolicy,
    env,
    TokenPPOConfig(learning_rate=3e-3, value_learning_rate=1e-2, kl_coefficient=0.0),
    policy_kwargs={"language_model": shape.to_dict()},
    device="cpu",
)


def between_batches(model: TokenPPO) -> bool:
    """Print now and then; stop after 40 batches."""
    if model.batches % 10 == 0 and model.batches:
        print(f"batch {model.batches}: reward {model.logger.name_to_value['rollout/reward']:.3f}")
    return model.batches < 40


model.learn(10**9, callback=BatchCallback(between_batches), log_interval=10**9)
