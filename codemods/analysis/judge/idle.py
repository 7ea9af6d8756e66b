"""Functions that nobody calls: they turn with what they call, and with the client that they use.

class Cache:
    def get(self, key): ...
    def clear(self): ...          no handler asks for it, and it uses the client of `get`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from ...model import Note, NoteKind
from ..index.bindings import Import, ScopeKind
from ..index.expr import Name
from ..link.program import Key
from .callers import Callers
from .verdicts import FunctionPlan

_PLAIN = (Name("staticmethod"), Name("classmethod"))


class Idle:
    def __init__(self, callers: Callers, declared: str, template_words: frozenset[str]) -> None:
        """`declared` is the text of the files that may name scripts, `template_words` what templates may
        call."""
        self.callers = callers
        self.program = callers.program
        self.declared = declared
        self.template_words = template_words
        self._known: dict[Key, bool] = {}

    def __call__(self, function: Key) -> bool:
        """Is it certain that nobody calls it, but others of which the same is true?"""
        if function not in self._known:
            self._known[function] = True  # those that only call each other
            self._known[function] = self._is_idle(function)
        return self._known[function]

    def told(self, function: Key, plan: FunctionPlan) -> FunctionPlan:
        """The plan, with a word to those who call it from elsewhere."""
        text = f"{self.program.scope(function).qualname} becomes async, and nothing here calls it"
        note = Note(NoteKind.BEHAVIOUR, text, self.program.location(function))
        return replace(plan, notes=(*plan.notes, note))

    def _is_idle(self, function: Key) -> bool:
        scope = self.program.scope(function)
        is_plain = (
            scope.kind is ScopeKind.FUNCTION
            and not scope.is_async
            and not scope.has_yield
            and all(decorator in _PLAIN for decorator in scope.decorators)
            and not (scope.name.startswith("__") and scope.name.endswith("__"))
        )
        if not is_plain or self.program.modules[function.path].facts.is_test:
            return False
        if self.program.enclosing_class(function) is not None:
            if scope.name in self.template_words or any(self.callers.unresolved_namesakes(function)):
                return False
        elif not self._is_of_library(function, scope.name):
            return False
        return not any(self._uses(function)) and all(
            each == function or self(each) for each in sorted(self.callers.together(function))
        )

    def _uses(self, function: Key) -> Iterator[object]:
        """Everything that reads it, or calls it and is not idle."""
        owners = [caller.owner for caller in self.callers.calls(function)]
        yield from (owner for owner in owners if not owner.scope or not self(owner))
        yield from self.callers.references(function)
        yield from self.callers.lookups.of(function)
        yield from self.callers.unresolved_references(function)

    def _is_of_library(self, function: Key, name: str) -> bool:
        """Is its module one that others import? What runs a script, or looks for hooks, is not seen."""
        module = self.program.modules[function.path].facts.module
        is_named = re.search(rf"\b{re.escape(module)}[.:]{re.escape(name)}\b", self.declared)
        return self.program.parent(function).scope == 0 and function.path in self._imported and not is_named

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The files that the code imports, tests apart."""
        found: set[str | None] = set()
        for path, module in self.program.modules.items():
            if module.facts.is_test:
                continue
            for binding in (each for scope in module.facts.scopes for each in scope.bindings):
                if isinstance(binding.value, Import):
                    name = self.program.absolute(binding.value, path)
                    found.add(self.program.module_path(name, path))
                    found.add(self.program.module_path(f"{name}.{binding.value.name}", path))
        return frozenset(each for each in found if each is not None)
