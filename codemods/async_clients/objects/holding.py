"""What a name or an attribute stands for: where it is bound, imports followed."""

from __future__ import annotations

from collections.abc import Iterator

from ...analysis.index.bindings import Import
from ...analysis.index.expr import Attr, Expr, Name
from ...analysis.link import names
from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Cls, Mod, Obj
from ...analysis.link.program import Key
from .client_object import Holder, is_application, of_class

_DEPTH = 5


class Holding:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program = inference.program

    def __call__(self, key: Key, expr: Expr, line: int) -> Iterator[Holder]:
        """What a name or an attribute stands for, imports followed to where the name is bound; what is put on
        an application or its state has one name for all requests."""
        if isinstance(expr, Name):
            found = names.lookup(self.program, key, expr.id, line)
            if isinstance(found, names.Parameter):
                yield Holder(found.function.path, found.function.scope, expr.id)
            elif found is None:
                starred = names.starred(self.program, key.path, expr.id)
                yield from self._bound(starred if isinstance(starred, list) else [], 0)
            else:
                yield from self._bound(found, 0)
        elif isinstance(expr, Attr):
            for owner in self.inference.kinds(key, expr.value, line):
                if isinstance(owner, (Cls, Obj)):
                    for step in self.inference.classes.mro(owner.key):
                        if isinstance(step, Key):
                            yield from of_class(self.program, step, expr.attr)
                elif isinstance(owner, Mod):
                    result = names.module_attribute(self.program, owner, expr.attr)
                    if isinstance(result, list):
                        yield from self._bound(result, 0)
                elif is_application(owner):
                    yield Holder("", 0, expr.attr, True)

    def _bound(self, found: list[names.Bound], depth: int) -> Iterator[Holder]:
        for bound in found:
            value = bound.binding.value
            if isinstance(value, Import):
                inner = names.imported(self.program, value, bound.home.path)
                if isinstance(inner, list) and depth < _DEPTH:
                    yield from self._bound(inner, depth + 1)
            else:
                yield Holder(bound.home.path, bound.home.scope, bound.binding.name)
