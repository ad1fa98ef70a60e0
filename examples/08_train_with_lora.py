"""A language model learns with low-rank adapters: a few weights beside each frozen matrix.

The base is the small model that ships with the project; any folder that `save_pretrained` wrote
will do. Needs the extra `lora`: `pip install 'countdown-gym[agents,lora]'`.
"""

import tempfile
from dataclasses import asdict
from pathlib import Path

from transformers.utils import logging

from countdown_agents.language_model.tokenizer import load_tokenizer
from countdown_agents.models import BASE_MODEL
from countdown_agents.token_ppo.adapters import LoraSettings, plain_model
from countdown_agents.token_ppo.callbacks import BatchCallback
from countdown_agents.token_ppo.config import TokenPPOConfig
from countdown_agents.token_ppo.environments import make_token_env
from countdown_agents.token_ppo.policy import CausalLMPolicy
from countdown_agents.token_ppo.token_ppo import TokenPPO
from countdown_agents.toy import TOY_FAMILY

logging.disable_progress_bar()
env = make_token_env(
    "Countdown-v0",
    load_tokenizer(BASE_MODEL),
    completions=32,
    max_completion_tokens=24,
    env_kwargs={
        "family": "n_numbers",
        "family_parameters": asdict(TOY_FAMILY),
        "prompt_style": "terse",
    },
)
model = TokenPPO(
    CausalLMPolicy,
    env,
    TokenPPOConfig(advantage="rloo", learning_rate=3e-3, kl_coefficient=0.01, total_batches=3),
    policy_kwargs={"language_model": BASE_MODEL, "lora": LoraSettings(rank=4)},
    device="cpu",
)
language_model = model.policy.language_model
trained = sum(p.numel() for p in language_model.parameters() if p.requires_grad)
print(f"{trained:,} of {language_model.num_parameters():,} weights are trained")


def between_batches(model: TokenPPO) -> bool:
    """Print how the last batch went."""
    if model.batches:
        print(f"batch {model.batches}: {model.measures['legal_share']:.0%} of answers are legal")
    return True


model.learn(callback=BatchCallback(between_batches))
with tempfile.TemporaryDirectory() as folder:
    language_model.save_pretrained(Path(folder) / "adapters")  # the adapters alone
    plain_model(language_model).save_pretrained(Path(folder) / "model")  # a model like any other
    for name in ("adapters", "model"):
        size = sum(file.stat().st_size for file in (Path(folder) / name).glob("*.safetensors"))
        print(f"{name}: {size:,} bytes")
