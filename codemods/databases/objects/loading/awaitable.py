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
from functools import cached_property, partial

from ....analysis.handed_over import Arguments
from ....analysis.index.bindings import Import
from ....analysis.link import names
from ....analysis.link.kinds import NONE, NOTHING, Inst, Kinds, Obj, Unknown
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import span_of
from ....analysis.view import View, Views
from ....model import (
    AddBase,
    Argument,
    Code,
    Edit,
    ImportNeed,
    InsertStatements,
    ReplaceCall,
    ReplaceExpression,
    Span,
    slot,
)
from ...draft import Draft
from ...names import names_in
from ..mapped.relationships import Relationships
from .above_with import outer_with
from .mappers import Mappers
from .needs import Need

MIXIN = ImportNeed("sqlalchemy.ext.asyncio", "AsyncAttrs")
"""What gives the classes of a base what is awaited; for sync sessions it changes nothing."""
_HAS_IT = "sqlalchemy.ext.asyncio.AsyncAttrs"
_BASES = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
_OF_QUERIES = "sqlalchemy.ext.hybrid.hybrid_method"
_MAKERS = frozenset({"sqlalchemy.orm.declarative_base", "sqlalchemy.ext.declarative.declarative_base"})


class Awaitable:
    def __init__(
        self,
        views: Views,
        relationships: Relationships,
        arguments: Arguments,
        draft: Draft,
        mappers: Mappers,
        *,
        old: bool,
    ) -> None:
        self.views = views
        self.classes = views.inference.classes
        self.relationships = relationships
        self.arguments = arguments
        self.mappers = mappers
        self.draft = draft
        self.old = old
        self.program = views.inference.program
        self._reads: dict[tuple[str, Span], tuple[View, ast.Attribute]] = {}

    def ways(self, need: Need) -> list[Callable[[], None]] | None:
        """What has to be done to await it there; None before SQLAlchemy 2, or without a base of the
        project's own."""
        view, read = need.view, need.view.file.parents[need.node]
        if isinstance(read, ast.Call):
            return self._asked_of_class(need, read) or self._read_by_text(need, read)
        if not isinstance(read, ast.Attribute) or read.attr != need.path[0].name:
            return None
        ways = self._mixed_in(need, read)
        if ways is None or not isinstance(read.ctx, ast.Load):
            return None
        self.mappers.turned.add(view.owner(read))
        return [*ways, partial(self._reads.update, {(view.path, span_of(read)): (view, read)})]

    def _mixed_in(self, need: Need, read: ast.expr) -> list[Callable[[], None]] | None:
        """What gives all classes whose objects may be read there what is awaited."""
        view = need.view
        if self.old or view.module.is_test or not view.can_await(read) or _is_of_queries(view, read):
            return None
        classes = self._classes(self._given(view, need.node))
        if need.cls not in classes:
            return None
        ways: list[Callable[[], None]] = []
        for cls in classes:
            mro = self.classes.mro(cls)
            if _HAS_IT not in mro:
                base = next(
                    (each for step in mro if isinstance(step, Key) for each in self._base(step)), None
                )
                if base is None or self._is_mixed_in:
                    return None
                ways.append(partial(self.draft.edit, *base))
        return ways

    def _read_by_text(self, need: Need, call: ast.Call) -> list[Callable[[], None]] | None:
        """`getattr(note, "owner", None)` of what a loop goes over, which is never None itself."""
        view, node = need.view, need.node
        name = getattr(call.args[1], "value", None) if len(call.args) in (2, 3) else None
        is_asked = view.external(call.func) == "builtins.getattr" and node is call.args[0]
        if not (is_asked and name == need.path[0].name and isinstance(node, ast.Name)):
            return None
        ways = self._mixed_in(need, call) if _is_of_loop(view, node) else None
        if ways is None:
            return None
        self.mappers.turned.add(view.owner(call))
        edit = ReplaceExpression(span_of(call), Code(f"await {node.id}.awaitable_attrs.{name}"))
        return [
            *ways,
            partial(self.draft.edit, view, edit),
            partial(self.draft.awaited, view, call),
        ]

    def _asked_of_class(self, need: Need, call: ast.Call) -> list[Callable[[], None]] | None:
        """`hasattr(note, "owner")`: the class tells that without loading it."""
        view, node = need.view, need.node
        name = getattr(call.args[-1], "value", None) if len(call.args) == 2 else None
        if view.external(call.func) != "builtins.hasattr" or node is not call.args[0]:
            return None
        classes = self._classes(self._given(view, node))
        is_plain = not any(isinstance(each, (ast.Attribute, ast.Await, ast.Call)) for each in walk(node))
        if not is_plain or need.cls not in classes or [step.name for step in need.path] != [name]:
            return None
        if not all(name in self.relationships.of(cls) for cls in classes):
            return None
        edit = ReplaceExpression(span_of(node), Code(f"type({view.source(node)})"))
        return [partial(self.draft.edit, view, edit)]

    def _given(self, view: View, node: ast.expr) -> Kinds:
        """What is read there, with what the calls hand over: tests have stand-ins for objects."""
        kinds = set(view.kinds(node))
        found = names.lookup(self.program, view.owner(node), node.id) if isinstance(node, ast.Name) else None
        if not isinstance(found, names.Parameter):
            return frozenset(kinds)
        for caller in self.arguments.callers.calls(found.function):
            other = self.views.of(caller.call.path)
            call = other.node_of(caller.call)
            value = self.arguments.value(other, call, found) if call is not None else None
            kinds |= other.kinds(value) if value is not None else NOTHING
        return frozenset(kinds)

    def _classes(self, kinds: Kinds) -> list[Key]:
        """All that it may be an object of; none if it may be something else, which has nothing to await."""
        known = [kind for kind in kinds if not isinstance(kind, Unknown) and kind != Inst(NONE)]
        classes = {kind.key for kind in known if isinstance(kind, Obj)}
        return sorted(classes) if all(isinstance(kind, Obj) for kind in known) else []

    @cached_property
    def _is_mixed_in(self) -> bool:
        """Does some class have it already? Before a base that has it as well, it cannot stand."""
        return any(_HAS_IT in self.classes.mro(cls) for cls in self.program.classes())

    def _base(self, cls: Key) -> Iterator[tuple[View, Edit]]:
        """What gives the declarative base of a class the mixin, if `cls` says which it is."""
        view = self.views.of(cls.path)
        node = view.file.class_(self.program.scope(cls).span)
        for base in node.bases if node is not None else ():
            if node is not None and view.external(base) in _BASES:
                yield view, AddBase(span_of(node), Code(slot(0), (MIXIN,)))
            elif isinstance(base, (ast.Name, ast.Attribute)):
                yield from self._made(view, base)

    def _made(self, view: View, base: ast.Name | ast.Attribute) -> Iterator[tuple[View, Edit]]:
        """`Base = declarative_base()`, there or where it is imported from."""
        bound = names.only(self._bound(view, base))
        for home, binding in [bound] if bound is not None else ():
            other = self.views.of(home.path)
            call = other.bound_call(binding)
            if call is None or other.external(call.func) not in _MAKERS:
                continue
            if call.args or any(keyword.arg in (None, "cls") for keyword in call.keywords):
                continue
            kept = [Argument(index=number) for number in range(len(call.keywords))]
            mixin = Argument(code=Code(slot(0), (MIXIN,)), keyword="cls")
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
        above: dict[tuple[str, Span, str], tuple[View, ast.With, str]] = {}
        for (path, span), (view, read) in sorted(self._reads.items(), key=lambda item: item[0]):
            outer = outer_with(view, read)
            is_inner = any(
                home == path and other != span and other.contains(span) for home, other in self._reads
            )
            if not is_inner and outer is None:
                self.draft.edit(view, ReplaceExpression(span, Code(self._text(view, read))))
            elif not is_inner and outer is not None:
                name = next((each.id for each in ast.walk(read) if isinstance(each, ast.Name)), "")
                above[path, span_of(outer), self._text(view, read)] = view, outer, name
            if outer is None:
                self.draft.awaited(view, read)
        for (_, span, text), (view, outer, name) in above.items():
            self.draft.edit(view, InsertStatements(span, Code(text)))
            self.draft.awaited_above(view, outer, name)

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
        changes.append((view.attribute_name(read), f"awaitable_attrs.{read.attr}"))
        return f"await {view.flat(read, view.spliced(span_of(read), changes))}"


def _is_of_loop(view: View, node: ast.Name) -> bool:
    """Does one `for` bind the name, and nothing else of its function?"""
    function = view.function(node)
    stores = [n for n in names_in(function, node.id) if isinstance(n.ctx, ast.Store)] if function else []
    return len(stores) == 1 and isinstance(view.file.parents[stores[0]], ast.For)


def _is_of_queries(view: View, read: ast.expr) -> bool:
    """Is it a method that a class is asked for as well, for a part of a query?"""
    function = view.function(read)
    return function is not None and any(
        view.external(each) == _OF_QUERIES for each in function.decorator_list
    )
