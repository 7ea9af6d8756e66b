"""The detection benchmark under other tools, side by side with ours, as a table.

    python tests/detection/compare.py           # installs them into a virtual environment that is thrown away
    python tests/detection/compare.py FOLDER    # or uses the one in FOLDER, which is made if it is missing

Ruff and flake8-async are asked for what blocks (ASYNC2..); asyncify-codemod tells nothing, so a line counts
as found when it is changed.
"""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "support"))

from detection import BLOCKING, LOOKALIKES, Line, marked, ours

_PEERS = ("ruff", "flake8-async", "asyncify-codemod")
_FINDING = re.compile(r"(.+?):(\d+):\d+: ASYNC2\d\d")
_WIDTH = 34


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        programs = _installed(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch, "venv"))
        print(f"{'':{_WIDTH}}{'lines':>7}{'ours':>7}" + "".join(f"{name:>18}" for name in _PEERS))
        for project, mark, title in (
            (BLOCKING, "blocks", "blocking calls found"),
            (LOOKALIKES, "quiet", "look-alikes reported"),
        ):
            lines = marked(project, mark)
            columns = [ours(project), *_of_peers(programs, project, Path(scratch))]
            for path in sorted({line.path for line in lines}):
                _row(f"  {path}", {line for line in lines if line.path == path}, columns)
            _row(title, lines, columns)


def _row(title: str, lines: set[Line] | frozenset[Line], columns: list[frozenset[Line]]) -> None:
    mine, *others = (len(lines & column) for column in columns)
    print(f"{title:{_WIDTH}}{len(lines):>7}{mine:>7}" + "".join(f"{number:>18}" for number in others))


def _installed(folder: Path) -> Path:
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not folder.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([programs / "python", "-m", "pip", "install", "-q", *_PEERS], check=True)
    return programs


def _of_peers(programs: Path, project: Path, scratch: Path) -> Iterator[frozenset[Line]]:
    files = sorted(path.relative_to(project).as_posix() for path in project.rglob("*.py"))
    ruff = ["check", "--isolated", "--select", "ASYNC", "--output-format", "concise", "--no-cache"]
    yield _reported([str(programs / "ruff"), *ruff, *files], project)
    yield _reported([str(programs / "flake8-async"), "--enable=ASYNC2", "--asyncio", *files], project)
    copy = scratch / project.name
    shutil.copytree(project, copy)
    for file in files:  # one by one: a file that it cannot handle ends its run
        subprocess.run([programs / "asyncify-codemod", file], cwd=copy, capture_output=True)
    yield frozenset(line for file in files for line in _changed(file, project / file, copy / file))


def _reported(command: list[str], project: Path) -> frozenset[Line]:
    out = subprocess.run(command, cwd=project, capture_output=True, text=True).stdout
    found = (_FINDING.match(row) for row in out.splitlines())
    return frozenset(Line(match[1], int(match[2])) for match in found if match)


def _changed(path: str, old: Path, new: Path) -> Iterator[Line]:
    before, after = (file.read_text(encoding="utf-8").splitlines() for file in (old, new))
    for tag, start, end, _, _ in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag in ("replace", "delete"):
            yield from (Line(path, number + 1) for number in range(start, end))


if __name__ == "__main__":
    main()
