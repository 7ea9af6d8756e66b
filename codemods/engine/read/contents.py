"""The files of one run: where the project begins, how it is laid out and what it says are read from the same
bytes."""

from __future__ import annotations

import os
from pathlib import Path

from .import_roots import Written, written_imports


class Contents:
    """Every file is read once, whoever asks; one that cannot be read fails each time."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}
        self._imports: dict[str, frozenset[Written]] = {}

    def read(self, folder: str | os.PathLike[str], path: str) -> bytes:
        """Raises `OSError`."""
        whole = os.path.join(folder, path)
        if whole not in self._bytes:
            self._bytes[whole] = Path(whole).read_bytes()
        return self._bytes[whole]

    def known(self, folder: str | os.PathLike[str], path: str) -> bytes:
        """Nothing where it cannot be read: whoever reads it for its code reports it."""
        try:
            return self.read(folder, path)
        except OSError:
            return b""

    def imports(self, folder: str | os.PathLike[str], path: str) -> frozenset[Written]:
        """A file that cannot be read has none."""
        whole = os.path.join(folder, path)
        if whole not in self._imports:
            self._imports[whole] = frozenset(written_imports(self.known(folder, path)))
        return self._imports[whole]
