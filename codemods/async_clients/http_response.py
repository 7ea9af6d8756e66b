"""How the response of a `requests` call is used: every use must have an exact equal on `httpx.Response`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..model import Code, Edit, ReplaceExpression

_SAME = {"status_code", "headers", "content", "text", "json", "history", "elapsed", "encoding", "links", "close"}
_RENAMED = {"reason": "reason_phrase", "is_redirect": "has_redirect_location"}


class NoEqual(Exception):
    """A use of the response that httpx answers differently."""


def response_edits(
    file: FileSyntax, function: FunctionNode, call: ast.Call, *, follows_redirects: bool
) -> tuple[Edit, ...]:
    """Edits of all uses of the response. Raises `NoEqual`."""
    parent = file.parents[call]
    if isinstance(parent, ast.Expr):
        return ()
    if isinstance(parent, ast.Attribute):
        if parent.attr in _SAME or (parent.attr == "raise_for_status" and follows_redirects):
            return ()
        raise NoEqual(parent.attr)
    name = _assigned(parent)
    if name is None:
        raise NoEqual("the response is handed on")
    if sum(_stores(function, name)) != 1:
        raise NoEqual(f"{name} is bound more than once")
    edits: list[Edit] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            edits.extend(_use(file, node, follows_redirects))
    return tuple(edits)


def json_is_read(file: FileSyntax, function: FunctionNode, call: ast.Call, within: ast.AST) -> bool:
    """Is `.json()` called on the response inside `within`?"""
    parent = file.parents[call]
    if isinstance(parent, ast.Attribute):
        return parent.attr == "json"
    name = _assigned(parent)
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "json"
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in ast.walk(within)
    )


def _assigned(parent: ast.AST) -> str | None:
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return parent.targets[0].id
    if isinstance(parent, ast.NamedExpr):
        return parent.target.id
    return None


def _stores(function: FunctionNode, name: str) -> Iterator[bool]:
    for node in ast.walk(function):
        yield isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


def _use(file: FileSyntax, node: ast.Name, follows_redirects: bool) -> Iterator[Edit]:
    parent = file.parents[node]
    if not isinstance(parent, ast.Attribute) or not isinstance(parent.ctx, ast.Load):
        raise NoEqual(f"{node.id} is handed on")
    attr = parent.attr
    if attr in _SAME:
        return
    if attr == "raise_for_status":
        if not follows_redirects:
            raise NoEqual("raise_for_status also raises for redirects in httpx")
    elif attr == "ok":
        negation = file.parents[parent]
        if isinstance(negation, ast.UnaryOp) and isinstance(negation.op, ast.Not):
            yield ReplaceExpression(span_of(negation), Code(f"{node.id}.is_error"))
        elif isinstance(negation, (ast.If, ast.While, ast.Assert, ast.Assign, ast.Return, ast.BoolOp)):
            yield ReplaceExpression(span_of(parent), Code(f"not {node.id}.is_error"))
        else:
            yield ReplaceExpression(span_of(parent), Code(f"(not {node.id}.is_error)"))
    elif attr in _RENAMED:
        yield ReplaceExpression(span_of(parent), Code(f"{node.id}.{_RENAMED[attr]}"))
    elif attr == "url":
        yield ReplaceExpression(span_of(parent), Code(f"str({node.id}.url)"))
    else:
        raise NoEqual(attr)
