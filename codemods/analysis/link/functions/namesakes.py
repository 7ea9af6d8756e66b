"""A parameter of a function that nobody calls is what all its namesakes are, where these are sessions.

def purge(db, days: int):              # one more helper, written and not used yet
    db.query(Note).filter(...).delete()

def find(db: Session, id: int): ...    # `db` is a `Session` everywhere
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ...index.bindings import ScopeKind
from ..kinds import NOTHING, Inst, Kinds, union, without_none
from ..libraries.rows import ALL_SESSIONS
from ..program import Key, Program
from .handed import HandedOn

if TYPE_CHECKING:
    from ..infer import Inference


class Namesakes:
    def __init__(self, program: Program, inference: Inference, handed: HandedOn) -> None:
        self.program = program
        self.inference = inference
        self.handed = handed

    def parameter(self, key: Key, position: int) -> Kinds:
        """Nothing where something else may call the function, and may pass what it likes."""
        scope, classes = self.program.scope(key), self.inference.classes
        is_decorated = scope.decorators and not (classes.is_classmethod(key) or classes.is_static(key))
        is_called_elsewhere = (
            is_decorated or self.program.modules[key.path].facts.is_test or self.handed.escapes(key)
        )
        parameter = scope.parameters[position]
        if is_called_elsewhere or parameter.default is not None:
            return NOTHING
        return self._of(parameter.name, key.path)

    def _of(self, name: str, path: str) -> Kinds:
        """Nothing where they are not all the same, or no sessions. Where none is told what it is, those of
        the same file say it that are given something."""
        told = self._told.get(name, ())
        kinds = [self._declared(*each) for each in told] or [*self._given(name, path)]
        found = without_none(union(kinds))
        is_session = len(found) == 1 and all(isinstance(k, Inst) and k.name in ALL_SESSIONS for k in found)
        return found if is_session else NOTHING

    def _given(self, name: str, path: str) -> Iterator[Kinds]:
        module = self.program.modules[path]
        for key, scope in zip(module.keys, module.facts.scopes, strict=True):
            for position, each in enumerate(scope.parameters if scope.kind is ScopeKind.FUNCTION else ()):
                if each.name == name and self.inference.parameters.given(key, position) is not None:
                    yield self.inference.parameter(key, position)

    def _declared(self, key: Key, position: int) -> Kinds:
        """What it is written to be: the first one of a method that lacks `self`, too."""
        parameter = self.program.scope(key).parameters[position]
        if parameter.annotation is None:
            return self.inference.parameter(key, position)
        return self.inference.annotations.instances(self.program.parent(key), parameter.annotation)

    @cached_property
    def _told(self) -> Mapping[str, list[tuple[Key, int]]]:
        """Those that have an annotation or a default."""
        found: dict[str, list[tuple[Key, int]]] = defaultdict(list)
        for module in self.program.modules.values():
            for key, scope in zip(module.keys, module.facts.scopes, strict=True):
                if scope.kind is ScopeKind.FUNCTION and not module.facts.is_test:
                    for position, each in enumerate(scope.parameters):
                        if each.annotation is not None or each.default is not None:
                            found[each.name].append((key, position))
        return found
