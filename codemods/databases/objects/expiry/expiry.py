"""Objects that a commit expires are loaded again by the session, where an attribute read did it before.

    note.title = title                      note.title = title
    db.commit()                       ->    await db.commit()
    return note                             await db.refresh(note)
                                            return note

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import ast

from ....analysis.flow.runs import live_after
from ....analysis.index.expr import Call, Name
from ....analysis.judge.callers.callers import Callers
from ....analysis.link import names
from ....analysis.link.kinds import Kinds, classes_in, is_known
from ....analysis.link.libraries.rows import QUERY, SELECT
from ....analysis.link.program import Key
from ....analysis.syntax import FunctionNode, holds, span_of
from ....analysis.view import View, Views
from ....model import Code, InsertStatements
from ...draft import Draft
from ..mapped.computed import Computed
from ..mapped.relationships import Relationships
from ..values.apart import is_of_another_session
from ..values.wrapped import read_after, wrapped_in
from .again import Again
from .bulk import updated_by
from .carried import Carried
from .commits import Commits, IsRequest, Points, returned_before
from .computed_reads import ComputedReads
from .later_reads import later_reads, loads_by_itself, needs_nothing
from .loops import expiring_loops, loop_of_all
from .refreshed import is_refreshed, method_of
from .sent import Sent
from .undone import undone
from .unharmed import is_new, is_safe
from .unknown import is_unknown_result, may_hold
from .within import read_behind, read_in_turns

_STATEMENTS = (SELECT, QUERY)
"""What says which objects are wanted, and holds none."""
_ALWAYS = ("rollback", "expire", "expire_all")
"""Objects expire whatever `expire_on_commit` says."""


class Expiry:
    def __init__(
        self,
        views: Views,
        callers: Callers,
        relationships: Relationships,
        draft: Draft,
        entries: frozenset[Key],
        is_request: IsRequest,
        sent: Sent,
        *,
        old: bool,
        keep: bool,
    ) -> None:
        self.views = views
        self.program = callers.program
        self.mapped = relationships.mapped
        self.draft = draft
        self.sent = sent
        asks_again = old or any(driver.startswith("mysql") for driver in draft.new_drivers)
        self.computed = ComputedReads(Computed(views, inserts=asks_again), relationships.mapped.classes)
        self._keeps = keep
        self.commits = Commits(views, callers, draft, entries, is_request)
        self.again = Again(views, callers, relationships, entries, self.commits)
        self.carried = Carried(views, relationships.mapped)

    def convert(self) -> None:
        for function in sorted(self.draft.functions):
            view = self.views.of(function.path)
            node = view.file.function(self.program.scope(function).span)
            if node is not None:
                points = list(self.commits.points(view, node, function))
                for statement, call in points:
                    self._refresh(view, node, statement, call, points)
                    if not self._keeps_most(view, call):
                        self._in_loops(view, node, statement, call)
                        self._within(view, node, statement, call)
                        self._given_back(view, node, call)
                self._in_handlers(view, node, points)

    def expires(self, view: View, function: FunctionNode, statement: ast.stmt, call: ast.expr) -> bool:
        """Is anything that the call expires read later?"""
        kinds = (self._kinds(view, call, name) for name in read_after(view, function, statement))
        return any(self.mapped.holds(each) is not None for each in kinds)

    def _keeps_most(self, view: View, call: ast.expr) -> bool:
        return self.commits.only_flushes(view, call) or (self._keeps and method_of(call) not in _ALWAYS)

    # what is loaded again ---------------------------------------------------------------------------------

    def _refresh(
        self, view: View, function: FunctionNode, statement: ast.stmt, call: ast.expr, points: Points
    ) -> None:
        method = method_of(call)
        rolls_back = method == "rollback"
        keeps, updated = self._keeps_most(view, call), updated_by(view, call)
        written = self.commits.autoflushed(view, function, call)
        only = set(map(ast.unparse, call.args)) if method == "expire" and isinstance(call, ast.Call) else None
        lines: list[str] = []
        live = live_after(function, statement)
        wrapped = wrapped_in(view, function, statement, live)
        for name in sorted(live | wrapped):
            # what a `with` commits may be bound inside it
            last = statement.body[-1] if isinstance(statement, ast.With) else call
            found = self._kinds(view, last, name)
            kinds = frozenset(k for k in found if getattr(k, "name", "") not in _STATEMENTS)
            if found and not kinds:
                continue
            if is_known(kinds) and self.mapped.holds(kinds) is None:
                continue
            if (updated and updated.isdisjoint(classes_in(kinds))) or (written and name not in written):
                continue
            later = (view, function, statement, name, kinds)
            if keeps and not self.computed.may_follow(*later, is_live=name in live):
                continue
            if only is not None and name not in only:
                continue
            if updated and self.commits.would_lose(view, function, call, name):
                continue
            if is_safe(self.views, view, function, statement, name, rolls_back=rolls_back):
                continue
            if name in wrapped and self.mapped.holds(kinds) is None:
                continue
            if kinds and name in live and loads_by_itself(view, self.draft, self.sent, *later[1:]):
                continue
            if name not in live and self._is_sent_inside(view, function, statement, name, live, kinds):
                continue
            if self.mapped.holds(kinds) is None:
                if may_hold(view, function, statement, name, kinds):
                    text = f"{name} may be an object of the session, and is read after a commit"
                    self.draft.keep_loaded(view, statement, text)
                continue
            session = self.commits.session_of(view, call) or self.commits.own_session(view, call)
            if session is None:
                self.draft.keep_loaded(
                    view, statement, f"{name} is read after a commit that is done elsewhere"
                )
                return
            if is_of_another_session(view, function, session, name):
                continue
            if self.commits.expires_again(view, statement, name, session, points):
                continue
            if self.again.belonging.is_unseen(view, function, name):
                text = f"what FastAPI hands over as {name} is read after a commit"
                self.draft.keep_loaded(view, statement, text)
                continue
            line = self.again.line(view, function, statement, name, kinds, session)
            if line is None:
                self.draft.keep_loaded(view, statement, f"the objects in {name} are read after a commit")
                return
            if (loop := loop_of_all(view, statement, name)) is not None:
                behind = (view, self.draft, self.sent, function, loop, name, kinds)
                is_read = name in live_after(function, loop) and not loads_by_itself(*behind)
                if is_read and not is_refreshed(view, loop, name):
                    self.draft.edit(view, InsertStatements(span_of(loop), Code(line), after=True))
                continue
            lines.append(line)
        if not keeps and only is None:
            lines += self._refresh_carried(view, function, statement, call)
        if lines:
            span = span_of(statement)
            self.draft.edit(view, InsertStatements(span, Code("\n".join(lines)), after=True))

    def _refresh_carried(
        self, view: View, function: FunctionNode, statement: ast.stmt, call: ast.expr
    ) -> list[str]:
        lines = []
        for path, kinds in self.carried.read_after(view, function, statement).items():
            session = self.commits.session_of(view, call) or self.commits.own_session(view, call)
            at = (view, function, statement, path, kinds)
            line = self.carried.line(*at, session) if session is not None else None
            if line is None:
                self.draft.keep_loaded(view, statement, f"{path} is read after a commit")
                return []
            lines.append(line)
        return lines

    def _is_sent_inside(
        self,
        view: View,
        function: FunctionNode,
        statement: ast.stmt,
        name: str,
        live: frozenset[str],
        kinds: Kinds,
    ) -> bool:
        """`answer = {"note": note}` above the commit, and nothing is done with the answer but to send it."""
        holders = [h for h in live if name in wrapped_in(view, function, statement, frozenset({h}))]
        reads = [node for h in holders for node in later_reads(view, function, statement, h)]
        return self.sent.is_plain(kinds) and all(self.sent.goes_out(view, node, kinds) for node in reads)

    def _in_loops(self, view: View, function: FunctionNode, statement: ast.stmt, call: ast.expr) -> None:
        if method_of(call) == "expire":
            return
        for loop, name, conditions in expiring_loops(view, function, statement, self.mapped):
            session = self.commits.session_of(view, call) or self.commits.own_session(view, call)
            if session is None:
                self.draft.keep_loaded(
                    view, statement, f"{name} is read after a commit that is done elsewhere"
                )
                continue
            line = f"await {session}.refresh({name})"
            asked = " and ".join(each.format(session=session) for each in conditions)
            text = f"if {asked}:\n    {line}" if asked else line
            edit = InsertStatements(span_of(loop.body[0]), Code(text))
            self.draft.edit(view, edit)

    def _within(self, view: View, function: FunctionNode, statement: ast.stmt, call: ast.expr) -> None:
        """Nothing can be loaded again between the commit and what its own statement reads."""
        method = method_of(call)
        if method == "expire":
            return
        session = self.commits.session_of(view, call) or self.commits.own_session(view, call)
        nodes = [*read_in_turns(view, call), *read_behind(view, function, statement, call)]
        for node in nodes:
            kinds = view.kinds(node)
            if self.mapped.holds(kinds) is None or needs_nothing(view, self.draft, self.sent, node, kinds):
                continue
            if isinstance(node, ast.Name):
                at = (view, function, statement, node.id)
                if is_new(self.views, *at, rolls_back=method == "rollback"):
                    continue
                if session is not None and is_of_another_session(view, function, session, node.id):
                    continue
            text = f"{view.in_a_line(node)} is read in the statement that commits"
            self.draft.keep_loaded(view, node, text)
            return

    def _in_handlers(self, view: View, function: FunctionNode, points: Points) -> None:
        for each in undone(view, function):
            if any(holds(each.handler, point) for point, _ in points):
                continue
            first, lines = each.handler.body[0], []
            for name in sorted(each.names):
                kinds = self._kinds(view, each.transaction.body[-1], name)
                at = (view, function, each.transaction, name)
                if self.mapped.holds(kinds) is None or is_safe(self.views, *at, rolls_back=True):
                    continue
                line = self.again.line(view, function, each.transaction, name, kinds, each.session)
                if line is None:
                    self.draft.keep_loaded(view, first, f"the objects in {name} are read after a rollback")
                    return
                lines.append(line)
            if lines:
                self.draft.edit(view, InsertStatements(span_of(first), Code("\n".join(lines))))

    def _given_back(self, view: View, function: FunctionNode, call: ast.expr) -> None:
        """Nothing can be loaded again between the commit and the reader."""
        for each in returned_before(view, function, call):
            kinds = view.kinds(each.value) if each.value is not None else frozenset()
            if self.mapped.holds(kinds) is not None or is_unknown_result(view, each.value, kinds):
                self.draft.keep_loaded(view, each, "what is returned here is read after a commit")

    def _kinds(self, view: View, near: ast.AST, name: str) -> Kinds:
        key = view.owner(near)
        found = names.lookup(self.program, key, name)
        if isinstance(found, names.Parameter):
            parameter = self.program.scope(found.function).parameters[found.position]
            if isinstance(parameter.default, Call):
                # `current_user: int = Depends(get_current_user)`: what is injected counts
                injected = self.views.inference.injection.injected(
                    self.program.parent(found.function), parameter.default
                )
                if self.mapped.holds(injected):
                    return injected
        return self.views.inference.kinds(key, Name(name), getattr(near, "lineno", 0))
