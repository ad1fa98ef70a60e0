"""Any function from prompt to completion is a player; it is measured beside random and oracle."""

import re

from countdown_agents import make_agent
from countdown_agents.evaluation import evaluate


def adds_everything(prompt: str) -> str:
    """Answer with the sum of all numbers: seldom right, always legal."""
    numbers = re.findall(r"\d+", prompt.split("using the numbers")[1].split(".", maxsplit=1)[0])
    return f"Let me add them up. <answer>{' + '.join(numbers)}</answer>"


players = {
    "random": make_agent("random"),
    "adds everything": adds_everything,
    "oracle": make_agent("oracle"),
}
for name, player in players.items():
    evaluation = evaluate(player, "three_to_four", num_puzzles=30, seed=0)
    low, high = evaluation.interval()
    faults = ", ".join(f"{fault} {count}" for fault, count in evaluation.faults.items())
    print(f"{name:<16} {evaluation.solve_rate:.2f} ({low:.2f} to {high:.2f})  {faults}")
