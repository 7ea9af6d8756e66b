"""Values that models read, followed down to the mapped objects in them, and what the models read of these.

return Page(items=posts, total=len(posts))      # Page[PostOut]: PostOut reads an owner of each of the posts
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Set
from functools import cached_property

from ....analysis.link.kinds import Cls, Inst, Kinds, Obj, Unknown, union
from ....analysis.link.libraries.responses import all_fields
from ....analysis.link.program import Key
from ....analysis.syntax import span_of
from ....analysis.view import View, Views
from ...draft import Draft
from ...queries.pagination import paginates, query_of_page
from ...words import SESSIONS
from ..loading.loading import Loading
from ..loading.needs import Need
from ..mapped.derived import Derived
from ..mapped.partial import deferred_columns
from ..mapped.relationships import Relationships
from ..values.filled import Filled
from ..values.values import entries_of, fails, hides, is_empty, parts_of, wraps
from .just_made import JustMade
from .schemas import Schemas

_DEPTH = 3


class Followed:
    def __init__(
        self, views: Views, relationships: Relationships, loading: Loading, draft: Draft, *, old: bool
    ) -> None:
        self.views = views
        self.draft = draft
        self.relationships = relationships
        self.loading = loading
        self.old = old
        self.schemas = Schemas(views, relationships, old=old)
        self.derived = Derived(views, relationships, draft)
        self.filled = Filled(views, loading.arguments)
        self.just_made = JustMade(relationships, self.schemas, loading.origins, draft)
        self.is_sent = False
        """Models read what is followed when the functions that give it are done."""

    @cached_property
    def deferred(self) -> Mapping[Key, frozenset[str]]:
        return {cls: deferred_columns(self.views, cls) for cls in self.relationships.mapped.classes}

    def check_columns(self, view: View, node: ast.AST, cls: Key, names: Set[str]) -> None:
        self.derived.read(view, node, cls, names)
        self.check_deferred(view, node, cls, names)

    def check_deferred(self, view: View, node: ast.AST, cls: Key, names: Set[str]) -> None:
        for name in sorted(names & self.deferred[cls]):
            text = f"{name} is a deferred column: a query loads it when it is read"
            self.draft.obstacle(view, node, text, "load it with the others, or select it by itself")

    def align(self, view: View, node: ast.expr, schema: Kinds, statement: ast.stmt) -> None:
        """Follows a value and the model that reads it down to mapped objects."""
        value = (view.path, span_of(node), schema, span_of(statement), self.is_sent)
        self.filled.once(value, lambda: self._follow(view, node, schema, statement))

    def _follow(self, view: View, node: ast.expr, schema: Kinds, statement: ast.stmt) -> None:
        kinds = view.kinds(node)
        if isinstance(node, ast.Await):
            node = node.value
        query = query_of_page(view, node) if isinstance(node, ast.Call) else None
        if query is not None:
            self._page(view, query, schema, statement)
            return
        if self.filled.follow_argument(view, node, lambda v, n, s: self.align(v, n, schema, s)):
            return
        inner = parts_of(node)
        if inner is not None:
            for part in inner:
                self.align(view, part, schema, statement)
            return
        if (entries := entries_of(view, node)) is not None:
            self._entries(view, entries, schema, statement)
            return
        if isinstance(node, ast.Call) and any(isinstance(k, Cls) for k in view.callees(node)):
            made = [Obj(k.key, args=k.args) for k in view.callees(node) if isinstance(k, Cls)]
            sent = {k.key: k for k in schema if isinstance(k, Obj)}  # `Page(..)` is sent as `Page[PostOut]`
            fields = all_fields(
                self.schemas.inference, frozenset(k if k.args else sent.get(k.key, k) for k in made)
            )
            is_sent = self.is_sent
            if all(k.args or not getattr(sent.get(k.key), "args", ()) for k in made):
                self.is_sent, statement = False, view.file.statement(node)  # it reads them when it is made
            for keyword in node.keywords:
                if keyword.arg in fields:
                    self.align(view, keyword.value, fields[keyword.arg], statement)
            self.is_sent = is_sent
            return
        if isinstance(node, ast.Call) and (pages := self._pages(view, node, schema)):
            for other, value, given in pages:
                self.align(other, value, schema, given)
            return
        if any(wraps(kind, self.relationships.mapped.classes) for kind in kinds):
            for other, value, given in self.filled.of(view, node, (schema, self.is_sent)):
                self.align(other, value, schema, given)
            self._entries(view, self.filled.stored(view, node), schema, statement)
        self._need(view, node, kinds, schema, statement)
        if not kinds or any(isinstance(kind, Unknown) for kind in kinds) or hides(kinds):
            self._suspect(view, node, schema)

    def _entries(
        self,
        view: View,
        entries: Iterable[tuple[str | None, ast.expr]],
        schema: Kinds,
        statement: ast.stmt,
    ) -> None:
        fields = all_fields(self.schemas.inference, schema)
        values = union([kind.args[1] for kind in schema if isinstance(kind, Inst) and len(kind.args) > 1])
        for key, value in entries:
            if key in fields:
                self.align(view, value, fields[str(key)], statement)
            elif key is not None and values:  # `dict[str, PostOut]`
                self.align(view, value, values, statement)
            elif key is None:
                for name, other, given, at in self.filled.unpacked(view, value):
                    if name in fields:
                        self.align(other, given, fields[name], at)

    def _page(self, view: View, query: ast.expr, schema: Kinds, statement: ast.stmt) -> None:
        """The library hands each object of the query to the model of the page."""
        kinds = view.kinds(query)
        self._need(view, query, kinds, schema, statement)
        if not self.objects(kinds):
            self._suspect(view, query, schema)

    def _need(self, view: View, node: ast.expr, kinds: Kinds, schema: Kinds, statement: ast.stmt) -> None:
        made = self.just_made.paths(view, node, self.objects(kinds), schema, statement)
        for cls, path in (*self.schemas.paths(kinds, schema), *made):
            self.loading.need(Need(view, node, statement, cls, path, self.is_sent))
        for cls in sorted(self.objects(kinds)):
            for each, names in self.schemas.columns(schema, cls):
                self.check_columns(view, node, each, names)
                for read in sorted(n for n in names if self.derived.with_relationship(each, n)):
                    text = f"a model reads {read} of derived classes, which no query for their base loads"
                    self.draft.obstacle(view, node, text, "ask for each of the classes")
            if name := self.schemas.endless(schema, cls):
                text = f"the model that is sent reads {name} of {name}, to any depth"
                self.draft.obstacle(view, node, text, "send a model that ends, or build the tree by hand")

    def _pages(self, view: View, call: ast.Call, schema: Kinds) -> list[tuple[View, ast.expr, ast.stmt]]:
        """What a function gives that gives nothing but pages: `return Notes(db).page()`."""
        found = list(self.filled.of(view, call, (schema, self.is_sent)))
        calls = [(other, value.value if isinstance(value, ast.Await) else value) for other, value, _ in found]
        return found if all(isinstance(v, ast.Call) and paginates(o, v) for o, v in calls) else []

    def objects(self, kinds: Kinds, depth: int = _DEPTH) -> set[Key]:
        """The mapped classes of what a value is, or holds."""
        found = {k.key for k in kinds if isinstance(k, Obj)} & self.relationships.mapped.classes
        for kind in kinds:
            if isinstance(kind, Inst) and depth:
                found |= {key for inner in kind.args for key in self.objects(inner, depth - 1)}
        return found

    def _suspect(self, view: View, node: ast.expr, schema: Kinds) -> None:
        """Nobody knows what is returned, and the model would read relationships if it were what it looks
        like."""
        member = view.member(node) if isinstance(node, ast.Call) else None
        if member is not None and member.attr == "run_sync" and member.owner in SESSIONS:
            return  # whoever moved the body there has seen to what it gives
        if fails(view, node) or is_empty(view, node):
            return
        for cls in sorted(self.relationships.mapped.classes):
            paths = list(self.schemas.reads(schema, cls))
            if paths and self.schemas.fits(schema, cls):
                name = view.program.scope(cls).name
                rel = paths[0][0].name
                text = f"what is sent cannot be told; if it is of {name}, its {rel} is loaded when it is read"
                self.draft.obstacle(view, node, text, "annotate what the function returns")
                return
