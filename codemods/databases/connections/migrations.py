"""Migrations stay sync: where they borrow the engine of the application, they get one of their own for its
database.

    connectable = get_engine()    ->    connectable = create_engine(get_engine().url.set(drivername="sqlite"))
    with engine.connect() as c:   ->    with create_engine(settings.database_url).connect() as c:

The second where the URL names a driver only when the application runs.

https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.engine.URL.set
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import partial

from ...analysis.index.bindings import Import
from ...analysis.link.kinds import Fn, Inst, Mod
from ...analysis.link.names import lookup
from ...analysis.link.program import CallKey
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import Code, ImportNeed, ReplaceExpression, slot
from ..draft import Draft
from ..words import ENGINE, FAMILY


def keep_migrations_sync(views: Views, draft: Draft, paths: Iterable[str]) -> None:
    for path in filter(partial(_may_borrow, views), paths):
        view = views.of(path)
        nodes = view.file.of_kind(ast.Call, ast.Name, ast.Attribute)
        borrowed = [node for node in nodes if _is_of_others(view, node) and _is_of_database(view, node)]
        for node in borrowed:
            is_alone = len(borrowed) == 1 and view.instance(node) == ENGINE
            made = _sync_engine(view, node, draft) if is_alone else None
            if made is None:
                draft.obstacle(view, node, f"{view.in_a_line(node)} is used by migrations, which stay sync")
            else:
                draft.edit(view, ReplaceExpression(span_of(node), made))


def _sync_engine(view: View, borrowed: ast.expr, draft: Draft) -> Code | None:
    """One for the same database; None where its URL cannot be had."""
    create = ImportNeed("sqlalchemy", "create_engine")
    if not _is_known(draft):
        home, url = draft.urls[0] if len(draft.urls) == 1 else (view, None)
        root = _root(url) if url is not None else None
        need = home.import_of(root) if root is not None and _is_of_module(home, root) else None
        if url is None or root is None or need is None or not need.name:
            return None
        return Code(f"{slot(0)}({slot(1)}{home.source(url).removeprefix(root.id)})", (create, need))
    (driver,) = draft.sync_drivers
    text = f"{view.source(borrowed)}.url"
    if driver not in draft.async_drivers:
        text += f'.set(drivername="{driver}")'
    return Code(f"{slot(0)}({text})", (create,))


def _root(url: ast.expr) -> ast.Name | None:
    """`settings` of `settings.database_url`."""
    while isinstance(url, ast.Attribute):
        url = url.value
    return url if isinstance(url, ast.Name) else None


def _is_of_module(view: View, name: ast.Name) -> bool:
    found = lookup(view.program, view.key(name), name.id, name.lineno)
    return isinstance(found, list) and all(each.home.scope == 0 for each in found)


def _may_borrow(views: Views, path: str) -> bool:
    """Does it import anything of the project, or call a function of it, as far as its facts tell? Most
    migrations do neither, and need not be read again."""
    program, inference = views.inference.program, views.inference
    facts = program.modules[path].facts
    values = [b.value for scope in facts.scopes for b in scope.bindings if isinstance(b.value, Import)]
    modules = {program.absolute(value, path) for value in values}
    names = {f"{program.absolute(value, path)}.{value.name}" for value in values}
    calls = (inference.callees(CallKey(path, number)) for number in range(len(facts.calls)))
    return (
        any(value.level for value in values)
        or any(program.is_package(name) or program.module_path(name, path) for name in modules | names)
        or any(isinstance(kind, (Fn, Mod)) for kinds in calls for kind in kinds)
        or views.of(path).file.mentions("import_module")
    )


def _is_known(draft: Draft) -> bool:
    """Is there one database, of which it is written down which it is?"""
    return len(draft.sync_drivers) == 1 and "" not in draft.sync_drivers


def _is_of_database(view: View, node: ast.expr) -> bool:
    """An engine, a session or a factory."""
    return any(isinstance(kind, Inst) and kind.name in FAMILY for kind in view.kinds(node))


def _is_of_others(view: View, node: ast.expr) -> bool:
    """Something that another module of the project makes."""
    if isinstance(node, ast.Call):
        return bool(view.functions_called(node))
    if isinstance(node, ast.Attribute):
        return any(isinstance(kind, Mod) for kind in view.kinds(node.value))
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return False
    need = view.import_of(node)
    return need is not None and view.program.module_path(need.module, view.path) not in (None, view.path)
