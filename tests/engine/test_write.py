"""All files or none, and the way back."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from async_fix.codemods.engine.write import disk
from async_fix.codemods.engine.write.transaction import Change, WriteReport, undo, write_changes
from transactions import CHANGES, NEW, OLD, contents, is_new, is_old, make, refusal, with_folders


def test_all_files_are_new_and_keep_their_modes(tmp_path: Path) -> None:
    assert write_changes(make(tmp_path), CHANGES) == WriteReport(tuple(sorted(CHANGES)))
    assert is_new(tmp_path)
    assert stat.S_IMODE((tmp_path / "app" / "a.py").stat().st_mode) == 0o750
    assert (tmp_path / "untouched.py").stat().st_mtime_ns == 10**18
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "domain" / "deep" / "tasks.py").stat().st_mode) == 0o666 & ~umask


def test_no_changes_leave_no_trace(tmp_path: Path) -> None:
    assert write_changes(tmp_path, {}) == WriteReport()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", [False, True])
def test_git_does_not_see_the_journal(tmp_path: Path, left: bool) -> None:
    """A disk that was full has left the file empty which says so."""
    subprocess.run(["git", "init", "-q", str(make(tmp_path))], check=True)
    if left:
        (tmp_path / ".async-fix").mkdir()
        (tmp_path / ".async-fix" / ".gitignore").touch()
    write_changes(tmp_path, CHANGES)
    command = ["git", "-C", str(tmp_path), "status", "--porcelain", "-uall"]
    assert ".async-fix" not in subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_journal_is_for_the_owner_alone(tmp_path: Path) -> None:
    write_changes(make(tmp_path), CHANGES)
    kept = sorted((tmp_path / ".async-fix" / "journal" / "last").iterdir())
    assert [path.name for path in kept] == ["0.old", "1.old", "3.old", "manifest.json"]
    for path in kept:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_undo_brings_everything_back_once(tmp_path: Path) -> None:
    write_changes(make(tmp_path), CHANGES)
    assert undo(tmp_path) == WriteReport(tuple(sorted(CHANGES)))
    assert is_old(tmp_path)
    assert stat.S_IMODE((tmp_path / "app" / "a.py").stat().st_mode) == 0o750
    assert not (tmp_path / ".async-fix").exists()
    assert refusal(lambda: undo(tmp_path)) == "there is nothing to undo here"


def test_an_empty_journal_is_nothing_to_undo(tmp_path: Path) -> None:
    (tmp_path / ".async-fix" / "journal").mkdir(parents=True)
    assert refusal(lambda: undo(tmp_path)) == "there is nothing to undo here"


def test_undo_leaves_folders_that_were_there_before(tmp_path: Path) -> None:
    (make(tmp_path) / "domain").mkdir()
    write_changes(tmp_path, CHANGES)
    undo(tmp_path)
    assert contents(tmp_path) == {**with_folders(OLD), "domain/": b""}


def test_a_file_of_somebody_else_stays_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[Path, int, int]] = []
    monkeypatch.setattr(os, "chown", lambda *arguments: given.append(arguments), raising=False)
    mine = os.stat(tmp_path)
    disk.create(tmp_path / "mine.py", b"", mine)
    assert given == []
    theirs = os.stat_result((*mine[:4], mine.st_uid + 1, mine.st_gid, *mine[6:]))
    disk.create(tmp_path / "theirs.py", b"", theirs)
    assert given == [(tmp_path / "theirs.py", mine.st_uid + 1, mine.st_gid)]


def test_undo_takes_back_the_last_apply_only(tmp_path: Path) -> None:
    write_changes(make(tmp_path), CHANGES)
    write_changes(tmp_path, {"main.py": Change(NEW["main.py"], b"m = 3")})
    assert undo(tmp_path).written == ("main.py",)
    assert is_new(tmp_path)


def test_undo_brings_nothing_back_where_files_have_changed_since_or_the_others_alone(tmp_path: Path) -> None:
    write_changes(make(tmp_path), CHANGES)
    (tmp_path / "app" / "a.py").write_bytes(b"a = 3\n")
    (tmp_path / "app" / "b.py").unlink()
    (tmp_path / "domain" / "deep" / "mine.py").write_bytes(b"")
    foreign = (("app/a.py", "has changed since"), ("app/b.py", "is gone"))
    assert undo(tmp_path) == WriteReport((), foreign)
    assert (tmp_path / "main.py").read_bytes() == NEW["main.py"]
    report = undo(tmp_path, partly=True)
    assert report.written == ("domain/deep/tasks.py", "main.py")
    assert report.refused == foreign
    assert (tmp_path / "app" / "a.py").read_bytes() == b"a = 3\n"
    assert (tmp_path / "domain" / "deep" / "mine.py").exists()
    (tmp_path / "app" / "a.py").write_bytes(NEW["app/a.py"])
    (tmp_path / "app" / "b.py").write_bytes(OLD["app/b.py"])
    assert undo(tmp_path) == WriteReport(("app/a.py",))
    assert (tmp_path / "app" / "a.py").read_bytes() == OLD["app/a.py"]


def test_a_file_that_has_changed_since_it_was_read_stops_everything(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "main.py").write_bytes(b"m = 5")
    message = "main.py: has changed since it was read; nothing was written"
    assert refusal(lambda: write_changes(tmp_path, CHANGES)) == message
    (tmp_path / "main.py").write_bytes(OLD["main.py"])
    assert is_old(tmp_path)
    assert not (tmp_path / ".async-fix").exists()


def test_a_file_that_is_gone_or_that_somebody_made_meanwhile(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "main.py").unlink()
    assert refusal(lambda: write_changes(tmp_path, CHANGES)) == "main.py: is gone; nothing was written"
    change = {"untouched.py": Change(None, b"new")}
    assert (
        refusal(lambda: write_changes(tmp_path, change))
        == "untouched.py: is already there; nothing was written"
    )


def test_a_disk_that_takes_names_in_any_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There `Untouched.py` is `untouched.py`, which the project has."""
    make(tmp_path)
    read, look = Path.read_bytes, os.stat

    def found(path: str | Path) -> str | Path:
        return tmp_path / "untouched.py" if Path(path) == tmp_path / "Untouched.py" else path

    monkeypatch.setattr(Path, "read_bytes", lambda path: read(found(path)))
    monkeypatch.setattr(os, "stat", lambda path, *given, **options: look(found(path), *given, **options))
    words = refusal(lambda: write_changes(tmp_path, {"Untouched.py": Change(None, b"new")}))
    monkeypatch.undo()
    assert words == "Untouched.py: is already there; nothing was written"
    assert is_old(tmp_path)


def test_a_file_that_changes_while_the_new_ones_are_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path)
    create = disk.create

    def create_and_edit(path: Path, *arguments: Any, **options: Any) -> None:
        create(path, *arguments, **options)
        if path.parent == tmp_path:
            (tmp_path / "app" / "a.py").write_bytes(b"edited")

    monkeypatch.setattr(disk, "create", create_and_edit)
    message = "app/a.py: has changed since it was read; nothing was written"
    assert refusal(lambda: write_changes(tmp_path, CHANGES)) == message
    assert contents(tmp_path) == {**with_folders(OLD), "app/a.py": b"edited"}


@pytest.mark.parametrize("path", ["../outside.py", "app/../../outside.py", "linked/outside.py"])
def test_nothing_outside_the_project_is_written(tmp_path: Path, path: str) -> None:
    root = make(tmp_path / "project")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "outside.py").write_bytes(b"x")
    (tmp_path / "outside.py").write_bytes(b"x")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    message = f"{path}: lies outside the project; nothing was written"
    assert refusal(lambda: write_changes(root, {path: Change(b"x", b"y")})) == message
    assert (
        (tmp_path / "outside.py").read_bytes() == (tmp_path / "elsewhere" / "outside.py").read_bytes() == b"x"
    )


def test_links_are_not_written_through(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "link.py").symlink_to("main.py")
    change = {"link.py": Change(OLD["main.py"], b"y")}
    assert (
        refusal(lambda: write_changes(tmp_path, change)) == "link.py: is a symbolic link; nothing was written"
    )


def test_the_journal_is_not_kept_behind_a_link(tmp_path: Path) -> None:
    root = make(tmp_path / "project")
    (tmp_path / "elsewhere").mkdir()
    (root / ".async-fix").symlink_to(tmp_path / "elsewhere")
    assert (
        refusal(lambda: write_changes(root, CHANGES)) == ".async-fix: is a symbolic link; nothing was written"
    )
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_another_name_of_a_file_keeps_what_it_held(tmp_path: Path) -> None:
    """Installers link files of a cache into projects: the cache must not change with the project."""
    root, cache = make(tmp_path / "project"), tmp_path / "cache.py"
    os.link(root / "app" / "a.py", cache)
    write_changes(root, CHANGES)
    assert is_new(root)
    assert cache.read_bytes() == OLD["app/a.py"]
    undo(root)
    assert is_old(root)
    assert cache.read_bytes() == OLD["app/a.py"]


def test_a_folder_that_vanishes_stops_everything(tmp_path: Path) -> None:
    make(tmp_path)
    shutil.rmtree(tmp_path / "app")
    assert refusal(lambda: write_changes(tmp_path, CHANGES)) == "app/a.py: is gone; nothing was written"
    assert (tmp_path / "main.py").read_bytes() == OLD["main.py"]
    assert not (tmp_path / "domain").exists()


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "main.py").chmod(0o444)
    assert refusal(lambda: write_changes(tmp_path, CHANGES)) == "main.py: is read-only; nothing was written"
    assert is_old(tmp_path)


def test_a_folder_where_a_file_should_be(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "domain").write_bytes(b"")
    message = "domain/deep/tasks.py: Not a directory; nothing was written"
    assert refusal(lambda: write_changes(tmp_path, CHANGES)) == message
    change = {"app": Change(None, b"x")}
    assert refusal(lambda: write_changes(tmp_path, change)) == "app: Is a directory; nothing was written"


def test_two_runs_at_once(tmp_path: Path) -> None:
    make(tmp_path)
    script = """
        import sys, time
        from pathlib import Path
        from async_fix.codemods.engine.write import disk
        home = Path(sys.argv[1]) / ".async-fix"
        home.mkdir()
        disk.lock(home / "lock")
        print("locked", flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        message = "another run of async-fix is writing here; nothing was written"
        assert refusal(lambda: write_changes(tmp_path, CHANGES)) == message
        assert refusal(lambda: undo(tmp_path)) == message
        other.kill()
    assert is_old(tmp_path)
    write_changes(tmp_path, CHANGES)
    assert is_new(tmp_path)


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    write_changes(make(tmp_path), CHANGES)
    manifest = tmp_path / ".async-fix" / "journal" / "last" / "manifest.json"
    manifest.write_text("{")
    message = ".async-fix/journal/last/manifest.json: cannot be read; nothing was written"
    assert refusal(lambda: undo(tmp_path)) == message


def test_a_place_where_no_journal_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)

    def refuse(path: object, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", refuse)
        message = refusal(lambda: write_changes(tmp_path, CHANGES))
    assert message == ".async-fix: Read-only file system; nothing was written"
    assert is_old(tmp_path)
