"""A small tree and the changes that are written to it, for the tests of `write`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from async_fix.codemods.engine.write.transaction import Change, WriteError

OLD = {
    "app/a.py": b"a = 1\n",
    "app/b.py": b"b = 1\r\n",
    "main.py": b"\xef\xbb\xbfm = 1",
    "untouched.py": b"u\n",
}
CHANGES = {
    "app/a.py": Change(OLD["app/a.py"], b"a = 2\n"),
    "app/b.py": Change(OLD["app/b.py"], b"b = 2\r\n"),
    "domain/deep/tasks.py": Change(None, b"t = 1\n"),
    "main.py": Change(OLD["main.py"], b"\xef\xbb\xbfm = 2" * 1000),
}
NEW = {**OLD, **{path: change.new for path, change in CHANGES.items()}}


def make(root: Path) -> Path:
    for path, data in OLD.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
        os.utime(root / path, ns=(10**18, 10**18))
    (root / "app" / "a.py").chmod(0o750)
    return root


def contents(root: Path) -> dict[str, bytes]:
    """Every file outside of `.async-fix`, and every folder as `name/`, so that leftovers show."""
    found = [path for path in root.rglob("*") if ".async-fix" not in path.parts]
    return {
        path.relative_to(root).as_posix() + ("/" if path.is_dir() else ""): b""
        if path.is_dir()
        else path.read_bytes()
        for path in found
    }


def with_folders(files: dict[str, bytes]) -> dict[str, bytes]:
    folders = {f"{parent}/" for path in files for parent in Path(path).parents if parent != Path()}
    return {**files, **dict.fromkeys(folders, b"")}


def is_old(root: Path) -> bool:
    return contents(root) == with_folders(OLD)


def is_new(root: Path) -> bool:
    return contents(root) == with_folders(NEW)


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(WriteError) as error:
        action()
    assert "\n" not in str(error.value)
    return str(error.value)
