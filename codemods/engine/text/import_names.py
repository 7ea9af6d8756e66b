"""One more name in a `from` import that is there already, in the form and the order it has."""

from __future__ import annotations

import ast

from .import_layout import Layout, Row
from .import_order import name_order_kept, written_module
from .lines import byte_to_char
from .spelling import ImportLine

_DEFAULT_LENGTH = 88


def add_name(there: Layout, row: Row, line: ImportLine, line_length: int | None) -> str | None:
    """The source with the name added to the import at `row`; None if it belongs in a statement of its own."""
    node = row.first
    if len(row.nodes) > 1 or not isinstance(node, ast.ImportFrom) or written_module(node) != line.module:
        return None
    if node.names[0].name == "*" or _keeps_names_apart(there, node, line):
        return None
    index = _position(there, node, line.name)
    limit = line_length or longest_import(there)
    rows = {alias.lineno for alias in node.names}
    if (
        len(rows) == len(node.names)
        and node.lineno not in rows
        and there.lines[row.end - 1][: _end(there, node)].endswith(")")
    ):
        return _add_line(there, node, index, line.member)
    text = _add_inline(there, node, index, line.member)
    changed = [new for old, new in zip(there.lines, text, strict=True) if old != new]
    if all(len(new.rstrip("\r\n")) <= limit for new in changed):
        return "".join(text)
    return _one_per_line(there, row, node, index, line.member)


def _keeps_names_apart(there: Layout, node: ast.ImportFrom, line: ImportLine) -> bool:
    found = [n for run in there.runs for n in run.imports() if isinstance(n, ast.ImportFrom)]
    if any(alias.asname for alias in node.names) or line.alias:
        # Ruff and isort give `a as b` a line of its own unless they are told otherwise
        return not any(len(n.names) > 1 and any(alias.asname for alias in n.names) for n in found)
    if any(len(n.names) > 1 for n in found):
        return False
    modules = [written_module(n) for n in found if not n.names[0].asname]
    return any(modules.count(module) > 1 for module in modules)


def _position(there: Layout, node: ast.ImportFrom, name: str) -> int:
    imports = (n for run in there.runs for n in run.imports())
    everywhere = [[alias.name for alias in n.names] for n in imports if isinstance(n, ast.ImportFrom)]
    names = [alias.name for alias in node.names]
    key = name_order_kept(everywhere) or name_order_kept([names])
    if key is None:
        return len(names)
    return next((i for i, other in enumerate(names) if key(other) > key(name)), len(names))


def longest_import(there: Layout) -> int:
    lines = (line for run in there.runs for row in run.rows for line in there.lines[row.start : row.end])
    return max([_DEFAULT_LENGTH, *(len(line.rstrip("\r\n")) for line in lines)])


def _add_line(there: Layout, node: ast.ImportFrom, index: int, member: str) -> str | None:
    """In a list with one name a line: a line of its own."""
    first = there.lines[node.names[0].lineno - 1]
    indent = first[: len(first) - len(first.lstrip())]
    if index == 0:
        return there.insert(there.above_comments(node.names[0].lineno - 1), f"{indent}{member},")
    number = (node.names[index - 1].end_lineno or 0) - 1
    previous = there.lines[number]
    end = _end(there, node.names[index - 1])
    rest = previous[end:].lstrip()
    closes = number == (node.end_lineno or 0) - 1
    if rest.startswith(",") and not closes:
        return there.insert(number + 1, f"{indent}{member},")
    if index < len(node.names):
        return None
    if closes:
        new = f"{previous[:end]},{there.newline}{indent}{member}{previous[end:]}"
        return "".join([*there.lines[:number], new, *there.lines[number + 1 :]])
    lines = [*there.lines[:number], f"{previous[:end]},{previous[end:]}", f"{indent}{member}{there.newline}"]
    return "".join([*lines, *there.lines[number + 1 :]])


def _add_inline(there: Layout, node: ast.ImportFrom, index: int, member: str) -> list[str]:
    if index < len(node.names):
        alias, text = node.names[index], f"{member}, "
        at = byte_to_char(there.lines[alias.lineno - 1], alias.col_offset)
        number = alias.lineno - 1
    else:
        alias, text = node.names[-1], f", {member}"
        at = _end(there, alias)
        number = (alias.end_lineno or alias.lineno) - 1
    lines = list(there.lines)
    lines[number] = f"{lines[number][:at]}{text}{lines[number][at:]}"
    return lines


def _one_per_line(there: Layout, row: Row, node: ast.ImportFrom, index: int, member: str) -> str | None:
    last = there.lines[row.end - 1]
    behind = last[_end(there, node) :].strip()
    if row.end - row.start > 1 and any("#" in line for line in there.lines[row.start : row.end]):
        return None
    if behind and not behind.startswith("#"):
        return None
    names = [f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in node.names]
    names.insert(index, member)
    head = f"from {written_module(node)} import (" + (f"  {behind}" if behind else "")
    indent = _indent(there)
    lines = [head, *(f"{indent}{name}," for name in names), ")"]
    replaced = [line + there.newline for line in lines]
    if not last.endswith(("\r", "\n")):
        replaced[-1] = ")"
    return "".join([*there.lines[: row.start], *replaced, *there.lines[row.end :]])


def _indent(there: Layout) -> str:
    for run in there.runs:
        for node in run.imports():
            hangs = node.names[0].lineno > node.lineno
            if hangs and not there.lines[node.lineno - 1].rstrip().endswith("\\"):
                text = there.lines[node.names[0].lineno - 1]
                found = text[: len(text) - len(text.lstrip())]
                if found:
                    return found
    for row in there.rows:
        for statement in row.nodes:
            body = getattr(statement, "body", None)
            if isinstance(body, list) and body[0].lineno > statement.lineno:
                text = there.lines[body[0].lineno - 1]
                return text[: len(text) - len(text.lstrip())] or "    "
    return "    "


def _end(there: Layout, node: ast.alias | ast.ImportFrom) -> int:
    return byte_to_char(there.lines[(node.end_lineno or node.lineno) - 1], node.end_col_offset or 0)
