"""The options of an engine: in the call, or in a dictionary that is unpacked into it.

create_engine(url, echo=True, **engine_kwargs(url))   # with the keys that the function returns
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ...analysis.nodes import walk
from ...analysis.view import View, Views

_DEPTH = 4
_LOOKS = frozenset({"copy", "get", "items", "keys", "values"})


class Option(msgspec.Struct, frozen=True):
    name: str
    value: ast.expr
    view: View


def engine_options(views: Views, view: View, call: ast.Call) -> list[Option] | None:
    """None where some of them cannot be told."""
    return _of_keywords(views, view, call.keywords, _DEPTH)


def entries(views: Views, view: View, node: ast.expr, depth: int = _DEPTH) -> list[Option] | None:
    """All that a dictionary can hold, in any branch; None where that is not written down."""
    if not depth:
        return None
    if isinstance(node, ast.Constant) and node.value is None:
        return []
    if isinstance(node, ast.Dict):
        return _of_display(views, view, node, depth)
    if isinstance(node, ast.IfExp):
        return _together(entries(views, view, each, depth) for each in (node.body, node.orelse))
    if isinstance(node, ast.BoolOp):
        return _together(entries(views, view, each, depth) for each in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _together(entries(views, view, each, depth) for each in (node.left, node.right))
    if isinstance(node, ast.Name):
        return _of_name(views, view, node, depth)
    if isinstance(node, ast.Call) and view.external(node.func) == "builtins.dict":
        given = [entries(views, view, each, depth - 1) for each in node.args]
        return _together([*given, _of_keywords(views, view, node.keywords, depth)])
    if isinstance(node, ast.Call):
        return _returned(views, view, node, depth)
    return None


def _of_keywords(views: Views, view: View, keywords: list[ast.keyword], depth: int) -> list[Option] | None:
    return _together(
        [Option(each.arg, each.value, view)] if each.arg else entries(views, view, each.value, depth - 1)
        for each in keywords
    )


def _of_display(views: Views, view: View, node: ast.Dict, depth: int) -> list[Option] | None:
    found: list[list[Option] | None] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            found.append(entries(views, view, value, depth - 1))
        elif isinstance(key, ast.Constant) and isinstance(key.value, str):
            found.append([Option(key.value, value, view)])
        else:
            return None
    return _together(found)


def _of_name(views: Views, view: View, node: ast.Name, depth: int) -> list[Option] | None:
    """What the name is bound to in its frame, and what is put in later; handed on, it may hold anything."""
    frame = view.function(node) or view.file.tree
    found: list[list[Option] | None] = []
    for use in walk(frame):
        if isinstance(use, ast.Name) and use.id == node.id and view.owner(use) == view.owner(node):
            found.append(_of_use(views, view, use, depth))
    return _together(found) if any(each for each in found) or [] in found else None


def _of_use(views: Views, view: View, use: ast.Name, depth: int) -> list[Option] | None:
    above = view.file.parents[use]
    if isinstance(use.ctx, ast.Store):
        value = above.value if isinstance(above, (ast.Assign, ast.AnnAssign)) else None
        return entries(views, view, value, depth - 1) if value is not None else None
    if isinstance(above, ast.Subscript):
        return _put_in(view, above)
    call = view.file.parents.get(above)
    if isinstance(above, ast.Attribute) and isinstance(call, ast.Call) and call.func is above:
        if above.attr == "update":
            given = [entries(views, view, each, depth - 1) for each in call.args]
            return _together([*given, _of_keywords(views, view, call.keywords, depth)])
        return [] if above.attr in _LOOKS else None
    while isinstance(above, (ast.IfExp, ast.BoolOp)):
        above = view.file.parents[above]
    is_unpacked = isinstance(above, ast.keyword) and (above.arg is None or above.arg == "connect_args")
    return [] if is_unpacked or isinstance(above, (ast.Compare, ast.Return)) else None


def _put_in(view: View, item: ast.Subscript) -> list[Option] | None:
    """`options["pool_size"] = 5`; what is put into an inner dictionary counts as its whole value."""
    key = item.slice.value if isinstance(item.slice, ast.Constant) else None
    above = view.file.parents[item]
    if isinstance(above, ast.Assign) and item in above.targets:
        return [Option(key, above.value, view)] if isinstance(key, str) else None
    if isinstance(above, ast.Subscript) and isinstance(above.ctx, ast.Store):
        inner = view.file.parents[above]
        value = inner.value if isinstance(inner, ast.Assign) else None
        if value is None or not isinstance(key, str):
            return None
        return [Option(key, ast.Dict([above.slice], [value]), view)]
    return [] if isinstance(item.ctx, ast.Load) else None


def _returned(views: Views, view: View, call: ast.Call, depth: int) -> list[Option] | None:
    keys = view.functions_called(call)
    if len(keys) != 1:
        return None
    other = views.of(keys[0].path)
    function = other.file.function(view.program.scope(keys[0]).span)
    returns = [n for n in walk(function) if isinstance(n, ast.Return)] if function is not None else []
    mine = [n for n in returns if other.owner(n) == keys[0]]
    if not mine or any(n.value is None for n in mine):
        return None
    return _together(entries(views, other, n.value, depth - 1) for n in mine if n.value is not None)


def _together(parts: Iterator[list[Option] | None] | list[list[Option] | None]) -> list[Option] | None:
    found: list[Option] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found
