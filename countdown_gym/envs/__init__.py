"""The game as Gymnasium environments: one kind of episode in each file."""
