"""Patches that real git applies, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.cli.formats import diff
from async_fix.cli.shared.places import Places
from async_fix.codemods.model import FileResult, Status
from cli_project import Run, commit, git, write

CASES = {
    "plain": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "CRLF": (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n"),
    "mixed line ends": (b"a\r\nb\nc\r\n", b"a\r\nB\r\nc\r\n"),
    "CR alone": (b"a\rb\rc\r", b"a\rB\rc\r"),
    "no final newline": (b"a\nb", b"a\nB"),
    "final newline comes": (b"a\nb", b"a\nb\n"),
    "final newline goes": (b"a\nb\n", b"a\nb"),
    "no final newline, change above": (b"a\nb\nc", b"A\nb\nc"),
    "byte order mark": (b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfA\nb\n"),
    "UTF-8": ("größe = 1\n".encode(), "größe = 2\n".encode()),
    "Latin-1": (
        "# coding: latin-1\nx = 'ö'\n".encode("latin-1"),
        "# coding: latin-1\ny = 'ö'\n".encode("latin-1"),
    ),
    "form feed and separators": (b"a\x0cb\n\x1cc\n\xe2\x80\xa8d\n", b"a\x0cb\n\x1cC\n\xe2\x80\xa8d\n"),
    "lines that look like a patch": (b"--- a\n+++ b\n@@ -1 +1 @@\n", b"--- a\n+++ B\n@@ -1 +1 @@\n"),
    "new": (None, b"a\nb\n"),
    "new without final newline": (None, b"a\nb"),
    "new and empty": (None, b""),
    "emptied": (b"a\n", b""),
}
NAMES = ["a.py", "with space.py", "größe.py", 'quo"te.py', "back\\slash.py", "tab\there.py", "deep/er/a.py"]


def result(path: str, old: bytes | None, new: bytes) -> FileResult:
    return FileResult(path, Status.CREATED if old is None else Status.CHANGED, old, new)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    write(tmp_path / "seed", "x")
    return tmp_path


@pytest.mark.parametrize("case", CASES)
def test_git_applies_it(repository: Path, case: str) -> None:
    old, new = CASES[case]
    if old is not None:
        write(repository / "a.py", old)
    commit(repository)
    git(repository, "apply", "-", data=diff.unified(result("a.py", old, new), Places(repository)))
    assert (repository / "a.py").read_bytes() == new


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("old", [b"a\n", None])
def test_git_applies_it_to_any_name(repository: Path, name: str, old: bytes | None) -> None:
    if old is not None:
        write(repository / name, old)
    commit(repository)
    git(repository, "apply", "-", data=diff.unified(result(name, old, b"b\n"), Places(repository)))
    assert (repository / name).read_bytes() == b"b\n"


def test_a_project_inside_a_repository_is_patched_from_the_repositorys_root(repository: Path) -> None:
    write(repository / "back/end/a.py", b"a\n")
    commit(repository)
    patch = diff.unified(result("a.py", b"a\n", b"b\n"), Places(repository / "back/end"))
    git(repository / "back", "apply", "-", data=patch)
    assert (repository / "back/end/a.py").read_bytes() == b"b\n"


def test_nothing_is_printed_for_an_unchanged_file(repository: Path) -> None:
    assert diff.unified(result("a.py", b"a\n", b"a\n"), Places(repository)) == b""


def test_lines_that_a_long_file_has_often_stay_where_they_are() -> None:
    part = b"    found = ask(%d)\n    data = found.all()\n\n    return data\n\n\n"
    old = b"".join(part % number for number in range(100))
    new = old.replace(b"ask(", b"await ask(")
    result = FileResult("a.py", Status.CHANGED, old, new)
    assert diff.changed_lines(result) == (100, 100)
    lines = diff.unified(result, Places(Path("/"))).split(b"\n")[4:]
    assert [line for line in lines if line[:1] == b"-"] == [b"-    found = ask(%d)" % n for n in range(100)]


def test_changed_lines_are_counted() -> None:
    assert diff.changed_lines(result("a.py", b"a\nb\n", b"a\nc\nd\n")) == (2, 1)
    assert diff.changed_lines(result("a.py", None, b"a\nb\n")) == (2, 0)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [b"", b"\n# no newline behind this"])
def test_the_whole_way_through_a_pipe_and_git_gives_what_apply_writes(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch, ends: bytes, start: bytes, last: bytes
) -> None:
    path = committed / "app/api/pay.py"
    write(path, start + (path.read_bytes() + last).replace(b"\n", ends))
    git(committed, "commit", "-qam", "x", "--allow-empty")
    monkeypatch.setenv("FORCE_COLOR", "1")  # as many CI services set it
    patch = run("apply", "--dry-run", "app/api")
    assert patch.code == 1
    assert git(committed, "status", "--porcelain") == ""
    git(committed, "apply", "-", data=patch.raw)
    patched = path.read_bytes()
    git(committed, "checkout", "-q", ".")
    git(committed, "clean", "-fdq")
    assert run("apply", "app/api").code == 0
    assert path.read_bytes() == patched != b""


def test_a_patch_file_holds_the_same_bytes_as_the_pipe(committed: Path, run: Run, tmp_path: Path) -> None:
    piped = run("apply", "--dry-run", "app/api").raw
    result = run("apply", "--patch", tmp_path / "x.patch", "app/api")
    assert result.code == 1
    assert (tmp_path / "x.patch").read_bytes() == piped
    assert f"wrote {tmp_path / 'x.patch'}: " in result.out


def test_a_coloured_diff_says_the_same(committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    out = run("apply", "--dry-run", "--color", "app/api").out
    assert "\x1b[32m+async def slow():\x1b[0m\n" in out
    assert "\x1b[31m-def slow():\x1b[0m\n" in out
    assert "def pay(note: Optional[int] = None):" in out
