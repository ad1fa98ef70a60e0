"""Which tokens can still become a legal answer: an automaton over characters, run over tokens."""
