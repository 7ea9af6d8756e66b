"""Whether time and memory grow with the lines alone, and what a second process wins.

    python tests/benchmarks/growth.py [--package litellm==1.83.0] [--lines 30000,100000,300000,1000000]

The first files of one large package, as many as make up so many lines, are checked cold by one process and by
two. CPU seconds with the children, start-up taken off; the last column is the time on the clock with one
process over that with two.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from measuring import TOOL, Command, Corpus, corpus_of, floor, measure, seen


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--package", default="litellm==1.83.0")
    parser.add_argument("--lines", default="30000,100000,300000,1000000")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        whole = corpus_of(work / "whole", options.package)
        heads = ("lines", "x ast.parse", "ms/1,000 lines", "peak MB", "KB/1,000 lines", "two over one")
        print("".join(f"{head:>16}" for head in heads))
        for number, lines in enumerate(map(int, options.lines.split(","))):
            _measured(_part(whole, lines, work / f"part{number}"), work, options.runs)


def _measured(corpus: Corpus, work: Path, runs: int) -> None:
    start_up = measure(Command("start", (*TOOL, "--version")), corpus, runs)
    base = measure(floor(corpus, work), corpus, runs)
    one, two = (
        measure(Command(jobs, (*TOOL, "check", str(corpus.root), "-q", "-j", jobs), "fresh"), corpus, runs)
        for jobs in ("1", "2")
    )
    seconds, thousands = one.seconds - start_up.seconds, corpus.lines / 1000
    cells = (
        f"{corpus.lines:,}",
        f"{one.seconds / base.seconds:.1f}",
        f"{1000 * seconds / thousands:.1f}",
        f"{one.peak:.0f}",
        f"{1024 * (one.peak - start_up.peak) / thousands:.0f}",
        f"{statistics.median(one.wall) / statistics.median(two.wall):.2f}",
    )
    print("".join(f"{cell:>16}" for cell in cells), flush=True)


def _part(whole: Corpus, lines: int, folder: Path) -> Corpus:
    taken = 0
    for path in whole.files:
        if taken >= lines:
            break
        target = folder / path.relative_to(whole.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        taken += path.read_bytes().count(b"\n")
    return seen(folder)


if __name__ == "__main__":
    main()
