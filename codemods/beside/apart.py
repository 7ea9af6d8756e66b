"""Which statements only workers stand on: functions that cannot await, and that no handler runs.

@celery.task                             engine, SessionLocal, crud.get_user
def remind(user_id: int): ..     ->      stay as they are for it, and get twins for all others
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from ..analysis.judge.callers.patches import Patches
from ..analysis.judge.effects.mapped import Mapped
from ..analysis.link.program import Key
from ..analysis.syntax import last_name
from ..analysis.view import Views
from ..databases.files import migrates
from ..databases.scripts import loaded_with_apps
from ..model import Reason
from .sides import Sides
from .statements import Place
from .usage import said


class Apart(Sides):
    """The async side is all of the program but the workers, and what nobody else stands on."""

    def __init__(self, views: Views, mapped: Mapped, workers: Iterable[Key]) -> None:
        super().__init__(views, mapped, ())
        found = {place for key in workers if (place := self.statements.holding(key)) is not None}
        self.workers = frozenset(found)

    @cached_property
    def inside(self) -> frozenset[Place]:
        return self.below(self._others)

    @cached_property
    def _others(self) -> frozenset[Place]:
        """What no worker stands on; what listens to an engine of theirs listens for them too."""
        theirs = self.below(self.workers)
        apart = {path for path in self.program.modules if self._has_enough(path, theirs)}
        return frozenset(
            place
            for path in self.program.modules
            for place, _ in self.statements.of(path)
            if path not in apart
            and place not in theirs
            and not self._speaks_of(place, theirs)
            and not self._makes_tables(place, theirs)
        )

    @cached_property
    def _loaded_with_apps(self) -> frozenset[str]:
        return loaded_with_apps(self.program)

    def _has_enough(self, path: str, theirs: frozenset[Place]) -> bool:
        """Migrations and scripts that need nothing but what stays sync for the workers stay as they are."""
        view = self.views.of(path)
        if view.module.is_test or path in self._loaded_with_apps:
            return False
        if migrates(self.program, path):
            return True
        named = {target for place, _ in self.statements.of(path) for target in self.statements.targets(place)}
        return all(target.path == path or target in theirs for target in named)

    def _speaks_of(self, place: Place, theirs: frozenset[Place]) -> bool:
        view = self.views.of(place.path)
        if view.module.is_test:
            return False
        references = self.statements.references(place)
        return any(r.target in theirs and said(view, r.node) is not None for r in references)

    def _makes_tables(self, place: Place, theirs: frozenset[Place]) -> bool:
        """`Base.metadata.create_all(engine)` beside the application, where it always ran."""
        node = self.statements.node(place)
        call = node.value if isinstance(node, ast.Expr) else None
        makes = isinstance(call, ast.Call) and last_name(call.func) in ("create_all", "drop_all")
        return makes and theirs.issuperset(self.statements.targets(place))

    def text(self, path: str, *, following: bool) -> str:
        """As ever; and without what tests put in the place of what only workers find there."""
        found = super().text(path, following=following)
        lines = found.split("\n")
        for statement in self._replacing.get(path, ()):
            lines[statement.lineno - 1] = " " * statement.col_offset + "pass"
            for number in range(statement.lineno, statement.end_lineno or 0):
                lines[number] = ""
        return "\n".join(lines)

    @cached_property
    def _replacing(self) -> Mapping[str, Sequence[ast.Expr]]:
        """`monkeypatch.setattr("app.worker.SessionLocal", TestingSession)`"""
        found: dict[str, list[ast.Expr]] = defaultdict(list)
        patches = Patches(self.views.inference)
        for call in patches.calls():
            node = self.views.of(call.path).node_of(call)
            above = self.views.of(call.path).file.parents[node] if node is not None else None
            names = list(patches.replaced_by(call))
            are_theirs = names and all(self.meant(name) and not self.replaced(name) for name in names)
            if are_theirs and isinstance(above, ast.Expr):
                found[call.path].append(above)
        return found

    def leads_to(self, place: Place) -> tuple[Place, ...]:
        """Who hands a worker to what runs it does not run it."""
        return tuple(target for target in super().leads_to(place) if target not in self.workers)

    def is_for_others(self, reason: Reason) -> bool:
        """Does it stand where not only the workers lead, or in a file that cannot be loaded?"""
        at = reason.location
        is_loaded = at is not None and at.path in self.views.inference.program.modules
        place = self.statements.at(at.path, at.line) if at is not None and is_loaded else None
        return place is None or place in self.inside
