"""What the program does to a definition from outside, of which its async twin would know nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.judge.callers.callers import Callers
from ..analysis.nodes import walk
from ..analysis.view import View
from ..databases import OBSTACLE
from ..databases.words import LISTENING
from ..frameworks.names import ROUTERS
from ..model import Reason
from .sides import Sides
from .statements import Place, Reference
from .usage import may_override, said


class Elsewhere:
    def __init__(
        self,
        sides: Sides,
        callers: Callers,
        working: frozenset[Place],
        dependencies: frozenset[Place],
        *,
        tests_turn: bool,
    ) -> None:
        """`working` are the statements with functions that work on a sync session; `tests_turn` where what
        tests put in the place of others goes async too."""
        self.sides = sides
        self.statements = sides.statements
        self.callers = callers
        self.working = working
        self.dependencies = dependencies
        self.tests_turn = tests_turn

    def obstacles(self, relevant: frozenset[Place], kept: frozenset[Place]) -> Iterator[Reason]:
        """`relevant` is what changes on the async side, `kept` what of it tests may not replace."""
        for place in self.sides.outside(relevant):
            view = self.sides.views.of(place.path)
            for reference in self.statements.references(place):
                if reference.target in relevant:
                    why = self._why_not(view, reference)
                    if why:
                        yield Reason(OBSTACLE, why, view.place(reference.node))
        yield from self._patched(kept)
        yield from self._set_up(kept)
        yield from self._given_to_routers()
        yield from self._on_one_router(relevant)

    def _why_not(self, view: View, reference: Reference) -> str:
        node, name, above = reference.node, reference.name, view.file.parents[reference.node]
        if isinstance(above, ast.Attribute) and above.attr == "configure":
            return f"{name} is configured here, and its async twin would not be"
        if said(view, node) is not None:
            return ""
        if reference.target in self.dependencies and may_override(view, node):
            return f"{name} is overridden here, and the handlers would depend on its async twin"
        if isinstance(above, ast.Call) and view.external(above.func) in LISTENING:
            return f"events of {name} are listened to here, and its async twin would have no listener"
        return ""

    def _on_one_router(self, relevant: frozenset[Place]) -> Iterator[Reason]:
        """The dependencies of a router are those of all its routes, of routes that stay sync as well."""
        routers = {place for place in relevant if self.sides.is_router(place)}
        for place in self.sides.outside(frozenset(routers)):
            node = self.statements.node(place)
            decorators = self._meant(place, list(getattr(node, "decorator_list", ())))
            for router in sorted(routers & decorators):
                text = (
                    f"its dependency works on the session, and {self.sides.names(place)[0]} of it stays sync"
                )
                where = self.sides.views.of(router.path).place(self.statements.node(router))
                yield Reason(OBSTACLE, text, where)

    def _patched(self, kept: frozenset[Place]) -> Iterator[Reason]:
        """Tests replace a function where the handlers would find another one."""
        for path in sorted({place.path for place in kept}):
            for key in self.sides.program.functions_of(path):
                place = self.statements.holding(key)
                if place in kept and (name := self.callers.patches.first_of(key)):
                    text = f"tests replace {name}, and the handlers would call another function"
                    yield Reason(OBSTACLE, text, self.sides.program.location(key))
        for call in self.callers.patches.calls():
            for dotted in self.callers.patches.replaced_by(call):
                found = self.sides.meant(dotted) if self.tests_turn else self.sides.replaced(dotted)
                if not kept.isdisjoint(found):
                    text = f"tests replace {dotted}, of which there would be two"
                    yield Reason(OBSTACLE, text, self.sides.program.call_location(call))

    def _set_up(self, kept: frozenset[Place]) -> Iterator[Reason]:
        """`SessionLocal.configure(bind=engine)` on the async side: the original would miss it."""
        for place in sorted(self.sides.inside):
            view = self.sides.views.of(place.path)
            for reference in self.statements.references(place):
                above = view.file.parents[reference.node]
                sets = isinstance(above, ast.Attribute) and (
                    above.attr == "configure" or isinstance(above.ctx, ast.Store)
                )
                if sets and reference.target in kept:
                    text = f"{reference.name} is set up here for all, and there would be two of it"
                    yield Reason(OBSTACLE, text, view.place(reference.node))

    # dependencies that a router gives its routes ------------------------------------------------------------

    def _given_to_routers(self) -> Iterator[Reason]:
        """`app.include_router(router, dependencies=[Depends(check)])`: two sessions in one request."""
        holding = {place for place in self.sides.inside if self.sides.is_router(place)}
        calls = [call for name in ("include_router", "mount") for call in self._calls(name)]
        grows = True
        while grows:
            more = {
                parent
                for view, place, call in calls
                if not holding.isdisjoint(self._meant(place, call.args))
                for parent in self._meant(place, [call.func])
            }
            grows = not more <= holding
            holding |= more
        made = [call for name in self._makers() for call in self._calls(name)]
        for view, place, call in [*calls, *made]:
            own = {place} if view.file.statement(call) is self.statements.node(place) else set()
            ours = {*self._meant(place, call.args), *own}
            if place in self.sides.inside or (ours and holding.isdisjoint(ours)):
                continue
            for keyword in call.keywords:
                for given in self._meant(place, [keyword.value]) if keyword.arg == "dependencies" else ():
                    if not self.working.isdisjoint(self.sides.below([given])):
                        name = self.sides.names(given)[0]
                        text = f"the routes are given {name} here, which works on the sync session"
                        yield Reason(OBSTACLE, text, view.place(keyword.value))

    def _makers(self) -> Iterator[str]:
        """What routers are called, those of the project's own classes as well."""
        yield from sorted({name.rpartition(".")[2] for name in ROUTERS})
        program, classes = self.sides.program, self.sides.views.inference.classes
        for cls in program.classes():
            if any(classes.is_a(cls, router) for router in ROUTERS):
                yield program.scope(cls).name

    def _calls(self, name: str) -> Iterator[tuple[View, Place, ast.Call]]:
        program = self.sides.program
        for key in program.calls_by_name.get(name, ()):
            view = self.sides.views.of(key.path)
            node = view.node_of(key)
            place = self.statements.at(key.path, node.lineno) if node is not None else None
            if node is not None and place is not None and not view.module.is_test:
                yield view, place, node

    def _meant(self, place: Place, nodes: list[ast.expr]) -> set[Place]:
        inner = {each for node in nodes for each in walk(node)}
        return {r.target for r in self.statements.references(place) if r.node in inner}
