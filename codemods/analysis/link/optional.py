"""Where None can come from that inference leaves out: annotations, and functions that run off their end."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..index.bindings import How, Import
from ..index.expr import Attr, Binary, Const, Display, Expr, Item, Name
from ..scopes import own_nodes
from ..syntax import FunctionNode
from . import names
from .program import Key, Program

_UNIONS = {"Optional", "Union", "Final", "ClassVar", "Required", "NotRequired"}
_DEPTH = 8


def may_be_none(program: Program, key: Key, annotation: Expr) -> bool:
    """`str | None`, `Optional[str]`, `Annotated[str | None, ...]`, or the name of such a type."""
    return any(
        isinstance(part, Const) and part.type == "NoneType" for part in _options(program, key, annotation)
    )


def may_hold_none(program: Program, key: Key, annotation: Expr) -> bool:
    """`list[str | None]`, `dict[str, Optional[str]] | None`."""
    return any(
        may_be_none(program, key, inner)
        for part in _options(program, key, annotation)
        if isinstance(part, Item)
        for inner in (part.key.items if isinstance(part.key, Display) else (part.key,))
    )


def _options(program: Program, key: Key, annotation: Expr, depth: int = 0) -> Iterator[Expr]:
    if depth > _DEPTH:
        yield annotation
    elif isinstance(annotation, Binary) and annotation.operator == "|":
        yield from _options(program, key, annotation.left, depth + 1)
        yield from _options(program, key, annotation.right, depth + 1)
    elif isinstance(annotation, Item) and (name := _last(annotation.value)) in {*_UNIONS, "Annotated"}:
        inner = annotation.key.items if isinstance(annotation.key, Display) else (annotation.key,)
        if name == "Optional":
            yield Const("NoneType")
        for option in inner if name in _UNIONS else inner[:1]:
            yield from _options(program, key, option, depth + 1)
    elif isinstance(annotation, Name) and (alias := _alias(program, key, annotation.id)) is not None:
        yield from _options(program, *alias, depth + 1)
    else:
        yield annotation


def _last(expr: Expr) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""


def _alias(program: Program, key: Key, name: str) -> tuple[Key, Expr] | None:
    """`Maybe = str | None`, imported too."""
    found = names.lookup(program, key, name)
    for _ in range(_DEPTH):
        giving = [each for each in found if each.binding.gives_value] if isinstance(found, list) else []
        if not giving:
            return None
        home, binding = giving[-1]
        if binding.how is How.ASSIGN and isinstance(binding.value, (Binary, Item, Name)):
            return home, binding.value
        if binding.how is not How.IMPORT or not isinstance(binding.value, Import):
            return None
        imported = names.imported(program, binding.value, home.path)
        found = imported if isinstance(imported, list) else None
    return None


def may_end_without_value(function: FunctionNode) -> bool:
    """`return` without a value, or no `return` at the end: the answer is None."""
    bare = any(isinstance(node, ast.Return) and node.value is None for node in own_nodes(function))
    return bare or not _leaves(function.body)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Does nothing after this block run, however it goes?"""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise)):
        return True
    if isinstance(last, ast.If):
        return _leaves(last.body) and _leaves(last.orelse)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return _leaves(last.body)
    if isinstance(last, ast.Try):
        ends = _leaves(last.body) or _leaves(last.orelse)
        return _leaves(last.finalbody) or (ends and all(_leaves(each.body) for each in last.handlers))
    if isinstance(last, ast.While):
        forever = isinstance(last.test, ast.Constant) and bool(last.test.value)
        return forever and not any(isinstance(node, ast.Break) for node in ast.walk(last))
    return False
