"""Files that async-fix keeps for itself in the user's cache folder.

What lies there is not trusted: a file counts when it is the user's own and whole. Nothing here fails: a
folder that cannot be read or written is as good as an empty one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

_TOOL = Path(__file__).parents[2]
"""All rooms: facts are of `analysis`, a report is of every one."""
_CHECKSUM = hashlib.sha256().digest_size


class Stored:
    """Files in one folder, each found by its name; those used longest ago go first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> memoryview | None:
        path = self._folder / name
        with contextlib.suppress(OSError):
            if _is_ours(self._folder) and _is_ours(path):
                data = memoryview(path.read_bytes())
                if hashlib.sha256(data[_CHECKSUM:]).digest() == data[:_CHECKSUM]:
                    os.utime(path)
                    return data[_CHECKSUM:]
        return None

    def write(self, name: str, content: bytes, kept: int) -> None:
        """At once or not at all; of all files in the folder, `kept` stay."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(self._folder):
                return
            handle, temporary = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as out:
                    out.write(hashlib.sha256(content).digest())
                    out.write(content)
                os.replace(temporary, self._folder / name)
            except BaseException:
                os.unlink(temporary)  # a full disk is not to be filled with halves
                raise
            files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
            for path in files[kept:]:
                path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return False
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


@lru_cache(maxsize=1)
def tool() -> bytes:
    """Which code made something: that of async-fix, as it is now, under this Python."""
    files = sorted([*_TOOL.rglob("*.py"), *_TOOL.rglob("*.toml")])
    seen = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return repr((sys.version, seen)).encode()
