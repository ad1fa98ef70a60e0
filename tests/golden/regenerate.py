"""Write every golden playthrough anew: `python -m tests.golden.regenerate`, then read the diff."""

from __future__ import annotations


def main() -> None:
    """Write one file for each registered environment."""
    from countdown_gym.registration import ENVIRONMENTS
    from tests.golden.test_playthroughs import FOLDER, playthrough

    FOLDER.mkdir(exist_ok=True)
    for env_id in sorted(ENVIRONMENTS):
        (FOLDER / f"{env_id}.txt").write_text(playthrough(env_id), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
