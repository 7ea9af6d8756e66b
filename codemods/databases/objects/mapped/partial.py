"""Objects that are loaded in part: a deferred column, or one that `load_only()` leaves out, runs a query when
it is read: https://docs.sqlalchemy.org/en/20/orm/queryguide/columns.html
"""

from __future__ import annotations

import ast

from ....analysis.link.program import Key
from ....analysis.syntax import last_name
from ....analysis.view import View, Views
from ...draft import Draft

_LEAVING_OUT = ("sqlalchemy.orm.load_only", "sqlalchemy.orm.defer")


def check_partial(views: Views, view: View, draft: Draft) -> None:
    if not any(views.mention(name.rpartition(".")[2]) for name in _LEAVING_OUT):
        return
    for node in view.file.of_kind(ast.Call):
        if view.external(node.func) in _LEAVING_OUT and not _raises(node):
            text = f"{last_name(node.func)}(): the columns that it leaves out are loaded when they are read"
            draft.obstacle(view, node, text, "select the columns themselves, or leave the option out")


def _raises(call: ast.Call) -> bool:
    return any(k.arg == "raiseload" and ast.unparse(k.value) == "True" for k in call.keywords)


def deferred_columns(views: Views, cls: Key) -> frozenset[str]:
    found: set[str] = set()
    for step in views.inference.classes.mro(cls):
        if not isinstance(step, Key):
            continue
        view = views.of(step.path)
        for binding in view.program.scope(step).bindings:
            node = view.bound_call(binding)
            if node is not None and (
                last_name(node.func) == "deferred"
                or any(k.arg == "deferred" and ast.unparse(k.value) == "True" for k in node.keywords)
            ):
                found.add(binding.name)
    return frozenset(found)
