"""At whatever step a write fails, exits or is killed: all files are new, or all are old."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from async_fix.codemods.engine.write.transaction import WriteError, WriteReport, recover, undo, write_changes
from transactions import CHANGES, NEW, OLD, contents, is_new, is_old, make, refusal, with_folders

STEPS = ("open", "write", "fsync", "replace", "unlink", "mkdir", "rmdir", "chmod", "utime")
Fault = Callable[[int, str, tuple[Any, ...], Callable[[], Any]], Any]


class Killed(BaseException):
    """The process is gone: nothing that it would still do happens."""


@contextmanager
def faults(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> Iterator[list[str]]:
    """Every step that changes the disk goes through `fault(number, name, arguments, carry_out)`."""
    taken: list[str] = []
    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, step(name, getattr(os, name), fault, taken))
        yield taken


def step(name: str, real: Callable[..., Any], fault: Fault, taken: list[str]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **options: Any) -> Any:
        taken.append(name)
        carry_out = (lambda: None) if name == "fsync" else (lambda: real(*arguments, **options))
        return fault(len(taken), name, arguments, carry_out)

    return wrapped


def no_fault(_number: int, _name: str, _arguments: tuple[Any, ...], carry_out: Callable[[], Any]) -> Any:
    return carry_out()


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fail_at(wanted: int) -> Fault:
    def fault(number: int, _name: str, _arguments: tuple[Any, ...], carry_out: Callable[[], Any]) -> Any:
        if number == wanted:
            raise full_disk()
        return carry_out()

    return fault


def fail_every(name: str, ending: str) -> Fault:
    def fault(_number: int, called: str, arguments: tuple[Any, ...], carry_out: Callable[[], Any]) -> Any:
        if called == name and str(arguments[-1]).endswith(ending):
            raise full_disk()
        return carry_out()

    return fault


def exit_at(wanted: int, ending: type[BaseException]) -> Fault:
    def fault(number: int, _name: str, _arguments: tuple[Any, ...], carry_out: Callable[[], Any]) -> Any:
        if number == wanted:
            raise ending
        return carry_out()

    return fault


def kill_at(wanted: int, *, after: bool) -> Fault:
    def fault(number: int, _name: str, _arguments: tuple[Any, ...], carry_out: Callable[[], Any]) -> Any:
        if number == wanted and after:
            carry_out()
        if number >= wanted:
            raise Killed
        return carry_out()

    return fault


def steps_of(root: Path, monkeypatch: pytest.MonkeyPatch, action: Callable[[Path], object]) -> int:
    with faults(monkeypatch, no_fault) as taken:
        action(root)
    return len(taken)


def write(root: Path) -> WriteReport:
    return write_changes(root, CHANGES)


def told(action: Callable[[], object]) -> str:
    """What a run says that does not succeed."""
    try:
        action()
    except WriteError as error:
        return str(error)
    return ""


def test_a_failure_at_any_step_leaves_all_old_or_all_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = steps_of(make(tmp_path / "count"), monkeypatch, write)
    assert count > 40
    for number in range(1, count + 1):
        root = make(tmp_path / str(number))
        with faults(monkeypatch, fail_at(number)):
            message = told(lambda root=root: write(root))
        if not message:
            assert is_new(root), number
            continue
        assert "No space left on device" in message, number
        assert message.endswith("; nothing was written"), number
        assert is_old(root), number
        assert (root / "app" / "a.py").stat().st_mtime_ns == 10**18, number


def test_what_is_renamed_has_reached_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut after a rename must not leave an empty file; and the renames themselves last."""
    with faults(monkeypatch, no_fault) as taken:
        write(make(tmp_path))
    steps = "".join({"write": "w", "fsync": "s", "replace": "r"}.get(name, "") for name in taken)
    assert steps.count("w") >= 8
    assert "ww" not in steps
    assert "wr" not in steps, "a file is renamed before its content has reached the disk"
    assert steps.endswith("rs"), "the last rename, of the journal, is not durable"
    assert re.fullmatch("(ws)+rs(ws)+r{4}s{4}(ws)+rsrs", steps), steps


@pytest.mark.parametrize("ending", [SystemExit, KeyboardInterrupt])
def test_an_end_at_any_step_puts_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
) -> None:
    count = steps_of(make(tmp_path / "count"), monkeypatch, write)
    seen = set()
    for number in range(1, count + 1):
        root = make(tmp_path / str(number))
        with faults(monkeypatch, exit_at(number, ending)), pytest.raises(ending):
            write(root)
        recover(root)
        assert is_old(root) or is_new(root), number
        seen.add(is_new(root))
    assert seen == {False, True}


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_step_is_made_good_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    count = steps_of(make(tmp_path / "count"), monkeypatch, write)
    seen = set()
    for number in range(1, count + 1):
        root = make(tmp_path / str(number))
        with faults(monkeypatch, kill_at(number, after=after)), pytest.raises(Killed):
            write(root)
        recover(root)
        assert is_old(root) or is_new(root), number
        seen.add(is_new(root))
        if is_old(root):
            assert (root / "main.py").stat().st_mtime_ns == 10**18
            write(root)
        undo(root)
        assert is_old(root), number
    assert seen == {False, True}


def test_a_kill_during_the_recovery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = steps_of(make(tmp_path / "count"), monkeypatch, write)
    interrupted_twice = 0
    for first in range(count // 2, count + 1, 5):
        second = 0
        while True:
            second += 1
            root = make(tmp_path / f"{first}-{second}")
            with faults(monkeypatch, kill_at(first, after=True)), pytest.raises(Killed):
                write(root)
            try:
                with faults(monkeypatch, kill_at(second, after=False)):
                    recover(root)
            except Killed:
                interrupted_twice += 1
                recover(root)
                assert is_old(root) or is_new(root), (first, second)
            else:
                assert is_old(root) or is_new(root), (first, second)
                break
    assert interrupted_twice > 40


def test_a_kill_during_undo_is_finished_by_the_next_undo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(make(tmp_path / "count"))
    count = steps_of(tmp_path / "count", monkeypatch, undo)
    assert count > 20
    for number in range(1, count + 1):
        root = make(tmp_path / str(number))
        write(root)
        with faults(monkeypatch, kill_at(number, after=False)), pytest.raises(Killed):
            undo(root)
        if not is_old(root):
            undo(root)
        assert is_old(root), number


def test_a_failure_that_cannot_be_put_back_is_told_and_undone_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path)
    replaced = 0

    def fault(_number: int, name: str, arguments: tuple[Any, ...], carry_out: Callable[[], Any]) -> Any:
        nonlocal replaced
        replaced += name == "replace" and str(arguments[-1]).endswith(".py")
        if name == "replace" and replaced > 1:
            raise full_disk()
        return carry_out()

    with faults(monkeypatch, fault):
        message = refusal(lambda: write(tmp_path))
    assert message.endswith("not all files could be put back; `async-fix undo` tries again")
    assert undo(tmp_path) == WriteReport(("app/a.py",), recovered=True)
    assert is_old(tmp_path)


def test_a_new_run_puts_an_interrupted_one_back_before_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(make(tmp_path), monkeypatch)
    message = refusal(lambda: write(tmp_path))
    assert message == "an earlier run was interrupted and has been put back; run it again"
    assert is_old(tmp_path)
    write(tmp_path)
    assert is_new(tmp_path)


def test_what_was_edited_after_a_kill_is_not_overwritten_by_the_recovery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(make(tmp_path), monkeypatch)
    (tmp_path / "app" / "a.py").write_bytes(b"edited")
    report = recover(tmp_path)
    assert report == WriteReport(("app/b.py",), (("app/a.py", "has changed since"),), recovered=True)
    assert contents(tmp_path) == {**with_folders(OLD), "app/a.py": b"edited"}
    (tmp_path / "app" / "a.py").write_bytes(NEW["app/a.py"])
    assert undo(tmp_path).written == ("app/a.py",)
    assert is_old(tmp_path)


def interrupted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed after two files."""

    def fault(_number: int, name: str, arguments: tuple[Any, ...], carry_out: Callable[[], Any]) -> Any:
        if (root / "app" / "b.py").read_bytes() == NEW["app/b.py"]:
            raise Killed
        return carry_out()

    with faults(monkeypatch, fault), pytest.raises(Killed):
        write(root)
    assert (root / "app" / "a.py").read_bytes() == NEW["app/a.py"]
    assert (root / "main.py").read_bytes() == OLD["main.py"]


def test_a_process_that_is_really_killed(tmp_path: Path) -> None:
    make(tmp_path)
    script = """
        import os, signal, sys
        from pathlib import Path
        from async_fix.codemods.engine.write.transaction import Change, write_changes
        real = os.replace
        def replace(source, target):
            real(source, target)
            if str(target).endswith("a.py"):
                os.kill(os.getpid(), signal.SIGKILL)
        os.replace = replace
        root = Path(sys.argv[1])
        old = {path: (root / path).read_bytes() for path in ("app/a.py", "main.py")}
        write_changes(root, {path: Change(data, b"new") for path, data in old.items()})
    """
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], check=False)
    assert result.returncode == -signal.SIGKILL
    assert (tmp_path / "app" / "a.py").read_bytes() == b"new"
    assert undo(tmp_path) == WriteReport(("app/a.py",), recovered=True)
    assert is_old(tmp_path)


def test_undo_of_a_file_that_cannot_be_written_keeps_it_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_changes(make(tmp_path), CHANGES)
    with faults(monkeypatch, fail_every("replace", "a.py")):
        report = undo(tmp_path)
    assert report.refused == (("app/a.py", "No space left on device"),)
    assert undo(tmp_path).written == ("app/a.py",)
    assert is_old(tmp_path)
