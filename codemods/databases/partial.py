"""Objects that are loaded in part, and results that are read in part: the rest follows when it is asked for.

A deferred column, or one that `load_only()` leaves out, runs a query when it is read; rows that are streamed
come while they are iterated: https://docs.sqlalchemy.org/en/20/orm/queryguide/columns.html
"""

from __future__ import annotations

import ast

from ..analysis.program import Key
from ..analysis.syntax import last_name
from .draft import Draft
from .view import View, Views

_LEAVING_OUT = ("sqlalchemy.orm.load_only", "sqlalchemy.orm.defer")
_STREAMED = frozenset({"yield_per", "stream_results"})


def check_partial(view: View, draft: Draft) -> None:
    for node in ast.walk(view.file.tree):
        if not isinstance(node, ast.Call):
            continue
        name = view.external(node.func)
        if name in _LEAVING_OUT and not _raises(node):
            text = (
                f"{name.rpartition('.')[2]}(): the columns that it leaves out are loaded when they are read"
            )
            draft.obstacle(view, node, text, "select the columns themselves, or leave the option out")
        elif last_name(node.func) == "execution_options":
            for keyword in node.keywords:
                if keyword.arg in _STREAMED and "sqlalchemy" in view.external(node.func) + _owner(view, node):
                    text = f"execution_options({keyword.arg}=..): rows are streamed while they are iterated"
                    draft.obstacle(view, node, text, "leave it out, or write it with stream()")


def _raises(call: ast.Call) -> bool:
    return any(
        keyword.arg == "raiseload" and ast.unparse(keyword.value) == "True" for keyword in call.keywords
    )


def _owner(view: View, call: ast.Call) -> str:
    member = view.member(call)
    return member.owner if member is not None else ""


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
