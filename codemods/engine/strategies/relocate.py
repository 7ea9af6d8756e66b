"""Places in texts with copies, as the user knows them: the lines of the files as they are."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from ...analysis.syntax import extent
from ...beside import bound_names
from ...model import FileResult, Finding, Location

Lines = Mapping[str, Mapping[int, int]]
"""Path -> line of the text with copies -> line of the file."""
T = TypeVar("T")


def lines_of(text: str, staged: str, twins: Mapping[str, str]) -> Mapping[int, int]:
    """`twins` are the names of copies, each with that of its original, whose lines stand for them; other new
    lines stand where they were put in."""
    found: dict[int, int] = {}
    known, new = ([line.strip() for line in each.split("\n")] for each in (text, staged))
    matcher = SequenceMatcher(None, known, new, autojunk=False)
    for _, old, old_end, start, end in matcher.get_opcodes():
        last = max(old_end, 1)
        while old == old_end and last > 1 and not known[last - 1]:
            last -= 1
        lines = (min(old + number, last) for number in range(1, end - start + 1))
        found.update(zip(range(start + 1, end + 1), lines, strict=True))
    by_name = {name: statement for statement in ast.parse(text).body for name in bound_names(statement)}
    for statement in ast.parse(staged).body:
        for name in bound_names(statement):
            if name in twins:
                found.update(zip(extent(statement), extent(by_name[twins[name]]), strict=False))
    return found


def relocated(value: T, lines: Lines) -> T:
    """The same report, or part of one, with the lines of the files in its places."""
    return _moved(value, lines) if lines else value


def _moved(value: Any, lines: Lines) -> Any:
    if isinstance(value, Location):
        return value._replace(line=lines.get(value.path, {}).get(value.line, value.line))
    if type(value) is tuple:
        return tuple(_moved(each, lines) for each in value)
    if not isinstance(value, msgspec.Struct) or isinstance(value, FileResult):
        return value
    moved = replace(value, **{f: _moved(getattr(value, f), lines) for f in value.__struct_fields__})
    if isinstance(moved, Finding) and isinstance(value, Finding):
        by = moved.location.line - value.location.line
        span = value.span._replace(line=value.span.line + by, end_line=value.span.end_line + by)
        return replace(moved, span=span)
    return moved
