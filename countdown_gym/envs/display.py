"""Showing pictures: as arrays, or in a window, whichever the render mode asks for.

Pillow and pygame are imported when an environment is made that needs them (extra `render`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import gymnasium as gym

from countdown_gym.envs.pictures import HEIGHT, WIDTH, Frame, Scene, draw
from countdown_gym.errors import InvalidParameterError, UnknownNameError

RENDER_MODES = ("ansi", "human", "rgb_array")
"""How every environment may be shown."""
METADATA: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 2}
"""What every environment tells Gymnasium: its render modes, and its pictures in a second."""


class Display:
    """Where an environment is shown.

    Args:
        mode: A name in `RENDER_MODES`, or None for nowhere.

    Raises:
        UnknownNameError: If there is no such mode.
        gymnasium.error.DependencyNotInstalled: If a package is missing that the mode needs.
    """

    def __init__(self, mode: str | None) -> None:
        if mode not in (None, *RENDER_MODES):
            raise UnknownNameError("render mode", mode, RENDER_MODES)
        self.mode = mode
        self._window: Any = None
        self._clock: Any = None
        if mode in {"human", "rgb_array"}:
            _require("PIL", "Pillow")
        if mode == "human":
            _require("pygame", "pygame-ce")

    @property
    def is_live(self) -> bool:
        """Whether every step is to be shown without being asked."""
        return self.mode == "human"

    def show(self, text: Callable[[], str], scene: Callable[[], Scene]) -> str | Frame | None:
        """Show a moment, and return it if it is not shown in a window.

        Raises:
            InvalidParameterError: If there is no screen for a window.
        """
        if self.mode is None:
            return None
        if self.mode == "ansi":
            return text()
        picture = draw(scene())
        if self.mode == "rgb_array":
            return picture
        self._open()
        self._put(picture)
        return None

    def close(self) -> None:
        """Close the window, if one is open."""
        if self._window is not None:
            import pygame

            pygame.display.quit()
            self._window = self._clock = None

    def _open(self) -> None:
        import pygame

        if self._window is not None:
            return
        try:
            pygame.display.init()
            self._window = pygame.display.set_mode((WIDTH, HEIGHT))
        except pygame.error as error:
            raise InvalidParameterError(
                "render_mode 'human' needs a screen; without one take 'rgb_array', or set "
                f"SDL_VIDEODRIVER=dummy, got: {error}"
            ) from error
        pygame.display.set_caption("Countdown")
        self._clock = pygame.time.Clock()

    def _put(self, picture: Frame) -> None:
        import pygame

        surface = pygame.surfarray.make_surface(picture.swapaxes(0, 1))
        self._window.blit(surface, (0, 0))
        pygame.event.pump()
        pygame.display.flip()
        self._clock.tick(METADATA["render_fps"])

    def __getstate__(self) -> dict[str, Any]:
        """Leave the window behind: it belongs to this process and this environment."""
        return {"mode": self.mode, "_window": None, "_clock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _require(module: str, package: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise gym.error.DependencyNotInstalled(
            f"pictures need {package}, which is missing: pip install 'countdown-gym[render]'"
        ) from error
