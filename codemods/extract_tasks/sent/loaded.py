"""Objects of a database as their primary keys: with what a task opens a session and loads each again."""

from __future__ import annotations

import ast

import msgspec

from ...analysis.judge.reach import Reach
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.presence import is_present
from ...analysis.syntax import FunctionNode, Syntax, span_of
from ...analysis.view import Views
from ...model import ImportNeed, Span
from .importable import Importable
from .models import Models
from .opened import Opened, Openers


class Loader(msgspec.Struct, frozen=True):
    model: ImportNeed
    key: str
    """The attribute with the primary key."""
    opened: Opened
    columns: frozenset[str] = frozenset()
    """All that is there when the object is: on an async session nothing is loaded later."""

    @property
    def needs(self) -> tuple[ImportNeed, ...]:
        return (self.model, self.opened.maker, *((self.opened.engine,) if self.opened.engine else ()))


class Loaders:
    def __init__(
        self, reach: Reach, syntax: Syntax, models: Models, openers: Openers, importable: Importable
    ) -> None:
        self.inference = reach.effects.inference
        self.models = models
        self.openers = openers
        self.importable = importable
        self.views = Views(self.inference, syntax)

    def of(self, cls: Key) -> Loader | None:
        model = self.importable.of_class(cls)
        keys = list(self.models.primary_keys(cls))
        opened = self.openers.only
        if model is None or len(keys) != 1 or opened is None:
            return None
        return Loader(model, keys[0], opened, self.models.loaded_with(cls))

    def is_present(self, function: Key, node: FunctionNode, name: str, place: Span) -> bool:
        """Does the name surely hold an object, and not None, where it stands?"""
        view = self.views.of(function.path)
        named = next((n for n in walk(node) if isinstance(n, ast.Name) and span_of(n) == place), None)
        return named is not None and is_present(self.views, view, node, view.file.statement(named), name)
