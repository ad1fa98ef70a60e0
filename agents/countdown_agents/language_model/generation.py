"""Sampling: token ids in, token ids out, a whole batch at a time.

Whatever is sampled is kept as ids and never tokenised again. Each row has random numbers of its
own, so a row's completion depends on neither the rows beside it nor when finished ones are let go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from countdown_agents.language_model.cache import Moves
from countdown_agents.language_model.ending import Ending
from countdown_agents.language_model.reading import read
from countdown_gym.errors import InvalidParameterError


class _Pace(NamedTuple):
    """When finished rows are looked for and let go."""

    steps: int
    """How many lie between two looks. A look makes the processor wait for the device."""
    share: float
    """Finished rows are dropped once less than this share of the rows at work is unfinished."""


_PACES = {"cpu": _Pace(1, 0.95), "cuda": _Pace(8, 0.75)}
"""By the type of device. On a CUDA device a row more costs little, and other shapes much."""
_WAITING = 1 << 20
"""How many logits may wait to be worked out."""

Note = Callable[[Tensor, Tensor], Tensor]
"""Takes hidden states (rows, H) and the log-probabilities (rows, V) of the tokens that follow them;
returns what to write down, (rows, K)."""


@dataclass(frozen=True, slots=True)
class Completions:
    """What a model wrote after each prompt of a batch, padded on the right."""

    tokens: Tensor  # (B, C) ids, padding after the end
    mask: Tensor  # (B, C) bool: True on sampled tokens, <eos> included
    log_probs: Tensor  # (B, C) of the sampled tokens, in nats; 0 on padding
    ended: Tensor  # (B,) bool: the end was reached; False where the budget cut
    notes: Tensor  # (B, C, K) what was noted before each token; 0 on padding, K is 0 without a note

    def rows(self) -> list[list[int]]:
        """Return the sampled ids of each row, the end included, padding left out."""
        lengths = self.mask.sum(dim=1).tolist()
        return [row[:n] for row, n in zip(self.tokens.tolist(), lengths, strict=True)]


@torch.inference_mode()
def generate(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    eos_id: int | Ending,
    pad_id: int,
    temperature: float = 1.0,
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
    note: Note | None = None,
) -> Completions:
    """Return one completion for each prompt.

    Args:
        model: Any causal language model of `transformers` with full attention; it is put into
            evaluation mode. Its own generation settings are not read.
        prompts: Token ids, of any lengths from one up.
        max_new_tokens: The budget of each completion, `<eos>` included.
        eos_id: The id that ends a completion, or all that does.
        pad_id: The id that fills what is not there.
        temperature: Divides the logits; at 0 the likeliest token is taken, and its log-probability
            is the one at temperature 1.
        generator: The source of randomness, on the processor; it is moved by one draw of
            `len(prompts) * max_new_tokens` numbers. Or one for each prompt, each moved by
            `max_new_tokens` numbers: a completion then depends on its prompt and its generator
            only, whatever else is in the batch. Not needed at temperature 0.
        note: Asked about every token, those of several steps together, so that what a trainer wants
            to know of the model that wrote them, such as values, takes no pass of its own. The
            states are those that the output layer reads; the log-probabilities are those at the
            temperature.

    Raises:
        InvalidParameterError: If a prompt is empty, there is none, the budget is below 1, the
            temperature is negative, or it is above 0 without a generator or with another number of
            them than prompts, or prompt and budget exceed the positions that the model knows.
    """
    _require(prompts, max_new_tokens, temperature, generator)
    _require_room(model, max(len(prompt) for prompt in prompts), max_new_tokens)
    model.eval()
    device, batch = model.device, len(prompts)
    pace = _PACES.get(device.type, _PACES["cpu"])
    # (B, C): a row's luck does not depend on who else is still at work.
    luck = _luck(batch, max_new_tokens, generator).to(device) if temperature > 0 else None
    ending = Ending((eos_id,)) if isinstance(eos_id, int) else eos_id
    sheet = _Sheet.blank(batch, max_new_tokens, pad_id, note, device)
    rows = torch.arange(batch, device=device)  # which prompt each row at work belongs to
    working = torch.ones_like(rows, dtype=torch.bool)  # False on rows that have ended
    prediction, decoder = read(model, prompts, max_new_tokens - 1, pad_id)
    for step in range(max_new_tokens):
        logits = _scaled(prediction.logits, temperature)
        chosen = _choose(logits, None if luck is None else luck[rows, step])
        sheet.write(chosen, _Step(step, rows, working, logits, prediction.states))
        working = working & ~ending.reached(chosen, sheet.tokens[:, : step + 1], rows)
        if step == max_new_tokens - 1:
            break
        unfinished = len(rows) if (step + 1) % pace.steps else int(working.count_nonzero())
        if unfinished == 0:
            break
        if unfinished < pace.share * len(rows):
            sheet.ended[rows] = ~working
            moves = Moves.keeping(working, unfinished)
            decoder.keep(moves)
            # the sheet still needs the rows that were: their successors are moved, not they
            rows, chosen = moves.applied(rows.clone()), moves.applied(chosen)
            working = torch.ones_like(rows, dtype=torch.bool)
        prediction = decoder.feed(chosen)
    sheet.ended[rows] = ~working
    return sheet.completions()


class _Step(NamedTuple):
    """What a token of each row at work was chosen by."""

    column: int
    """The place of the token in its completion."""
    rows: Tensor  # (rows,) whose completions
    working: Tensor  # (rows,) bool: False on rows that had ended before
    logits: Tensor  # (rows, V) at the temperature
    states: Tensor  # (rows, H) what they were made of


@dataclass(slots=True)
class _Sheet:
    """What has been written so far.

    Tokens are needed at once. What the model thought of them is worked out for many steps together:
    what an operation costs whatever the number of rows is then paid once.
    """

    tokens: Tensor  # (B, budget)
    mask: Tensor  # (B, budget) bool
    log_probs: Tensor  # (B, budget)
    notes: Tensor  # (B, budget, K)
    ended: Tensor  # (B,) bool
    pad_id: int
    take_note: Note | None
    waiting: list[_Step] = field(default_factory=list)
    """The steps that are not worked out yet."""

    @classmethod
    def blank(
        cls, batch: int, budget: int, pad_id: int, take_note: Note | None, device: torch.device
    ) -> _Sheet:
        return cls(
            torch.full((batch, budget), pad_id, device=device),
            torch.zeros((batch, budget), dtype=torch.bool, device=device),
            torch.zeros((batch, budget), device=device),
            torch.zeros((batch, budget, 0), device=device),
            torch.zeros(batch, dtype=torch.bool, device=device),
            pad_id,
            take_note,
        )

    def write(self, chosen: Tensor, step: _Step) -> None:  # (rows,)
        self.tokens[step.rows, step.column] = chosen
        self.waiting.append(step)
        if len(self.waiting) * step.logits.numel() > _WAITING:
            self.work_out()

    def work_out(self) -> None:
        """Note what the model thought of the tokens of all waiting steps."""
        if not self.waiting:
            return
        columns = [torch.full_like(step.rows, step.column) for step in self.waiting]
        places = torch.cat([step.rows for step in self.waiting]), torch.cat(columns)
        distribution = torch.cat([step.logits for step in self.waiting]).log_softmax(dim=-1)
        self.mask[places] = torch.cat([step.working for step in self.waiting])
        self.log_probs[places] = distribution.gather(-1, self.tokens[places][:, None])[:, 0]
        if self.take_note is not None:
            noted = self.take_note(torch.cat([step.states for step in self.waiting]), distribution)
            if self.notes.shape[2] == 0:
                self.notes = self.notes.new_zeros((*self.tokens.shape, noted.shape[1]))
            self.notes[places] = noted
        self.waiting.clear()

    def completions(self) -> Completions:
        """Return what was written, and nothing of what rows wrote after their end."""
        self.work_out()
        mask = self.mask[:, : int(self.mask.sum(dim=1).max())]
        width = mask.shape[1]
        return Completions(
            self.tokens[:, :width].where(mask, self.pad_id),
            mask,
            self.log_probs[:, :width] * mask,
            self.ended,
            self.notes[:, :width] * mask.unsqueeze(2),
        )


def _require(
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    temperature: float,
    generator: torch.Generator | Sequence[torch.Generator] | None,
) -> None:
    if not prompts or any(len(prompt) == 0 for prompt in prompts):
        raise InvalidParameterError("generation needs prompts of at least one token each")
    if max_new_tokens < 1:
        raise InvalidParameterError(f"max_new_tokens must be at least 1, got {max_new_tokens}")
    if temperature < 0:
        raise InvalidParameterError(f"temperature must not be negative, got {temperature}")
    if temperature > 0 and generator is None:
        raise InvalidParameterError(
            f"sampling at temperature {temperature} needs a torch.Generator, got none"
        )
    if isinstance(generator, Sequence) and len(generator) != len(prompts):
        raise InvalidParameterError(
            f"there must be one generator for all prompts or one for each, got {len(generator)} "
            f"for {len(prompts)}"
        )


def _luck(
    batch: int, max_new_tokens: int, generator: torch.Generator | Sequence[torch.Generator] | None
) -> Tensor:  # (B, C) from 0 to below 1
    if isinstance(generator, Sequence):
        return torch.stack([torch.rand(max_new_tokens, generator=own) for own in generator])
    return torch.rand((batch, max_new_tokens), generator=generator)


def _require_room(model: PreTrainedModel, longest: int, budget: int) -> None:
    room = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if room is not None and longest + budget > room:
        left = room - longest
        raise InvalidParameterError(
            f"prompt and completion must fit the model's {room} positions, got {longest} and "
            f"{budget} tokens; "
            + (
                f"lower the budget to {left}"
                if left > 0
                else "the model is too small for the prompt"
            )
        )


def _scaled(logits: Tensor, temperature: float) -> Tensor:  # (rows, V)
    return logits.float() if temperature in (0, 1) else logits.float() / temperature


def _choose(
    logits: Tensor,  # (rows, V)
    luck: Tensor | None,  # (rows,) from 0 to below 1
) -> Tensor:  # (rows,) ids
    """Return a token for each row: the likeliest, or the one at `luck` of the cumulative sum."""
    if luck is None:
        return logits.argmax(dim=-1)
    cumulative = logits.softmax(dim=-1).cumsum(dim=-1)
    wanted = luck[:, None] * cumulative[:, -1:]
    chosen = torch.searchsorted(cumulative, wanted, right=True)[:, 0]
    return chosen.clamp(max=logits.shape[-1] - 1)
