"""What a call gives: constructors, functions by annotation or returned values, calls known by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....catalogue import Effect, Entry
from ...index.expr import Const, Expr
from ..annotations.contradictions import contradicts, names_classes
from ..classes import own_class
from ..kinds import (
    ASYNC_CONTEXT,
    ASYNC_GENERATOR,
    CONTEXT,
    COROUTINE,
    GENERATOR,
    NONE,
    NOTHING,
    Cls,
    Decorated,
    Ext,
    Fn,
    Inst,
    Kind,
    Kinds,
    Member,
    Obj,
    Unknown,
    clipped,
    describe,
    is_known,
    one,
    ordered,
    typed,
    union,
    unknown,
    without_none,
)
from ..libraries import rows
from ..libraries.makers import of_call
from ..program import CallKey, Key, Program
from ..values.containers import without_stand_ins
from ..values.declared import is_outdone, more_telling, says_all
from .special import Special

if TYPE_CHECKING:
    from ..infer import Inference

_CONTEXT_DECORATORS = {
    "contextlib.contextmanager": CONTEXT,
    "contextlib.asynccontextmanager": ASYNC_CONTEXT,
}


class Results:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self.special = Special(program, inference)
        self._callees: dict[CallKey, Kinds] = {}

    def callees(self, call: CallKey) -> Kinds:
        """What a call's callee can be."""
        known = self._callees.get(call)
        if known is not None:
            return known
        return self.inference.solver.compose(self._callees, call, lambda: self._of_site(call))

    def _of_site(self, call: CallKey) -> Kinds:
        module = self.program.modules[call.path]
        site = module.facts.calls[call.index]
        # a call of None raises: `model = None` of a base class stands for what the classes below it have
        return without_none(self.inference.kinds(module.keys[site.scope], site.func, site.span.line))

    def call_result(self, call: CallKey) -> Kinds:
        return self.inference.solver.solve(("result", call), lambda: self._call_result(call))

    def _call_result(self, call: CallKey) -> Kinds:
        callees = self.callees(call)
        special = {callee: self.special.result(callee, call) for callee in callees}
        if all(found is None for found in special.values()):
            queried = rows.result(self.inference, call, callees)
            if queried is not None:
                return queried
        parts = [self._at(callee, call) if found is None else found for callee, found in special.items()]
        # an empty union is a circle that is still being walked; an empty set of callees is ignorance
        return without_stand_ins(union(parts)) if callees else NOTHING

    def _at(self, callee: Kind, call: CallKey) -> Kinds:
        """The result of one callee with this call's arguments: they may say what its type variables are."""
        if isinstance(callee, Cls) and not callee.args:
            init = self.inference.classes.method(callee.key, "__init__")
            parameters = self.inference.classes.type_parameters(callee.key)
            if init is not None and parameters:
                types = self._types_at(init, call)
                if any(name in types for name in parameters):
                    args = tuple(types.get(name, unknown(f"{name} is not given")) for name in parameters)
                    return one(Obj(callee.key, args=args, is_exact=not self._may_be_below(callee.key)))
        if isinstance(callee, Fn) and self.program.scope(callee.key).returns is not None:
            types = self._types_at(callee.key, call)
            if types:
                callee = Fn(callee.key, callee.bound, tuple(sorted({**dict(callee.types), **types}.items())))
        found = self._streamed(callee, call) or self.result(callee)
        return own_class.narrowed(self.inference, callee, call, found)

    def _streamed(self, callee: Kind, call: CallKey) -> Kinds:
        """What a call gives bit by bit, when it is told to and that is an object of another class; what it
        gives at once as well where nobody knows whether it is told to: `create(stream=wanted, **options)`."""
        given = dict(self.program.call(call).keywords)
        told = given.get("stream")
        if (told is None and "" not in given) or (isinstance(told, Const) and told.number == 0):
            return NOTHING
        entry = self._entry(callee)
        if entry is None or entry.streamed is None:
            return NOTHING
        if told is None and entry.returns in self.program.catalogue.bases(entry.streamed):
            return NOTHING  # `requests.get(url, **options)`: a response, be it one of these or not
        found = one(Inst(entry.streamed))
        if entry.effect is Effect.ASYNC:
            found = one(Inst(COROUTINE, (found,)))
        return found if isinstance(told, Const) else found | self.result(callee)

    def _entry(self, callee: Kind) -> Entry | None:
        catalogue = self.program.catalogue
        if isinstance(callee, Member):
            return catalogue.find_method(callee.owner, callee.attr)
        if isinstance(callee, Inst):
            return catalogue.find_method(callee.name, "__call__")
        return catalogue.find(callee.name) if isinstance(callee, Ext) else None

    def _types_at(self, function: Key, call: CallKey) -> dict[str, Kinds]:
        scope = self.program.scope(function)
        site = self.program.call(call)
        where = Key(call.path, site.scope)
        annotations = self.inference.annotations
        shift = int(self.inference.classes.takes_self(function))
        keywords = dict(site.keywords)
        found: dict[str, Kinds] = {}
        for position, parameter in enumerate(scope.parameters):
            if parameter.annotation is None:
                continue
            variable, how = annotations.variable(function, parameter.annotation)
            if not variable:
                continue
            index = position - shift
            argument: Expr | None = keywords.get(parameter.name)
            if argument is None and parameter.kind == "positional" and 0 <= index < len(site.args):
                argument = site.args[index]
            if argument is None:
                continue
            given = self.inference.kinds(where, argument, site.span.line)
            if how == "type":
                given = union([self.result(kind) for kind in ordered(given) if isinstance(kind, (Cls, Ext))])
            elif how == "element":
                given = self.inference.iterated(given)
            elif how == "result":
                given = union([self.result(kind) for kind in ordered(given)])
            if is_known(given):
                found[variable] = found.get(variable, NOTHING) | given
        return found

    def called(self, functions: Kinds) -> Kinds:
        """What calling any of them gives."""
        return union([self.result(each) for each in functions])

    def _called(self, callee: Obj) -> Kinds:
        return self.inference.classes.method_result(callee, "__call__")

    def _may_be_below(self, cls: Key) -> bool:
        """May a decorator of the project have put a class below it in its place: `return Timed`?"""
        if not self.program.scope(cls).decorators:
            return False
        return any(isinstance(kind, Fn) for kind in self.inference.classes.decorators(cls))

    def result(self, callee: Kind) -> Kinds:
        """What calling `callee` gives."""
        catalogue = self.program.catalogue
        if isinstance(callee, Cls):
            return one(Obj(callee.key, args=callee.args, is_exact=not self._may_be_below(callee.key)))
        if isinstance(callee, Fn):
            return self.function_result(callee.key, callee.types)
        if isinstance(callee, Obj):
            # solved, for `Till.__call__ = Till()` goes round in a circle
            return self.inference.solver.solve(("called", callee), lambda: self._called(callee))
        if isinstance(callee, Ext):
            if catalogue.is_class(callee.name):
                return one(Inst(callee.name))
            if catalogue.find(callee.name) is None and _looks_like_class(callee.name):
                return one(Inst(callee.name))  # its methods are unknown by name, which says more than unknown
        if isinstance(callee, Unknown):
            return callee.gives or one(callee)
        if isinstance(callee, Decorated) and callee.by is not None:
            decorated = self.inference.decorators.decorated_by(callee.by)
            return union([self.function_result(each) for each in decorated])
        if not isinstance(callee, (Ext, Member, Inst)):
            return unknown(f"the result of {describe(callee)}")
        entry = self._entry(callee)
        if entry is None:
            return unknown(f"the result of {describe(callee)}", of_call(callee))
        returned: Kinds = (
            typed(entry.returns, entry.items)
            if entry.returns
            else unknown(f"the result of {entry.name}", of_call(callee))
        )
        if entry.effect is Effect.ASYNC and entry.call_form.value in (
            "await",
            "await+async-for",
            "await+async-with",
        ):
            return one(Inst(COROUTINE, (returned,)))
        return returned

    def function_result(self, key: Key, types: tuple[tuple[str, Kinds], ...] = ()) -> Kinds:
        """What a call of a project function gives, coroutine or generator wrapper included."""
        return self.inference.solver.solve(
            ("returns", key, types), lambda: self._function_result(key, dict(types))
        )

    def _function_result(self, key: Key, types: dict[str, Kinds]) -> Kinds:
        scope = self.program.scope(key)
        parent = self.program.parent(key)
        annotations = self.inference.annotations
        declared = (
            annotations.instances(parent, scope.returns, types) if scope.returns is not None else NOTHING
        )
        if scope.has_yield:
            element = union([self.inference.kinds(key, value) for value in scope.yielded])
            if scope.returns is not None and is_known(promised := self.inference.iterated(declared)):
                element = promised
            kind = self.context_wrapper(key) or (ASYNC_GENERATOR if scope.is_async else GENERATOR)
            return one(Inst(kind, (clipped(element),)))
        is_all, found = says_all(declared), declared
        may_be_wrong = not types and names_classes(declared)  # a type variable stands for what is asked of it
        returned = self._returned(key) if not is_all or may_be_wrong else NOTHING
        if is_all:
            found |= self._of_streams(key, declared)
        if may_be_wrong and contradicts(self.inference.classes, declared, returned):
            found = returned
        elif not is_all:
            if is_known(declared):
                found = returned if is_outdone(declared, returned) else more_telling(declared, returned)
            elif is_known(returned) or not scope.returned or scope.returns is None:
                found = returned
            if not scope.returned and not declared:
                found = self._of_stub(key) if scope.is_stub else one(Inst(NONE))
            if types:
                found = frozenset(self._inside(key, kind, types) for kind in ordered(found))
        return one(Inst(COROUTINE, (found,))) if self._gives_coroutine(key, scope.is_async) else found

    def _of_streams(self, key: Key, declared: Kinds) -> Kinds:
        """What the body alone tells of what an annotation says: that it was got with `stream=True`."""
        streamed = self.program.catalogue.streamed_as
        names = {name for kind in declared if isinstance(kind, Inst) for name in streamed(kind.name)}
        given = self._returned(key) if names else NOTHING
        return frozenset(each for each in given if isinstance(each, Inst) and each.name in names)

    def _returned(self, key: Key) -> Kinds:
        scope = self.program.scope(key)
        pairs = zip(scope.returned, scope.returned_lines, strict=True)
        return union([self.inference.kinds(key, value, line) for value, line in pairs])

    def _of_stub(self, key: Key) -> Kinds:
        """A body that waits to be filled in gives nothing by itself where some class fills it in."""
        family = self.inference.classes.family(key)
        is_filled_in = any(not self.program.scope(member).is_stub for member in family)
        return NOTHING if is_filled_in else unknown("an abstract method")

    def _inside(self, outer: Key, kind: Kind, types: dict[str, Kinds]) -> Kind:
        """A function that is defined in `outer` knows its type variables."""
        if isinstance(kind, Fn) and not kind.types and self.program.parent(kind.key) == outer:
            return Fn(kind.key, kind.bound, tuple(sorted(types.items())))
        return kind

    def _gives_coroutine(self, key: Key, is_async: bool) -> bool:
        """A project decorator may put a coroutine function in the place of a `def`, or the reverse."""
        if not self.program.scope(key).decorators:
            return is_async
        made = self.inference.decorators.wrappers(key)
        return all(self.program.scope(each).is_async for each in made) if made else is_async

    def context_wrapper(self, key: Key) -> str | None:
        """The kind of context manager that a decorator makes of a generator."""
        if not self.program.scope(key).decorators:
            return None
        for kind in self.inference.classes.decorators(key):
            if isinstance(kind, Ext) and kind.name in _CONTEXT_DECORATORS:
                return _CONTEXT_DECORATORS[kind.name]
        return None


def _looks_like_class(name: str) -> bool:
    word = name.rpartition(".")[2].lstrip("_")
    return word[:1].isupper() and any(letter.islower() for letter in word)
