"""Runs commands over code from the package index, and measures what they take."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TOOL = (sys.executable, "-m", "async_fix")
FLOOR = """
import ast, sys
for path in open(sys.argv[1]).read().splitlines():
    with open(path, "rb") as file:
        source = file.read()
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        pass
"""


@dataclass(frozen=True)
class Measured:
    """Seconds and mebibytes of several runs of one command."""

    cpu: tuple[float, ...]
    wall: tuple[float, ...]
    peak: float
    code: int

    @property
    def seconds(self) -> float:
        return statistics.median(self.cpu)

    @property
    def spread(self) -> float:
        return max(self.cpu) / max(min(self.cpu), 0.001)


@dataclass(frozen=True)
class Corpus:
    """A folder with its files of Python."""

    root: Path
    files: tuple[Path, ...]
    lines: int


@dataclass(frozen=True)
class Command:
    label: str
    words: tuple[str, ...]
    cache: str = "none"
    """`none` is needed, each run gets a `fresh` one, or all share one that a first run has `filled`."""
    writes: bool = False
    """Whether it changes the files: each run gets a copy."""
    after_a_change: bool = False
    """Whether one file gets another function before each run."""


def measure(command: Command, corpus: Corpus, runs: int) -> Measured:
    cpu: list[float] = []
    wall: list[float] = []
    peak, code = 0.0, 0
    with tempfile.TemporaryDirectory() as shared:
        if command.cache == "filled":
            run(command.words, shared)
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as own:
                words = command.words
                if command.writes:
                    copy = shutil.copytree(corpus.root, Path(own) / "copy")
                    words = tuple(str(copy) if word == str(corpus.root) else word for word in words)
                if command.after_a_change:
                    with corpus.files[len(corpus.files) // 2].open("a") as file:
                        file.write(f"\n\ndef changed_{time.monotonic_ns()}():\n    return 1\n")
                start = time.monotonic()
                usage, code = run(words, shared if command.cache == "filled" else own)
                wall.append(time.monotonic() - start)
            cpu.append(usage.ru_utime + usage.ru_stime)
            peak = max(peak, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
    return Measured(tuple(cpu), tuple(wall), peak, code)


def run(words: Sequence[str], cache: str) -> tuple[resource.struct_rusage, int]:
    """What the process and the children it waited for have used."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, env={**os.environ, "XDG_CACHE_HOME": cache}, **quiet)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage, process.returncode


def corpus_of(folder: Path, package: str) -> Corpus:
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*pip, "--ignore-requires-python", "--dest", str(wheels), package], check=True)
    root = folder / "source"
    for wheel in wheels.iterdir():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root)
    return seen(root)


def seen(root: Path) -> Corpus:
    files = tuple(sorted(root.rglob("*.py")))
    return Corpus(root, files, sum(path.read_bytes().count(b"\n") for path in files))


def floor(corpus: Corpus, work: Path) -> Command:
    """`ast.parse` of the same files."""
    listed = work / "files.txt"
    listed.write_text("\n".join(map(str, corpus.files)))
    return Command("ast.parse", (sys.executable, "-c", FLOOR, str(listed)))
