"""Mutation testing: small faults in the tool's own functions, one at a time; which of them does no test see?

    PYTHONPATH=tests/support python -m mutants codemods/engine/prove [PATH ...] --tests tests/engine [...]

Of each fault only those tests run that run its line, as far as `--seconds` go; first those that run what few
others run around it. Give more tests to those that no test saw, with `--again` and the output of the first
run, before you believe them. `--each 5` tries five of each file, taken with `--seed`: that number and this
command give the same faults again.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from .mutating import Mutant, mutants
from .running import Fate, Runner


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--each", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=argparse.FileType(), metavar="FILE")
    args = parser.parse_args()
    tried = [found for path in _files(args.paths) for found in mutants(path, args.seed, args.each)]
    if args.again:
        named = args.again.read()
        tried = [found for found in tried if str(found) in named]
    runner = Runner(tried, args.seconds)
    code = pytest.main(
        ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", *args.tests], plugins=[runner]
    )
    if code == pytest.ExitCode.OK:
        _show(runner.fates)
    return int(code)


def _show(fates: Sequence[tuple[Mutant, Fate]]) -> None:
    by_file: dict[Path, list[Fate]] = {}
    for mutant, fate in fates:
        by_file.setdefault(mutant.path, []).append(fate)
    for path, found in by_file.items() if len(by_file) > 1 else ():
        print(f"{path.parent.name}/{path.name}: {_figures(found)}")
    print(_figures([fate for _, fate in fates]))


def _figures(fates: Sequence[Fate]) -> str:
    counted = Counter(fates)
    shown = [f"{counted[fate]} {fate.value}" for fate in Fate if counted[fate]]
    return f"{len(fates)} mutants: {', '.join(shown)}"


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.resolve().rglob("*.py")) if path.is_dir() else [path.resolve()]


if __name__ == "__main__":
    sys.exit(main())
