"""One puzzle through Gymnasium: the prompt, some completions, what each is paid and why."""

import gymnasium as gym

import countdown_gym  # noqa: F401 - makes the environment ids known

env = gym.make("Countdown-v0")
puzzle = {"numbers": [25, 30, 3, 4], "target": 32}

for completion in (
    "<answer>(30 - 25 + 3) * 4</answer>",
    "<answer>30 - 25 + 3 * 4</answer>",
    "<answer>(30 - 25 + 3) * 4 = 33</answer>",
    "<answer>30 + 3 - 4 / 4</answer>",
    "It is 32.",
):
    prompt, _ = env.reset(options={"puzzle": puzzle})
    _, reward, *_, info = env.step(completion)
    print(f"{completion:<42} {reward}  {info['fault'] or 'solved'}  {info['detail']}")

print("\nThe prompt was:", prompt)
