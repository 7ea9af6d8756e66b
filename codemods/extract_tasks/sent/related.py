"""What a task loads with an object of an async database, as nothing can be loaded later.

f"{order.user.email}"   ->   session.get(Order, order_id, options=[selectinload(Order.user)])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import msgspec

from ...analysis.link.infer import Inference
from ...analysis.link.kinds import Obj, one
from ...analysis.link.program import Key
from ...model import Code, ImportNeed
from ..generated.code import CodeBuilder
from .importable import Importable
from .models import Models
from .reading import objects_in

if TYPE_CHECKING:
    from .loaded import Loaded

_LOAD = ImportNeed("sqlalchemy.orm", "selectinload")


class Related(msgspec.Struct, frozen=True):
    """One option: the classes of which it loads a relationship, and those that it loads."""

    option: Code
    owners: tuple[Key, ...]
    targets: tuple[Key, ...]


class Relationships:
    def __init__(self, inference: Inference, models: Models, importable: Importable) -> None:
        self.inference = inference
        self.models = models
        self.importable = importable

    def read(self, cls: Key, attributes: Iterable[str]) -> tuple[Related, ...] | None:
        """The options with which all of these can be read of an object; None for what no query loads."""
        chains: set[tuple[tuple[Key, str, Key], ...]] = set()
        for attribute in attributes:
            chain = self._chain(cls, attribute.split("."))
            if chain is None:
                return None
            chains.add(chain)
        longest = [
            chain
            for chain in sorted(chains)
            if chain and not any(other[: len(chain)] == chain and other != chain for other in chains)
        ]
        found = [self._option(chain) for chain in longest]
        known = [each for each in found if each is not None]
        return tuple(known) if len(known) == len(found) else None

    def _chain(self, cls: Key, names: Sequence[str]) -> tuple[tuple[Key, str, Key], ...] | None:
        """The relationships on the way to a column."""
        found: list[tuple[Key, str, Key]] = []
        for name in names:
            if name in self.models.loaded_with(cls):
                break
            target = self._target(cls, name)
            if target is None:
                return None
            found.append((cls, name, target))
            cls = target
        return tuple(found)

    def _target(self, cls: Key, name: str) -> Key | None:
        if name not in self.models.relationships(cls):
            return None
        kinds = objects_in(self.inference.attribute(one(Obj(cls)), name))
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        return kind.key if isinstance(kind, Obj) else None

    def _option(self, chain: tuple[tuple[Key, str, Key], ...]) -> Related | None:
        builder, parts = CodeBuilder(), list[str]()
        for cls, name, _ in chain:
            model = self.importable.of_class(cls)
            if model is None:
                return None
            load = f".{_LOAD.name}" if parts else builder.need(_LOAD)
            parts.append(f"{load}({builder.need(model)}.{name})")
        code = builder.code("".join(parts))
        return Related(code, tuple(cls for cls, _, _ in chain), tuple(target for _, _, target in chain))


def share_objects(loaded: Sequence[Loaded]) -> bool:
    """May one of them be, or hold, an object of which another has to have more? The session gives what it has
    loaded already as it is."""
    return any(
        {owner for each in one.related for owner in each.owners}
        & {other.loader.cls, *(target for each in other.related for target in each.targets)}
        for one, other in permutations(loaded, 2)
    )
