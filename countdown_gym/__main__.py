"""`python -m countdown_gym` is `countdown-gym`."""

from countdown_gym.cli import main

main()
