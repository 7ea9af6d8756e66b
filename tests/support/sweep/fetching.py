"""Gets packages from the package index with pip, as wheels: nothing of theirs is built or run."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path, PurePosixPath

from .processes import run

_OLD_PYTHON = ("--python-version", "2.7", "--implementation", "py", "--abi", "none", "--platform", "any")
_TIME_LIMIT = 300
# what decides how the tool reads a project, beside the code itself
_KEPT = {".py", ".pyi", ".toml", ".cfg", ".ini", ".ipynb"}


class NotThere(Exception):  # noqa: N818 (what it is, not that it is an error)
    """The package index has no wheel of it for this machine."""


def wheel(requirement: str, folder: Path) -> Path:
    """The wheel of `name==version`, got once and kept; `name==version py2` is one for Python 2."""
    name, _, old = requirement.partition(" ")
    kept = folder / requirement.replace(" ", "-")
    if not list(kept.glob("*.whl")):
        kept.mkdir(parents=True, exist_ok=True)
        command = ["-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
        options = ["--only-binary", ":all:", *(_OLD_PYTHON if old else ()), "-d", str(kept), name]
        done = run([*command, *options], folder, _TIME_LIMIT)
        if done.code:
            with contextlib.suppress(OSError):
                kept.rmdir()
            raise NotThere(done.err.strip().splitlines()[-1] if done.err.strip() else "pip failed")
    return next(kept.glob("*.whl"))


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
