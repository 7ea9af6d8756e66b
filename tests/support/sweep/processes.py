"""Runs commands to their end and tells how much time and memory they took."""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from async_fix import codemods
from async_fix.cli import main as tool


@dataclass(frozen=True)
class Done:
    code: int
    """Negative when a signal ended it."""
    out: str
    err: str
    seconds: float
    """Of processors: what else runs does not count."""
    megabytes: int
    """Peak of the resident memory."""


def run(arguments: Sequence[str], cwd: Path, time_limit: float) -> Done:
    """`python <arguments>` in `cwd`; killed after `time_limit` seconds."""

    def start(out: BinaryIO, err: BinaryIO) -> int:
        command = [sys.executable, *arguments]
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        process.returncode = 0  # we wait for it ourselves, to learn what it took
        return process.pid

    return _waited(start, time_limit)


def run_tool(arguments: Sequence[str], cwd: Path, time_limit: float) -> Done:
    """`async-fix <arguments>` in `cwd`, in a fork of this process: most of a short run would be imports."""
    _import_the_tool()

    def start(out: BinaryIO, err: BinaryIO) -> int:
        return os.fork() or _become_the_tool(arguments, cwd, out, err)

    return _waited(start, time_limit)


@functools.cache
def _import_the_tool() -> None:
    """What it imports where it is used would be imported in each fork anew."""
    for module in pkgutil.walk_packages(codemods.__path__, f"{codemods.__name__}."):
        importlib.import_module(module.name)
    for command in ("apply", "check"):
        importlib.import_module(f"async_fix.cli.commands.{command}")


def _become_the_tool(arguments: Sequence[str], cwd: Path, out: BinaryIO, err: BinaryIO) -> NoReturn:
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        os.chdir(cwd)
        sys.argv = ["async-fix", *arguments]
        tool.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 71
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _waited(start: Callable[[BinaryIO, BinaryIO], int], time_limit: float) -> Done:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = start(out, err)
        timer = threading.Timer(time_limit, lambda: os.kill(pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(pid, 0)
        finally:
            timer.cancel()
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        peak = usage.ru_maxrss // (1024 if sys.platform != "darwin" else 1024 * 1024)
        seconds = usage.ru_utime + usage.ru_stime
        return Done(os.waitstatus_to_exitcode(status), texts[0], texts[1], seconds, peak)
