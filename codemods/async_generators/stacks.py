"""Exit stacks: what waits is entered on an async one, which takes all the rest as well.

    with ExitStack() as stack:                     async with AsyncExitStack() as stack:
        till = stack.enter_context(held(n))   ->       till = await stack.enter_async_context(held(n))
        stack.callback(print, "closed")                stack.callback(print, "closed")

https://docs.python.org/3/library/contextlib.html#contextlib.AsyncExitStack
"""

from __future__ import annotations

import ast

from ..analysis.judge.callers.entered import STACKED
from ..analysis.link.values.asked import STACKS
from ..analysis.nodes import walk
from ..analysis.scopes import own_nodes
from ..analysis.syntax import span_of
from ..analysis.view import View
from ..model import AsyncStatement, Code, Edit, ImportNeed, ReplaceCall, ReplaceExpression, slot

_SAME = frozenset({STACKED, "push", "callback", "enter_async_context"})
_RENAMED = {"close": "aclose"}


def is_pushed(view: View, call: ast.AST, entered: ast.expr) -> bool:
    """`stack.enter_context(entered)`"""
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == STACKED
        and call.args == [entered]
        and not call.keywords
        and view.instance(call.func.value) in STACKS
    )


def pushed(view: View, call: ast.Call) -> tuple[Edit, ...]:
    """The edits by which the stack waits; none where it is not seen whole: made by a `with` of this function,
    and used by nobody else."""
    assert isinstance(call.func, ast.Attribute)
    stack, function = call.func.value, view.function(call)
    if not isinstance(stack, ast.Name) or function is None:
        return ()
    item = next((each for each in own_nodes(function) if _makes(each, stack.id)), None)
    statement = view.file.parents[item] if item is not None else None
    if not isinstance(item, ast.withitem) or not isinstance(statement, (ast.With, ast.AsyncWith)):
        return ()
    frame, edits = set(own_nodes(function)), [_entered(call, stack.id)]
    for use in walk(function):
        if isinstance(use, (ast.Global, ast.Nonlocal)) and stack.id in use.names:
            return ()
        if not isinstance(use, ast.Name) or use.id != stack.id or use is item.optional_vars:
            continue
        above = view.file.parents[use]
        around = view.file.parents[above]
        if use not in frame or not isinstance(above, ast.Attribute) or not isinstance(around, ast.Call):
            return ()
        if above.attr in _RENAMED and around.func is above and isinstance(statement, ast.With):
            edits.append(
                ReplaceCall(span_of(around), Code(f"{stack.id}.{_RENAMED[above.attr]}"), awaited=True)
            )
        elif above.attr not in _SAME or around.func is not above:
            return ()
    made = item.context_expr
    if isinstance(statement, ast.With):
        if (
            len(statement.items) > 1
            or not isinstance(made, ast.Call)
            or view.external(made.func) != STACKS[0]
        ):
            return ()
        new = Code(slot(0), (ImportNeed("contextlib", "AsyncExitStack"),))
        edits += [AsyncStatement(span_of(statement)), ReplaceExpression(span_of(made.func), new)]
    return tuple(edits)


def _entered(call: ast.Call, stack: str) -> Edit:
    return ReplaceCall(span_of(call), Code(f"{stack}.enter_async_context"), awaited=True)


def _makes(node: ast.AST, name: str) -> bool:
    """The item of a `with` that binds the name."""
    return (
        isinstance(node, ast.withitem)
        and isinstance(node.optional_vars, ast.Name)
        and node.optional_vars.id == name
    )
