"""Mutation testing: small faults in the tool's own functions, one at a time; which of them does no test see?

    PYTHONPATH=tests/support python -m mutants codemods/engine/prove [PATH ...] --tests tests/engine [...]

Of each fault only those tests run that run its line, as far as `--seconds` go; first those that run what few
others run around it. Give more tests to those that survive, with `--again` and the output of the first
run, before you believe them. `--share 0.1` tries a tenth of all, taken with `--seed`.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from .mutating import Mutant, mutants
from .running import Runner


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--share", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=argparse.FileType(), metavar="FILE")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    tried = [found for path in _files(args.paths) for found in mutants(path, args.share, chance)]
    if args.again:
        named = args.again.read()
        tried = [found for found in tried if str(found) in named]
    runner = Runner(tried, args.seconds)
    code = pytest.main(
        ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", *args.tests], plugins=[runner]
    )
    if code == pytest.ExitCode.OK:
        _show(tried, runner)
    return int(code)


def _show(tried: Sequence[Mutant], runner: Runner) -> None:
    all_of, unseen, unreached = (
        Counter(mutant.path for mutant in mutants) for mutants in (tried, runner.survivors, runner.unreached)
    )
    for path in all_of if len(all_of) > 1 else ():
        print(f"{path.name}: {_figures(all_of[path], unseen[path], unreached[path])}")
    print(_figures(len(tried), len(runner.survivors), len(runner.unreached)))


def _figures(tried: int, unseen: int, unreached: int) -> str:
    seen = tried - unseen - unreached
    return f"{tried} mutants: {seen} seen, {unseen} not seen, {unreached} in lines that no test runs"


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.resolve().rglob("*.py")) if path.is_dir() else [path.resolve()]


if __name__ == "__main__":
    sys.exit(main())
