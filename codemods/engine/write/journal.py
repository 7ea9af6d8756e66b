"""The journal of a write: what every file held before, and whether the write has come to its end.

.async-fix/.gitignore            everything in here is ours
.async-fix/lock
.async-fix/journal/next/         a write under way: manifest.json, 0.old, 1.old, ...
.async-fix/journal/last/         the last finished one, for `undo`
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import asdict

from . import disk

HOME = ".async-fix"


class Entry(msgspec.Struct, frozen=True):
    """One file of a write."""

    path: str
    number: int
    old: str | None
    """Digest of what it held; None when it was not there."""
    new: str
    mtime: int = 0
    """In nanoseconds."""
    folders: tuple[str, ...] = ()
    """Folders made for it, outermost first."""


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Journal:
    """One folder with a manifest, and the old contents by number."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def _manifest(self) -> Path:
        return self.folder / "manifest.json"

    def begin(self, entries: Sequence[Entry], contents: Mapping[str, bytes | None]) -> None:
        """Once this returns, the old tree can be brought back, whatever happens."""
        os.mkdir(self.folder)
        for entry in entries:
            old = contents[entry.path]
            if old is not None:
                disk.create(self._backup(entry), old, mode=0o600)
        self.store("writing", entries)

    def store(self, state: str, entries: Sequence[Entry]) -> None:
        draft = self.folder / "manifest.tmp"
        disk.remove(draft)
        data = json.dumps({"state": state, "files": [asdict(entry) for entry in entries]})
        disk.create(draft, data.encode(), mode=0o600)
        os.replace(draft, self._manifest)
        disk.sync_folder(self.folder)

    def load(self) -> tuple[str, tuple[Entry, ...]]:
        """State `none` when nothing was touched yet: the manifest comes after the backups."""
        try:
            data = json.loads(self._manifest.read_bytes())
        except FileNotFoundError:
            return "none", ()
        return data["state"], tuple(
            Entry(**{**entry, "folders": tuple(entry["folders"])}) for entry in data["files"]
        )

    def old(self, entry: Entry) -> bytes:
        return self._backup(entry).read_bytes()

    def _backup(self, entry: Entry) -> Path:
        return self.folder / f"{entry.number}.old"

    def remove(self) -> None:
        """The manifest goes first: without it the rest means nothing."""
        disk.remove(self._manifest)
        disk.remove_folder(self.folder)

    def replace(self, other: Journal) -> None:
        other.remove()
        os.replace(self.folder, other.folder)
        disk.sync_folder(other.folder.parent)
