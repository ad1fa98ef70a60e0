"""Write what is golden anew: `python -m tests.golden.regenerate`, then read the diff."""

from __future__ import annotations


def main() -> None:
    """Write the playthrough of each registered environment, their pages, and a search."""
    from countdown_gym.registration import ENVIRONMENTS
    from tests.golden.test_environment_pages import PAGES, pages
    from tests.golden.test_playthroughs import FOLDER, playthrough
    from tests.golden.test_traces import GOLDEN, text

    FOLDER.mkdir(exist_ok=True)
    for env_id in sorted(ENVIRONMENTS):
        (FOLDER / f"{env_id}.txt").write_text(playthrough(env_id), encoding="utf-8", newline="\n")
    PAGES.mkdir(exist_ok=True)
    for name, page in pages().items():
        (PAGES / name).write_text(page, encoding="utf-8", newline="\n")
    GOLDEN.write_text(text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
