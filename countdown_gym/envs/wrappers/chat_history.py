"""A dialogue with its memory: each observation is the whole conversation."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from countdown_gym.envs.dialogue import MAX_DETAIL_CHARS
from countdown_gym.envs.spaces import AnyText
from countdown_gym.envs.text import MAX_PROMPT_CHARS
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.parsing import MAX_COMPLETION_CHARS

THOUGHTS = ("keep", "strip")
"""What becomes of the thoughts of earlier turns."""
MIN_CHARS = MAX_PROMPT_CHARS + MAX_COMPLETION_CHARS + MAX_DETAIL_CHARS + 1_024
"""Room for a prompt, a completion and what is said of it."""


class ChatHistory(gym.Wrapper[str, str, str, str], gym.utils.RecordConstructorArgs):
    r"""Shows the conversation so far and not its latest message only.

    The observation is the prompt, and then each completion and what was said of it, with an empty
    line between any two. `info["messages"]` holds the same as messages with `role` and `content`,
    for chat templates. With `strip` the thoughts of completions are left out, as many chat
    templates do with earlier turns: all up to the last `</think>`, and all from a `<think>` that is
    never closed. What the referee reads is not touched.

    A conversation that outgrows `max_chars` loses its oldest completions, each with its reply.

    Args:
        env: A text environment of several turns, such as `CountdownDialogue-v0`.
        thoughts: `keep` or `strip`.
        max_chars: The longest observation.

    Raises:
        InvalidParameterError: If observations are no texts, or `max_chars` is below `MIN_CHARS`.
        UnknownNameError: If there is no such policy.

    Example:
        >>> import countdown_gym
        >>> env = ChatHistory(gym.make("CountdownDialogue-v0"), "strip")
        >>> _ = env.reset(options={"puzzle": {"numbers": [2, 3], "target": 6}})
        >>> seen, *_, info = env.step("<think>2 + 3?</think><answer>2 + 3</answer>")
        >>> seen.splitlines()[-3:]
        ['<answer>2 + 3</answer>', '', 'That is 5, not 6. Attempts left: 4.']
        >>> [message["role"] for message in info["messages"]]
        ['user', 'assistant', 'user']
    """

    def __init__(
        self, env: gym.Env[str, str], thoughts: str = "keep", max_chars: int = 131_072
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, thoughts=thoughts, max_chars=max_chars)
        super().__init__(env)
        if not isinstance(env.observation_space, gym.spaces.Text):
            raise InvalidParameterError(
                f"only texts make a conversation, got observations in {env.observation_space}"
            )
        if thoughts not in THOUGHTS:
            raise UnknownNameError("policy for thoughts", thoughts, THOUGHTS)
        if max_chars < MIN_CHARS:
            raise InvalidParameterError(f"max_chars must be at least {MIN_CHARS}, got {max_chars}")
        self.thoughts = thoughts
        self.max_chars = max_chars
        self.observation_space = AnyText(max_chars)
        self._said: list[str] = []  # prompt, completion, reply, completion, reply, …

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin a conversation."""
        asked, info = self.env.reset(seed=seed, options=options)
        self._said = [asked]
        return self._told(info)

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Go on with the conversation."""
        reply, reward, terminated, truncated, info = self.env.step(action)
        completion = str(action)[-MAX_COMPLETION_CHARS:]
        self._said.append(without_thoughts(completion) if self.thoughts == "strip" else completion)
        if reply:
            self._said.append(reply)
        observation, info = self._told(info)
        return observation, float(reward), terminated, truncated, info

    def _told(self, info: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        while sum(map(len, self._said)) + 2 * len(self._said) > self.max_chars:
            del self._said[1:3]
        roles = ("user", "assistant")
        messages = [
            {"role": roles[turn % 2], "content": text} for turn, text in enumerate(self._said)
        ]
        return "\n\n".join(self._said), {**info, "messages": messages}


def without_thoughts(completion: str) -> str:
    """Return what a completion says outside its thoughts.

    Example:
        >>> without_thoughts("<think>2 + 3 = 5</think> <answer>2 + 3</answer> <think>or")
        '<answer>2 + 3</answer>'
    """
    return completion.rpartition("</think>")[2].partition("<think>")[0].strip()
