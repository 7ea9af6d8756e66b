"""Where a project says what it needs; what stands there is read by `declared`, when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

REQUIREMENTS = ("requirement*.txt", "requirements/*.txt", "requirement*.in")
_OTHERS = ("setup.py", "setup.cfg", "Pipfile")


def declares(folder: Path) -> bool:
    """Does it hold a file that names dependencies?"""
    return any(path.is_file() for path in declaring_files(folder))


def declaring_files(folder: Path) -> Iterator[Path]:
    """Those that may name dependencies."""
    yield folder / "pyproject.toml"
    for pattern in (*REQUIREMENTS, *_OTHERS):
        yield from sorted(folder.glob(pattern))
