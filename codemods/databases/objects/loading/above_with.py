"""What is read inside a `with` that may not be held while something is awaited is loaded above it."""

from __future__ import annotations

import ast

from ....analysis.judge.reaching.reach import HARMFUL, Reach
from ....analysis.nodes import walk
from ....analysis.syntax import is_test, span_of
from ....analysis.view import View
from ....model import Span
from ..values.expired import Expired, forgets, works
from ..values.newborn import binds

_OF_DATABASES = ("sqlalchemy.", "sqlmodel.")
_MAY_SKIP = (ast.IfExp, ast.BoolOp, ast.Try, ast.Match, ast.Lambda, ast.comprehension)
_MAY_SKIP_BODY = (ast.If, ast.While)
_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def above_with(reach: Reach, view: View, expired: Expired, statement: ast.stmt, read: ast.expr) -> ast.stmt:
    """The statement above which something is loaded for what is read, where it is there: the outermost `with`
    that blocks around it, or the statement itself."""
    outer = _outer_with(view, read)
    if outer is None or not _blocks(reach, view, outer):
        return statement
    return statement if any(expired.ends(view, n) or forgets(n) for n in works(outer)) else outer


def _blocks(reach: Reach, view: View, outer: ast.With) -> bool:
    sites = [each for each in reach.own(view.owner(outer)) if each.kind in HARMFUL]
    held = [node for node in walk(outer) if isinstance(node, ast.With)]
    managers = {span_of(item.context_expr) for each in held for item in each.items}
    return any(Span(*site.span) in managers for site in sites)


def outer_with(view: View, read: ast.Attribute) -> ast.With | None:
    """The outermost `with` around what is surely read of a name that is bound above it: it may block on the
    way in or out, and what is read above it is there inside. None where the read is to be awaited in its
    place.

    def confirm(order):                         async def confirm(order):
        with smtplib.SMTP(HOST) as smtp:            await order.awaitable_attrs.user
            smtp.send(order.user.email)     ->      with smtplib.SMTP(HOST) as smtp:
                                                        smtp.send(order.user.email)
    """
    outer = _outer_with(view, read)
    return outer if outer is not None and _is_surely_reached(view, outer, read) else None


def _outer_with(view: View, read: ast.expr) -> ast.With | None:
    function, root = view.function(read), read
    while isinstance(root, ast.Attribute):
        root = root.value
    if function is None or not isinstance(root, ast.Name) or view.module.is_test:
        return None  # a test may block, and reads what its requests have changed inside
    around = [
        each
        for each in view.file.above(read)
        if isinstance(each, ast.With) and view.function(each) is function
    ]
    items = [item.context_expr for each in around for item in each.items]
    if not around or any(view.instance(item).startswith(_OF_DATABASES) for item in items):
        return None
    outer = around[-1]
    if any(binds(node, root.id) or _asks_for(view, node, root.id) for node in walk(outer)):
        return None
    return outer if view.can_await(outer) else None


def _asks_for(view: View, node: ast.AST, name: str) -> bool:
    """`if order:`, `order and order.user`, `order is None`"""
    if not isinstance(node, ast.Name) or node.id != name:
        return False
    return is_test(view.file, node) or isinstance(view.file.parents[node], (ast.BoolOp, ast.Compare))


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
