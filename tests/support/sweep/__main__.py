"""Sweeps over packages: `check`, `apply`, `apply` again, and every fault counted.

    PYTHONPATH=tests/support python -m sweep WORK [--jobs 2] [--only NAME]

WORK keeps the wheels and one result a package: a run that was ended goes on where it was, and `--again`
forgets the results and keeps the wheels. The packages are in `packages.txt` beside this file; `--folder DIR`
(repeatable) takes local code bases in their place. What a package is said to hold is read and never run.
Exit code 1 when a fault was found.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from .examine import Result, examine
from .fetching import NotThere, unpack, wheel
from .table import FAULTS, table

LIST = Path(__file__).with_name("packages.txt")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--folder", action="append", default=[], type=Path, metavar="DIR")
    args = parser.parse_args()
    work: Path = args.work.resolve()
    for name in ("wheels", "trees", "results"):
        (work / name).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(args.jobs) as pool:
        if args.folder:
            names = [str(folder.resolve()) for folder in args.folder]
        else:
            names = [name for name in _names() if not args.only or name.partition("=")[0] in args.only]
        results = [r for r in pool.map(lambda name: _result(name, work, args.again), names) if r]
    print(*table(results), sep="\n")
    return int(any(getattr(result, name) for result in results for name in FAULTS))


def _names() -> Sequence[str]:
    lines = (line.partition("#")[0].strip() for line in LIST.read_text().splitlines())
    return [line for line in lines if line]


def _result(name: str, work: Path, again: bool) -> Result | None:
    """From an earlier run, or of this one; None where the package index has no wheel."""
    key = name.replace("/", "_").replace(" ", "-")
    kept = work / "results" / f"{key}.json"
    if kept.exists() and not again:
        return Result(**json.loads(kept.read_text()))
    tree = work / "trees" / key
    shutil.rmtree(tree, ignore_errors=True)
    try:
        if name.startswith("/"):
            shutil.copytree(name, tree, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        else:
            unpack(wheel(name, work / "wheels"), tree)
    except NotThere as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None
    result = examine(name, tree)
    shutil.rmtree(tree, ignore_errors=True)
    draft = kept.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(result)))
    draft.replace(kept)
    faults = {fault: len(getattr(result, fault)) for fault in FAULTS if getattr(result, fault)}
    print(f"{name}: {result.lines:,} lines, {result.seconds} s, {faults or 'fine'}", file=sys.stderr)
    return result


if __name__ == "__main__":
    sys.exit(main())
