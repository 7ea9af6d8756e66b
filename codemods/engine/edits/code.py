"""New text -> nodes, in the spelling, the line ends and the indentation of the file it lands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst
import msgspec

from ...model import Code, ImportNeed, slot
from ..text.quotes import in_single

BodyStatement = cst.SimpleStatementLine | cst.BaseCompoundStatement
STATEMENT_LINES = (cst.SimpleStatementLine, cst.BaseCompoundStatement)
_UNIT = "    "


class Statements(msgspec.Struct, frozen=True):
    """`footer` are the comments below the last statement."""

    body: tuple[BodyStatement, ...]
    footer: tuple[cst.EmptyLine, ...]


class Writer(msgspec.Struct, frozen=True):
    """Knows one file: its spelling of what is imported, line ends, indentation, longest line and quotes."""

    spelling: Mapping[ImportNeed, str]
    newline: str
    indent: str
    line_length: int
    single_quotes: bool = False

    def text(self, code: Code) -> str:
        text = code.text
        for index, need in enumerate(code.needs):
            if slot(index) in text:
                text = text.replace(slot(index), self.spelling[need])
        if self.single_quotes:
            text = in_single(text)
        return text.replace("\r\n", "\n").replace("\n", self.newline)

    def expression(self, code: Code) -> cst.BaseExpression:
        """A line may end between its parts where brackets stand around it."""
        found = cst.parse_expression(f"({self.text(code).strip()})")
        return found.with_changes(lpar=found.lpar[1:], rpar=found.rpar[:-1])

    def statement(self, text: str) -> cst.SimpleStatementLine:
        """One statement on one line, as nodes."""
        found = cst.parse_statement(text)
        assert isinstance(found, cst.SimpleStatementLine)
        return found

    def statements(self, code: Code) -> Statements:
        module = self._parsed(code)
        body = list(module.body)
        if not body:
            lines_only = (*module.header, *module.footer)
            return Statements((), tuple(_flat(line) for line in lines_only if line.comment))
        first = body[0].with_changes(leading_lines=[*module.header, *body[0].leading_lines])
        lines = [_with_flat_lines(statement) for statement in (first, *body[1:])]
        if not self.text(code).startswith("\n"):
            lines[0] = lines[0].with_changes(leading_lines=_from_first_comment(lines[0].leading_lines))
        stands_apart = self.text(code).endswith("\n\n")
        footer = (line for line in module.footer if line.comment or stands_apart)
        return Statements(tuple(lines), tuple(map(_flat, footer)))

    def source(self, code: Code) -> str:
        """Top-level text, indented as the file is."""
        module = self._parsed(code)
        return module.code if module.has_trailing_newline else module.code + self.newline

    def _parsed(self, code: Code) -> cst.Module:
        module = cst.parse_module(self.text(code))
        if self.indent != _UNIT:
            module = module.visit(_Indentation(self.indent)).with_changes(default_indent=self.indent)
        return module


class _Indentation(cst.CSTTransformer):
    """Continuation lines in the unit of the file; blocks follow the module's own."""

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        value = updated_node.last_line.value
        depth, rest = divmod(len(value), len(_UNIT))
        return updated_node.with_changes(last_line=cst.SimpleWhitespace(self._unit * depth + " " * rest))


def _with_flat_lines(statement: BodyStatement) -> BodyStatement:
    return statement.with_changes(leading_lines=[_flat(line) for line in statement.leading_lines])


def _flat(line: cst.EmptyLine) -> cst.EmptyLine:
    """At the top level blank lines count as indented, which in a block would leave blanks at their end."""
    return line if line.comment else cst.EmptyLine(indent=False)


def _from_first_comment(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    return list(lines[next((n for n, line in enumerate(lines) if line.comment), len(lines)) :])
