"""A policy of your own in ten lines: it continues prompts and knows nothing of this package."""

import re
from functools import reduce
from itertools import permutations, product

from countdown_agents import OracleAgent, as_agent
from countdown_agents.comparison import compare
from countdown_agents.evaluation import evaluate

OPERATIONS = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}


class WorksFromTheLeft:
    """Joins the numbers from left to right in every order, without division."""

    def respond(self, prompts: list[str]) -> list[str]:
        """Return one completion for each prompt."""
        return [f"<answer>{self.search(prompt)}</answer>" for prompt in prompts]

    def search(self, prompt: str) -> str:
        """Return the first expression that hits the target, or nothing."""
        *numbers, target = map(int, re.findall(r"\d+", prompt))  # "25 30 3 4 make 32 <think>"
        for (first, *rest), signs in product(permutations(numbers), product("+-*", repeat=3)):
            steps = list(zip(signs, rest, strict=False))
            if reduce(lambda so_far, s: OPERATIONS[s[0]](so_far, s[1]), steps, first) == target:
                return reduce(lambda text, s: f"({text}) {s[0]} {s[1]}", steps, str(first))
        return ""


player = as_agent(WorksFromTheLeft(), style="terse")
mine = evaluate(player, num_puzzles=60)
low, high = mine.interval()
print(f"solved {mine.solve_rate:.2f} ({low:.2f} to {high:.2f})")
found = compare(mine, evaluate(OracleAgent(), num_puzzles=60))
low, high = found.interval
print(f"the oracle solves {found.difference:.2f} more ({low:.2f} to {high:.2f})")
