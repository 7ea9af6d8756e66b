"""Whether an object is loaded again by the code itself, before anything else reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.nodes import walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.view import View
from ...offloading.frame import TRIES

_HARMLESS = frozenset({"add", "add_all", "delete", "refresh", "expunge", "expire", "merge"})


def is_refreshed(view: View, statement: ast.stmt, name: str) -> bool:
    """Is it refreshed after the statement, before anything else reads it?"""
    may_skip = _may_skip(view, statement)
    for number, following in enumerate(_following(view, statement, name)):
        if number and may_skip:
            return False
        for node in ast.walk(following):
            if _reads(node, name):
                call = view.file.parents[node]
                if call is following and _refreshes_each(following):
                    return True
                if isinstance(call, ast.Call) and node in call.args and isinstance(following, ast.Expr):
                    method = method_of(call)
                    if method == "refresh":
                        return True
                    if method in _HARMLESS:
                        continue
                return False
    return False


def _reads(node: ast.AST, name: str) -> bool:
    """`user`, or `self.user`."""
    if isinstance(node, ast.Name):
        return node.id == name and isinstance(node.ctx, ast.Load)
    return (
        isinstance(node, ast.Attribute)
        and name.endswith(f".{node.attr}")
        and isinstance(node.ctx, ast.Load)
        and ast.unparse(node) == name
    )


def _following(view: View, statement: ast.stmt, name: str) -> Iterator[ast.stmt]:
    """What runs next, also behind the `if`, `with` or `try` that ends here; not where an error may come to a
    handler that reads the name."""
    block = view.block(statement)
    yield from block[block.index(statement) + 1 :]
    above = view.file.parents[statement]
    if isinstance(above, ast.ExceptHandler):
        above = view.file.parents[above]
    elif isinstance(above, TRIES) and statement in above.body:
        handled = [node for handler in above.handlers for node in walk(handler)]
        if any(_reads(node, name) for node in handled):
            return
        yield from above.orelse
    if isinstance(above, TRIES):
        if statement not in above.finalbody:
            yield from above.finalbody
    elif not isinstance(above, (ast.If, ast.With, ast.AsyncWith)):
        return
    yield from _following(view, above, name)


def _may_skip(view: View, statement: ast.stmt) -> bool:
    """Does a handler around it go on, so that an error leaves out what follows?"""
    below: ast.AST = statement
    for above in view.file.above(statement):
        if isinstance(above, FUNCTIONS):
            break
        handlers = above.handlers if isinstance(above, TRIES) and below in above.body else []
        if not all(isinstance(each.body[-1], (ast.Return, ast.Raise)) for each in handlers):
            return True
        below = above
    return False


def _refreshes_each(statement: ast.stmt) -> bool:
    """`for task in tasks: db.refresh(task)`"""
    if not isinstance(statement, ast.For) or not isinstance(statement.body[0], ast.Expr):
        return False
    call = statement.body[0].value
    is_refresh = isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "refresh"
    return is_refresh and ast.unparse(call).endswith(f".refresh({ast.unparse(statement.target)})")


def method_of(call: ast.expr) -> str:
    return getattr(call.func, "attr", "") if isinstance(call, ast.Call) else ""
