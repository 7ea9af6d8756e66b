"""`async-fix explain module:function`: its colour, the chain behind it, or why it stays."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from ...codemods.engine.explain import Explanation, explain
from ...codemods.engine.strategies.relocate import relocated
from ...codemods.model import Colour, FunctionId
from ..formats import as_json
from ..shared import words
from ..shared.guard import emit, fail
from ..shared.places import Places
from ..shared.run import consoles, start


def show(name: str, paths: Sequence[Path], format_: str) -> None:
    """Exits with 2 when the program has no such function."""
    run = start(paths, consoles(None)[1])
    program = run.before.program
    key = program.key(FunctionId(name))
    if key is None or not key.scope:
        shown = {_as_shown(str(program.id(each))): each for each in program.functions()}
        key = shown.get(name)
    if key is None:
        near = difflib.get_close_matches(name, shown, n=3)
        fail(f"no function {name}" + (f"; did you mean {', '.join(near)}?" if near else ""))
    found, places = relocated(explain(run.before, key), run.lines), Places(run.project.root)
    if format_ == "json":
        emit(as_json.explanation(found, places))
        return
    for line in _lines(found, places):
        emit(line)


def _as_shown(name: str) -> str:
    """Chains show inner functions without `<locals>`."""
    return name.replace(".<locals>", "")


def _lines(found: Explanation, places: Places) -> list[str]:
    lines = [
        f"{_as_shown(str(found.function))} ({places.at(found.location)})",
        f"  it is     {_colour(found)}",
    ]
    if found.reason is not None:
        where = f" ({places.at(found.reason.location)})" if found.reason.location else ""
        lines.append(f"  because   {found.reason.code} {found.reason.text}{where}")
        if found.reason.chain:
            lines.append(f"            {words.chain('', found.reason.chain)}")
    elif found.after is Colour.SYNC:
        lines.append("  because   nothing that calls it needs it to be async")
    if found.reached_from:
        lines.append(f"  called by {words.chain(found.reached_from, found.way)}")
    else:
        lines.append("  called by no handler")
    if found.chain:
        lines.append(f"  waits for {words.chain('', found.chain)} ({places.at(found.chain[-1].location)})")
    else:
        lines.append("  waits for nothing")
    lines += [f"  mended    {text}" for text in found.remedies]
    return lines


def _colour(found: Explanation) -> str:
    if found.before is Colour.ASYNC:
        return "async def already"
    if found.hands_on:
        return "def, and gives an async generator"
    return "def, and becomes async def" if found.after is Colour.ASYNC else "def, and stays so"
