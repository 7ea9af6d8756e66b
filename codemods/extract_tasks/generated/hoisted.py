"""Imports inside a task that turn out to be needed there by nothing: they go to the top of its module.

While it is decided what becomes a task, any file that does slow work may yet come to import the tasks module.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from ...model import Code, ImportNeed, TaskDefinition, slot
from ..task_imports import SET_UP, late_imports
from .code import spelled

_STAND_IN = 0x4E00
"""The first of many letters that are identifiers by themselves, as short as the slots they stand for."""


def hoisted(task: TaskDefinition, is_circular: Callable[[ImportNeed], bool]) -> TaskDefinition:
    late = [need for need in task.late_imports if is_circular(need)]
    free = [need for need in task.late_imports if need not in late and need not in task.source.needs]
    if task.reads_set_up or not free or len(late) + len(free) < len(task.late_imports):
        return task
    inside, before = late_imports(late), late_imports(task.late_imports)
    # where nothing is imported inside any more, not for what it sets up either, the empty line goes as well
    above, _, below = task.source.text.partition(before)
    ends = "\n" if below.startswith("\n") and not inside and not above.endswith(SET_UP) else ""
    text = task.source.text.replace(f"{before}{ends}", inside, 1)
    needs = (*task.source.needs, *free)
    slots = {spelled(need): slot(len(task.source.needs) + number) for number, need in enumerate(free)}
    slotted = _with_slots(text, slots)
    if slotted is None:
        return task
    return replace(task, source=Code(slotted, needs), late_imports=tuple(late))


def _with_slots(text: str, slots: Mapping[str, str]) -> str | None:
    """`slots` in place of names; None where Python does not say where the names stand (in f-strings)."""
    plain = "".join(chr(_STAND_IN + ord(c) - ord(slot(0))) if _is_slot(c) else c for c in text)
    tree = ast.parse(plain)
    told = [part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)]
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in slots]
    if any(name in told for name in names):
        return None
    lines = [line.encode() for line in text.split("\n")]
    for name in sorted(names, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        line, start = lines[name.lineno - 1], name.col_offset
        lines[name.lineno - 1] = (
            line[:start] + slots[name.id].encode() + line[start + len(name.id.encode()) :]
        )
    return b"\n".join(lines).decode()


def _is_slot(character: str) -> bool:
    return ord(slot(0)) <= ord(character) <= 0xF8FF
