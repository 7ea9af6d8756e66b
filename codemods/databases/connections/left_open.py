"""Sessions and connections that nobody closes: a sync one gives back what it holds when it is collected, an
async one drops it with a warning.

    db = SessionLocal()                               async with SessionLocal() as db:
    user = db.get(User, id)                 ->            user = await db.get(User, id)
    return user.name                                      return user.name
"""

from __future__ import annotations

import ast

from ...analysis.index.bindings import Scope
from ...analysis.link.kinds import Fn
from ...analysis.nodes import target_of, walk
from ...analysis.syntax import FunctionNode, span_of
from ...analysis.view import View, Views
from ...model import AwaitExpression, EnterUntil
from ..draft import Draft
from ..names import names_in
from ..words import ENGINE, MAKER, SCOPED, SESSIONS
from .registries import is_alone_in_script


def turn_left_open(view: View, draft: Draft) -> None:
    """A generator that gives away a session which nobody closes turns, so that the session can be left."""
    for call in view.file.of_kind(ast.Call):
        if view.program.scope(view.owner(call)).has_yield and _makes(view, call) and _entry(view, call):
            draft.awaited(view, call)


def close_left_open(views: Views, draft: Draft) -> None:
    """The sessions of functions that turn, and those of `next(get_db())`: entered where they are used in
    one block and nowhere else; the others are told of."""
    again = {id(whole) for _, whole, _, _ in draft.made_again}
    for function in sorted(draft.functions):
        view = views.of(function.path)
        node = view.file.function(view.program.scope(function).span)
        for call in walk(node) if node is not None else ():
            if isinstance(call, ast.Call) and view.function(call) is node:
                told = id(call) in again
                if told or _makes(view, call) or _connects(view, call):
                    _close(view, draft, call, told=told)
        if node is not None:
            _tell_of_used_again(view, draft, node)


def _makes(view: View, call: ast.Call) -> bool:
    made_by = view.instance(call.func)
    is_left = made_by == SCOPED and is_alone_in_script(view, call)
    return view.external(call.func) in SESSIONS or made_by == MAKER or is_left


def _connects(view: View, call: ast.Call) -> bool:
    member = view.member(call)
    return member is not None and (member.owner, member.attr) == (ENGINE, "connect")


def _close(view: View, draft: Draft, call: ast.Call, *, told: bool) -> None:
    above = view.file.parents[call]
    function = view.function(call)
    if isinstance(above, ast.withitem) or function is None:
        return
    name = _name(above)
    entry = _entry(view, call)
    if entry is not None:
        edits = draft.edits[view.path]
        edits[:] = [edit for edit in edits if edit != AwaitExpression(span_of(call))]
        draft.edit(view, entry)
    elif not _is_closed(function, name) and (told or (name and not _is_given_away(view, function, name))):
        made = view.in_a_line(call)
        what = "session" if told or _makes(view, call) else "connection"
        draft.note(
            view, call, f"the {what} of {made} is never closed: its connection is dropped with a warning"
        )


def _tell_of_used_again(view: View, draft: Draft, function: FunctionNode) -> None:
    """Behind its `with`, a session begins anew when it is asked for something."""
    for entered in walk(function):
        for item in entered.items if isinstance(entered, ast.With) else ():
            call, name = item.context_expr, item.optional_vars
            if not (isinstance(call, ast.Call) and isinstance(name, ast.Name) and _makes(view, call)):
                continue
            end = entered.end_lineno or entered.lineno  # type: ignore[attr-defined]
            behind = [n for n in names_in(function, name.id) if n.lineno > end]
            if behind and isinstance(behind[0].ctx, ast.Load) and not _is_closed(function, name.id):
                text = f"the session of {view.in_a_line(call)} is used behind its `with`, and not closed"
                draft.note(view, behind[0], f"{text} then: its connection is dropped with a warning")


def _entry(view: View, call: ast.Call) -> EnterUntil | None:
    """The `with` that closes the session which the call makes; None where it is closed, or used elsewhere."""
    above = view.file.parents[call]
    function = view.function(call)
    if not isinstance(above, (ast.Assign, ast.AnnAssign)) or function is None:
        return None
    name = _name(above)
    if not name or _is_closed(function, name):
        return None
    if _connects(view, call) and len(names_in(function, name)) == 1:
        return EnterUntil(span_of(above), span_of(above))  # it has been asked for, and no more
    if not _is_used_below(view, function, above, name):
        return None
    return EnterUntil(span_of(above), span_of(view.block(above)[-1]))


def _name(above: ast.AST) -> str:
    """What the session is called, where it has one name of its own."""
    targets = [above.target] if isinstance(above, ast.AnnAssign) else getattr(above, "targets", [])
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""


def _is_closed(function: FunctionNode, name: str) -> bool:
    return any(
        isinstance(n, ast.Attribute)
        and n.attr == "close"
        and isinstance(n.value, ast.Name)
        and n.value.id == name
        for n in ast.walk(function)
    )


def _is_used_below(view: View, function: FunctionNode, made: ast.Assign | ast.AnnAssign, name: str) -> bool:
    """Is the session used by the statements below in its block, by those of its function, and no others?"""
    block = view.block(made)
    below = block[block.index(made) + 1 :]
    inside = {id(n) for statement in below for n in walk(statement) if view.function(n) is function}
    uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
    others = [n for n in uses if n is not target_of(made)]
    return bool(others) and all(id(n) in inside and _only_works(view, n) for n in others)


def _only_works(view: View, use: ast.Name) -> bool:
    """`db.query(..)`, `crud.users(db)`, `yield db`: none of them keeps it beyond the block."""
    above = view.file.parents[use]
    if isinstance(above, ast.Attribute):
        return isinstance(use.ctx, ast.Load)
    if isinstance(above, ast.Yield):
        return isinstance(view.file.parents[above], ast.Expr)
    call = view.file.parents[above] if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call) or call.func is use:
        return False
    is_awaited = isinstance(view.file.parents[call], ast.Await)
    callees = view.callees(call)
    return bool(callees) and all(
        isinstance(kind, Fn) and _is_done(view.program.scope(kind.key), is_awaited=is_awaited)
        for kind in callees
    )


def _is_done(scope: Scope, *, is_awaited: bool) -> bool:
    """Is its work done when the call is?"""
    return not scope.has_yield and (is_awaited or not scope.is_async)


def _is_given_away(view: View, function: FunctionNode, name: str) -> bool:
    """Whoever has it then may close it."""
    for use in ast.walk(function):
        if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load):
            above = view.file.parents[use]
            if not isinstance(above, (ast.Attribute, ast.Yield)) and not _only_works(view, use):
                return True
    return False
