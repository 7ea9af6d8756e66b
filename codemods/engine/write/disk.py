"""The few operations on the disk that `write` is made of: durable, not through links, one run at a time."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class BusyError(Exception):
    """Another run holds the lock."""


def create(path: Path, data: bytes, like: os.stat_result | None = None, mode: int = 0o666) -> None:
    """A new file whose content has reached the disk, with the mode and the owner of `like`."""
    handle = os.open(path, _CREATE, mode if like is None else 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        if like is not None:
            _keep_owner(path, like)
            os.chmod(path, stat.S_IMODE(like.st_mode))
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep_owner(path: Path, like: os.stat_result) -> None:
    """Only root may give files away, and only root's runs would change the owner."""
    if hasattr(os, "chown") and (os.stat(path).st_uid, os.stat(path).st_gid) != (like.st_uid, like.st_gid):
        with contextlib.suppress(PermissionError):
            os.chown(path, like.st_uid, like.st_gid)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """The file is gone afterwards, whether it was there or not."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_folder(folder: Path) -> None:
    """With the files in it; no folders are expected there."""
    if folder.is_dir():
        for name in sorted(os.listdir(folder)):
            remove(folder / name)
        os.rmdir(folder)


def remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def lock(path: Path) -> int:
    """A handle to be closed at the end. Raises `BusyError`.

    The lock dies with the process: a killed run does not bar the next one.
    """
    handle = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        _take(handle)
        if not os.path.samestat(os.fstat(handle), os.stat(path)):
            raise BusyError  # the run before removed the file between the two calls
    except OSError:
        os.close(handle)
        raise BusyError from None
    except BusyError:
        os.close(handle)
        raise
    return handle


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
