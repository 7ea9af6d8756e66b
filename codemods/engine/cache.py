"""Reports of earlier runs in the user's cache folder, each under a digest of everything that made it.

What lies there is not trusted: a file counts when it is the user's own, is whole, and holds nothing but the
types of a report.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from .. import model
from ..model import Report
from .project import Project
from .run import Run
from .templates import template_words
from .text.line_limit import line_limit

_KEPT = 64
"""Reports; the ones used longest ago go first."""
_TOOL = Path(__file__).parents[1]
_DECLARING = ("*.toml", "*.cfg", "*.ini", "*.txt", "*.in", "setup.py", "Pipfile", "requirements/*")


class ReportCache:
    """Nothing here fails: a cache that cannot be read or written is as good as an empty one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, run: Run) -> Report | None:
        path = self._folder / _digest(run)
        with contextlib.suppress(OSError):
            if not _is_ours(self._folder) or not _is_ours(path):
                return None
            data = path.read_bytes()
            checksum, content = data[:32], data[32:]
            if hashlib.sha256(content).digest() != checksum:
                return None
            with contextlib.suppress(
                Exception
            ):  # of another version, or made by somebody: as if it were not there
                found = _Reader(io.BytesIO(content)).load()
                os.utime(path)
                return found if isinstance(found, Report) else None
        return None

    def store(self, run: Run, report: Report) -> None:
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(self._folder):
                return
            content = pickle.dumps(report, protocol=5)
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as out:
                out.write(hashlib.sha256(content).digest() + content)
            os.replace(name, self._folder / _digest(run))
            self._forget()

    def _forget(self) -> None:
        files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[_KEPT:]:
            path.unlink(missing_ok=True)


class _Reader(pickle.Unpickler):
    """Makes objects of the model, and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        found = getattr(model, name, None)
        if module.startswith(f"{model.__name__}.") and isinstance(found, type) and found.__module__ == module:
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a report")


def _is_ours(path: Path) -> bool:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return False
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


def _digest(run: Run) -> str:
    found = hashlib.sha256()
    for part in _parts(run):
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()


def _parts(run: Run) -> Iterator[bytes]:
    project = run.project
    yield _tool()
    yield repr((project.root, project.config, sorted(project.api), project.problems, run.problems)).encode()
    yield repr((line_limit(*project.homes), [*_declaring(project)])).encode()
    yield repr(sorted(template_words(project.root, run.texts.values()))).encode()
    for file in project.files:
        yield repr(file).encode()
        yield run.data.get(file.path, b"")


def _declaring(project: Project) -> Iterator[tuple[str, bytes]]:
    """The files that say what a project needs, and how it is laid out."""
    found = {path for home in project.homes for pattern in _DECLARING for path in home.glob(pattern)}
    for path in sorted(found):
        with contextlib.suppress(OSError):
            yield str(path), hashlib.sha256(path.read_bytes()).digest()


@lru_cache(maxsize=1)
def _tool() -> bytes:
    """Which code made a report: that of async-fix, as it is now, under this Python."""
    files = sorted([*_TOOL.rglob("*.py"), *_TOOL.rglob("*.toml")])
    seen = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return repr((sys.version, seen)).encode()
