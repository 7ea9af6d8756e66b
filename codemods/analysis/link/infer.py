"""Expressions -> kinds: the questions of linking, each answered in a room of its own."""

from __future__ import annotations

from ..index.bindings import Binding, How, Import, ScopeKind
from ..index.expr import (
    Attr,
    Await,
    Binary,
    Call,
    Comprehension,
    Const,
    DictDisplay,
    Display,
    Either,
    Expr,
    Item,
    Joined,
    Lambda,
    Name,
    Opaque,
    Starred,
)
from . import names
from .absent import Absent
from .annotations.annotations import AnnotationReader
from .annotations.contradictions import contradicts, holds_objects, names_classes, says_class
from .classes.attributes import Attributes
from .classes.classes import Classes
from .decorators.decorators import Decorators
from .functions.parameters import Parameters
from .functions.results import Results
from .kinds import (
    BOUND_NOWHERE,
    GENERATOR,
    NOTHING,
    Cls,
    Ext,
    Fn,
    Inst,
    Kinds,
    Obj,
    clipped,
    one,
    union,
    unknown,
    without_none,
)
from .libraries.injection import Injection
from .libraries.relations import Relations
from .libraries.responses import Responses
from .program import CallKey, Key, Program
from .solver import Solver
from .values.containers import Containers
from .values.declared import more_telling, says_all
from .values.displays import Displays
from .values.growth import Growth
from .values.plain import is_of_json, of_json
from .words import Words

_COMPOSED = (Binary, Item)


class Inference:
    """Answers "what can this be?" for any expression of the program; answers are remembered."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.solver = Solver()
        self._composed: dict[tuple[Key, Expr, int], Kinds] = {}
        self.moments = names.Moments(program)
        self.classes = Classes(program, self)
        self.annotations = AnnotationReader(program, self)
        self.injection = Injection(program, self)
        self.containers = Containers(program, self)
        self.growth = Growth(program, self)
        self.decorators = Decorators(program, self)
        self.parameters = Parameters(program, self)
        self.words = Words(program, self)
        self.results = Results(program, self)
        self.displays = Displays(program, self)
        self.relations = Relations(program, self)
        self.responses = Responses(program, self)
        self.attributes = Attributes(program, self)
        self.absent = Absent(program, self)
        self.attribute = self.attributes.attribute
        self.parameter = self.parameters.parameter
        self.called = self.results.called
        self.callees = self.results.callees
        self.call_result = self.results.call_result
        self.result = self.results.result
        self.function_result = self.results.function_result
        self.context_wrapper = self.results.context_wrapper
        self.element = self.containers.element
        self.iterated = self.containers.iterated
        self.entered = self.containers.entered
        self.awaited = self.containers.awaited

    # expressions ------------------------------------------------------------------------------------------

    def kinds(self, key: Key, expr: Expr, line: int = 0) -> Kinds:
        """What `expr`, read in scope `key` at `line`, can be."""
        kind = type(expr)
        if kind is Name or kind is Attr:
            key, line = self.moments.same(key, expr, line)
            question = (key, expr, line)
            known = self.solver.answers.get(question)
            if known is not None:
                return known
            return self.solver.find(question, lambda: self._name_or_attribute(key, expr, line))  # type: ignore[arg-type]
        if kind is Call:
            return self.call_result(CallKey(key.path, expr.index))  # type: ignore[union-attr]
        if kind in _COMPOSED:
            whole = (key, expr, line)
            return self.solver.compose(self._composed, whole, lambda: self._compose(key, expr, line))
        return self._compose(key, expr, line)

    def _compose(self, key: Key, expr: Expr, line: int) -> Kinds:
        if isinstance(expr, Const):
            return one(Inst(f"builtins.{expr.type}"))
        if isinstance(expr, Joined):
            return one(Inst("builtins.str"))
        if isinstance(expr, Await):
            return self.awaited(self.kinds(key, expr.value, line))
        if isinstance(expr, (Display, DictDisplay)):
            return self.displays.display(key, expr, line)
        if isinstance(expr, Either):
            return union([self.kinds(key, option, line) for option in expr.options])
        if isinstance(expr, Binary):
            return self.displays.binary(key, expr, line)
        if isinstance(expr, Item):
            return self.displays.item(key, expr, line)
        if isinstance(expr, Comprehension):
            element = clipped(self.kinds(Key(key.path, expr.scope), expr.element, line))
            if expr.type == "generator":
                return one(Inst(GENERATOR, (element,)))
            return one(
                Inst(f"builtins.{expr.type}", (element,) if expr.type != "dict" else (NOTHING, element))
            )
        if isinstance(expr, Lambda):
            return one(Fn(Key(key.path, expr.scope)))
        if isinstance(expr, Starred):
            return self.kinds(key, expr.value, line)
        return unknown("an expression of unknown type")

    def _name_or_attribute(self, key: Key, expr: Name | Attr, line: int) -> Kinds:
        if isinstance(expr, Name):
            return self.name(key, expr.id, line)
        return self.attribute(self.kinds(key, expr.value, line), expr.attr)

    # names --------------------------------------------------------------------------------------------------

    def name(self, key: Key, name: str, line: int = 0) -> Kinds:
        found = names.lookup(self.program, key, name, line)
        if found is None:
            kinds = self.of_module(names.starred(self.program, key.path, name))
            if kinds:
                return kinds
            if names.is_builtin(name):
                return one(Ext(f"builtins.{name}"))
            star = next(names.unknown_stars(self.program, key.path), None)
            if star is not None:
                return one(Ext(f"{star}.{name}"))
            return unknown(f"the name {name} {BOUND_NOWHERE}")
        if isinstance(found, names.Parameter):
            return self.parameter(found.function, found.position)
        return self.bound(found)

    def bound(self, found: list[names.Bound]) -> Kinds:
        """The union of what bindings give; an annotation that says all decides alone, unless what is assigned
        are objects of other classes of the project."""
        annotated = union([self.binding(b) for b in found if b.binding.how is How.ANNOTATION])
        narrowed = union([self.binding(b) for b in found if b.binding.how is How.ISINSTANCE])
        is_all = says_all(annotated)
        if is_all and not self._may_be_wrong(found, annotated):
            return self._narrowed(annotated, narrowed)
        values = [b for b in found if b.binding.how not in (How.ISINSTANCE, How.ANNOTATION)]
        kinds = union([self.binding(b) for b in values])
        if values:
            kinds = self.growth.grown(without_none(kinds), values[0].binding.name, values[0].home)
        if is_all:
            is_wrong = holds_objects(kinds) and contradicts(self.classes, annotated, kinds)
            return self._narrowed(kinds if is_wrong else annotated, narrowed)
        return self._narrowed(more_telling(annotated, kinds), narrowed)

    def _may_be_wrong(self, found: list[names.Bound], annotated: Kinds) -> bool:
        """Not in the body of a class, where libraries read it: `owner: Owner = relationship()`."""
        in_class = any(self.program.scope(b.home).kind is ScopeKind.CLASS for b in found)
        return says_class(annotated) or (not in_class and names_classes(annotated))

    def _narrowed(self, kinds: Kinds, narrowed: Kinds) -> Kinds:
        """What is left of `kinds` where `isinstance` said yes: nothing, until something is known of them."""
        if not narrowed or not kinds:
            return kinds
        classes = {kind.key for kind in narrowed if isinstance(kind, Obj)}
        names_ = {kind.name for kind in narrowed if isinstance(kind, Inst)}
        left = frozenset(
            kind
            for kind in kinds
            if (isinstance(kind, Obj) and not classes.isdisjoint(self.classes.mro(kind.key)))
            or (isinstance(kind, Inst) and kind.name in names_)
        )
        if not left and is_of_json(kinds):
            return frozenset(map(of_json, narrowed))
        return left or narrowed

    def binding(self, bound: names.Bound) -> Kinds:
        home, binding = bound
        how = binding.how
        if how is How.PARAMETER:
            return self.parameter(home, binding.scope)
        if how is How.CLASS:
            return one(Cls(Key(home.path, binding.scope)))
        if how is How.DEF:
            function = Key(home.path, binding.scope)
            if not self.program.scope(function).decorators:
                return one(Fn(function))
        return self.solver.solve(bound, lambda: self._binding(home, binding))

    def _binding(self, home: Key, binding: Binding) -> Kinds:
        how, value = binding.how, binding.value
        if how is How.DEF:
            function = Key(home.path, binding.scope)
            if self.decorators.is_overload(function):
                return NOTHING
            return self.decorators.dispatched(function, one(Fn(function)))
        if isinstance(value, Import):
            kinds = self.of_module(names.imported(self.program, value, home.path))
            return kinds or NOTHING
        if binding.scope >= 0:  # by `global` or `nonlocal`, or in a comprehension
            home = Key(home.path, binding.scope)
        if value is None or isinstance(value, Opaque):
            return unknown(f"{binding.name} has no type that can be read")
        if how in (How.ANNOTATION, How.ISINSTANCE, How.EXCEPT):
            return self.annotations.instances(home, value)
        kinds = self.kinds(home, value, binding.line)
        if how in (How.WITH, How.ASYNC_WITH):
            kinds = self.entered(kinds, how is How.ASYNC_WITH)
        elif how in (How.FOR, How.ASYNC_FOR):
            kinds = self.iterated(kinds)
        elif how is How.AUGMENTED:
            return frozenset(kind for kind in kinds if isinstance(kind, Inst) and kind.args)
        for step in binding.path:
            element = self.element(kinds, None, step)
            kinds = one(Inst("builtins.list", (element,))) if step < 0 else element
        return kinds

    def of_module(self, result: list[names.Bound] | Kinds) -> Kinds:
        return self.bound(result) if isinstance(result, list) else result
