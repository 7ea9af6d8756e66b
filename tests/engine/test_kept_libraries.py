"""The catalogue is the same from the cache, and what lies there cannot change or stop a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.catalogue.loader import FOLDER, Library, read_file
from async_fix.codemods.engine.kept import libraries

FILES = sorted(FOLDER.glob("*.toml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "catalogue"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were read as TOML since."""
    found: list[str] = []

    def spy(path: Path) -> Library:
        found.append(path.name)
        return read_file(path)

    monkeypatch.setattr(libraries, "read_file", spy)
    return found


def asked(folder: Path, path: Path) -> Library:
    """By another process."""
    return libraries.kept_library.__wrapped__(folder, path)


def test_every_file_comes_out_as_it_was_read(folder: Path, parsed: list[str]) -> None:
    for path in FILES:
        assert asked(folder, path) == read_file(path)
    assert len(parsed) == len(FILES)
    for path in FILES:
        assert asked(folder, path) == read_file(path)
    assert len(parsed) == len(FILES)


def test_one_process_gives_the_same_object_again(folder: Path) -> None:
    """The shelf knows by that which files it has."""
    assert libraries.kept_library(folder, FILES[0]) is libraries.kept_library(folder, FILES[0])


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"not a library"])
def test_what_is_broken_is_read_again(folder: Path, parsed: list[str], content: bytes) -> None:
    asked(folder, FILES[0])
    (kept,) = folder.iterdir()
    kept.write_bytes(content)
    assert asked(folder, FILES[0]) == read_file(FILES[0])
    assert asked(folder, FILES[0]) == read_file(FILES[0])
    assert parsed == [FILES[0].name] * 2


def test_whole_files_of_another_form_are_read_again(folder: Path, parsed: list[str]) -> None:
    asked(folder, FILES[0])
    (kept,) = folder.iterdir()
    libraries.Stored(folder).write(kept.name, b"\x93\x01\x02\x03", 256)
    assert asked(folder, FILES[0]) == read_file(FILES[0])
    assert len(parsed) == 2


def test_another_version_of_the_tool_reads_again(
    folder: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(folder, FILES[0])
    monkeypatch.setattr(libraries, "tool", lambda: b"another")
    asked(folder, FILES[0])
    assert len(parsed) == 2


def test_what_others_may_write_is_not_believed(folder: Path, parsed: list[str]) -> None:
    asked(folder, FILES[0])
    (kept,) = folder.iterdir()
    kept.chmod(0o666)
    asked(folder, FILES[0])
    assert len(parsed) == 2


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path, parsed: list[str]) -> None:
    (tmp_path / "file").write_text("")
    for _ in range(2):
        assert asked(tmp_path / "file" / "catalogue", FILES[0]) == read_file(FILES[0])
    assert len(parsed) == 2
