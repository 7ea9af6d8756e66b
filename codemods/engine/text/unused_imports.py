"""Imports that the edits left without a use go; what was unused before stays."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...analysis.nodes import children
from .bindings import FunctionNode, import_meanings
from .lines import byte_to_char, split_lines
from .parsed import parsed
from .remarks import remark
from .used_names import is_code, names_in, used_names

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Import = ast.Import | ast.ImportFrom
_KEPT_BY_COMMENT = re.compile(r"#.*(?:\bnoqa\b|unused-import|isort:\s*(?:skip|keep))", re.IGNORECASE)
_WITHS = (ast.With, ast.AsyncWith)
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, *_WITHS)
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})
_LOOKS_UP_NAMES = frozenset({"globals", "locals", "vars", "eval", "exec"})


def remove_unused_imports(
    before: str, after: str, *, exported: frozenset[str] = frozenset(), limit: int | None = None
) -> str:
    """`after` without the imports whose names `before` used and `after` does not.

    `limit` is the longest line: an import that needed several lines and no longer does gets one.
    `exported` are the names that other files take from this module or patch in it. Imports inside a `try`,
    which may ask whether there is such a module, stay, but for those of the standard library in functions
    and for names beside others that stay. So do those inside a class, inside `if` and `with` at the top,
    those for type checkers alone apart, lines with `noqa`, and comments on and above a removed line.
    """
    mark = "\ufeff" if after.startswith("\ufeff") else ""
    text = after.removeprefix(mark)
    old, new = parsed(before), parsed(text)
    used = used_names(new, text)
    if used & _LOOKS_UP_NAMES and _looks_up_names(new):
        return after
    cutter = _Cutter(text, limit)
    used_before = used_names(old, before)
    for_types = [node for block in for_type_checkers(old) for node in block.body]
    emptied = [
        statement
        for statement in for_type_checkers(new)
        if _orphaned(cutter, for_types, statement.body, used_before, exported | used, local=True)
    ]
    for statement in emptied:
        cutter.statement(new.body, statement)
    rest = ast.Module([node for node in new.body if node not in emptied], [])
    _orphaned(cutter, old.body, rest.body, used_before, exported | used_names(rest, text))
    earlier = dict(_functions(old))
    for path, function in _functions(new):
        blocks = (
            [block for block in _blocks(function) if any(_imports(block.body))] if path in earlier else []
        )
        if blocks:
            known = [node for block in _blocks(earlier[path]) for node in block.body]
            names = names_in(earlier[path]), names_in(function)
            for block in blocks:
                _orphaned(cutter, known, block.body, *names, local=True, asks=block.asks)
    return mark + cutter.text()


def _looks_up_names(tree: ast.Module) -> bool:
    """`vars(row)` looks at an object, and `vars()` at all that is here."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    of_objects = [each.func for each in calls if isinstance(each.func, ast.Name) and each.func.id == "vars"]
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return any(node.id in _LOOKS_UP_NAMES and node not in of_objects for node in names)


class _Cutter:
    """Collects what is to go, by whole lines where it can."""

    def __init__(self, text: str, limit: int | None) -> None:
        self._lines = split_lines(text)
        self._limit = limit
        self._gone: set[int] = set()
        self._replaced: dict[int, str] = {}
        self._cuts: list[tuple[int, int, int]] = []

    def keeps(self, node: ast.stmt) -> bool:
        lines = self._lines[node.lineno - 1 : node.end_lineno]
        return any(_KEPT_BY_COMMENT.search(line) for line in lines)

    def statement(self, body: Sequence[ast.stmt], node: ast.stmt) -> None:
        index = body.index(node)
        start, end = node.lineno - 1, node.end_lineno or node.lineno
        shares = [n for n in body if n is not node and n.lineno - 1 < end and (n.end_lineno or 0) > start]
        first = self._lines[start]
        if not shares and not first[: self._char(start, node.col_offset)].strip():
            for number in range(start, end):
                self._line(number, indent=first[: self._char(start, node.col_offset)])
        elif start == end - 1 and index + 1 < len(body) and body[index + 1].lineno == node.lineno:
            self._cut(start, node.col_offset, body[index + 1].col_offset)
        elif start == end - 1 and index and body[index - 1].end_lineno == node.lineno:
            self._cut(start, body[index - 1].end_col_offset or 0, node.end_col_offset or 0)

    def name(self, node: _Import, alias: ast.alias, kept: Sequence[ast.alias]) -> None:
        """`alias` goes, the other names of the statement stay."""
        number = alias.lineno - 1
        line = self._lines[number]
        start, end = (self._char(number, col or 0) for col in (alias.col_offset, alias.end_col_offset))
        if not line[:start].strip() and re.fullmatch(r"\s*,?\s*(?:#.*)?", line[end:].rstrip("\r\n")):
            self._line(number, indent=line[:start])
            return
        following = [
            other for other in node.names if _at(other) > _at(alias) and other.lineno == alias.lineno
        ]
        before = [other for other in kept if _at(other) < _at(alias) and other.end_lineno == alias.lineno]
        if following:
            self._cut(number, alias.col_offset, following[0].col_offset)
        elif before:
            self._cut(number, before[-1].end_col_offset or 0, alias.end_col_offset or 0)
        else:
            comma = re.match(r"[ \t]*,[ \t]*", line[end:])
            self._cuts.append((number, start, end + (comma.end() if comma else 0)))

    def fits_one_line(self, node: _Import, kept: Sequence[ast.alias]) -> bool:
        """Put the names that stay on one line, where that was not possible before and nothing but names
        stands there."""
        start, end = node.lineno - 1, node.end_lineno or node.lineno
        whole = "".join(self._lines[start:end])
        if self._limit is None or end == start + 1 or "#" in whole or "(" not in whole:
            return False
        head = whole[: whole.index("(")]
        long, short = (head + ", ".join(map(_spelled, names)) for names in (node.names, kept))
        if len(long) <= self._limit or len(short) > self._limit or whole[whole.index(")") + 1 :].strip():
            return False
        self._replaced[start] = short + whole[len(whole.rstrip("\r\n")) :]
        self._gone.update(range(start + 1, end))
        return True

    def text(self) -> str:
        lines = list(self._lines)
        for number, line in self._replaced.items():
            lines[number] = line
        for number, start, end in reversed(_merged(self._cuts)):
            lines[number] = lines[number][:start] + lines[number][end:]
        for number in sorted(self._gone, reverse=True):
            del lines[number]
            if number - 1 not in self._gone:
                self._close_gap(lines, number)
        result = "".join(lines)
        return result if is_code(result) else "".join(self._lines)

    def _line(self, number: int, indent: str) -> None:
        """It goes; what it tells people stays, on a line of its own."""
        line = self._lines[number]
        told = remark(line)
        if told:
            self._replaced[number] = indent + told + line[len(line.rstrip("\r\n")) :]
        else:
            self._gone.add(number)

    def _close_gap(self, lines: list[str], number: int) -> None:
        """Of blank lines on both sides those below stay, but none at the start of the file or of a block."""
        top, bottom = number, number
        while top and not lines[top - 1].strip():
            top -= 1
        while bottom < len(lines) and not lines[bottom].strip():
            bottom += 1
        if top == 0 or lines[top - 1].rstrip().endswith(":"):
            del lines[top:bottom]
        elif top < number and (number < bottom or bottom == len(lines)):
            del lines[top:number]

    def _cut(self, number: int, start_col: int, end_col: int) -> None:
        self._cuts.append((number, self._char(number, start_col), self._char(number, end_col)))

    def _char(self, number: int, col: int) -> int:
        return byte_to_char(self._lines[number], col)


def _orphaned(
    cutter: _Cutter,
    before: Sequence[ast.stmt],
    after: Sequence[ast.stmt],
    used_before: frozenset[str],
    kept: frozenset[str],
    *,
    local: bool = False,
    asks: bool = False,
) -> bool:
    """`local`: something must stay in `after`; is there nothing left that should? `asks`: a module may be
    imported to see whether it is there, by whichever of its names."""
    is_empty = False
    known = {pair for node in _imports(before) for pair in import_meanings(node, "", False)}
    remaining = len(after)
    for node in _imports(after):
        if cutter.keeps(node):
            continue
        gone = [
            alias
            for alias, (name, meaning) in zip(node.names, import_meanings(node, "", False), strict=True)
            if (name, meaning) in known and name in used_before and name not in kept
        ]
        stay = [alias for alias in node.names if alias not in gone]
        if asks and (not stay or isinstance(node, ast.Import)):
            # what Python itself brings is there
            gone = [alias for alias in gone if _root(node, alias) in sys.stdlib_module_names]
            stay = [alias for alias in node.names if alias not in gone]
        if stay and gone and not cutter.fits_one_line(node, stay):
            for alias in gone:
                cutter.name(node, alias, stay)
        elif stay:
            continue
        elif not local or remaining > 1:
            remaining -= 1
            cutter.statement(after, node)
        else:
            is_empty = True
    return is_empty


def for_type_checkers(tree: ast.Module) -> Iterator[ast.If]:
    """The blocks below `if TYPE_CHECKING:`, which never run."""
    for node in tree.body:
        if isinstance(node, ast.If) and not node.orelse:
            test = node.test.attr if isinstance(node.test, ast.Attribute) else getattr(node.test, "id", "")
            if test == "TYPE_CHECKING":
                yield node


class _Block(NamedTuple):
    body: list[ast.stmt]
    asks: bool
    """A `try` around it may be there for an import."""


def _blocks(function: _Function) -> Iterator[_Block]:
    """Its body, and those inside it that run or do not run as a whole, or until something fails."""
    pending = [_Block(function.body, asks=False)]
    for block in pending:
        yield block
        for node in block.body:
            if isinstance(node, _BLOCKS):
                inner = [node.body, *([node.orelse] if not isinstance(node, _WITHS) else [])]
                pending += [_Block(body, block.asks) for body in inner]
            elif isinstance(node, ast.Try) and not any(map(_is_for_imports, node.handlers)):
                inner = [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]
                pending += [_Block(body, asks=True) for body in inner]


def _is_for_imports(handler: ast.ExceptHandler) -> bool:
    return handler.type is not None and not _IMPORT_ERRORS.isdisjoint(names_in(handler.type))


def _imports(body: Sequence[ast.stmt]) -> Iterator[_Import]:
    for node in body:
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.names[0].name != "*"):
            yield node


def _functions(tree: ast.Module) -> Iterator[tuple[tuple[str | int, ...], _Function]]:
    """Each function under its dotted name and its number among those of the same name."""
    seen: Counter[tuple[str, ...]] = Counter()

    def walk(node: ast.AST, path: tuple[str, ...]) -> Iterator[tuple[tuple[str | int, ...], _Function]]:
        for child in children(node):
            if isinstance(child, ast.expr):
                continue
            inner = path
            if isinstance(child, (*FunctionNode, ast.ClassDef)):
                inner = (*path, child.name)
            if isinstance(child, FunctionNode):
                seen[inner] += 1
                yield (*inner, seen[inner]), child
            yield from walk(child, inner)

    yield from walk(tree, ())


def _merged(cuts: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    merged: list[tuple[int, int, int]] = []
    for number, start, end in sorted(cuts):
        if merged and merged[-1][0] == number and start <= merged[-1][2]:
            merged[-1] = (number, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((number, start, end))
    return merged


def _root(node: _Import, alias: ast.alias) -> str:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
    return module.partition(".")[0]


def _spelled(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _at(alias: ast.alias) -> tuple[int, int]:
    return alias.lineno, alias.col_offset
