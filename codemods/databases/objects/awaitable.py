"""A relationship that no query can load beforehand is awaited where it is read, and asks the session of its
object.

    while depot:                         while depot:
        names.append(depot.name)   ->        names.append(depot.name)
        depot = depot.parent                 depot = await depot.awaitable_attrs.parent

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncAttrs
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial

from ...analysis.index.bindings import Import
from ...analysis.link import names
from ...analysis.link.program import Key
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import AddBase, Argument, Code, Edit, ImportNeed, ReplaceCall, ReplaceExpression, Span, slot
from ..draft import Draft
from .mappers import Mappers
from .needs import Need

_MIXIN = ImportNeed("sqlalchemy.ext.asyncio", "AsyncAttrs")
_HAS_IT = "sqlalchemy.ext.asyncio.AsyncAttrs"
_BASES = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
_MAKERS = frozenset({"sqlalchemy.orm.declarative_base", "sqlalchemy.ext.declarative.declarative_base"})


class Awaitable:
    def __init__(self, views: Views, draft: Draft, mappers: Mappers, *, old: bool) -> None:
        self.views = views
        self.mappers = mappers
        self.draft = draft
        self.old = old
        self.program = views.inference.program
        self._reads: dict[tuple[str, Span], tuple[View, ast.Attribute]] = {}

    def ways(self, need: Need) -> list[Callable[[], None]] | None:
        """What has to be done to await it there; None before SQLAlchemy 2, or without a base of the
        project's own."""
        view, read = need.view, need.view.file.parents[need.node]
        if not isinstance(read, ast.Attribute) or read.attr != need.path[0].name or self.old:
            return None
        if view.module.is_test or not view.can_await(read):
            return None
        ways: list[Callable[[], None]] = []
        mro = self.views.inference.classes.mro(need.cls)
        if _HAS_IT not in mro:
            base = next((found for step in mro if isinstance(step, Key) for found in self._base(step)), None)
            if base is None:
                return None
            ways = [partial(self.draft.edit, *base)]
        self.mappers.turned.add(view.owner(read))
        return [*ways, partial(self._reads.update, {(view.path, span_of(read)): (view, read)})]

    def _base(self, cls: Key) -> Iterator[tuple[View, Edit]]:
        """What gives the declarative base of a class the mixin, if `cls` says which it is."""
        view = self.views.of(cls.path)
        node = view.file.class_(self.program.scope(cls).span)
        for base in node.bases if node is not None else ():
            if node is not None and view.external(base) in _BASES:
                yield view, AddBase(span_of(node), Code(slot(0), (_MIXIN,)))
            elif isinstance(base, (ast.Name, ast.Attribute)):
                yield from self._made(view, base)

    def _made(self, view: View, base: ast.Name | ast.Attribute) -> Iterator[tuple[View, Edit]]:
        """`Base = declarative_base()`, there or where it is imported from."""
        for home, binding in self._bound(view, base):
            other = self.views.of(home.path)
            call = other.bound_call(binding)
            if call is None or other.external(call.func) not in _MAKERS:
                continue
            if call.args or any(keyword.arg in (None, "cls") for keyword in call.keywords):
                continue
            kept = [Argument(index=number) for number in range(len(call.keywords))]
            mixin = Argument(code=Code(slot(0), (_MIXIN,)), keyword="cls")
            yield other, ReplaceCall(span_of(call), Code(other.source(call.func)), (*kept, mixin))

    def _bound(self, view: View, base: ast.Name | ast.Attribute) -> list[names.Bound]:
        need = view.module_of(base) if isinstance(base, ast.Attribute) else None
        if need is not None:
            found = names.imported(self.program, Import(need.module, need.name), view.path)
        elif isinstance(base, ast.Name):
            looked_up = names.lookup(self.program, Key(view.path, 0), base.id)
            found = looked_up if isinstance(looked_up, list) else []
        else:
            return []
        while isinstance(found, list) and found and isinstance(found[0].binding.value, Import):
            found = names.imported(self.program, found[0].binding.value, found[0].home.path)
        return found if isinstance(found, list) else []

    def finish(self) -> None:
        for (path, span), (view, read) in sorted(self._reads.items(), key=lambda item: item[0]):
            if not any(
                home == path and other != span and other.contains(span) for home, other in self._reads
            ):
                self.draft.edit(view, ReplaceExpression(span, Code(self._text(view, read))))
            self.draft.awaited(view, read)

    def _text(self, view: View, read: ast.Attribute) -> str:
        """`await (await note.awaitable_attrs.owner).awaitable_attrs.notes`"""
        owner = span_of(read.value)
        inside = {span: node for (path, span), (_, node) in self._reads.items() if path == view.path}
        inside = {span: node for span, node in inside.items() if owner.contains(span)}
        changes = [
            (span, f"({self._text(view, node)})")
            for span, node in inside.items()
            if not any(other != span and other.contains(span) for other in inside)
        ]
        return f"await {view.spliced(owner, changes)}.awaitable_attrs.{read.attr}"
