"""Whatever happens, a user sees one line and exit code 2, 130 for Ctrl-C; a traceback only on demand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from async_fix.cli.shared import guard
from async_fix.codemods.engine import pipeline
from cli_project import Run, hears_ctrl_c, process, write


def raising(error: BaseException) -> object:
    def fail(*arguments: object, **keywords: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("command", ["check", "apply", "routes"])
def test_an_unexpected_error_is_one_line_that_says_where_and_what_to_do(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(pipeline, "start", raising(KeyError("two\nlines")))
    result = run(command, "app/api")
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert result.err.startswith("async-fix: internal error: KeyError: 'two\\nlines' (cli/shared/run.py:")
    assert "nothing was written; run again with --debug or ASYNC_FIX_DEBUG=1" in result.err


@pytest.mark.parametrize("where", ["before the command", "behind it", "environment"])
def test_the_traceback_comes_on_demand(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(pipeline, "start", raising(KeyError("x")))
    if where == "environment":
        monkeypatch.setenv("ASYNC_FIX_DEBUG", "1")
    before = ["--debug"] if where == "before the command" else []
    behind = ["--debug"] if where == "behind it" else []
    result = run(*before, "check", "app/api", *behind)
    assert result.code == 2
    assert "Traceback (most recent call last)" in result.err


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), AssertionError(), ValueError("x" * 5000)])
def test_errors_without_words_or_with_too_many_are_one_readable_line(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(pipeline, "start", raising(error))
    result = run("check", "app/api")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert len(result.err) < 500


def test_code_that_is_too_deep_is_no_fault_of_the_tool(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "start", raising(RecursionError("maximum recursion depth exceeded")))
    said = run("check", "app/api").err
    assert said.startswith(
        "async-fix: too deep to be followed: some code calls through thousands of functions"
    )
    assert said.endswith("; nothing was written\n")
    assert "RecursionError" in run("--debug", "check", "app/api").err


def test_an_interrupt_says_what_became_of_the_files(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "apply", raising(KeyboardInterrupt()))
    result = run("apply", "app/api")
    assert (result.code, result.err.strip()) == (130, "async-fix: interrupted; nothing was written")


def test_an_interrupt_behind_the_write_does_not_say_that_nothing_was_written(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from async_fix.cli.commands import apply

    monkeypatch.setattr(apply, "_tell", raising(KeyboardInterrupt()))
    result = run("apply", "app/api")
    assert result.err.strip().endswith("the files had been written already; `async-fix undo` takes that back")


@pytest.mark.parametrize("at", ["pay.py", "manifest.json", "last"])
def test_an_interrupt_in_the_middle_of_the_write_tells_what_is_on_the_disk(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """It may come when all files are new and only the journal is left to be closed."""
    before, replace, pressed = (committed / "app/api/pay.py").read_bytes(), os.replace, []

    def interrupted(source: Path, target: Path) -> None:
        replace(source, target)
        is_late = at != "manifest.json" or (committed / "app/api/pay.py").read_bytes() != before
        if Path(target).name == at and is_late and not pressed:
            pressed.append(at)
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    result = run("apply", "app/api")
    assert (result.code, pressed) == (130, [at])
    is_written = (committed / "app/api/pay.py").read_bytes() != before
    assert ("nothing was written" in result.err) == (not is_written)
    assert ("the files had been written already" in result.err) == is_written == (at == "last")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_kill_in_the_middle_of_the_write_puts_the_files_back(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """A terminal that is closed left half of the files new, until the next run."""
    before, replace = (committed / "app/api/pay.py").read_bytes(), os.replace

    def killed(source: Path, target: Path) -> None:
        replace(source, target)
        if Path(target).name == "pay.py" and Path(target).read_bytes() != before:
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)

    monkeypatch.setattr(os, "replace", killed)
    before_test = signal.signal(number, signal.SIG_DFL)  # below `nohup` it is ignored
    try:
        result = run("apply", "app/api")
    finally:
        signal.signal(number, before_test)
    assert (result.code, result.err.strip()) == (130, "async-fix: interrupted; nothing was written")
    assert (committed / "app/api/pay.py").read_bytes() == before


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_real_ctrl_c_leaves_no_traceback(project: Path, jobs: str) -> None:
    for number in range(100):
        write(project / f"app/more{number}.py", (project / "app/api/pay.py").read_text() * 20)
    command = process("check", "app/api", "--verbose", "--jobs", jobs)
    running = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=hears_ctrl_c,
    )
    assert running.stderr is not None
    while b"linking and judging" not in running.stderr.readline():
        pass
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 130
    assert err.decode().strip() == "async-fix: interrupted; nothing was written"


SLOW_LIBRARY = """
import sys, time

class Callback:
    def __del__(self):
        print("loading", file=sys.stderr, flush=True)
        time.sleep(60)

Callback()
raise SystemExit("it went on")
"""


@pytest.mark.parametrize("library", ["click", "msgspec"])
def test_a_ctrl_c_while_libraries_are_loaded_is_one_line(project: Path, library: str) -> None:
    """In a callback of Python's own, where an exception would be shown and forgotten."""
    write(project / f"libraries/{library}.py", SLOW_LIBRARY)
    running = subprocess.Popen(
        process("check", "--no-cache", "app/api"),
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{project}/libraries:{os.environ.get('PYTHONPATH', '')}"},
        preexec_fn=hears_ctrl_c,
    )
    assert running.stderr is not None
    assert running.stderr.readline() == b"loading\n"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert (running.returncode, err) == (130, b"async-fix: interrupted; nothing was written\n")


def test_who_ignores_ctrl_c_goes_on_doing_so_while_libraries_are_loaded(project: Path) -> None:
    write(
        project / "libraries/click.py",
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemExit(7)",
    )
    done = subprocess.run(
        process("check"),
        env={**os.environ, "PYTHONPATH": f"{project}/libraries:{os.environ.get('PYTHONPATH', '')}"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        check=False,
    )
    assert done.returncode == 7


@pytest.mark.parametrize("arguments", [("check", "app/api"), ("apply", "--dry-run", "app/api"), ("rules",)])
def test_a_reader_that_goes_away_is_no_error_to_talk_about(project: Path, arguments: tuple[str, ...]) -> None:
    running = subprocess.Popen(process(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    err = running.stderr.read().decode()
    running.stderr.close()
    assert running.wait(60) in (1, 2)
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert "internal error" not in err


def test_a_write_is_finished_although_nobody_reads_what_is_said(committed: Path) -> None:
    running = subprocess.Popen(process("apply", "app/api"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert running.stdout is not None
    running.stdout.close()
    running.wait(60)
    assert "async def slow" in (committed / "app/api/pay.py").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_said(project: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(process("check", "app/api"), stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("async-fix: ")
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_terminal_without_the_letters_gets_escapes(project: Path) -> None:
    path = project / "app/api/pay.py"
    path.write_text(path.read_text().replace("time.sleep(0.1)", "time.sleep(0.1)  # größe"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(process("check", "app/api"), capture_output=True, env=environment, check=False)
    assert done.returncode == 1
    assert rb"# gr\xf6\xdfe" in done.stdout


def test_a_current_folder_that_is_gone(tmp_path: Path) -> None:
    gone = "import os, sys; os.mkdir('x'); os.chdir('x'); os.rmdir('../x')"
    script = f"{gone}; os.execv(sys.executable, sys.argv[1:])"
    for arguments in (["check"], ["check", "api"], ["undo"], ["config"], ["apply", "--patch", "x"]):
        command = [sys.executable, "-c", script, *process(*arguments)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 2, arguments
        assert done.stderr.count(b"\n") == 1, done.stderr
        assert done.stderr.startswith(b"async-fix: ")


def test_a_file_that_vanishes_during_the_run(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def vanishing(path: Path) -> bytes:
        if path.name == "gone.py":
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return read(path)

    write(project / "app/api/gone.py", "x = 1\n")
    monkeypatch.setattr(Path, "read_bytes", vanishing)
    result = run("check", "app/api")
    assert result.code == 1
    assert "async-fix: app/api/gone.py: cannot be read: No such file or directory\n" in result.err
    assert "GET /slow" in result.out


def test_an_error_of_the_system_is_named_with_its_file(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "start", raising(PermissionError(13, "Permission denied", "/etc/x")))
    assert run("check", "app/api").err == "async-fix: /etc/x: Permission denied; nothing was written\n"


def test_a_folder_as_the_patch_file_and_one_that_cannot_be_written(committed: Path, run: Run) -> None:
    assert run("apply", "app/api", "--patch", "app").code == 2
    result = run("apply", "app/api", "--patch", "nowhere/x.patch")
    assert (result.code, result.err) == (2, "async-fix: nowhere/x.patch: No such file or directory\n")


def test_a_read_only_file_stops_the_write_and_all_files_stay(committed: Path, run: Run) -> None:
    (committed / "app/gateway.py").chmod(0o444)
    (committed / "app/api/pay.py").chmod(0o444)
    before = (committed / "app/api/pay.py").read_bytes()
    result = run("apply", "app/api", "--allow-dirty")
    assert result.code == 2
    assert "is read-only; nothing was written" in result.err
    assert (committed / "app/api/pay.py").read_bytes() == before


def test_fail_says_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        guard.fail("this")
    assert end.value.code == 2
    assert capsys.readouterr().err == "async-fix: this\n"


@pytest.mark.parametrize("warnings", ["default", "error"])
def test_what_python_thinks_of_the_users_code_is_neither_said_nor_an_error(
    project: Path, warnings: str
) -> None:
    write(project / "app/old.py", "def f(x):\n    return x is 3 or 1if x else '\\d'\n")
    path = project / "app/api/pay.py"
    path.write_text(
        path.read_text().replace("time.sleep(0.1)", "time.sleep(0.1)\n    assert 1if router else '\\d'")
    )
    environment = {**os.environ, "PYTHONWARNINGS": warnings}
    command = process("apply", "--dry-run", "app/api")
    done = subprocess.run(command, capture_output=True, env=environment, text=True, check=False)
    assert "Warning" not in done.stderr
    assert "old.py" not in done.stderr
    assert "+async def slow" in done.stdout
