"""What the calls in the body of a mapped class say: `relationship(..)`, `mapped_column(..)`, `Field(..)`."""

from __future__ import annotations

import ast

from ...analysis.syntax import last_name


def option(call: ast.Call | None, name: str, default: object) -> object:
    """A literal argument of `relationship()` or `backref()`, or of what SQLModel hands on to it."""
    for keyword in call.keywords if call is not None else ():
        if keyword.arg == name:
            return getattr(keyword.value, "value", default)
        if keyword.arg == "sa_relationship_kwargs" and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return getattr(value, "value", default)
    return default


def points(node: ast.AST) -> bool:
    """`ForeignKey("users.id")`, `Field(foreign_key="user.id")`"""
    if isinstance(node, ast.keyword):
        return node.arg == "foreign_key"
    return isinstance(node, (ast.Name, ast.Attribute)) and last_name(node) == "ForeignKey"


def says_primary(keyword: ast.keyword) -> bool:
    return keyword.arg == "primary_key" and ast.unparse(keyword.value) == "True"
