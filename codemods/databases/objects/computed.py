"""Columns that the database computes: after a flush their values are not known until they are loaded.

    updated_at = Column(DateTime, onupdate=func.now())

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import ast

from ...analysis.link.program import Key
from ...analysis.view import View, Views

_ON_UPDATE = frozenset({"onupdate", "server_onupdate"})
_ON_INSERT = frozenset({"server_default", "default"})


class Computed:
    def __init__(self, views: Views, *, inserts: bool) -> None:
        """`inserts`: whether the database is asked again for what it computed when a row was inserted, as
        SQLAlchemy 1.4 and MySQL do."""
        self.views = views
        self.wanted = _ON_UPDATE | _ON_INSERT if inserts else _ON_UPDATE

    def has(self, cls: Key) -> bool:
        for step in self.views.inference.classes.mro(cls):
            if not isinstance(step, Key):
                continue
            view = self.views.of(step.path)
            for binding in view.program.scope(step).bindings:
                node = view.bound_call(binding)
                if node is not None and any(self._computes(view, keyword) for keyword in node.keywords):
                    return True
        return False

    def _computes(self, view: View, keyword: ast.keyword) -> bool:
        """By an expression of SQL: a function of Python runs before the statement."""
        if keyword.arg not in self.wanted:
            return False
        if keyword.arg.startswith("server_"):
            return True
        value = keyword.value
        return isinstance(value, ast.Call) and view.external(value.func).startswith("sqlalchemy.")
