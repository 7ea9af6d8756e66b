"""Which relationships a template reads of an object, and which of what these hold.

    {% macro thread(note) %}{% for each in note.replies %}{{ thread(each) }}{% endfor %}{% endmacro %}

reads `replies` of `replies`, to any depth.
"""

from __future__ import annotations

import ast

from msgspec.structs import replace

from ....analysis.link.kinds import Obj, one
from ....analysis.link.program import Key
from ....analysis.template_names import TemplateNames
from ....analysis.view import View
from ..mapped.load_options import may_have_any_depth
from ..mapped.relationships import Path, Relationship
from .followed import Followed

_DEPTH = 5


class TemplatePaths:
    """Of an object that is handed over at `node`."""

    def __init__(self, followed: Followed, view: View, node: ast.expr, names: TemplateNames) -> None:
        self.followed = followed
        self.relationships = followed.relationships
        self.readers = followed.schemas.readers
        self.view = view
        self.node = node
        self.names = names

        self._found: list[Path] = []
        self._passed: set[tuple[Path, Key, frozenset[str]]] = set()

    def read(self, cls: Key, names: frozenset[str]) -> list[Path]:
        """Where a template reads this of an object of the class."""
        self._go_on(cls, names, ())
        return list(dict.fromkeys(self._found))

    def _go_on(self, cls: Key, read: frozenset[str], way: Path) -> None:
        """From what `way` leads to, of which this is read."""
        if (way, cls, read) in self._passed:
            return
        self._passed.add((way, cls, read))
        self.followed.derived.read(self.view, self.node, cls, read)
        for name, relationship in sorted(self.relationships.of(cls).items()):
            if name in read and relationship not in way and len(way) < _DEPTH:
                self._through(cls, relationship, way)
        for name in sorted(read & self.readers.names):
            for path in self.readers.paths(cls, name):
                self._found.append((*way, *path))
                self._behind_property(cls, name, (*way, *path))

    def _through(self, cls: Key, relationship: Relationship, way: Path) -> None:
        """None of them twice on a way, but for what is read of itself; where the names are those of all
        templates, none that leads back to a class."""
        below, target, step = self.names.read_of(relationship.name), relationship.target, relationship
        if target is not None and way and self.relationships.leads_back(relationship, way[-1]):
            self._go_on(target, below, way[:-1])
            return
        if target == relationship.owner and relationship.name in below:
            self._check_depth(relationship, below)
            step, below = replace(relationship, to_any_depth=True), below - {relationship.name}
        if step.loads_when_read:
            self._found.append((*way, step))
        passed = {cls, *(each.owner for each in way)} if self.names.is_whole else set()
        if target is not None and (step.to_any_depth or target not in passed):
            self._go_on(target, below, (*way, step))

    def _behind_property(self, cls: Key, name: str, way: Path) -> None:
        """What is read of the objects that a property gives."""
        kinds = self.view.inference.attribute(one(Obj(cls)), name)
        target = way[-1].target
        if target is not None and target in self.followed.objects(kinds):
            self._go_on(target, self.names.read_of(name), way)

    def _check_depth(self, relationship: Relationship, below: frozenset[str]) -> None:
        own = self.relationships.of(relationship.owner).values()
        others = [
            each
            for each in own
            if each.name in below - {relationship.name}
            and each.target == each.owner
            and each.name in self.names.read_of(each.name)
        ]
        if self.followed.old or others or not may_have_any_depth(relationship):
            text = f"a template reads {relationship.name} of {relationship.name}, which no query loads"
            self.followed.draft.obstacle(self.view, self.node, text)
