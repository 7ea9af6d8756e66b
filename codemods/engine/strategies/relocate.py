"""Places in texts with copies, as the user knows them: the lines of the files as they are."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from difflib import SequenceMatcher
from typing import Any, TypeVar

from ...analysis.syntax import extent
from ...beside import bound_names
from ...model import FileResult, Finding, Location

Lines = Mapping[str, Mapping[int, int]]
"""Path -> line of the text with copies -> line of the file."""
T = TypeVar("T")


def lines_of(text: str, staged: str, twins: Mapping[str, str]) -> Mapping[int, int]:
    """`twins` are the names of copies, each with that of its original, whose lines stand for them."""
    found: dict[int, int] = {}
    matcher = SequenceMatcher(None, text.split("\n"), staged.split("\n"), autojunk=False)
    for _, old, old_end, new, new_end in matcher.get_opcodes():
        found.update(zip(range(new + 1, new_end + 1), range(old + 1, old_end + 1), strict=False))
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
    if not is_dataclass(value) or isinstance(value, (type, FileResult)):
        return value
    moved = replace(value, **{f.name: _moved(getattr(value, f.name), lines) for f in fields(value)})
    if isinstance(moved, Finding) and isinstance(value, Finding):
        by = moved.location.line - value.location.line
        span = value.span._replace(line=value.span.line + by, end_line=value.span.end_line + by)
        return replace(moved, span=span)
    return moved
