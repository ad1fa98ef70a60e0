"""Pictures of episodes: always of one size, within their margins, and true to the verdict."""

from __future__ import annotations

import copy
import pickle
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import RecordVideo
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from countdown_gym import make_vec
from countdown_gym.checking import judge
from countdown_gym.envs.pictures import (
    HEIGHT,
    MAX_ROWS,
    WIDTH,
    Frame,
    Row,
    Scene,
    Tile,
    answer_scene,
    dialogue_scene,
    draw,
    steps_scene,
)
from countdown_gym.envs.text import CountdownEnv
from countdown_gym.errors import InvalidParameterError, UnknownNameError
from countdown_gym.expressions import Operator
from countdown_gym.puzzles import Puzzle
from countdown_gym.registration import ENVIRONMENTS
from countdown_gym.solver.moves import legal_moves, play
from countdown_gym.solver.state import State

ARTICLE = Puzzle((25, 30, 3, 4), 32)
RIGHT, WRONG = "(30 - 25 + 3) * 4", "30 - 25 + 3 * 4"
PAPER, TILE = (0xFB, 0xFA, 0xF7), (0x2F, 0x5D, 0x8A)
GREEN, RED = (0x1D, 0x8A, 0x5B), (0xC2, 0x40, 0x3A)


def scene_of(text: str) -> Scene:
    return answer_scene(ARTICLE, judge(ARTICLE, text, convention="whole_text"))


def pixels(picture: Frame, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return where a picture has exactly a colour."""
    found: NDArray[np.bool_] = (picture == np.array(colour, np.uint8)).all(axis=2)
    return found


def runs(line: NDArray[np.bool_]) -> int:
    """Return how many separate runs of True there are."""
    return sum(value for value, _ in groupby(line.tolist()))


_TEXTS = st.one_of(
    st.text(max_size=40),
    st.text("0123456789 +-*/()×÷√", max_size=700),  # noqa: RUF001 - drawn signs
    st.sampled_from(["", "9" * 600, " ".join(["(100 + 6) * 3"] * 40), "سلام 你好 \ud800 \x00"]),
)


@settings(max_examples=25)
@given(
    st.lists(st.builds(Tile, _TEXTS, _TEXTS), min_size=1, max_size=32).map(tuple),
    st.lists(st.builds(Row, _TEXTS, _TEXTS, _TEXTS, st.sampled_from([True, False, None]))).map(
        tuple
    ),
    _TEXTS,
    st.sampled_from([True, False, None]),
    st.booleans(),
)
def test_every_picture_has_one_size_and_keeps_its_margins(
    tiles: tuple[Tile, ...], rows: tuple[Row, ...], text: str, right: bool | None, listed: bool
) -> None:
    picture = draw(Scene(tiles, text[:30], rows, text, right, listed))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    margin = np.ones((HEIGHT, WIDTH), np.bool_)
    margin[24:-16, 24:-24] = False
    assert pixels(picture, PAPER)[margin].all()


def test_the_same_scene_gives_the_same_picture() -> None:
    assert np.array_equal(draw(scene_of(WRONG)), draw(scene_of(WRONG)))
    assert not np.array_equal(draw(scene_of(WRONG)), draw(scene_of("30 - 25 + 4 * 3")))


def test_the_colour_is_that_of_the_verdict() -> None:
    pictures = {
        "open": draw(answer_scene(ARTICLE, None)),
        "right": draw(scene_of(RIGHT)),
        "wrong": draw(scene_of(WRONG)),
        "none": draw(scene_of("I do not know")),
    }
    greens = {name: int(pixels(picture, GREEN).sum()) for name, picture in pictures.items()}
    reds = {name: int(pixels(picture, RED).sum()) for name, picture in pictures.items()}
    assert greens["right"] > 200 > greens["open"] == greens["wrong"] == greens["none"] == 0
    assert reds["wrong"] > 200
    assert reds["none"] > 100
    assert reds["open"] == reds["right"] == 0


@pytest.mark.parametrize("count", [1, 4, 6, 8])
def test_there_is_a_tile_for_each_number(count: int) -> None:
    picture = draw(Scene(tuple(Tile("") for _ in range(count)), "100"))
    assert runs(pixels(picture, TILE)[60]) == count
    assert runs(pixels(draw(Scene((Tile(""),) * 32, "1")), TILE)[:, 60]) == 4


def test_a_dialogue_marks_each_attempt() -> None:
    attempts = [judge(ARTICLE, text, convention="whole_text") for text in (WRONG, "?", RIGHT)]
    for shown in range(4):
        part = dialogue_scene(ARTICLE, attempts[:shown], 3 - shown)
        assert [row.right for row in part.rows] == [False, False, True][:shown]
        column = pixels(draw(part), RED)[:440, WIDTH - 62 - 10]
        assert runs(column) >= min(shown, 2)
    scene = dialogue_scene(ARTICLE, attempts, 0)
    assert scene.rows[0].result == "17"
    assert scene.rows[1].fault == "unreadable"
    assert scene.status == "solved"
    assert dialogue_scene(ARTICLE, attempts[:1], 1).status.endswith("1 attempt left")
    assert dialogue_scene(ARTICLE, attempts[:1], 1).right is None
    assert dialogue_scene(ARTICLE, attempts[:2], 0).right is False


def test_of_many_attempts_the_latest_are_shown() -> None:
    wrong = judge(ARTICLE, WRONG, convention="whole_text")
    right = judge(ARTICLE, RIGHT, convention="whole_text")
    many = draw(dialogue_scene(ARTICLE, [wrong] * 20 + [right], 0))
    assert pixels(many, GREEN)[:440].any()
    assert MAX_ROWS < 20


def test_steps_show_what_was_done_and_what_remains() -> None:
    positions = [State.read((3, 5, 2))]
    for operator in (Operator.SUBTRACT, Operator.DIVIDE):
        moves = legal_moves(positions[-1].values, ARTICLE.rules)
        positions.append(play(positions[-1], next(m for m in moves if m.operator is operator)))
    scene = steps_scene(Puzzle((3, 5, 2), 9), positions, 1, None)
    assert [(row.text, row.result) for row in scene.rows] == [("3 - 5", "-2"), ("(-2) / 2", "-1")]
    assert scene.tiles == (Tile("-1", "(3 - 5) / 2"),)
    assert scene.status == "1 turn left"
    begun = steps_scene(Puzzle((3, 5, 2), 9), positions[:1], 3, None)
    assert begun.tiles == (Tile("3"), Tile("5"), Tile("2"))
    assert steps_scene(Puzzle((3, 5, 2), 9), positions, 0, right=False).status == "not solved"


# --- environments ----------------------------------------------------------------------------

every_id = pytest.mark.parametrize("env_id", sorted(ENVIRONMENTS))


@every_id
def test_an_episode_makes_frames_of_one_shape(env_id: str) -> None:
    env = gym.wrappers.RenderCollection(gym.make(env_id, render_mode="rgb_array"))
    env.action_space.seed(0)
    env.reset(seed=0)
    while not any(env.step(env.action_space.sample())[2:4]):
        pass
    frames: Any = env.render()
    assert len(frames) >= 2
    assert {(frame.shape, frame.dtype) for frame in frames} == {((540, 960, 3), np.dtype("uint8"))}
    assert not np.array_equal(frames[0], frames[-1])


@every_id
def test_a_window_shows_every_step_unasked(env_id: str) -> None:
    import pygame

    env = gym.make(env_id, render_mode="human")
    env.action_space.seed(0)
    env.reset(seed=0)
    window = pygame.display.get_surface()
    assert window is not None
    assert window.get_size() == (WIDTH, HEIGHT)
    before = pygame.surfarray.array3d(window)
    env.step(env.action_space.sample())
    assert not np.array_equal(pygame.surfarray.array3d(window), before)
    for other in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):  # noqa: S301 - our own bytes
        assert other.unwrapped.render_mode == "human"
    env.close()
    assert not pygame.display.get_init()
    env.close()  # a second time is no error


def test_nothing_is_shown_before_a_puzzle_is_put() -> None:
    assert gym.make("Countdown-v0", render_mode="rgb_array").unwrapped.render() is None


@pytest.mark.parametrize(
    ("mode", "module", "package"),
    [("rgb_array", "PIL", "Pillow"), ("human", "pygame", "pygame-ce")],
)
def test_a_missing_package_is_named_with_the_remedy(
    mode: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(gym.error.DependencyNotInstalled, match=rf"{package}.*gym\[render\]"):
        gym.make("Countdown-v0", render_mode=mode)
    gym.make("Countdown-v0", render_mode="ansi")  # needs neither


def test_a_window_without_a_screen_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "nowhere")
    env = gym.make("Countdown-v0", render_mode="human")
    with pytest.raises(InvalidParameterError, match="needs a screen; without one take 'rgb_array'"):
        env.reset(seed=0)
    env.close()


def test_a_batch_makes_a_picture_of_each_puzzle() -> None:
    envs = make_vec("Countdown-v0", num_envs=2, render_mode="rgb_array")
    envs.reset(seed=0)
    pictures: Any = envs.render()
    assert [picture.shape for picture in pictures] == [(540, 960, 3)] * 2
    assert not np.array_equal(*pictures)
    with pytest.raises(InvalidParameterError, match="a window shows one environment"):
        make_vec("Countdown-v0", num_envs=2, render_mode="human")


def test_an_unknown_mode_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'rgb_array'"):
        CountdownEnv(render_mode="rgb_arrays")


def test_an_episode_is_recorded_as_a_video(tmp_path: Path) -> None:
    # not among the requirements: it brings 70 MB of ffmpeg, and an older Pillow than is installed
    moviepy = pytest.importorskip("moviepy", reason="Gymnasium records videos with moviepy")
    env: gym.Env[Any, Any] = RecordVideo(
        gym.make("CountdownSteps-v0", render_mode="rgb_array"),
        str(tmp_path / "videos"),
        episode_trigger=lambda _: True,
        disable_logger=True,
    )
    env.reset(seed=0)
    steps, done = 0, False
    while not done:
        legal = env.get_wrapper_attr("action_masks")()
        _, _, terminated, truncated, _ = env.step(int(np.flatnonzero(legal)[0]))
        steps, done = steps + 1, terminated or truncated
    env.close()
    (video,) = (tmp_path / "videos").glob("*.mp4")
    with moviepy.VideoFileClip(str(video)) as clip:
        assert clip.size == [960, 540]
        assert clip.fps == env.metadata["render_fps"]
        assert clip.n_frames == steps + 1
