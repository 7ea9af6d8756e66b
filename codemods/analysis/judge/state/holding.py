"""Values that are an object of some classes of libraries, or objects of the project that keep one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from ...index.expr import Expr
from ...link.infer import Inference
from ...link.kinds import Inst, Kinds, Obj
from ...link.program import Key
from ..reaching.reach import leads_to


class Holding:
    """What is asked of the same values is asked once: of a large program there are many, of many classes."""

    def __init__(self, inference: Inference, is_one: Callable[[str], bool]) -> None:
        """`is_one`: is it such a class, by its dotted name?"""
        self.inference = inference
        self._is_one = is_one
        self._keeping: dict[Key, bool] = {}
        self._kept_by = cache(self._find_kept_by)
        self._classes = cache(self._find_classes)
        self._has_library = cache(self._find_library)
        self.has_one = cache(self._has_one)

    def holds_one(self, where: Key, part: Expr, line: int) -> bool:
        return self.has_one(self.inference.kinds(where, part, line))

    def _has_one(self, kinds: Kinds) -> bool:
        return self._has_library(kinds) or any(map(self._keeps_one, self._classes(kinds)))

    def _keeps_one(self, cls: Key) -> bool:
        return leads_to(cls, self._keeps_itself, self._further, self._keeping)

    def _keeps_itself(self, cls: Key) -> bool:
        return any(map(self._has_library, self._kept_by(cls)))

    def _further(self, cls: Key) -> Iterator[Key]:
        for kinds in self._kept_by(cls):
            yield from self._classes(kinds)

    def _find_kept_by(self, cls: Key) -> frozenset[Kinds]:
        """The values of its attributes."""
        classes = self.inference.classes
        names = {name for step in classes.mro(cls) if isinstance(step, Key) for name in classes.kept(step)}
        return frozenset(classes.instance_attribute(cls, name) for name in names)

    def _find_library(self, kinds: Kinds) -> bool:
        """Is it one, or a container of one?"""
        return any(
            isinstance(kind, Inst) and (self._is_one(kind.name) or any(map(self._has_library, kind.args)))
            for kind in kinds
        )

    def _find_classes(self, kinds: Kinds) -> frozenset[Key]:
        """Those of the project, in containers too."""
        own = frozenset(kind.key for kind in kinds if isinstance(kind, Obj))
        inside = (each for kind in kinds if isinstance(kind, Inst) for each in kind.args)
        return own.union(*map(self._classes, inside))
