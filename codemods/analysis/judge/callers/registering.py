"""Decorators that register a function with a router, and give it back as it is."""

from __future__ import annotations

from ...index.expr import Attr, Call, Expr
from ...link.infer import Inference
from ...link.kinds import Inst, Kind, Obj
from ...link.program import CallKey, Key


def registers(inference: Inference, where: Key, decorator: Expr, line: int) -> bool:
    """`@router.get(..)`, of a library's router or of one that the project derives."""
    program = inference.program
    func = program.call(CallKey(where.path, decorator.index)).func if isinstance(decorator, Call) else None
    if not isinstance(func, Attr):
        return False
    return any(
        program.catalogue.is_transparent(f"{cls}.{func.attr}")
        for owner in inference.kinds(where, func.value, line)
        for cls in _library_classes(inference, owner)
    )


def _library_classes(inference: Inference, owner: Kind) -> list[str]:
    if isinstance(owner, Inst):
        return [owner.name]
    steps = inference.classes.mro(owner.key) if isinstance(owner, Obj) else ()
    return [step for step in steps if isinstance(step, str)]
