"""The base model, from nothing: `python -m countdown_agents.language_model.pretraining --out …`.

About 19 million tokens of base documents (`countdown_gym.traces.base_documents`), all about
puzzles of the training split, in some 20 minutes on one core. The folder that comes out can be
loaded by `transformers` alone; its `provenance.json` says how to make it again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import PreTrainedModel

import countdown_gym
from countdown_agents.language_model.batches import Example, encode_example, token_batches
from countdown_agents.language_model.config import SmallModelConfig
from countdown_agents.language_model.loading import build_model
from countdown_agents.language_model.tokenizer import symbol_tokenizer
from countdown_agents.language_model.training import Progress, TrainingConfig, train
from countdown_agents.toy import TOY_FAMILY
from countdown_gym.errors import CountdownGymError, InvalidParameterError, UnknownNameError
from countdown_gym.puzzles import Puzzle
from countdown_gym.splits import Split, draw
from countdown_gym.symbols import SymbolTokenizer, Tokenizer
from countdown_gym.traces.base_documents import HABIT_POOR, MIXES, DocumentKind, draw_document


@dataclass(frozen=True, slots=True)
class PretrainingConfig:
    """The recipe of the base model.

    Raises:
        InvalidParameterError: If a value is outside its range.
        UnknownNameError: If there is no such mix of documents.
    """

    seed: int = 0
    """Decides the initial weights and every document."""
    documents: str = "habit_poor"
    """Which mix of documents it reads: a name of `countdown_gym.traces.base_documents.MIXES`."""
    num_puzzles: int = 10_000
    """Puzzles drawn beforehand; documents are about these, their numbers in any order."""
    tokens_per_batch: int = 2048
    """Tokens an update reads, padding included."""
    model: SmallModelConfig = field(default_factory=SmallModelConfig)
    """The model's shape."""
    training: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=10_000, learning_rate=2e-3, warmup_steps=100, weight_decay=0.01
        )
    )
    """Steps, learning rate and their like."""

    def __post_init__(self) -> None:
        """Refuse batches that hold no document, and documents that there are not."""
        if self.documents not in MIXES:
            raise UnknownNameError("mix of documents", self.documents, MIXES)
        if self.tokens_per_batch < self.model.max_tokens:
            raise InvalidParameterError(
                f"tokens_per_batch must be at least max_tokens = {self.model.max_tokens}, "
                f"got {self.tokens_per_batch}"
            )
        if self.num_puzzles < 1:
            raise InvalidParameterError(f"num_puzzles must be at least 1, got {self.num_puzzles}")
        if self.seed < 0:
            raise InvalidParameterError(f"seed must not be negative, got {self.seed}")


def base_examples(
    puzzles: Sequence[Puzzle],
    tokenizer: Tokenizer,
    rng: np.random.Generator,
    mix: Mapping[DocumentKind, float] = HABIT_POOR,
) -> Iterator[Example]:
    """Yield documents about these puzzles without end, the numbers of a board in any order."""
    while True:
        puzzle = puzzles[int(rng.integers(len(puzzles)))]
        numbers = tuple(int(number) for number in rng.permutation(puzzle.numbers))
        document = draw_document(replace(puzzle, numbers=numbers), rng, mix)
        yield encode_example(document.prompt, document.completion, tokenizer)


def pretrain(
    config: PretrainingConfig, progress: Callable[[Progress], None] | None = None
) -> tuple[PreTrainedModel, Progress]:
    """Return a trained base model and where its training ended."""
    tokenizer = SymbolTokenizer()
    puzzle_rng, document_rng, order_rng = np.random.default_rng(config.seed).spawn(3)
    puzzles = [draw(TOY_FAMILY, Split.TRAIN, puzzle_rng) for _ in range(config.num_puzzles)]
    model = build_model(config.model, config.seed)
    batches = token_batches(
        base_examples(puzzles, tokenizer, document_rng, MIXES[config.documents]),
        config.tokens_per_batch,
        tokenizer.pad_id,
        order_rng,
    )
    return model, train(model, batches, config.training, progress)


def save_base(
    folder: Path, model: PreTrainedModel, config: PretrainingConfig, provenance: dict[str, Any]
) -> None:
    """Write the model, its tokenizer and where both come from.

    Args:
        folder: Created where it is missing; files of the same names are replaced.
        model: What was trained.
        config: With what recipe.
        provenance: What else is known of the run, as plain JSON values.
    """
    model.save_pretrained(folder)
    symbol_tokenizer().save_pretrained(folder)
    weights = (folder / "model.safetensors").read_bytes()
    record = {
        "made_with": "python -m countdown_agents.language_model.pretraining",
        "recipe": asdict(config),
        "documents": {kind.value: share for kind, share in MIXES[config.documents].items()},
        "puzzles": {"family": "n_numbers", **asdict(TOY_FAMILY), "split": Split.TRAIN.value},
        "parameters": sum(p.numel() for p in model.parameters()),
        **provenance,
        "versions": {
            "countdown_gym": countdown_gym.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "numpy": np.__version__,
        },
        "sha256": {"model.safetensors": hashlib.sha256(weights).hexdigest()},
    }
    (folder / "provenance.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def main(words: Sequence[str] | None = None) -> None:
    """Train and save, showing the loss on the way; `words` stand in for the command line's."""
    parser = argparse.ArgumentParser(description="Train the small base model.")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--documents", default="habit_poor", help=f"what it reads: {', '.join(MIXES)}"
    )
    parser.add_argument("--steps", type=int, help="updates; the recipe's by default")
    parser.add_argument("--threads", type=int, default=1, help="processor threads")
    arguments = parser.parse_args(words)
    torch.set_num_threads(arguments.threads)
    recent: list[float] = []

    def show(at: Progress) -> None:
        recent.append(at.loss)
        if at.step % 100 == 0 or at.step == at.steps:
            del recent[:-100]
            print(
                f"step {at.step:,} of {at.steps:,}  loss {np.mean(recent):.4f}  "
                f"{at.tokens_seen / 1e6:.1f} M tokens  {at.tokens_seen / at.seconds:,.0f} tokens/s",
                flush=True,
            )

    try:
        recipe = PretrainingConfig(seed=arguments.seed, documents=arguments.documents)
        if arguments.steps is not None:
            shortened = asdict(recipe.training) | {"steps": arguments.steps}
            shortened["warmup_steps"] = min(shortened["warmup_steps"], arguments.steps // 10)
            recipe = replace(recipe, training=TrainingConfig(**shortened))
        model, end = pretrain(recipe, show)
    except CountdownGymError as error:
        parser.error(str(error))
    outcome = {
        "tokens_seen": end.tokens_seen,
        "final_loss_last_100_steps": round(float(np.mean(recent[-100:])), 4),
        "minutes": round(end.seconds / 60, 1),
        "threads": arguments.threads,
    }
    save_base(arguments.out, model, recipe, outcome)
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
