"""The places between which rows of a query are taken, where they are computed.

users[skip : skip + limit]   ->  users.slice(skip, skip + max(limit, 0))
users[start:end]             ->  users.slice(start, max(start, end))

Query gives no rows where the end is not behind the start, and SQLite all of them for a negative limit. Where
the start is negative Query raises an IndexError, and the statement asks the database.
"""

from __future__ import annotations

import ast

import msgspec

from ...analysis.nodes import walk
from ...analysis.syntax import last_name
from ...analysis.view import View
from ..names import is_bound_once, only_value

_PLAIN = (ast.Attribute, ast.BinOp, ast.Constant, ast.Name, ast.Add, ast.FloorDiv, ast.Mult, ast.Sub)
"""What can be read twice."""
_INT = "builtins.int"


class Bounds(msgspec.Struct, frozen=True):
    text: str
    may_fail: bool
    """Query may raise an IndexError."""


def bounds_of(view: View, taken: ast.Slice) -> Bounds | None:
    """None for what may be no number, or is more than names and arithmetic."""
    start, stop = taken.lower, taken.upper
    if taken.step is not None or not all(each is None or _is_number(view, each) for each in (start, stop)):
        return None
    first = view.source(start) if start is not None else "0"
    if stop is None:
        return Bounds(f"{first}, None", start is not None and _least(view, start) is None)
    if start is None:
        return Bounds(f"0, {view.source(stop)}", _least(view, stop) is None)
    end = _end(view, start, stop)
    return Bounds(f"{first}, {end}", _least(view, start) is None) if end else None


def _end(view: View, start: ast.expr, stop: ast.expr) -> str:
    """What is not before the start; empty for what may be None, which means the last of all."""
    first, last = view.source(start), view.source(stop)
    known = stop
    if (value := only_value(view, stop)) is not None and is_bound_once(view, start):
        known = value
    match known:
        case ast.BinOp(left=left, op=ast.Add(), right=right) if ast.unparse(left) == ast.unparse(start):
            if _least(view, right) is not None:
                return last
            if known is stop:
                return f"{first} + max({view.source(right)}, 0)"
    return f"max({first}, {last})" if all(_is_surely_one(view, each) for each in (start, stop)) else ""


def _is_number(view: View, node: ast.expr) -> bool:
    if not all(isinstance(each, _PLAIN) for each in walk(node)):
        return False
    return _is_surely_one(view, node) or view.instance(node) == _INT


def _is_surely_one(view: View, node: ast.expr) -> bool:
    value = only_value(view, node) or node
    if isinstance(value, ast.BinOp) or whole(value) is not None:
        return True
    said = _said(view, node)
    types = [last_name(_type(each)) for each in said]
    return "int" in types and not any(isinstance(each, ast.Constant) and each.value is None for each in said)


def _type(annotation: ast.AST) -> ast.AST:
    """`int` of `Annotated[int, Query(ge=1)]`"""
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        return annotation.slice.elts[0] if last_name(annotation.value) == "Annotated" else annotation
    return annotation


def _least(view: View, node: ast.expr) -> int | None:
    """The least that the number can be, if that is no negative one; None where that is not known."""
    least: int | None = None
    match node:
        case ast.Constant():
            least = whole(node)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            above, less = _least(view, left), whole(right)
            least = above - less if above is not None and less is not None else None
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult() as operator, right=right):
            one, other = _least(view, left), _least(view, right)
            if one is not None and other is not None:
                least = one + other if isinstance(operator, ast.Add) else one * other
        case ast.Name():
            value = only_value(view, node)
            least = _least(view, value) if value is not None else _told(view, node)
    return least if least is not None and least >= 0 else None


def _told(view: View, node: ast.expr) -> int | None:
    """`page: int = Query(1, ge=1)`, `page: Annotated[int, Query(ge=1)]`"""
    for call in (part for each in _said(view, node) for part in walk(each)):
        if isinstance(call, ast.Call) and last_name(call.func) in ("Field", "Query"):
            for keyword in call.keywords:
                if keyword.arg in ("ge", "gt") and (least := whole(keyword.value)) is not None:
                    return least + (keyword.arg == "gt")
    return None


def _said(view: View, node: ast.expr) -> list[ast.expr]:
    """The annotation and the default of the parameter that the name means all along."""
    function = view.function(node)
    if function is None or not isinstance(node, ast.Name) or not is_bound_once(view, node):
        return []
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [(own, own.annotation) for own in (*positional, *arguments.kwonlyargs)]
    pairs += zip(reversed(positional), reversed(arguments.defaults), strict=False)
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [each for own, each in pairs if own.arg == node.id and each is not None]


def whole(node: ast.expr) -> int | None:
    is_whole = isinstance(node, ast.Constant) and type(node.value) is int
    return node.value if is_whole else None  # type: ignore[attr-defined]
