"""What is done with a function by whoever is given it as a value: called and awaited, or looked at."""

from __future__ import annotations

from msgspec.structs import replace

from ...arguments import placed
from ...index.expr import Attr, Call, DictDisplay, Expr, Name, last_name
from ...index.expressions import COMPARED, SUBSCRIPT
from ...index.facts import Reference
from ...link.decorators.decorators import COROUTINE_CHECKS
from ...link.infer import Inference
from ...link.kinds import Ext, Fn, Kind, Member, describe, one
from ...link.libraries.injection import DEPENDS
from ...link.program import CallKey, Key, Program
from .decorating import called_sync
from .overriding import is_marked, is_override
from .registering import registers

_ONLY_LOOK = {
    "setattr", "getattr", "hasattr", "callable", "isinstance", "issubclass", "id", "repr", "signature",
    "get_type_hints", "getdoc", "getsource", "wraps", "update_wrapper", "cast", *COROUTINE_CHECKS,
}  # fmt: skip
_PARTIAL = one(Ext("functools.partial"))
_TABLE = "exception_handlers"


class Takers:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    def harms_nothing(self, path: str, reference: Reference) -> bool:
        """May the function be a coroutine function, for what is done with it there?"""
        return self.accepts(path, reference) or self.is_looked_at(path, reference)

    def accepts(self, path: str, reference: Reference, depth: int = 3) -> bool:
        """Does whoever is given the function call it as what it is, or not at all?"""
        if reference.position in (SUBSCRIPT, COMPARED) or is_marked(self.program, path, reference):
            return True  # a key, say, or a function that gets a name: nobody calls it there
        if is_override(self.program, path, reference):
            return True  # FastAPI calls it as what it is
        if reference.call < 0:
            given = self._in_a_table(path, reference)
            return given is not None and self.accepts(path, given, depth)
        call = CallKey(path, reference.call)
        site = self.program.call(call)
        if registers(self.inference, Key(path, site.scope), site.func, site.span.line):
            return True  # `router.get("/x")(function)`
        kinds = self.inference.callees(call)
        if kinds == _PARTIAL and reference.position == 0:
            return self._is_registered(call, depth)
        return bool(kinds) and all(self._takes_coroutines(kind, reference, depth) for kind in kinds)

    def _in_a_table(self, path: str, reference: Reference) -> Reference | None:
        """`FastAPI(exception_handlers={OSError: answer})`: handed over as the table that it stands in."""
        module = self.program.modules[path]
        for number in module.calls_by_scope.get(reference.scope, ()):
            site = module.facts.calls[number]
            table = dict(site.keywords).get(_TABLE)
            is_one = isinstance(table, DictDisplay) and reference.expr in table.values
            if is_one and site.span.contains(reference.span):
                return replace(reference, call=number, position=_TABLE)
        return None

    def _is_registered(self, made: CallKey, depth: int) -> bool:
        """`router.add_api_route(path, partial(function, kind=kind))`: Starlette looks into a `partial`, and
        `Depends` does not in versions of FastAPI before 0.123."""
        sites = enumerate(self.program.modules[made.path].facts.calls)
        handed = [
            Reference(site.scope, site.span, each, number, position)
            for number, site in sites
            for position, each in placed(site)
            if each == Call(made.index)
        ]
        return len(handed) == 1 and all(
            self.accepts(made.path, each, depth) and not self._injects(CallKey(made.path, each.call))
            for each in handed
        )

    def _injects(self, call: CallKey) -> bool:
        return any(isinstance(kind, Ext) and kind.name in DEPENDS for kind in self.inference.callees(call))

    def _takes_coroutines(self, kind: Kind, reference: Reference, depth: int) -> bool:
        if isinstance(kind, (Ext, Member)):
            name = describe(kind)
            return self.program.catalogue.accepts_coroutines(name) and called_sync(self.program, name) is None
        return isinstance(kind, Fn) and depth > 0 and self._hands_over(kind, reference, depth - 1)

    def _hands_over(self, wrapper: Fn, reference: Reference, depth: int) -> bool:
        """`def add(self, path, endpoint): self.app.add_api_route(path, endpoint)`: all that the project's
        function does with what it is given."""
        path, own = wrapper.key.path, self.program.modules[wrapper.key.path]
        name, inside = self._parameter(wrapper, reference.position), self.program.scope(wrapper.key).span
        if name is None:
            return False
        if any(name in _asked(call.func) and inside.contains(call.span) for call in own.facts.calls):
            return False
        uses = [r for r in own.facts.references if r.expr == name and inside.contains(r.span)]
        return bool(uses) and all(self.accepts(path, use, depth) for use in uses)

    def is_looked_at(self, path: str, reference: Reference, depth: int = 3) -> bool:
        """Does whoever is given the function do nothing but look at it: `key_of(func, args)`?"""
        if reference.call < 0 or depth == 0:
            return False
        call = CallKey(path, reference.call)
        if last_name(self.program.call(call).func) in _ONLY_LOOK:
            return True
        kinds = self.inference.callees(call)
        return bool(kinds) and all(
            isinstance(kind, Fn) and self._only_looks(kind, reference.position, depth) for kind in kinds
        )

    def _only_looks(self, taker: Fn, position: int | str, depth: int) -> bool:
        facts, inside = self.program.modules[taker.key.path].facts, self.program.scope(taker.key).span
        name = self._parameter(taker, position)
        return name is not None and not (
            any(name in _asked(call.func) and inside.contains(call.span) for call in facts.calls)
            or any(
                reference.expr == name
                and inside.contains(reference.span)
                and not self.is_looked_at(taker.key.path, reference, depth - 1)
                for reference in facts.references
            )
        )

    def _parameter(self, taker: Fn, position: int | str) -> Name | None:
        """The one that a function gets in this place, as it calls it."""
        parameters = self.program.scope(taker.key).parameters[int(taker.bound) :]
        given = [p for n, p in enumerate(parameters) if position in (n, p.name) and p.kind not in ("*", "**")]
        return Name(given[0].name) if len(given) == 1 else None


def _asked(func: Expr) -> tuple[Expr, ...]:
    """What is called, and the object of which it is a method: `func.__call__()`."""
    return (func, func.value) if isinstance(func, Attr) else (func,)
