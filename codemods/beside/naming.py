"""What the async form of a definition is called."""

from __future__ import annotations

import ast
import re

from ..analysis.nodes import walk

_CLASS = re.compile(r"^_*[A-Z]\w*[a-z]")
_TAKEN = frozenset({"AsyncSession", "AsyncEngine", "AsyncConnection"})
"""SQLAlchemy's own."""


def twin_name(node: ast.stmt, name: str) -> str:
    """`get_user_async`, `get_async_db`, `async_engine`, `AsyncSessionLocal`, `ASYNC_URL`."""
    lead = name[: len(name) - len(name.lstrip("_"))]
    bare = name[len(lead) :]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        gives = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in walk(node))
        if gives and bare.startswith("get_"):
            return f"{lead}get_async_{bare.removeprefix('get_')}"
        return f"{name}_async"
    if _CLASS.match(name):
        found = f"{lead}Async{bare}"
        return f"{name}Async" if found in _TAKEN else found
    return f"{lead}ASYNC_{bare}" if bare.isupper() else f"{lead}async_{bare}"


def mark(name: str) -> str:
    """The comment above a twin, by which the next run knows it again."""
    return f"# async twin of {name}"
