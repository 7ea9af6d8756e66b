"""Classes of tests whose objects stand for those of the application: they turn with them.

class FakeUsers:                                  class FakeUsers:
    def get(self, id): return ann         ->          async def get(self, id): return ann

Service(FakeUsers()).name(1)                      await Service(FakeUsers()).name(1)
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator

from ...analysis.handed_over import parameter_taking
from ...analysis.index.expr import Name
from ...analysis.judge.callers import Callers
from ...analysis.link.kinds import ASYNC_GENERATOR, COROUTINE, GENERATOR, Cls, Fn, Inst, Kinds, Obj, union
from ...analysis.link.program import Key
from ...analysis.nodes import given_to
from ...analysis.view import View, Views
from .doubles import replacement
from .overrides import OVERRIDES, given_instead
from .targets import functions_of_application, meant_by

_OBJECTS = (ast.Name, ast.Attribute, ast.Call)
_GIVING = (GENERATOR, ASYNC_GENERATOR, COROUTINE)


class Fakes:
    def __init__(self, views: Views, callers: Callers) -> None:
        self._inference = views.inference
        self._program = callers.program
        modules = self._program.modules
        tests = {path for path in modules if modules[path].facts.is_test}
        self._stands_for: dict[Key, set[Key]] = defaultdict(set)
        """Class of tests -> those of the application."""
        for path in sorted(tests):
            view = views.of(path)
            for given, meant in (*self._handed(view), *self._kept(view), *self._injected(view)):
                self._pair(given, meant)
        for call in callers.patches.calls():
            for dotted in callers.patches.replaced_by(call) if call.path in tests else ():
                view, name = views.of(call.path), dotted.rpartition(".")[2]
                node = view.node_of(call)
                new = replacement(node, name) if node is not None else None
                if new is not None:
                    self._pair(view.kinds(new), meant_by(self._inference, dotted))

    def along(self, turned: Collection[Key]) -> set[Key]:
        """The methods that turn with the methods for which they stand."""
        found: set[Key] = set()
        for fake, classes in self._stands_for.items():
            steps = {step for cls in classes for step in self._inference.classes.mro(cls)}
            for name in {
                self._program.scope(f).name for f in turned if self._program.enclosing_class(f) in steps
            }:
                method = self._inference.classes.method(fake, name)
                if method is not None and self._is_test(method) and not self._program.scope(method).is_async:
                    found.add(method)
        return found

    def _pair(self, given: Kinds, meant: Kinds) -> None:
        """A class for a class, or objects of both."""
        fakes = {kind.key for kind in given if isinstance(kind, (Cls, Obj)) and self._is_test(kind.key)}
        real = {kind.key for kind in meant if isinstance(kind, (Cls, Obj)) and not self._is_test(kind.key)}
        for fake in fakes if real else ():
            self._stands_for[fake] |= real

    def _is_test(self, key: Key) -> bool:
        return self._program.modules[key.path].facts.is_test

    def _handed(self, view: View) -> Iterator[tuple[Kinds, Kinds]]:
        """`Service(FakeUsers())`"""
        for call in view.file.of_kind(ast.Call):
            values = [
                each for each in given_to(call) if isinstance(each, (ast.Name, ast.Attribute, ast.Call))
            ]
            for key in functions_of_application(view, call) if values else ():
                for value in values:
                    name = parameter_taking(view, call, value, key)
                    if name is not None:
                        yield view.kinds(value), self._inference.kinds(key, Name(name))

    def _kept(self, view: View) -> Iterator[tuple[Kinds, Kinds]]:
        """`self.users = FakeUsers()`, below a class of the application, or of one of its objects."""
        for assignment in view.file.of_kind(ast.Assign):
            for target in assignment.targets:
                if not isinstance(target, ast.Attribute):
                    continue
                for kind in view.kinds(target.value):
                    steps = self._inference.classes.mro(kind.key) if isinstance(kind, (Cls, Obj)) else ()
                    for step in steps:
                        if isinstance(step, Key) and not self._is_test(step):
                            meant = self._inference.classes.instance_attribute(step, target.attr)
                            yield view.kinds(assignment.value), meant

    def _injected(self, view: View) -> Iterator[tuple[Kinds, Kinds]]:
        """`app.dependency_overrides[get_users] = lambda: FakeUsers()`"""
        for node in view.file.of_kind(ast.Name, ast.Attribute) if view.file.mentions(OVERRIDES) else ():
            provider = [kind for kind in view.kinds(node) if isinstance(kind, (Cls, Fn))]
            for value in given_instead(view, node) if provider else ():
                is_lambda = isinstance(value, ast.Lambda)
                given = view.kinds(value.body if isinstance(value, ast.Lambda) else value)
                yield given if is_lambda else self._given_by(given), self._given_by(frozenset(provider))

    def _given_by(self, callees: Kinds) -> Kinds:
        """What FastAPI hands on of what it calls."""
        parts: list[Kinds] = []
        for kind in union([self._inference.result(each) for each in callees]):
            is_giving = isinstance(kind, Inst) and kind.name in _GIVING and kind.args
            parts.append(kind.args[0] if isinstance(kind, Inst) and is_giving else frozenset({kind}))
        return union(parts)
