"""Commands that this package adds to `countdown-gym`: one file and one entry point for each."""
