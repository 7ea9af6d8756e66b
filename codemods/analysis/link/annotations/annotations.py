"""Written types -> kinds of the values they promise; aliases and `Annotated[..., Depends(f)]` included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...index.bindings import How, Import, ScopeKind
from ...index.expr import Attr, Binary, Const, Display, Expr, Item, Name
from .. import names
from ..hierarchy import DECLARATIVE_BASES, arguments
from ..kinds import (
    ASYNC_CONTEXT,
    ASYNC_GENERATOR,
    CONTEXT,
    COROUTINE,
    GENERATOR,
    NONE,
    NOTHING,
    Cls,
    Ext,
    Fn,
    Inst,
    Kinds,
    Obj,
    Unknown,
    one,
    ordered,
    union,
    unknown,
    without_none,
)
from ..program import CallKey, Key, Program
from ..values.declared import more_telling, says_all
from .contradictions import contradicts, names_classes, names_library
from .variables import TypeVariables

if TYPE_CHECKING:
    from ..infer import Inference

_TRANSPARENT = {
    *("Optional", "Union", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar"),
    *("FromDishka", "Injected"),  # what a container fills in, of dishka and wireup
}
_CONTAINERS = {
    "List": "builtins.list",
    "Sequence": "builtins.list",
    "MutableSequence": "builtins.list",
    "Iterable": GENERATOR,
    "Iterator": GENERATOR,
    "Collection": "builtins.list",
    "Set": "builtins.set",
    "FrozenSet": "builtins.frozenset",
    "AbstractSet": "builtins.set",
    "Dict": "builtins.dict",
    "Mapping": "builtins.dict",
    "MutableMapping": "builtins.dict",
    "DefaultDict": "builtins.dict",
    "OrderedDict": "builtins.dict",
    "Tuple": "builtins.tuple",
    "Generator": GENERATOR,
    "AsyncGenerator": ASYNC_GENERATOR,
    "AsyncIterator": ASYNC_GENERATOR,
    "AsyncIterable": ASYNC_GENERATOR,
    "Coroutine": COROUTINE,
    "Awaitable": COROUTINE,
    "ContextManager": CONTEXT,
    "AbstractContextManager": CONTEXT,
    "AsyncContextManager": ASYNC_CONTEXT,
    "AbstractAsyncContextManager": ASYNC_CONTEXT,
}
_FIRST = {"Generator", "AsyncGenerator"}
_ANYTHING = {"Any", "Callable", "Literal", "Type", "TypeVar", "ParamSpec", "NoReturn", "Never", "Hashable"}
_SAYS_NOTHING = {
    *("builtins.object", "builtins.callable", "builtins.type", "builtins.any"),
    *("sqlalchemy.orm.DeclarativeMeta", "sqlalchemy.ext.declarative.DeclarativeMeta"),  # the class of models
}
_TYPES = {"typing.Type", "builtins.type"}
_MAPPED = {
    *("sqlalchemy.orm.Mapped", "sqlalchemy.orm.DynamicMapped", "sqlalchemy.orm.WriteOnlyMapped"),
    "sqlalchemy.ext.associationproxy.AssociationProxy",
}
_TYPING = ("typing.", "typing_extensions.", "collections.abc.", "contextlib.", "collections.")
_DEPTH = 12
NO_TYPES: Mapping[str, Kinds] = {}


class AnnotationReader:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self._known: dict[tuple[Key, Expr], Kinds] = {}
        self.variables = TypeVariables(program)
        self.variable = self.variables.variable
        self.is_type_variable = self.variables.is_type_variable

    def instances(
        self, key: Key, expr: Expr | None, types: Mapping[str, Kinds] = NO_TYPES, depth: int = 0
    ) -> Kinds:
        """The kinds of a value annotated with `expr` in scope `key`; `types` are type variables."""
        if expr is None:
            return NOTHING
        if types or depth:
            return self._read(key, expr, types, depth)
        # the fields of a model are asked for wherever one is sent
        return self.inference.solver.compose(
            self._known, (key, expr), lambda: self._read(key, expr, NO_TYPES, 0)
        )

    def _read(self, key: Key, expr: Expr, types: Mapping[str, Kinds], depth: int) -> Kinds:
        if depth > _DEPTH:
            return unknown("a type that is defined by itself")
        if isinstance(expr, Const):
            if expr.type in ("NoneType", "ellipsis"):
                return one(Inst(NONE)) if expr.type == "NoneType" else NOTHING
            return self._forward(key, expr, types, depth)
        if isinstance(expr, Binary) and expr.operator == "|":
            return self._any_of(key, (expr.left, expr.right), types, depth)
        if isinstance(expr, Display):  # isinstance(x, (A, B)) or the arguments of a generic
            return self._any_of(key, expr.items, types, depth)
        if isinstance(expr, Item):
            return self._generic(key, expr, types, depth)
        if isinstance(expr, Name):
            if expr.id in types:
                return types[expr.id]
            found = names.lookup(self.program, key, expr.id)
            if found is None and (bound := self.variables.type_parameter(key, expr.id)) is not None:
                return self.instances(key, bound, types, depth + 1) or unknown(
                    f"{expr.id} is a type variable"
                )
            if isinstance(found, list):
                alias = self._alias(found, types, depth)
                if alias is not None:
                    return alias
        return self._of_reference(key, expr)

    def _forward(self, key: Key, expr: Const, types: Mapping[str, Kinds], depth: int) -> Kinds:
        """A class named in a string."""
        first, *rest = expr.text.split(".")
        if not all(part.isidentifier() for part in (first, *rest)):
            return unknown("a type in a string")
        reference: Expr = Name(first)
        for part in rest:
            reference = Attr(reference, part)
        return self.instances(key, reference, types, depth + 1)

    def _any_of(self, key: Key, options: tuple[Expr, ...], types: Mapping[str, Kinds], depth: int) -> Kinds:
        return without_none(union([self.instances(key, each, types, depth + 1) for each in options]))

    def _of_reference(self, key: Key, expr: Expr) -> Kinds:
        parts: list[Kinds] = []
        for kind in self._named(key, expr):
            if isinstance(kind, Cls):
                parts.append(self._objects(kind.key, kind.args))
            elif isinstance(kind, Ext):
                parts.append(self._of_outside(key, kind.name))
            elif isinstance(kind, (Inst, Obj)):
                parts.append(unknown("a value is no type"))
            else:
                parts.append(
                    one(kind) if isinstance(kind, Unknown) else unknown("a type that cannot be read")
                )
        return union(parts) or unknown("a type that cannot be read")

    def _objects(self, cls: Key, args: tuple[Kinds, ...]) -> Kinds:
        """Those of a class; a protocol that is only called may as well stand for a function."""
        classes, found = self.inference.classes, one(Obj(cls, args=args))
        if not classes.hierarchy.is_only_called(cls):
            return found
        call = classes.method(cls, "__call__")
        return found | one(Unknown("a callable", self.inference.function_result(call) if call else NOTHING))

    def _named(self, key: Key, expr: Expr) -> Kinds:
        """In a class with a method `list`, or a field `date: date`, the type is the one that the module
        knows."""
        kinds = self.inference.kinds(key, expr)
        is_method = isinstance(expr, Name) and bool(kinds) and all(isinstance(kind, Fn) for kind in kinds)
        is_ours = is_method or (isinstance(expr, Name) and self._is_field(key, expr.id))
        return self.inference.kinds(Key(key.path, 0), expr) if is_ours else kinds

    def _is_field(self, key: Key, name: str) -> bool:
        """Is all that the class says of the name which type it has?"""
        if self.program.scope(key).kind is not ScopeKind.CLASS:
            return False
        found = names.lookup(self.program, key, name)
        return isinstance(found, list) and all(
            each.home == key and each.binding.how is How.ANNOTATION for each in found
        )

    def _of_outside(self, key: Key, name: str) -> Kinds:
        short = name.rpartition(".")[2]
        if name.startswith(_TYPING):
            if short in _CONTAINERS:
                return one(Inst(_CONTAINERS[short]))
            if short == "Self":
                cls = (
                    key
                    if self.program.scope(key).kind is ScopeKind.CLASS
                    else self.program.enclosing_class(key)
                )
                return one(Obj(cls)) if cls else unknown("Self outside of a class")
            if short in _ANYTHING or short in _TRANSPARENT:
                return unknown(f"annotated as {short}")
            if short in ("Text", "AnyStr", "LiteralString"):
                return one(Inst("builtins.str"))
        if name in _SAYS_NOTHING:
            return unknown(f"annotated as {short}")
        own = self.inference.classes.hierarchy.declarative if name in DECLARATIVE_BASES else ()
        return frozenset(map(Obj, own)) or one(Inst(name))

    def _alias(self, found: list[names.Bound], types: Mapping[str, Kinds], depth: int) -> Kinds | None:
        """`Dep = Annotated[Db, Depends(get_db)]`, `Users = list[User]`, `T = TypeVar("T")`, imported too."""
        for home, binding in found:
            value = binding.value
            if binding.how is How.ASSIGN and isinstance(value, (Item, Binary)):
                return self.instances(home, value, types, depth + 1)
            call = self.variables.call(home, binding) if binding.how is How.ASSIGN else None
            if call is not None:
                return self._of_variable(home, call, binding.name, types, depth)
            if binding.how is How.IMPORT and isinstance(value, Import):
                inner = names.imported(self.program, value, home.path)
                if isinstance(inner, list) and depth < _DEPTH:
                    alias = self._alias(inner, types, depth + 1)
                    if alias is not None:
                        return alias
        return None

    def _of_variable(
        self, home: Key, call: CallKey, name: str, types: Mapping[str, Kinds], depth: int
    ) -> Kinds:
        if name in types:
            return types[name]
        site = self.program.call(call)
        bound = dict(site.keywords).get("bound")
        if bound is not None:
            return self.instances(home, bound, types, depth + 1)
        if len(site.args) > 1:
            return self._any_of(home, site.args[1:], types, depth)
        return unknown(f"{name} is a type variable")

    def _generic(self, key: Key, expr: Item, types: Mapping[str, Kinds], depth: int) -> Kinds:
        given = arguments(expr)
        if isinstance(expr.value, Name):
            found = names.lookup(self.program, key, expr.value.id)
            alias = self._alias(found, types, depth) if isinstance(found, list) else None
            if alias is not None:
                return alias  # a generic alias: its arguments are not followed
        for kind in ordered(self._named(key, expr.value)):
            if isinstance(kind, Cls):
                args = tuple(self.instances(key, each, types, depth + 1) for each in given)
                has_variables = self.inference.classes.type_parameters(kind.key)
                return self._objects(kind.key, args if has_variables else ())
            if isinstance(kind, Ext):
                return self._of_outside_generic(key, kind, given, types, depth)
        return unknown("a generic that cannot be read")

    def _of_outside_generic(
        self, key: Key, kind: Ext, given: tuple[Expr, ...], types: Mapping[str, Kinds], depth: int
    ) -> Kinds:
        short = kind.name.rpartition(".")[2]
        if not given:
            # `tuple[()]`; of the others, what may be written in a string and never runs
            return one(Inst(kind.name)) if kind.name == "builtins.tuple" else unknown("a generic of nothing")
        if short == "Annotated":
            kinds = self.instances(key, given[0], types, depth + 1)
            if says_all(kinds) and not (names_classes(kinds) or names_library(kinds)):
                return kinds
            injected = union([self.inference.injection.injected(key, extra) for extra in given[1:]])
            is_wrong = contradicts(self.inference.classes, kinds, injected)
            return injected if is_wrong else kinds if says_all(kinds) else more_telling(kinds, injected)
        if short in _TRANSPARENT or kind.name in _MAPPED:
            return self._any_of(key, given, types, depth)
        if kind.name in _TYPES:
            return self._classes(self.instances(key, given[0], types, depth + 1))
        if short == "Literal" and all(isinstance(each, Const) for each in given):
            return frozenset(Inst(f"builtins.{each.type}") for each in given if isinstance(each, Const))
        if short == "Callable":
            return one(Unknown(f"annotated as {short}", self.instances(key, given[-1], types, depth + 1)))
        if short in _ANYTHING:
            return unknown(f"annotated as {short}")
        name = _CONTAINERS.get(short, kind.name) if kind.name.startswith(_TYPING) else kind.name
        inner = tuple(self.instances(key, each, types, depth + 1) for each in given)
        if name == "builtins.tuple" and len(inner) == 2 and not inner[1]:
            inner = inner[:1]  # tuple[T, ...]
        elif short in _FIRST:
            inner = inner[:1]
        elif name == COROUTINE:
            inner = inner[-1:]
        return one(Inst(name, inner))

    def _classes(self, instances: Kinds) -> Kinds:
        """`type[T]`: the class or any class below it."""
        parts: list[Kinds] = []
        for kind in instances:
            if isinstance(kind, Obj):
                below = self.inference.classes.subclasses.get(kind.key, ())
                parts.append(frozenset((Cls(kind.key, kind.args), *(Cls(each) for each in below))))
            else:
                parts.append(one(Ext(kind.name)) if isinstance(kind, Inst) else one(kind))
        return union(parts)
