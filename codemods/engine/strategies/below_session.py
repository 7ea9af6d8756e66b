"""`database = "run-sync"`: which bodies may run below an async session, on the loop, as they are.

There is no thread any more: whatever else they do would hold the loop, and what they leave behind for later
would be outside of the session's greenlet.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec.structs import replace

from ...analysis.judge.effects.site import SiteKind
from ...analysis.judge.reaching.reach import HARMFUL
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...beside import Body, Place, Sides, body_of, goes_on_later
from ...databases import OBSTACLE, Answers
from ...databases.draft import Draft
from ...databases.objects.mapped.relationships import Relationships
from ...databases.queries.outside import Outside
from ...databases.queries.values import convert_values
from ...databases.words import SESSIONS
from ...model import EntryKind, Location, Reason, ReplaceExpression
from ..analysis import Analysis
from ..remedies.one_thread import OneThread
from ..remedies.questions import Questions

_BESIDE_SESSION = HARMFUL - {SiteKind.SESSION}


class BelowSession(msgspec.Struct, frozen=True):
    plain: Analysis
    answers: Answers
    sides: Sides
    """Of the program as it is, bodies included."""

    def bodies(self) -> tuple[Mapping[Place, Body], tuple[Reason, ...]]:
        """Those of handlers and of dependencies that can move, and why those of handlers cannot."""
        found: dict[Place, Body] = {}
        reasons: list[Reason] = []
        for key in self._keys():
            place = self.sides.statements.holding(key)
            view = self.sides.views.of(key.path)
            body = body_of(view, self.sides.statements.node(place)) if place is not None else None
            if (
                place is None
                or body is None
                or self.sides.statements.span(place) != view.program.scope(key).span
            ):
                continue
            is_seed = key in self.sides.seeds
            made = self._checked(key, body, is_route=is_seed)
            if isinstance(made, Body):
                found[place] = made
            else:
                reasons.append(made)
        return found, tuple(reasons)

    def _keys(self) -> Iterator[Key]:
        yield from self.sides.seeds
        for entry in self.plain.entries:
            key = self.plain.program.key(entry.function)
            if key is not None and entry.kind is EntryKind.DEPENDENCY:
                yield key

    def _checked(self, key: Key, body: Body, *, is_route: bool) -> Body | Reason:
        reach = self.plain.reach
        place, name = self.plain.program.location(key), body.node.name
        one_thread = OneThread(Questions(reach))
        hops, site = reach.chain(key, _BESIDE_SESSION)
        bound = next((site for site in reach.own(key) if one_thread.needs_it(site)), None)
        if site is not None:
            what = site.name or site.why
            text = f"{name} would run on the loop, and {what} would hold it there"
            return Reason(OBSTACLE, text, place, hops)
        if bound is not None:
            return Reason(
                OBSTACLE, f"{name} would run on the loop, and {bound.name} is bound to a thread", place
            )
        if goes_on_later(self.sides.views, reach, key):
            return Reason(OBSTACLE, f"{name} leaves work for later, which would miss the session", place)
        answer = self.answers.of(key) if is_route else ()
        if isinstance(answer, Reason):
            return replace(answer, code=OBSTACLE)
        edits = tuple(edit for edit in answer if isinstance(edit, ReplaceExpression))
        return replace(body, answers=edits)

    def refused(self, bodies: Mapping[Place, Body], relevant: Iterable[Place]) -> Iterator[Reason]:
        """What works on the session and is no such body; and bodies that make a session of their own."""
        statements = self.sides.statements
        others = {place for place in relevant if place not in bodies and not self.sides.is_router(place)}
        for place in sorted(others):
            node, view = statements.node(place), self.sides.views.of(place.path)
            if isinstance(node, ast.ClassDef):
                yield Reason(OBSTACLE, f"{node.name} is a class that works on the session", view.place(node))
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not self._is_provider(place):
                text = f"{node.name} is handed what works on the session, and has no session of its own"
                yield Reason(OBSTACLE, text, view.place(node))
        for place in sorted(set(relevant) & bodies.keys()):
            body, view = bodies[place], self.sides.views.of(place.path)
            inner = [r.target for r in statements.references(place) if body.holds(r.node)]
            if not others.isdisjoint(self.sides.below(inner)):
                text = f"{body.node.name} makes a session of its own as well, which would stay sync"
                yield Reason(OBSTACLE, text, view.place(body.node))

    def told_by_driver(self) -> Iterator[Reason]:
        """Values that psycopg2 wrote into the text of a query; another driver sends them with their type."""
        relationships = Relationships(self.sides.views, self.sides.mapped)
        outside = Outside(self.sides.views, self.plain.callers)
        for path in sorted({place.path for place in self.sides.inside}):
            draft = Draft()
            convert_values(self.sides.views.of(path), draft, relationships, outside)
            for edit in draft.edits[path]:
                if isinstance(edit, ReplaceExpression):
                    text = "the async driver takes no value of another type than the column's"
                    yield Reason(OBSTACLE, text, Location(path, edit.span.line, edit.span.col + 1))

    def _is_provider(self, place: Place) -> bool:
        view = self.sides.views.of(place.path)
        yields = [n.value for n in walk(self.sides.statements.node(place)) if isinstance(n, ast.Yield)]
        return bool(yields) and all(
            value is not None and view.instance(value) in SESSIONS for value in yields
        )
