"""Calls with arguments that stand elsewhere: `get = partial(requests.get, timeout=5)`, and then `get(url)`.

What is written anew at such a call would be called without them.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from ..analysis.index.bindings import Import
from ..analysis.index.expr import Attr, Name
from ..analysis.link.kinds import Ext, Inst, Member, describe
from ..analysis.link.names import lookup
from ..analysis.link.program import Key
from .twin import Call, NoTwinError, World

_BINDERS = {"partial": "functools.partial", "partialmethod": "functools.partialmethod"}


class BoundArguments(msgspec.Struct, frozen=True, dict=True):
    world: World

    def check(self, call: Call) -> None:
        """Raises `NoTwinError` where the call may be that of a `partial`."""
        if call.site.name in self._bound and not self._is_spelled(call):
            raise NoTwinError("`partial` may give it arguments that do not stand in the call")

    @cached_property
    def _bound(self) -> frozenset[str]:
        """What a `partial` somewhere in the program calls."""
        program, inference = self.world.effects.program, self.world.effects.inference
        found: set[str] = set()
        for name, binder in _BINDERS.items():
            for spelled in (name, *program.aliases.get(name, ())):
                for key in program.calls_by_name.get(spelled, ()):
                    site = program.call(key)
                    if site.args and Ext(binder) in inference.callees(key):
                        given = inference.kinds(Key(key.path, site.scope), site.args[0], site.span.line)
                        found |= {describe(kind) for kind in given if isinstance(kind, (Ext, Member))}
        return frozenset(map(program.catalogue.canonical, found))

    def _is_spelled(self, call: Call) -> bool:
        """`requests.get(..)`, `session.get(..)`: of a library, and of nothing that the project has bound."""
        program = self.world.effects.program
        func = program.call(call.key).func
        if isinstance(func, Name):
            bound = lookup(program, call.scope, func.id)
            values = [each.binding.value for each in bound] if isinstance(bound, list) else []
            return bool(values) and all(_is_library(value, call.site.name) for value in values)
        if not isinstance(func, Attr):
            return False
        kinds = self.world.kinds(call.scope, func.value, call.call.lineno)
        return bool(kinds) and all(isinstance(kind, (Ext, Inst)) for kind in kinds)


def _is_library(value: object, name: str) -> bool:
    return isinstance(value, Import) and value.module.partition(".")[0] == name.partition(".")[0]
