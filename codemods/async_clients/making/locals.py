"""A client that a function makes for itself -> the same, open from there to the last use of it.

    s = requests.Session()                  async with http_session() as s:
    s.headers["X-Key"] = key        ->          s.headers["X-Key"] = key
    r = s.get(url)                              r = await s.get(url)
    return r.json()                         return r.json()

requests reads a whole response before it gives it, so what is read later needs no open client.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ...analysis.nodes import target_of, walk
from ...analysis.scopes import FUNCTIONS, own_nodes
from ...analysis.syntax import FileSyntax, span_of
from ...model import Code, DropFinally, Edit, EnterUntil, ReplaceStatements


class LocalClient(msgspec.Struct, frozen=True):
    """What is opened by `made` is in use to the end of `last`; `closing` is the `s.close()` behind it, or in
    the `finally` clause of `last`, which holds nothing else."""

    made: ast.Call
    assignment: ast.Assign | ast.AnnAssign
    last: ast.stmt
    closing: ast.Expr | None = None

    @property
    def closes(self) -> ast.expr | None:
        """The call that closes it."""
        return self.closing.value if self.closing is not None else None

    @property
    def edits(self) -> tuple[Edit, ...]:
        return EnterUntil(span_of(self.assignment), span_of(self.last)), *self.not_closed

    @property
    def not_closed(self) -> tuple[Edit, ...]:
        """What takes the closing away."""
        if self.closing is None:
            return ()
        if isinstance(self.last, ast.Try) and self.closing in self.last.finalbody:
            return (DropFinally(span_of(self.last)),)
        gone = span_of(self.closing)
        return (ReplaceStatements(gone, gone, Code("")),)


def local_client(file: FileSyntax, made: ast.Call) -> LocalClient | None:
    """None where the name is bound again, captured, or used outside of the block in which it is bound."""
    assignment = file.parents[made]
    function = next((above for above in file.above(made) if isinstance(above, FUNCTIONS)), None)
    if not isinstance(assignment, (ast.Assign, ast.AnnAssign)) or function is None:
        return None
    target, block = target_of(assignment), _block(file, assignment)
    if not isinstance(target, ast.Name) or _is_declared(function, target.id):
        return None
    own, uses = set(own_nodes(function)), set[ast.stmt]()
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == target.id and node is not target:
            top = next((above for above in (file.statement(node), *file.above(node)) if above in block), None)
            if node not in own or not isinstance(node.ctx, ast.Load) or not isinstance(top, ast.stmt):
                return None
            uses.add(top)
    found = sorted(uses, key=block.index)
    if not found or block.index(found[0]) < block.index(assignment):
        return None
    last = found[-1]
    if len(found) > 1 and (closing := _closing(file, [last], target.id)):
        return LocalClient(made, assignment, found[-2], closing)
    if isinstance(last, ast.Try) and (closing := _closing(file, last.finalbody, target.id)):
        # its header and that of the clause go with what they hold
        headers = (last.lineno, closing.lineno - 1)
        is_plain = [file.line(number) for number in headers] == ["try:", "finally:"]
        return LocalClient(made, assignment, last, closing if is_plain else None)
    return LocalClient(made, assignment, last)


def _block(file: FileSyntax, statement: ast.stmt) -> list[ast.stmt]:
    parent = file.parents[statement]
    blocks = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
    return next(block for block in blocks if isinstance(block, list) and statement in block)


def _is_declared(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    return any(isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names for node in walk(function))


def _closing(file: FileSyntax, block: Sequence[ast.stmt], name: str) -> ast.Expr | None:
    """`s.close()`, on a line without a comment, where the block holds nothing else."""
    only = block[0] if len(block) == 1 else None
    return only if isinstance(only, ast.Expr) and file.line(only.lineno) == f"{name}.close()" else None
