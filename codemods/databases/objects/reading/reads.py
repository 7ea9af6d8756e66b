"""Which relationships of mapped objects are read, by response models, schemas and the functions themselves.

return posts    # PostOut has an owner: Post.owner is read
post.owner.name # and so it is here
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cached_property

from ....analysis.link.kinds import Kinds, Obj
from ....analysis.link.libraries import adapted
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import last_name
from ....analysis.view import View
from ...listening import listens
from ..loading.needs import VALIDATORS, Need
from ..mapped.displayed import Displayed
from ..mapped.relationships import Path
from ..values.wholes import Wholes
from .by_format import reads_by_format
from .by_library import reads_by_library
from .by_text import check_getters, columns_by_text, reads_by_text, replaced_by_text, texts_of_getter
from .followed import Followed
from .lambdas import is_run, key_of

_WITHOUT_DOT = ("attrgetter", "parse_obj_as")
"""Functions that read without an attribute or a method that says so."""


class Reads:
    def __init__(self, followed: Followed) -> None:
        self.followed = followed
        self.views = followed.views
        self.draft = followed.draft
        self.relationships = followed.relationships
        self.loading = followed.loading
        self.derived = followed.derived
        self.readers = followed.schemas.readers
        self.displayed = Displayed(self.views)
        self.wholes = Wholes(self.views, self.loading.arguments)

    @cached_property
    def _telling(self) -> frozenset[str]:
        """Attributes that load something; most files have neither one nor a schema that is filled."""
        return self.relationships.names.union(
            self.readers.names,
            self.followed.just_made.names,
            self.derived.names,
            VALIDATORS,
            *self.followed.deferred.values(),
        )

    @cached_property
    def _reading(self) -> re.Pattern[str]:
        return re.compile(rf"\.\s*(?:{'|'.join(sorted(self._telling))})\b")

    def responses(self, routes: Iterable[Key]) -> None:
        """What response models read from the objects that routes return."""
        self.followed.is_sent = True
        for route in sorted(routes):
            view = self.views.of(route.path)
            function = view.file.function(view.program.scope(route).span)
            schemas = self.views.inference.responses.models(route)
            for node in walk(function) if function is not None else ():
                if not isinstance(node, ast.Return) or node.value is None or view.owner(node) != route:
                    continue
                for schema in schemas:
                    if schema:
                        self.followed.align(view, node.value, schema, node)
                    else:
                        self._whole(view, node.value, route)
        self.followed.is_sent = False

    def _whole(self, view: View, node: ast.expr, sender: Key) -> None:
        """Without a response model, all that is loaded of an object is sent; a SQLModel sends its columns."""
        is_a = self.views.inference.classes.is_a
        for other, part in self.wholes.parts(view, node):
            classes = self.followed.objects(other.kinds(part)) | self._below(other.kinds(part))
            plain = frozenset(cls for cls in classes if not is_a(cls, "sqlmodel.SQLModel"))
            if plain:
                self.loading.shown.add(other, part, plain, sender)
            self.derived.sent(plain)

    def _below(self, kinds: Kinds) -> frozenset[Key]:
        """All rows of the project's tables, for a value of which nothing but their base is known."""
        below = self.views.inference.classes.subclasses
        bases = [kind.key for kind in kinds if isinstance(kind, Obj) and not kind.is_exact]
        return self.relationships.mapped.classes & {cls for base in bases for cls in below.get(base, ())}

    def code(self, path: str) -> None:
        """Relationships that the functions of a file read, and schemas that they fill from objects."""
        view = self.views.of(path)
        for pattern in view.file.of_kind(ast.MatchClass) if view.file.mentions("match") else ():
            self._matched(view, pattern)
        for need in (
            *reads_by_text(view, self.draft, self.relationships),
            *replaced_by_text(view, self.relationships),
            *reads_by_format(view, self.relationships),
            *reads_by_library(view, self.relationships),
        ):
            self.loading.need(need)
        for call, cls, names in columns_by_text(view, self.relationships):
            columns = self.followed.deferred[cls]  # of `for column in Note.__table__.columns`
            told = self._telling if names is None else names or columns
            self.followed.check_columns(view, call, cls, told)
        check_getters(view, self.draft, self.relationships)
        for encoded in self.wholes.encoded(view):
            self._whole(view, encoded, view.owner(encoded))
        if not (self._reading.search(view.file.text) or any(map(view.file.mentions, _WITHOUT_DOT))):
            return
        for node in view.file.of_kind(ast.Attribute, ast.Call):
            if isinstance(node, ast.Attribute) and node.attr not in self._telling:
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                self._attribute(view, node)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                self._replaced(view, node)
            elif isinstance(node, ast.Call) and (key := key_of(node)) is not None:
                self._of_key(view, *key)
            elif isinstance(node, ast.Call) and last_name(node.func) in VALIDATORS:
                self._validated(view, node)

    def _validated(self, view: View, call: ast.Call) -> None:
        """`Out.model_validate(note)`, `TypeAdapter(list[Out]).validate_python(notes)`"""
        classes = view.classes_named(call.func.value) if isinstance(call.func, ast.Attribute) else ()
        schema: Kinds = frozenset(Obj(key) for key in classes)
        key = view.call_key(call)
        if not schema and key is not None:
            schema = adapted.validated(view.inference, view.key(call), view.program.call(key))
        given = call.args[1:] if last_name(call.func) == "parse_obj_as" else call.args
        if schema and given:
            self.followed.align(view, given[0], schema, view.file.statement(call))

    def _attribute(self, view: View, node: ast.Attribute) -> None:
        if listens(view, node):
            return
        is_told = self.readers.is_told(view, node)
        for kind in view.kinds(node.value):
            if not isinstance(kind, Obj) or kind.key not in self.relationships.mapped.classes:
                continue
            if is_told:  # of relationships; what a property reads of columns is not
                self.followed.check_deferred(view, node, kind.key, {node.attr})
            else:
                self.followed.check_columns(view, node, kind.key, {node.attr})
                # `if isinstance(self.user, Manager): self.user.reports`
                for cls in self.derived.with_relationship(kind.key, node.attr) or [kind.key]:
                    self._attribute_of(view, node, cls)

    def _attribute_of(self, view: View, node: ast.Attribute, cls: Key) -> None:
        if not is_run(view, node):
            return
        for read in self.readers.paths(cls, node.attr):
            self.loading.need(Need(view, node.value, view.file.statement(node), cls, read))
        for step in self.followed.just_made.behind(view, node.value, cls, node.attr):
            self.loading.need(Need(view, node.value, view.file.statement(node), cls, (step,)))
        found = self.relationships.lazy(cls, node.attr)
        found = found or self.followed.just_made.read(view, node.value, cls, node.attr)
        if found is None:
            return
        if not found.is_query and self.displayed.is_nowhere(view, node):
            name = view.program.scope(cls).name
            text = f"{name}.__repr__ reads {node.attr}, and raises where that is not loaded"
            self.draft.note(view, view.function(node) or node, text)
            return
        if found.is_query:
            text = f"{node.attr} is a lazy={found.lazy!r} relationship, a legacy query by itself"
            self.draft.obstacle(view, node, text)
            return
        path: Path = (found,)
        above = view.file.parents[node]
        if isinstance(above, ast.Attribute) and found.target is not None:
            behind = self.relationships.lazy(found.target, above.attr, found.owner)
            path = (found, behind) if behind is not None else path
        self.loading.need(Need(view, node.value, view.file.statement(node), cls, path))

    def _matched(self, view: View, pattern: ast.MatchClass) -> None:
        """`case Note(owner=User(name=name)):`"""
        for cls in view.classes_named(pattern.cls):
            for name in pattern.kwd_attrs if cls in self.relationships.mapped.classes else ():
                if self.relationships.lazy(cls, name) is not None:
                    text = f"the relationship {name} is loaded when a pattern reads it"
                    self.draft.obstacle(view, pattern, text, "compare the attribute itself")

    def _replaced(self, view: View, node: ast.Attribute) -> None:
        """`user.notes = [..]` compares with the notes that there were, and `user.titles = [..]` of an
        `association_proxy` with theirs."""
        kinds = view.kinds(node.value) if view.function(node) is not None else ()
        for cls in [kind.key for kind in kinds if isinstance(kind, Obj)]:
            found = self.relationships.lazy(cls, node.attr)
            paths: list[Path] = (
                [(found,)] if found is not None and not self.relationships.is_to_one(found) else []
            )
            if self.readers.property_of(cls, node.attr) is None:
                paths += self.readers.paths(cls, node.attr)
            for path in paths:
                self.loading.need(Need(view, node.value, view.file.statement(node), cls, path))

    def _of_key(self, view: View, function: ast.expr, source: ast.expr) -> None:
        """`sorted(notes, key=lambda note: note.owner.name)`: read of each that the source gives."""
        is_lambda = isinstance(function, ast.Lambda) and function.args.args
        texts = texts_of_getter(view, function)
        for cls in sorted(self.followed.objects(view.kinds(source))) if is_lambda or texts else ():
            paths = [path for text in texts for path in self.readers.of_text(cls, text)]
            if isinstance(function, ast.Lambda) and is_lambda:
                paths += self.readers.of_name(cls, view, function.body, function.args.args[0].arg)
            for path in dict.fromkeys(paths):
                self.loading.need(Need(view, source, view.file.statement(source), cls, path))
