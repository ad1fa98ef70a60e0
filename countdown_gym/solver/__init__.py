"""The oracle: what can be reached from these numbers, exactly. `oracle.Oracle` is the one door."""
