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

_DIALECTS = frozenset({"mariadb", "mssql", "mysql", "oracle", "postgres", "postgresql", "sqlite"})
_TEXTS = frozenset({"builtins.str", "builtins.repr"})
_OF_URLS = frozenset({"render_as_string", "set"})
_PARTS = (ast.FormattedValue, ast.JoinedStr, ast.keyword, ast.List, ast.Tuple, ast.Dict)
_SHOWS = ("builtins.print", "logging.", "loguru.", "structlog.", "sqlalchemy.", "sqlmodel.")
"""They show it, or make engines that turn."""


def keep_lent_urls(view: View, draft: Draft) -> None:
    for node in view.file.of_kind(ast.Attribute) if view.file.mentions(".url") else ():
        if node.attr != "url" or view.instance(node.value) != ENGINE:
            continue
        above = view.file.parents[node]
        if isinstance(above, ast.Attribute) and above.attr == "drivername":
            if not _asks_for_dialect(view, above):
                _keep_name(view, draft, above)
        elif _is_lent(view, node):
            _keep_url(view, draft, node)


def _keep_url(view: View, draft: Draft, url: ast.Attribute) -> None:
    driver = _driver(draft)
    if driver is None:
        text = f"{view.in_a_line(url)} is lent, and comes to name an async driver"
        draft.obstacle(view, url, text, "lend the URL that the settings hold")
    elif driver not in draft.async_drivers:
        code = Code(f'{view.source(url)}.set(drivername="{driver}")')
        draft.edit(view, ReplaceExpression(span_of(url), code))


def _keep_name(view: View, draft: Draft, name: ast.Attribute) -> None:
    """`engine.url.drivername == "postgresql"` asks for the database, where no driver is written."""
    driver = _driver(draft)
    if driver is None or ("+" in driver and driver not in draft.async_drivers):
        draft.obstacle(view, name, f"{view.in_a_line(name)} comes to name an async driver")
    elif driver not in draft.async_drivers:
        code = Code(f"{view.source(name.value)}.get_backend_name()")
        draft.edit(view, ReplaceExpression(span_of(name), code))


def _asks_for_dialect(view: View, name: ast.Attribute) -> bool:
    """`engine.url.drivername.startswith("sqlite")`, which an async driver does as well."""
    above = view.file.parents[name]
    call = view.file.parents[above]
    if not isinstance(above, ast.Attribute) or above.attr != "startswith":
        return False
    given = call.args[0] if isinstance(call, ast.Call) and len(call.args) == 1 else None
    asked = given.elts if isinstance(given, ast.Tuple) else [given]
    return all(isinstance(each, ast.Constant) and each.value in _DIALECTS for each in asked)


def _driver(draft: Draft) -> str | None:
    """The one with which the URLs of the application are written; None where that is not known."""
    is_known = len(draft.sync_drivers) == 1 and "" not in draft.sync_drivers
    return min(draft.sync_drivers) if is_known else None


def _is_lent(view: View, node: ast.expr) -> bool:
    """`database_exists(engine.url)`, `config.set_main_option("sqlalchemy.url", str(engine.url))`"""
    taker = _taker(view, node)
    kinds = view.callees(taker) if taker is not None else ()
    names = [_name(kind) for kind in kinds if isinstance(kind, (Ext, Member))]
    return any(not name.startswith(_SHOWS) for name in names)


def _taker(view: View, node: ast.AST) -> ast.Call | None:
    """The call that is given the URL, or a text of it."""
    above = view.file.parents[node]
    if isinstance(above, _PARTS):
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
