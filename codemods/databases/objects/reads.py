"""Which relationships of mapped objects are read, by response models, schemas and the functions themselves.

return posts    # PostOut has an owner: Post.owner is read
post.owner.name # and so it is here
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from ...analysis.link.kinds import Cls, Inst, Kinds, Obj, Unknown
from ...analysis.link.program import Key
from ...analysis.link.responses import all_fields
from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ..draft import Draft
from ..listening import listens
from ..queries.pagination import paginates, query_of_page
from ..words import SESSIONS
from .by_text import check_getters, reads_by_text, replaced_by_text
from .derived import Derived
from .displayed import Displayed
from .filled import Filled
from .just_made import JustMade
from .lambdas import is_run, key_function
from .loading import Loading
from .needs import VALIDATORS, Need
from .partial import deferred_columns
from .relationships import Path, Relationships
from .schemas import Schemas
from .values import entries_of, fails, hides, parts_of, wraps
from .wholes import Wholes

_DEPTH = 3


class Reads:
    def __init__(
        self, views: Views, relationships: Relationships, loading: Loading, draft: Draft, *, old: bool
    ) -> None:
        self.views = views
        self.draft = draft
        self.relationships = relationships
        self.loading = loading
        self.schemas = Schemas(views, relationships, old=old)
        self.readers = self.schemas.readers
        self.derived = Derived(views, relationships, draft)
        self.displayed = Displayed(views)
        self.filled = Filled(views, loading.arguments)
        self.wholes = Wholes(views, loading.arguments)
        self.just_made = JustMade(relationships, self.schemas, loading.origins, draft)
        self._is_sent = False
        """Models read what is followed when the functions that give it are done."""

    @cached_property
    def _deferred(self) -> Mapping[Key, frozenset[str]]:
        return {cls: deferred_columns(self.views, cls) for cls in self.relationships.mapped.classes}

    @cached_property
    def _telling(self) -> frozenset[str]:
        """Attributes that load something; most files have neither one nor a schema that is filled."""
        return self.relationships.names.union(
            self.readers.names, self.derived.names, VALIDATORS, *self._deferred.values()
        )

    @cached_property
    def _reading(self) -> re.Pattern[str]:
        return re.compile(rf"\.\s*(?:{'|'.join(sorted(self._telling))})\b")

    def responses(self, routes: Iterable[Key]) -> None:
        """What response models read from the objects that routes return."""
        self._is_sent = True
        for route in sorted(routes):
            view = self.views.of(route.path)
            function = view.file.function(view.program.scope(route).span)
            schemas = self.schemas.inference.responses.models(route)
            for node in walk(function) if function is not None else ():
                if not isinstance(node, ast.Return) or node.value is None or view.owner(node) != route:
                    continue
                for schema in schemas:
                    if schema:
                        self._align(view, node.value, schema, node)
                    else:
                        self._whole(view, node.value, route)
        self._is_sent = False

    def _whole(self, view: View, node: ast.expr, sender: Key) -> None:
        """Without a response model, all that is loaded of an object is sent; a SQLModel sends its columns."""
        is_a = self.views.inference.classes.is_a
        for other, part in self.wholes.parts(view, node):
            classes = self._objects(other.kinds(part))
            plain = frozenset(cls for cls in classes if not is_a(cls, "sqlmodel.SQLModel"))
            if plain:
                self.loading.shown.add(other, part, plain, sender)
            self.derived.sent(plain)

    def code(self, path: str) -> None:
        """Relationships that the functions of a file read, and schemas that they fill from objects."""
        view = self.views.of(path)
        for pattern in view.file.of_kind(ast.MatchClass) if view.file.mentions("match") else ():
            self._matched(view, pattern)
        replaced = replaced_by_text(view, self.relationships)
        for node, cls, found in (*reads_by_text(view, self.draft, self.relationships), *replaced):
            self.loading.need(Need(view, node, view.file.statement(node), cls, (found,)))
        check_getters(view, self.draft, self.relationships)
        for encoded in self.wholes.encoded(view):
            self._whole(view, encoded, view.owner(encoded))
        if not self._reading.search(view.file.text):
            return
        for node in view.file.of_kind(ast.Attribute, ast.Call):
            if isinstance(node, ast.Attribute) and node.attr not in self._telling:
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                self._attribute(view, node)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                self._replaced(view, node)
            elif isinstance(node, ast.Call) and (key := key_function(node)) is not None:
                self._of_lambda(view, *key)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in VALIDATORS
            ):
                classes = view.classes_named(node.func.value)
                if classes and node.args:
                    self._align(
                        view, node.args[0], frozenset(Obj(key) for key in classes), view.file.statement(node)
                    )

    def _attribute(self, view: View, node: ast.Attribute) -> None:
        if self.readers.is_told(view, node) or listens(view, node):
            return
        for kind in view.kinds(node.value):
            if isinstance(kind, Obj) and kind.key in self.relationships.mapped.classes:
                self._check_columns(view, node, kind.key, {node.attr})
                for read in self.readers.paths(kind.key, node.attr) if is_run(view, node) else ():
                    self.loading.need(Need(view, node.value, view.file.statement(node), kind.key, read))
                found = self.relationships.lazy(kind.key, node.attr)
                found = found or self.just_made.read(view, node.value, kind.key, node.attr)
                if found is not None and is_run(view, node):
                    if not found.is_query and self.displayed.is_nowhere(view, node):
                        name = view.program.scope(kind.key).name
                        text = f"{name}.__repr__ reads {node.attr}, and raises where that is not loaded"
                        self.draft.note(view, view.function(node) or node, text)
                        continue
                    if found.is_query:
                        text = f"{node.attr} is a lazy={found.lazy!r} relationship, a legacy query by itself"
                        self.draft.obstacle(view, node, text)
                        continue
                    path: Path = (found,)
                    above = view.file.parents[node]
                    if isinstance(above, ast.Attribute) and found.target is not None:
                        behind = self.relationships.lazy(found.target, above.attr, found.owner)
                        path = (found, behind) if behind is not None else path
                    self.loading.need(Need(view, node.value, view.file.statement(node), kind.key, path))

    def _matched(self, view: View, pattern: ast.MatchClass) -> None:
        """`case Note(owner=User(name=name)):`"""
        for cls in view.classes_named(pattern.cls):
            for name in pattern.kwd_attrs if cls in self.relationships.mapped.classes else ():
                if self.relationships.lazy(cls, name) is not None:
                    text = f"the relationship {name} is loaded when a pattern reads it"
                    self.draft.obstacle(view, pattern, text, "compare the attribute itself")

    def _replaced(self, view: View, node: ast.Attribute) -> None:
        """`user.notes = [..]` compares with the notes that there were."""
        for kind in view.kinds(node.value) if view.function(node) is not None else ():
            found = self.relationships.lazy(kind.key, node.attr) if isinstance(kind, Obj) else None
            if isinstance(kind, Obj) and found is not None and not self.relationships.is_to_one(found):
                self.loading.need(Need(view, node.value, view.file.statement(node), kind.key, (found,)))

    def _of_lambda(self, view: View, function: ast.Lambda, source: ast.expr) -> None:
        """`sorted(notes, key=lambda note: note.owner.name)`: read of each that the source gives."""
        name = function.args.args[0].arg if function.args.args else ""
        for cls in sorted(self._objects(view.kinds(source))):
            for path in dict.fromkeys(self.readers.of_name(cls, view, function.body, name)):
                self.loading.need(Need(view, source, view.file.statement(source), cls, path))

    def _check_columns(self, view: View, node: ast.AST, cls: Key, names: set[str]) -> None:
        self.derived.read(view, node, cls, names)
        for name in sorted(names & self._deferred[cls]):
            text = f"{name} is a deferred column: a query loads it when it is read"
            self.draft.obstacle(view, node, text, "load it with the others, or select it by itself")

    def _align(self, view: View, node: ast.expr, schema: Kinds, statement: ast.stmt) -> None:
        """Follows a value and the model that reads it down to mapped objects."""
        value = (view.path, span_of(node), schema, span_of(statement), self._is_sent)
        self.filled.once(value, lambda: self._follow(view, node, schema, statement))

    def _follow(self, view: View, node: ast.expr, schema: Kinds, statement: ast.stmt) -> None:
        kinds = view.kinds(node)
        if isinstance(node, ast.Await):
            node = node.value
        query = query_of_page(view, node) if isinstance(node, ast.Call) else None
        if query is not None:
            self._page(view, query, schema, statement)
            return
        if self.filled.follow_argument(view, node, lambda v, n, s: self._align(v, n, schema, s)):
            return
        inner = parts_of(node)
        if inner is not None:
            for part in inner:
                self._align(view, part, schema, statement)
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
            is_sent = self._is_sent
            if all(k.args or not getattr(sent.get(k.key), "args", ()) for k in made):
                self._is_sent, statement = False, view.file.statement(node)  # it reads them when it is made
            for keyword in node.keywords:
                if keyword.arg in fields:
                    self._align(view, keyword.value, fields[keyword.arg], statement)
            self._is_sent = is_sent
            return
        if isinstance(node, ast.Call) and (pages := self._pages(view, node, schema)):
            for other, value, given in pages:
                self._align(other, value, schema, given)
            return
        if any(wraps(kind, self.relationships.mapped.classes) for kind in kinds):
            for other, value, given in self.filled.of(view, node, (schema, self._is_sent)):
                self._align(other, value, schema, given)
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
        for key, value in entries:
            if key in fields:
                self._align(view, value, fields[str(key)], statement)
            elif key is None:
                for name, other, given, at in self.filled.unpacked(view, value):
                    if name in fields:
                        self._align(other, given, fields[name], at)

    def _page(self, view: View, query: ast.expr, schema: Kinds, statement: ast.stmt) -> None:
        """The library hands each object of the query to the model of the page."""
        kinds = view.kinds(query)
        self._need(view, query, kinds, schema, statement)
        if not self._objects(kinds):
            self._suspect(view, query, schema)

    def _need(self, view: View, node: ast.expr, kinds: Kinds, schema: Kinds, statement: ast.stmt) -> None:
        made = self.just_made.paths(view, node, kinds, schema, statement)
        for cls, path in (*self.schemas.paths(kinds, schema), *made):
            self.loading.need(Need(view, node, statement, cls, path, self._is_sent))
        for cls in sorted(self._objects(kinds)):
            for each, names in self.schemas.columns(schema, cls):
                self._check_columns(view, node, each, names)
            if name := self.schemas.endless(schema, cls):
                text = f"the model that is sent reads {name} of {name}, to any depth"
                self.draft.obstacle(view, node, text, "send a model that ends, or build the tree by hand")

    def _pages(self, view: View, call: ast.Call, schema: Kinds) -> list[tuple[View, ast.expr, ast.stmt]]:
        """What a function gives that gives nothing but pages: `return Notes(db).page()`."""
        found = list(self.filled.of(view, call, (schema, self._is_sent)))
        calls = [(other, value.value if isinstance(value, ast.Await) else value) for other, value, _ in found]
        return found if all(isinstance(v, ast.Call) and paginates(o, v) for o, v in calls) else []

    def _objects(self, kinds: Kinds, depth: int = _DEPTH) -> set[Key]:
        """The mapped classes of what a value is, or holds."""
        found = {k.key for k in kinds if isinstance(k, Obj)} & self.relationships.mapped.classes
        for kind in kinds:
            if isinstance(kind, Inst) and depth:
                found |= {key for inner in kind.args for key in self._objects(inner, depth - 1)}
        return found

    def _suspect(self, view: View, node: ast.expr, schema: Kinds) -> None:
        """Nobody knows what is returned, and the model would read relationships if it were what it looks
        like."""
        member = view.member(node) if isinstance(node, ast.Call) else None
        if member is not None and member.attr == "run_sync" and member.owner in SESSIONS:
            return  # whoever moved the body there has seen to what it gives
        if fails(view, node):
            return
        for cls in sorted(self.relationships.mapped.classes):
            paths = list(self.schemas.reads(schema, cls))
            if paths and self.schemas.fits(schema, cls):
                name = view.program.scope(cls).name
                rel = paths[0][0].name
                text = f"what is sent cannot be told; if it is of {name}, its {rel} is loaded when it is read"
                self.draft.obstacle(view, node, text, "annotate what the function returns")
                return
