"""Where a project says what it needs; what stands there is read by `declared`, when somebody asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REQUIREMENTS = ("requirement*.txt", "requirements/*.txt", "requirement*.in")
_OTHERS = ("setup.py", "setup.cfg", "Pipfile")
_PROGRAMS = frozenset({"flit", "pdm", "pixi", "poetry"})
"""Tables of tools that name dependencies."""
_BUILDERS = (b"setuptools", b"distutils", b"skbuild")


def declares(folder: Path) -> bool:
    """Does it hold a file that names dependencies? A `pyproject.toml` of tools alone, or of a workspace, does
    not."""
    return any(path.is_file() and not _is_of_tools(path) for path in declaring_files(folder))


def _is_of_tools(path: Path) -> bool:
    if path.name != "pyproject.toml":
        return False
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return "project" not in found and found.get("tool", {}).keys().isdisjoint(_PROGRAMS)


def declaring_files(folder: Path) -> Iterator[Path]:
    """Those that may name dependencies."""
    yield folder / "pyproject.toml"
    for pattern in (*REQUIREMENTS, *_OTHERS):
        yield from (path for path in sorted(folder.glob(pattern)) if not _is_module(path))


def _is_module(path: Path) -> bool:
    """`app/setup.py` of the application itself, which sets up something else."""
    if path.name != "setup.py" or not (path.parent / "__init__.py").is_file():
        return False
    try:
        text = path.read_bytes()
    except OSError:
        return False
    return not any(builder in text for builder in _BUILDERS)
