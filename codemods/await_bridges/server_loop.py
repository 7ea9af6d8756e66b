"""The event loop of the server, kept for threads: in `app.state.loop`, or under a name of the module."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..analysis.index.bindings import How, Import
from ..analysis.index.expr import Attr, Call, Const, Expr, Name
from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.program import CallKey, Key

_RUNNING = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})


class ServerLoop(msgspec.Struct, frozen=True):
    reach: Reach
    on_loop: frozenset[Key]
    """What runs on it."""

    def is_it(self, function: Key, expr: Expr) -> bool:
        """Is it the loop that runs the handlers, wherever it gets its value?"""
        values = list(self._values(function, expr))
        return bool(values) and all(self._is_running_loop(where, value) for where, value in values)

    def _values(self, function: Key, expr: Expr) -> Iterator[tuple[Key, Expr | Import | None]]:
        """What the name or attribute is given anywhere, None apart; nothing where that cannot be told."""
        program = self.reach.effects.program
        if isinstance(expr, Attr) and isinstance(expr.value, Attr) and expr.value.attr == "state":
            for path, found in program.attributes_by_name.get(expr.attr, ()):
                if not _is_none(found.value):
                    yield Key(path, found.scope), found.value
        elif isinstance(expr, Name) and not self._may_be_another(function, expr.id):
            for number, scope in enumerate(program.modules[function.path].facts.scopes):
                for binding in scope.bindings if not number or expr.id in scope.globals else ():
                    is_value = binding.how is not How.ANNOTATION and not _is_none(binding.value)
                    if binding.name == expr.id and is_value:
                        yield Key(function.path, number), binding.value

    def _may_be_another(self, function: Key, name: str) -> bool:
        """Is it a local name, or one that may be set from outside the module?"""
        program = self.reach.effects.program
        if name in program.attributes_by_name:
            return True
        while function.scope > 0:
            scope = program.scope(function)
            if name not in scope.globals and any(binding.name == name for binding in scope.bindings):
                return True
            function = program.parent(function)
        return False

    def _is_running_loop(self, where: Key, value: Expr | Import | None) -> bool:
        program = self.reach.effects.program
        owner = program.owner_of(where.path, where.scope)
        if not isinstance(value, Call) or owner not in self.on_loop or not program.scope(owner).is_async:
            return False
        sites = self.reach.effects.of_call(CallKey(where.path, value.index))
        return bool(sites) and all(site.name in _RUNNING for site in sites)


def _is_none(value: Expr | Import | None) -> bool:
    return isinstance(value, Const) and value.type == "NoneType"
