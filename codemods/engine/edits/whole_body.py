"""A whole body -> a plain function below, run by one thread.

def h(x: int = Query(1)):      ->      async def h(x: int = Query(1)):
    body                                   return await run_in_threadpool(_h, x)


                                       def _h(x: int):
                                           body

Parameters that the body does not name, such as `user=Depends(login)`, which only lets in, are not passed.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import msgspec

from ...model import MoveBody
from .code import STATEMENT_LINES, BodyStatement, Writer
from .failure import RewriteError
from .functions import class_path, decorator_names, is_in_class
from .lines import with_leading, without_first_blanks
from .signature import aligned, on_one_line, only_read, without_defaults
from .whitespace import bare

_Suite = cst.IndentedBlock | cst.SimpleStatementSuite


class Moved(msgspec.Struct, frozen=True):
    handler: cst.FunctionDef
    sibling: cst.FunctionDef


def moved(edit: MoveBody, function: cst.FunctionDef, around: Sequence[cst.CSTNode], writer: Writer) -> Moved:
    """`around` are the nodes that hold the function, the nearest last."""
    docstring, body = _without_docstring(function.body, writer)
    kind = decorator_names(function) & {"staticmethod", "classmethod"} if is_in_class(around) else set()
    keeps_first = is_in_class(around) and kind != {"staticmethod"}
    params = only_read(function.params, body, keeps_first=keeps_first)
    positional = [param.name.value for param in (*params.posonly_params, *params.params)]
    callee = edit.name
    if kind == {"staticmethod"}:
        callee = f"{class_path(around)}.{edit.name}"
    elif is_in_class(around):
        if not positional:
            raise RewriteError("a method without a parameter of its own for the instance", edit.span)
        callee = f"{positional.pop(0)}.{edit.name}"
    arguments = [callee, *positional, *_rest(params, edit)]
    call = writer.statement(f"return await {writer.text(edit.runner)}({', '.join(arguments)})")
    block = function.body if isinstance(function.body, cst.IndentedBlock) else cst.IndentedBlock([])
    handler = function.with_changes(
        asynchronous=function.asynchronous or cst.Asynchronous(),
        body=cst.IndentedBlock([*docstring, call], header=block.header, indent=block.indent),
    )
    sibling = function.with_changes(
        name=cst.Name(edit.name),
        asynchronous=None,
        decorators=[cst.Decorator(cst.Name(name)) for name in sorted(kind)],
        leading_lines=[],
        lines_after_decorators=[],
        params=aligned(without_defaults(params), function.name.value, edit.name),
        whitespace_before_params=bare(function.whitespace_before_params),
        body=body,
    )
    depth = sum(isinstance(node, cst.IndentedBlock) for node in around)
    length = writer.line_length - depth * len(writer.indent.expandtabs(4))
    return Moved(handler, on_one_line(sibling, length, is_shorter=params is not function.params))


def _rest(params: cst.Parameters, edit: MoveBody) -> list[str]:
    """What is passed behind the positional arguments."""
    found: list[str] = []
    if isinstance(params.star_arg, cst.Param):
        found.append(f"*{params.star_arg.name.value}")
    for param in params.kwonly_params:
        name = param.name.value
        if name == "func":
            raise RewriteError("a keyword could be taken by the thread pool itself", edit.span)
        found.append(f"{name}={name}")
    if params.star_kwarg is not None:
        found.append(f"**{params.star_kwarg.name.value}")
    return found


def _without_docstring(suite: cst.BaseSuite, writer: Writer) -> tuple[list[BodyStatement], _Suite]:
    """The docstring as statements of the handler, and the other statements as the body of the sibling."""
    if isinstance(suite, cst.SimpleStatementSuite):
        if not _is_docstring(suite.body[0]):
            return [], suite
        first = suite.body[0].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        others = suite.body[1:] or [cst.Pass()]
        return [cst.SimpleStatementLine([first])], suite.with_changes(body=others)
    assert isinstance(suite, cst.IndentedBlock)
    plain = suite.with_changes(header=cst.TrailingWhitespace())
    head = suite.body[0] if suite.body else None
    if not isinstance(head, cst.SimpleStatementLine) or not _is_docstring(head.body[0]):
        return [], plain
    docstring, rest = head, [*suite.body[1:]]
    if len(head.body) > 1:
        alone = head.body[0].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        docstring = head.with_changes(body=[alone], trailing_whitespace=cst.TrailingWhitespace())
        rest.insert(0, head.with_changes(body=head.body[1:], leading_lines=[]))
    if not rest:
        return [docstring], plain.with_changes(body=[writer.statement("pass")])
    top = rest[0]
    assert isinstance(top, STATEMENT_LINES)
    rest[0] = with_leading(top, without_first_blanks(top.leading_lines))
    return [docstring], plain.with_changes(body=rest)


def _is_docstring(statement: cst.BaseSmallStatement) -> bool:
    value = statement.value if isinstance(statement, cst.Expr) else None
    if not isinstance(value, (cst.SimpleString, cst.ConcatenatedString)):
        return False
    return isinstance(value.evaluated_value, str)
