"""What a parameter can be: `self`, its annotation, what FastAPI injects, and what the call sites pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..arguments import placed
from ..index.bindings import How, Scope, ScopeKind
from ..index.expr import Const, Expr, Item, Lambda, Opaque, Starred
from ..index.facts import CallSite, Reference, Use
from . import data, fixtures, framework_parameters, listeners, wrapped
from .declared import more_telling, says_all
from .handed import MAX_REFERENCES, HandedOn
from .kinds import (
    NOTHING,
    Cls,
    Decorated,
    Fn,
    Inst,
    Kinds,
    Obj,
    Unknown,
    clipped,
    is_known,
    one,
    ordered,
    union,
    unknown,
    without_none,
)
from .program import CallKey, Key, Program

if TYPE_CHECKING:
    from .infer import Inference

_MAX_CALL_SITES = 60
_MAX_WORDS = 12


class Argument(NamedTuple):
    """What a call passes, read in `scope` at `line`."""

    scope: Key
    expr: Expr
    line: int
    is_element: bool = False
    """Each of its items is passed."""


class _Reaching(NamedTuple):
    call: CallKey
    is_unbound: bool
    """Whether `self` is among the arguments."""


class Parameters:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self.handed = HandedOn(program, inference)
        self._known: dict[Key, list[_Reaching | Unknown]] = {}

    def parameter(self, key: Key, position: int) -> Kinds:
        return self.inference.solver.solve(
            ("parameter", key, position), lambda: self._parameter(key, position)
        )

    def _parameter(self, key: Key, position: int) -> Kinds:
        scope = self.program.scope(key)
        parameter = scope.parameters[position]
        classes = self.inference.classes
        cls = self.program.enclosing_class(key)
        parent = self.program.parent(key)
        if (
            cls is not None
            and position == 0
            and scope.kind is ScopeKind.FUNCTION
            and not classes.is_static(key)
        ):
            if classes.is_classmethod(key):
                return frozenset((Cls(cls), *(Cls(below) for below in classes.subclasses.get(cls, ()))))
            made = classes.hierarchy.made_by.get(cls, ())  # the classes of a metaclass
            return frozenset(map(Cls, made)) if made else one(Obj(cls))
        annotated = NOTHING
        if parameter.annotation is not None:
            annotated = self.inference.annotations.instances(parent, parameter.annotation)
        if parameter.kind in ("*", "**"):
            inside = annotated if is_known(annotated) else self._passed(key, position) or annotated
            inside = inside or unknown(f"nothing is known of {parameter.name}")
            if parameter.kind == "*":
                return one(Inst("builtins.tuple", (clipped(inside),)))
            return one(Inst("builtins.dict", (one(Inst("builtins.str")), clipped(inside))))
        body = data.of_body(self.inference, key, parameter, annotated)
        if body:
            body |= self._passed(key, position) or NOTHING
            return self.inference.growth.grown(body, parameter.name, key)
        if says_all(annotated):
            return annotated
        if position <= 1 and self._takes_decorated(key, position):
            return self._decorated(key) | (self._passed(key, position) or NOTHING)
        handed = framework_parameters.parameter(self.inference, key, position)
        handed = handed or listeners.parameter(self.inference, key, position)
        handed = handed or wrapped.parameter(self.inference, key, position)
        if handed:
            return handed
        given = self._given_to_lambda(key, position) if scope.kind is ScopeKind.LAMBDA else NOTHING
        if given:
            return given
        default = NOTHING
        if parameter.default is not None:
            injected = self.inference.injection.injected(parent, parameter.default)
            if injected:
                return injected
            default = self.inference.kinds(parent, parameter.default, scope.span.line)
        if self.program.modules[key.path].facts.is_test:
            fixture = fixtures.parameter(self.inference, key, parameter.name)
            if fixture:
                return fixture
        passed = self._passed(key, position)
        if passed is not None:  # nothing yet in a circle that is still being walked
            found = self.inference.growth.grown(without_none(passed | default), parameter.name, key)
            return more_telling(annotated, found)
        return annotated or unknown(f"the parameter {parameter.name} of {scope.qualname} has no type")

    def _takes_decorated(self, key: Key, position: int) -> bool:
        """`def decorator(func)`, `def __init__(self, func)` of a class that decorates."""
        return position == self._shift(key) and self.inference.decorators.is_decorator(key)

    def _decorated(self, key: Key) -> Kinds:
        """Classes are as good as undecorated; of functions, whoever calls them by their names accounts."""
        found = self.inference.decorators.decorated_by(key)
        classes = [each for each in found if self.program.scope(each).kind is ScopeKind.CLASS]
        some = NOTHING if len(classes) == len(found) else one(Decorated(key))
        return some | frozenset(Cls(each) for each in classes)

    def _given_to_lambda(self, key: Key, position: int) -> Kinds:
        """`sorted(rows, key=lambda row: ...)`: the elements of what is sorted, mapped or filtered."""
        number = self.program.modules[key.path].lambda_arguments.get(key.scope)
        if number is None:
            return NOTHING
        call = CallKey(key.path, number)
        site = self.program.call(call)
        at = next(at for at, value in placed(site) if value == Lambda(key.scope))
        items = self.handed.items(call, at)
        if position >= len(items):
            return NOTHING
        return self._value(Argument(Key(key.path, site.scope), items[position], site.span.line, True))

    # what the call sites pass -------------------------------------------------------------------------------

    def _passed(self, key: Key, position: int) -> Kinds | None:
        """None when no call is seen; unknown among the rest when calls may be missing."""
        given = self.given(key, position)
        if given is None:
            return None
        return union([one(each) if isinstance(each, Unknown) else self._value(each) for each in given])

    def _value(self, given: Argument) -> Kinds:
        kinds = self.inference.kinds(given.scope, given.expr, given.line)
        is_taken_apart = given.is_element or isinstance(given.expr, Starred)
        return self.inference.iterated(kinds) if is_taken_apart else kinds

    def given(self, key: Key, position: int) -> list[Argument | Unknown] | None:
        """What the calls pass for a parameter; None when no call is seen, unknown where some can be lost."""
        reaching, passed_on = self._reaching(key), self.handed.calls(key)
        shift = self._shift(key)
        scope = self.program.scope(key)
        found: list[Argument | Unknown] = []
        called = bool(passed_on)
        for each in reaching:
            if isinstance(each, Unknown):
                found.append(each)
                continue
            called = True
            site = self.program.call(each.call)
            where = Key(each.call.path, site.scope)
            arguments = _arguments(site, scope, position, 0 if each.is_unbound else shift)
            found += [Argument(where, argument, site.span.line) for argument in arguments]
        for where, site, is_each in passed_on:
            arguments = _arguments(site, scope, position, shift)
            found += [Argument(where, argument, site.span.line, is_each) for argument in arguments]
        if not called:
            return None
        if self.handed.escapes(key):
            found.append(Unknown(f"{scope.qualname} is handed on and called elsewhere"))
        return found

    def _shift(self, key: Key) -> int:
        is_bound = self.program.enclosing_class(key) is not None and not self.inference.classes.is_static(key)
        return int(is_bound)

    def _reaching(self, key: Key) -> list[_Reaching | Unknown]:
        """The calls that reach `key`, and the callees that may; asked for each of its parameters."""
        return self.inference.solver.compose(self._known, key, lambda: [*self._find_reaching(key)])

    def _find_reaching(self, key: Key) -> Iterator[_Reaching | Unknown]:
        shift, name = self._shift(key), self.program.scope(key).name
        for call in self._sites(key) or ():
            callees = self.inference.callees(call)
            if shift and getattr(self.program.call(call).func, "attr", "") == name:
                yield from [kind for kind in ordered(callees) if isinstance(kind, Unknown)][:1]
            is_unbound = self._calls(callees, key)
            if is_unbound is not None:
                yield _Reaching(call, is_unbound)

    def _sites(self, key: Key) -> list[CallKey] | None:
        """The calls that may reach `key`, by the names it is known under; None when there are too many."""
        scope = self.program.scope(key)
        cls = self.program.enclosing_class(key)
        words = self.words(key)
        if cls is not None and scope.name in ("__init__", "__call__", "__new__"):
            for each in (cls, *self.inference.classes.subclasses.get(cls, ())):
                words += [self.program.scope(each).name, *self._kept_as(each)]
            words.append("cls")
        is_test = self.program.modules[key.path].facts.is_test
        found: list[CallKey] = []
        nameless = 0
        for word in dict.fromkeys(words):
            for spelled in (word, *sorted(self.program.aliases.get(word, ()))):
                for call in self.program.calls_by_name.get(spelled, ()):
                    # what tests pass are doubles
                    if is_test or not self.program.modules[call.path].facts.is_test:
                        found.append(call)
                        nameless += not word
        return found if len(found) - nameless <= _MAX_CALL_SITES else None

    def words(self, key: Key) -> list[str]:
        """The names a function goes by: its own, those of variables, and of parameters it is given to."""
        words = self.handed.own_names(key)
        for word in words:
            for path, number in self.program.references_by_name.get(word, ())[:MAX_REFERENCES]:
                reference = self.program.modules[path].facts.references[number]
                if reference.use & Use.DECORATOR or not self.handed.is_of(path, reference, key):
                    continue
                words += [each for each in self._taken_as(path, reference) if each not in words]
            if len(words) > _MAX_WORDS:
                break
        return [*words, ""]  # calls of what is no name: `make()(argument)`

    def _kept_as(self, cls: Key) -> Iterator[str]:
        """The names of variables, attributes and parameters that hold a class: `handler_class = Handler`."""
        for path, number in self.program.references_by_name.get(self.program.scope(cls).name, ())[
            :_MAX_WORDS
        ]:
            reference = self.program.modules[path].facts.references[number]
            names = [*self._taken_as(path, reference)]
            where = Key(path, reference.scope)
            if names and any(
                isinstance(kind, Cls) and kind.key == cls
                for kind in self.inference.kinds(where, reference.expr, reference.span.line)
            ):
                yield from names

    def _taken_as(self, path: str, reference: Reference) -> Iterator[str]:
        scope = self.program.modules[path].facts.scopes[reference.scope]
        for binding in scope.bindings:
            if binding.value == reference.expr and binding.how is How.ASSIGN:
                yield binding.name
        for stored in self.program.modules[path].attributes_by_scope.get(reference.scope, ()):
            if stored.value == reference.expr:
                yield stored.attr
        if reference.call < 0:
            return
        for kind in self.inference.callees(CallKey(path, reference.call)):
            function = kind.key if isinstance(kind, Fn) else None
            if isinstance(kind, Cls):
                function = self.inference.classes.method(kind.key, "__init__")
            if function is None:
                continue
            parameters = self.program.scope(function).parameters
            if isinstance(reference.position, str):
                yield reference.position
            else:
                shift = int(isinstance(kind, Cls) or (isinstance(kind, Fn) and kind.bound))
                if 0 <= reference.position + shift < len(parameters):
                    yield parameters[reference.position + shift].name

    def _calls(self, callees: Kinds, key: Key) -> bool | None:
        """Does a call reach `key`: True when `self` is among its arguments, None when it does not."""
        functions, classes, objects = _by_what_they_are(callees)
        if key in functions:
            return functions[key]
        method = self.inference.classes.method
        is_made = any(method(cls, "__init__") == key for cls in classes)
        return False if is_made or any(method(cls, "__call__") == key for cls in objects) else None


@lru_cache(maxsize=1 << 12)
def _by_what_they_are(callees: Kinds) -> tuple[dict[Key, bool], tuple[Key, ...], tuple[Key, ...]]:
    """Functions, with whether `self` is to be given, classes, and classes of objects."""
    return (
        {kind.key: not kind.bound for kind in ordered(callees) if isinstance(kind, Fn)},
        tuple(kind.key for kind in callees if isinstance(kind, Cls)),
        tuple(kind.key for kind in callees if isinstance(kind, Obj)),
    )


def _arguments(site: CallSite, scope: Scope, position: int, shift: int) -> list[Expr]:
    """The arguments for a parameter, and those that may be it among `*` and `**` arguments."""
    parameter, keywords = scope.parameters[position], dict(site.keywords)
    spread = [value for word, value in site.keywords if not word]
    if parameter.kind == "**":
        others = {each.name for each in scope.parameters}
        named = [value for word, value in site.keywords if word and word not in others]
        return [*named, *(Item(value, Opaque()) for value in spread)]
    if parameter.name in keywords:
        return [keywords[parameter.name]]
    sure = next((i for i, arg in enumerate(site.args) if isinstance(arg, Starred)), len(site.args))
    first = max(position - shift, 0)
    if parameter.kind == "*":
        return list(site.args[min(first, sure) :])
    if parameter.kind == "positional" and shift <= position and first < sure:
        return [site.args[first]]
    found = [Item(value, Const("str", parameter.name)) for value in spread]
    return [*site.args[sure:], *found] if parameter.kind == "positional" else [*found]
