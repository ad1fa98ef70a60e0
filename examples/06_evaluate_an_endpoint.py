"""A model behind an OpenAI-compatible endpoint plays: vLLM, SGLang, llama.cpp, or one that is paid.

A server of a few lines stands for them here; it knows one answer, and is busy now and then. Put the
URL of yours in its place; a key is taken from an environment variable, if one is needed.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from countdown_agents.endpoints.endpoint import Endpoint
from countdown_agents.endpoints.policy import EndpointPolicy
from countdown_agents.evaluation import evaluate
from countdown_agents.writing import Writing
from countdown_gym.families import make_family


class Stub(BaseHTTPRequestHandler):
    """Adds all the numbers up, every fifth time only after it was asked again."""

    requests = 0

    def do_POST(self) -> None:
        """Answer one request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Stub.requests += 1
        if Stub.requests % 5 == 0:
            self.send_response(429)
            self.send_header("Retry-After", "0.1")
            self.end_headers()
            return
        asked = body["messages"][-1]["content"].split("the numbers ")[1].partition(".")[0]
        text = f"<answer>{asked.replace(',', ' +')}</answer>"
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 80, "completion_tokens": 12}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"choices": [choice], "usage": usage}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


easy = make_family("n_numbers", {"min_numbers": 2, "max_numbers": 2, "operators": "+-"})
with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
    Thread(target=server.serve_forever, daemon=True).start()
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "stub", concurrency=8)
    policy = EndpointPolicy(endpoint, Writing(max_new_tokens=512, temperature=0.6))
    evaluation = evaluate(policy, easy, num_puzzles=40)
    server.shutdown()

low, high = evaluation.interval()
print(f"solved {evaluation.solve_rate:.2f} ({low:.2f} to {high:.2f}); {policy.usage}")
print("faults:", ", ".join(f"{fault} {count}" for fault, count in evaluation.faults.items()))
