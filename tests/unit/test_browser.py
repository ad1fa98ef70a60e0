"""A page is opened only where somebody would see it."""

from __future__ import annotations

import pytest

from countdown_agents.study.browser import has_screen

pytestmark = pytest.mark.agents


def test_a_page_is_opened_only_on_a_screen() -> None:
    assert has_screen("linux", {"WAYLAND_DISPLAY": "wayland-0"})
    assert has_screen("darwin", {})
    assert not has_screen("linux", {"DISPLAY": ""})
    assert not has_screen("darwin", {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"})
    assert not has_screen("linux", {"DISPLAY": ":0", "CI": "true"})
