"""Type checkers and linters as referees: no error after the migration that was not there before.

    PYTHONPATH=tests/support python -m referee [--checker NAME ...] [--python FILE] [--work DIR] [FOLDER ...]

Without a folder: the projects of `testdata/projects`, as they are kept there. With folders: each is copied,
`async-fix apply` runs in the copy, and both trees are checked. mypy, pyright, ty and ruff have to be on the
path, and what the folders import has to be installed for the Python of `--python`: a checker says little of
what it cannot find. Trees and what was found before are kept in `--work`, for the next run.
Prints a table, then each new error. Exit code 1 when there is one: it is a forgotten `await`, an attribute
that the twin has not, an annotation that became untrue, or a reason for `known.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .checkers import CHECKERS, Finding, Findings, as_json, findings, of_json
from .known import is_known, is_same

PROJECTS = Path(__file__).resolve().parents[3] / "testdata" / "projects"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--checker", choices=CHECKERS, action="append")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--work", type=Path)
    parser.add_argument("folders", nargs="*", type=Path)
    args = parser.parse_args()
    bad = 0
    print(f"{'application':40} {'checker':8} {'before':>7} {'after':>7} {'new':>5}", flush=True)
    with contextlib.ExitStack() as stack:
        work = args.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for folder in args.folders or sorted(PROJECTS.iterdir()):
            before, after = _trees(folder.resolve(), work / folder.name)
            for checker in args.checker or CHECKERS:
                old = _before(checker, before, args.python, work / folder.name / f"{checker}.json")
                now = findings(checker, after, args.python)
                new = new_findings(old, now)
                bad += len(new)
                counts = f"{old.total():7} {now.total():7} {len(new):5}"
                print(f"{folder.name[:40]:40} {checker:8} {counts}", *new, sep="\n    ", flush=True)
    return int(bool(bad))


def new_findings(old: Findings, now: Findings) -> list[Finding]:
    """Without those that moved along with their code or have other words, and without the known ones."""
    gone = list((old - now).elements())
    new = []
    for one in sorted((now - old).elements(), key=str):
        same = next((other for other in gone if is_same(other, one)), None)
        if same:
            gone.remove(same)
        elif not is_known(one):
            new.append(one)
    return new


def _before(checker: str, tree: Path, python: Path, kept: Path) -> Findings:
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(as_json(findings(checker, tree, python)))
    return of_json(kept.read_text())


def _trees(folder: Path, work: Path) -> Iterator[Path]:
    """The tree before and the tree after; a tree that `work` has from another run is not migrated anew."""
    if (folder / "before").is_dir() and (folder / "after").is_dir():
        yield from (folder / "before", folder / "after")
        return
    for name in ("before", "after"):
        tree = work / name
        if not tree.exists():
            shutil.copytree(folder, tree, symlinks=True, ignore=shutil.ignore_patterns(".git", ".venv"))
            if name == "after":
                command = [sys.executable, "-m", "async_fix", "apply", "--allow-dirty"]
                subprocess.run(command, cwd=tree, timeout=1800, stdout=subprocess.DEVNULL)
        yield tree


if __name__ == "__main__":
    sys.exit(main())
