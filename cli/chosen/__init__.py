"""Which findings count: each once, without those that are suppressed, known or older than a branch."""
