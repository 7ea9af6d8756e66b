"""Functions that nobody calls: they turn with what they call, and with the client that they use.

class Cache:
    def get(self, key): ...
    def clear(self): ...          no handler asks for it, and it uses the client of `get`
"""

from __future__ import annotations

from functools import cached_property

from msgspec.structs import replace

from ....model import Note, NoteKind
from ...index.bindings import Import, ScopeKind
from ...index.expr import Name
from ...link.kinds import Ext
from ...link.program import Key
from ..callers.callers import Callers
from ..callers.unseen import Unseen
from .verdicts import FunctionPlan

_PLAIN = (Name("staticmethod"), Name("classmethod"))


class Idle:
    def __init__(self, callers: Callers, unseen: Unseen, template_words: frozenset[str]) -> None:
        """`template_words` are what templates may call."""
        self.callers = callers
        self.program = callers.program
        self.unseen = unseen
        self.template_words = template_words
        self._known: dict[Key, bool] = {}
        self._alone: dict[Key, bool] = {}

    def __call__(self, function: Key) -> bool:
        """Is it certain that nobody calls it, but others of which the same is true?"""
        if function not in self._known:
            above, pending = {function}, [function]
            while pending and self._is_uncalled(pending[-1]):
                each = pending.pop()
                beside = {caller.owner for caller in self.callers.calls(each)} | self.callers.together(each)
                pending += beside - above
                above |= beside
            if pending:
                self._known[function] = False
            else:
                self._known |= dict.fromkeys(above, True)
        return self._known[function]

    def told(self, function: Key, plan: FunctionPlan) -> FunctionPlan:
        """The plan, with a word to those who call it from elsewhere."""
        text = f"{self.program.scope(function).qualname} becomes async, and nothing here calls it"
        note = Note(NoteKind.BEHAVIOUR, text, self.program.location(function))
        return replace(plan, notes=(*plan.notes, note))

    def _is_uncalled(self, function: Key) -> bool:
        """Is it a plain function that nothing uses but what is seen to call it?"""
        if function not in self._alone:
            self._alone[function] = (
                bool(function.scope) and self._is_plain(function) and not self._is_used(function)
            )
        return self._alone[function]

    def _is_plain(self, function: Key) -> bool:
        scope = self.program.scope(function)
        return (
            scope.kind is ScopeKind.FUNCTION
            and not scope.is_async
            and (self._is_manager(function) if scope.has_yield else self._is_bare(function))
            and not (scope.name.startswith("__") and scope.name.endswith("__"))
            and not self.program.modules[function.path].facts.is_test
        )

    def _is_bare(self, function: Key) -> bool:
        return all(decorator in _PLAIN for decorator in self.program.scope(function).decorators)

    def _is_manager(self, function: Key) -> bool:
        scope, above = self.program.scope(function), self.program.parent(function)
        kinds = [self.callers.inference.kinds(above, each, scope.span.line) for each in scope.decorators]
        return [*map(tuple, kinds)] == [(Ext("contextlib.contextmanager"),)]

    def _is_used(self, function: Key) -> bool:
        if self.program.enclosing_class(function) is not None:
            name = self.program.scope(function).name
            if name in self.template_words or any(self.callers.unresolved_namesakes(function)):
                return True
            if self.callers.inference.classes.overrides_external(function) is not None:
                return True
        elif not self._is_of_library(function):
            return True
        return (
            any(self.callers.references(function))
            or any(self.callers.lookups.of(function))
            or any(self.callers.unresolved_references(function))
            or self.unseen.may_call(function)
        )

    def _is_of_library(self, function: Key) -> bool:
        """Is its module one that others import? What runs a script, or looks for hooks, is not seen."""
        return self.program.parent(function).scope == 0 and function.path in self._imported

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
