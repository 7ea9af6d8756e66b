"""Runs a command to its end and tells how much time and memory it took."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Done:
    code: int
    """Negative when a signal ended it."""
    out: str
    err: str
    seconds: float
    megabytes: int
    """Peak of the resident memory."""


def run(arguments: Sequence[str], cwd: Path, time_limit: float) -> Done:
    """`python <arguments>` in `cwd`; killed after `time_limit` seconds."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        timer = threading.Timer(time_limit, lambda: os.kill(process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        peak = usage.ru_maxrss // (1024 if sys.platform != "darwin" else 1024 * 1024)
        return Done(process.returncode, *texts, time.monotonic() - start, peak)
