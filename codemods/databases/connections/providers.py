"""Generators of sessions that code makes only to take a step, as scripts and tests do.

    db = next(get_db())        ->        db = SessionLocal()

Of `next(get_db())` nothing is left that could close the session: the generator ends at once, while the
session is fresh. An async generator would end later, beside whatever awaits then.
"""

from __future__ import annotations

import ast
from typing import NamedTuple, TypeGuard

from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly
from ...analysis.view import View, Views
from ...model import Code, ImportNeed, slot
from ..draft import Draft
from ..words import ASYNC_OF, SCOPED, SESSIONS


class Made(NamedTuple):
    """How a provider makes its session."""

    view: View
    call: ast.Call


def convert_next(views: Views, view: View, draft: Draft, whole: ast.Call, provider: Key) -> bool:
    """Edits `next(get_db())`; False where the way its session is made is not known."""
    made = _made(views.of(provider.path), provider) if len(whole.args) == 1 else None
    return made is not None and _made_here(view, draft, whole, whole.args[0], made)


def _made(view: View, provider: Key) -> Made | None:
    """The call behind `db = SessionLocal()` or `with SessionLocal() as db`, when the rest of the provider
    only gives the session away and closes it."""
    function = view.file.function(view.program.scope(provider).span)
    body = function.body if function is not None else []
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    found = _begun(body)
    if found is None or view.instance(found[1].func) == SCOPED:
        return None  # whoever asks a registry for a session must have it removed
    return Made(view, found[1])


def _begun(body: list[ast.stmt]) -> tuple[str, ast.Call] | None:
    """The name that a session gets and the call that makes it, where it is only given away behind that."""
    if body and isinstance(body[0], (ast.Assign, ast.AnnAssign)) and _is_none(body[0].value):
        body = body[1:]  # `db = None`
    first, rest = (body[0], body[1:]) if body else (None, [])
    made: ast.expr | None
    target: ast.expr | None
    if isinstance(first, ast.Try):
        found = _begun(first.body)
        return found if found is not None and _only_closes(first, found[0]) else None
    if isinstance(first, ast.With) and len(first.items) == 1:
        target, made, rest = first.items[0].optional_vars, first.items[0].context_expr, first.body
    elif first is not None and (bound := bound_plainly(first)):
        target, made = bound[0]
    else:
        return None
    if isinstance(target, ast.Name) and isinstance(made, ast.Call) and _gives(rest, target.id):
        return target.id, made
    return None


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _gives(body: list[ast.stmt], name: str) -> bool:
    """`yield db`, or that in a `try`. What stands behind it is never run, as the generator ends there."""
    statement = body[0] if body else None
    if isinstance(statement, ast.Try):
        return _gives(statement.body, name) and _only_closes(statement, name)
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Yield) and isinstance(value.value, ast.Name) and value.value.id == name


def _only_closes(attempt: ast.Try, name: str) -> bool:
    """Is that all it does when the generator ends, while the session is fresh?"""
    ends = [ast.unparse(each) for each in attempt.finalbody]
    closes = f"{name}.close()"
    known = (closes, f"if {name}:\n    {closes}", f"if {name} is not None:\n    {closes}")
    return ends in ([], *([each] for each in known)) and all(
        _lets_go(each, name) for each in attempt.handlers
    )


def _lets_go(handler: ast.ExceptHandler, name: str) -> bool:
    """It is not run by the end of the generator, which is a GeneratorExit, or undoes nothing then."""
    if handler.type is not None and "BaseException" not in ast.unparse(handler.type):
        return True
    return [ast.unparse(each) for each in handler.body] == [f"{name}.rollback()", "raise"]


def _made_here(view: View, draft: Draft, whole: ast.Call, node: ast.expr, made: Made) -> bool:
    found = _again(view, node, made) if isinstance(node, ast.Call) else None
    if found is None:
        return False
    draft.handle(view, node)
    draft.handle(view, whole)
    draft.made_again.append((view, whole, found, made.view.external(made.call.func) in SESSIONS))
    return True


def _again(view: View, node: ast.Call, made: Made) -> Code | None:
    """The session made as the provider makes it, in the words of another file."""
    func = made.call.func
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "self":
        bare = not made.call.args and not made.call.keywords
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        return Code(f"{view.source(owner)}.{func.attr}()") if bare and owner is not None else None
    needs: list[ImportNeed] = []
    callee = (
        ASYNC_OF[made.view.external(func)] if made.view.external(func) in SESSIONS else _need(made.view, func)
    )
    arguments = [_need(made.view, argument) for argument in made.call.args]
    if made.call.keywords or callee is None:
        return None
    for need in (callee, *arguments):
        if need is None:
            return None
        needs.append(need)
    return Code(f"{slot(0)}({', '.join(slot(n) for n in range(1, len(needs)))})", tuple(needs))


def _need(view: View, node: ast.expr) -> ImportNeed | None:
    """What stands at the top of a module of the project."""
    if isinstance(node, ast.Attribute):
        return view.module_of(node)
    return view.import_of(node) if isinstance(node, ast.Name) else None


def is_next(node: ast.AST, view: View) -> TypeGuard[ast.Call]:
    """Is it a step, as in `next(get_db())`?"""
    return (
        isinstance(node, ast.Call)
        and bool(node.args)
        and not node.keywords
        and view.external(node.func) == "builtins.next"
    )
