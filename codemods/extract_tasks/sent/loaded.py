"""Objects of a database, one or a list of them, as their primary keys: with what a task loads them again."""

from __future__ import annotations

import ast
from collections.abc import Collection

import msgspec

from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.kinds import Obj
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.presence import is_present
from ...analysis.syntax import FunctionNode, Syntax, span_of
from ...analysis.view import Views
from ...model import Code, ImportNeed, Span
from .importable import Importable
from .models import Models
from .opened import Opened, Openers
from .related import Related, Relationships
from .type_texts import TypeTexts

SELECT = ImportNeed("sqlalchemy", "select")


class Loader(msgspec.Struct, frozen=True):
    cls: Key
    model: ImportNeed
    key: str
    """The attribute with the primary key."""
    key_type: Code
    opened: Opened
    is_list: bool = False


class Loaded(msgspec.Struct, frozen=True):
    """What a task loads again, and the parameter with which it does."""

    name: str
    """Of the object, or the list, in the task."""
    loader: Loader

    own_parameter: str = ""
    related: tuple[Related, ...] = ()
    """What is loaded with it."""

    @property
    def parameter(self) -> str:
        """`user_id` for `user`, `order_ids` for `orders`, unless it has one of its own."""
        is_list = self.loader.is_list
        usual = f"{singular(self.name) if is_list else self.name}_{self.loader.key}{'s' * is_list}"
        return self.own_parameter or usual

    @property
    def needs(self) -> tuple[ImportNeed, ...]:
        loader, opened = self.loader, self.loader.opened
        asked = (SELECT,) if loader.is_list and opened.is_async else ()
        related = (need for each in self.related for need in each.option.needs)
        return (loader.model, *opened.needs, *asked, *related)

    @property
    def annotation(self) -> Code:
        key = self.loader.key_type
        return Code(f"list[{key.text}]", key.needs) if self.loader.is_list else key

    def argument(self, text: str, taken: Collection[str]) -> str:
        """What stands for it in the call that queues the task; `taken` are names in the function."""
        if not self.loader.is_list:
            return f"{text}.{self.loader.key}"
        one = singular(self.name)
        one = one if one not in (*taken, self.name) else "each"
        return f"[{one}.{self.loader.key} for {one} in {text}]"


def singular(name: str) -> str:
    """`order` for `orders`, `entry` for `entries`; a name that is no plural stays."""
    for end, instead in (("ies", "y"), ("sses", "ss"), ("ss", "ss"), ("xes", "x"), ("ches", "ch"), ("s", "")):
        if name.endswith(end) and len(name) > len(end) + 1:
            return name.removesuffix(end) + instead
    return name


class Loaders:
    def __init__(
        self, reach: Reach, syntax: Syntax, models: Models, openers: Openers, importable: Importable
    ) -> None:
        self.inference = reach.effects.inference
        self.models = models
        self.openers = openers
        self.importable = importable
        self.types = TypeTexts(self.inference, syntax, importable, models)
        self.views = Views(self.inference, syntax)
        self.relationships = Relationships(self.inference, models, importable)

    def of(self, cls: Key, opened: Opened | None = None) -> Loader | None:
        model = self.importable.of_class(cls)
        keys = list(self.models.primary_keys(cls))
        opened = opened or self.openers.only
        key_type = self.types.of_attribute(Obj(cls), keys[0]) if len(keys) == 1 else None
        if model is None or key_type is None or opened is None:
            return None
        return Loader(cls, model, keys[0], key_type, opened)

    def related(self, loader: Loader, attributes: frozenset[str] | None) -> tuple[Related, ...] | None:
        """What a task loads with it so that these can be read, or None for whatever; None where it cannot."""
        if not loader.opened.is_async:
            return ()  # it may load more as long as its session is open
        return self.relationships.read(loader.cls, attributes) if attributes is not None else None

    def is_present(self, function: Key, node: FunctionNode, name: str, place: Span) -> bool:
        """Does the name surely hold an object, and not None, where it stands?"""
        view = self.views.of(function.path)
        named = next((n for n in walk(node) if isinstance(n, ast.Name) and span_of(n) == place), None)
        return named is not None and is_present(self.views, view, node, view.file.statement(named), name)
