"""Which statements of the program some handlers stand on, and which of those others stand on too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType

from ..analysis.judge.effects.mapped import Mapped
from ..analysis.link.program import Key
from ..analysis.nodes import walk
from ..analysis.syntax import extent, last_name
from ..analysis.view import Views
from ..databases.words import LISTENING
from ..frameworks.routers import Routers
from ..model import Reason, Span
from .bodies import Body
from .statements import Place, Statements
from .usage import OVERRIDES, said

_SAYING = re.compile("|".join((OVERRIDES, *(name.rpartition(".")[2] for name in LISTENING))))


class Sides:
    """The async side of a program: the statements below `seeds`, which are handlers."""

    def __init__(
        self,
        views: Views,
        mapped: Mapped,
        seeds: Iterable[Key],
        bodies: Mapping[Place, Body] = MappingProxyType({}),
    ) -> None:
        self.views = views
        self.program = views.inference.program
        self.statements = Statements(views, bodies)
        self.mapped = mapped
        self._routers = Routers(views.inference)
        self._named: dict[Place, tuple[Place, ...]] = {}
        self._by_span: dict[str, dict[Span, Key]] = {}
        self._routing: dict[Place, bool] = {}
        self.seeds = {seed: place for seed in seeds if (place := self.statements.holding(seed)) is not None}

    @cached_property
    def inside(self) -> frozenset[Place]:
        return self.below(self.seeds.values())

    def below(self, places: Iterable[Place]) -> frozenset[Place]:
        """All that they name, directly or not. A task of another process is called by its name only."""
        found = {each for place in places for each in (place, *self._subclasses(place))}
        todo = list(found)
        while todo:
            for target in self.leads_to(todo.pop()):
                if target not in found:
                    found.add(target)
                    todo.append(target)
        return frozenset(found)

    def leads(self, seed: Key, reasons: Iterable[Reason]) -> bool:
        """Does one of them stand where this handler leads?"""
        below = self.below([self.seeds[seed]]) if seed in self.seeds else frozenset()
        places = [each.location for each in reasons if each.location is not None]
        return any(self.statements.at(place.path, place.line) in below for place in places)

    def leads_to(self, place: Place) -> tuple[Place, ...]:
        """What a statement names, and what may stand in for the classes among it; nothing stands in for what
        is only inherited."""
        if place not in self._named:
            found: dict[Place, None] = {}
            bases = getattr(self.statements.node(place), "bases", ())
            inherited = {base.value if isinstance(base, ast.Subscript) else base for base in bases}
            for reference in self.statements.references(place):
                found[reference.target] = None
                if reference.node not in inherited:
                    found.update(dict.fromkeys(self._subclasses(reference.target)))
            self._named[place] = tuple(each for each in found if not self._runs_elsewhere(each))
        return self._named[place]

    def _subclasses(self, place: Place) -> list[Place]:
        """What may stand in for a class."""
        key = self._key(place, ast.ClassDef)
        below = self.views.inference.classes.subclasses.get(key, ()) if key is not None else ()
        found = [self.statements.holding(each) for each in below if each not in self.mapped.classes]
        return [each for each in found if each is not None]

    def _runs_elsewhere(self, place: Place) -> bool:
        key = self._key(place, ast.FunctionDef)
        return key is not None and self.views.inference.decorators.put_in_its_place(key) is not None

    def _key(self, place: Place, kind: type[ast.stmt]) -> Key | None:
        node = self.statements.node(place)
        if not isinstance(node, kind):
            return None
        if place.path not in self._by_span:
            scopes = self.program.modules[place.path].facts.scopes
            spans = (
                (scopes[number].span, Key(place.path, number)) for number in range(len(scopes) - 1, 0, -1)
            )
            self._by_span[place.path] = dict(spans)  # of several, the first stays
        return self._by_span[place.path].get(self.statements.span(place))

    # what native gets to see --------------------------------------------------------------------------------

    def text(self, path: str, *, following: bool) -> str:
        """The file with nothing but the async side in it, every line in its place; and what is `following` it
        from outside, if that is there."""
        file = self.views.of(path).file
        gone: set[int] = set()
        kept: set[int] = set()
        for place, statement in self.statements.of(path):
            is_seen = self._is_seen(place) or (following and place in self._following)
            (kept if is_seen else gone).update(extent(statement))
            if place in self._models and place not in self.inside:
                for method in _work_of(statement, self._read):
                    gone.update(extent(method))
                    kept.difference_update(extent(method))
        lines = file.text.split("\n")
        for line in gone - kept:
            lines[line - 1] = ""
        for place, body in self.statements.bodies.items():
            if place.path == path and place in self.inside:
                for line in range(body.first.lineno, (body.node.end_lineno or 0) + 1):
                    lines[line - 1] = ""
                lines[body.first.lineno - 1] = " " * body.first.col_offset + "pass"
        return "\n".join(lines)

    def _is_seen(self, place: Place) -> bool:
        return place in self.inside or place in self._models or self.statements.is_import(place)

    @cached_property
    def _following(self) -> frozenset[Place]:
        """Statements outside that must be said of a twin as well; all of the tests, if some are theirs."""
        found: set[Place] = set()
        for path in sorted(self.program.modules):
            view = self.views.of(path)
            for place, _ in self.statements.of(path) if _SAYING.search(view.file.text) else ():
                references = self.statements.references(place)
                if any(r.target in self.inside and said(view, r.node) is not None for r in references):
                    found.add(place)
        if any(self.views.of(place.path).module.is_test for place in found):
            for path in self.program.modules:
                if self.views.of(path).module.is_test:
                    found.update(place for place, _ in self.statements.of(path))
        return frozenset(found - self.inside)

    @cached_property
    def _read(self) -> frozenset[str]:
        """Names of attributes that the side reads of anything: they may be methods of any mapped class."""
        nodes = (node for place in self.inside for node in ast.walk(self.statements.node(place)))
        return frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute))

    @cached_property
    def _models(self) -> frozenset[Place]:
        """Mapped classes name each other in strings; with what stands in their bodies, methods apart."""
        found: dict[Place, None] = {}
        todo = [place for key in self.mapped.classes if (place := self.statements.holding(key)) is not None]
        while todo:
            place = todo.pop()
            if place not in found:
                found[place] = None
                node = self.statements.node(place)
                inner = [n for n in walk(node) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
                deep = {n for function in inner for n in walk(function)}
                todo += [r.target for r in self.statements.references(place) if r.node not in deep]
        return frozenset(found)

    # what tests put in the place of others ------------------------------------------------------------------

    def meant(self, dotted: str) -> frozenset[Place]:
        """What `app.db.SessionLocal` is."""
        module, _, name = dotted.rpartition(".")
        path = self.program.module_path(module)
        return frozenset(self.statements.meant(path, name)) if path is not None else frozenset()

    def replaced(self, dotted: str) -> frozenset[Place]:
        """That of it which the side finds under this name."""
        path = self.program.module_path(dotted.rpartition(".")[0])
        own = self.statements.of(path) if path is not None else ()
        users = {
            target for place, _ in own if place in self.inside for target in self.statements.targets(place)
        }
        return frozenset(target for target in self.meant(dotted) if target.path == path or target in users)

    # what others stand on -----------------------------------------------------------------------------------

    def relevant(self, changed: Iterable[Place]) -> frozenset[Place]:
        """Statements of the side that change, or that name such a one, directly or not."""
        found = set(changed)
        grows = True
        while grows:
            more = {
                place
                for place in self.inside - found
                if any(target in found for target in self.statements.targets(place))
            }
            found |= more
            grows = bool(more)
        return frozenset(found)

    def shared(self, relevant: frozenset[Place]) -> frozenset[Place]:
        """Those that some statement outside names, or the sync form of another shared one."""
        found: set[Place] = set()
        todo = [place for place in self.outside(relevant) for place in self.statements.targets(place)]
        while todo:
            place = todo.pop()
            if place in relevant and place not in found:
                found.add(place)
                if not self.is_router(place):
                    todo += self.statements.targets(place)
        return frozenset(found)

    def outside(self, relevant: frozenset[Place]) -> Iterable[Place]:
        """The other statements, those apart whose file names no relevant one."""
        words = {name for place in relevant for name in self.names(place)}
        if not words:
            return
        pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(words))) + r")\b|import \*")
        for path in sorted(self.program.modules):
            if pattern.search(self.views.of(path).file.text):
                for place, _ in self.statements.of(path):
                    if place not in self.inside:
                        yield place

    def names(self, place: Place) -> tuple[str, ...]:
        """What a statement binds at the top of its file."""
        return self.statements.bound(place)

    def is_router(self, place: Place) -> bool:
        """`router = APIRouter(..)`: whoever includes it calls none of its handlers."""
        if place not in self._routing:
            value = getattr(self.statements.node(place), "value", None)
            view = self.views.of(place.path)
            self._routing[place] = isinstance(value, ast.Call) and self._routers.is_router(view.kinds(value))
        return self._routing[place]


def _work_of(model: ast.stmt, called: frozenset[str]) -> list[ast.stmt]:
    """Methods that say nothing of what a mapped class is, and are not `called`; none where nothing else would
    be left of it."""
    body = model.body if isinstance(model, ast.ClassDef) else []
    found: list[ast.stmt] = [
        each
        for each in body
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        and each.name not in called
        and {last_name(decorator) for decorator in each.decorator_list} <= {"classmethod", "staticmethod"}
    ]
    return found if len(found) < len(body) else []
