"""Values that are an object of some classes of libraries, or objects of the project that keep one."""

from __future__ import annotations

from collections.abc import Callable

from ..index.expr import Expr
from ..link.infer import Inference
from ..link.kinds import Inst, Kinds, Obj
from ..link.program import Key


class Holding:
    def __init__(self, inference: Inference, is_one: Callable[[str], bool]) -> None:
        """`is_one`: is it such a class, by its dotted name?"""
        self.inference = inference
        self._is_one = is_one
        self._known: dict[Key, bool] = {}

    def holds_one(self, where: Key, part: Expr, line: int) -> bool:
        return self.has_one(self.inference.kinds(where, part, line))

    def has_one(self, kinds: Kinds) -> bool:
        for kind in kinds:
            if isinstance(kind, Inst) and (self._is_one(kind.name) or any(map(self.has_one, kind.args))):
                return True
            if isinstance(kind, Obj) and self._keeps_one(kind.key):
                return True
        return False

    def _keeps_one(self, cls: Key) -> bool:
        if cls not in self._known:
            self._known[cls] = False  # a class that holds itself adds nothing
            classes = self.inference.classes
            names = {
                name for step in classes.mro(cls) if isinstance(step, Key) for name in classes.kept(step)
            }
            self._known[cls] = any(self.has_one(classes.instance_attribute(cls, name)) for name in names)
        return self._known[cls]
