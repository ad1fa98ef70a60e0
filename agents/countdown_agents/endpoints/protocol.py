"""What is sent to an endpoint, and what is read from its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from countdown_agents.conversation import Conversation, transcript
from countdown_agents.counted import counted
from countdown_agents.endpoints.endpoint import Endpoint
from countdown_agents.writing import Writing
from countdown_gym.parsing import CutCompletion


class Reply(NamedTuple):
    """What was read from an answer."""

    text: str
    """What the model wrote, with its tokens where the endpoint says how many; a `CutCompletion` if
    its budget cut it."""
    prompt_tokens: int
    """How many tokens it read, as far as the endpoint says."""
    completion_tokens: int
    """How many it wrote."""


def request(
    endpoint: Endpoint, writing: Writing, conversation: Conversation, seed: int
) -> dict[str, Any]:
    """Return the body of a request."""
    body: dict[str, Any] = {
        "model": endpoint.model,
        "max_tokens": writing.max_new_tokens,
        "temperature": writing.temperature,
        "seed": seed,
    }
    if endpoint.api == "chat":
        body["messages"] = [message.to_dict() for message in conversation]
    else:
        body["prompt"] = transcript(conversation)
    if writing.stop:
        body["stop"] = list(writing.stop)
    body |= endpoint.extra
    return {name: value for name, value in body.items() if value is not None}


def read(endpoint: Endpoint, answer: object) -> Reply | None:
    """Return what an answer says; None if it is not one."""
    try:
        choice = answer["choices"][0]  # type: ignore[index]  # whatever it is, a miss is caught
        text = _said(choice["message"]) if endpoint.api == "chat" else choice["text"]
        finish = choice.get("finish_reason")
    except (AttributeError, IndexError, KeyError, TypeError):
        return None
    if not isinstance(text, str):
        return None
    usage = answer.get("usage") if isinstance(answer, Mapping) else None
    read_tokens, written = (_count(usage, name) for name in ("prompt_tokens", "completion_tokens"))
    said = CutCompletion(text) if finish == "length" else _stopped(text, choice)
    return Reply(counted(said, written) if written else said, read_tokens, written)


def _said(message: Mapping[str, Any]) -> object:
    """Return a message with its thoughts, which some servers hand over apart, in their tags."""
    content = message.get("content")
    text = "" if content is None else content
    thoughts = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(thoughts, str) and isinstance(text, str):
        return f"<think>{thoughts}</think>{text}"
    return text


def _stopped(text: str, choice: Mapping[str, Any]) -> str:
    """Return the text with the stop string that ended it, where the server says which did.

    The protocol leaves it out; vLLM and SGLang name it.
    """
    stopped_by = choice.get("stop_reason") or choice.get("matched_stop")
    if isinstance(stopped_by, str) and not text.endswith(stopped_by):
        return text + stopped_by
    return text


def _count(usage: object, name: str) -> int:
    count = usage.get(name) if isinstance(usage, Mapping) else None
    return count if type(count) is int and count >= 0 else 0
