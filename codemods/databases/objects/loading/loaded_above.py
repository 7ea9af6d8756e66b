"""Loads that are not written a second time: nothing has changed since the one above."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ....analysis.nodes import TRIES, walk
from ....analysis.syntax import span_of
from ....analysis.view import Views
from ....model import Span
from ..values.touched import may_change
from .loads import LoadAbove


def is_loaded_above(views: Views, load: LoadAbove, loads: Mapping[tuple[str, Span, str], LoadAbove]) -> bool:
    """By the load above an earlier statement, or above an `if` or `try` around this one, since which nobody
    but the reader did anything with the object or the session: `if item.image: delete(item.image)`."""
    view, statement = load.view, load.statement
    above = view.file.parents[statement]
    if isinstance(above, ast.While) and above.body[0] is statement and _asks_for(above.test, load):
        return True
    while True:
        block = view.block(statement)
        for earlier in reversed(block[: block.index(statement)]):
            if any(may_change(views, view, node, load.name) for node in walk(earlier)):
                return False
            if _covers(loads, load, earlier):
                return True
        above = view.file.parents[statement]
        tested = walk(above.test) if isinstance(above, ast.If) else ()
        if not isinstance(above, ast.If) and not (isinstance(above, TRIES) and statement in above.body):
            return False
        if any(may_change(views, view, node, load.name) for node in tested):
            return False
        if _covers(loads, load, above):
            return True
        statement = above


def _asks_for(test: ast.expr, load: LoadAbove) -> bool:
    """`while folder.parent: folder = folder.parent`"""
    asked = ast.unparse(test)
    return all(asked == f"{load.name}.{path[0].name}" and len(path) == 1 for path in load.paths)


def _covers(loads: Mapping[tuple[str, Span, str], LoadAbove], load: LoadAbove, statement: ast.stmt) -> bool:
    known = loads.get((load.view.path, span_of(statement), load.name))
    return known is not None and all(path in known.paths for path in load.paths)
