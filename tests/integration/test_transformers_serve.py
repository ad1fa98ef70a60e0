"""A real server: `transformers serve` says through its endpoint what its model says here."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from countdown_agents import ChatAgent
from countdown_agents.conversation import Message, Role, opened
from countdown_agents.endpoints.endpoint import Endpoint, EndpointError
from countdown_agents.endpoints.policy import EndpointPolicy
from countdown_agents.evaluation import Evaluation, Scoring, evaluate
from countdown_agents.language_model.pretrained import load_pretrained
from countdown_agents.writing import Writing
from countdown_gym.parsing import CutCompletion

for needed in ("fastapi", "openai", "uvicorn"):
    pytest.importorskip(needed, reason="the server's own requirements, transformers[serving]")
pytestmark = [pytest.mark.agents, pytest.mark.slow]

TEMPLATE = (
    "{% for message in messages %}<s>{{ message.role }}: {{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant: {% endif %}"
)
SERVE = "from transformers.cli.transformers import main; main()"
GREEDY = Writing(max_new_tokens=24, temperature=0.0)


@pytest.fixture(scope="module")
def folder(save_tiny_model: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny"), template=TEMPLATE)


@pytest.fixture(scope="module")
def endpoint(folder: Path) -> Iterator[Endpoint]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    log = folder / "serve.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, "serve", str(folder), *options],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        await_health(f"http://127.0.0.1:{port}/health", server, log)
        yield Endpoint(f"http://127.0.0.1:{port}/v1", str(folder), max_retries=2)
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def await_health(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx2.get(url, timeout=5).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


def local(folder: Path) -> ChatAgent:
    return ChatAgent(load_pretrained(folder).policy(max_new_tokens=24, temperature=0.0))


def test_a_chat_is_the_same_here_and_there(folder: Path, endpoint: Endpoint) -> None:
    policy = EndpointPolicy(endpoint, GREEDY)

    def played(agent: ChatAgent) -> Evaluation:
        return evaluate(agent, num_puzzles=5, scoring=Scoring(max_attempts=2))

    there = played(ChatAgent(policy))
    assert there == played(local(folder))
    assert there.mean_characters > 5
    assert policy.usage.requests == 10
    assert policy.usage.completion_tokens > 50


def test_a_text_is_continued_alike_here_and_there(folder: Path, endpoint: Endpoint) -> None:
    base = folder / "base"
    loaded = load_pretrained(folder)
    loaded.tokenizer.chat_template = None
    loaded.model.save_pretrained(base)
    loaded.tokenizer.save_pretrained(base)
    asked = [opened("17 4 make 21"), (*opened("1 2"), Message(Role.ASSISTANT, "3"), *opened("no"))]
    here = load_pretrained(base).policy(max_new_tokens=24, temperature=0.0)
    there = EndpointPolicy(
        Endpoint(endpoint.url, str(folder), api="completions", concurrency=2), GREEDY
    )
    assert there.style == "tinyzero"
    texts = there.converse(asked, [0, 1])
    assert texts == here.converse(asked, [0, 1])
    assert all(isinstance(text, CutCompletion) for text in texts)


def test_another_model_than_is_served_is_an_error_of_one_line(endpoint: Endpoint) -> None:
    policy = EndpointPolicy(Endpoint(endpoint.url, "nobody/no-such-model", max_retries=0))
    with pytest.raises(EndpointError, match="status") as error:
        policy.respond(["1"])
    assert "\n" not in str(error.value)
