"""`apply --verify`: what breaks a test goes, the rest stays, and the tree is whole whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_project import PAY, Run, commit, git, hears_ctrl_c, process, write
from replaying.stubs import wait_until

SLOW_MUST_STAY = "! grep -q 'async def slow' app/api/pay.py"
PINS = """\
from pathlib import Path

import app.gateway


def test_slow_is_a_plain_function():
    assert "async def slow" not in Path("app/api/pay.py").read_text()


def test_it_can_be_imported():
    assert app.gateway
"""


def text(project: Path) -> str:
    return (project / "app/api/pay.py").read_text()


def test_when_all_tests_pass_all_is_written(committed: Path, run: Run) -> None:
    result = run("apply", "app/api", "--verify", "test -f app/gateway.py")
    assert (result.code, result.err) == (0, "")
    assert "What the tests say\n  before: exit code 0\n  now:    exit code 0\n" in result.out
    assert "async def slow" in text(committed)
    assert "run your tests" not in result.out
    assert run("undo").code == 0
    assert text(committed) == PAY


def test_the_group_that_breaks_something_is_taken_out_and_the_rest_is_written(
    committed: Path, run: Run
) -> None:
    result = run("apply", "app/api", "--verify", f"echo as it was; {SLOW_MUST_STAY} && echo fine")
    assert result.code == 1
    assert "\ndef slow" in text(committed)
    assert "async def pay" in text(committed)
    assert "(GET /slow) was taken out: it breaks the command\n    | as it was\n" in result.out
    assert "AF933 breaks-a-test (1)" in result.out
    assert "1 kept def: AF933" in result.out


def test_quiet_says_what_was_taken_out_all_the_same(committed: Path, run: Run) -> None:
    assert "was taken out" in run("apply", "app/api", "-q", "--verify", SLOW_MUST_STAY).out
    assert run("undo").code == 0


def test_with_pytest_the_test_that_breaks_is_named_with_what_it_says(
    committed: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # to import them takes most of the time
    write(committed / "app/__init__.py", "")
    write(committed / "app/api/__init__.py", "")
    write(committed / "tests/test_pins.py", PINS)
    write(committed / "conftest.py", "")
    commit(committed)
    suite = f'"{sys.executable}" -m pytest -q -p no:cacheprovider'
    result = run("apply", "app/api", "--verify", suite)
    assert result.code == 1
    assert "before: 2 tests passed\n" in result.out
    assert "now:    2 tests passed\n" in result.out
    assert "it breaks tests.test_pins::test_slow_is_a_plain_function\n" in result.out
    assert "    | E  " in result.out
    assert "\ndef slow" in text(committed)
    assert "async def pay" in text(committed)


def test_a_failure_that_does_not_come_again_takes_nothing_out(committed: Path, run: Run) -> None:
    once = "git rev-parse -q --verify refs/x/failed || { git update-ref refs/x/failed HEAD; exit 1; }"
    result = run(
        "apply",
        "app/api",
        "--verify",
        f"! grep -q 'async def' app/gateway.py && "
        f"if grep -q 'async def slow' app/api/pay.py; then {once}; fi",
    )
    assert result.code == 0
    assert "the command failed once and passed with the same files: it does not count" in result.out
    assert "async def slow" in text(committed)


def test_a_suite_that_fails_before_is_told_and_nothing_is_written(committed: Path, run: Run) -> None:
    result = run("apply", "app/api", "--verify", "echo no database; exit 1")
    assert (result.code, result.out) == (2, "")
    words = "fails before anything is changed (exit code 1): no database\n"
    assert result.err == f"async-fix: `echo no database; exit 1` {words}"
    assert git(committed, "status", "--porcelain") == ""


def test_uncommitted_changes_stop_it_before_anything_runs(committed: Path, run: Run) -> None:
    write(committed / "app/api/pay.py", PAY + "# mine\n")
    assert run("apply", "app/api", "--verify", "touch has-run").code == 2
    assert not (committed / "has-run").exists()


@pytest.mark.parametrize("option", [("--dry-run",), ("--patch", "x.patch")])
def test_it_does_not_go_without_writing(committed: Path, run: Run, option: tuple[str, ...]) -> None:
    result = run("apply", "app/api", *option, "--verify", "touch has-run")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("async-fix: --verify writes the files; ")
    assert not (committed / "has-run").exists()


def started(committed: Path) -> subprocess.Popen[bytes]:
    """A run in the middle of its second test run, with all changes on the disk."""
    command = "test -e .git/second && touch .git/third && sleep 600; touch .git/second"
    running = subprocess.Popen(
        process("apply", "app/api", "--verify", command),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hears_ctrl_c,
    )
    wait_until((committed / ".git/third").exists, "the second test run has begun")
    assert "async def slow" in text(committed)
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_middle_of_a_test_run_it_puts_the_files_back(
    committed: Path, number: signal.Signals
) -> None:
    running = started(committed)
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, b"")
    assert err.decode().strip() == "async-fix: interrupted; the files are as they were"
    assert git(committed, "status", "--porcelain", "--ignored") == ""


def test_killed_in_the_middle_of_a_test_run_the_next_command_puts_the_files_back(
    committed: Path, run: Run
) -> None:
    running = started(committed)
    running.kill()
    running.communicate(timeout=60)
    assert "an apply was interrupted here" in run("check", "app/api").err
    assert run("undo").code == 0
    assert git(committed, "status", "--porcelain", "--ignored") == ""
