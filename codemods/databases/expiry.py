"""Objects that a commit expires are loaded again by the session, where an attribute read did it before.

    note.title = title                      note.title = title
    db.commit()                       ->    await db.commit()
    return note                             await db.refresh(note)
                                            return note

https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis import names
from ..analysis.callers import Callers
from ..analysis.facts import Call, Name
from ..analysis.flow import live_after
from ..analysis.kinds import Inst, Kinds, Obj, Unknown
from ..analysis.program import Key
from ..analysis.rows import QUERY, SELECT
from ..analysis.syntax import FunctionNode, span_of
from ..model import Code, InsertStatements
from .computed import Computed
from .draft import Draft
from .gone import Gone
from .newborn import is_added, is_handed, is_made_here
from .presence import is_present
from .relationships import Relationships
from .view import View, Views
from .words import SESSIONS

_STATEMENTS = (SELECT, QUERY)
"""What says which objects are wanted, and holds none."""
_ENDS = ("commit", "rollback", "flush")
_HARMLESS = frozenset({"add", "add_all", "delete", "refresh", "expunge", "expire", "merge"})


class Expiry:
    def __init__(
        self,
        views: Views,
        callers: Callers,
        relationships: Relationships,
        draft: Draft,
        entries: frozenset[Key],
        *,
        old: bool,
    ) -> None:
        self.entries = entries
        self.views = views
        self.callers = callers
        self.program = callers.program
        self.mapped = relationships.mapped
        self.draft = draft
        self.gone = Gone(views, relationships)
        asks_again = old or any(driver.startswith("mysql") for driver in draft.new_drivers)
        self.computed = Computed(views, inserts=asks_again)
        self._keeps = bool(draft.makers) and all(_keeps_loaded(call) for _, call, _ in draft.makers)
        self._committing = self._find_committing()

    def convert(self) -> None:
        for function in sorted(self.draft.functions):
            view = self.views.of(function.path)
            node = view.file.function(self.program.scope(function).span)
            if node is not None:
                for statement, call in self._points(view, node, function):
                    self._refresh(view, node, statement, call)

    # where objects expire ---------------------------------------------------------------------------------

    def _find_committing(self) -> frozenset[Key]:
        """Functions that commit or roll back a session which they were given."""
        found: set[Key] = set()
        for function in self.draft.functions:
            view = self.views.of(function.path)
            node = view.file.function(self.program.scope(function).span)
            if node is not None and any(
                self._is_given(view, node, call)
                for call in _ending(view, node, function)
                if getattr(call.func, "attr", "") != "flush"
            ):
                found.add(function)
        todo = list(found)
        while todo:
            for caller in self.callers.calls(todo.pop()):
                view = self.views.of(caller.call.path)
                call = view.node_of(caller.call)
                owner = view.file.function(self.program.scope(caller.owner).span)
                if caller.owner not in found and call is not None and owner is not None:
                    session = self._session_of(view, call)
                    if session is None or self._is_outside(owner, session):
                        found.add(caller.owner)
                        todo.append(caller.owner)
        return frozenset(found)

    def _is_given(self, view: View, function: FunctionNode, call: ast.Call) -> bool:
        assert isinstance(call.func, ast.Attribute)
        return self._is_outside(function, view.source(call.func.value))

    def _is_outside(self, function: FunctionNode, session: str) -> bool:
        """Does the session live longer than the function?"""
        return not any(
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == session
            for node in ast.walk(function)
        )

    def _points(self, view: View, node: FunctionNode, function: Key) -> Iterator[tuple[ast.stmt, ast.Call]]:
        for call in _ending(view, node, function):
            yield view.file.statement(call), call
        for inner in ast.walk(node):
            if not isinstance(inner, ast.Call) or view.owner(inner) != function:
                continue
            if _begins(view, inner) or self._committing & set(view.functions_called(inner)):
                yield view.file.statement(inner), inner

    def _session_of(self, view: View, call: ast.Call) -> str | None:
        """The session that a call works on, as written: its receiver, or the one that it is handed."""
        if isinstance(call.func, ast.Attribute) and view.instance(call.func.value) in SESSIONS:
            return view.source(call.func.value)
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            if isinstance(argument, (ast.Name, ast.Attribute)) and view.instance(argument) in SESSIONS:
                return view.source(argument)
        return None

    def _own_session(self, view: View, call: ast.Call) -> str | None:
        """The session that FastAPI hands to the function: in one request a provider gives everybody the
        same."""
        inference = self.views.inference
        providers = [
            key
            for key in self.draft.generators
            if any(
                isinstance(k, Inst) and k.name in SESSIONS
                for k in inference.iterated(inference.function_result(key))
            )
        ]
        if len(providers) > 1:
            return None
        owner = view.owner(call)
        names_ = [
            parameter.name
            for parameter in self.program.scope(owner).parameters
            if any(
                isinstance(k, Inst) and k.name in SESSIONS
                for k in self.views.inference.kinds(owner, Name(parameter.name))
            )
        ]
        return names_[0] if len(names_) == 1 and owner in self.entries else None

    # what is loaded again ---------------------------------------------------------------------------------

    def _refresh(self, view: View, function: FunctionNode, statement: ast.stmt, call: ast.Call) -> None:
        method = getattr(call.func, "attr", "")
        rolls_back = method == "rollback"
        keeps = method == "flush" or (self._keeps and not rolls_back)
        lines: list[str] = []
        for name in sorted(live_after(function, statement)):
            found = self._kinds(view, call, name)
            kinds = frozenset(k for k in found if getattr(k, "name", "") not in _STATEMENTS)
            if found and not kinds:
                continue
            if keeps and not self._has_computed(kinds):
                continue
            if self._is_safe(view, function, statement, name, rolls_back):
                continue
            if self.mapped.holds(kinds) is None:
                if self._may_hold(view, function, statement, name, kinds):
                    text = f"{name} may be an object of the session, and is read after a commit"
                    self.draft.keep_loaded(view, statement, text)
                continue
            session = self._session_of(view, call) or self._own_session(view, call)
            if session is None:
                self.draft.keep_loaded(
                    view, statement, f"{name} is read after a commit that is done elsewhere"
                )
                return
            line = self._line(view, function, statement, name, kinds, session)
            if line is None:
                self.draft.keep_loaded(view, statement, f"the objects in {name} are read after a commit")
                return
            lines.append(line)
        if lines:
            span = span_of(statement)
            self.draft.edit(view, InsertStatements(span, Code("\n".join(lines)), after=True))

    def _has_computed(self, kinds: Kinds) -> bool:
        """Are there columns among them that are unknown after any flush?"""
        for kind in kinds:
            if isinstance(kind, Obj) and kind.key in self.mapped.classes and self.computed.has(kind.key):
                return True
            if isinstance(kind, Inst) and any(self._has_computed(inner) for inner in kind.args):
                return True
        return False

    def _may_hold(
        self, view: View, function: FunctionNode, statement: ast.stmt, name: str, kinds: Kinds
    ) -> bool:
        """Nobody knows what it is, and it came from the session or was given to it."""
        if kinds and not any(isinstance(kind, Unknown) for kind in kinds):
            return False
        if is_handed(view, function, statement, name, "add", "add_all", "merge", "refresh"):
            return True
        for node in ast.walk(function):
            if not isinstance(node, ast.Assign) or name not in [ast.unparse(t) for t in node.targets]:
                continue
            for inner in ast.walk(node.value):
                member = view.member(inner) if isinstance(inner, ast.Call) else None
                if member is not None and member.owner in SESSIONS:
                    return True
        return False

    def _kinds(self, view: View, near: ast.AST, name: str) -> Kinds:
        key = view.owner(near)
        found = names.lookup(self.program, key, name)
        if isinstance(found, names.Parameter):
            parameter = self.program.scope(found.function).parameters[found.position]
            if isinstance(parameter.default, Call):
                # `current_user: int = Depends(get_current_user)`: what is injected counts
                injected = self.views.inference.annotations.injected(
                    self.program.parent(found.function), parameter.default
                )
                if self.mapped.holds(injected):
                    return injected
        return self.views.inference.kinds(key, Name(name), getattr(near, "lineno", 0))

    def _line(
        self, view: View, function: FunctionNode, statement: ast.stmt, name: str, kinds: Kinds, session: str
    ) -> str | None:
        objects = [k for k in kinds if isinstance(k, Obj) and k.key in self.mapped.classes]
        if objects and len(objects) == len(kinds):
            line = f"await {session}.refresh({name})"
            conditions = [] if is_present(view, function, statement, name) else [f"{name} is not None"]
            if self.gone.may_be(view, function, statement, frozenset(k.key for k in objects)):
                conditions.append(f"{name} in {session}")
            return f"if {' and '.join(conditions)}:\n    {line}" if conditions else line
        if all(isinstance(k, Inst) and k.name == "builtins.list" for k in kinds):
            return f"for each in {name}:\n    await {session}.refresh(each)"
        return None

    def _is_safe(
        self, view: View, function: FunctionNode, statement: ast.stmt, name: str, rolls_back: bool
    ) -> bool:
        """Bound by the statement itself, loaded again right after it, deleted before, or never in the
        session."""
        if any(
            isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
            for n in ast.walk(statement)
        ):
            return True
        if _is_refreshed(view, statement, name) or is_handed(view, function, statement, name, "delete"):
            return True
        made = is_made_here(view, function, name)
        added = is_added(self.views, view, function, statement, name)
        return made and (rolls_back or not added)


def _ending(view: View, node: FunctionNode, function: Key) -> Iterator[ast.Call]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _ENDS:
            member = view.member(inner)
            if member is not None and member.owner in SESSIONS and view.owner(inner) == function:
                yield inner


def _begins(view: View, call: ast.Call) -> bool:
    """`with session.begin():` commits when it is left."""
    if not isinstance(view.file.parents[call], ast.withitem):
        return False
    member = view.member(call)
    return member is not None and member.owner in SESSIONS and member.attr == "begin"


def _is_refreshed(view: View, statement: ast.stmt, name: str) -> bool:
    """Is it refreshed after the statement, before anything else reads it?"""
    block = view.block(statement)
    for following in block[block.index(statement) + 1 :]:
        for node in ast.walk(following):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                call = view.file.parents[node]
                if isinstance(call, ast.Call) and node in call.args and isinstance(following, ast.Expr):
                    method = getattr(call.func, "attr", "")
                    if method == "refresh":
                        return True
                    if method in _HARMLESS:
                        continue
                return False
    return False


def _keeps_loaded(call: ast.Call) -> bool:
    return any(k.arg == "expire_on_commit" and ast.unparse(k.value) == "False" for k in call.keywords)
