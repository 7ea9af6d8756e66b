"""The config: its keys, their values and where each came from."""
