"""Where the objects of a session expire: commits, rollbacks, and calls of functions that do so."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ....analysis.index.expr import Name
from ....analysis.judge.callers.callers import Callers
from ....analysis.judge.callers.entered import MANAGING, Entered, Way
from ....analysis.link.kinds import Inst, Kinds
from ....analysis.link.program import Key
from ....analysis.nodes import given_to, walk
from ....analysis.syntax import FunctionNode, holds
from ....analysis.view import View, Views
from ...connections.begun import begun_by, is_savepoint
from ...draft import Draft
from ...words import SESSIONS, TRANSACTIONS
from ..values.expired import run_by, works
from .autoflushed import unwritten, written_by
from .bulk import updated_by

_ENDS = ("commit", "rollback", "flush", "expire", "expire_all")


IsRequest = Callable[[View, ast.Call], bool]
"""Does a test ask the application for something there, which may commit on the session of the test?"""


_FLUSHES = ("flush", "begin_nested")
_HALF = ("flush", "rollback", "expire", "expire_all")
"""They expire less than a commit does, or other objects."""
_LETTING_GO = frozenset({"close", "expunge", "expunge_all"})
Points = Sequence[tuple[ast.stmt, ast.expr]]
"""Statements of a function that commit, and what does so in them."""


class Commits:
    def __init__(
        self, views: Views, callers: Callers, draft: Draft, entries: frozenset[Key], is_request: IsRequest
    ) -> None:
        self.views = views
        self.callers = callers
        self.program = callers.program
        self.draft = draft
        self.entries = entries
        self.is_request = is_request
        self.committing = self._running(("commit", "rollback"), self._asking())
        self._may_autoflush = not views.mention("autoflush")
        self._flushing = self._running(("flush",)) - self.committing
        self._closes_given = any(map(self._closes, sorted(draft.functions)))

    def _running(self, ends: Collection[str], known: Iterable[Key] = ()) -> frozenset[Key]:
        """Functions that do one of these with a session which they were given."""
        found = set(known)
        for function in self.draft.functions:
            view = self.views.of(function.path)
            node = view.file.function(self.program.scope(function).span)
            if node is not None and any(
                self._is_given(view, node, call)
                for call in _ending(view, node, function)
                if getattr(call.func, "attr", "") in ends
            ):
                found.add(function)
        todo = list(found)
        while todo:
            function = todo.pop()
            inside = set(self._wrapped(function)) - found  # who calls them runs what commits as well
            found |= inside
            todo += inside
            for caller, view, call in self._run_from(function):
                owner = view.file.function(self.program.scope(caller).span)
                if caller not in found and call is not None and owner is not None:
                    session = self.session_of(view, call)
                    if session is None or self._is_outside(owner, session):
                        found.add(caller)
                        todo.append(caller)
        return frozenset(found)

    def _run_from(self, function: Key) -> Iterator[tuple[Key, View, ast.expr | None]]:
        """Who calls the function, or enters an object whose `__exit__` it is; and where."""
        for caller in self.callers.calls(function):
            view = self.views.of(caller.call.path)
            yield caller.owner, view, view.node_of(caller.call)
        is_method = self.program.enclosing_class(function) is not None
        if is_method and self.program.scope(function).name in MANAGING:
            for place in Entered(self.callers).places(function):
                view = self.views.of(place.owner.path)
                item = view.file.entered(place.span)
                if place.way is Way.WITH and item is not None:
                    yield place.owner, view, item.context_expr

    def _asking(self) -> Iterator[Key]:
        """Functions of tests that ask the application for something."""
        for path in (path for path, module in self.program.modules.items() if module.facts.is_test):
            view = self.views.of(path)
            for call in view.file.of_kind(ast.Call):
                if self.is_request(view, call):
                    yield view.owner(call)

    def expires_again(self, view: View, statement: ast.stmt, name: str, session: str, points: Points) -> bool:
        """Does the same session commit once more before anybody reads the name? Then it is loaded there."""
        block = view.block(statement)
        for following in block[block.index(statement) + 1 :]:
            names = [node for node in ast.walk(following) if isinstance(node, ast.Name)]
            if any(node.id == name for node in names):
                return False
            if isinstance(following, (ast.Expr, ast.Assign, ast.AnnAssign)):
                again = [
                    each
                    for at, each in points
                    if at is following
                    and getattr(getattr(each, "func", None), "attr", "") not in _HALF
                    and not self.only_flushes(view, each)
                ]
                if any((self.session_of(view, c) or self.own_session(view, c)) == session for c in again):
                    return True
            elif not isinstance(following, ast.Assert):
                return False
        return False

    def may_delete(self, view: View, statement: ast.stmt) -> bool:
        """`client.delete("/notes/1")`"""
        return any(getattr(call.func, "attr", "") == "delete" for call in self._requests(view, statement))

    def may_let_go(self, view: View, statement: ast.stmt, name: str) -> bool:
        """Can the session have been closed since it loaded the object: by a dependency that was handed both,
        or by what a test asks for? The object keeps what it has."""
        if not self._closes_given:
            return False
        parameters = self.program.scope(view.owner(statement)).parameters
        return name in {each.name for each in parameters} or any(self._requests(view, statement))

    def _closes(self, function: Key) -> bool:
        """Does it close a session that others have as well? Not the provider's `close(self)`, nor the
        middleware that has put its own into `request.state.db`: that ends after all that has it."""
        view, scope = self.views.of(function.path), self.program.scope(function)
        node = view.file.function(scope.span)
        if node is None or scope.name in _LETTING_GO:
            return False
        own = {ast.unparse(each) for each in walk(node) if _is_set(each)}
        return any(
            _ends_all(view, call)
            and self._is_given(view, node, call)
            and self.session_of(view, call) not in own
            for call in walk(node)
            if isinstance(call, ast.Call)
        )

    def _requests(self, view: View, statement: ast.stmt) -> Iterator[ast.Call]:
        for node in walk(statement):
            if isinstance(node, ast.Call) and self.is_request(view, node):
                yield node

    def of_sync_tests(self) -> Iterator[tuple[Key, View, FunctionNode, ast.stmt, ast.expr]]:
        """Where tests that are `def` ask for something."""
        for function in sorted(self.committing - self.draft.functions):
            view = self.views.of(function.path)
            node = view.file.function(self.program.scope(function).span)
            if view.module.is_test and node is not None:
                for statement, call in self.points(view, node, function):
                    if not self.only_flushes(view, call):
                        yield function, view, node, statement, call

    def _wrapped(self, function: Key) -> tuple[Key, ...]:
        """The functions that stand under the decorator which gives this one back."""
        decorators = self.callers.inference.decorators
        decorated = decorators.decorated_by(self.program.parent(function))
        return tuple(key for key in decorated if function in decorators.wrappers(key))

    def _is_given(self, view: View, function: FunctionNode, call: ast.Call) -> bool:
        session = self.session_of(view, call)
        return session is not None and self._is_outside(function, session)

    def _is_outside(self, function: FunctionNode, session: str) -> bool:
        """Does the session live longer than the function?"""
        return not any(
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == session
            for node in walk(function)
        )

    def points(self, view: View, node: FunctionNode, function: Key) -> Iterator[tuple[ast.stmt, ast.expr]]:
        for call in _ending(view, node, function):
            yield view.file.statement(call), call
        for inner in works(node):
            if view.owner(inner) != function:
                continue
            is_request = isinstance(inner, ast.Call) and self.is_request(view, inner)
            writes = updated_by(view, inner) or self.autoflushed(view, node, inner)
            is_run = not (self.committing | self._flushing).isdisjoint(run_by(view, inner))
            if is_request or _begins(view, inner) or writes or is_run:
                yield view.file.statement(inner), inner

    def autoflushed(self, view: View, function: FunctionNode, call: ast.expr) -> frozenset[str]:
        """What a query writes, where no session is told not to."""
        return written_by(view, function, call) if self._may_autoflush else frozenset()

    def would_lose(self, view: View, function: FunctionNode, call: ast.expr, name: str) -> bool:
        """Would an object that is loaded again behind the call lose what was set in it and is not written?"""
        return not self._may_autoflush and name in unwritten(view, function, call)

    def only_flushes(self, view: View, call: ast.expr) -> bool:
        """Does it expire nothing but what the database computes for a row that is written?"""
        if getattr(getattr(call, "func", None), "attr", "") in _FLUSHES or updated_by(view, call):
            return True
        function = view.function(call)
        if function is not None and self.autoflushed(view, function, call):
            return True
        run = run_by(view, call)
        return not self._flushing.isdisjoint(run) and self.committing.isdisjoint(run)

    def session_of(self, view: View, call: ast.expr) -> str | None:
        """The session that a call works on, as written: its receiver, or the one that it is handed."""
        if not isinstance(call, ast.Call):
            return None
        if isinstance(call.func, ast.Attribute):
            if view.instance(call.func.value) in SESSIONS:
                return view.source(call.func.value)
            for begun in begun_by(view, call.func.value):
                return self.session_of(view, begun)
        for argument in given_to(call):
            if isinstance(argument, (ast.Name, ast.Attribute)) and view.instance(argument) in SESSIONS:
                return view.source(argument)
        return None

    def own_session(self, view: View, call: ast.expr) -> str | None:
        """The session that FastAPI hands to the function: in one request a provider gives everybody the
        same. In a test, the only one there is."""
        inference, owner = self.views.inference, view.owner(call)
        given = [
            parameter.name
            for parameter in self.program.scope(owner).parameters
            if _are_sessions(inference.kinds(owner, Name(parameter.name)))
        ]
        if view.module.is_test:
            function = view.function(call)
            named = [n for n in walk(function) if isinstance(n, ast.Name)] if function is not None else []
            here = {*given, *(name.id for name in named if view.instance(name) in SESSIONS)}
            return here.pop() if len(here) == 1 else None
        results = map(inference.function_result, self.draft.generators)
        providers = [result for result in results if _are_sessions(inference.iterated(result))]
        return given[0] if len(providers) < 2 and len(given) == 1 and owner in self.entries else None


def _are_sessions(kinds: Kinds) -> bool:
    return any(isinstance(kind, Inst) and kind.name in SESSIONS for kind in kinds)


def _ending(view: View, node: FunctionNode, function: Key) -> Iterator[ast.Call]:
    for inner in walk(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _ENDS:
            member = view.member(inner)
            if member is None or view.owner(inner) != function:
                continue
            if member.owner in SESSIONS or (member.owner in TRANSACTIONS and _expires(view, inner.func)):
                yield inner


def _is_set(node: ast.AST) -> bool:
    """`request.state.db = ...`"""
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)


def _ends_all(view: View, call: ast.Call) -> bool:
    member = view.member(call)
    return member is not None and member.owner in SESSIONS and member.attr in _LETTING_GO


def _expires(view: View, ending: ast.Attribute) -> bool:
    """`tx.commit()`, `savepoint.rollback()`"""
    begun = begun_by(view, ending.value)
    return bool(begun) and (ending.attr == "rollback" or not is_savepoint(begun))


def returned_before(view: View, function: FunctionNode, call: ast.expr) -> Iterator[ast.Return]:
    """What the function gives before it commits: within `with db.begin()`, or above a `finally` that does."""
    within: list[ast.AST] = []
    for above in view.file.above(call):
        if isinstance(above, ast.With) and any(item.context_expr is call for item in above.items):
            within += above.body
        if isinstance(above, ast.Try) and any(holds(each, call) for each in above.finalbody):
            within += [*above.body, *above.handlers, *above.orelse]
        if above is function:
            break
    for node in (node for each in within for node in walk(each)):
        if isinstance(node, ast.Return) and node.value is not None and view.owner(node) == view.owner(call):
            yield node


def _begins(view: View, call: ast.expr) -> bool:
    """`with session.begin():` commits when it is left, and `with session.begin_nested():` flushes."""
    if not isinstance(call, ast.Call) or not isinstance(view.file.parents[call], ast.withitem):
        return False
    member = view.member(call)
    return member is not None and member.owner in SESSIONS and member.attr in ("begin", "begin_nested")
