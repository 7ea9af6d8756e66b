"""Columns that the database computes: after a flush their values are not known until they are loaded.

    updated_at = Column(DateTime, onupdate=func.now())

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.link.program import Key
from ....analysis.view import View, Views
from ...queries.columns import column_of

_ON_UPDATE = frozenset({"onupdate", "server_onupdate"})
_ON_INSERT = frozenset({"server_default", "default"})
_KEPT = (".Column", ".mapped_column", ".relationship")


class Computed:
    def __init__(self, views: Views, *, inserts: bool) -> None:
        """`inserts`: whether the database is asked again for what it computed when a row was inserted, as
        SQLAlchemy 1.4 and MySQL do."""
        self.views = views
        self.wanted = _ON_UPDATE | _ON_INSERT if inserts else _ON_UPDATE

    def of(self, cls: Key) -> frozenset[str]:
        return frozenset(name for name, view, call in self._columns(cls) if self._is_computed(view, call))

    def is_kept(self, cls: Key, attr: str) -> bool:
        """Is it a column or relationship that has its value after a flush as before?"""
        written = [(view, call) for name, view, call in self._columns(cls) if name == attr]
        if any(self._is_computed(view, call) for view, call in written):
            return False
        is_kept = any(view.external(call.func).endswith(_KEPT) for view, call in written)
        return is_kept or bool(column_of(self.views.of(cls.path), cls, attr))

    def _columns(self, cls: Key) -> Iterator[tuple[str, View, ast.Call]]:
        for step in self.views.inference.classes.mro(cls):
            if not isinstance(step, Key):
                continue
            view = self.views.of(step.path)
            for binding in view.program.scope(step).bindings:
                node = view.bound_call(binding)
                if node is not None:
                    yield binding.name, view, node

    def _is_computed(self, view: View, call: ast.Call) -> bool:
        return any(self._computes(view, name, value) for name, value in _options(view, call))

    def _computes(self, view: View, name: str, value: ast.expr) -> bool:
        """By an expression of SQL: a function of Python runs before the statement."""
        if name not in self.wanted:
            return False
        is_sql = isinstance(value, ast.Call) and view.external(value.func).startswith("sqlalchemy.")
        return name.startswith("server_") or is_sql


def _options(view: View, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """What a column is made with, that of `Field(sa_column=Column(..))` and `Field(sa_column_kwargs={..})`,
    too."""
    for keyword in call.keywords:
        if keyword.arg == "sa_column_kwargs" and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                yield str(getattr(key, "value", "")), value
        elif keyword.arg is not None:
            yield keyword.arg, keyword.value
    for inner in (*call.args, *(keyword.value for keyword in call.keywords)):
        if isinstance(inner, ast.Call) and view.external(inner.func).endswith(".Column"):
            yield from _options(view, inner)
