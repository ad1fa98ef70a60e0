"""A language model behind an endpoint as a player: many requests at once, and again if need be."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any, NamedTuple

import httpx2
import numpy as np

from countdown_agents.conversation import Conversation, opened
from countdown_agents.endpoints.endpoint import APIS, Endpoint, EndpointError
from countdown_agents.endpoints.protocol import Reply, read, request
from countdown_agents.endpoints.retrying import asked_to_wait, may_pass, wait_seconds
from countdown_agents.writing import Writing

_CONNECT_SECONDS = 20.0
_SHOWN_CHARS = 300
_VERSION = re.compile(r"/v\d+[^/]*/?$")
"""How the URL of an endpoint usually ends."""


@dataclass(slots=True)
class Usage:
    """What was asked of an endpoint so far, and what it cost."""

    requests: int = 0
    """How many requests were sent, those that failed included."""
    retries: int = 0
    """How many of them were sent again."""
    prompt_tokens: int = 0
    """How many tokens were read, as the endpoint counts them."""
    completion_tokens: int = 0
    """How many were written."""

    def add(self, reply: Reply) -> None:
        """Count what a reply cost."""
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens

    def __str__(self) -> str:
        """Return the counts in words."""
        again = f" ({self.retries:,} sent again)" if self.retries else ""
        return (
            f"{self.requests:,} requests{again}, {self.prompt_tokens:,} tokens read, "
            f"{self.completion_tokens:,} written"
        )


class Trouble(NamedTuple):
    """Why there is no reply yet."""

    what: str
    """In words."""
    asked_for: float = 0.0
    """How many seconds the endpoint asks to be left alone."""


class EndpointPolicy:
    """Has a model behind an endpoint continue conversations.

    Answers are handed over as they come. Whatever may pass is tried again after a wait: too many
    requests (as long as the endpoint asks for), errors of the server, time-outs, connections that
    break, answers that are no JSON. Whatever may not is an `EndpointError`.

    Args:
        endpoint: The endpoint.
        writing: How the model writes. Whether a seed is heeded is the endpoint's matter.
    """

    def __init__(self, endpoint: Endpoint, writing: Writing = Writing()) -> None:
        """Send nothing yet."""
        self.endpoint = endpoint
        self.writing = writing
        self.usage = Usage()
        """What was asked so far."""
        self.identity: Mapping[str, str] = {
            "url": endpoint.url,
            "model": endpoint.model,
            "api": endpoint.api,
            "extra": str(dict(endpoint.extra)),
        }
        """What tells this model from others, for those who resume a run."""

    @property
    def style(self) -> str:
        """The prompt style that suits the API, a name in `countdown_gym.prompts.STYLES`."""
        return "plain" if self.endpoint.api == "chat" else "tinyzero"

    def respond(self, prompts: Sequence[str]) -> list[str]:
        """Return one completion for each prompt, in their order, with the seeds 0, 1, 2, …."""
        return self.converse([opened(prompt) for prompt in prompts], range(len(prompts)))

    def converse(self, conversations: Sequence[Conversation], seeds: Sequence[int]) -> list[str]:
        """Return what is said next in each conversation, in their order.

        Raises:
            EndpointError: If the endpoint does not answer.
        """
        said = dict(self.converse_each(conversations, seeds))
        return [said[place] for place in range(len(conversations))]

    def converse_each(
        self, conversations: Sequence[Conversation], seeds: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """Yield the place of each conversation with what is said next in it, as it comes.

        Requests are sent by a thread with an event loop of its own, so this also works where one
        is running already, as in a notebook.

        Raises:
            EndpointError: If the endpoint does not answer.
        """
        said: SimpleQueue[tuple[int, str] | BaseException | None] = SimpleQueue()
        loop = asyncio.new_event_loop()
        asked = loop.create_task(self._ask_all(conversations, seeds, said.put))

        def work() -> None:
            try:
                loop.run_until_complete(asked)
                said.put(None)
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                said.put(error)
            finally:
                loop.close()

        thread = threading.Thread(target=work, name="endpoint", daemon=True)
        thread.start()
        try:
            while (item := said.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            with suppress(RuntimeError):  # the loop may be over and closed
                loop.call_soon_threadsafe(asked.cancel)
            thread.join()

    async def _ask_all(
        self,
        conversations: Sequence[Conversation],
        seeds: Sequence[int],
        hand_over: Callable[[tuple[int, str]], object],
    ) -> None:
        """Ask for all replies, so many at a time; the first error ends it all."""
        places = iter(range(len(conversations)))

        async def ask(client: httpx2.AsyncClient) -> None:
            for place in places:
                hand_over((place, await self._ask(client, conversations[place], seeds[place])))

        at_once = min(self.endpoint.concurrency, len(conversations))
        try:
            async with self._client() as client, asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(ask(client))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    def _client(self) -> httpx2.AsyncClient:
        endpoint = self.endpoint
        return httpx2.AsyncClient(
            headers=endpoint.headers(),
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),  # `_try` watches the whole
            limits=httpx2.Limits(max_connections=endpoint.concurrency),
        )

    async def _ask(self, client: httpx2.AsyncClient, said: Conversation, seed: int) -> str:
        """Return one reply, tried again as often as the endpoint's settings allow."""
        endpoint, rng = self.endpoint, np.random.default_rng(seed)
        body = request(endpoint, self.writing, said, seed)
        attempt = 0
        while True:
            self.usage.requests += 1
            self.usage.retries += attempt > 0
            outcome = await self._try(client, body)
            if isinstance(outcome, Reply):
                self.usage.add(outcome)
                return outcome.text
            wait = wait_seconds(attempt, endpoint.backoff_seconds, endpoint.max_wait_seconds, rng)
            attempt += 1
            self._require_patience(outcome, attempt)
            await asyncio.sleep(wait + outcome.asked_for)

    def _require_patience(self, trouble: Trouble, attempts: int) -> None:
        """Give up what took too many attempts, or would take too long."""
        endpoint = self.endpoint
        if attempts > endpoint.max_retries:
            raise EndpointError(
                f"{endpoint.url} did not answer in {attempts} attempts, the last time: "
                f"{trouble.what}"
            )
        if trouble.asked_for > endpoint.max_wait_seconds:
            raise EndpointError(
                f"{endpoint.url} asks to wait {trouble.asked_for:,.0f} seconds, more than "
                f"max_wait_seconds = {endpoint.max_wait_seconds:,.0f}: {trouble.what}"
            )

    async def _try(self, client: httpx2.AsyncClient, body: Mapping[str, Any]) -> Reply | Trouble:
        """Return a reply, or what is in its way and may pass.

        Raises:
            EndpointError: If it will not pass.
        """
        endpoint = self.endpoint
        try:
            async with asyncio.timeout(endpoint.timeout_seconds):
                response = await client.post(endpoint.address(APIS[endpoint.api]), json=body)
        except TimeoutError:
            return Trouble(f"no answer within {endpoint.timeout_seconds:g} seconds")
        except httpx2.RequestError as broken:
            return Trouble(endpoint.without_key(f"{type(broken).__name__}: {broken}"))
        if response.status_code != httpx2.codes.OK:
            trouble = _complaint(endpoint, response)
            if not may_pass(response.status_code) or "insufficient_quota" in response.text:
                raise EndpointError(f"{endpoint.url} refuses the request, {trouble}")
            header = response.headers.get("retry-after")
            return Trouble(trouble, asked_to_wait(header, datetime.now(UTC)) or 0.0)
        try:
            reply = read(endpoint, response.json())
        except ValueError:
            reply = None
        if reply is None:
            return Trouble(f"an answer that is none: {_shown(endpoint, response.text)}")
        return reply


def served_models(endpoint: Endpoint) -> list[str]:
    """Return the names of the models that an endpoint says it serves.

    Raises:
        EndpointError: If it does not say, refuses the key, or cannot be reached.
    """
    try:
        response = httpx2.get(
            endpoint.address("models"), headers=endpoint.headers(), timeout=_CONNECT_SECONDS
        )
        if response.status_code == httpx2.codes.OK:
            return [str(model["id"]) for model in response.json()["data"]]
        why = _complaint(endpoint, response)
    except httpx2.TransportError as trouble:
        raise EndpointError(
            f"{endpoint.url} cannot be reached ({type(trouble).__name__}); start the server, or "
            "give the URL at which it answers, up to /v1"
        ) from trouble
    except (httpx2.HTTPError, KeyError, TypeError, ValueError) as trouble:
        why = type(trouble).__name__
    raise EndpointError(f"{endpoint.url} does not say which models it serves ({why}); name one")


def _complaint(endpoint: Endpoint, response: httpx2.Response) -> str:
    """Return what an endpoint complains of.

    Raises:
        EndpointError: If it is the key, which is not repeated.
    """
    status = response.status_code
    if status in {httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN}:
        if endpoint.headers():
            raise EndpointError(
                f"{endpoint.url} refuses the key in the environment variable "
                f"{endpoint.key_variable} (status {status}); put a valid one there, or name "
                "another variable"
            )
        raise EndpointError(
            f"{endpoint.url} wants a key (status {status}); put it into the environment "
            f"variable {endpoint.key_variable}, or name another variable"
        )
    complaint = f"status {status}: {_shown(endpoint, response.text)}"
    if status == httpx2.codes.NOT_FOUND and _VERSION.search(endpoint.url) is None:
        return f"{complaint}; give the URL up to its version, such as http://localhost:8000/v1"
    return complaint


def _shown(endpoint: Endpoint, text: str) -> str:
    """Return the beginning of a text in one line, without the key."""
    line = " ".join(endpoint.without_key(text).split())
    return repr(line if len(line) <= _SHOWN_CHARS else f"{line[:_SHOWN_CHARS]}…")
