"""A program in a fork ends as one that has an interpreter of its own, though its process is cut short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import forked
import pytest

LATE_THREAD = """
import threading, time

def late():
    time.sleep(0.1)
    print("late")

threading.Thread(target=late).start()
"""
LATE_POOL = """
import time
from concurrent.futures import ThreadPoolExecutor

ThreadPoolExecutor(1).submit(lambda: (time.sleep(0.1), print("late")))
"""
PROGRAMS = {
    "nothing": "",
    "number": "raise SystemExit(3)",
    "yes": "raise SystemExit(True)",
    "words": "raise SystemExit('no')",
    "below zero": "raise SystemExit(-1)",
    "failure": "1 / 0",
    "interrupt": "raise KeyboardInterrupt",
    "at exit": "import atexit; atexit.register(print, 'bye')",
    "unflushed": "import sys; sys.stdout.write('x')",
    "late thread": LATE_THREAD,
    "late pool": LATE_POOL,
    "last words": "import held; print('first')",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_fork_ends_as_a_process(program: str, tmp_path: Path) -> None:
    (tmp_path / "held.py").write_text(
        "class Held:\n    def __del__(self):\n        print('gone')\n\nheld = Held()\n"
        "notes = open('notes', 'w')\nnotes.write('kept')\n"
    )
    alone = subprocess.run(
        [sys.executable, "-c", PROGRAMS[program]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    notes = tmp_path / "notes"
    written = notes.read_text() if notes.exists() else ""
    fork = forked.run("-c", PROGRAMS[program], cwd=tmp_path)
    assert (fork.returncode, fork.stdout) == (alone.returncode, alone.stdout)
    assert fork.stderr.splitlines()[-1:] == alone.stderr.splitlines()[-1:]
    assert (notes.read_text() if notes.exists() else "") == written


@pytest.mark.parametrize(
    "program", ["import held", "from held import f; f()", "from held import f; x = [f()]; x.append(x)"]
)
def test_a_coroutine_that_nobody_awaits_is_told_of_at_the_end(program: str, tmp_path: Path) -> None:
    (tmp_path / "held.py").write_text("async def f():\n    pass\n\nheld = [f()]\n")
    for strict in (True, False):
        fork = forked.run("-c", program, cwd=tmp_path, strict=strict)
        assert "coroutine 'f' was never awaited" in fork.stderr
