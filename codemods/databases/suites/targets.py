"""What the application hands over where tests hand over a mock: sessions, and objects whose methods turn."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...analysis.index.expr import Name
from ...analysis.judge.callers.patches import meant_by
from ...analysis.link.kinds import Cls, Inst, Kind, Kinds, Mod, Obj, ordered, union
from ...analysis.link.program import Key
from ...analysis.view import View, Views
from ...model import ImportNeed
from ..words import ASYNC_OF, AWAITED, SESSIONS


class Target(NamedTuple):
    """What a mock stands for: a session, an object of a class of the application, or one of its modules."""

    need: ImportNeed
    turned: frozenset[str]
    """Its functions that are coroutine functions from now on."""
    is_session: bool = False
    is_made: bool = False
    """A class is replaced, which makes it."""


class Targets:
    def __init__(self, views: Views, functions: Iterable[Key]) -> None:
        """`functions` are those that turn."""
        self._inference = views.inference
        self._program = views.inference.program
        self._turned: dict[object, set[str]] = defaultdict(set)
        """Class, or module by its name -> those of its own functions that turn."""
        self._homes: set[str] = set()
        """The modules of all of them, and the packages above."""
        for function in functions:
            home = self._program.modules[function.path].facts.module
            cls = self._program.enclosing_class(function)
            self._turned[home if cls is None else cls].add(self._program.scope(function).name)
            while home:
                self._homes.add(home)
                home = home.rpartition(".")[0]

    def of_parameter(self, function: Key, name: str) -> Target | None:
        """By what the application hands over for the parameter."""
        return self._of_kinds(self._inference.kinds(function, Name(name)))

    def of_attribute(self, owners: Kinds, name: str) -> Target | None:
        """By what the application has as this attribute of its own objects."""
        classes = self._inference.classes
        own = [kind.key for kind in owners if isinstance(kind, Obj) and not self._is_of_test(kind.key)]
        return self._of_kinds(union([classes.instance_attribute(cls, name) for cls in own]))

    def _of_kinds(self, kinds: Kinds) -> Target | None:
        found: list[Target] = []
        for kind in ordered(kinds):
            if isinstance(kind, Inst) and kind.name in SESSIONS:
                return Target(ASYNC_OF[kind.name], AWAITED[kind.name], is_session=True)
            of_class = self._of_class(kind.key) if isinstance(kind, Obj) else None
            found += [of_class] if of_class is not None else []
        return found[0] if len(found) == 1 else None

    def of_dependency(self, provider: Kinds) -> Target | None:
        """By what FastAPI injects where nothing overrides it."""
        return self._of_kinds(self._inference.injection.given(provider))

    def of_name(self, dotted: str) -> Target | None:
        """By what a patch replaces."""
        found = [target for kind in meant_by(self._inference, dotted) if (target := self._replaced(kind))]
        return found[0] if len(found) == 1 else None

    def _replaced(self, kind: Kind) -> Target | None:
        if isinstance(kind, Mod) and kind.name in self._homes:
            package, _, name = kind.name.rpartition(".")
            return Target(ImportNeed(package, name), frozenset(self._turned.get(kind.name, ())))
        of_class = self._of_class(kind.key) if isinstance(kind, (Cls, Obj)) else None
        return of_class and of_class._replace(is_made=isinstance(kind, Cls))

    def _is_of_test(self, cls: Key) -> bool:
        return self._program.modules[cls.path].facts.is_test

    def _of_class(self, cls: Key) -> Target | None:
        module = self._program.modules[cls.path]
        if self._is_of_test(cls) or self._program.scope(cls).parent != 0:
            return None
        steps = self._inference.classes.mro(cls)
        turned = {name for step in steps for name in self._turned.get(step, ())}
        need = ImportNeed(module.facts.module, self._program.scope(cls).name)
        return Target(need, frozenset(turned)) if turned else None


def functions_of_application(view: View, call: ast.Call) -> Iterator[Key]:
    """Those that a call of a test runs, and what its classes are made by."""
    classes = view.inference.classes
    made = (classes.method(cls, "__init__") for cls in view.classes_named(call.func))
    for key in (*view.functions_called(call), *made):
        if isinstance(key, Key) and not view.program.modules[key.path].facts.is_test:
            yield key
