"""Twins that an earlier run has made: they stay as they are, unless all that they lack is more to load."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ..analysis.nodes import walk
from ..analysis.syntax import extent, last_name
from .statements import bound_names

_LOADING = ("selectinload", "refresh", "run_sync")


def put_back(text: str, original: str, names: Iterable[str]) -> str:
    """The twins as they stand in the `original`: whoever has changed one since is right."""
    lines = text.split("\n")
    for name in sorted(names):
        new, old = (extent(_definition(each, name)) for each in ("\n".join(lines), original))
        lines[new.start - 1 : new.stop - 1] = original.split("\n")[old.start - 1 : old.stop - 1]
    return "\n".join(lines)


def lacking(new: str, text: str, name: str) -> tuple[int, list[str]]:
    """What a twin loads or refreshes in the `new` text, and does not where it stands: its line, the calls."""
    made, there = _definition(new, name), _definition(text, name)
    return there.lineno, sorted(_loads(made) - _loads(there))


def only_grows(new: str, text: str, name: str) -> bool:
    """Does the `new` twin load more than the old one, and differ in nothing else?"""
    made, there = _definition(new, name), _definition(text, name)
    grows = _loads(there) < _loads(made) and _bare(made) == _bare(there)
    return grows and _comments(text, there) <= _comments(new, made)


def _comments(text: str, statement: ast.stmt) -> set[str]:
    lines = text.split("\n")
    return {line.strip() for n in extent(statement) if "#" in (line := lines[n - 1])}


def _loads(statement: ast.stmt) -> set[str]:
    calls = (node for node in walk(statement) if isinstance(node, ast.Call))
    return {ast.unparse(call) for call in calls if last_name(call.func) in _LOADING}


def _bare(statement: ast.stmt) -> str:
    return ast.dump(_Bare().visit(statement))


class _Bare(ast.NodeTransformer):
    """Takes away what loads: `.options(selectinload(..))`, `options=[..]`, `await db.refresh(..)`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.keywords = [each for each in node.keywords if each.arg != "options" or not _are(each.value)]
        loads = node.args and all(_is_loading(argument) for argument in node.args)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "options" and loads:
            return node.func.value
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        self.generic_visit(node)
        return None if isinstance(node.value, ast.Await) and _is_loading(node.value.value) else node


def _is_loading(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in _LOADING


def _are(node: ast.expr) -> bool:
    """`options=[selectinload(..)]`"""
    return isinstance(node, ast.List) and all(map(_is_loading, node.elts))


def _definition(text: str, name: str) -> ast.stmt:
    return next(s for s in ast.parse(text).body if name in bound_names(s))
