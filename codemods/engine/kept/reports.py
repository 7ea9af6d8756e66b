"""Reports of earlier runs in the user's cache folder, each under a digest of everything that made it.

What lies there is not trusted: a file counts when it is the user's own, is whole, and holds nothing but the
types of a report.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import pickle
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from ... import model
from ...model import Report
from ..read.project import Project
from ..run import Run
from .stored import Stored, tool

_KEPT = 64
"""Reports; the ones used longest ago go first."""
_DECLARING = ("*.toml", "*.cfg", "*.ini", "*.txt", "*.in", "setup.py", "Pipfile", "requirements/*")


class ReportCache:
    """Nothing here fails: a cache that cannot be read or written is as good as an empty one."""

    def __init__(self, folder: Path) -> None:
        self._stored = Stored(folder)

    def load(self, run: Run) -> Report | None:
        content = self._stored.read(_digest(run))
        if content is not None:
            # of another version, or made by somebody: as if it were not there
            with contextlib.suppress(Exception):
                found = _Reader(io.BytesIO(content)).load()
                return found if isinstance(found, Report) else None
        return None

    def store(self, run: Run, report: Report) -> None:
        content = io.BytesIO()
        _Writer(content, protocol=5).dump(report)
        self._stored.write(_digest(run), content.getvalue(), _KEPT)


class _Writer(pickle.Pickler):
    """Writes members of an enum as calls of it: early releases of Python 3.11 look them up by `getattr`,
    which a reader that trusts nobody cannot allow."""

    def reducer_override(self, obj: object) -> Any:
        return (type(obj), (obj.value,)) if isinstance(obj, Enum) else NotImplemented


class _Reader(pickle.Unpickler):
    """Makes objects of the model, and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        found = getattr(model, name, None)
        if module.startswith(f"{model.__name__}.") and isinstance(found, type) and found.__module__ == module:
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a report")


def _digest(run: Run) -> str:
    found = hashlib.sha256()
    for part in _parts(run):
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()


def _parts(run: Run) -> Iterator[bytes]:
    project = run.project
    yield tool()
    yield repr((project.root, project.config, sorted(project.api), project.problems, run.problems)).encode()
    yield repr((project.line_limit, [*_declaring(project)])).encode()
    yield repr(run.templates).encode()
    around = project.surroundings
    yield repr((sorted(around.names.items()), sorted(around.databases), around.of_requests)).encode()
    for file in project.files:
        yield repr(file).encode()
        yield run.data.get(file.path, b"")


def _declaring(project: Project) -> Iterator[tuple[str, bytes]]:
    """The files that say what a project needs, and how it is laid out."""
    found = {path for home in project.homes for pattern in _DECLARING for path in home.glob(pattern)}
    for path in sorted(found):
        with contextlib.suppress(OSError):
            yield str(path), hashlib.sha256(path.read_bytes()).digest()
