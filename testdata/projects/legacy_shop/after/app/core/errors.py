"""Errors that main.py turns into responses."""


class NotFoundError(Exception):
    def __init__(self, kind: str, key: str):
        super().__init__(f"{kind} {key} not found")


class StorageError(Exception):
    """A stored file is there but cannot be used."""
