"""The detection benchmark: lines that block the event loop, lines that only look so, and what we say of them.

`# blocks` stands on each line of `testdata/detection/blocking` on which the loop waits, `# quiet` on each of
`testdata/detection/lookalikes` that resembles one, and `# either` where both answers are right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import load_config

FOLDER = Path(__file__).parents[2] / "testdata" / "detection"
BLOCKING = FOLDER / "blocking"
LOOKALIKES = FOLDER / "lookalikes"

_MARK = re.compile(r"# (blocks|quiet|either)$")
_KNOWN_HARM = re.compile(r"AF[24]\d\d")


@dataclass(frozen=True, order=True)
class Line:
    path: str
    """From the folder of the project, with `/`."""
    number: int

    def __str__(self) -> str:
        return f"{self.path}:{self.number}"


def marked(project: Path, mark: str) -> frozenset[Line]:
    """The lines that carry a mark."""
    return frozenset(
        Line(path.relative_to(project).as_posix(), number)
        for path in project.rglob("*.py")
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := _MARK.search(text)) and found[1] == mark
    )


@cache
def findings(project: Path) -> frozenset[tuple[Line, str]]:
    """What `check` reports, with its codes."""
    report = pipeline.check(pipeline.start([project / "app"], load_config(project)))
    return frozenset((Line(f.location.path, f.location.line), f.code) for f in report.findings)


def ours(project: Path, *, unsure: bool = False) -> frozenset[Line]:
    """The lines where `check` says that something blocks or is slow; `unsure`: or that nobody knows."""
    return frozenset(
        line for line, code in findings(project) if _KNOWN_HARM.match(code) and (unsure or code != "AF211")
    )
