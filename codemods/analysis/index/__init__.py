"""One file -> its facts, and nothing else."""
