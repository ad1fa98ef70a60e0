"""Opening a page where there is somebody to see it."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Mapping
from os import environ
from pathlib import Path


def has_screen(platform: str, environment: Mapping[str, str]) -> bool:
    """Whether a browser would open on a screen that the user looks at.

    Args:
        platform: What `sys.platform` says.
        environment: The variables of the process.

    Example:
        >>> has_screen("linux", {}), has_screen("linux", {"DISPLAY": ":0"})
        (False, True)
    """
    if "SSH_CONNECTION" in environment or "CI" in environment:
        return False
    if platform in {"darwin", "win32"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_page(page: Path) -> bool:
    """Open a page in the browser if there is a screen; return whether it was opened."""
    return has_screen(sys.platform, environ) and webbrowser.open(page.resolve().as_uri())
