"""Functions that are handed a query and take its rows: they are handed the session as well.

def page_of(query: Query):                 async def page_of(db: AsyncSession, query: Select):
    return query.limit(10).all()     ->        return (await db.scalars(query.limit(10))).all()

page_of(db.query(Note))                    await page_of(db, select(Note))
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...analysis.handed_over import is_bound, parameter_taking
from ...analysis.link.kinds import Inst, ordered
from ...analysis.link.program import Key
from ...analysis.nodes import given_to, walk
from ...analysis.syntax import FunctionNode, span_of
from ...analysis.view import View
from ...model import AddParameter, Argument, AwaitExpression, Code, ReplaceCall, slot
from ..words import ASYNC_OF, SESSIONS
from .terminals import Statement

if TYPE_CHECKING:
    from .peers import Peers

_NAME = "session"


class _Handed(msgspec.Struct, frozen=True):
    view: View
    call: ast.Call
    statement: Statement


class _Taker(msgspec.Struct):
    function: Key
    parameter: str
    handed: list[_Handed] = msgspec.field(default_factory=list)


class Takers:
    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self.program = peers.callers.program
        self._found: dict[tuple[Key, str], _Taker] = {}
        self._calls: list[tuple[View, ast.Call, str]] = []
        """Calls that hand over the session from now on, and how they spell it."""

    def take(self, view: View, call: ast.Call, node: ast.expr, statement: Statement) -> bool:
        """Is the query handed to one function of the project, which can be handed a session?"""
        keys = view.functions_called(call)
        name = parameter_taking(view, call, node, keys[0]) if len(keys) == 1 else None
        if name is None or not self._can_change(keys[0]):
            return False
        taker = self._found.setdefault((keys[0], name), _Taker(keys[0], name))
        taker.handed.append(_Handed(view, call, statement))
        return True

    def _can_change(self, function: Key) -> bool:
        scope = self.program.scope(function)
        callers = self.peers.callers
        is_family = len(callers.inference.classes.family(function)) > 1
        handed_on = any(True for _ in callers.references(function))
        return not (scope.has_yield or is_family or handed_on)

    def finish(self) -> None:
        """All queries are known: what a taker is handed is handed on to further ones."""
        done: set[tuple[Key, str]] = set()
        while todo := sorted(self._found.keys() - done):
            for key in todo:
                done.add(key)
                self._convert(self._found[key])

    def _convert(self, taker: _Taker) -> None:
        peer = self.peers.of(taker.function.path)
        scope = self.program.scope(taker.function)
        function = peer.view.file.function(scope.span)
        first = taker.handed[0]
        if function is None:
            return
        if len({bool(each.statement.entity) for each in taker.handed}) > 1:
            peer.refuse(function, f"{scope.name} is handed queries for objects and for columns")
            return
        strangers = len(self.peers.callers.calls(taker.function)) - len(taker.handed)
        if strangers:
            peer.refuse(function, f"{scope.name} is also handed queries that are not followed")
            return
        session = self._session(peer.view, taker, function)
        if session is None:
            peer.refuse(function, f"{scope.name} has no name left for the session")
            return
        repeats = any(each.statement.may_repeat for each in taker.handed)
        statement = replace(
            first.statement,
            variable=taker.parameter,
            session=session,
            repeats=repeats,
            loads_lists=any(each.statement.loads_lists for each in taker.handed),
            pinned=frozenset(),
            is_once=False,
            filtered=False,
            only_filters=False,
            limited_to_one=False,
            grouped=any(each.statement.grouped for each in taker.handed),
            options=(),
            key="",
            renames=(),
        )
        peer.follow_name(taker.function, function, taker.parameter, statement)

    def _session(self, view: View, taker: _Taker, function: FunctionNode) -> str | None:
        """The name of the session in the function: of the parameter that it has already, or of a new one."""
        for call_view, call in ((each.view, each.call) for each in taker.handed):
            for argument in given_to(call):
                if call_view.instance(argument) in SESSIONS:
                    return parameter_taking(call_view, call, argument, taker.function)
        spelled = {each.statement.session for each in taker.handed}
        name = spelled.pop() if len(spelled) == 1 else _NAME
        name = name if name.isidentifier() else _NAME
        taken = {n.id for n in walk(function) if isinstance(n, ast.Name)}
        taken |= {argument.arg for argument in walk(function) if isinstance(argument, ast.arg)}
        if name in taken:
            return None
        self._calls += [(each.view, each.call, each.statement.session) for each in taker.handed]
        is_annotated = any(a.annotation for a in function.args.args if a.arg == taker.parameter)
        kinds = taker.handed[0].view.kinds_at(taker.handed[0].call, taker.handed[0].statement.session)
        sessions = [k.name for k in ordered(kinds) if isinstance(k, Inst) and k.name in SESSIONS]
        need = ASYNC_OF[sessions[0]] if sessions else None
        code = Code(f"{name}: {slot(0)}", (need,)) if is_annotated and need else Code(name)
        own = is_bound(taker.handed[0].view, taker.handed[0].call, taker.function)
        before = self.program.scope(taker.function).parameters[int(own)].name
        self.peers.draft.edit(view, AddParameter(span_of(function), code, before))
        return name

    def hand_over(self) -> None:
        """The last step: by now it is known which of the calls are awaited."""
        for view, call, session in self._calls:
            span = span_of(call)
            others = [e for e in self.peers.draft.edits[view.path] if e != AwaitExpression(span)]
            is_awaited = len(others) < len(self.peers.draft.edits[view.path])
            self.peers.draft.edits[view.path] = others
            kept = tuple(Argument(index) for index in range(len(call.args) + len(call.keywords)))
            arguments = (Argument(code=Code(session)), *kept)
            callee = Code(view.source(call.func))
            self.peers.draft.edit(view, ReplaceCall(span, callee, arguments, awaited=is_awaited))
