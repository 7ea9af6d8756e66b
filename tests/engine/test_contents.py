"""The files of one run are read once, and what cannot be read is said by whoever needs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.read.contents import Contents
from async_fix.codemods.engine.settings.config import Config

SOURCE = b"from app.other import f\nimport os\n"


def test_a_file_is_read_once(tmp_path: Path) -> None:
    contents = Contents()
    file = tmp_path / "main.py"
    file.write_bytes(SOURCE)
    first = contents.imports(tmp_path, "main.py")
    file.write_bytes(b"import sys\n")
    assert contents.read(tmp_path, "main.py") == SOURCE
    assert contents.imports(tmp_path, "main.py") == first
    assert {each.module for each in first} == {("app", "other"), ("os",)}


def test_the_next_run_reads_it_anew(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_bytes(SOURCE)
    first = pipeline.start([tmp_path], Config())
    (tmp_path / "main.py").write_bytes(b"import sys\n")
    second = pipeline.start([tmp_path], Config())
    assert (first.texts["main.py"], second.texts["main.py"]) == (SOURCE.decode(), "import sys\n")


def test_what_cannot_be_read_imports_nothing_and_fails_for_whoever_reads_it(tmp_path: Path) -> None:
    contents = Contents()
    assert contents.imports(tmp_path, "gone.py") == frozenset()
    assert contents.known(tmp_path, "gone.py") == b""
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            contents.read(tmp_path, "gone.py")


def test_it_is_a_problem_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.py").write_bytes(SOURCE)
    (tmp_path / "locked.py").write_bytes(b"x = 1\n")

    real = Contents.read

    def read(self: Contents, folder: Path, path: str) -> bytes:
        if path == "locked.py":
            raise PermissionError(13, "Permission denied")
        return real(self, folder, path)

    monkeypatch.setattr(Contents, "read", read)
    run = pipeline.start([tmp_path], Config())
    assert [(each.path, each.message) for each in run.problems] == [
        ("locked.py", "cannot be read: Permission denied")
    ]
    assert [*run.texts] == ["main.py"]
