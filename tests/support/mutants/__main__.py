"""Mutation testing: small faults in the tool's own functions, one at a time; which of them does no test see?

    PYTHONPATH=tests/support python -m mutants codemods/engine/prove [PATH ...] --tests tests/engine [...]

A PATH is a folder, a file, or `file.py:12`, the faults of one statement. Of each fault only those tests run
that call its function, as far as `--seconds` go, the most particular ones first: try a survivor with more
tests before you believe it. `--share 0.1` tries a tenth of all, taken with `--seed`.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from .mutating import mutants
from .running import Runner


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--share", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chance = random.Random(args.seed)
    tried = [
        found
        for path, line in _places(args.paths)
        for found in mutants(path, args.share, chance)
        if line in (0, found.line)
    ]
    runner = Runner(tried, args.seconds)
    code = pytest.main(
        ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", *args.tests], plugins=[runner]
    )
    killed = len(tried) - len(runner.survivors) - len(runner.unreached)
    print(
        f"{len(tried)} mutants: {killed} seen, {len(runner.survivors)} not seen, "
        f"{len(runner.unreached)} in functions that these tests do not reach"
    )
    return int(code)


def _places(paths: Sequence[str]) -> Iterator[tuple[Path, int]]:
    """Files, each with a line or 0 for all of them."""
    for each in dict.fromkeys(paths):
        name, _, line = each.partition(":")
        path = Path(name).resolve()
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield file, int(line or 0)


if __name__ == "__main__":
    sys.exit(main())
