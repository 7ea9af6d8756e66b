"""What FastAPI injects: `Depends(f)` stands for what `f` gives, entered and awaited as FastAPI does it.

For a type checker, some write `user=cast(User, Depends(get_user))`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...index.expr import Call, Expr, Item
from ...index.facts import CallSite
from ..kinds import NOTHING, Ext, Fn, Kind, Kinds, Obj, ordered, union, unknown
from ..program import CallKey, Key, Program
from ..values.declared import more_telling

if TYPE_CHECKING:
    from ..infer import Inference

CAST = {"typing.cast", "typing_extensions.cast"}
DEPENDS = {"fastapi.Depends", "fastapi.Security", "fastapi.params.Depends", "fastapi.params.Security"}


class Injection:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def injected(self, key: Key, expr: Expr) -> Kinds:
        """What `Depends(f)` gives to the parameter; nothing when `expr` is no such call."""
        cast = self._call(key, expr, CAST)
        if cast is not None and len(cast.args) == 2:
            found = self.injected(key, cast.args[1])
            return (
                more_telling(self.inference.annotations.instances(key, cast.args[0]), found)
                if found
                else found
            )
        provider = self.provider(key, expr)
        if provider is None:
            return NOTHING
        if any(isinstance(kind, Ext) for kind in provider) and self._is_marked(key, expr):
            named = frozenset(kind for kind in provider if not isinstance(kind, Ext))
            return self.given(named) | unknown("what a library injects")
        return self.given(provider)

    def given(self, provider: Kinds) -> Kinds:
        """What is injected where the provider stands in `Depends(..)`."""
        parts: list[Kinds] = []
        for kind in ordered(provider):
            result = self.inference.result(kind)
            function = self._provides(kind)
            if function is not None:
                scope = self.program.scope(function)
                if scope.has_yield:
                    is_manager = self.inference.context_wrapper(function) is not None
                    entered = self.inference.entered(result, scope.is_async) if is_manager else None
                    result = entered if entered is not None else self.inference.iterated(result)
                elif scope.is_async:
                    result = self.inference.awaited(result)
            parts.append(result)
        return union(parts)

    def _is_marked(self, key: Key, expr: Expr) -> bool:
        """`Depends(Provide[Container.service])`: a library puts in what it names, no object of its own."""
        site = self._call(key, expr, DEPENDS)
        return site is not None and isinstance(self._argument(site), Item)

    def _argument(self, site: CallSite) -> Expr | None:
        return site.args[0] if site.args else dict(site.keywords).get("dependency")

    def _provides(self, kind: Kind) -> Key | None:
        if isinstance(kind, Fn):
            return kind.key
        return self.inference.classes.method(kind.key, "__call__") if isinstance(kind, Obj) else None

    def provider(self, key: Key, expr: Expr) -> Kinds | None:
        """The kinds of `f` in `Depends(f)`; an empty set for a bare `Depends()`."""
        cast = self._call(key, expr, CAST)
        if cast is not None and len(cast.args) == 2:
            return self.provider(key, cast.args[1])
        site = self._call(key, expr, DEPENDS)
        if site is None:
            return None
        argument = self._argument(site)
        if argument is None:
            return NOTHING
        return self.inference.kinds(Key(key.path, site.scope), argument, site.span.line)

    def _call(self, key: Key, expr: Expr, names: set[str]) -> CallSite | None:
        """The call that `expr` is, if it is one of these."""
        if not isinstance(expr, Call):
            return None
        call = CallKey(key.path, expr.index)
        is_one = any(isinstance(k, Ext) and k.name in names for k in self.inference.callees(call))
        return self.program.call(call) if is_one else None
