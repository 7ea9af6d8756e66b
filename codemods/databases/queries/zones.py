"""Times with a zone in columns without one: psycopg2 wrote them into the SQL text, where PostgreSQL cut the
zone off, and asyncpg refuses them.

    created_at = Column(DateTime, default=lambda: datetime.now(timezone.utc))

https://magicstack.github.io/asyncpg/current/usage.html#type-conversion
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ...analysis.link.kinds import Fn
from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly, walk
from ...analysis.syntax import last_name
from ...analysis.view import View
from ..draft import Draft

_MADE_BY = frozenset({"default", "default_factory", "onupdate"})
_TYPES = frozenset({"DateTime", "DATETIME", "TIMESTAMP"})


def check_zones(view: View, draft: Draft, mapped: Collection[Key]) -> None:
    for column in _columns(view, mapped):
        for keyword in column.keywords:
            if keyword.arg in _MADE_BY and _has_zone(view, keyword.value):
                text = (
                    f"{view.in_a_line(keyword.value)} has a zone, and its column has none: asyncpg refuses it"
                )
                hint = "make it DateTime(timezone=True), or depend on psycopg in place of asyncpg"
                draft.obstacle(view, keyword.value, text, hint)


def _columns(view: View, mapped: Collection[Key]) -> Iterator[ast.Call]:
    """Those whose type says DateTime, and of no zone."""
    for cls in mapped:
        node = view.file.class_(view.program.scope(cls).span) if cls.path == view.path else None
        for _, value in (pair for each in (node.body if node else ()) for pair in bound_plainly(each)):
            if isinstance(value, ast.Call) and any(map(_is_without_zone, value.args)):
                yield value


def _is_without_zone(type_: ast.expr) -> bool:
    if isinstance(type_, ast.Call):
        return last_name(type_.func) in _TYPES and not type_.args and not type_.keywords
    return last_name(type_) in _TYPES


def _has_zone(view: View, value: ast.expr) -> bool:
    """`datetime.now(timezone.utc)`, in a lambda or a function that makes the value."""
    calls = [node for node in walk(value) if isinstance(node, ast.Call)]
    for kind in view.kinds(value) if isinstance(value, ast.Name) else ():
        if isinstance(kind, Fn) and kind.key.path == view.path:
            function = view.file.function(view.program.scope(kind.key).span)
            calls += [node for node in walk(function) if isinstance(node, ast.Call)] if function else []
    return any(
        view.external(call.func) == "datetime.datetime.now" and bool(call.args or call.keywords)
        for call in calls
        if not isinstance(view.file.parents.get(call), ast.Attribute)
    )
