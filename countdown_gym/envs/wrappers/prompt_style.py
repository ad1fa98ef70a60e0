"""The same puzzles, put in other words."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from countdown_gym.errors import InvalidParameterError
from countdown_gym.prompts import prompt, require_style


class PromptStyle(gym.Wrapper[str, str, str, str], gym.utils.RecordConstructorArgs):
    """Puts each puzzle in another style than the environment was made with.

    For environments that come ready-made; one that is made on the spot takes `prompt_style`. What
    is said after the first turn of a dialogue stays as it is.

    Args:
        env: An environment whose `reset` gives a text.
        style: A name in `countdown_gym.prompts.STYLES`.

    Raises:
        InvalidParameterError: If observations are no texts.
        UnknownNameError: If there is no such style.

    Example:
        >>> import countdown_gym
        >>> env = PromptStyle(gym.make("Countdown-v0"), "terse")
        >>> prompt, info = env.reset(options={"puzzle": {"numbers": [2, 3], "target": 6}})
        >>> prompt
        '2 3 make 6 <think>'
    """

    def __init__(self, env: gym.Env[str, str], style: str) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, style=style)
        super().__init__(env)
        if not isinstance(env.observation_space, gym.spaces.Text):
            raise InvalidParameterError(
                f"only a text has a style, got observations in {env.observation_space}"
            )
        require_style(style)
        self.style = style

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Put a puzzle in this style."""
        _, info = self.env.reset(seed=seed, options=options)
        return prompt(info["puzzle"], self.style), info
