"""The import of the class, in a file in which nothing of the sync one is left: it names the async one now.

    from redis import Redis         ->      from redis.asyncio import Redis

Elsewhere both have to be told apart, and the async one is written `redis.asyncio.Redis`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec.structs import replace

from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, last_name, span_of
from ...model import (
    Code,
    Edit,
    ImportNeed,
    InsertStatements,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    slot,
)
from ..twin import World
from .made import LIBRARY

_NAME = "Redis"
_THROUGH = ImportNeed(LIBRARY)
Edits = Sequence[tuple[str, Edit]]


def with_imports(world: World, edits: Edits) -> tuple[tuple[str, Edit], ...]:
    """All edits of one client, with the name itself in files whose import can name the other class."""
    found: list[tuple[str, Edit]] = []
    for path in dict.fromkeys(path for path, _ in edits):
        own = [edit for other, edit in edits if other == path]
        statement = _only_import(world.syntax.file(path))
        if statement is not None and _is_all(world.syntax.file(path), own) and not _is_taken(world, path):
            span = span_of(statement)
            own = [*map(_plain, own), ReplaceStatements(span, span, Code(f"from {LIBRARY} import {_NAME}"))]
        found.extend((path, edit) for edit in own)
    return tuple(found)


def _only_import(file: FileSyntax) -> ast.ImportFrom | None:
    """`from redis import Redis`, of a module, that stands for nothing else."""
    imports = [node for node in walk(file.tree) if isinstance(node, (ast.ImportFrom, ast.Import))]
    binding = [s for s in imports if any((alias.asname or alias.name) == _NAME for alias in s.names)]
    only = binding[0] if len(binding) == 1 and binding[0] in file.tree.body else None
    is_it = isinstance(only, ast.ImportFrom) and only.module == "redis" and len(only.names) == 1
    if not isinstance(only, ast.ImportFrom) or not is_it or only.names[0].name != _NAME:
        return None
    return only if file.line(only.lineno) == f"from redis import {_NAME}" else None


def _is_all(file: FileSyntax, edits: Sequence[Edit]) -> bool:
    """Is every use of the name replaced?"""
    names = [node for node in walk(file.tree) if isinstance(node, ast.Name) and node.id == _NAME]
    texts = (node.value for node in walk(file.tree) if isinstance(node, ast.Constant))
    return not any(isinstance(text, str) and _NAME in text.split("[") for text in texts) and all(
        any(_replaces(file, edit, name) for edit in edits) for name in names
    )


def _replaces(file: FileSyntax, edit: Edit, name: ast.Name) -> bool:
    span = span_of(name)
    if isinstance(edit, ReplaceExpression):
        return edit.span == span
    if isinstance(edit, ReplaceCall):
        call = file.call(edit.span)
        return call is not None and any(node is name for node in walk(call.func))
    return isinstance(edit, ReplaceStatements) and edit.first[:2] <= span[:2] and span[2:] <= edit.last[2:]


def _is_taken(world: World, path: str) -> bool:
    """Does a file take the name from another place than the library, by an import or through a module?"""
    return any(
        _takes(node)
        for other in world.effects.program.modules
        if other != path and _NAME in world.syntax.file(other).text
        for node in walk(world.syntax.file(other).tree)
    )


def _takes(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        is_theirs = node.module in ("redis", LIBRARY)
        return not is_theirs and any(alias.name in (_NAME, "*") for alias in node.names)
    through = last_name(node.value) if isinstance(node, ast.Attribute) and node.attr == _NAME else None
    return through is not None and through not in ("redis", "asyncio")


def _plain(edit: Edit) -> Edit:
    if isinstance(edit, ReplaceCall):
        return replace(edit, callee=_named(edit.callee))
    if isinstance(edit, (InsertStatements, ReplaceExpression, ReplaceStatements)):
        return replace(edit, code=_named(edit.code))
    return edit


def _named(code: Code) -> Code:
    """It is the last thing that a text needs."""
    if not code.needs or code.needs[-1] != _THROUGH:
        return code
    last = len(code.needs) - 1
    return Code(code.text.replace(f"{slot(last)}.{_NAME}", _NAME), code.needs[:-1])
