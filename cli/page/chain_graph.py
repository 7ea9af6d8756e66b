"""Chains of calls as a small drawing for the report: handlers on the left, what blocks on the right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

_LETTER, _HEIGHT, _GAP, _ROW = 7.3, 26, 44, 36
"""In pixels: a letter of the 12 px font, a box, the room between columns, a row."""


class Box(msgspec.Struct, frozen=True):
    text: str
    kind: str
    """`first`, `middle` or `last` of its chains."""
    x: float
    y: float
    width: float
    height: float = _HEIGHT


class Graph(msgspec.Struct, frozen=True):
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    """Each the `d` of a path."""
    width: float
    height: float


def graph(chains: Sequence[Sequence[str]]) -> Graph:
    """A name stands once, in the column of its longest way from the left; a call back is a line back."""
    edges = [(a, b) for chain in chains for a, b in pairwise(chain) if a != b]
    edges = list(dict.fromkeys(edges))
    names = list(dict.fromkeys(name for chain in chains for name in chain))
    columns = _columns(names, edges)
    widths: dict[int, float] = {}
    rows: dict[str, int] = {}
    filled: dict[int, int] = {}
    for name in names:
        column = columns[name]
        widths[column] = max(widths.get(column, 0), len(name) * _LETTER + 16)
        rows[name] = filled.get(column, 0)
        filled[column] = rows[name] + 1
    left = {column: sum(widths[c] + _GAP for c in range(column)) for column in widths}
    callers, callees = {a for a, _ in edges}, {b for _, b in edges}
    boxes = {
        name: Box(
            name,
            "first" if name not in callees else "last" if name not in callers else "middle",
            left[columns[name]] + 1,
            rows[name] * _ROW + 1,
            len(name) * _LETTER + 16,
        )
        for name in names
    }
    width = max((box.x + box.width for box in boxes.values()), default=0) + 1
    height = max((box.y + box.height for box in boxes.values()), default=0) + 1
    return Graph(tuple(boxes.values()), tuple(_line(boxes[a], boxes[b]) for a, b in edges), width, height)


def _columns(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    columns = dict.fromkeys(names, 0)
    for _ in range(len(names)):  # with a circle it would never come to rest
        moved = False
        for a, b in edges:
            if columns[b] <= columns[a] < len(names) - 1 and not _is_back(a, b, edges):
                columns[b] = columns[a] + 1
                moved = True
        if not moved:
            break
    used = sorted(set(columns.values()))
    return {name: used.index(column) for name, column in columns.items()}


def _is_back(a: str, b: str, edges: Sequence[tuple[str, str]]) -> bool:
    """Is `a` reached from `b`?"""
    seen, todo = {b}, [b]
    while todo:
        here = todo.pop()
        for start, end in edges:
            if start == here and end not in seen:
                seen.add(end)
                todo.append(end)
    return a in seen


def _line(a: Box, b: Box) -> str:
    x1, y1 = a.x + a.width, a.y + a.height / 2
    x2, y2 = b.x, b.y + b.height / 2
    middle = (x1 + x2) / 2
    return f"M{x1:.0f} {y1:.0f} C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2 - 5:.0f} {y2:.0f}"
