"""How long async-fix takes, as multiples of `ast.parse` of the same files, beside the peers.

    python tests/benchmarks/speed.py [--runs 3] [--packages open-webui==0.6.5,...] [--without fixit,...]

Downloads the packages' wheels and the peers from the package index into a temporary folder. Every figure
is the median of the CPU seconds (user and system, children included) of whole processes, start-up included;
the spread is the slowest over the fastest run. Peers see one file at a time; async-fix the whole program.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("iopaint==1.6.0", "galaxy-web-apps==26.1.2", "zenml==0.98.0", "apache-airflow-core==3.3.2")
PEERS = {
    "ruff": ("ruff",),
    "flake8-async": ("flake8-async",),
    "fixit": ("fixit",),
    "asyncify-codemod": ("asyncify-codemod",),
    "libcst.tool": ("libcst",),
}
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
    root: Path
    files: tuple[Path, ...]
    lines: int


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        python = _peers(work, options.without)
        print(f"{'CPU seconds (x ast.parse)':>46}{'spread':>9}{'wall s':>9}{'peak MB':>9}")
        for package in options.packages:
            corpus = _corpus(work / "corpus" / package.partition("==")[0], package)
            print(f"\n{package}: {len(corpus.files):,} files, {corpus.lines:,} lines")
            floor = 0.0
            for command in _commands(work, corpus, python, options.without):
                found = _measure(command, corpus, options.runs)
                floor = floor or found.seconds
                _row(command.label, found, floor)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def split(text: str) -> tuple[str, ...]:
        return tuple(filter(None, text.split(",")))

    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--packages", type=split, default=PACKAGES)
    parser.add_argument("--without", type=split, default=(), help=f"peers: {', '.join(PEERS)}")
    return parser.parse_args()


def _row(label: str, found: Measured, floor: float) -> None:
    code = f"  exit {found.code}" if found.code not in (0, 1) else ""
    times = f"{found.seconds:.2f} ({found.seconds / floor:.1f} x)"
    wall = statistics.median(found.wall)
    print(f"  {label:<26}{times:>18}{found.spread:>9.2f}{wall:>9.2f}{found.peak:>9.0f}{code}", flush=True)


@dataclass(frozen=True)
class Command:
    label: str
    words: tuple[str, ...]
    cache: str = "none"
    """`none` is needed, each run gets a `fresh` one, or all share one that a first run has `filled`."""
    writes: bool = False
    """Whether it changes the files: each run gets a copy."""
    after_a_change: bool = False
    """Whether one file gets another line before each run."""


def _commands(work: Path, corpus: Corpus, python: Path, without: Sequence[str]) -> Iterator[Command]:
    """The floor first."""
    listed = work / "files.txt"
    listed.write_text("\n".join(map(str, corpus.files)))
    root, tool, bin_ = str(corpus.root), (sys.executable, "-m", "async_fix"), python.parent
    yield Command("ast.parse", (sys.executable, "-c", FLOOR, str(listed)))
    yield Command("check, cold", (*tool, "check", root, "--quiet"), "fresh")
    yield Command("check, nothing changed", (*tool, "check", root, "--quiet"), "filled")
    yield Command("check, one file changed", (*tool, "check", root, "--quiet"), "filled", after_a_change=True)
    for jobs in ("1", "2"):
        yield Command(f"check, cold, --jobs {jobs}", (*tool, "check", root, "-q", "-j", jobs), "fresh")
    yield Command("apply --dry-run", (*tool, "apply", "--dry-run", root), "fresh")
    ruff = (str(bin_ / "ruff"), "check", "--no-cache", "--isolated", "--select", "ASYNC", "--quiet", root)
    rule = "fixit.rules.no_redundant_lambda"
    peers = {
        "ruff": Command("ruff, ASYNC", ruff),
        "flake8-async": Command("flake8-async", (str(bin_ / "flake8-async"), *map(str, corpus.files))),
        "fixit": Command("fixit, one rule", (str(bin_ / "fixit"), "--rules", rule, "lint", root)),
        "asyncify-codemod": Command("asyncify-codemod", (str(bin_ / "asyncify-codemod"), root), writes=True),
        "libcst.tool": Command(
            "libcst.tool, no-op",
            (str(python), "-m", "libcst.tool", "codemod", "noop.NOOPCommand", "-j", "1", root),
            writes=True,
        ),
    }
    yield from (command for name, command in peers.items() if name not in without)


def _measure(command: Command, corpus: Corpus, runs: int) -> Measured:
    cpu: list[float] = []
    wall: list[float] = []
    peak, code = 0.0, 0
    with tempfile.TemporaryDirectory() as shared:
        if command.cache == "filled":
            _run(command.words, shared)
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as own:
                words = command.words
                if command.writes:
                    copy = shutil.copytree(corpus.root, Path(own) / "copy")
                    words = tuple(str(copy) if word == str(corpus.root) else word for word in words)
                if command.after_a_change:
                    with corpus.files[0].open("a") as file:
                        file.write("# changed\n")
                start = time.monotonic()
                usage, code = _run(words, shared if command.cache == "filled" else own)
                wall.append(time.monotonic() - start)
            cpu.append(usage.ru_utime + usage.ru_stime)
            peak = max(peak, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
    return Measured(tuple(cpu), tuple(wall), peak, code)


def _run(words: Sequence[str], cache: str) -> tuple[resource.struct_rusage, int]:
    """What the process and the children it waited for have used."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, env={**os.environ, "XDG_CACHE_HOME": cache}, **quiet)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage, process.returncode


def _corpus(folder: Path, package: str) -> Corpus:
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*pip, "--ignore-requires-python", "--dest", str(wheels), package], check=True)
    root = folder / "source"
    for wheel in wheels.iterdir():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root)
    files = tuple(sorted(root.rglob("*.py")))
    return Corpus(root, files, sum(path.read_bytes().count(b"\n") for path in files))


def _peers(work: Path, without: Sequence[str]) -> Path:
    """An environment of their own; a peer that cannot be installed fails by name."""
    home = work / "peers"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    wanted = [each for name, packages in PEERS.items() if name not in without for each in packages]
    if wanted:
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
    return python


if __name__ == "__main__":
    main()
