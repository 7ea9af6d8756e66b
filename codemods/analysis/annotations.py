"""Written types -> kinds of the values that they promise; `Annotated[..., Depends(f)]` and aliases included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import names
from .facts import Attr, Binary, Call, Const, Display, Either, Expr, How, Item, Name
from .kinds import (
    ASYNC_CONTEXT,
    ASYNC_GENERATOR,
    CONTEXT,
    COROUTINE,
    GENERATOR,
    NOTHING,
    Cls,
    Ext,
    Fn,
    Inst,
    Kinds,
    Obj,
    is_known,
    one,
    union,
    unknown,
)
from .program import CallKey, Key, Program

if TYPE_CHECKING:
    from .infer import Inference

_TRANSPARENT = {"Optional", "Union", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"}
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
_TYPING = ("typing.", "typing_extensions.", "collections.abc.", "contextlib.", "collections.")
_DEPENDS = {"fastapi.Depends", "fastapi.Security", "fastapi.params.Depends"}
_DEPTH = 12


class AnnotationReader:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def instances(self, key: Key, expr: Expr | None, depth: int = 0) -> Kinds:
        """The kinds of a value annotated with `expr`, which stands in scope `key`."""
        if expr is None or depth > _DEPTH:
            return NOTHING
        if isinstance(expr, Const):
            return one(Inst("builtins.NoneType")) if expr.type == "NoneType" else self._forward(key, expr, depth)
        if isinstance(expr, Binary) and expr.operator == "|":
            return self._without_none(
                [self.instances(key, expr.left, depth + 1), self.instances(key, expr.right, depth + 1)]
            )
        if isinstance(expr, Either):
            return union([self.instances(key, option, depth + 1) for option in expr.options])
        if isinstance(expr, Display):  # isinstance(x, (A, B)) or the arguments of a generic
            return self._without_none([self.instances(key, item, depth + 1) for item in expr.items])
        if isinstance(expr, Item):
            return self._generic(key, expr, depth)
        if isinstance(expr, Name):
            found = names.lookup(self.program, key, expr.id)
            if isinstance(found, list):
                alias = self._alias(found, depth)
                if alias is not None:
                    return alias
        return self._of_reference(key, expr, depth)

    def _forward(self, key: Key, expr: Const, depth: int) -> Kinds:
        return self.instances(key, Name(expr.text), depth + 1) if expr.text.isidentifier() else NOTHING

    def _without_none(self, parts: list[Kinds]) -> Kinds:
        kinds = union(parts)
        some = frozenset(k for k in kinds if not (isinstance(k, Inst) and k.name == "builtins.NoneType"))
        return some or kinds

    def _of_reference(self, key: Key, expr: Expr, depth: int) -> Kinds:
        parts: list[Kinds] = []
        for kind in sorted(self.inference.kinds(key, expr), key=repr):
            if isinstance(kind, Cls):
                parts.append(one(Obj(kind.key)))
            elif isinstance(kind, Ext):
                short = kind.name.rpartition(".")[2]
                if kind.name.startswith(_TYPING) and short in _CONTAINERS:
                    parts.append(one(Inst(_CONTAINERS[short])))
                elif kind.name in ("typing.Any", "builtins.object", "typing_extensions.Any"):
                    parts.append(unknown("annotated as Any"))
                else:
                    parts.append(one(Inst(kind.name)))
            elif isinstance(kind, (Inst, Obj)) and isinstance(expr, Name) and depth < _DEPTH:
                parts.append(unknown(f"{expr.id} is not a type"))  # a TypeVar, a NewType or a value
        return union(parts) or unknown("a type that cannot be read")

    def _alias(self, found: list[names.Bound], depth: int) -> Kinds | None:
        """`SessionDep = Annotated[Session, Depends(get_db)]`, `Users = list[User]`, imported or not."""
        for home, binding in found:
            value = binding.value
            if binding.how is How.ASSIGN and isinstance(value, (Item, Binary)):
                return self.instances(home, value, depth + 1)
            if binding.how is How.IMPORT and value is not None and not isinstance(value, (Item, Binary)):
                inner = names.imported(self.program, value, home.path)  # type: ignore[arg-type]
                if isinstance(inner, list) and depth < _DEPTH:
                    alias = self._alias(inner, depth + 1)
                    if alias is not None:
                        return alias
        return None

    def _generic(self, key: Key, expr: Item, depth: int) -> Kinds:
        arguments = expr.key.items if isinstance(expr.key, Display) and expr.key.type == "tuple" else (expr.key,)
        for kind in sorted(self.inference.kinds(key, expr.value), key=repr):
            if isinstance(kind, Cls):
                return one(Obj(kind.key))
            if not isinstance(kind, Ext):
                continue
            short = kind.name.rpartition(".")[2]
            if short == "Annotated":
                kinds = self.instances(key, arguments[0], depth + 1)
                if is_known(kinds):
                    return kinds
                for extra in arguments[1:]:
                    injected = self.injected(key, extra)
                    if injected:
                        return injected
                return kinds
            if short in _TRANSPARENT:
                return self._without_none([self.instances(key, a, depth + 1) for a in arguments])
            if short in ("Type", "type"):
                made = self.instances(key, arguments[0], depth + 1)
                return frozenset(Cls(k.key) if isinstance(k, Obj) else Ext(k.name) for k in made if isinstance(k, (Obj, Inst)))
            if short in ("Callable", "Literal", "Any", "TypeVar"):
                return unknown(f"annotated as {short}")
            name = _CONTAINERS.get(short, kind.name) if kind.name.startswith(_TYPING) else kind.name
            inner = tuple(self.instances(key, a, depth + 1) for a in arguments)
            if short in _FIRST:
                inner = inner[:1]
            elif name == COROUTINE:
                inner = inner[-1:]
            return one(Inst(name, inner))
        return unknown("a generic that cannot be read")

    def injected(self, key: Key, expr: Expr) -> Kinds:
        """What `Depends(f)` gives to the parameter; nothing when `expr` is no such call."""
        provider = self.provider(key, expr)
        if provider is None:
            return NOTHING
        parts: list[Kinds] = []
        for kind in sorted(provider, key=repr):
            result = self.inference.result(kind)
            if isinstance(kind, Fn):
                scope = self.program.scope(kind.key)
                if scope.has_yield:
                    result = self.inference.entered(result, scope.is_async) if self.inference.context_wrapper(kind.key) else self.inference.iterated(result)
                elif scope.is_async:
                    result = self.inference.awaited(result)
            parts.append(result)
        return union(parts)

    def provider(self, key: Key, expr: Expr) -> Kinds | None:
        """The kinds of `f` in `Depends(f)`; an empty set for a bare `Depends()`."""
        if not isinstance(expr, Call):
            return None
        call = CallKey(key.path, expr.index)
        if not any(isinstance(k, Ext) and k.name in _DEPENDS for k in self.inference.callees(call)):
            return None
        site = self.program.call(call)
        argument = site.args[0] if site.args else dict(site.keywords).get("dependency")
        if argument is None:
            return NOTHING
        return self.inference.kinds(Key(call.path, site.scope), argument, site.span.line)


__all__ = ["AnnotationReader", "Attr"]
