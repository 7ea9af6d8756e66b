"""The command that the user gives to `--verify`: run it, and tell which tests passed.

Nothing else runs the user's code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from xml.etree import ElementTree

import msgspec

_AT_MOST = 50
"""Names in one expression for pytest's `-k`."""


class SuiteError(Exception):
    """The command cannot tell anything; the text is the one line that the user sees."""


class Outcome(msgspec.Struct, frozen=True):
    """One run of the command."""

    code: int
    output: str
    seconds: float
    passed: frozenset[str] | None
    """Names of tests, from the report that pytest writes; None for a command that is not pytest."""
    failed: Mapping[str, str]
    """Test -> what its failure says."""

    @property
    def is_good(self) -> bool:
        return self.code == 0

    @property
    def said(self) -> str:
        """What the command said last, for the end of a line: its last error, or else its last line."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("ERROR", "E  "))]
        return "".join(f": {line}" for line in (errors or lines)[-1:])


class Suite(msgspec.Struct, frozen=True):
    command: str
    """For the shell."""
    folder: Path

    def before(self) -> Outcome:
        """The run that all others are compared with. Raises `SuiteError` where it says nothing."""
        found = self.run(limit=None)
        if found.code in (126, 127) or (found.passed is None and not found.is_good):
            raise SuiteError(
                f"`{self.command}` fails before anything is changed (exit code {found.code}){found.said}"
            )
        if found.passed == frozenset():
            raise SuiteError(
                f"`{self.command}` runs no test that passes before anything is changed{found.said}"
            )
        return found

    def run(self, limit: float | None, only: Collection[str] = ()) -> Outcome:
        """`limit` in seconds: a run that lasts longer is ended, and has failed.

        `only` are tests that matter: where pytest can be told, it runs these and others of their names.
        """
        with tempfile.TemporaryDirectory(prefix="async-fix-") as folder:
            report, log = Path(folder, "junit.xml"), Path(folder, "output")
            start = time.monotonic()
            with log.open("wb") as stream:
                code = _run(self.command, self.folder, _options(report, only), stream.fileno(), limit)
            seconds = time.monotonic() - start
            output = log.read_bytes().decode(errors="replace")
            passed, failed = _read(report)
        return Outcome(code, output, seconds, passed, failed)


def broken(before: Outcome, after: Outcome, only: Collection[str] = ()) -> Mapping[str, str]:
    """What passed before and does not pass now -> what is said about it; empty when all is well.

    A test that is skipped or gone does not pass either; but names may change from run to run, so those that
    are gone count only where there are fewer tests now. `only` are the tests that were asked for.
    """
    if before.passed is None or after.passed is None:
        return {} if after.is_good else {"": after.output}
    if only and "" not in only:
        return {
            name: after.failed.get(name, after.output) for name in sorted(only) if name not in after.passed
        }
    lost = before.passed - after.passed
    is_fewer = len(after.passed) + len(after.failed) < len(before.passed) + len(before.failed)
    found = {
        name: after.failed.get(name, after.output)
        for name in sorted(lost)
        if name in after.failed or is_fewer or not after.is_good
    }
    return found or ({"": after.output} if before.is_good and not after.is_good else {})


def limit_for(before: Outcome) -> float:
    """In seconds: a suite that hangs must not hang us."""
    return 60 + 5 * before.seconds


def _options(report: Path, only: Collection[str]) -> str:
    """What pytest is told beside its command line, which counts for more."""
    functions = sorted({name.partition("[")[0].rpartition("::")[2] for name in only})
    can_be_told = functions and len(functions) <= _AT_MOST and all(map(str.isidentifier, functions))
    return f"--junitxml={report}" + (f" -k '{' or '.join(functions)}'" if can_be_told else "")


def _run(command: str, folder: Path, options: str, output: int, limit: float | None) -> int:
    environment = {
        **os.environ,
        # two states of a file may have the same size and be written within a second: no cache may mix them up
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": f"{os.environ.get('PYTEST_ADDOPTS', '')} {options}".strip(),
    }
    process = subprocess.Popen(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        os.write(output, f"\nit was ended: it ran for more than {limit:.0f} seconds\n".encode())
        return -signal.SIGTERM
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it started: nothing may write into the project behind our back."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM if process.poll() is None else signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(report: Path) -> tuple[frozenset[str] | None, Mapping[str, str]]:
    """Tests that passed, and what the others say; None without a report that can be read."""
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        return None, {}
    passed: set[str] = set()
    failed: dict[str, str] = {}
    for case in root.iter("testcase"):
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        bad = next((part for part in case if part.tag in ("failure", "error", "skipped")), None)
        if bad is None:
            passed.add(name)
        else:
            what = "skipped: " if bad.tag == "skipped" else ""
            failed[name] = what + (bad.text or bad.get("message") or "")
    return frozenset(passed - failed.keys()), failed
