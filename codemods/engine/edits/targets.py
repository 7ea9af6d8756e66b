"""Spans of `ast` -> nodes of LibCST: by kind, start and end, for `a.b().c()` has two calls with one start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import libcst as cst
import msgspec
from libcst.metadata import CodeRange, PositionProvider
from libcst.metadata.position_provider import PositionProvidingCodegenState

from ...model import Edit, Span
from ..text.lines import byte_to_char
from .failure import RewriteError
from .spans import spans_of

Range = tuple[int, int, int, int]
_Positions = Mapping[cst.CSTNode, CodeRange]
_STATEMENTS = (cst.BaseCompoundStatement, cst.BaseSmallStatement)


class Targets(msgspec.Struct, frozen=True):
    """The nodes of one piece; `lines` are those of the piece, `offset` the lines of the file above it."""

    lines: Sequence[str]
    offset: int
    positions: _Positions
    _found: Mapping[Range, Sequence[cst.CSTNode]]

    def statement(self, span: Span) -> cst.CSTNode:
        return self._node(span, _STATEMENTS, "statement")

    def function(self, span: Span) -> cst.CSTNode:
        return self._node(span, (cst.FunctionDef,), "function")

    def class_(self, span: Span) -> cst.CSTNode:
        return self._node(span, (cst.ClassDef,), "class")

    def block_statement(self, span: Span) -> cst.CSTNode:
        return self._node(span, (cst.With, cst.For), "`with` or `for`")

    def clause(self, span: Span) -> cst.CSTNode:
        return self._node(span, (cst.CompFor,), "`for` of a comprehension")

    def call(self, span: Span) -> cst.CSTNode:
        return self._node(span, (cst.Call,), "call")

    def expression(self, span: Span) -> cst.CSTNode:
        return self._node(span, (cst.BaseExpression,), "expression")

    def _node(self, span: Span, kinds: tuple[type[cst.CSTNode], ...], words: str) -> cst.CSTNode:
        """The node of this kind that the span covers exactly. Raises `RewriteError`."""
        for found in self._found.get(_range(span, self.lines, self.offset), ()):
            if isinstance(found, kinds):
                return found
        raise RewriteError(f"no {words} stands here", span)

    def line(self, span: Span) -> int:
        """Where the span begins, counted from the start of the piece."""
        return span.line - self.offset

    def is_glued(self, node: cst.CSTNode) -> bool:
        """Whether a word stands directly beside the node and its parentheses, as in `1if f()else 2`."""
        start, end = self.positions[node].start, self.positions[node].end
        if isinstance(node, cst.BaseExpression) and node.lpar:
            start, end = self.positions[node.lpar[0]].start, self.positions[node.rpar[-1]].end
        before = self.lines[start.line - 1][: start.column]
        behind = self.lines[end.line - 1][end.column :]
        return _is_word(before[-1:]) or _is_word(behind[:1])

    def margin(self, node: cst.CSTNode) -> str:
        """What the line is indented by on which the node begins."""
        line = self.lines[self.positions[node].start.line - 1]
        return line[: len(line) - len(line.lstrip(" \t"))]


class Written(PositionProvider):
    """A piece as LibCST writes it, and where each node stands in that: in one pass, for which a
    `MetadataWrapper` takes three."""

    def __init__(self, module: cst.Module) -> None:
        """`module` must not be copied afterwards: its nodes are the keys."""
        super().__init__()
        state = PositionProvidingCodegenState(module.default_indent, module.default_newline, self)
        module._codegen(state)
        self.code = "".join(state.tokens)
        self.positions = cast("_Positions", self._computed)


def targets(positions: _Positions, lines: Sequence[str], offset: int, edits: Sequence[Edit]) -> Targets:
    wanted = {_range(span, lines, offset) for edit in edits for span in spans_of(edit)}
    found: dict[Range, list[cst.CSTNode]] = {}
    for node, where in positions.items():
        for covered, at in _ranges(node, where, positions, lines):
            if at in wanted:
                found.setdefault(at, []).append(covered)
    return Targets(lines, offset, positions, found)


def _range(span: Span, lines: Sequence[str], offset: int) -> Range:
    first, last = span.line - offset, span.end_line - offset
    if not 1 <= first <= last <= len(lines):
        raise RewriteError("no statement stands here", span)
    start, end = byte_to_char(lines[first - 1], span.col), byte_to_char(lines[last - 1], span.end_col)
    return first, start, last, end


def _ranges(
    node: cst.CSTNode, where: CodeRange, positions: _Positions, lines: Sequence[str]
) -> Iterator[tuple[cst.CSTNode, Range]]:
    """Where `ast` sees the node: it counts some characters in that LibCST leaves out."""
    start, end = where.start, where.end
    if isinstance(node, (cst.Tuple, cst.GeneratorExp)) and node.lpar:
        start, end = positions[node.lpar[-1]].start, positions[node.rpar[0]].end
    yield node, (start.line, start.column, end.line, end.column)
    if isinstance(node, cst.BaseCompoundStatement):
        # `def f(): g();` ends behind the semicolon
        behind = lines[end.line - 1][end.column :]
        rest = behind.lstrip(" \t")
        if rest.startswith(";"):
            yield node, (start.line, start.column, end.line, end.column + len(behind) - len(rest) + 1)
    if isinstance(node, cst.CompFor):
        # `ast` gives it no place of its own: it is known by what it goes through
        iterated = positions[node.iter]
        for _, at in _ranges(node.iter, iterated, positions, lines):
            yield node, at
    if isinstance(node, cst.Call) and len(node.args) == 1:
        only = node.args[0].value
        if isinstance(only, cst.GeneratorExp) and not only.lpar:
            # the brackets of the call are those of the generator expression
            bracket = positions[node.whitespace_before_args].start
            yield only, (bracket.line, bracket.column - 1, end.line, end.column)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
