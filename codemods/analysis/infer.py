"""Expressions -> kinds: the questions of linking, each answered in a room of its own."""

from __future__ import annotations

from collections.abc import Iterable

from . import names
from .annotations import AnnotationReader
from .classes import Classes
from .containers import Containers, literal
from .decorators import Decorators
from .facts import (
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
    How,
    Import,
    Item,
    Lambda,
    Name,
    Opaque,
    Starred,
)
from .hierarchy import arguments
from .kinds import (
    GENERATOR,
    NOTHING,
    Cls,
    Decorated,
    Ext,
    Fn,
    Inst,
    Kind,
    Kinds,
    Member,
    Mod,
    Obj,
    Unknown,
    clipped,
    is_known,
    is_known_inside,
    one,
    union,
    unknown,
    without_none,
)
from .parameters import Parameters
from .program import CallKey, Key, Program
from .results import Results, describe
from .solver import Solver

_KEPT_BY_BINARY = ("builtins.str", "builtins.int", "builtins.float", "builtins.bytes", "builtins.list")
OBJECT_ATTRIBUTES = {
    "__dict__": "builtins.dict",
    "__name__": "builtins.str",
    "__qualname__": "builtins.str",
    "__module__": "builtins.str",
    "__doc__": "builtins.str",
}
_MAX_ITEMS = 32
_STATE = "starlette.datastructures.State"
_APPS = {"fastapi.FastAPI", "starlette.applications.Starlette"}
_STATE_OWNERS = ("fastapi.", "starlette.")
_OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "@": "matmul",
    "|": "or",
    "&": "and",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
    "**": "pow",
}


class Inference:
    """Answers "what can this be?" for any expression of the program; answers are remembered."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.solver = Solver()
        self.classes = Classes(program, self)
        self.annotations = AnnotationReader(program, self)
        self.containers = Containers(program, self)
        self.decorators = Decorators(program, self)
        self.parameters = Parameters(program, self)
        self.results = Results(program, self)
        self.parameter = self.parameters.parameter
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
        if isinstance(expr, (Name, Attr)):
            return self.solver.solve(
                (key.path, key.scope, expr, line), lambda: self._name_or_attribute(key, expr, line)
            )
        if isinstance(expr, Call):
            return self.call_result(CallKey(key.path, expr.index))
        if isinstance(expr, Const):
            return one(Inst(f"builtins.{expr.type}"))
        if isinstance(expr, Await):
            return self.awaited(self.kinds(key, expr.value, line))
        if isinstance(expr, (Display, DictDisplay)):
            return self._display(key, expr, line)
        if isinstance(expr, Either):
            return union([self.kinds(key, option, line) for option in expr.options])
        if isinstance(expr, Binary):
            return self._binary(key, expr, line)
        if isinstance(expr, Item):
            return self._item(key, expr, line)
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

    def _display(self, key: Key, expr: Display | DictDisplay, line: int) -> Kinds:
        if isinstance(expr, DictDisplay):
            return self._dictionary(key, expr, line)
        parts = tuple(
            clipped(
                self.iterated(self.kinds(key, item.value, line))
                if isinstance(item, Starred)
                else self.kinds(key, item, line)
            )
            for item in expr.items
        )
        has_star = any(isinstance(item, Starred) for item in expr.items)
        if expr.type == "tuple" and not has_star and len(parts) <= _MAX_ITEMS:
            return one(Inst("builtins.tuple", parts))
        name = "builtins.list" if expr.type == "tuple" else f"builtins.{expr.type}"
        numbered = () if has_star or expr.type == "set" else enumerate(parts)
        return one(Inst(name, (union(list(parts)),), _worth_telling_apart(numbered)))

    def _dictionary(self, key: Key, expr: DictDisplay, line: int) -> Kinds:
        keys = [literal(each) for each in expr.keys]
        values = [clipped(self.kinds(key, value, line)) for value in expr.values]
        # `{**other}` has an opaque key
        whole = union(
            [
                self.element(value, None) if isinstance(word, Opaque) else value
                for word, value in zip(expr.keys, values, strict=True)
            ]
        )
        named = [(word, value) for word, value in zip(keys, values, strict=True) if word is not None]
        is_whole = not any(isinstance(word, Opaque) for word in expr.keys)
        return one(Inst("builtins.dict", (NOTHING, whole), _worth_telling_apart(named) if is_whole else ()))

    def _item(self, key: Key, expr: Item, line: int) -> Kinds:
        owners = self.kinds(key, expr.value, line)
        parts = []
        for owner in owners:
            if isinstance(owner, Cls):
                given = tuple(self.annotations.instances(key, each) for each in arguments(expr))
                parts.append(
                    one(Cls(owner.key, given)) if self.classes.type_parameters(owner.key) else one(owner)
                )
            else:
                parts.append(self.element(one(owner), expr.key))
        return union(parts)

    def _binary(self, key: Key, expr: Binary, line: int) -> Kinds:
        left = self.kinds(key, expr.left, line)
        right = self.kinds(key, expr.right, line)
        for side in (left, right):
            for kind in side:
                if isinstance(kind, Inst) and (
                    kind.name in _KEPT_BY_BINARY or kind.name.startswith("pathlib.")
                ):
                    return one(kind)
        word = _OPERATORS.get(expr.operator)
        for side, prefix in ((left, ""), (right, "r")):
            found = [
                self.classes.method_result(kind, f"__{prefix}{word}__")
                for kind in side
                if isinstance(kind, Obj) and self.classes.method(kind.key, f"__{prefix}{word}__")
            ]
            if found:
                return union(found)
        return left if is_known(left) and expr.operator == "|" else unknown("the result of an operator")

    # names --------------------------------------------------------------------------------------------------

    def name(self, key: Key, name: str, line: int = 0) -> Kinds:
        found = names.lookup(self.program, key, name, line)
        if found is None:
            kinds = self._of_module(names.starred(self.program, key.path, name))
            if kinds:
                return kinds
            if names.is_builtin(name):
                return one(Ext(f"builtins.{name}"))
            star = next(names.unknown_stars(self.program, key.path), None)
            if star is not None:
                return one(Ext(f"{star}.{name}"))
            return unknown(f"the name {name} is bound nowhere")
        if isinstance(found, names.Parameter):
            return self.parameter(found.function, found.position)
        return self.bound(found)

    def bound(self, found: list[names.Bound]) -> Kinds:
        """The union of what bindings give; an annotation decides alone where there is one."""
        annotated = union([self.binding(b) for b in found if b.binding.how is How.ANNOTATION])
        narrowed = union([self.binding(b) for b in found if b.binding.how is How.ISINSTANCE])
        if is_known_inside(annotated):
            return self._narrowed(annotated, narrowed)
        values = [b for b in found if b.binding.how not in (How.ISINSTANCE, How.ANNOTATION)]
        kinds = union([self.binding(b) for b in values])
        if values:
            kinds = self.containers.grown(without_none(kinds), values[0].binding.name, values[0].home)
        if annotated and not (kinds and is_known_inside(kinds)):
            kinds = annotated if is_known(annotated) or not kinds else kinds
        return self._narrowed(kinds, narrowed)

    def _narrowed(self, kinds: Kinds, narrowed: Kinds) -> Kinds:
        """What is left of `kinds` where `isinstance` said yes."""
        if not narrowed:
            return kinds
        classes = {kind.key for kind in narrowed if isinstance(kind, Obj)}
        names_ = {kind.name for kind in narrowed if isinstance(kind, Inst)}
        left = frozenset(
            kind
            for kind in kinds
            if (isinstance(kind, Obj) and not classes.isdisjoint(self.classes.mro(kind.key)))
            or (isinstance(kind, Inst) and kind.name in names_)
        )
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
        question = (
            "binding",
            home,
            binding.name,
            binding.line,
            how,
            binding.path,
            binding.scope,
            binding.value,
        )
        return self.solver.solve(question, lambda: self._binding(home, binding))

    def _binding(self, home: Key, binding: names.Binding) -> Kinds:
        how, value = binding.how, binding.value
        if how is How.DEF:
            function = Key(home.path, binding.scope)
            if self.decorators.is_overload(function):
                return NOTHING
            return self.decorators.dispatched(function, one(Fn(function)))
        if isinstance(value, Import):
            kinds = self._of_module(names.imported(self.program, value, home.path))
            return kinds or NOTHING
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

    def _of_module(self, result: list[names.Bound] | Kinds) -> Kinds:
        return self.bound(result) if isinstance(result, list) else result

    # attributes -------------------------------------------------------------------------------------------

    def attribute(self, owners: Kinds, attr: str) -> Kinds:
        return union([self._attribute_of(owner, attr) for owner in owners])

    def _attribute_of(self, owner: Kind, attr: str) -> Kinds:
        if isinstance(owner, Unknown):
            return one(owner)
        if attr in OBJECT_ATTRIBUTES and isinstance(owner, (Obj, Cls, Fn)):
            return one(Inst(OBJECT_ATTRIBUTES[attr]))
        if isinstance(owner, Obj):
            if attr == "__class__":
                return one(Cls(owner.key, owner.args))
            return self.classes.instance_attribute(
                owner.key, attr, skip_own=owner.is_super, args=owner.args, exact=owner.is_exact
            )
        if isinstance(owner, Cls):
            return self.classes.class_attribute(owner.key, attr, owner.args)
        if isinstance(owner, (Ext, Inst, Member)):
            return self._outside(owner, attr)
        if isinstance(owner, Mod):
            kinds = self._of_module(names.module_attribute(self.program, owner, attr))
            return kinds | self._patched(owner, attr) or unknown(f"{owner.name} has no {attr}")
        if isinstance(owner, Decorated):
            return unknown(f"the attribute {attr} of a decorated function")
        if attr in ("func", "__wrapped__", "__func__"):
            return one(owner)
        made = self.decorators.put_in_its_place(owner.key)
        return self._attribute_of(made, attr) if made else unknown(f"an attribute {attr} of a function")

    def _outside(self, owner: Ext | Inst | Member, attr: str) -> Kinds:
        catalogue = self.program.catalogue
        name = f"{owner.owner}.{owner.attr}" if isinstance(owner, Member) else owner.name
        if isinstance(owner, Inst) and name == _STATE:
            return self._state(attr)
        if attr == "state" and not isinstance(owner, Ext) and name.startswith(_STATE_OWNERS):
            return one(Inst(_STATE))
        typed = catalogue.attribute_type(name, attr)
        if typed:
            return one(Inst(typed))
        return (
            one(Ext(catalogue.canonical(f"{name}.{attr}")))
            if isinstance(owner, Ext)
            else one(Member(name, attr))
        )

    def _state(self, attr: str) -> Kinds:
        """`app.state.x`: whatever is assigned to an `x` of some `state`."""
        parts = [
            self.kinds(Key(path, found.scope), found.value, found.line)
            for path, found in self.program.attributes_by_name.get(attr, ())
            if isinstance(found.target, Attr) and found.target.attr == "state" and found.value is not None
        ]
        return without_none(union(parts)) or unknown(f"nothing is assigned to state.{attr}")

    def _patched(self, module: Mod, attr: str) -> Kinds:
        """`module.attr = value` somewhere in the program."""
        parts = [
            self.kinds(Key(path, found.scope), found.value, found.line)
            for path, found in self.program.attributes_by_name.get(attr, ())
            if found.value is not None
            and any(
                isinstance(kind, Mod) and kind.name == module.name
                for kind in self.kinds(Key(path, found.scope), found.target, found.line)
            )
        ]
        return union(parts)


def _worth_telling_apart(items: Iterable[tuple[str | int, Kinds]]) -> tuple[tuple[str | int, Kinds], ...]:
    """The items of a table of functions, classes or objects; plain data is one heap."""
    found = tuple(items)
    if len(found) > _MAX_ITEMS:
        return ()
    has_code = any(_has_code(kinds) for _, kinds in found)
    return found if has_code else ()


def _has_code(kinds: Kinds) -> bool:
    return any(
        isinstance(kind, (Fn, Cls, Obj)) or (isinstance(kind, Inst) and any(_has_code(each) for each in kind.args))
        for kind in kinds
    )


__all__ = ["Inference", "describe"]
