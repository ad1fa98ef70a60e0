"""Models behind endpoints: what is sent, what is read, and a server that misbehaves."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from countdown_agents import ChatAgent, as_agent, make_agent, models_by_name
from countdown_agents.conversation import Message, Role, opened
from countdown_agents.counted import tokens_of
from countdown_agents.endpoints.endpoint import Endpoint, EndpointError
from countdown_agents.endpoints.policy import EndpointPolicy, served_models
from countdown_agents.endpoints.protocol import read, request
from countdown_agents.endpoints.retrying import asked_to_wait, may_pass, wait_seconds
from countdown_agents.evaluation import evaluate, examine
from countdown_agents.examination import Examination, Scoring
from countdown_agents.record_file import RecordFile
from countdown_agents.records import read_records
from countdown_agents.writing import Writing
from countdown_gym.cli import main
from countdown_gym.errors import InvalidParameterError, MissingResourceError, UnknownNameError
from countdown_gym.families import make_family
from countdown_gym.parsing import CutCompletion

pytestmark = pytest.mark.agents

KEY = "sk-very-secret"
Behaviour = Callable[["Handler"], None]


# --- a server that does as it is told --------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Answers each request with the next behaviour, and once there is none with `ok`."""

    daemon_threads = True
    block_on_close = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours: list[Behaviour] = []
        self.bodies: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.times: list[float] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.server.behaviours:
            self.server.behaviours.pop(0)(self)
            return
        models = [] if "silent" in self.path else {"object": "list", "data": [{"id": "tiny"}]}
        self.send(200, json.dumps(models).encode())

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.bodies.append({"path": self.path, **body})
            server.heads.append({name.lower(): value for name, value in self.headers.items()})
            server.times.append(time.monotonic())
            server.under_way += 1
            server.most_under_way = max(server.most_under_way, server.under_way)
            behaviour = server.behaviours.pop(0) if server.behaviours else ok
        self.body = body
        try:
            behaviour(self)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client has given up, as some tests want it to
        finally:
            with server.lock:
                server.under_way -= 1

    def send(self, status: int, body: bytes, *, length: int = -1, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


def said(handler: Handler, text: str, finish: str = "stop", **choice: object) -> bytes:
    """Return the bytes of an answer of the API that was asked."""
    if handler.path.endswith("/chat/completions"):
        choice |= {"message": {"role": "assistant", "content": text}}
    else:
        choice |= {"text": text}
    usage = {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
    answer = {"choices": [{"index": 0, "finish_reason": finish, **choice}], "usage": usage}
    return json.dumps(answer).encode()


def ok(handler: Handler) -> None:
    """Say the last message and the seed."""
    body = handler.body
    text = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
    handler.send(200, said(handler, f"{text}|{body.get('seed')}"))


def status(code: int, text: str = "no", **headers: str) -> Behaviour:
    return lambda handler: handler.send(code, text.encode(), **headers)  # type: ignore[arg-type]


def half_a_json(handler: Handler) -> None:
    body = said(handler, "half")
    handler.send(200, body[: len(body) // 2])


def break_off(handler: Handler) -> None:
    """Promise more than is sent, and hang up."""
    handler.send(200, said(handler, "half")[:20], length=500)
    handler.close_connection = True


def hang_up(handler: Handler) -> None:
    handler.close_connection = True


def dawdle(seconds: float) -> Behaviour:
    def behave(handler: Handler) -> None:
        time.sleep(seconds)
        ok(handler)

    return behave


def trickle(handler: Handler) -> None:
    """Send a byte now and then, so that no single read takes long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def nonsense(body: str) -> Behaviour:
    return lambda handler: handler.send(200, body.encode())


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def endpoint(server: Server, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    monkeypatch.setenv("TEST_KEY", KEY)
    return Endpoint(
        server.url, "tiny", key_variable="TEST_KEY", backoff_seconds=0.01, timeout_seconds=5
    )


def ask(endpoint: Endpoint, *texts: str, **writing: Any) -> list[str]:  # noqa: ANN401
    policy = EndpointPolicy(endpoint, Writing(**writing))
    return policy.converse([opened(text) for text in texts], range(len(texts)))


# --- what is sent and read -------------------------------------------------------------------


def test_a_chat_is_put_with_its_history_and_a_seed(server: Server, endpoint: Endpoint) -> None:
    history = (*opened("1 2 make 3"), Message(Role.ASSISTANT, "1"), Message(Role.USER, "no"))
    policy = EndpointPolicy(endpoint, Writing(max_new_tokens=7, temperature=0.5, stop=("x",)))
    assert policy.converse([history], [99]) == ["no|99"]
    assert server.bodies == [
        {
            "path": "/v1/chat/completions",
            "model": "tiny",
            "messages": [
                {"role": "user", "content": "1 2 make 3"},
                {"role": "assistant", "content": "1"},
                {"role": "user", "content": "no"},
            ],
            "max_tokens": 7,
            "temperature": 0.5,
            "stop": ["x"],
            "seed": 99,
        }
    ]
    assert server.heads[0]["authorization"] == f"Bearer {KEY}"


def test_a_text_is_continued_through_the_completions_api(
    server: Server, endpoint: Endpoint
) -> None:
    assert ask(replace(endpoint, api="completions"), "1 2 make") == ["1 2 make|0"]
    assert server.bodies[0]["path"] == "/v1/completions"
    assert server.bodies[0]["prompt"] == "1 2 make"


def test_fields_are_added_and_taken_out(endpoint: Endpoint) -> None:
    special = replace(endpoint, extra={"seed": None, "max_tokens": None, "top_k": 5})
    body = request(special, Writing(), opened("?"), 1)
    assert {"seed", "max_tokens", "stop"}.isdisjoint(body)
    assert body["top_k"] == 5


def test_without_a_key_none_is_sent(
    server: Server, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_KEY")
    ask(endpoint, "1")
    assert "authorization" not in server.heads[0]


def test_usage_is_counted(server: Server, endpoint: Endpoint) -> None:
    server.behaviours = [status(500)]
    policy = EndpointPolicy(endpoint)
    assert [tokens_of(text) for text in policy.respond(["1", "2", "3"])] == [3, 3, 3]
    assert str(policy.usage) == "4 requests (1 sent again), 30 tokens read, 9 written"


def test_what_the_budget_cut_is_marked(server: Server, endpoint: Endpoint) -> None:
    cut = "<answer>1 + 2</answer>"
    server.behaviours = [lambda handler: handler.send(200, said(handler, cut, "length"))]
    (text,) = ask(endpoint, "1")
    assert isinstance(text, CutCompletion)
    assert (text, tokens_of(text)) == (cut, 3)


CHOICE = {"index": 0, "finish_reason": "stop"}


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"message": {"content": "8"}}, "8"),
        ({"message": {"content": None}}, ""),
        ({"message": {"content": "8", "reasoning_content": "2 * 4"}}, "<think>2 * 4</think>8"),
        ({"message": {"content": None, "reasoning": "hm"}}, "<think>hm</think>"),
        ({"message": {"content": "<answer>8"}, "stop_reason": "</answer>"}, "<answer>8</answer>"),
        ({"message": {"content": "<answer>8"}, "matched_stop": "</answer>"}, "<answer>8</answer>"),
        ({"message": {"content": "8"}, "stop_reason": 151645}, "8"),
    ],
)
def test_what_was_said_is_read_from_every_kind_of_server(
    choice: dict[str, object], text: str
) -> None:
    reply = read(Endpoint("http://x/v1", "m"), {"choices": [CHOICE | choice]})
    assert reply == (text, 0, 0)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"choices": []},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": 8}}]},
        {"choices": [None]},
        {"choices": 3},
        {"error": {"message": "overloaded"}},
    ],
)
def test_what_is_no_answer_is_none(answer: object) -> None:
    assert read(Endpoint("http://x/v1", "m"), answer) is None
    assert read(Endpoint("http://x/v1", "m", api="completions"), answer) is None


# --- a server that misbehaves ----------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        status(429),
        status(500),
        status(502, "<html>bad gateway</html>"),
        status(503),
        status(408),
        half_a_json,
        break_off,
        hang_up,
        nonsense(""),
        nonsense("null"),
        nonsense('{"choices": []}'),
        nonsense('{"error": {"message": "loading"}}'),
        lambda handler: handler.send(200, b"\xff\xfe"),
    ],
    ids=range(13),
)
def test_what_may_pass_is_tried_again(
    trouble: Behaviour, server: Server, endpoint: Endpoint
) -> None:
    server.behaviours = [trouble, trouble]
    policy = EndpointPolicy(endpoint)
    assert policy.converse([opened("a")], [4]) == ["a|4"]
    assert (policy.usage.requests, policy.usage.retries) == (3, 2)
    assert server.bodies[0] == server.bodies[2], "it is the same request that is sent again"


@pytest.mark.parametrize("slow", [dawdle(0.6), trickle])
def test_an_answer_that_takes_too_long_is_asked_for_again(
    slow: Behaviour, server: Server, endpoint: Endpoint
) -> None:
    server.behaviours = [slow]
    assert ask(replace(endpoint, timeout_seconds=0.3), "a") == ["a|0"]
    assert len(server.bodies) == 2


def test_as_long_as_the_server_asks_for_it_is_left_alone(
    server: Server, endpoint: Endpoint
) -> None:
    server.behaviours = [status(429, Retry_After="0.4")]
    ask(endpoint, "a")
    assert server.times[1] - server.times[0] >= 0.4


def test_a_server_that_wants_to_be_left_alone_too_long_is_given_up(
    server: Server, endpoint: Endpoint
) -> None:
    server.behaviours = [status(429, "quota of today", Retry_After="86400")]
    with pytest.raises(EndpointError, match=r"asks to wait 86,400 seconds.*quota of today"):
        ask(endpoint, "a")


def test_what_does_not_pass_is_given_up_in_one_line(server: Server, endpoint: Endpoint) -> None:
    server.behaviours = [status(503, f"down\nfor {KEY}")] * 9
    with pytest.raises(EndpointError, match="did not answer in 3 attempts") as error:
        ask(replace(endpoint, max_retries=2), "a")
    assert "status 503: 'down for [key]'" in str(error.value)
    assert "\n" not in str(error.value)
    assert len(server.bodies) == 3


def test_a_server_that_is_not_there_is_named() -> None:
    nowhere = Endpoint("http://127.0.0.1:9/v1", "m", max_retries=1, backoff_seconds=0.01)
    with pytest.raises(EndpointError, match=r"127\.0\.0\.1:9/v1 did not answer .*ConnectError"):
        ask(nowhere, "a")


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_names_its_variable_and_nothing_more(
    code: int, server: Server, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.behaviours = [status(code, f"bad key {KEY}")] * 2
    with pytest.raises(EndpointError, match=rf"refuses the key .* TEST_KEY .status {code}"):
        ask(endpoint, "a")
    assert len(server.bodies) == 1, "a refused key is not tried again"
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(EndpointError, match=r"wants a key .*; put it into .* TEST_KEY") as error:
        ask(endpoint, "a")
    assert KEY not in str(error.value)


def test_a_key_that_is_refused_before_any_model_is_named_is_said_to_be(
    server: Server, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.behaviours = [status(401, f"bad key {KEY}")] * 2
    with pytest.raises(EndpointError, match=r"refuses the key .* TEST_KEY .status 401"):
        served_models(endpoint)
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(EndpointError, match=r"wants a key .*; put it into .* TEST_KEY"):
        served_models(endpoint)


def test_a_url_that_stops_short_of_its_version_is_told_where_to_go(
    server: Server, endpoint: Endpoint
) -> None:
    short = replace(endpoint, url=server.url.removesuffix("/v1"))
    server.behaviours = [status(404, "Not Found")] * 3
    with pytest.raises(EndpointError, match=r"status 404: 'Not Found'; give the URL .*/v1"):
        ask(short, "a")
    with pytest.raises(EndpointError, match=r"serves \(status 404.*; give the URL .*/v1\)"):
        served_models(short)
    with pytest.raises(EndpointError, match=r"status 404: 'Not Found'$"):
        ask(endpoint, "a")


def test_a_key_is_never_part_of_a_message_or_a_setting(
    server: Server, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.behaviours = [status(400, f"you sent {KEY}")]
    with pytest.raises(EndpointError, match=r"status 400: 'you sent .key.'"):
        ask(endpoint, "a")
    policy = EndpointPolicy(endpoint)
    assert KEY not in f"{endpoint!r} {policy.identity} {vars(policy)}"
    monkeypatch.setenv("TEST_KEY", f"{KEY}\u00e9")
    with pytest.raises(EndpointError, match="printable ASCII") as error:
        ask(endpoint, "a")
    assert KEY not in str(error.value)
    with pytest.raises(InvalidParameterError, match="must not hold a password"):
        Endpoint(f"http://me:{KEY}@localhost/v1", "m")


@pytest.mark.parametrize(
    "refusal",
    [status(400, "no such field"), status(404, "no such model"), status(422), status(302)],
)
def test_a_refused_request_is_not_tried_again(
    refusal: Behaviour, server: Server, endpoint: Endpoint
) -> None:
    server.behaviours = [refusal]
    with pytest.raises(EndpointError, match="refuses the request, status"):
        ask(endpoint, "a")
    assert len(server.bodies) == 1


def test_an_empty_account_is_not_waited_for(server: Server, endpoint: Endpoint) -> None:
    server.behaviours = [status(429, '{"error": {"code": "insufficient_quota"}}')]
    with pytest.raises(EndpointError, match="insufficient_quota"):
        ask(endpoint, "a")
    assert len(server.bodies) == 1


# --- many at once ----------------------------------------------------------------------------


def test_no_more_than_so_many_requests_are_under_way(server: Server, endpoint: Endpoint) -> None:
    server.behaviours = [dawdle(0.05)] * 12
    texts = [str(i) for i in range(12)]
    assert ask(replace(endpoint, concurrency=3), *texts) == [f"{i}|{i}" for i in range(12)]
    assert server.most_under_way == 3


def test_answers_are_handed_over_as_they_come(server: Server, endpoint: Endpoint) -> None:
    server.behaviours = [dawdle(0.5)]
    policy = EndpointPolicy(replace(endpoint, concurrency=2))
    come = [place for place, _ in policy.converse_each([opened("a")] * 6, range(6))]
    assert come[-1] == min(come[-1], 1), "the slow one, whichever was sent first, is last"
    assert sorted(come) == list(range(6))


def test_whoever_stops_listening_stops_the_requests(server: Server, endpoint: Endpoint) -> None:
    policy = EndpointPolicy(replace(endpoint, concurrency=1))
    server.behaviours = [ok, *[dawdle(0.2)] * 50]
    stream = policy.converse_each([opened("a")] * 50, range(50))
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert policy.usage.requests < 5
    assert not [thread for thread in threading.enumerate() if thread.name == "endpoint"]


def test_it_works_where_an_event_loop_is_running(endpoint: Endpoint) -> None:
    async def notebook() -> list[str]:
        return ask(endpoint, "a", "b")

    assert asyncio.run(notebook()) == ["a|0", "b|1"]


def test_nothing_asked_is_nothing_sent(server: Server, endpoint: Endpoint) -> None:
    assert ask(endpoint) == []
    assert server.bodies == []


# --- as a player -----------------------------------------------------------------------------


def test_an_evaluation_that_a_server_ends_is_resumed(
    server: Server, endpoint: Endpoint, tmp_path: Path
) -> None:
    agent = as_agent(EndpointPolicy(replace(endpoint, concurrency=2, max_retries=0)))
    exam = Examination(make_family("three_to_four"), num_puzzles=10, samples=2)
    server.behaviours = [*[ok] * 7, status(500)]

    def run() -> None:
        with RecordFile(tmp_path / "a.jsonl", {}) as file:
            examine(agent, exam, file)

    with pytest.raises(EndpointError, match="status 500"):
        run()
    saved = len(read_records(tmp_path / "a.jsonl"))
    assert 6 <= saved <= 8
    asked = len(server.bodies)
    run()
    assert len(server.bodies) == asked + 20 - saved
    records = read_records(tmp_path / "a.jsonl")
    assert {(r.index, r.sample) for r in records} == {(i, k) for i in range(10) for k in range(2)}
    seeds = {record.completion.rpartition("|")[2] for record in records}
    assert len(seeds) == 20, "each sample has a seed of its own"


def test_a_dialogue_is_put_as_a_chat(server: Server, endpoint: Endpoint) -> None:
    evaluate(EndpointPolicy(endpoint), num_puzzles=1, scoring=Scoring(max_attempts=3))
    roles = [[message["role"] for message in body["messages"]] for body in server.bodies]
    assert roles == [["user", *["assistant", "user"] * i] for i in range(3)]
    assert re.search(r"Attempts left: 1\.$", server.bodies[2]["messages"][-1]["content"])


def test_a_url_is_a_player_whose_only_model_is_taken(server: Server) -> None:
    agent = make_agent(server.url)
    assert isinstance(agent, ChatAgent)
    assert agent.style == "plain"
    evaluate(agent, num_puzzles=1)
    assert server.bodies[0]["model"] == "tiny"
    assert served_models(Endpoint(server.url, "")) == ["tiny"]
    with pytest.raises(EndpointError, match="does not say which models it serves"):
        make_agent(f"{server.url}/silent")
    with pytest.raises(EndpointError, match=r"cannot be reached .*; start the server"):
        make_agent("http://127.0.0.1:9/v1")


# --- settings and waits ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"url": "localhost:8000"}, InvalidParameterError, "must begin with http:// or https://"),
        ({"url": "http://localhost:v1"}, InvalidParameterError, "must name a host and perhaps"),
        ({"url": "http:///v1"}, InvalidParameterError, "must name a host and perhaps"),
        ({"url": "http://[::1/v1"}, InvalidParameterError, "must name a host and perhaps"),
        ({"api": "chats"}, UnknownNameError, "did you mean 'chat'"),
        ({"concurrency": 0}, InvalidParameterError, "concurrency must be at least 1, got 0"),
        ({"max_retries": -1}, InvalidParameterError, "max_retries must not be negative, got -1"),
        ({"timeout_seconds": 0}, InvalidParameterError, "timeout_seconds must be above 0, got 0"),
    ],
)
def test_an_impossible_endpoint_is_refused(
    settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Endpoint(**{"url": "http://x/v1", "model": "m", **settings})


def test_waits_double_and_never_coincide() -> None:
    def waits(seed: int) -> Sequence[float]:
        rng = np.random.default_rng(seed)
        return [wait_seconds(attempt, 0.5, 20.0, rng) for attempt in range(200)]

    for attempt, wait in enumerate(waits(0)):
        ceiling = min(20.0, 0.5 * 2.0 ** min(attempt, 60))
        assert ceiling / 2 <= wait <= ceiling
    assert set(waits(0)).isdisjoint(waits(1))


NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3),
        ("0.5", 0.5),
        ("-2", 0),
        ("Mon, 23 Nov 2026 07:00:09 GMT", 9),
        ("Mon, 23 Nov 2026 06:00:00 GMT", 0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_a_wait_that_is_asked_for_is_read(header: str | None, seconds: float | None) -> None:
    assert asked_to_wait(header, NOW) == seconds


@pytest.mark.parametrize(("code", "passes"), [(400, False), (429, True), (500, True), (529, True)])
def test_statuses_that_may_pass(code: int, passes: bool) -> None:
    assert may_pass(code) == passes


def test_an_endpoint_is_evaluated_from_the_command_line(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    out = tmp_path / "a.jsonl"
    options = ["--key-variable", "TEST_KEY", "--api", "completions", "--field", "top_k=20"]
    command = ["eval", "--policy", server.url, "--model", "tiny", *options, "--num-puzzles", "3"]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--json", "--out", str(out)])
    assert not ended.value.code
    shown, notes = capsys.readouterr()
    assert json.loads(shown)["players"][server.url]["faults"] == {"foreign_number": 3}
    assert "3 requests, 30 tokens read, 9 written" in notes
    assert {body["top_k"] for body in server.bodies} == {20}
    assert "Assistant: Let me solve this" in server.bodies[0]["prompt"]
    written = out.read_text("utf-8") + out.with_name("a.jsonl.settings.json").read_text("utf-8")
    assert KEY not in shown + notes + written
    assert json.loads(written.splitlines()[0])["completion"].rpartition("|")[2].isdigit()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--field", "top_k"], "a field is written NAME=JSON, got 'top_k'"),
        (["--api", "chats"], "did you mean 'chat'"),
        (["--concurrency", "0"], "concurrency must be at least 1, got 0"),
    ],
)
def test_mistakes_on_the_command_line_are_said_in_one_line(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["eval", "--policy", "http://127.0.0.1:9/v1", "--model", "m", *options])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_an_endpoint_without_its_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models_by_name, "find_spec", lambda _: None)
    with pytest.raises(MissingResourceError, match=r"pip install 'countdown-gym\[endpoints\]'"):
        make_agent("http://127.0.0.1:9/v1")
