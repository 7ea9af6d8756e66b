"""Decorators of the project: what they put in the place of a function, and on which functions they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ....catalogue import Effect
from ...index.bindings import ScopeKind
from ...index.expr import last_name
from ..kinds import NOTHING, Cls, Decorated, Ext, Fn, Inst, Kinds, Member, Obj, one, ordered, union
from ..program import Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

CACHES = ("functools.lru_cache", "functools.cache")
ALL_CACHES = (*CACHES, "async_lru.alru_cache")
_CHECKS_OF_FUNCTIONS = frozenset({"iscoroutinefunction", "is_async_callable"})
COROUTINE_CHECKS = _CHECKS_OF_FUNCTIONS | {"isawaitable", "iscoroutine"}
_DISPATCH = {"functools.singledispatch", "functools.singledispatchmethod"}
_STUBS = {"typing.overload", "typing_extensions.overload"}


class Decorators:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self._wrappers: dict[Key, tuple[Key, ...]] = {}
        self._decorated: dict[Key, tuple[Key, ...]] = {}
        self._called_in: dict[Key, frozenset[str]] = {}

    # from the function ------------------------------------------------------------------------------------

    def wrappers(self, function: Key) -> tuple[Key, ...]:
        """The functions that run in the place of `function` when it is called by its name."""
        known = self._wrappers.get(function)
        if known is not None:
            return known
        if not self.program.scope(function).decorators:
            return ()
        return self.inference.solver.compose(
            self._wrappers, function, lambda: _functions(self._in_its_place(function))
        )

    def is_replaced(self, function: Key) -> bool:
        """Does only a wrapper run it?"""
        return bool(self.wrappers(function)) and not _keeps(self._in_its_place(function))

    def _in_its_place(self, function: Key) -> Kinds:
        return self.inference.solver.solve(("in its place", function), lambda: self._replacements(function))

    def _replacements(self, function: Key) -> Kinds:
        scope = self.program.scope(function)
        parts: list[Kinds] = []
        is_kept = True
        for decorator in scope.decorators:
            for kind in self.inference.kinds(self.program.parent(function), decorator, scope.span.line):
                made = self._made_of(kind, function)
                keys = [key for each in made if (key := self._runs(each)) is not None and key != function]
                parts.append(frozenset(Fn(key) for key in keys))
                is_kept = is_kept and (not keys or _keeps(made))
        return union(parts) | (one(Decorated()) if is_kept else NOTHING)

    def outermost(self, function: Key) -> tuple[Key, ...]:
        """What a call by the function's name enters first, when a decorator of the project put it there."""
        return self._below(function, 0)

    def inside(self, decorator: Key, wrapper: Key) -> tuple[Key, ...]:
        """What `wrapper`, made by `decorator`, calls as the function it was given."""
        found: dict[Key, None] = {}
        for function in self._under(decorator, wrapper):
            position = self._position(function, decorator)
            inner = [key for key in self._below(function, position + 1) if key != wrapper]
            found.update(dict.fromkeys(inner or [function]))
        return tuple(found)

    def _below(self, function: Key, first: int) -> tuple[Key, ...]:
        """The wrappers of the first decorator from `first` on that has any."""
        scope = self.program.scope(function)
        for decorator in scope.decorators[first:]:
            kinds = ordered(self.inference.kinds(self.program.parent(function), decorator, scope.span.line))
            made = (each for kind in kinds for each in ordered(self._made_of(kind, function)))
            keys = (key for each in made if (key := self._runs(each)) is not None and key != function)
            if found := tuple(dict.fromkeys(keys)):
                return found
        return ()

    def _position(self, function: Key, decorator: Key) -> int:
        scope = self.program.scope(function)
        for position, expr in enumerate(scope.decorators):
            kinds = self.inference.kinds(self.program.parent(function), expr, scope.span.line)
            if any(self._comes_to(kind, decorator) for kind in kinds):
                return position
        return len(scope.decorators)

    def _made_of(self, decorator: object, function: Key) -> Kinds:
        """What a decorator makes of this one: of two wrappers the one of its kind, if it asks for that."""
        made = self._made(decorator)
        if not isinstance(decorator, Fn) or not self._asks(decorator.key, _CHECKS_OF_FUNCTIONS):
            return made
        alike = self.program.scope(function).is_async
        others = {k for k in made if isinstance(k, Fn) and self.program.scope(k.key).is_async is not alike}
        return made.difference(others) or made

    def _under(self, decorator: Key, wrapper: Key) -> tuple[Key, ...]:
        """The functions on which it stands, if this wrapper is for them."""
        found = self.decorated_by(decorator)
        if Fn(wrapper) not in self._made(Fn(decorator)):
            return found
        return tuple(each for each in found if Fn(wrapper) in self._made_of(Fn(decorator), each))

    def _made(self, decorator: object) -> Kinds:
        """What a decorator of the project gives back."""
        if isinstance(decorator, Fn):
            # `return partial(decorator, ...)` is for `@decorator(...)`: given a function, it is not taken
            made = self.inference.function_result(decorator.key)
            return frozenset(
                each for each in made if not (isinstance(each, Fn) and each.key == decorator.key)
            )
        if isinstance(decorator, Cls):
            return one(Obj(decorator.key, is_exact=True))
        if isinstance(decorator, Obj):
            return self.inference.classes.method_result(decorator, "__call__")
        return NOTHING

    def _runs(self, made: object) -> Key | None:
        if isinstance(made, Fn):
            return made.key
        if isinstance(made, Obj):
            return self.inference.classes.method(made.key, "__call__")
        return None

    def put_in_its_place(self, function: Key) -> Inst | None:
        """The object that a decorator of a known library makes of a function: a task of Taskiq or Celery."""
        for kind in ordered(self.inference.classes.decorators(function)):
            name = (
                kind.name
                if isinstance(kind, Ext)
                else f"{kind.owner}.{kind.attr}"
                if isinstance(kind, Member)
                else ""
            )
            entry = self.program.catalogue.find(name) if name else None
            if entry is not None and entry.returns:
                return Inst(entry.returns)
        return None

    def dispatched(self, function: Key, found: Kinds) -> Kinds:
        """What runs by a function's name; of `@singledispatch`, any of the registered functions may."""
        made = self.put_in_its_place(function)
        entry = self.program.catalogue.find_method(made.name, "__call__") if made is not None else None
        if made is not None and entry is not None and entry.effect is Effect.ASYNC:
            return one(made)  # `@sync_to_async`
        kinds = self.inference.classes.decorators(function)
        if not any(isinstance(kind, Ext) and kind.name in _DISPATCH for kind in kinds):
            return found
        name = self.program.scope(function).name
        parts = [found]
        for key in self.program.decorators_by_name.get("register", ()):
            for expr in self.program.scope(key).decorators:
                func = getattr(self._called(key.path, expr), "value", None)
                if getattr(func, "attr", None) == name or getattr(func, "id", None) == name:
                    parts.append(one(Fn(key)))
        for call in self.program.calls_by_name.get("register", ()):
            site = self.program.call(call)
            owner = getattr(site.func, "value", None)
            if len(site.args) == 2 and name in (getattr(owner, "attr", None), getattr(owner, "id", None)):
                given = self.inference.kinds(Key(call.path, site.scope), site.args[1], site.span.line)
                parts.append(frozenset(kind for kind in given if isinstance(kind, Fn)))
        return union(parts)

    def _called(self, path: str, expr: object) -> object:
        index = getattr(expr, "index", None)
        return expr if index is None else self.program.modules[path].facts.calls[index].func

    def is_cached(self, function: Key, caches: Sequence[str] = CACHES) -> bool:
        """`@lru_cache`."""
        kinds = self.inference.classes.decorators(function)
        return any(isinstance(kind, Ext) and kind.name in caches for kind in kinds)

    def is_overload(self, function: Key) -> bool:
        """Only a signature for type checkers."""
        if not self.program.scope(function).decorators:
            return False
        kinds = self.inference.classes.decorators(function)
        return any(isinstance(kind, Ext) and kind.name in _STUBS for kind in kinds)

    def overloads(self, function: Key) -> tuple[Key, ...]:
        """The signatures that stand above it."""
        scope = self.program.scope(function)
        others = ((key, self.program.scope(key)) for key in self.program.functions_of(function.path))
        alike = (k for k, each in others if (each.parent, each.name) == (scope.parent, scope.name))
        return tuple(key for key in alike if key != function and self.is_overload(key))

    # from the decorator -----------------------------------------------------------------------------------

    def is_decorator(self, key: Key) -> bool:
        """Is it put on functions: by its own name, or as what a factory of decorators returns?"""
        return bool(self.decorated_by(key))

    def asks_for_coroutines(self, decorator: Key) -> bool:
        """`if inspect.iscoroutinefunction(func)`: it has a way for both."""
        return self._asks(decorator, COROUTINE_CHECKS)

    def _asks(self, decorator: Key, checks: frozenset[str]) -> bool:
        if decorator not in self._called_in:
            facts = self.program.modules[decorator.path].facts
            span = self.program.scope(decorator).span
            names = (last_name(call.func) for call in facts.calls if span.contains(call.span))
            self._called_in[decorator] = frozenset(names)
        return not checks.isdisjoint(self._called_in[decorator])

    def decorated_by(self, key: Key) -> tuple[Key, ...]:
        """The functions whose decorator comes to `key`."""
        known = self._decorated.get(key)
        if known is not None:
            return known
        solver = self.inference.solver
        return solver.compose(
            self._decorated,
            key,
            lambda: _functions(solver.solve(("decorated by", key), lambda: self._decorated_by(key))),
        )

    def _decorated_by(self, key: Key) -> Kinds:
        parent = self.program.parent(key)
        found = self._under_name_of(key, key)
        if self.program.scope(parent).kind is ScopeKind.FUNCTION:
            found += self._under_name_of(key, parent)
        cls = self.program.enclosing_class(key)
        if cls is not None and self.program.scope(key).name in ("__init__", "__call__"):
            found += self._under_name_of(key, cls)
        return frozenset(Fn(each) for each in found)

    def given_to(self, wrapper: Key) -> tuple[Key, ...]:
        """The functions that a wrapper may call, for those who call it by another name than theirs."""
        decorator: Key | None = self.program.parent(wrapper)
        if (cls := self.program.enclosing_class(wrapper)) is not None:
            is_called = self.program.scope(wrapper).name == "__call__"
            decorator = self.inference.classes.method(cls, "__init__") if is_called else None
        if decorator is None or self.program.scope(decorator).kind is not ScopeKind.FUNCTION:
            return ()
        calls = [call for call, _ in self.program.calls_of(wrapper)]
        is_one = any(Decorated(decorator) in self.inference.callees(call) for call in calls)
        return self._under(decorator, wrapper) if is_one else ()

    def told(self, callees: Kinds, caller: Key) -> Kinds:
        """Of functions that a decorator was given: outside of it, nobody else accounts for what they do."""
        if not _keeps(callees):
            return callees
        found: Kinds = NOTHING
        for kind in ordered(callees):
            if isinstance(kind, Decorated) and kind.by is not None and not self._is_inside(caller, kind.by):
                found |= {Fn(each) for each in self.decorated_by(kind.by)}
            else:
                found |= one(kind)
        return found

    def _is_inside(self, caller: Key, decorator: Key) -> bool:
        """In a function that it makes, or in the `__call__` of the object that it makes."""
        cls = self.program.enclosing_class(decorator)
        made = None
        if cls is not None and self.program.scope(decorator).name == "__init__":
            made = self.inference.classes.method(cls, "__call__")
        while caller not in (decorator, made) and caller.scope > 0:
            caller = self.program.parent(caller)
        return caller.scope > 0

    def _under_name_of(self, decorator: Key, named: Key) -> list[Key]:
        """What stands under an `@name` or `@name(...)` that comes to `decorator`; the name is `named`'s."""
        name = self.program.scope(named).name
        found = []
        for spelled in (name, *sorted(self.program.aliases.get(name, ()))):
            for key in self.program.decorators_by_name.get(spelled, ()):
                scope = self.program.scope(key)
                for expr in scope.decorators:
                    kinds = self.inference.kinds(self.program.parent(key), expr, scope.span.line)
                    if any(self._comes_to(kind, decorator) for kind in kinds):
                        found.append(key)
        return found

    def _comes_to(self, kind: object, decorator: Key) -> bool:
        if isinstance(kind, Fn):
            return kind.key == decorator
        classes = self.inference.classes
        if isinstance(kind, Cls):
            return classes.method(kind.key, "__init__") == decorator
        if isinstance(kind, Obj):
            return classes.method(kind.key, "__call__") == decorator
        return False


def _functions(kinds: Kinds) -> tuple[Key, ...]:
    return tuple(kind.key for kind in ordered(kinds) if isinstance(kind, Fn))


def _keeps(kinds: Kinds) -> bool:
    return any(isinstance(kind, Decorated) for kind in kinds)
