"""Walks over `ast` trees; those of the standard library ask every field of every node, down to `Load`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

_NO_NODES = frozenset({"ctx", "id", "attr", "arg", "kind", "type_comment", "module", "asname", "level"})
_MIXED = frozenset({"keys", "kw_defaults", "names", "kwd_attrs"})
"""Lists that may hold `None` or texts among nodes."""
_fields: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: (), ast.Name: ()}


def children(node: ast.AST) -> list[ast.AST]:
    """As `ast.iter_child_nodes`, without the contexts of names (`Load`, `Store`, `Del`)."""
    found: list[ast.AST] = []
    kind = type(node)
    for name in _fields[kind] if kind in _fields else _fields_of(kind):
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST)] if name in _MIXED else value
    return found


def walk(node: ast.AST) -> Sequence[ast.AST]:
    """As `ast.walk`, in the same order, without the contexts of names."""
    return _kept(node) if isinstance(node, _ASKED_OFTEN) else _below(node)


_ASKED_OFTEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)


@lru_cache(maxsize=1024)
def _kept(node: ast.AST) -> tuple[ast.AST, ...]:
    return tuple(_below(node))


def _below(node: ast.AST) -> list[ast.AST]:
    found = [node]
    for each in found:
        found += children(each)
    return found


def _fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    _fields[kind] = found = tuple(name for name in kind._fields if name not in _NO_NODES)
    return found
