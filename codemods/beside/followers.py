"""What is said of a definition from outside, and must be said of its async twin as well.

@event.listens_for(engine, "connect")            @event.listens_for(engine, "connect")
def tune(connection, record):            ->      @event.listens_for(async_engine, "connect")
                                                 def tune(connection, record):

app.dependency_overrides[get_db] = fake          app.dependency_overrides[get_db] = fake
                                         ->      app.dependency_overrides[get_async_db] = fake_async
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator

from ..analysis.link.kinds import Fn
from ..analysis.syntax import FunctionNode, span_of
from ..analysis.view import View
from ..databases import OBSTACLE
from ..databases.words import SESSIONS
from ..model import AddDecorator, Code, Edit, ImportNeed, InsertStatements, Reason, Span, slot
from .naming import twin_name
from .sides import Sides
from .statements import Place, Reference, lines_span, name_span
from .usage import Said, said

Redirect = Callable[[View, Place, Span], list[tuple[Span, Code]]]
"""The names of a statement, within a span, that mean what has a twin, and how its twin is spelled."""


class Followers:
    def __init__(self, sides: Sides, twins: dict[Place, str], redirect: Redirect) -> None:
        self.sides = sides
        self.twins = twins
        self.redirect = redirect
        self.obstacles: list[Reason] = []
        self._copied: set[FunctionNode] = set()
        self._said: dict[str, set[tuple[str, str, ast.AST, type[ast.stmt]]]] = {}

    def edits(self) -> Iterator[tuple[str, Edit]]:
        for place in self.sides.outside(frozenset(self.twins)):
            view = self.sides.views.of(place.path)
            for reference in self.sides.statements.references(place):
                twin = self.twins.get(reference.target)
                how = said(view, reference.node) if twin else None
                if twin is None or how is None or self._is_followed(view, reference, twin):
                    continue
                if how is Said.LISTENER:
                    yield view.path, self._decorator(view, place, reference)
                else:
                    for edit in self._statement(view, place, reference):
                        yield view.path, edit

    def _is_followed(self, view: View, reference: Reference, twin: str) -> bool:
        """Has an earlier run seen to it: is the same said of the twin right beside?"""
        if view.path not in self._said:
            every = (place for place, _ in self.sides.statements.of(view.path))
            named = [r for place in every for r in self.sides.statements.references(place)]
            self._said[view.path] = {
                (r.target.path, r.name, *_where(view, how, r.node))
                for r in named
                if (how := said(view, r.node)) is not None
            }
        how = said(view, reference.node)
        return (
            how is not None
            and (reference.target.path, twin, *_where(view, how, reference.node)) in self._said[view.path]
        )

    def _decorator(self, view: View, place: Place, reference: Reference) -> Edit:
        call = view.file.parents[reference.node]
        return AddDecorator(span_of(view.file.statement(call)), self._copy(view, place, span_of(call), []))

    def _statement(self, view: View, place: Place, reference: Reference) -> Iterator[Edit]:
        statement = view.file.statement(reference.node)
        changes: list[tuple[Span, str]] = []
        if isinstance(statement, ast.Assign) and not isinstance(statement.value, ast.Lambda):
            value = statement.value
            function = self._function(view, value)
            home = self.sides.statements.at(view.path, function.lineno) if function is not None else None
            if function is None or home is None:
                text = f"what {reference.name} is overridden with here is not found"
                self.obstacles.append(Reason(OBSTACLE, text, view.place(value)))
            elif self._needs_copy(view, home, function, reference.target):
                name = twin_name(function, function.name)
                changes = [(span_of(value), name)]
                if function not in self._copied:
                    self._copied.add(function)
                    code = self._copy(view, home, lines_span(function), [(name_span(view, function), name)])
                    yield InsertStatements(span_of(function), code, after=True)
        code = self._copy(view, place, lines_span(statement), changes)
        yield InsertStatements(span_of(statement), code, after=True)

    def _function(self, view: View, value: ast.expr) -> FunctionNode | None:
        keys = [kind.key for kind in view.kinds(value) if isinstance(kind, Fn)]
        if len(keys) != 1 or keys[0].path != view.path or not isinstance(value, ast.Name):
            return None
        return view.file.function(view.program.scope(keys[0]).span)

    def _needs_copy(self, view: View, place: Place, function: FunctionNode, overridden: Place) -> bool:
        """Does it give a session, or ask for what has a twin?"""
        inner = set(ast.walk(function))
        if any(isinstance(each, ast.Yield) for each in ast.walk(self.sides.statements.node(overridden))):
            return True
        if any(r.node in inner and r.target in self.twins for r in self.sides.statements.references(place)):
            return True
        given = (n.value for n in inner if isinstance(n, (ast.Return, ast.Yield)) and n.value is not None)
        return any(view.instance(value) in SESSIONS for value in given)

    def _copy(self, view: View, place: Place, whole: Span, changes: list[tuple[Span, str]]) -> Code:
        """The text, in which what has a twin is called by its name."""
        needs: list[ImportNeed] = []
        changes = list(changes)
        for span, code in self.redirect(view, place, whole):
            changes.append((span, slot(len(needs)) if code.needs else code.text))
            needs.extend(code.needs)
        return Code(textwrap.dedent(view.spliced(whole, changes)), tuple(needs))


def _where(view: View, how: Said, node: ast.expr) -> tuple[ast.AST, type[ast.stmt]]:
    """The statement with the decorator, or the one around statements of this kind."""
    statement = view.file.statement(node)
    return (statement if how is Said.LISTENER else view.file.parents[statement]), type(statement)
