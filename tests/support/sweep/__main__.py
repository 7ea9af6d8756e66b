"""Sweeps over packages: `check`, `apply`, `apply` again, and every fault counted.

    PYTHONPATH=tests/support python -m sweep WORK [--jobs 2] [--only NAME] [--limit 100]

WORK keeps the wheels and one result a package: a run that was ended goes on where it was, and `--again`
forgets the results and keeps the wheels. The packages are in `packages.txt` beside this file; `--folder DIR`
(repeatable) takes local code bases in their place. What a package holds is read and never run.
Exit code 1 when a fault was found.
"""

from __future__ import annotations

import argparse
import functools
import json
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

from .examine import Result, examine
from .fetching import fetch, unpack, wheel
from .table import FAULTS, table

LIST = Path(__file__).with_name("packages.txt")
_AT_ONCE = 24


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--folder", action="append", default=[], type=Path, metavar="DIR")
    parser.add_argument("--table", action="store_true", help="only the results that are there")
    args = parser.parse_args()
    work: Path = args.work.resolve()
    for name in ("wheels", "trees", "results"):
        (work / name).mkdir(parents=True, exist_ok=True)
    if args.again:
        shutil.rmtree(work / "results")
        (work / "results").mkdir()
    if args.table:
        results = [_read(path) for path in sorted((work / "results").glob("*.json"))]
    else:
        names = [str(folder.resolve()) for folder in args.folder] or _names(args.only)
        results = _sweep(names[: args.limit], work, args.jobs)
    print(*table(results), sep="\n")
    return int(any(getattr(result, name) for result in results for name in FAULTS))


def _names(only: Sequence[str]) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in LIST.read_text().splitlines())
    return [line for line in lines if line and (not only or line.partition("=")[0] in only)]


def _sweep(names: Sequence[str], work: Path, jobs: int) -> list[Result]:
    left = [name for name in names if not _kept(name, work).exists()]
    with ProcessPoolExecutor(jobs) as pool:
        for start in range(0, len(left), _AT_ONCE):
            group = left[start : start + _AT_ONCE]
            fetch([name for name in group if not name.startswith("/")], work / "wheels")
            for line in pool.map(functools.partial(_examine, work=work), group):
                print(line, file=sys.stderr, flush=True)
    return [_read(_kept(name, work)) for name in names if _kept(name, work).exists()]


def _kept(name: str, work: Path) -> Path:
    return work / "results" / f"{name.replace('/', '_').replace(' ', '-')}.json"


def _read(path: Path) -> Result:
    return Result(**json.loads(path.read_text()))


def _examine(name: str, work: Path) -> str:
    kept = _kept(name, work)
    tree = work / "trees" / kept.stem
    shutil.rmtree(tree, ignore_errors=True)
    if name.startswith("/"):
        shutil.copytree(name, tree, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    else:
        archive = wheel(name, work / "wheels")
        if archive is None:
            return f"{name}: the package index has no wheel of it"
        unpack(archive, tree)
    result = examine(name, tree)
    shutil.rmtree(tree, ignore_errors=True)
    draft = kept.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(result)))
    draft.replace(kept)
    faults = {fault: len(getattr(result, fault)) for fault in FAULTS if getattr(result, fault)}
    return f"{name}: {result.lines:,} lines, {result.seconds} s, {faults or 'fine'}"


if __name__ == "__main__":
    sys.exit(main())
