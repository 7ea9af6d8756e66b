"""Functions that stand in a table, which loops go through only to register each of them.

ROUTES = [("/pay", pay, ["POST"]), ("/orders", list_orders, ["GET"])]

for path, endpoint, methods in ROUTES:
    router.add_api_route(path, endpoint, methods=methods)
"""

from __future__ import annotations

from collections.abc import Iterator

from ...index.bindings import Binding, How, ScopeKind
from ...index.expr import Attr, Call, DictDisplay, Display, Expr, Name, last_name
from ...index.expressions import ELEMENT
from ...index.facts import Reference, Use
from ...link.kinds import Inst, Kinds, is_known, may_be
from ...link.program import Key, Program
from .callers import Callers
from .only_registered import Check, is_only_handed_over

_GIVES_PAIRS = ("items", "values")
_KEY = (0,)
_GIVES_ONE = ("copy", "get", "pop", "popitem", "setdefault", "__getitem__", "__iter__")
Loop = tuple[str, int, Binding]
"""The file, the scope and a name that a loop gives a value."""


class Tables:
    def __init__(self, callers: Callers, harmless: Check) -> None:
        self.callers = callers
        self.inference = callers.inference
        self.program: Program = callers.program
        self.harmless = harmless

    def hands_over(self, function: Key, path: str, reference: Reference) -> bool:
        if reference.position != ELEMENT:
            return False
        facts = self.program.modules[path].facts
        holders = {
            (scope, binding.how, binding.line): binding
            for scope, each in enumerate(facts.scopes)
            for binding in each.bindings
            if _times(binding.value, reference.expr)
        }
        elements = [r for r in facts.references if r.position == ELEMENT and r.expr == reference.expr]
        if sum(_times(each.value, reference.expr) for each in holders.values()) != len(elements):
            return False
        return all(self._is_harmless(function, path, *each) for each in holders.items())

    def _is_harmless(self, function: Key, path: str, place: tuple[int, How, int], binding: Binding) -> bool:
        module, scope = self.program.modules[path], place[0]
        if binding.how is How.FOR:
            loops: list[Loop] | None = list(self._loops(path, binding.value))
        elif binding.how is How.ASSIGN and module.facts.scopes[scope].kind is not ScopeKind.CLASS:
            is_alone = sum(each.gives_value for each in module.names[scope][binding.name]) == 1
            loops = self._through(binding.name) if is_alone and not binding.path else None
        else:
            loops = None
        return bool(loops) and all(self._is_over(function, *loop) for loop in loops or ())

    def _through(self, name: str) -> list[Loop] | None:
        """The loops over what has the name; None where it is used for more."""
        names = (name, *self.program.aliases.get(name, ()))
        found: list[Loop] = []
        for each in names:
            for path, number in self.program.references_by_name.get(each, ()):
                reference = self.program.modules[path].facts.references[number]
                if reference.call >= 0 or not reference.use & Use.ITERATED:
                    return None
                found += self._loops(path, reference.expr)
        for word in (*_GIVES_PAIRS, *_GIVES_ONE):
            for call in self.program.calls_by_name.get(word, ()):
                site = self.program.call(call)
                if isinstance(site.func, Attr) and last_name(site.func.value) in names:
                    if word in _GIVES_ONE or not site.use & Use.ITERATED:
                        return None
                    loops = self._loops(call.path, Call(call.index))
                    found += (each for each in loops if word == "values" or each[2].path[:1] != _KEY)
        return found

    def _loops(self, path: str, value: object) -> Iterator[Loop]:
        for scope, each in enumerate(self.program.modules[path].facts.scopes):
            for binding in each.bindings:
                if binding.how is How.FOR and binding.value == value:
                    yield path, scope, binding

    def _is_over(self, function: Key, path: str, scope: int, binding: Binding) -> bool:
        """Is the name not given the function, or does nothing but hand it over?"""
        kinds = self.inference.kinds(Key(path, scope), Name(binding.name), binding.line)
        if may_be(kinds, function):
            return is_only_handed_over(self.program, path, scope, binding.name, self.harmless)
        return is_known(kinds) and not _holds(kinds, function)


def _times(value: object, element: Expr) -> int:
    """How often it stands in a table, or in its rows."""
    if isinstance(value, Display):
        parts: tuple[Expr, ...] = value.items
    elif isinstance(value, DictDisplay):
        parts = value.values
    else:
        return 0
    return sum((part == element) + _times(part, element) for part in parts)


def _holds(kinds: Kinds, function: Key) -> bool:
    return any(
        may_be(inner, function) or _holds(inner, function)
        for kind in kinds
        if isinstance(kind, Inst)
        for inner in (*kind.args, *(value for _, value in getattr(kind, "items", ())))
    )
