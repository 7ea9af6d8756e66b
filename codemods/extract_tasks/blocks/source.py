"""The text of statements that move: as written, names and fields replaced, at the depth of a task's body."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import libcst as cst
import msgspec

from ...analysis.syntax import FileSyntax
from ..finding.unwrapped import HandedOn
from ..generated.layout import UnusualLayoutError
from .runs import Run

_SIMPLE = (
    ast.Expr,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Import,
    ast.ImportFrom,
    ast.Delete,
    ast.Assert,
)

TO_THREAD = "asyncio.to_thread"


class Replacements(msgspec.Struct, frozen=True):
    names: Mapping[str, str]
    """Name -> the text in its place. With `TO_THREAD`, files are read in a thread."""
    fields: Mapping[tuple[str, str], str]
    """("user", "address.city") -> the name in its place."""
    awaited: frozenset[str] = frozenset()
    """Texts of calls that give a coroutine."""
    in_threads: frozenset[str] = frozenset()
    """Texts of calls that `TO_THREAD` makes."""
    handed_on: HandedOn | None = None
    """A call that hands a function on; the task calls the function."""
    files: frozenset[str] = frozenset()
    """Uploads in whose place the task has an open file."""
    told: Mapping[str, str] = {}
    """Text of an expression -> the name, or another text, in its place."""


def body_of(run: Run, replacements: Replacements, *, is_whole: bool = False) -> str:
    """The body of a function, indented by four. Raises `UnusualLayoutError`.

    `is_whole`: it is all of a function already, with the comments that end it.
    """
    statements: list[cst.BaseStatement] = []
    footer: list[cst.EmptyLine] = []
    for stretch in run.stretches:
        block = _parsed(run.file, stretch, is_whole=is_whole)
        statements.extend(block.body)
        footer = [line for line in block.footer if line.comment]
    statements[0] = statements[0].with_changes(leading_lines=_without_blanks(statements[0]))
    block = cst.IndentedBlock(statements, footer=footer)
    frame = cst.Module([cst.If(cst.Name("_"), block)], default_indent="    ", default_newline="\n")
    mark = _unused(frame.code)
    stand_ins = {name: f"{mark}{number}_" for number, name in enumerate(replacements.names)}
    text = frame.visit(_Replacer(run.file, stand_ins, replacements)).code.partition("\n")[2]
    for name, stand_in in stand_ins.items():
        text = text.replace(stand_in, replacements.names[name])
    return text


def _unused(text: str) -> str:
    """The start of identifiers that stand for slots, which LibCST does not take for names."""
    mark = "slot_"
    while mark in text:
        mark = f"a_{mark}"
    return mark


def _leading(statement: cst.BaseStatement) -> list[cst.EmptyLine]:
    return list(getattr(statement, "leading_lines", ()))


def _without_blanks(statement: cst.BaseStatement) -> list[cst.EmptyLine]:
    lines = _leading(statement)
    while lines and lines[0].comment is None:
        lines.pop(0)
    return lines


def _parsed(file: FileSyntax, stretch: Sequence[ast.stmt], *, is_whole: bool) -> cst.IndentedBlock:
    lines = file.text.splitlines()
    start, end = stretch[0].lineno, stretch[-1].end_lineno or stretch[-1].lineno
    head, tail = (
        _cut(lines[start - 1], stretch[0].col_offset),
        _rest(lines[end - 1], stretch[-1].end_col_offset or 0),
    )
    if head.strip() or (tail.strip() and not tail.strip().startswith("#")):
        if len(stretch) > 1 or not isinstance(stretch[0], _SIMPLE):
            raise UnusualLayoutError
        text = f"if _:\n    {file.source(stretch[0])}\n"
    else:
        above = start - 1
        while (
            above > 0 and lines[above - 1].strip().startswith("#") and _depth(lines[above - 1]) == len(head)
        ):
            above -= 1
        while (
            is_whole
            and end < len(lines)
            and lines[end].strip().startswith("#")
            and _depth(lines[end]) == len(head)
        ):
            end += 1
        taken = lines[above:end]
        if len(stretch) == 1 and isinstance(stretch[0], _SIMPLE) and not is_whole:
            # behind the call that comes in its place
            taken[-1] = _cut(taken[-1], stretch[0].end_col_offset or 0)
        text = "if _:\n" + "\n".join(taken) + "\n"
    try:
        statement = cst.parse_module(text).body[0]
    except cst.ParserSyntaxError as error:
        raise UnusualLayoutError from error
    assert isinstance(statement, cst.If)
    assert isinstance(statement.body, cst.IndentedBlock)
    return statement.body


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _cut(line: str, column: int) -> str:
    return line.encode()[:column].decode()


def _rest(line: str, column: int) -> str:
    return line.encode()[column:].decode()


class _Replacer(cst.CSTTransformer):
    def __init__(self, file: FileSyntax, names: Mapping[str, str], replacements: Replacements) -> None:
        super().__init__()
        self._file = file
        self._names = names
        self._fields = replacements.fields
        self._awaited = replacements.awaited
        self._in_threads = replacements.in_threads
        self._handed_on = replacements.handed_on
        self._files = replacements.files
        self._told = {tuple(_words(text)): name for text, name in replacements.told.items()}
        self._carrier = _words(file.source(self._handed_on.shape.whole)) if self._handed_on else []

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> object:  # type: ignore[override]
        made = super().on_leave(original_node, updated_node)
        if not self._told or not isinstance(original_node, cst.BaseExpression):
            return made
        bare = hasattr(original_node, "lpar") and not isinstance(original_node, cst.Tuple)
        asked = original_node.with_changes(lpar=[], rpar=[]) if bare else original_node
        text = self._told.get(tuple(_words(cst.Module([]).code_for_node(asked))))
        if text is None:
            return made
        names = _Replacer(self._file, self._names, Replacements({}, {}))
        return cst.parse_expression(text).visit(names)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(indent=None)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return updated_node.with_changes(value=self._names.get(original_node.value, original_node.value))

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        path = _path(original_node)
        parameter = path[0] if path[0] in self._files and path[1] == "file" else self._fields.get(path)
        parameter = parameter or self._names.get(".".join(path))  # `email.message` of `import email.message`
        if parameter is not None:
            return cst.Name(parameter, lpar=original_node.lpar, rpar=original_node.rpar)
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if (
            self._handed_on is not None
            and _words(cst.Module([]).code_for_node(original_node)) == self._carrier
        ):
            return self._called(self._handed_on, updated_node)
        if not (self._awaited or self._in_threads):
            return updated_node
        text = cst.Module([]).code_for_node(original_node)
        if text in self._in_threads:
            return cst.Await(self._in_thread(updated_node))
        return cst.Await(updated_node) if text in self._awaited else updated_node

    def _in_thread(self, call: cst.Call) -> cst.Call:
        function = cst.Arg(call.func)
        if call.args:
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            function = function.with_changes(comma=comma)
        return call.with_changes(func=cst.Name(self._names[TO_THREAD]), args=[function, *call.args])

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.BaseExpression:
        """`file.read()` for `await file.read()` of an upload."""
        call = updated_node.expression
        owner = (
            call.func.value if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) else None
        )
        if (
            not isinstance(owner, cst.Name)
            or owner.value not in self._files
            or not isinstance(call, cst.Call)
        ):
            return updated_node
        if TO_THREAD not in self._names:
            return call.with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)
        in_thread = cst.Call(cst.Name(self._names[TO_THREAD]), [cst.Arg(call.func), *call.args])
        return updated_node.with_changes(expression=in_thread)

    def _called(self, handed_on: HandedOn, carrier: cst.Call) -> cst.BaseExpression:
        """`send(a)` for `background.add_task(send, a)`, its lines as they are; else written anew."""
        shape = handed_on.shape
        if shape.whole is not shape.carrier or not shape.offset:
            text = handed_on.text(self._file)
            _keeps_comments(self._file.source(shape.whole), text)
            call = cst.parse_expression(text).visit(self)
            assert isinstance(call, cst.BaseExpression)
            return call
        function, given = carrier.args[shape.offset - 1], carrier.args[shape.offset :]
        made = carrier.with_changes(
            func=function.value, args=given, whitespace_before_args=_before(carrier, function, given)
        )
        _keeps_comments(*(cst.Module([]).code_for_node(call) for call in (carrier, made)))
        return cst.Await(made) if handed_on.is_awaited else made

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:
        return updated_node.with_changes(name=original_node.name)

    def leave_ImportAlias(
        self, original_node: cst.ImportAlias, updated_node: cst.ImportAlias
    ) -> cst.ImportAlias:
        return original_node

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        return original_node

    def leave_FormattedStringExpression(
        self, original_node: cst.FormattedStringExpression, updated_node: cst.FormattedStringExpression
    ) -> cst.FormattedStringExpression:
        if original_node.equal is not None and not original_node.deep_equals(updated_node):
            raise UnusualLayoutError
        return updated_node


def _words(text: str) -> list[str]:
    """Without the depth of its lines, which a node cut out does not know."""
    return text.split()


def _before(
    carrier: cst.Call, function: cst.Arg, given: Sequence[cst.Arg]
) -> cst.BaseParenthesizableWhitespace:
    """What stands before the first argument that is left: its own line, if it has one."""
    lines = [carrier.whitespace_before_args]
    if isinstance(function.comma, cst.Comma):
        lines.append(function.comma.whitespace_after)
    own = [space for space in lines if isinstance(space, cst.ParenthesizedWhitespace)]
    return own[-1] if own and given else cst.SimpleWhitespace("")


def _keeps_comments(old: str, new: str) -> None:
    if old.count("#") > new.count("#"):
        raise UnusualLayoutError


def _path(node: cst.Attribute) -> tuple[str, str]:
    parts: list[str] = []
    current: cst.BaseExpression = node
    while isinstance(current, cst.Attribute):
        parts.append(current.attr.value)
        current = current.value
    return (current.value if isinstance(current, cst.Name) else "", ".".join(reversed(parts)))
