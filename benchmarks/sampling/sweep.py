"""The same completions' lengths, sampled by us and by `generate` of transformers.

Every row ends at a length that is given beforehand, so that all do the same work whatever they
sample; log-probabilities come with the tokens, as training needs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    GenerationConfig,
    PreTrainedModel,
    StoppingCriteria,
    StoppingCriteriaList,
)

from benchmarks.contest import Entry
from countdown_agents.language_model.config import SmallModelConfig
from countdown_agents.language_model.ending import Ending
from countdown_agents.language_model.generation import generate
from countdown_agents.language_model.loading import build_model
from countdown_gym.symbols import SYMBOLS

OURS, THEIRS, BARE = "countdown-gym", "transformers", "transformers, no log-probabilities"
ROWS, PROMPT, BUDGET = 192, 7, 128
_PAD, _EOS = 0, 2
_GPT2 = {
    "vocab_size": len(SYMBOLS),
    "n_embd": 128,
    "n_layer": 3,
    "n_head": 4,
    "n_positions": 512,
    "bos_token_id": None,
    "eos_token_id": _EOS,
    "pad_token_id": _PAD,
}


def sweep(_parameters: Mapping[str, str]) -> Iterator[Entry]:
    """Yield every player on every model and every mix of lengths."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    prompts = rng.integers(3, len(SYMBOLS), (ROWS, PROMPT)).tolist()
    lengths = {
        "of 1 to 128 tokens": torch.from_numpy(rng.integers(1, BUDGET + 1, ROWS)),
        "of 128 tokens": torch.full((ROWS,), BUDGET),
    }
    for name, model in _models().items():
        for kind, ends in lengths.items():
            work, tokens = f"{name}, {kind}", int(ends.sum())
            yield Entry(work, OURS, tokens, lambda m=model, e=ends: _ours(m, prompts, e), False)
            for player, asked in ((THEIRS, True), (BARE, False)):
                yield Entry(
                    work,
                    player,
                    tokens,
                    lambda m=model, e=ends, a=asked: _theirs(m, prompts, e, log_probs=a),
                    False,
                )


def _models() -> dict[str, PreTrainedModel]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = AutoConfig.for_model("gpt2", **_GPT2)
        gpt2: PreTrainedModel = AutoModelForCausalLM.from_config(config)
    return {
        "Llama, one key-value head": build_model(SmallModelConfig(num_key_value_heads=1), 0).eval(),
        "Llama, four key-value heads": build_model(
            SmallModelConfig(num_key_value_heads=4), 0
        ).eval(),
        "GPT-2": gpt2.eval(),
    }


class GivenLengths(Ending):
    """Ends each row where it is told."""

    def __init__(self, lengths: Tensor) -> None:
        """Keep the lengths, one for each row."""
        super().__init__((_EOS,))
        self._lengths = lengths

    def reached(self, chosen: Tensor, sampled: Tensor, rows: Tensor) -> Tensor:
        """Return which rows are as long as they are to be."""
        del chosen
        return self._lengths[rows] <= sampled.shape[1]


class TheirGivenLengths(StoppingCriteria):
    """The same for transformers."""

    def __init__(self, lengths: Tensor) -> None:
        """Keep the lengths, one for each row."""
        self._lengths = lengths

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - transformers' signature
        """Return which rows are as long as they are to be."""
        del scores, kwargs
        return self._lengths <= input_ids.shape[1] - PROMPT


def _ours(model: PreTrainedModel, prompts: list[list[int]], lengths: Tensor) -> int:
    written = generate(
        model,
        prompts,
        max_new_tokens=BUDGET,
        eos_id=GivenLengths(lengths),
        pad_id=_PAD,
        generator=torch.Generator().manual_seed(0),
    )
    return int(written.mask.sum())


def _theirs(
    model: PreTrainedModel, prompts: list[list[int]], lengths: Tensor, *, log_probs: bool
) -> int:
    ids = torch.tensor(prompts)
    settings = GenerationConfig(
        max_new_tokens=BUDGET,
        do_sample=True,
        top_k=0,
        pad_token_id=_PAD,
        return_dict_in_generate=True,
        output_logits=log_probs,
    )
    generate_theirs: Any = model.generate
    written = generate_theirs(
        ids,
        attention_mask=torch.ones_like(ids),
        generation_config=settings,
        stopping_criteria=StoppingCriteriaList([TheirGivenLengths(lengths)]),
    )
    sampled = written.sequences[:, PROMPT:]
    if log_probs:
        distributions = torch.stack(written.logits, dim=1).log_softmax(dim=-1)
        distributions.gather(2, sampled.unsqueeze(2))
    return int(torch.minimum(lengths, torch.tensor(sampled.shape[1])).sum())
