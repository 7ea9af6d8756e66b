"""How long async-fix takes, as multiples of `ast.parse` of the same files, beside the peers.

    python tests/benchmarks/speed.py [--runs 3] [--packages open-webui==0.6.5,...] [--without fixit,...]

Downloads the packages' wheels and the peers from the package index into a temporary folder. Every figure
is the median of the CPU seconds (user and system, children included) of whole processes, start-up included;
the spread is the slowest over the fastest run. Peers see one file at a time; async-fix the whole program.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from measuring import TOOL, Command, Corpus, Measured, corpus_of, floor, measure

PACKAGES = ("iopaint==1.6.0", "galaxy-web-apps==26.1.2", "zenml==0.98.0", "apache-airflow-core==3.3.2")
PEERS = {
    "ruff": ("ruff",),
    "flake8-async": ("flake8-async",),
    "fixit": ("fixit",),
    "asyncify-codemod": ("asyncify-codemod",),
    "libcst.tool": ("libcst",),
}
FLOOR, CHECK, APPLY = "ast.parse", "check, cold", "apply --dry-run"
TARGETS = {
    CHECK: (FLOOR, 2),
    "check, nothing changed": (CHECK, 0.1),
    "check, one file changed": (CHECK, 0.15),
    "ruff, ASYNC": (CHECK, 1 / 12),
    "flake8-async": (CHECK, 100),
    "fixit, one rule": (CHECK, 30),
    "asyncify-codemod": (CHECK, 10),
    "libcst.tool, no-op": (CHECK, 10),
}
"""Row -> the row that it is compared with, and the ratio of their CPU seconds that is aimed at: at most, or
at least, of a peer that is slower."""
REWRITTEN = """
import sys, time
from pathlib import Path
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config
root = Path(sys.argv[1])
run = pipeline.start([root], load_config(root))
lines = {path: text.splitlines(keepends=True) for path, text in run.texts.items()}
import ast, libcst
edits = [(p, edit) for group in run.before.plan.groups for p in group.edits for edit in group.edits[p]]
edited = {
    (path, getattr(edit, name).line)
    for path, edit in edits
    for name in ("span", "first", "anchor")
    if path in lines and hasattr(edit, name)
}
whole = {
    (path, statement.lineno, statement.end_lineno)
    for path in {path for path, _ in edited}
    for statement in ast.parse(run.texts[path]).body
    if any(path == p and statement.lineno <= line <= statement.end_lineno for p, line in edited)
}
texts = ["".join(lines[path][first - 1 : last]) for path, first, last in whole]
start = time.process_time()
for text in texts:
    libcst.parse_module(text).code
print(time.process_time() - start)
"""
"""The CPU seconds in which LibCST reads and writes the top-level statements that carry edits, and no more."""


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        python = _peers(work, options.without)
        for package in options.packages:
            corpus = corpus_of(work / "corpus" / package.partition("==")[0], package)
            print(f"\n{package}: {len(corpus.files):,} files, {corpus.lines:,} lines")
            print(f"{'CPU seconds (x ast.parse)':>46}{'spread':>9}{'wall s':>9}{'peak MB':>9}   ratio (aim)")
            found: dict[str, Measured] = {}
            for command in _commands(work, corpus, python, options.without):
                found[command.label] = measure(command, corpus, options.runs)
                _row(command.label, found)
            _rewriting(corpus, found)
        for word in ("--version", "--help"):
            started = measure(Command(word, (*TOOL, word)), corpus, options.runs)
            print(f"async-fix {word}: {statistics.median(started.wall):.2f} s (aim: under 0.15 s)")


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


def _row(label: str, rows: Mapping[str, Measured]) -> None:
    found = rows[label]
    code = f"  exit {found.code}" if found.code not in (0, 1) else ""
    times = f"{found.seconds:.2f} ({found.seconds / rows[FLOOR].seconds:.1f} x)"
    wall = statistics.median(found.wall)
    end = f"{found.peak:>9.0f}   {_aim(label, rows):<28}{code}".rstrip()
    print(f"  {label:<26}{times:>18}{found.spread:>9.2f}{wall:>9.2f}{end}", flush=True)


def _aim(label: str, rows: Mapping[str, Measured]) -> str:
    if label not in TARGETS:
        return ""
    other, ratio = TARGETS[label]
    return f"{rows[label].seconds / rows[other].seconds:.2f} of {other} ({ratio:.2g})"


def _rewriting(corpus: Corpus, rows: Mapping[str, Measured]) -> None:
    words = [sys.executable, "-c", REWRITTEN, str(corpus.root)]
    alone = float(subprocess.run(words, check=True, capture_output=True, text=True).stdout or 0)
    if alone > 0.01:
        more = rows[APPLY].seconds - rows[CHECK].seconds
        print(f"  apply over check: {more:.2f} s, {more / alone:.1f} x LibCST on what is edited (aim: 1.5 x)")


def _commands(work: Path, corpus: Corpus, python: Path, without: Sequence[str]) -> Iterator[Command]:
    """The floor first."""
    root, bin_ = str(corpus.root), python.parent
    check = (*TOOL, "check", root, "--quiet")
    yield floor(corpus, work)
    yield Command(CHECK, check, "fresh")
    yield Command("check, nothing changed", check, "filled")
    yield Command("check, one file changed", check, "filled", after_a_change=True)
    for jobs in ("1", "2"):
        yield Command(f"check, cold, --jobs {jobs}", (*check, "-j", jobs), "fresh")
    yield Command(APPLY, (*TOOL, "apply", "--dry-run", root), "fresh")
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
