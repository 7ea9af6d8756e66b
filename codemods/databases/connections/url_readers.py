"""Who else reads the URL that an engine is made with."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.index.bindings import Import
from ...analysis.nodes import target_of, walk
from ...analysis.view import View, Views
from .urls import Literal


def feeds_only(views: Views, written: Literal, view: View, url: ast.expr) -> bool:
    """Is the literal read by the engine and nobody else?"""
    if written.is_default or not written.is_alone:
        return False
    if (
        any(above is url for above in (written.node, *written.view.file.above(written.node)))
        and written.view is view
    ):
        return True
    statement = written.view.file.parents[written.node]
    target = target_of(statement)
    if not isinstance(target, ast.Name) or written.view.owner(statement).scope != 0:
        return False
    name = target.id
    is_renamed = bool(view.program.aliases.get(name))
    return not is_renamed and sum(1 for _ in _reads(views, name, written.view.path)) <= 1


def _reads(views: Views, name: str, home: str) -> Iterator[ast.expr]:
    """The places that may read a constant of the file `home`; what only looks how it begins does not mind."""
    for path, module in sorted(views.inference.program.modules.items()):
        if name not in views.syntax.file(path).text:
            continue
        view = views.of(path)
        bound = [binding.value for scope in module.facts.scopes for binding in scope.bindings]
        imported = {value.name for value in bound if isinstance(value, Import)}
        may_be = path == home or not imported.isdisjoint((name, "*"))
        for node in walk(view.file.tree):
            if not isinstance(node, (ast.Name, ast.Attribute)) or not isinstance(node.ctx, ast.Load):
                continue
            is_it = node.attr == name if isinstance(node, ast.Attribute) else may_be and node.id == name
            if is_it and getattr(view.file.parents[node], "attr", "") != "startswith":
                yield node
