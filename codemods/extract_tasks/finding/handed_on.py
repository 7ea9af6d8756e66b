"""The shapes in which a slow function is called, or handed to something that calls it later."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from enum import Enum

import msgspec
from msgspec.structs import replace

from ...analysis.nodes import target_of
from ...analysis.syntax import FileSyntax, last_name
from ..sites import SlowSite
from .celery import GIVEN
from .peeled import peeled
from .waiting import waited_for
from .work import called

FUNCTION_AT = {
    "add_task": 0,
    "BackgroundTask": 0,
    "submit": 0,
    "run_in_executor": 1,
    "to_thread": 0,
    "run_in_threadpool": 0,
    "run_sync": 0,
}
"""Which argument is the function, of the calls that have a function run by somebody else."""
THREADS = {"Thread": (1, "target"), "Timer": (1, "function")}
"""Where the function is, and the name of its parameter, of what runs it in a thread of its own."""
STARTS_COROUTINE = frozenset({"create_task", "ensure_future"})
"""Calls that have a coroutine run by the event loop, while nobody waits for it."""
IN_THREAD = frozenset({"to_thread", "run_in_threadpool"})
"""Coroutine functions that run their first argument in a thread."""
BACKGROUND = frozenset({"add_task", "BackgroundTask"})
_WAITED_FOR = IN_THREAD | {"run_sync"}
_Arguments = tuple[Sequence[ast.expr], Sequence[ast.keyword]]
_OF_A_THREAD = ("group", "target", "name", "args", "kwargs")
"""The parameters of `threading.Thread`."""


class How(Enum):
    CALL = "called where it stands"
    WAITED = "run in a thread and waited for"
    BACKGROUND = "added to the background tasks"
    FORGOTTEN = "started and forgotten"


class Shape(msgspec.Struct, frozen=True):
    """`callee(*positional, **keywords)`, in whatever form; `whole` is the outermost expression of it."""

    how: How
    callee: ast.expr
    positional: Sequence[ast.expr]
    keywords: Sequence[ast.keyword]
    whole: ast.expr
    carrier: ast.Call
    """The call that holds the arguments; those of the function begin at `offset`."""
    offset: int = 0
    thread: str = ""
    """The variable that a thread is kept in before it is started."""
    is_peeled: bool = False
    """The call is wrapped in a `partial`, a lambda, an inner function or what runs a coroutine, or its
    arguments in two of others."""
    definition: ast.stmt | None = None
    """That inner function."""

    def words(self) -> list[str]:
        """The names in the arguments."""
        values = [*self.positional, *(keyword.value for keyword in self.keywords)]
        return [last_name(node) for value in values for node in ast.walk(value) if last_name(node)]


def shape_of(file: FileSyntax, site: SlowSite, call: ast.Call) -> Shape | None:
    """None when the function that runs cannot be seen."""
    name = called(call)
    if site.celery is not None:
        return _celery(call)
    if name == "start" and isinstance(call.func, ast.Attribute):
        made = call.func.value
        return _thread(file, made) if isinstance(made, ast.Call) else None
    if name == "Thread":
        return _thread(file, call)
    if name in STARTS_COROUTINE and site.name.rpartition(".")[2] != name:
        coroutine = call.args[0] if call.args else None
        if not isinstance(coroutine, ast.Call):
            return None
        if called(coroutine) in IN_THREAD and coroutine.args:
            function, *given = coroutine.args
            return Shape(How.FORGOTTEN, function, given, coroutine.keywords, call, coroutine, 1)
        return Shape(How.FORGOTTEN, coroutine.func, coroutine.args, coroutine.keywords, call, coroutine)
    own = site.helper.qualname.rpartition(".")[2] if site.helper else ""
    is_known = site.helper is not None or site.inner is not None
    if name in FUNCTION_AT and name != own and (is_known or name in BACKGROUND):
        at = FUNCTION_AT[name]
        if len(call.args) <= at or isinstance(call.args[at], ast.Starred):
            return None
        outer = file.parents[call]
        is_awaited = isinstance(outer, ast.Await)
        if is_awaited != (name in _WAITED_FOR) and name != "run_in_executor":
            return None
        waited = is_awaited
        how = How.WAITED if waited else How.BACKGROUND if name in BACKGROUND else How.FORGOTTEN
        whole = outer if isinstance(outer, ast.Await) else call
        shape = Shape(how, call.args[at], call.args[at + 1 :], call.keywords, whole, call, at + 1)
        is_whole = how is How.WAITED or site.inner is not None
        is_named = is_whole and isinstance(shape.callee, ast.Name)
        return shape if is_named else _peeled(file, shape)
    if name in FUNCTION_AT and any(isinstance(argument, ast.Lambda) for argument in call.args):
        return None  # a thread runs it already, and it is made of what stands here
    around = waited_for(file, call)
    is_peeled = isinstance(around, ast.Call) and around is not call
    return Shape(How.CALL, call.func, call.args, call.keywords, around, call, is_peeled=is_peeled)


def _celery(call: ast.Call) -> Shape | None:
    """`send.delay(to)`, `send.apply_async((to,), {"lang": lang})`."""
    if not isinstance(call.func, ast.Attribute):
        return None
    task, positional, named = call.func.value, call.args, call.keywords
    if call.func.attr != "apply_async":
        return Shape(How.FORGOTTEN, task, positional, named, call, call)
    given = _given(dict(zip(GIVEN, positional, strict=False)) | {k.arg: k.value for k in named if k.arg})
    return Shape(How.FORGOTTEN, task, *given, call, call, is_peeled=True) if given is not None else None


def _thread(file: FileSyntax, made: ast.Call) -> Shape | None:
    target, given = _run_by(made)
    if target is None or given is None or any(isinstance(argument, ast.Starred) for argument in made.args):
        return None
    start = _start(file, made)
    if isinstance(start, str):
        return Shape(How.FORGOTTEN, target, *given, made, made, thread=start)
    if start is None:
        return None
    return _peeled(file, Shape(How.FORGOTTEN, target, *given, start, made))


def _run_by(thread: ast.Call) -> tuple[ast.expr | None, _Arguments | None]:
    """Its target, and the arguments of that."""
    options = dict(zip(_OF_A_THREAD, thread.args, strict=False))
    options |= {keyword.arg: keyword.value for keyword in thread.keywords if keyword.arg}
    return options.get("target"), _given(options)


def _given(options: Mapping[str, ast.expr]) -> _Arguments | None:
    """The arguments that `args=(..)` and `kwargs={..}` write out."""
    positional, keywords = options.get("args"), options.get("kwargs")
    if positional is not None and not isinstance(positional, (ast.Tuple, ast.List)):
        return None
    named = _named(keywords) if keywords is not None else []
    return (positional.elts if positional is not None else [], named) if named is not None else None


def _peeled(file: FileSyntax, shape: Shape) -> Shape:
    """What is really called, where that can be seen."""
    inner = peeled(file, shape.callee)
    if inner is None:
        return shape
    return replace(
        shape,
        callee=inner.callee,
        positional=[*inner.positional, *shape.positional],
        keywords=[*inner.keywords, *shape.keywords],
        offset=0,
        is_peeled=True,
        definition=inner.definition,
    )


def _named(node: ast.expr) -> list[ast.keyword] | None:
    if isinstance(node, ast.Call) and called(node) == "dict" and not node.args:
        return node.keywords if all(keyword.arg for keyword in node.keywords) else None
    if not isinstance(node, ast.Dict):
        return None
    found: list[ast.keyword] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if (
            not isinstance(key, ast.Constant)
            or not isinstance(key.value, str)
            or not key.value.isidentifier()
        ):
            return None
        found.append(ast.keyword(key.value, value))
    return found


def _start(file: FileSyntax, made: ast.Call) -> ast.Call | str | None:
    """`Thread(..).start()`, or the variable that the thread is assigned to."""
    above = file.parents[made]
    if isinstance(above, ast.Attribute) and above.attr == "start":
        outer = file.parents[above]
        return outer if isinstance(outer, ast.Call) else None
    target = target_of(above)
    return target.id if isinstance(target, ast.Name) else None


def is_discarded(file: FileSyntax, node: ast.expr) -> bool:
    """Whether nobody looks at the value: a statement of its own, or the last part of `a and f()`."""
    above = file.parents[node]
    if isinstance(above, ast.Expr):
        return True
    if isinstance(above, ast.BoolOp) and above.values[-1] is node:
        return is_discarded(file, above)
    if isinstance(above, ast.IfExp) and above.test is not node:
        return is_discarded(file, above)
    return False


def is_run_later(file: FileSyntax, site: SlowSite) -> bool:
    """Does somebody else run it later, whose failure no caller sees?"""
    call = file.call(site.span)
    shape = shape_of(file, site, call) if call is not None else None
    return shape is not None and shape.how in (How.BACKGROUND, How.FORGOTTEN)


def out_of_thread(call: ast.Call) -> ast.Call:
    """`os.listdir(folder)` of `run_in_threadpool(os.listdir, folder)`."""
    return handed_call(call) if last_name(call.func) in IN_THREAD else call


def handed_call(call: ast.Call) -> ast.Call:
    """`send(to)` of `tasks.add_task(send, to)` or `Thread(target=send, args=(to,))`; the call itself where
    nothing is seen to be handed on."""
    name = called(call)
    if name == "Thread":
        function, rest = _run_by(call)
    elif name in FUNCTION_AT:
        at = FUNCTION_AT[name]
        function = call.args[at] if len(call.args) > at else None
        rest = call.args[at + 1 :], call.keywords
    else:
        return call
    if function is None or rest is None:
        return call
    return ast.copy_location(ast.Call(function, list(rest[0]), list(rest[1])), call)
