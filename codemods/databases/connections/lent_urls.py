"""Where the URL of an engine is lent to code that makes a sync connection of its own, it keeps its driver.

    database_exists(engine.url)    ->    database_exists(engine.url.set(drivername="postgresql"))

https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.engine.URL.set
"""

from __future__ import annotations

import ast

from ...analysis.link.kinds import Ext, Member
from ...analysis.syntax import span_of
from ...analysis.view import View
from ...model import Code, ReplaceExpression
from ..draft import Draft
from ..words import ENGINE

_TEXTS = frozenset({"builtins.str", "builtins.repr"})
_OF_URLS = frozenset({"render_as_string", "set"})
_SHOWS = ("builtins.print", "logging.", "loguru.", "structlog.", "sqlalchemy.", "sqlmodel.")
"""They show it, or make engines that turn."""


def keep_lent_urls(view: View, draft: Draft) -> None:
    for node in view.file.of_kind(ast.Attribute) if view.file.mentions(".url") else ():
        if node.attr != "url" or view.instance(node.value) != ENGINE or not _is_lent(view, node):
            continue
        if len(draft.sync_drivers) != 1 or "" in draft.sync_drivers:
            text = f"{view.in_a_line(node)} is lent, and comes to name an async driver"
            draft.obstacle(view, node, text, "lend the URL that the settings hold")
            continue
        (driver,) = draft.sync_drivers
        if driver not in draft.async_drivers:
            code = Code(f'{view.source(node)}.set(drivername="{driver}")')
            draft.edit(view, ReplaceExpression(span_of(node), code))


def _is_lent(view: View, node: ast.expr) -> bool:
    """`database_exists(engine.url)`, `config.set_main_option("sqlalchemy.url", str(engine.url))`"""
    taker = _taker(view, node)
    kinds = view.callees(taker) if taker is not None else ()
    names = [_name(kind) for kind in kinds if isinstance(kind, (Ext, Member))]
    return any(not name.startswith(_SHOWS) for name in names)


def _taker(view: View, node: ast.AST) -> ast.Call | None:
    """The call that is given the URL, or a text of it."""
    above = view.file.parents[node]
    if isinstance(above, (ast.FormattedValue, ast.JoinedStr, ast.keyword)):
        return _taker(view, above)
    if isinstance(above, ast.Attribute):
        call = view.file.parents[above]
        is_text = above.attr in _OF_URLS and isinstance(call, ast.Call) and call.func is above
        return _taker(view, call) if is_text else None
    if not isinstance(above, ast.Call) or above.func is node:
        return None
    return _taker(view, above) if view.external(above.func) in _TEXTS else above


def _name(kind: Ext | Member) -> str:
    return kind.name if isinstance(kind, Ext) else f"{kind.owner}.{kind.attr}"
