"""Walks over `ast` trees; those of the standard library ask every field of every node, down to `Load`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

_NO_NODES = frozenset({"ctx", "id", "attr", "arg", "kind", "type_comment", "module", "asname", "level"})
_MIXED = frozenset({"keys", "kw_defaults", "names", "kwd_attrs"})
"""Lists that may hold `None` or texts among nodes."""
_OPERATORS = (ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
_LEAVES = frozenset({ast.Constant, ast.Name, ast.alias, ast.Pass}).union(
    *(each.__subclasses__() for each in _OPERATORS)
)
_WRITTEN_MOST: dict[type[ast.AST], Callable[[Any], list[ast.AST]]] = {
    ast.Attribute: lambda node: [node.value],
    ast.Expr: lambda node: [node.value],
    ast.keyword: lambda node: [node.value],
    ast.Await: lambda node: [node.value],
    ast.Call: lambda node: [node.func, *node.args, *node.keywords],
    ast.Assign: lambda node: [*node.targets, node.value],
    ast.Subscript: lambda node: [node.value, node.slice],
    ast.Compare: lambda node: [node.left, *node.ops, *node.comparators],
    ast.BinOp: lambda node: [node.left, node.op, node.right],
    ast.arg: lambda node: [node.annotation] if node.annotation is not None else [],
    ast.Return: lambda node: [node.value] if node.value is not None else [],
    ast.Tuple: lambda node: [*node.elts],
    ast.List: lambda node: [*node.elts],
    ast.JoinedStr: lambda node: [*node.values],
    ast.If: lambda node: [node.test, *node.body, *node.orelse],
    ast.BoolOp: lambda node: [node.op, *node.values],
    ast.UnaryOp: lambda node: [node.op, node.operand],
}
"""Nine of ten nodes: what all others have is found by their fields."""
_fields: dict[type[ast.AST], tuple[str, ...]] = dict.fromkeys(_LEAVES, ())


def children(node: ast.AST) -> list[ast.AST]:
    """As `ast.iter_child_nodes`, without the contexts of names (`Load`, `Store`, `Del`)."""
    kind = type(node)
    if kind in _LEAVES:
        return []
    known = _WRITTEN_MOST.get(kind)
    return known(node) if known is not None else _by_fields(node, kind)


def _by_fields(node: ast.AST, kind: type[ast.AST]) -> list[ast.AST]:
    found: list[ast.AST] = []
    for name in _fields[kind] if kind in _fields else _fields_of(kind):
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST)] if name in _MIXED else value
    return found


TRIES: tuple[type[ast.Try], ...] = (ast.Try, getattr(ast, "TryStar", ast.Try))
LOOPS = (ast.For, ast.AsyncFor, ast.While)
BINDINGS = (ast.Assign, ast.AnnAssign)
"""Statements that bind, without the type of what they bind and with it."""


def bound_plainly(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """What is bound as a whole there, each with its value: `one = other = value`, `user: User = value`,
    `(user := value)`."""
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        return [(node.target, node.value)]
    return []


def bound_alone(node: ast.AST) -> tuple[ast.expr, ast.expr] | tuple[None, None]:
    """The one place that a statement binds, and its value, with or without its type: `user: User = value`."""
    bound = bound_plainly(node) if isinstance(node, ast.stmt) else []
    return bound[0] if len(bound) == 1 else (None, None)


def target_of(node: ast.AST) -> ast.expr | None:
    """The one place that a statement binds."""
    return bound_alone(node)[0]


def walk(node: ast.AST) -> Sequence[ast.AST]:
    """As `ast.walk`, in the same order, without the contexts of names."""
    return _kept(node) if isinstance(node, _ASKED_OFTEN) else walk_once(node)


_ASKED_OFTEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)


@lru_cache(maxsize=1024)
def _kept(node: ast.AST) -> tuple[ast.AST, ...]:
    return tuple(walk_once(node))


def walk_once(node: ast.AST) -> list[ast.AST]:
    """As `walk`; nothing of it is kept for the next one who asks."""
    found = [node]
    for each in found:
        kind = type(each)
        if kind not in _LEAVES:  # as `children`, without a call for each
            known = _WRITTEN_MOST.get(kind)
            found += known(each) if known is not None else _by_fields(each, kind)
    return found


def _fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    _fields[kind] = found = tuple(name for name in kind._fields if name not in _NO_NODES)
    return found


def given_to(call: ast.Call) -> list[ast.expr]:
    """What a call is given, by place and by name."""
    return [*call.args, *(keyword.value for keyword in call.keywords)]
