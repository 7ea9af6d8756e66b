"""What is known of decorators by the calls around them."""

from __future__ import annotations

from ....model import Reason
from ...index.bindings import How
from ...index.expr import Call, Expr, Name
from ...link.names import lookup, only
from ...link.program import CallKey, Key, Program


def called_sync(program: Program, *owners: str) -> Reason | None:
    """Who calls what a library decorates, or has as a base, and awaits nothing: `schema.execute_sync(..)`"""
    for owner in owners:
        for name in sorted(program.catalogue.sync_by(owner)):
            for call in program.calls_by_name.get(name, ()):
                text = f"{name}() calls it for the sake of {owner}, and awaits nothing"
                return Reason("AF904", text, program.call_location(call))
    return None


def calls_that_give(program: Program, key: Key, decorator: Expr, line: int) -> list[CallKey]:
    """`@parametrize(..)`, or `@cases` of `cases = parametrize(..)` where nothing else has that name."""
    if isinstance(decorator, Call):
        return [CallKey(key.path, decorator.index)]
    found = only(lookup(program, key, decorator.id, line)) if isinstance(decorator, Name) else None
    if found is None:
        return []
    home, binding = found
    made = binding.value if binding.how is How.ASSIGN and not binding.path else None
    return [CallKey(home.path, made.index)] if isinstance(made, Call) else []
