"""What an endpoint is, and what goes wrong with one that trying again does not mend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from countdown_gym.errors import CountdownGymError, InvalidParameterError, UnknownNameError

APIS: Mapping[str, str] = MappingProxyType(
    {"chat": "chat/completions", "completions": "completions"}
)
"""What may be asked of an endpoint, and where: replies in a chat, or continuations of a text."""


class EndpointError(CountdownGymError, RuntimeError):
    """An endpoint does not answer; what it has answered so far is not lost."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that speaks OpenAI's protocol, as vLLM, SGLang, llama.cpp and many others do.

    Raises:
        InvalidParameterError: If the URL is none or a number is out of range.
        UnknownNameError: If there is no such API.
    """

    url: str
    """Up to the version, such as `http://localhost:8000/v1`."""
    model: str = ""
    """The name under which it serves the model; empty takes the only one that it serves."""
    api: str = "chat"
    """A name in `APIS`: chat for models that chat, completions for base models."""
    key_variable: str = "OPENAI_API_KEY"
    """The environment variable that holds the key, if one is needed; the key is kept nowhere."""
    concurrency: int = 16
    """How many requests are under way at a time."""
    timeout_seconds: float = 600.0
    """How long an answer may take."""
    max_retries: int = 6
    """How often a request is sent again that failed for reasons which may pass."""
    backoff_seconds: float = 0.5
    """How long the first wait is at most; each further one is twice as long."""
    max_wait_seconds: float = 120.0
    """The longest wait; an endpoint that asks for a longer one is given up."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of each request, such as `{"top_k": 20}`; None takes a field out."""

    def __post_init__(self) -> None:
        """Refuse what cannot be called."""
        if not self.url.startswith(("http://", "https://")):
            raise InvalidParameterError(
                f"the URL of an endpoint must begin with http:// or https://, got {self.url!r}"
            )
        if "@" in self.url.partition("://")[2].partition("/")[0]:
            raise InvalidParameterError(
                "the URL of an endpoint must not hold a password: it is written down with the "
                "answers; put a key into an environment variable"
            )
        if not _names_a_host(self.url):
            raise InvalidParameterError(
                "the URL of an endpoint must name a host and perhaps the number of a port, as "
                f"http://localhost:8000/v1 does, got {self.url!r}"
            )
        if self.api not in APIS:
            raise UnknownNameError("API", self.api, APIS)
        if self.concurrency < 1:
            raise InvalidParameterError(f"concurrency must be at least 1, got {self.concurrency}")
        if self.max_retries < 0:
            raise InvalidParameterError(f"max_retries must not be negative, got {self.max_retries}")
        for name in ("timeout_seconds", "backoff_seconds", "max_wait_seconds"):
            if not getattr(self, name) > 0:
                raise InvalidParameterError(f"{name} must be above 0, got {getattr(self, name)}")

    def address(self, path: str) -> str:
        """Return where a part of the API is."""
        return f"{self.url.rstrip('/')}/{path}"

    def headers(self) -> dict[str, str]:
        """Return the headers that a request needs; the key is read at this moment.

        Raises:
            EndpointError: If the key cannot be sent; the message does not hold it.
        """
        key = os.environ.get(self.key_variable, "").strip()
        if not key:
            return {}
        if not (key.isascii() and key.isprintable()):
            raise EndpointError(
                f"a key is made of printable ASCII characters, and that in {self.key_variable} is "
                "not"
            )
        return {"Authorization": f"Bearer {key}"}

    def without_key(self, text: str) -> str:
        """Return a text in which the key is blacked out; servers may repeat what they were sent."""
        key = os.environ.get(self.key_variable, "").strip()
        return text.replace(key, "[key]") if key else text


def _names_a_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, half an address in brackets
        return False
