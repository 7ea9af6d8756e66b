"""Migrations stay sync: what they take from the application gets a sync engine of its own.

connectable = engine      ->      connectable = create_engine(engine.url.set(drivername="sqlite"))
"""

from __future__ import annotations

import ast

from ..analysis.facts import How
from ..analysis.kinds import Fn, Inst
from ..analysis.syntax import span_of
from ..model import Code, ImportNeed, ReplaceExpression, slot
from .draft import UNTOLD, Draft
from .view import View, Views
from .words import ENGINE, FAMILY

_CREATE_ENGINE = ImportNeed("sqlalchemy", "create_engine")


def convert_migrations(views: Views, draft: Draft, paths: tuple[str, ...]) -> None:
    for path in paths:
        view = views.of(path)
        imported = {b.name for b in view.module.scopes[0].bindings if b.how is How.IMPORT}
        engines = []
        for node in ast.walk(view.file.tree):
            if not isinstance(node, ast.Name) or node.id not in imported:
                continue
            whole = _dotted(view, node)
            kinds = view.kinds(whole)
            if any(isinstance(k, Inst) and k.name == ENGINE for k in kinds):
                engines.append(whole)
            elif any(isinstance(k, Inst) and k.name in FAMILY for k in kinds) or any(
                isinstance(k, Fn) and k.key in draft.functions for k in kinds
            ):
                text = f"a migration uses {view.source(whole)}, and no event loop runs there"
                draft.obstacle(view, whole, text)
        for engine in engines:
            _own_engine(view, draft, engine, alone=len(engines) == 1)


def _dotted(view: View, node: ast.Name) -> ast.expr:
    """`db.engine`: as far as it names something."""
    found: ast.expr = node
    above = view.file.parents[node]
    while isinstance(above, ast.Attribute) and not any(isinstance(k, Inst) for k in view.kinds(found)):
        found, above = above, view.file.parents[above]
    return found


def _own_engine(view: View, draft: Draft, node: ast.expr, *, alone: bool) -> None:
    old = draft.old_drivers
    if not alone or len(old) != 1 or UNTOLD in old:
        text = f"migrations use {view.source(node)} of the application"
        draft.obstacle(view, node, text, "give them a sync engine of their own")
        return
    driver = next(iter(old))
    url = f'{view.source(node)}.url.set(drivername="{driver}")' if driver else f"{view.source(node)}.url"
    draft.edit(view, ReplaceExpression(span_of(node), Code(f"{slot(0)}({url})", (_CREATE_ENGINE,))))
