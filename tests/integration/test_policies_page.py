"""Everything that docs/policies.md shows runs."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from countdown_gym.cli import main

pytestmark = [pytest.mark.agents, pytest.mark.checkout]

PAGE = Path(__file__).parents[2] / "docs" / "policies.md"
URL = "http://localhost:8000/v1"


class Stub(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        choice = {"message": {"content": "<answer>1</answer>"}, "finish_reason": "stop"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"choices": [choice]}).encode())

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture(autouse=True)
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save_tiny_model: Callable[..., Path]
) -> None:
    """Work in a folder that holds the model which the page speaks of."""
    save_tiny_model(tmp_path / "my-model")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def blocks(language: str, url: str) -> list[str]:
    """Return the code of the page, each block alone, the endpoint's URL put in."""
    page = PAGE.read_text(encoding="utf-8")
    assert URL in page
    return [part.split("```")[0].replace(URL, url) for part in page.split(f"```{language}\n")[1:]]


def test_the_python_runs(url: str) -> None:
    names: dict[str, Any] = {}
    code = blocks("python", url)
    assert len(code) == 5
    for block in code:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - the page is ours
    assert names["reward"] == 1.0
    assert len(names["evaluation"].records) == 5


def test_the_commands_run(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    (commands,) = blocks("bash", url)
    lines = commands.strip().splitlines()
    assert len(lines) == 4
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "countdown-gym"
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code, line
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["players"]["oracle"]["solved"] == 5
