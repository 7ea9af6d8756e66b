"""What must come one behind the other: statements, rounds of loops, messages, requests."""
