"""Missing awaits.

    async def read(db: AsyncSession):              async def read(db: AsyncSession):
        row = db.get(User, 1)               ->         row = await db.get(User, 1)
        return row.name                                return row.name

    for key in cache.scan_iter("x:*"):      ->      async for key in cache.scan_iter("x:*"):
    with client.stream("GET", url) as r:    ->      async with client.stream("GET", url) as r:

Only where the awaitable is used as if it were the result. One that is kept, gathered, scheduled or handed
on is left alone: somebody awaits it later. https://docs.python.org/3/library/asyncio-task.html#awaitables
"""

from __future__ import annotations

import ast

import msgspec

from .analysis.nodes import target_of, walk
from .analysis.syntax import FileSyntax, span_of
from .catalogue import CallForm, Entry
from .model import AsyncStatement, AwaitExpression, Edit

_COROUTINE_METHODS = {
    "send", "throw", "close", "cr_await", "cr_frame", "cr_running", "cr_code",
    "add_done_callback", "remove_done_callback", "cancel", "cancelled", "done", "result", "exception",
}  # fmt: skip
_STARTS_AT_ONCE = (
    "motor.",
    "asyncio.gather",
    "asyncio.shield",
    "asyncio.ensure_future",
    "asyncio.wrap_future",
)
"""These give a future, which runs whether it is awaited or not: nothing is missing where nobody takes it."""
_TAKES_NO_COROUTINE = {
    "len", "int", "float", "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max",
    "enumerate", "reversed", "zip", "json.loads",
}  # fmt: skip
_CONSUMES_COROUTINE = (
    "asyncio.",
    "anyio.run",
    "anyio.from_thread.",
    "asgiref.sync.",
    "uvloop.",
    "nest_asyncio.",
    "trio.",
)
_TAKES_COROUTINE_METHODS = {
    "create_task",
    "run_until_complete",
    "ensure_future",
    "run",
    "start_soon",
    "append",
    "add",
}
_ENTERED = (CallForm.ASYNC_WITH, CallForm.AWAIT_ASYNC_WITH)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ITERATED = (CallForm.ASYNC_FOR, CallForm.AWAIT_ASYNC_FOR)


class _Origin(msgspec.Struct, frozen=True):
    """Where what is used comes from, and who takes what the function returns."""

    returns_to_framework: bool
    owner: str = ""
    """`db` of `db.get(User, 1)`, an object of a library: it is not given coroutines."""

    def owns(self, file: FileSyntax, call: ast.Call) -> bool:
        """`db.delete(user)`, and `db.add(user)`, no set of tasks; not `asyncio.run(asyncio.sleep(1))`."""
        written = file.source(call.func)
        is_runner = consumes_coroutine(written) and not written.endswith(".add")
        return self.owner != "" and self.owner == _owner(file, call) and not is_runner


def _owner(file: FileSyntax, call: ast.Call) -> str:
    return file.source(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def missing(
    file: FileSyntax, call: ast.Call, *, returns_to_framework: bool, entry: Entry | None = None
) -> tuple[Edit, ...]:
    """The edits where what must be awaited (or entered, or iterated asynchronously) is used as if it were the
    result; none where nothing is missing.

    `entry` is what is known of the call; None for a coroutine function of the project.
    """
    form = entry.call_form if entry is not None else CallForm.AWAIT
    parent = file.parents[call]
    if isinstance(parent, ast.withitem):
        return _entered(file, parent, form)
    if isinstance(parent, ast.For) and parent.iter is call and form in _ITERATED:
        awaited = (AwaitExpression(span_of(call)),) if form is CallForm.AWAIT_ASYNC_FOR else ()
        return (*awaited, AsyncStatement(span_of(parent)))
    if form in (CallForm.ASYNC_WITH, CallForm.ASYNC_FOR):
        return ()
    runs_anyway = entry is not None and (
        entry.name.startswith(_STARTS_AT_ONCE) or entry.name.endswith(".run_in_executor")
    )
    is_lost = isinstance(parent, ast.Expr) or _is_never_read(file, parent)
    origin = _Origin(returns_to_framework, _owner(file, call) if entry is not None else "")
    used = not runs_anyway if is_lost else _is_used(file, call, origin)
    return (AwaitExpression(span_of(call)),) if used else ()


def _is_never_read(file: FileSyntax, statement: ast.AST) -> bool:
    """`result = pipe.execute()` and nothing more."""
    target = target_of(statement)
    function = next((node for node in file.above(statement) if isinstance(node, _FUNCTIONS)), None)
    if function is None or not isinstance(target, ast.Name):
        return False
    names = [node for node in walk(function) if isinstance(node, ast.Name) and node.id == target.id]
    shared = [
        n for node in walk(function) if isinstance(node, (ast.Global, ast.Nonlocal)) for n in node.names
    ]
    return len(names) == 1 and target.id not in shared


def _entered(file: FileSyntax, item: ast.withitem, form: CallForm) -> tuple[Edit, ...]:
    """`with client.stream(...)`: only where nothing else is entered, for that may have no async form."""
    statement = file.parents[item]
    if isinstance(statement, ast.With) and len(statement.items) == 1 and form in _ENTERED:
        return (AsyncStatement(span_of(statement)),)
    return ()


def _is_used(file: FileSyntax, node: ast.expr, origin: _Origin) -> bool:
    """Would a coroutine in the place of `node` break what is done there?"""
    parent = file.parents[node]
    if isinstance(parent, ast.Expr):
        return True
    if isinstance(parent, ast.Attribute):
        return parent.attr not in _COROUTINE_METHODS
    if isinstance(parent, ast.Subscript):
        return parent.value is node
    if isinstance(parent, (ast.If, ast.While, ast.Assert, ast.UnaryOp, ast.BinOp, ast.FormattedValue)):
        return True
    if isinstance(parent, ast.Compare):
        return not all(isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops) or _compares_none(parent)
    if isinstance(parent, ast.For):
        return parent.iter is node
    if isinstance(parent, ast.IfExp):
        return parent.test is node or _is_used(file, parent, origin)
    if isinstance(parent, ast.BoolOp):
        return parent.values[-1] is not node or _is_used(file, parent, origin)
    if isinstance(parent, (ast.Dict, ast.List, ast.Tuple)):
        return origin.returns_to_framework and _is_returned(file, parent)
    if isinstance(parent, ast.Return):
        return origin.returns_to_framework
    if isinstance(parent, ast.Call):
        return node in parent.args and (_takes_no_coroutine(file, parent) or origin.owns(file, parent))
    return _is_assigned_and_used(file, parent, node, origin)


def _compares_none(compare: ast.Compare) -> bool:
    """`get(k) is None` is always false for a coroutine."""
    return any(isinstance(side, ast.Constant) and side.value is None for side in compare.comparators)


def _is_returned(file: FileSyntax, display: ast.expr) -> bool:
    """A part of what a route answers, which the framework has to encode."""
    parent = file.parents[display]
    if isinstance(parent, (ast.Dict, ast.List, ast.Tuple)):
        return _is_returned(file, parent)
    return isinstance(parent, ast.Return)


def _takes_no_coroutine(file: FileSyntax, call: ast.Call) -> bool:
    return file.source(call.func) in _TAKES_NO_COROUTINE


def _is_assigned_and_used(file: FileSyntax, statement: ast.AST, value: ast.expr, origin: _Origin) -> bool:
    target = statement.target if isinstance(statement, ast.NamedExpr) else target_of(statement)
    if isinstance(target, (ast.Tuple, ast.List)):
        return True
    if not isinstance(target, ast.Name):
        return False
    if isinstance(statement, ast.NamedExpr) and _is_used(file, statement, _Origin(False, origin.owner)):
        return True
    may_be_none = isinstance(value, (ast.IfExp, ast.BoolOp))
    return _used_as_result(file, statement, target.id, may_be_none, origin)


def _used_as_result(
    file: FileSyntax, assignment: ast.AST, name: str, may_be_none: bool, origin: _Origin
) -> bool:
    """Every use of the name is one that a coroutine object would break, and there is one."""
    function = next((node for node in file.above(assignment) if isinstance(node, _FUNCTIONS)), None)
    if function is None:
        return False
    uses = [node for node in walk(function) if isinstance(node, ast.Name) and node.id == name]
    if sum(not isinstance(node.ctx, ast.Load) for node in uses) != 1:
        return False
    broken = False
    for node in uses:
        if not isinstance(node.ctx, ast.Load):
            continue
        parent = file.parents[node]
        if isinstance(parent, (ast.Await, ast.Starred, ast.Yield)):
            return False
        is_taken = isinstance(parent, ast.Call) and consumes_coroutine(file.source(parent.func))
        if isinstance(parent, ast.Call) and is_taken and not origin.owns(file, parent):
            return False
        if isinstance(parent, (ast.List, ast.Tuple, ast.Set)) and not _is_returned(file, parent):
            return False
        asks_for_none = isinstance(parent, ast.Compare) and all(
            isinstance(op, (ast.Is, ast.IsNot)) for op in parent.ops
        )
        if may_be_none and (asks_for_none or isinstance(parent, ast.If)):
            continue  # `if task is not None: await task`
        broken = broken or asks_for_none or _is_broken_by_coroutine(file, node, origin)
    return broken


def _is_broken_by_coroutine(file: FileSyntax, node: ast.Name, origin: _Origin) -> bool:
    parent = file.parents[node]
    if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Expr)):
        return False
    return _is_used(file, node, origin)


def consumes_coroutine(written: str) -> bool:
    return written.startswith(_CONSUMES_COROUTINE) or written.rpartition(".")[2] in _TAKES_COROUTINE_METHODS
