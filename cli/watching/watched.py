"""Blocking calls that were seen while the user's tests ran, and what the static analysis knows of each."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from ...codemods.analysis.link.program import Key, Program
from ...codemods.engine.pipeline import Run
from ...codemods.model import EntryKind, Finding, Location, Report
from ..shared import words
from ..shared.guard import fail
from ..shared.paper import line
from ..shared.places import Places
from .companion import __path__ as companion

_PLUGIN = "async_fix_watch"
Frames = tuple[tuple[str, int], ...]


class Seen(msgspec.Struct, frozen=True):
    """As the plugin writes it."""

    name: str
    test: str
    frames: Frames
    """The project's own, from the innermost: path and line."""
    count: int


class Call(msgspec.Struct, frozen=True):
    """One place, with all that was seen of it."""

    name: str
    place: Location
    handler: str
    """What it holds up; empty where no handler is on the way."""
    chain: tuple[str, ...]
    finding: Finding | None
    """What `check` says of the place, or of a call on the way to it."""
    count: int
    test: str
    """The first that did it."""


def run_watched(command: Sequence[str], root: Path) -> tuple[int, list[Seen] | None]:
    """The command's exit code, and what was seen; None where the plugin did not come to its end."""
    path = os.pathsep.join(filter(None, [companion[0], os.environ.get("PYTHONPATH", "")]))
    options = f"{os.environ.get('PYTEST_ADDOPTS', '')} -p {_PLUGIN}".strip()
    with tempfile.TemporaryDirectory(prefix="async-fix-") as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": path,
            "PYTEST_ADDOPTS": options,
            "ASYNC_FIX_WATCH_FOLDER": folder,
            "ASYNC_FIX_WATCH_ROOT": str(root),
        }
        try:
            code = subprocess.run(command, env=environment, check=False).returncode
        except OSError as error:
            fail(f"{command[0]}: {error.strerror}")
        files = sorted(Path(folder).glob("*.json"))
        rows = [row for file in files for row in json.loads(file.read_text(encoding="utf-8"))]
    if not files:
        return code, None
    return code, [Seen(name, test, tuple(map(tuple, frames)), count) for name, test, frames, count in rows]


def assign(seen: Iterable[Seen], run: Run, report: Report) -> list[Call]:
    """By place, in the order of files and lines.

    What tests do on loops of their own does not count, nor what happens before the first request.
    """
    program = run.before.program
    labels = {program.key(entry.function): entry.label for entry in run.before.entries}
    startup = {program.key(e.function) for e in run.before.entries if e.kind is EntryKind.LIFESPAN}
    is_test = {file.path for file in run.project.files if file.is_test}
    found: dict[tuple[str, Frames], Call] = {}
    for each in seen:
        frames = tuple(frame for frame in each.frames if frame[0] not in is_test)
        if not frames or startup & {_function(program, *frame) for frame in frames}:
            continue
        key = (each.name, frames)
        count = each.count + (found[key].count if key in found else 0)
        test = found[key].test if key in found else each.test
        found[key] = _call(each.name, frames, program, labels, report.findings, count, test)
    return sorted(found.values(), key=lambda call: (call.place, call.name, call.handler))


def _call(
    name: str,
    frames: Frames,
    program: Program,
    labels: dict[Key | None, str],
    findings: Iterable[Finding],
    count: int,
    test: str,
) -> Call:
    functions = [_function(program, *frame) for frame in frames]
    handlers = [number for number, key in enumerate(functions) if key in labels]
    last = handlers[-1] if handlers else len(frames) - 1
    chain = [program.scope(key).qualname for key in reversed(functions[:last]) if key is not None]
    short = words.short(name)
    known = (finding for frame in frames[: last + 1] for finding in findings if _is_at(finding, *frame))
    return Call(
        short,
        Location(*frames[0], 1),
        labels[functions[last]] if handlers else "",
        (*(f"{function.replace('.<locals>', '')}()" for function in chain), short),
        next(known, None),
        count,
        test,
    )


def _function(program: Program, path: str, number: int) -> Key | None:
    """The innermost function around a line."""
    around = [key for key in _functions(program, path) if _covers(program, key, number)]
    return max(around, key=lambda key: program.scope(key).span, default=None)


def _functions(program: Program, path: str) -> Iterator[Key]:
    return iter(program.functions_of(path)) if path in program.modules else iter(())


def _covers(program: Program, key: Key, number: int) -> bool:
    span = program.scope(key).span
    return span.line <= number <= span.end_line


def _is_at(finding: Finding, path: str, number: int) -> bool:
    inside = finding.span.line <= number <= finding.span.end_line
    return finding.location.path == path and inside and finding.code != "AF101"


def tell(out: Console, calls: Sequence[Call], places: Places) -> None:
    out.print()
    if not calls:
        line(out, ("No blocking call was seen on an event loop.", "green"))
        return
    line(out, ("Blocking calls on an event loop", "bold underline"))
    for handler in dict.fromkeys(call.handler for call in calls):
        out.print()
        line(out, (handler or "Outside of the handlers", "bold"))
        for call in calls:
            if call.handler == handler:
                _one(out, call, places)
    out.print()
    unknown = sum(call.finding is None for call in calls)
    line(out, f"{words.count(len(calls), 'blocking call')}, {unknown} of them not known to `check`.")


def _one(out: Console, call: Call, places: Places) -> None:
    times = words.count(call.count, "time")
    test = f", first in {call.test}" if call.test else ""
    line(
        out,
        (places.at(call.place), "bold"),
        f"  {' -> '.join(call.chain)}",
        (f"  ({times}{test})", "dim"),
        indent=2,
    )
    if call.finding is None and not call.handler:
        line(out, ("= ", "blue"), "no handler leads there, so `check` does not look at it", indent=6)
    elif call.finding is None:
        line(out, ("= ", "blue"), ("not known to `check`: please report it", "red"), indent=6)
    else:
        line(out, ("= ", "blue"), f"known: {call.finding.code} {words.remedy(call.finding)}", indent=6)
