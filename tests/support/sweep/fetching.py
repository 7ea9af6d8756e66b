"""Gets packages from the package index with pip, as wheels: nothing of theirs is built or run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from .processes import run

_OLD_PYTHON = ("--python-version", "2.7", "--implementation", "py", "--abi", "none", "--platform", "any")
_TIME_LIMIT = 600
_TOGETHER = 12
# what decides how the tool reads a project, beside the code itself
_KEPT = {".py", ".pyi", ".toml", ".cfg", ".ini", ".ipynb"}


def fetch(requirements: Sequence[str], folder: Path) -> None:
    """Wheels of `name==version` below `folder`, those that are not there yet.

    `name==version py2` is a wheel for Python 2. Where one of several has no wheel, pip gets none of them;
    then they are asked for one by one.
    """
    missing = [requirement for requirement in requirements if wheel(requirement, folder) is None]
    for old in ("", "py2"):
        names = [name for name, _, python in map(_parts, missing) if python == old]
        for group in _groups(names):
            if not _download(group, old, folder) and len(group) > 1:
                for name in group:
                    _download([name], old, folder)


def wheel(requirement: str, folder: Path) -> Path | None:
    """The one that was fetched, if the package index had it."""
    name, version, _ = _parts(requirement)
    name = name.partition("==")[0]
    pattern = f"{re.sub(r'[-_.]+', '_', name)}-{version}-*.whl"
    return next((path for path in folder.iterdir() if _matches(path, pattern)), None)


def _matches(path: Path, pattern: str) -> bool:
    name, _, rest = path.name.partition("-")
    spelled = f"{re.sub(r'[-_.]+', '_', name).lower()}-{rest}"
    return PurePosixPath(spelled).match(pattern)


def _parts(requirement: str) -> tuple[str, str, str]:
    """`name==version`, `version`, and `py2` or nothing."""
    name, _, python = requirement.partition(" ")
    return name, name.partition("==")[2], python


def _groups(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _TOGETHER):
        yield names[start : start + _TOGETHER]


def _download(names: Sequence[str], old: str, folder: Path) -> bool:
    command = ["-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    options = ["--only-binary", ":all:", *(_OLD_PYTHON if old else ()), "-d", str(folder)]
    return run([*command, *options, *names], folder, _TIME_LIMIT).code == 0


def unpack(archive: Path, tree: Path) -> None:
    """The source files of a wheel below `tree`, which becomes a project."""
    tree.mkdir(parents=True)
    (tree / "pyproject.toml").write_text("")
    with zipfile.ZipFile(archive) as file:
        for name in file.namelist():
            path = PurePosixPath(name)
            is_inside = not path.is_absolute() and ".." not in path.parts
            if is_inside and path.suffix in _KEPT:
                file.extract(name, tree)
