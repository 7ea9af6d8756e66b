"""`except psycopg2.Error` where sessions work: a database that turns raises errors of another driver."""

from __future__ import annotations

import ast

from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.view import View, Views
from ..words import FAMILY


def catches_errors_of_driver(views: Views, view: View, handler: ast.ExceptHandler) -> bool:
    """Does it wait for errors of a driver that goes?"""
    is_named = handler.type is not None and "psycopg2" in ast.unparse(handler.type)
    return is_named and not _is_about_driver(views, view, handler)


def _is_about_driver(views: Views, view: View, handler: ast.ExceptHandler) -> bool:
    """Does all that the `try` runs work on connections of the driver itself, and on no others?"""
    connects = False
    seen: set[Key] = set()
    attempt = view.file.parents[handler]
    left: list[tuple[View, ast.AST | None]] = [(view, each) for each in getattr(attempt, "body", ())]
    while left:
        here, run = left.pop()
        for call in (node for node in walk(run) if isinstance(node, ast.Call)) if run is not None else ():
            connects |= here.external(call.func) == "psycopg2.connect"
            if here.classes_named(call.func) or ((m := here.member(call)) is not None and m.owner in FAMILY):
                return False
            for function in set(here.functions_called(call)) - seen:
                seen.add(function)
                other = views.of(function.path)
                left.append((other, other.file.function(other.program.scope(function).span)))
    return connects
