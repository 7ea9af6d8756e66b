"""Bringing back what the files of a write held before it, one by one; every step may be repeated."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from . import disk
from .journal import Entry, Journal, digest


class RefusedError(Exception):
    """The file holds neither the old content nor the new: it is somebody else's now."""


def temporary(root: Path, entry: Entry) -> Path:
    return (root / entry.path).with_name(f".async-fix-{entry.number}.tmp")


def is_to_be_put_back(root: Path, entry: Entry) -> bool:
    """Does the file hold what was written? Raises `RefusedError` and `OSError`."""
    target = root / entry.path
    there = os.path.lexists(target)
    current = digest(target.read_bytes()) if target.is_file() and not target.is_symlink() else None
    is_new = current == entry.new and entry.new != entry.old
    if not is_new and (current != entry.old or (there and current is None)):
        raise RefusedError("has changed since" if there else "is gone")
    return is_new


def put_back(root: Path, journal: Journal, entry: Entry, *, keep_time: bool = False) -> bool:
    """True when something had to be done. Raises `RefusedError` and `OSError`."""
    target = root / entry.path
    disk.remove(temporary(root, entry))
    is_new = is_to_be_put_back(root, entry)
    if is_new and entry.old is None:
        os.unlink(target)
    elif is_new:
        _restore(target, temporary(root, entry), journal, entry, keep_time)
    for folder in reversed(entry.folders):
        disk.remove_if_empty(root / folder)
    return is_new


def _restore(target: Path, draft: Path, journal: Journal, entry: Entry, keep_time: bool) -> None:
    disk.create(draft, journal.old(entry), os.stat(target))
    if keep_time:
        os.utime(draft, ns=(entry.mtime, entry.mtime))
    os.replace(draft, target)
    disk.sync_folder(target.parent)


def roll_back(
    root: Path, journal: Journal, last: Journal, entries: Sequence[Entry]
) -> tuple[list[str], list[str]]:
    """The tree before an unfinished write: paths that were put back, and paths that others have changed.

    Raises `OSError`; then the journal still says what is to be done.
    """
    written: list[str] = []
    refused: list[Entry] = []
    for entry in entries:
        try:
            if put_back(root, journal, entry, keep_time=True):
                written.append(entry.path)
        except RefusedError:
            refused.append(entry)
    settle(journal, refused)
    if refused:
        journal.replace(last)
    return written, [entry.path for entry in refused]


def settle(journal: Journal, left: Sequence[Entry]) -> None:
    """Files that could not be put back stay in the journal, or their old contents would be lost."""
    if left:
        journal.store("done", left)
    elif journal.folder.exists():
        journal.remove()
