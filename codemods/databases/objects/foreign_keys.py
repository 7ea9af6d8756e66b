"""Which mapped classes hold the keys of which others."""

from __future__ import annotations

from ...analysis.index.expr import Const
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.view import Views
from .said import points


class ForeignKeys:
    def __init__(self, views: Views) -> None:
        self._views = views
        self._program = views.inference.program
        self._tables: dict[Key, frozenset[str]] = {}

    def point(self, owner: Key, target: Key) -> bool:
        """Does the owner hold keys of the table of the target?"""
        scope = self._program.scope(target)
        tables = {scope.name.lower(), f"{scope.name.lower()}s"}
        for binding in scope.bindings:
            if binding.name == "__tablename__" and isinstance(binding.value, Const):
                tables = {binding.value.text}
        steps = self._views.inference.classes.mro(owner)
        return any(not tables.isdisjoint(self._tables_named(step)) for step in steps if isinstance(step, Key))

    def _tables_named(self, cls: Key) -> frozenset[str]:
        """`users` of `Column(ForeignKey("users.id"))`, whatever else its attributes are made of."""
        if cls not in self._tables:
            made = map(self._views.of(cls.path).bound_call, self._program.scope(cls).bindings)
            words = (getattr(node, "value", None) for call in made if call for node in walk(call))
            texts = (word for word in words if isinstance(word, str))
            self._tables[cls] = frozenset(text.rpartition(".")[0].split(".")[-1] for text in texts)
        return self._tables[cls]

    def hold(self, cls: Key, name: str) -> bool:
        """Is it a column that says which object of another class is meant?"""
        for step in self._views.inference.classes.mro(cls):
            names = self._program.modules[step.path].names[step.scope] if isinstance(step, Key) else {}
            for binding in names.get(name, ()):
                call = self._views.of(step.path).bound_call(binding) if isinstance(step, Key) else None
                if call is not None and any(points(node) for node in walk(call)):
                    return True
        return False
