"""Putting puzzles to a player: in batches, as answers come, or attempt after attempt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from countdown_agents.agent import (
    Agent,
    ChatAgent,
    Converser,
    Policy,
    PolicyAgent,
    SeededAgent,
    Streamer,
)
from countdown_agents.conversation import Conversation, Message, Role, opened, transcript
from countdown_gym.checking import judge
from countdown_gym.envs.dialogue import feedback
from countdown_gym.errors import InvalidParameterError
from countdown_gym.prompts import prompt
from countdown_gym.puzzles import Puzzle


def luck(seed: int, *place: int) -> int:
    """Return the seed of a place in a run: from 0 to below 2**31, as endpoints take it."""
    sequence = np.random.SeedSequence(seed, spawn_key=place)
    return int(sequence.generate_state(1, np.uint32)[0]) >> 1


@dataclass(frozen=True, slots=True)
class Question:
    """A puzzle that is put to a player, for the how-manieth time, and what luck it brings."""

    index: int
    """Which puzzle of its split this is, from 0."""
    sample: int
    """Which of the answers to it is wanted, from 0."""
    puzzle: Puzzle
    """What is asked."""
    seed: int
    """The seed of the evaluation."""

    def luck(self, attempt: int = 0) -> int:
        """Return the seed of an attempt: from 0 to below 2**31, as endpoints take it."""
        return luck(self.seed, self.index, self.sample, attempt)


Answered = tuple[Question, tuple[str, ...]]
"""A question with the attempts at it; those before the last were wrong."""


def answers(agent: Agent, questions: Iterable[Question], batch_size: int) -> Iterator[Answered]:
    """Yield what a player answers, one attempt for each question.

    They come in the order of the questions, unless the player hands them over as it has them; it
    is then given all questions at once.

    Raises:
        InvalidParameterError: If the player does not return one text for each puzzle.
    """
    if isinstance(agent, ChatAgent) and isinstance(agent.policy, Streamer):
        yield from _streamed(agent, agent.policy, tuple(questions))
        return
    for batch in _batches(questions, batch_size):
        for question, text in zip(batch, _asked_once(agent, batch, 0), strict=True):
            yield question, (text,)


def dialogues(
    agent: Agent,
    questions: Iterable[Question],
    batch_size: int,
    max_attempts: int,
    convention: str = "answer_tag",
) -> Iterator[Answered]:
    """Yield what a player answers in dialogues as `CountdownDialogue-v0` holds them.

    A player that converses sees all that was said. One that continues texts sees it as one text,
    and one that sees the puzzle is asked again.

    Raises:
        InvalidParameterError: If the player does not return one text for each puzzle.
    """
    for batch in _batches(questions, batch_size):
        attempts: list[list[str]] = [[] for _ in batch]
        said: list[Conversation] = [opened(_put(agent, question.puzzle)) for question in batch]
        unsolved = list(range(len(batch)))
        for attempt in range(max_attempts):
            texts = _said_next(
                agent, [batch[i] for i in unsolved], [said[i] for i in unsolved], attempt
            )
            still: list[int] = []
            for i, text in zip(unsolved, texts, strict=True):
                attempts[i].append(text)
                judgement = judge(batch[i].puzzle, text, convention=convention)
                if judgement.verdict.solved:
                    continue
                still.append(i)
                reply = feedback(judgement, max_attempts - attempt - 1)
                said[i] = (*said[i], Message(Role.ASSISTANT, text), Message(Role.USER, reply))
            unsolved = still
            if not unsolved:
                break
        for question, tried in zip(batch, attempts, strict=True):
            yield question, tuple(tried)


def responses(
    policy: Policy | Converser | Streamer,
    prompts: Sequence[str],
    seeds: Sequence[int],
    batch_size: int,
) -> Iterator[tuple[int, str]]:
    """Yield the place of each prompt with what a policy says to it, as it comes.

    Args:
        policy: Who is asked. One that hands over what it says as it has it is given all at once.
        prompts: What it is asked.
        seeds: The luck of each prompt; a policy that takes no seeds has none.
        batch_size: How many prompts are put at a time.

    Raises:
        InvalidParameterError: If the policy does not return one text for each prompt.
    """
    conversations = [opened(prompt) for prompt in prompts]
    if isinstance(policy, Streamer):
        count = 0
        for place, text in policy.converse_each(conversations, seeds):
            count += 1
            (checked,) = _required([text], 1)
            yield place, checked
        if count != len(prompts):
            _required([""] * count, len(prompts))
        return
    for first in range(0, len(prompts), batch_size):
        batch = slice(first, first + batch_size)
        if isinstance(policy, Converser):
            texts = policy.converse(conversations[batch], seeds[batch])
        else:
            texts = policy.respond(prompts[batch])
        yield from enumerate(_required(texts, len(prompts[batch])), start=first)


def ask(agent: Agent, batch: Sequence[Puzzle]) -> list[str]:
    """Return what the agent writes, after a look at whether it keeps its promise.

    Raises:
        InvalidParameterError: If the agent does not return one text for each puzzle.
    """
    return _required(agent.answer(batch), len(batch))


def _asked_once(agent: Agent, batch: Sequence[Question], attempt: int) -> list[str]:
    puzzles = [question.puzzle for question in batch]
    if not isinstance(agent, SeededAgent):
        return ask(agent, puzzles)
    seeds = [question.luck(attempt) for question in batch]
    return _required(agent.answer_seeded(puzzles, seeds), len(batch))


def _said_next(
    agent: Agent, batch: Sequence[Question], said: Sequence[Conversation], attempt: int
) -> list[str]:
    """Return the next attempt in each dialogue."""
    if isinstance(agent, ChatAgent):
        texts = agent.policy.converse(said, [question.luck(attempt) for question in batch])
    elif isinstance(agent, PolicyAgent):
        texts = agent.policy.respond([transcript(conversation) for conversation in said])
    else:
        return _asked_once(agent, batch, attempt)
    return _required(texts, len(batch))


def _put(agent: Agent, puzzle: Puzzle) -> str:
    """Return how a puzzle is put to an agent; one that sees the puzzle reads no prompt."""
    return prompt(puzzle, agent.style) if isinstance(agent, ChatAgent | PolicyAgent) else ""


def _streamed(
    agent: ChatAgent, policy: Streamer, questions: Sequence[Question]
) -> Iterator[Answered]:
    prompts = [_put(agent, question.puzzle) for question in questions]
    seeds = [question.luck() for question in questions]
    for place, text in responses(policy, prompts, seeds, len(questions)):
        yield questions[place], (text,)


def _batches(questions: Iterable[Question], size: int) -> Iterator[tuple[Question, ...]]:
    rest = iter(questions)
    while batch := tuple(islice(rest, size)):
        yield batch


def _required(completions: list[str], count: int) -> list[str]:
    if len(completions) != count:
        raise InvalidParameterError(
            f"an agent must answer each puzzle once, got {len(completions)} completions of "
            f"{count} puzzles"
        )
    for completion in completions:
        if not isinstance(completion, str):
            raise InvalidParameterError(
                f"a completion must be a text, got {type(completion).__name__}"
            )
    return completions
