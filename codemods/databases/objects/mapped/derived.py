"""Columns that derived classes add to those of their base: a query for the base leaves them out, and they are
loaded when they are read. They come along from now on.

    __mapper_args__ = {"polymorphic_identity": "engineer"}
->  __mapper_args__ = {"polymorphic_identity": "engineer", "polymorphic_load": "selectin"}

https://docs.sqlalchemy.org/en/20/orm/queryguide/inheritance.html#configuring-selectin-polymorphic-on-mappers
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cached_property

from ....analysis.index.bindings import How
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly
from ....analysis.syntax import last_name, span_of
from ....analysis.view import View, Views
from ....model import ReplaceExpression, Span
from ...draft import Draft
from ...words import SELECTS, SESSIONS
from .relationships import Relationships

_ARGS = "__mapper_args__"
_ASKING = frozenset({"query", "get", "get_one"})


class Derived:
    def __init__(self, views: Views, relationships: Relationships, draft: Draft) -> None:
        self.views = views
        self.relationships = relationships
        self.program = views.inference.program
        self.draft = draft
        self._read: dict[Key, tuple[View, ast.AST]] = {}
        """Classes of which own columns are read, each with a place of that."""
        self._sent: set[Key] = set()

    @cached_property
    def names(self) -> frozenset[str]:
        """All such columns of the program."""
        return frozenset(name for names in self._own.values() for name in names)

    @cached_property
    def _own(self) -> Mapping[Key, frozenset[str]]:
        """Of each class that is derived from another one with a table and is not loaded with it yet."""
        found: dict[Key, frozenset[str]] = {}
        for cls in self.relationships.mapped.classes if self.views.mention("polymorphic_on") else ():
            said = self._said(cls)
            above = self._bases(cls)
            if above and not ({"polymorphic_load", "concrete"} & said) and not self._is_loaded_by(above):
                found[cls] = self._columns(cls)
        return found

    def read(self, view: View, node: ast.AST, cls: Key, names: Iterable[str]) -> None:
        """Attributes of an object of the class, or of one that is derived from it, are read at `node`."""
        function = view.function(node)
        if function is not None and function.name.startswith("__"):
            return
        for each in (cls, *self.views.inference.classes.subclasses.get(cls, ())):
            if each in self._own and not self._own[each].isdisjoint(names):
                self._read.setdefault(each, (view, node))

    def with_relationship(self, cls: Key, name: str) -> list[Key]:
        """The classes derived from one that has no such attribute, which have a relationship of this name."""
        classes = self.views.inference.classes
        own = (step for step in classes.mro(cls) if isinstance(step, Key))
        if any(name in self.program.modules[step.path].names[step.scope] for step in own):
            return []
        found = [each for each in classes.subclasses.get(cls, ()) if name in self.relationships.of(each)]
        return sorted(found) if name not in self.relationships.of(cls) else []

    def sent(self, classes: Iterable[Key]) -> None:
        """All that is loaded of an object of them is sent."""
        self._sent.update(classes)

    def finish(self) -> None:
        for cls, (view, node) in sorted(self._read.items(), key=lambda item: item[0]):
            if self._asked.isdisjoint(self._bases(cls)):
                continue
            name = self.program.scope(cls).name
            made = self._args(cls)
            family = {cls, *self._bases(cls)}
            if made is None or not made.keys or not self._sent.isdisjoint(family):
                text = f"columns of {name} alone are loaded when they are read of what its base was asked for"
                self.draft.obstacle(view, node, text, 'give its mapper "polymorphic_load": "selectin"')
                continue
            home = self.views.of(cls.path)
            has_table = any(
                b.name in ("__tablename__", "__table__") for b in self.program.scope(cls).bindings
            )
            way = "selectin" if has_table else "inline"
            text = home.spliced(span_of(made), [_behind(made, f'"polymorphic_load": "{way}"')])
            margin = "\n" + " " * home.file.statement(made).col_offset
            code = self.draft.code(text.replace(margin, "\n"))
            self.draft.edit(home, ReplaceExpression(span_of(made), code))
            text = f"every query for a base of {name} loads the columns of {name} as well"
            self.draft.note(home, made, text)

    @cached_property
    def _asked(self) -> frozenset[Key]:
        """Classes whose objects queries or relationships give."""
        classes = self.relationships.mapped.classes
        found = {step.target for cls in classes for step in self.relationships.of(cls).values()}
        for path in sorted(self.program.modules):
            view = self.views.of(path)
            for call in view.file.of_kind(ast.Call):
                if view.external(call.func) in SELECTS or _asks(view, call):
                    # `with_polymorphic` says itself what it loads
                    found.update(c for a in call.args for c in view.classes_named(a) if self._is_called(c, a))
        return frozenset(cls for cls in found if cls is not None)

    def _is_called(self, cls: Key, node: ast.expr) -> bool:
        return last_name(node) == self.program.scope(cls).name

    def _bases(self, cls: Key) -> list[Key]:
        mapped = [step for step in self.views.inference.classes.mro(cls) if isinstance(step, Key)][1:]
        return [
            step for step in mapped if step in self.relationships.mapped.classes and self._has_table(step)
        ]

    def _has_table(self, cls: Key) -> bool:
        return bool(self._said(cls)) or any(
            b.name in ("__tablename__", "__table__") for b in self.program.scope(cls).bindings
        )

    def _is_loaded_by(self, bases: list[Key]) -> bool:
        return any("with_polymorphic" in self._said(base) for base in bases)

    def _args(self, cls: Key) -> ast.Dict | None:
        node = self.views.of(cls.path).file.class_(self.program.scope(cls).span)
        for statement in node.body if node is not None else ():
            for target, value in bound_plainly(statement):
                if isinstance(target, ast.Name) and target.id == _ARGS:
                    return value if isinstance(value, ast.Dict) else None
        return None

    def _said(self, cls: Key) -> set[str]:
        """What a class says to its mapper."""
        made = self._args(cls)
        return {str(getattr(key, "value", "")) for key in made.keys} if made is not None else set()

    def _columns(self, cls: Key) -> frozenset[str]:
        """Those that no base with a table has."""
        own: set[str] = set()
        inherited = set(self.relationships.of(cls))
        is_above = False
        for step in self.views.inference.classes.mro(cls):
            is_above = is_above or step in self._bases(cls)
            for binding in self.program.scope(step).bindings if isinstance(step, Key) else ():
                if binding.how in (How.ASSIGN, How.ANNOTATION):
                    (inherited if is_above else own).add(binding.name)
        return frozenset(name for name in own - inherited if not name.startswith("__"))


def _asks(view: View, call: ast.Call) -> bool:
    func = call.func
    return isinstance(func, ast.Attribute) and func.attr in _ASKING and view.instance(func.value) in SESSIONS


def _behind(made: ast.Dict, text: str) -> tuple[Span, str]:
    """Where the last item ends, and what is put there: on a line of its own where that has one."""
    last, first = made.values[-1], made.keys[-1]
    end = span_of(last)
    has_line = first is not None and first.lineno > made.lineno
    margin = "\n" + " " * first.col_offset if first is not None and has_line else " "
    return Span(end.end_line, end.end_col, end.end_line, end.end_col), f",{margin}{text}"
