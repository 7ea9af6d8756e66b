"""Bases of the project's classes, the order of look-up, and what type variables stand for in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ..index.bindings import How
from ..index.expr import Call, Display, Expr, Item, Name, Opaque
from .kinds import Cls, Ext, Inst, Kinds, Member, ordered
from .program import CallKey, Key, Program

if TYPE_CHECKING:
    from .infer import Inference

PLAIN_BASES = (
    "builtins.object",
    "abc.ABC",
    "typing.Generic",
    "typing.Protocol",
    "typing_extensions.Protocol",
)
_PROTOCOLS = ("typing.Protocol", "typing_extensions.Protocol")
_GENERIC = ("typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "typing_extensions.Generic")
_PLAINLY = {
    "typing.TypedDict": "builtins.dict",
    "typing_extensions.TypedDict": "builtins.dict",
    "typing.NamedTuple": "builtins.tuple",
}
"""What such a class is at run time."""
_BASE_MAKERS = {
    "sqlalchemy.orm.as_declarative": "sqlalchemy.orm.DeclarativeBase",
    "sqlalchemy.orm.registry.as_declarative_base": "sqlalchemy.orm.DeclarativeBase",
}
"""Class decorators that give a class a base."""
DECLARATIVE_BASES = frozenset({"sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta"})
Base = Key | str | None
"""A class of the project, a dotted name outside of it, or None for what cannot be told."""


class Hierarchy:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self._bases: dict[Key, tuple[Base, ...]] = {}
        self._mro: dict[Key, tuple[Base, ...]] = {}
        self._metaclasses: dict[Key, Key | None] = {}
        self._parameters: dict[Key, tuple[str, ...]] = {}
        self._types: dict[tuple[Key, tuple[Kinds, ...]], Mapping[Key, Mapping[str, Kinds]]] = {}

    def bases(self, cls: Key) -> tuple[Base, ...]:
        if cls not in self._bases:
            self._bases[cls] = ()
            found: list[Base] = []
            for expr in self.program.scope(cls).bases:
                kinds = self.inference.kinds(
                    self.program.parent(cls), expr, self.program.scope(cls).span.line
                )
                if isinstance(expr, Opaque) or not kinds:
                    found.append(None)
                for kind in ordered(kinds):
                    if isinstance(kind, Cls):
                        found.append(kind.key)
                    elif isinstance(kind, Ext) or (
                        isinstance(kind, Inst) and self.program.catalogue.is_class(kind.name)
                    ):
                        found.append(
                            _PLAINLY.get(kind.name, kind.name)
                        )  # `Base = declarative_base()` is an instance to us
                    else:
                        found.append(None)
            self._bases[cls] = tuple(found)  # to tell what a decorator is, all classes may be looked at
            found += self._from_decorators(cls)
            self._bases[cls] = tuple(dict.fromkeys(base for base in found if base != cls))
        return self._bases[cls]

    def _from_decorators(self, cls: Key) -> list[Base]:
        """`@as_declarative()`: called or not, by the name of what stands behind the `@`."""
        found: list[Base] = []
        for expr in self.program.scope(cls).decorators:
            func = self.program.call(CallKey(cls.path, expr.index)).func if isinstance(expr, Call) else expr
            for kind in self.inference.kinds(self.program.parent(cls), func):
                name = f"{kind.owner}.{kind.attr}" if isinstance(kind, Member) else getattr(kind, "name", "")
                if name in _BASE_MAKERS:
                    found.append(_BASE_MAKERS[name])
        return found

    def mro(self, cls: Key) -> tuple[Base, ...]:
        """C3, as Python has it; where that fails (a union of bases), depth first and the last place wins."""
        if cls not in self._mro:
            bases = self.bases(cls)
            self._mro[cls] = (cls,)  # an inheritance loop ends here
            lists: list[list[Base]] = [
                [step for step in (self.mro(base) if isinstance(base, Key) else (base,)) if step != cls]
                for base in bases
            ]
            merged = _merge([*lists, list(bases)])
            if merged is None:
                backwards = dict.fromkeys(step for line in reversed(lists) for step in reversed(line))
                merged = list(backwards)[::-1]
            self._mro[cls] = (cls, *merged)
        return self._mro[cls]

    def external_bases(self, cls: Key) -> tuple[str, ...]:
        return tuple(base for base in self.mro(cls) if isinstance(base, str))

    def is_a(self, cls: Key, name: str) -> bool:
        bases = self.program.catalogue.bases
        return any(isinstance(base, str) and (base == name or name in bases(base)) for base in self.mro(cls))

    def metaclass(self, cls: Key) -> Key | None:
        """The class of the project that the class itself is an instance of."""
        if cls not in self._metaclasses:
            self._metaclasses[cls] = None
            self._metaclasses[cls] = next(self._metaclass(cls), None)
        return self._metaclasses[cls]

    def _metaclass(self, cls: Key) -> Iterator[Key]:
        for step in self.mro(cls):
            given = dict(self.program.scope(step).keywords) if isinstance(step, Key) else {}
            if isinstance(step, Key) and "metaclass" in given:
                kinds = ordered(self.inference.kinds(self.program.parent(step), given["metaclass"]))
                yield from (kind.key for kind in kinds if isinstance(kind, Cls))

    @cached_property
    def made_by(self) -> Mapping[Key, tuple[Key, ...]]:
        """Metaclass, or one above it -> the classes that are its instances."""
        table: dict[Key, list[Key]] = defaultdict(list)
        for cls in self.program.classes():
            meta = self.metaclass(cls)
            for step in self.mro(meta) if meta is not None else ():
                if isinstance(step, Key):
                    table[step].append(cls)
        return {meta: tuple(found) for meta, found in table.items()}

    def fields(self, cls: Key) -> tuple[str, ...]:
        """The names that are annotated in the class and its bases, in order."""
        return tuple(
            dict.fromkeys(
                binding.name
                for step in reversed(self.mro(cls))
                if isinstance(step, Key)
                for binding in self.program.scope(step).bindings
                if binding.how is How.ANNOTATION
            )
        )

    @cached_property
    def subclasses(self) -> Mapping[Key, tuple[Key, ...]]:
        """Class -> all project classes below it; below a Protocol are all that have its methods."""
        table: dict[Key, list[Key]] = defaultdict(list)
        for cls in self.program.classes():
            if self.program.scope(cls).bases:
                for base in self.mro(cls)[1:]:
                    if isinstance(base, Key):
                        table[base].append(cls)
        for protocol, found in self.implementers.items():
            table[protocol] += [cls for cls in found if cls not in table[protocol]]
        return {base: tuple(found) for base, found in table.items()}

    @cached_property
    def declarative(self) -> frozenset[Key]:
        """`class Base(DeclarativeBase)`: what is said to be of the library's class is of one of these."""
        return frozenset(
            cls
            for cls in self.program.classes()
            if self.program.scope(cls).bases and not DECLARATIVE_BASES.isdisjoint(self.bases(cls))
        )

    @cached_property
    def implementers(self) -> Mapping[Key, tuple[Key, ...]]:
        """Protocol -> the classes that have its methods without naming it as a base."""
        protocols = {
            cls: methods
            for cls in self.program.classes()
            if self.is_protocol(cls) and (methods := self._method_names(cls, cls))
        }
        if not protocols:
            return {}
        known = {cls: self._method_names(cls) for cls in self.program.classes() if not self.is_protocol(cls)}
        return {
            protocol: tuple(
                cls for cls, own in known.items() if methods <= own and protocol not in self.mro(cls)
            )
            for protocol, methods in protocols.items()
        }

    def is_protocol(self, cls: Key) -> bool:
        return any(base in _PROTOCOLS for base in self.bases(cls))

    def is_only_called(self, cls: Key) -> bool:
        """A protocol without any method but `__call__`."""
        own = self.program.modules[cls.path].names[cls.scope]
        return "__call__" in own and self.is_protocol(cls) and not self._method_names(cls, cls)

    def _method_names(self, cls: Key, protocol: Key | None = None) -> frozenset[str]:
        """The names of its methods, inherited ones included, dunders apart."""
        return frozenset(
            name
            for step in self.mro(cls)
            if isinstance(step, Key) and (protocol is None or self.is_protocol(step))
            for name, bindings in self.program.modules[step.path].names[step.scope].items()
            if not name.startswith("__") and any(binding.how is How.DEF for binding in bindings)
        )

    # type variables -----------------------------------------------------------------------------------------

    def type_parameters(self, cls: Key) -> tuple[str, ...]:
        """`class Repository(Generic[T])`: the variables in their order."""
        if cls not in self._parameters:
            self._parameters[cls] = ()
            scope = self.program.scope(cls)
            found = [name for name, _ in scope.type_parameters]
            given = [
                arguments(base)
                for base in scope.bases
                if isinstance(base, Item) and self._is_generic(cls, base)
            ]
            if not given:
                given = [arguments(base) for base in scope.bases if isinstance(base, Item)]
            for names in given:
                found += [n.id for n in names if isinstance(n, Name) and self.is_variable(cls, n.id)]
            self._parameters[cls] = tuple(dict.fromkeys(found))
        return self._parameters[cls]

    def _is_generic(self, cls: Key, base: Item) -> bool:
        kinds = self.inference.kinds(self.program.parent(cls), base.value)
        return any(isinstance(kind, Ext) and kind.name in _GENERIC for kind in kinds)

    def is_variable(self, key: Key, name: str) -> bool:
        return self.inference.annotations.is_type_variable(self.program.parent(key), name)

    def types(self, cls: Key, step: Key, args: tuple[Kinds, ...]) -> Mapping[str, Kinds]:
        """What the variables of `step`, a base of `cls[args]`, stand for."""
        memo = (cls, args)
        if memo not in self._types:
            self._types[memo] = {}
            found: dict[Key, Mapping[str, Kinds]] = {}
            own = dict(zip(self.type_parameters(cls), args, strict=False))
            self._spread(cls, own, found)
            self._types[memo] = found
        return self._types[memo].get(step, {})

    def _spread(self, cls: Key, own: Mapping[str, Kinds], found: dict[Key, Mapping[str, Kinds]]) -> None:
        if cls in found:
            return
        found[cls] = own
        parent = self.program.parent(cls)
        for base in self.program.scope(cls).bases:
            kinds = self.inference.kinds(parent, base.value if isinstance(base, Item) else base)
            for kind in ordered(kinds):
                if not isinstance(kind, Cls):
                    continue
                given = (
                    tuple(self.inference.annotations.instances(parent, each, own) for each in arguments(base))
                    if isinstance(base, Item)
                    else kind.args
                )
                self._spread(kind.key, dict(zip(self.type_parameters(kind.key), given, strict=False)), found)


def arguments(expr: Item) -> tuple[Expr, ...]:
    """`X[a, b]` -> a and b."""
    return expr.key.items if isinstance(expr.key, Display) and expr.key.type == "tuple" else (expr.key,)


def _merge(lists: list[list[Base]]) -> list[Base] | None:
    """The merge of C3; None where no order keeps all promises."""
    order: list[Base] = []
    lists = [line for line in lists if line]
    while lists:
        for line in lists:
            head = line[0]
            if not any(head in other[1:] for other in lists):
                break
        else:
            return None
        order.append(head)
        lists = [[step for step in line if step != head] for line in lists]
        lists = [line for line in lists if line]
    return order
