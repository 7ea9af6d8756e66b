"""What a parameter can be: `self`, its annotation, what FastAPI injects, and what the call sites pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...arguments import placed
from ...index.bindings import Scope, ScopeKind
from ...index.expr import Const, Expr, Item, Lambda, Opaque, Starred
from ...index.facts import CallSite
from ..annotations.contradictions import contradicts, is_namesake, names_classes, names_library, says_class
from ..decorators import wrapped
from ..kinds import (
    NOTHING,
    Cls,
    Decorated,
    Inst,
    Kinds,
    Obj,
    Unknown,
    clipped,
    is_known,
    one,
    union,
    unknown,
    without_none,
)
from ..libraries import framework_parameters, listeners
from ..libraries.encoders import Encoders
from ..libraries.fixtures import Fixtures, by_its_type
from ..program import CallKey, Key, Program
from ..values import data
from ..values.declared import more_telling, says_all
from .handed import HandedOn
from .namesakes import Namesakes
from .reaching import ReachingCalls

if TYPE_CHECKING:
    from ..infer import Inference


class Argument(NamedTuple):
    """What a call passes, read in `scope` at `line`."""

    scope: Key
    expr: Expr
    line: int
    is_element: bool = False
    """Each of its items is passed."""


class Parameters:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self.handed = HandedOn(program, inference)
        self.fixtures = Fixtures(program, inference)
        self.encoders = Encoders(program, inference)
        self.namesakes = Namesakes(program, inference, self.handed)
        self.reaching = ReachingCalls(program, inference, self.handed)

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
            annotated = by_its_type(self.inference.annotations.instances(parent, parameter.annotation))
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
            return self._unless_contradicted(key, position, annotated)
        if position <= 1 and self._takes_decorated(key, position):
            return self._decorated(key) | (self._passed(key, position) or NOTHING)
        handed = framework_parameters.parameter(self.inference, key, position)
        handed = handed or listeners.parameter(self.inference, key, position)
        handed = handed or wrapped.parameter(self.inference, key, position)
        handed = handed or self.handed.filled(key, position)
        handed = handed or self.encoders.parameter(key, position)
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
            fixture = self.fixtures.parameter(key, parameter.name)
            if fixture:
                return fixture
        passed = self._passed(key, position)
        if passed is not None:  # nothing yet in a circle that is still being walked
            found = self.inference.growth.grown(without_none(passed | default), parameter.name, key)
            return more_telling(annotated, found)
        found = annotated or self.namesakes.parameter(key, position)
        return found or unknown(f"the parameter {parameter.name} of {scope.qualname} has no type")

    def _unless_contradicted(self, key: Key, position: int, annotated: Kinds) -> Kinds:
        """`orders: OrderService = Depends(get_reviews)`: the object counts, not what is said of it. What
        calls pass is looked at where a class of the project has the name of a library's."""
        classes, default = self.inference.classes, self.program.scope(key).parameters[position].default
        if not (names_classes(annotated) or names_library(annotated)):
            return annotated
        given = NOTHING
        if default is not None:
            given = self.inference.injection.injected(self.program.parent(key), default)
        if not given and (is_namesake(self.program, annotated) or says_class(annotated)):
            given = self._passed(key, position) or NOTHING
        return given if contradicts(classes, annotated, given) else annotated

    def _takes_decorated(self, key: Key, position: int) -> bool:
        """`def decorator(func)`, `def __init__(self, func)` of a class that decorates."""
        return position == int(
            self.inference.classes.takes_self(key)
        ) and self.inference.decorators.is_decorator(key)

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
        reaching, passed_on = self.reaching.of(key), self.handed.calls(key)
        shift = int(self.inference.classes.takes_self(key))
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
            arguments = arguments_for(site, scope, position, 0 if each.is_unbound else shift)
            found += [Argument(where, argument, site.span.line) for argument in arguments]
        for where, site, is_each in passed_on:
            arguments = arguments_for(site, scope, position, shift)
            found += [Argument(where, argument, site.span.line, is_each) for argument in arguments]
        if not called:
            return None
        if self.handed.escapes(key):
            found.append(Unknown(f"{scope.qualname} is handed on and called elsewhere"))
        return found


def arguments_for(site: CallSite, scope: Scope, position: int, shift: int) -> list[Expr]:
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
