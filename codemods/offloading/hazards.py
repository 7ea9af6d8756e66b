"""What means something else in a thread: log context, thread-local state, the running loop, the frame."""

from __future__ import annotations

import ast

from ..analysis.flow.runs import uses_locals, uses_super
from ..analysis.nodes import bound_plainly
from ..analysis.scopes import frame_nodes
from ..analysis.stopping import is_bare_next, stopped_by
from ..analysis.syntax import holds, last_name, span_of
from .frame import Frame

_SIMPLE = (ast.AnnAssign, ast.Assign, ast.AugAssign, ast.Expr, ast.Return)
_CONTEXT_BINDERS = frozenset(
    {
        "bind_contextvars",
        "unbind_contextvars",
        "clear_contextvars",
        "reset_contextvars",
        "set_tag",
        "set_user",
        "set_context",
    }
)
_LOOP_MODULES = frozenset({"asyncio", "anyio", "trio"})
_LOOP_METHODS = frozenset(
    {
        "put_nowait",
        "get_nowait",
        "set_result",
        "set_exception",
        "call_soon",
        "call_later",
        "call_at",
        "create_task",
        "ensure_future",
        "start_soon",
        "add_done_callback",
        "cancel",
        "notify",
        "notify_all",
        "task_done",
    }
)
_OF_MAIN_THREAD = frozenset({"signal.set_wakeup_fd", "signal.signal"})
_RUN_LOOP = frozenset({"run_until_complete", "async_to_sync", "run_forever"})
_RUNNING_LOOP = frozenset({"get_event_loop", "get_running_loop"})
RUNS_RUNNING_LOOP = "runs the event loop that runs already; await the coroutine"
_CURRENT_EXCEPTION = frozenset({"exception", "exc_info", "format_exc", "print_exc"})


def obstacle(frame: Frame, nodes: list[ast.AST]) -> str:
    """Why the nodes cannot run in another thread or function; empty when they can."""
    own = [node for top in nodes for node in frame_nodes(top)]
    if any(frame.is_native(node) for node in nodes):
        return "holds something that is awaited"
    if uses_super(own):
        return "needs the frame of the method for `super()`"
    if uses_locals(own):
        return "looks at the local variables by name"
    if any(is_context_change(frame, node) for node in own):
        return "changes context variables, which a thread would lose"
    if any(is_thread_local(frame, node) for node in own):
        return "uses thread-local state"
    if isinstance(frame.function, ast.AsyncFunctionDef) and any(_is_loop_bound(node) for node in own):
        return "uses objects of the running event loop"
    if any(runs_running_loop(frame, node) for node in own):
        return RUNS_RUNNING_LOOP
    if any(needs_current_exception(frame, node, nodes) for node in own):
        return "needs the exception that is being handled"
    alone = len(nodes) == 1 and isinstance(nodes[0], _SIMPLE)
    if any((alone and is_bare_next(node)) or stops_outside(frame, node, nodes) for node in own):
        return "raises StopIteration, which cannot leave a thread"
    return ""


def is_context_change(frame: Frame, node: ast.AST) -> bool:
    """`variable.set(value)`, `variable.reset(token)`, `bind_contextvars(..)`, and a call of what does so."""
    if not isinstance(node, ast.Call):
        return False
    if frame.changing and span_of(node) in frame.changing:
        return True
    name = last_name(node.func)
    if isinstance(node.func, ast.Attribute) and name in {"set", "reset"}:
        is_one = len(node.args) == 1 and not node.keywords
        return is_one and not _is_made_here(frame, node.func.value)
    return name in _CONTEXT_BINDERS


def _is_made_here(frame: Frame, node: ast.expr) -> bool:
    """`collection.document(name).set(..)`: context variables are made once, when a module is imported; but a
    function may give one."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and last_name(node.func) != "ContextVar"
    return isinstance(node, ast.Name) and any(
        isinstance(target, ast.Name)
        and target.id == node.id
        and isinstance(value, ast.Call)
        and _is_made_here(frame, value)
        for each in frame.nodes
        for target, value in bound_plainly(each)
    )


def is_thread_local(frame: Frame, node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in frame.thread_locals


def runs_a_loop(node: ast.AST) -> bool:
    """`asyncio.run(..)` and the like, which fail where a loop already runs."""
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    if name in _RUN_LOOP:
        return True
    return name == "run" and isinstance(node.func, ast.Attribute) and _root(node.func) in _LOOP_MODULES


def _is_loop_bound(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _LOOP_MODULES
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if ast.unparse(node.func) in _OF_MAIN_THREAD:
        return True
    return node.func.attr in _LOOP_METHODS or (node.func.attr == "set" and not node.args)


def runs_running_loop(frame: Frame, node: ast.AST) -> bool:
    """`asyncio.get_event_loop().run_until_complete(..)`: a thread would run the loop that waits for it."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    loop = node.func.value
    if node.func.attr not in _RUN_LOOP:
        return False
    if not isinstance(loop, ast.Name):
        return _gives_running_loop(loop)
    return any(
        isinstance(target, ast.Name) and target.id == loop.id and _gives_running_loop(value)
        for each in frame.nodes
        for target, value in bound_plainly(each)
    )


def _gives_running_loop(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in _RUNNING_LOOP


def needs_current_exception(frame: Frame, node: ast.AST, nodes: list[ast.AST]) -> bool:
    if isinstance(node, ast.Raise):
        if node.exc is not None:
            return False
    elif not (isinstance(node, ast.Call) and _looks_at_exception(frame, node)):
        return False
    for above in frame.within(node):
        if isinstance(above, ast.ExceptHandler):
            return not any(holds(top, above) for top in nodes)
    return False


def _looks_at_exception(frame: Frame, call: ast.Call) -> bool:
    if frame.looking and span_of(call) in frame.looking:
        return True
    return last_name(call.func) in _CURRENT_EXCEPTION or _asks_for_it(call)


def _asks_for_it(call: ast.Call) -> bool:
    """`log.error(text, exc_info=True)`; one that is handed over as an object is the same in a thread."""
    return any(
        keyword.arg == "exc_info" and isinstance(keyword.value, ast.Constant) and bool(keyword.value.value)
        for keyword in call.keywords
    )


def stops_outside(frame: Frame, node: ast.AST, nodes: list[ast.AST]) -> bool:
    """Whether a `StopIteration` that a call raises, be it in a helper, is caught outside of `nodes`."""
    around = stopped_by(frame.file, node) if isinstance(node, ast.Call) else None
    return around is not None and not any(holds(top, around) for top in nodes)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
