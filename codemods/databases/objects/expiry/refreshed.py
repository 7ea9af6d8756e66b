"""Whether an object is loaded again by the code itself, before anything else reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile

from ....analysis.nodes import LOOPS, TRIES, walk
from ....analysis.scopes import FUNCTIONS
from ....analysis.view import View
from ...words import SESSIONS

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
                    if _refreshes(call, name):
                        return True
                    if method_of(call) in _HARMLESS:
                        continue
                return False
    return False


def loads_again(view: View, statement: ast.stmt, name: str) -> ast.stmt | None:
    """The one behind the statement, always run, from which on the object is there anyway: its `refresh`, or a
    commit of the same session, behind which it is loaded where it is read."""
    expressions = [node for node in ast.walk(statement) if isinstance(node, (ast.Name, ast.Attribute))]
    for following in _coming(view, statement):
        call = following.value if isinstance(following, ast.Expr) else None
        member = view.member(call) if isinstance(call, ast.Call) else None
        if not isinstance(call, ast.Call) or member is None or member.owner not in SESSIONS:
            continue
        session = ast.unparse(call.func.value)  # type: ignore[attr-defined]
        if _refreshes(call, name) or (member.attr == "commit" and session in map(ast.unparse, expressions)):
            return None if _may_miss(view, following, name) else following
    return None


def _coming(view: View, statement: ast.stmt) -> Iterator[ast.stmt]:
    """What stands behind it, and behind what it stands in."""
    for above in (statement, *view.file.above(statement)):
        if isinstance(above, FUNCTIONS):
            return
        if isinstance(above, ast.stmt):
            block = view.block(above)
            yield from block[block.index(above) + 1 :]


def _may_miss(view: View, statement: ast.stmt, name: str) -> bool:
    """May the name be read later without it: in a loop that is left, or behind an error?"""
    around = list(takewhile(lambda above: not isinstance(above, FUNCTIONS), view.file.above(statement)))
    loops = [above for above in around if isinstance(above, LOOPS)]
    tries = [above for above in around if isinstance(above, TRIES)]
    is_left = any(isinstance(n, (ast.Break, ast.Continue)) for loop in loops for n in walk(loop))
    on_error = [part for each in tries for part in (*each.handlers, *each.finalbody)]
    is_read = any(_reads(node, name) for part in on_error for node in walk(part))
    return is_left or is_read or _may_skip(view, statement)


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


def _refreshes(call: ast.Call, name: str) -> bool:
    """All of it: what attributes are named for leaves the others expired."""
    return method_of(call) == "refresh" and ast.unparse(call).endswith(f".refresh({name})")


def _refreshes_each(statement: ast.stmt) -> bool:
    """`for task in tasks: db.refresh(task)`"""
    if not isinstance(statement, ast.For) or not isinstance(statement.body[0], ast.Expr):
        return False
    call = statement.body[0].value
    is_refresh = isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "refresh"
    return is_refresh and ast.unparse(call).endswith(f".refresh({ast.unparse(statement.target)})")


def method_of(call: ast.expr) -> str:
    return getattr(call.func, "attr", "") if isinstance(call, ast.Call) else ""
