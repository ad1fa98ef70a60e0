"""Check that a wheel holds exactly the tracked files of the two packages.

Usage: git ls-files -- countdown_gym agents/countdown_agents | python wheel_contents.py WHEEL
"""

import sys
import zipfile


def main() -> None:
    """Compare the wheel named on the command line with the file list on standard input."""
    tracked = {line.strip().removeprefix("agents/") for line in sys.stdin if line.strip()}
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    complaints = [f"missing from the wheel: {name}" for name in sorted(tracked - held)]
    complaints += [f"in the wheel, but not tracked: {name}" for name in sorted(held - tracked)]
    if not tracked:
        complaints.append("no tracked files were named on standard input")
    if complaints:
        sys.exit("\n".join(complaints))
    sys.stdout.write(f"{len(held)} files, all of countdown_gym and countdown_agents\n")


if __name__ == "__main__":
    main()
