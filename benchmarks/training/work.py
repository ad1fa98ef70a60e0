"""The game, the models and the environments that all players share."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.vec_env import DummyVecEnv
from transformers import PreTrainedModel

from benchmarks.training.protocol import Setting
from countdown_agents.finetuning import FinetuningConfig, encode_examples, finetune
from countdown_agents.language_model.config import SmallModelConfig
from countdown_agents.language_model.loading import build_model, load_model
from countdown_agents.models import BASE_MODEL
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import FromFolder
from countdown_agents.toy import TOY_FAMILY as FAMILY
from countdown_gym.symbols import SymbolTokenizer
from countdown_gym.traces.priming import PrimingRecipe, priming_set

STYLE = "terse"
_PROMPT_TOKENS = 8
_CONDITION = "backtracking_verification"


def shape(setting: Setting) -> SmallModelConfig:
    """Return the shape of the model."""
    if setting.large:
        return SmallModelConfig(
            hidden_size=768,
            intermediate_size=2304,
            num_layers=16,
            num_heads=12,
            num_key_value_heads=4,
            max_tokens=2048,
        )
    return SmallModelConfig(num_key_value_heads=setting.key_value_heads, max_tokens=2048)


def save_talkative(setting: Setting, folder: Path) -> None:
    """Save a model of random weights that hardly ever ends: its completions fill their budget.

    One coordinate is the same for every token that is read, and counts against the end of text.
    """
    model = build_model(shape(setting), setting.seed)
    embedding = model.get_input_embeddings().weight
    with torch.no_grad():
        embedding[:, 0] = 1.0
        embedding[SymbolTokenizer().eos_id, 0] = -1.0
    model.save_pretrained(folder)


def save_primed(setting: Setting, folder: Path) -> None:
    """Save the base model after it has read a thousand searches, as the demo primes it."""
    examples, _ = priming_set(PrimingRecipe(FAMILY, seed=setting.seed), _CONDITION)
    tokenizer = SymbolTokenizer()
    model = load_model(BASE_MODEL)
    texts = encode_examples(examples, tokenizer)
    finetune(model, texts, FinetuningConfig(seed=setting.seed), tokenizer.pad_id)
    model.save_pretrained(folder)


def pretrained(setting: Setting) -> PreTrainedModel:
    """Return the model itself."""
    if setting.model:
        return load_model(setting.model)
    return build_model(shape(setting), setting.seed)


def language_model(setting: Setting) -> FromFolder | dict[str, Any]:
    """Return what `CausalLMPolicy` makes the model of."""
    if setting.model:
        return FromFolder(setting.model)
    return shape(setting).to_llama().to_dict()


def token_env(setting: Setting, completions: int) -> DummyVecEnv:
    """Return token-level environments of the game."""
    return make_token_env(
        "Countdown-v0",
        SymbolTokenizer(),
        completions=completions,
        max_prompt_tokens=_PROMPT_TOKENS,
        max_completion_tokens=setting.budget,
        env_kwargs={
            "family": "n_numbers",
            "family_parameters": asdict(FAMILY),
            "prompt_style": STYLE,
        },
    )
