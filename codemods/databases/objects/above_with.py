"""What is read inside a `with` that may not be held while something is awaited is awaited above it."""

from __future__ import annotations

import ast

from ...analysis.nodes import walk
from ...analysis.scopes import parameter_names
from ...analysis.view import View
from ..queries.chains import names_in

_OF_DATABASES = ("sqlalchemy.", "sqlmodel.")
_MAY_SKIP = (ast.IfExp, ast.BoolOp, ast.Try, ast.Match, ast.Lambda, ast.comprehension)
_MAY_SKIP_BODY = (ast.If, ast.While)
_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def outer_with(view: View, read: ast.Attribute) -> ast.With | None:
    """The outermost `with` around what is surely read of a parameter: it may block on the way in or out, and
    what is read above it is there inside. None where the read is to be awaited in its place.

    def confirm(order):                         async def confirm(order):
        with smtplib.SMTP(HOST) as smtp:            await order.awaitable_attrs.user
            smtp.send(order.user.email)     ->      with smtplib.SMTP(HOST) as smtp:
                                                        smtp.send(order.user.email)
    """
    function, root = view.function(read), read.value
    while isinstance(root, ast.Attribute):
        root = root.value
    if function is None or not isinstance(root, ast.Name) or root.id not in parameter_names(function.args):
        return None
    if any(isinstance(name.ctx, ast.Store) for name in names_in(function, root.id)):
        return None
    around = [
        each
        for each in view.file.above(read)
        if isinstance(each, ast.With) and view.function(each) is function
    ]
    items = [item.context_expr for each in around for item in each.items]
    if not around or any(view.instance(item).startswith(_OF_DATABASES) for item in items):
        return None
    outer = around[-1]
    return outer if view.can_await(outer) and _is_surely_reached(view, outer, read) else None


def _is_surely_reached(view: View, outer: ast.With, read: ast.Attribute) -> bool:
    """A condition may be there because what is read would fail: `if order: send(order.user.email)`."""
    inner: ast.AST = read
    for node in view.file.above(read):
        if node is outer:
            break
        if isinstance(node, _MAY_SKIP) or (isinstance(node, _MAY_SKIP_BODY) and inner is not node.test):
            return False
        inner = node
    return not any(
        isinstance(node, _LEAVES) and node.lineno < read.lineno for each in outer.body for node in walk(each)
    )
