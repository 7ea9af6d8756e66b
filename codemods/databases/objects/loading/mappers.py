"""Plain functions that read relationships of what they are handed run where the session can load them.

    def to_schema(user): return Out(name=user.name, notes=[n.title for n in user.notes])

    return to_schema(user)        ->        return await db.run_sync(lambda _: to_schema(user))

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#running-synchronous-methods-and-functions-under-asyncio
"""

from __future__ import annotations

import ast

from ....analysis.index.bindings import ScopeKind
from ....analysis.judge.callers.callers import Callers
from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.scopes import FUNCTIONS
from ....analysis.syntax import FunctionNode, holds, span_of
from ....analysis.view import View, Views
from ....model import Code, ReplaceExpression, Span
from ...draft import Draft
from ...spelling import Spelled, session_of_class, session_of_function
from ...words import SESSIONS
from .in_session import in_session
from .needs import Need
from .sure_reads import is_chosen

_DEPTH = 4
_DISPLAYS = (ast.ListComp, ast.SetComp, ast.DictComp)
_AT_ONCE = frozenset(
    {"all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"}
)
"""Functions that have read all of a generator when they return."""


class Mappers:
    def __init__(
        self, views: Views, callers: Callers, reach: Reach, draft: Draft, entries: frozenset[Key]
    ) -> None:
        self.views = views
        self.reach = reach
        self.callers = callers
        self.program = callers.program
        self.draft = draft
        self.entries = entries
        self.turned: set[Key] = set()
        """Functions that await what they read, which nothing runs as plain ones."""
        self._covered: set[Key] = set()
        self._calls: dict[tuple[str, Span], tuple[ast.Call, str]] = {}
        self._reads: dict[tuple[str, Span], tuple[ast.expr, str]] = {}

    def forget(self) -> None:
        """All is decided anew, now that more functions are known to await what they read."""
        self._covered.clear()
        self._calls.clear()
        self._reads.clear()

    def take(self, view: View, node: ast.AST) -> bool:
        """Can all calls of the function around `node` be run by a session?"""
        found: dict[tuple[str, Span], tuple[ast.Call, str]] = {}
        reached: set[Key] = set()
        if not self._reach(view.owner(node), found, reached, 0):
            return False
        self._calls.update(found)
        self._covered |= reached
        return True

    def take_need(self, need: Need) -> bool:
        """What is sent is read when the function is done, and no session runs it any more."""
        return not need.is_sent and self.take(need.view, need.node)

    def take_at_times(self, need: Need) -> bool:
        """What is read at times only must not be loaded above: with what is sent as it is, it would be sent
        as well."""
        view, function = need.view, need.view.function(need.node)
        if function is not None and (session_of_function(view, function) or session_of_class(view, function)):
            return is_chosen(view, need.node) and self.take_read(need)
        return self.take_need(need)

    def covers(self, need: Need) -> bool:
        """Is every call of the function run by a session, and the relationship read in it?"""
        return not need.is_sent and need.view.owner(need.node) in self._covered

    def take_read(self, need: Need) -> bool:
        """Can a session of the function itself run what reads the attribute? A model reads more than that."""
        if need.is_sent or need.is_read_by_model:
            return False
        view, node = need.view, need.node
        function = view.function(node)
        session = session_of_function(view, function) if function is not None else None
        if session is None and function is not None and view.module.is_test:
            session = self._of_suite(view, function)
        whole = self._read(view, node)
        if session is None or whole is None or not self._is_runnable(view, whole):
            return False
        self._reads[view.path, span_of(whole)] = (whole, session.text)
        return True

    def take_call(self, view: View, call: ast.Call) -> bool:
        """Can a session of the function around it run the call of a library?"""
        function = view.function(call)
        session = session_of_function(view, function) if function is not None else None
        session = session or (session_of_class(view, function) if function is not None else None)
        if session is None or not (self._is_runnable(view, call) or self._with_asked(view, call, "")):
            return False
        self._calls[view.path, span_of(call)] = (call, session.text)
        return True

    def _is_runnable(self, view: View, whole: ast.expr) -> bool:
        """Can it stand in a lambda? Nothing is awaited there."""
        called = [key for n in walk(whole) if isinstance(n, ast.Call) for key in view.functions_called(n)]
        return (
            view.can_await(whole)
            and not (self._works(view, whole) or any(map(self._turns, called)))
            and not any(isinstance(n, (ast.Await, ast.NamedExpr)) for n in ast.walk(whole))
        )

    def _of_suite(self, view: View, function: FunctionNode) -> Spelled | None:
        """`self.db`, which the class of a test has, or one that it is derived from."""
        cls = self.program.enclosing_class(view.owner(function.body[0]))
        for step in self.views.inference.classes.mro(cls) if cls is not None else ():
            other = self.views.of(step.path) if isinstance(step, Key) else view
            node = other.file.class_(self.program.scope(step).span) if isinstance(step, Key) else None
            methods = [each for each in node.body if isinstance(each, FUNCTIONS)] if node is not None else []
            if session := next(filter(None, (session_of_class(other, each) for each in methods)), None):
                return session
        return None

    def _read(self, view: View, node: ast.AST) -> ast.expr | None:
        """`post.owner.name`; what makes all of them at once where it is one of many."""
        whole = node if isinstance(node, ast.Attribute) else None
        below = node
        for above in view.file.above(node):
            if isinstance(above, ast.stmt):
                break
            if isinstance(above, ast.Attribute) and below in (node, whole):
                if getattr(view.file.parents[above], "func", None) is not above:
                    whole = above
            elif isinstance(above, _DISPLAYS) or _reads_all(above, below):
                whole = above  # type: ignore[assignment]
            below = above
        return whole

    def _reach(
        self,
        function: Key,
        found: dict[tuple[str, Span], tuple[ast.Call, str]],
        reached: set[Key],
        depth: int,
    ) -> bool:
        reached.add(function)
        scope = self.program.scope(function)
        calls = self.callers.calls(function)
        if depth > _DEPTH or not calls or scope.kind is not ScopeKind.FUNCTION:
            return False
        if function in self.entries or function in self.turned:
            return False
        if scope.is_async or scope.has_yield or scope.name.startswith("__") or self._turns(function):
            return False
        if any(True for _ in self.callers.references(function)):
            return False
        for caller in calls:
            view = self.views.of(caller.call.path)
            call = view.node_of(caller.call)
            holder = view.function(call) if call is not None else None
            if call is None or holder is None or view.module.is_test:
                return False
            session = session_of_function(view, holder) or session_of_class(view, holder)
            if session is None:
                if caller.owner != function and not self._reach(caller.owner, found, reached, depth + 1):
                    return False
            elif view.can_await(call):
                found[view.path, span_of(call)] = (call, session.text)
            else:
                return False
        return True

    def _turns(self, function: Key) -> bool:
        """Does it, or what it calls, await what it reads, or ask a session for something itself?"""
        below = self.reach.below(function)
        if not self.turned.isdisjoint(below):
            return True
        for each in below:
            view = self.views.of(each.path)
            node = view.file.function(self.program.scope(each).span)
            if node is not None and self._works(view, node):
                return True
        return False

    def finish(self) -> None:
        for (path, _), (read, session) in sorted(self._reads.items(), key=lambda item: item[0]):
            view = self.views.of(path)
            text = in_session(view, read, session, view.source(read))
            self.draft.lazy[path, span_of(read)] = session, view.source(read)
            self.draft.edit(view, ReplaceExpression(span_of(read), Code(text)))
            self.draft.awaited(view, read)
        for (path, _), (call, session) in sorted(self._calls.items(), key=lambda item: item[0]):
            view = self.views.of(path)
            whole, text = self._whole(view, call, session)
            self.draft.lazy[path, span_of(whole)] = session, view.source(whole)
            self.draft.edit(view, ReplaceExpression(span_of(whole), Code(text)))
            self.draft.handle(view, call)
            self.draft.awaited(view, whole)

    def _whole(self, view: View, call: ast.Call, session: str) -> tuple[ast.expr, str]:
        """The display that makes all of them at once, or the call itself, and how the session runs it."""
        alone: ast.expr = call
        for above in view.file.above(call):
            if isinstance(above, ast.stmt):
                break
            if isinstance(above, ast.IfExp) and self._in_both(view, above):
                alone = above
            if isinstance(above, _DISPLAYS):
                if not self._works(view, above):
                    alone = above
                elif text := self._with_items(view, above, session):
                    return above, text
                break
        return alone, self._with_asked(view, call, session) or in_session(
            view, alone, session, view.source(alone)
        )

    def _with_asked(self, view: View, call: ast.Call, session: str) -> str:
        """`schema.dump(db.query(User).all())`: what it is given is asked for ahead of it; empty where that is
        not all that is awaited in it."""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        asking = [each for each in given if self._works(view, each)]
        return self._ahead(view, call, asking[0], session) if len(asking) == 1 else ""

    def _in_both(self, view: View, choice: ast.IfExp) -> bool:
        """`to_schema(user) if full else to_card(user)`: whichever it is, the same session runs it."""
        made = [self._calls.get((view.path, span_of(each))) for each in (choice.body, choice.orelse)]
        sessions = {each[1] for each in made if each is not None}
        return None not in made and len(sessions) == 1 and not self._works(view, choice)

    def _with_items(
        self, view: View, display: ast.ListComp | ast.SetComp | ast.DictComp, session: str
    ) -> str:
        """`[to_schema(row) for row in db.scalars(..)]`: what it goes over is asked for ahead of it."""
        if len(display.generators) > 1 or display.generators[0].is_async:
            return ""
        return self._ahead(view, display, display.generators[0].iter, session)

    def _ahead(self, view: View, whole: ast.expr, items: ast.expr, session: str) -> str:
        """`whole`, run by the session, with the only part of it that is awaited handed over."""
        text, asked = view.source(whole), view.source(items)
        others = [part for part in walk(whole) if not holds(items, part) and not holds(part, items)]
        names = {part.id for part in walk(whole) if isinstance(part, ast.Name)}
        is_clear = "items" not in names and text.count(asked) == 1 and view.can_await(whole)
        if not is_clear or any(self._works(view, part) for part in others):
            return ""
        return in_session(view, whole, session, text.replace(asked, "items"), items=asked)

    def _works(self, view: View, node: ast.AST) -> bool:
        """Is a session asked for something within `node`? That is awaited, which a lambda cannot do."""
        for inner in walk(node):
            member = view.member(inner) if isinstance(inner, ast.Call) else None
            if member is not None and member.owner in SESSIONS:
                return True
        return False


def _reads_all(node: ast.AST, given: ast.AST) -> bool:
    """`set(item.id for item in items)`"""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _AT_ONCE
        and node.args[:1] == [given]
        and isinstance(given, ast.GeneratorExp)
    )
