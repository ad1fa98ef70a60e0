"""Those who take part, each in a process of its own."""
