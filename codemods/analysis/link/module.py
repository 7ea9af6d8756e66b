"""One file's facts with the look-ups that linking needs again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeVar

import msgspec

from ...model import Span
from ..index.bindings import AttributeBinding, Binding, How, Import, Scope, ScopeKind
from ..index.expr import Expr, Lambda
from ..index.facts import Implicit, ModuleFacts, Reference

FUNCTIONS = (ScopeKind.FUNCTION, ScopeKind.LAMBDA)
INLINE = (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR)
ELSEWHERE = -1
"""The depth of a binding that another scope makes (`global`, `nonlocal`): it can run at any time."""
_InScope = TypeVar("_InScope", Implicit, Reference, AttributeBinding)


class Key(msgspec.Struct, frozen=True, order=True, cache_hash=True, gc=False):
    """A scope of the program: the file's path and the scope's number in it."""

    path: str
    scope: int


class CallKey(msgspec.Struct, frozen=True, order=True, cache_hash=True, gc=False):
    path: str
    index: int


class Home(NamedTuple):
    """The scope that has a name which is read."""

    scope: int
    found: tuple[Binding, ...]
    position: int
    """Of the parameter of that name, or -1."""
    is_own: bool
    """Does the scope run while the name is read, so that it matters where?"""


class Bound(NamedTuple):
    """A binding and the scope that holds it."""

    home: Key
    binding: Binding


class Parameter(NamedTuple):
    function: Key
    position: int


class Module:
    """One file's facts with the look-ups that linking needs again and again."""

    def __init__(self, facts: ModuleFacts) -> None:
        self.facts = facts
        self.path = facts.path
        self.keys = tuple(Key(facts.path, number) for number in range(len(facts.scopes)))
        """Those of its scopes, made once: they are asked for all the time."""
        self._homes: dict[tuple[int, str], Home | None] = {}
        self.meanings: dict[tuple[int, str], list[Bound] | Parameter | None] = {}
        """What a name that is read in a scope means at any time, as far as it was looked up."""

    @cached_property
    def names(self) -> tuple[Mapping[str, tuple[Binding, ...]], ...]:
        """For each scope: name -> bindings, in order of appearance."""
        tables: list[dict[str, list[Binding]]] = [defaultdict(list) for _ in self.facts.scopes]
        for number, scope in enumerate(self.facts.scopes):
            for binding in scope.bindings:
                home = self._bound_in(number, binding.name)
                tables[home][binding.name].append(
                    binding if home == number else _from_elsewhere(binding, number)
                )
        return tuple({name: tuple(found) for name, found in table.items()} for table in tables)

    def home(self, scope: int, name: str) -> Home | None:
        """The scope that has the name which is read in `scope`; None where nothing in the file binds it."""
        place = scope, name
        if place not in self._homes:
            self._homes[place] = self._home(scope, name)
        return self._homes[place]

    def _home(self, number: int, name: str) -> Home | None:
        is_own = True
        while number >= 0:
            scope = self.facts.scopes[number]
            if scope.kind is not ScopeKind.CLASS or is_own:
                if number and name in scope.globals:
                    number, is_own = 0, False
                    continue
                found = self.names[number].get(name, ())
                if scope.kind is ScopeKind.CLASS and all(each.how is How.ANNOTATION for each in found):
                    found = ()  # `redis: redis.Redis` gives it no value: the module is read
                position = _position(scope, name)
                if found or position >= 0:
                    return Home(number, found, position, is_own)
            is_own = is_own and scope.kind in INLINE
            number = scope.parent
        return None

    def _bound_in(self, number: int, name: str) -> int:
        """`global x` sends a binding to the module, `nonlocal x` to the function around that has it."""
        scopes = self.facts.scopes
        if name in scopes[number].globals:
            return 0
        if name not in scopes[number].nonlocals:
            return number
        home = scopes[number].parent
        while home > 0 and (
            scopes[home].kind not in FUNCTIONS
            or name in scopes[home].nonlocals
            or not (
                any(b.name == name for b in scopes[home].bindings)
                or any(p.name == name for p in scopes[home].parameters)
            )
        ):
            home = scopes[home].parent
        return home

    @cached_property
    def implicits_by_scope(self) -> Mapping[int, tuple[Implicit, ...]]:
        return _by_scope(self.facts.implicits)

    @cached_property
    def attributes_by_scope(self) -> Mapping[int, tuple[AttributeBinding, ...]]:
        return _by_scope(self.facts.attributes)

    @cached_property
    def references_by_scope(self) -> Mapping[int, tuple[Reference, ...]]:
        return _by_scope(self.facts.references)

    @cached_property
    def functions(self) -> Mapping[Span, int]:
        """Where each function is written -> number of its scope."""
        scopes = enumerate(self.facts.scopes)
        return {scope.span: number for number, scope in scopes if scope.kind is ScopeKind.FUNCTION}

    @cached_property
    def lambda_arguments(self) -> Mapping[int, int]:
        """Scope of a lambda that is written as an argument -> number of the call."""
        return {
            value.scope: number
            for number, call in enumerate(self.facts.calls)
            for value in (*call.args, *(each for _, each in call.keywords))
            if isinstance(value, Lambda)
        }

    @cached_property
    def calls_by_scope(self) -> Mapping[int, tuple[int, ...]]:
        table: dict[int, list[int]] = defaultdict(list)
        for number, call in enumerate(self.facts.calls):
            table[call.scope].append(number)
        return {scope: tuple(numbers) for scope, numbers in table.items()}

    @cached_property
    def inline_children(self) -> Mapping[int, tuple[int, ...]]:
        """What runs within a scope: comprehensions, generators, and in functions the bodies of classes."""
        table: dict[int, list[int]] = defaultdict(list)
        for number, scope in enumerate(self.facts.scopes):
            is_class = scope.kind is ScopeKind.CLASS
            if scope.kind in INLINE or (is_class and self._runs_in_function(scope.parent)):
                table[scope.parent].append(number)
        return {scope: tuple(numbers) for scope, numbers in table.items()}

    def _runs_in_function(self, scope: int) -> bool:
        while self.facts.scopes[scope].kind is ScopeKind.CLASS:
            scope = self.facts.scopes[scope].parent
        return self.facts.scopes[scope].kind in FUNCTIONS

    @cached_property
    def star_imports(self) -> tuple[Import, ...]:
        return tuple(
            binding.value
            for binding in self.facts.scopes[0].bindings
            if binding.name == "*" and isinstance(binding.value, Import)
        )

    def frame(self, scope: int) -> tuple[int, ...]:
        """The scope and the comprehensions and classes in it: what runs when the function runs."""
        found = [scope]
        for child in self.inline_children.get(scope, ()):
            found.extend(self.frame(child))
        return tuple(found)

    def uses(self, function: int) -> Iterator[tuple[int, Expr, Span]]:
        """Scope, expression and place of all that the function's own frame reads or calls."""
        for scope in self.frame(function):
            for reference in self.references_by_scope.get(scope, ()):
                yield scope, reference.expr, reference.span
            for number in self.calls_by_scope.get(scope, ()):
                call = self.facts.calls[number]
                yield scope, call.func, call.span

    def owner(self, scope: int) -> int:
        """The function (or module, class) whose frame runs `scope`."""
        while self.facts.scopes[scope].kind in INLINE:
            scope = self.facts.scopes[scope].parent
        return scope


def _position(scope: Scope, name: str) -> int:
    if scope.kind in FUNCTIONS:
        for position, parameter in enumerate(scope.parameters):
            if parameter.name == name:
                return position
    return -1


def _from_elsewhere(binding: Binding, scope: int) -> Binding:
    """Bound by `global` or `nonlocal`: its value is read in the scope that says so."""
    if binding.how in (How.DEF, How.CLASS):
        return msgspec.structs.replace(binding, depth=ELSEWHERE)
    return msgspec.structs.replace(binding, depth=ELSEWHERE, scope=scope)


def _by_scope(found: Iterable[_InScope]) -> Mapping[int, tuple[_InScope, ...]]:
    table: dict[int, list[_InScope]] = defaultdict(list)
    for each in found:
        table[each.scope].append(each)
    return {scope: tuple(inside) for scope, inside in table.items()}
