"""Copies of what both sides stand on, and the names under which the async side finds them.

    def get_user(db: Session, id: int):              def get_user(db: Session, id: int):
        return db.get(User, id)                          return db.get(User, id)


                                            ->       # async twin of get_user
                                                     def get_user_async(db: Session, id: int):
                                                         return db.get(User, id)


    get_user(db, 1)   # in a handler                 get_user_async(db, 1)

Nothing is async yet: the copies do what the originals do, and the program behaves as it did.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ..analysis.nodes import walk
from ..analysis.syntax import extent, span_of
from ..analysis.view import View
from ..databases import OBSTACLE
from ..model import (
    Code,
    Edit,
    ImportNeed,
    InsertStatements,
    Reason,
    ReplaceExpression,
    ReplaceStatements,
    Span,
    slot,
)
from .bodies import Body
from .doubling import Doubling
from .followers import Followers
from .local_imports import LocalImports
from .naming import mark, twin_name
from .sides import Sides
from .statements import Place, Reference, at_margin, lines_span, name_span


class Split(msgspec.Struct, frozen=True):
    edits: Mapping[str, tuple[Edit, ...]] = msgspec.field(default_factory=dict)
    obstacles: tuple[Reason, ...] = ()
    twins: Mapping[str, Mapping[str, str]] = msgspec.field(default_factory=dict)
    """Path -> name of a twin -> name of what it is a twin of."""
    known: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    """Path -> names of twins that an earlier run has made."""


class Splitter:
    def __init__(self, sides: Sides, changed: Iterable[Place]) -> None:
        self.sides = sides
        self.statements = sides.statements
        self.program = sides.program
        self.relevant = sides.relevant(changed)
        self.doubling = Doubling(sides, self.relevant, self._has_twin)
        self.twins: dict[Place, str] = {}
        self.known: dict[str, set[str]] = defaultdict(set)
        self.obstacles: list[Reason] = []
        self.edits: dict[str, list[Edit]] = defaultdict(list)

    def split(self) -> Split:
        self.obstacles += self.doubling.refused()
        for place in sorted(self.doubling.shared):
            self._name(place)
        for place in sorted(self.relevant - self.twins.keys()):
            view = self.sides.views.of(place.path)
            node = self.statements.node(place)
            redirected = self._redirected(view, place, lines_span(node))
            imports = {span_of(each) for each in walk(node) if isinstance(each, ast.ImportFrom)}
            self.edits[place.path] += [
                ReplaceStatements(span, span, Code(at_margin(view, span, code.text)))
                if span in imports
                else ReplaceExpression(span, code)
                for span, code in redirected
            ]
            body = self.statements.bodies.get(place)
            if body is not None:
                self._move(view, body, redirected)
        for place in sorted(self.twins):
            self._copy(place)
        followers = Followers(self.sides, self.twins, self._redirected)
        for path, edit in followers.edits():
            self.edits[path].append(edit)
        self.obstacles += followers.obstacles
        twins: dict[str, dict[str, str]] = defaultdict(dict)
        for place, twin in self.twins.items():
            twins[place.path][twin] = self.sides.names(place)[0]
        return Split(
            {path: tuple(found) for path, found in sorted(self.edits.items())},
            tuple(self.obstacles),
            twins,
            {path: frozenset(found) for path, found in self.known.items()},
        )

    def _name(self, place: Place) -> None:
        view, node = self.sides.views.of(place.path), self.statements.node(place)
        name = self.sides.names(place)[0]
        twin = twin_name(node, name)
        if self._is_known(view, name, twin):
            self.known[place.path].add(twin)
        elif re.search(rf"\b{twin}\b", view.file.text):
            text = f"the async twin of {name} would be called {twin}, and that name is taken"
            self.obstacles.append(Reason(OBSTACLE, text, view.place(node)))
        self.twins[place] = twin

    def _has_twin(self, place: Place) -> bool:
        names, view = self.sides.names(place), self.sides.views.of(place.path)
        return len(names) == 1 and self._is_known(
            view, names[0], twin_name(self.statements.node(place), names[0])
        )

    def _is_known(self, view: View, name: str, twin: str) -> bool:
        for place, statement in self.statements.of(view.path):
            if self.sides.names(place) == (twin,):
                above = view.file.text.split("\n")[: extent(statement).start - 1]
                return bool(above) and above[-1].strip() == mark(name)
        return False

    def _redirected(self, view: View, place: Place, within: Span) -> list[tuple[Span, Code]]:
        """The names of the statement that mean something which has a twin, and how its twin is spelled."""
        found: dict[Span, Code] = {}
        imports = LocalImports(view, self.statements.node(place))
        for reference in self.statements.references(place):
            twin = self.twins.get(reference.target)
            if twin is None or not within.contains(span_of(reference.node)):
                continue
            code = self._spelled(view, reference, twin)
            if reference.is_local and code.needs:
                name = imports.rename(reference, twin, within)
                if name is None:
                    self._cannot_import(view, reference.name, reference.node)
                code = Code(name or twin)
            found[span_of(reference.node)] = code
        for node in imports.left():
            self._cannot_import(view, node.id, node)
        return [*found.items(), *((span, Code(text)) for span, text in imports.edits())]

    def _cannot_import(self, view: View, name: str, node: ast.expr) -> None:
        text = f"{name} has an async twin, and is imported inside a function here"
        self.obstacles.append(Reason(OBSTACLE, text, view.place(node)))

    def _spelled(self, view: View, reference: Reference, twin: str) -> Code:
        home = reference.target.path
        if home == view.path:
            return Code(twin)
        need = ImportNeed(self.program.modules[home].facts.module, twin)
        if isinstance(reference.node, ast.Attribute):
            owner = view.module_of(reference.node)
            if owner is not None and owner.module == need.module:
                return Code(f"{view.source(reference.node.value)}.{twin}")
        return Code(slot(0), (need,))

    def _move(self, view: View, body: Body, redirected: Sequence[tuple[Span, Code]]) -> None:
        name = f"_{body.node.name}"
        if re.search(rf"\b{name}\b", view.file.text):
            text = f"the body of {body.node.name} would be called {name}, and that name is taken"
            self.obstacles.append(Reason(OBSTACLE, text, view.place(body.node)))
        self.edits[view.path] += body.moved(view, name, redirected)

    def _bound_globally(self, view: View, node: ast.stmt) -> Iterator[tuple[Span, str]]:
        """`global _engine` and what is bound there."""
        own = {self.sides.names(p)[0]: twin for p, twin in self.twins.items() if p.path == view.path}
        statements = [each for each in walk(node) if isinstance(each, ast.Global)]
        names = {name for each in statements for name in each.names if name in own}
        for each in statements:
            yield span_of(each), f"global {', '.join(own.get(name, name) for name in each.names)}"
        for inner in walk(node):
            if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load) and inner.id in names:
                yield span_of(inner), own[inner.id]

    def _copy(self, place: Place) -> None:
        view, node = self.sides.views.of(place.path), self.statements.node(place)
        name, twin = self.sides.names(place)[0], self.twins[place]
        needs: list[ImportNeed] = []
        changes = [(name_span(view, node), twin)]
        body = self.statements.bodies.get(place)
        whole = body.head if body is not None else lines_span(node)
        for span, code in self._redirected(view, place, whole):
            changes.append((span, slot(len(needs)) if code.needs else code.text))
            needs.extend(code.needs)
        changes += self._bound_globally(view, node)
        text = view.spliced(whole, changes)
        if body is not None:
            text += body.call(name, reordered=False)
        code = Code(f"{mark(name)}\n{text}", tuple(needs))
        if twin in self.known[place.path]:
            old = next(s for p, s in self.statements.of(place.path) if self.sides.names(p) == (twin,))
            self.edits[place.path].append(ReplaceStatements(span_of(old), span_of(old), code))
        else:
            self.edits[place.path].append(InsertStatements(span_of(node), code, after=True))
