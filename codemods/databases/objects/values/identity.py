"""Whether a session may hold an object already when it is asked for by its key.

current_user: User = Depends(get_current_user)    # holds user 1
user = db.get(User, 1, options=[...])             # the same object, as it was loaded there
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.kinds import Cls
from ....analysis.link.program import Key
from ....analysis.scopes import FUNCTIONS
from ....analysis.syntax import span_of
from ....analysis.view import View, Views
from ....model import Span
from ...words import SELECTS, SESSIONS
from ..mapped.relationships import Relationship, Relationships

_ASKING = ("get", "get_one", "query")
_REPEATING = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Place(msgspec.Struct, frozen=True):
    """Objects of a class come into the session here."""

    function: Key
    span: Span
    cls: Key


class Identity:
    def __init__(
        self,
        views: Views,
        reach: Reach,
        relationships: Relationships,
        paths: Iterable[str],
        entries: frozenset[Key],
        routes: frozenset[Key],
    ) -> None:
        self.views = views
        self.reach = reach
        self.relationships = relationships
        self.paths = tuple(paths)
        self.routes = routes
        self.dependencies = entries - routes
        self.loaded: set[Relationship] = set()
        """Relationships that are loaded on purpose, beside those that load by themselves."""

    def may_hold(self, function: Key, span: Span, cls: Key) -> bool:
        bringing = {each for each in self._classes if cls in self._comes_with(each)}
        places = [place for place in self._places if place.cls in bringing]
        others = [place for place in places if (place.function, place.span) != (function, span)]
        together = self._together(function) if others else frozenset()
        return any(place.function in together for place in others) or (
            cls in self._brought_by(cls) and self._may_come_again(function, span)
        )

    def _together(self, function: Key) -> frozenset[Key]:
        """What may run in the same request."""
        below = [found for entry, found in self._below.items() if function in found or entry == function]
        always = [self._below[entry] for entry in self.dependencies & self._below.keys()]
        return frozenset({function}).union(*below, *always)

    def _may_come_again(self, function: Key, span: Span) -> bool:
        """Does more than one object come in there in one request? Those that came along have less loaded."""
        view = self.views.of(function.path)
        call = view.file.call(span)
        around = view.file.above(call) if call is not None else ()
        within = itertools.takewhile(lambda node: not isinstance(node, FUNCTIONS), around)
        return function not in self.routes or any(isinstance(node, _REPEATING) for node in within)

    @cached_property
    def _below(self) -> Mapping[Key, frozenset[Key]]:
        return {entry: frozenset(self.reach.below(entry)) for entry in self.routes | self.dependencies}

    @cached_property
    def _places(self) -> tuple[_Place, ...]:
        return tuple(place for path in self.paths for place in self._in_file(path))

    @cached_property
    def _classes(self) -> frozenset[Key]:
        return frozenset(place.cls for place in self._places)

    def _in_file(self, path: str) -> Iterator[_Place]:
        view = self.views.of(path)
        for node in view.file.of_kind(ast.Call):
            member = view.member(node)
            asks = member is not None and member.owner in SESSIONS and member.attr in _ASKING
            found = [k.key for k in view.callees(node) if isinstance(k, Cls)]
            if asks or view.external(node.func) in SELECTS:
                found = [cls for argument in node.args for cls in view.classes_named(argument)]
            for cls in found:
                if cls in self.relationships.mapped.classes:
                    yield _Place(view.owner(node), span_of(node), cls)

    def _comes_with(self, cls: Key) -> set[Key]:
        """The class, and those that its objects bring along."""
        return {cls} | self._brought_by(cls)

    def _brought_by(self, cls: Key) -> set[Key]:
        """Those that its objects bring along; what leads one of several back to its owner brings none."""
        found: set[Key] = set()
        todo: list[tuple[Key, Relationship | None]] = [(cls, None)]
        seen = {*todo}
        while todo:
            owner, along = todo.pop()
            back = set(self.relationships.turned_round(along)) if along is not None else set()
            for step in self.relationships.of(owner).values():
                brings = step.is_eager or step in self.loaded
                is_back = back == {step.name} and self.relationships.holds_several(step) is False
                if not brings or step.target is None or is_back:
                    continue
                found.add(step.target)
                if (step.target, step) not in seen:
                    seen.add((step.target, step))
                    todo.append((step.target, step))
        return found


def asks_by_key(view: View, node: ast.Call) -> bool:
    """`session.get(E, 1)`, `session.query(E).get(1)`"""
    above = view.file.parents[node]
    member = view.member(node)
    is_legacy = isinstance(above, ast.Attribute) and above.attr == "get"
    return member is not None and (
        member.attr in ("get", "get_one") or (member.attr == "query" and is_legacy)
    )
