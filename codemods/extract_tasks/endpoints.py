"""The second endpoint of a polled answer: the end of the handler, with the result in place of the work."""

from __future__ import annotations

import ast
import re
from textwrap import indent

import msgspec

from ..analysis.nodes import bound_alone, walk
from ..analysis.scopes import parameter_names
from ..analysis.syntax import FileSyntax, holds, last_name, span_of
from ..model import Code, ImportNeed, Reason, Span
from .blocks.runs import Run
from .finding.work import Work
from .generated.code import CodeBuilder
from .sent.given import Given
from .sites import CONTROL_FLOW, RESULT_USED

_METHODS = ("get", "post", "put", "patch", "delete")
_ONLY_OF_THE_FIRST = ("status_code", "name", "operation_id", "summary", "description", "response_description")


class Endpoint(msgspec.Struct, frozen=True):
    file: FileSyntax
    function: ast.FunctionDef | ast.AsyncFunctionDef
    router: str
    method: str
    path: str
    options: tuple[str, ...]
    """Keywords of the decorator that both endpoints have."""
    parameters: tuple[str, ...]
    first: Span
    last: Span
    """The statements whose place the queue takes."""
    target: str
    """The variable that is given the result; empty where the call stands in the `return` itself."""
    value: ast.expr
    """What is returned."""
    call: ast.expr

    @property
    def label(self) -> str:
        return f"{self.method.upper()} of {self.function.name}()"

    def code(self, module: str, gives: Given) -> Code:
        builder = CodeBuilder()
        ready = builder.need(ImportNeed(module, "result_if_ready"))
        running = builder.need(ImportNeed(module, "still_running"))
        result = gives.unpacked("result", builder)
        returned = self.file.source(self.value)
        if self.target:
            lines = [f"{self.target} = {result}", f"return {returned}"]
        else:
            lines = [f"return {returned.replace(self.file.source(self.call), result)}"]
        head = ", ".join((f'"{self.path}"', *self.options))
        body = "\n".join(
            [
                f"result = await {ready}(task_id)",
                "if result is None:",
                f"    return {running}(task_id)",
                *lines,
            ]
        )
        parameters = ", ".join(("task_id: str", *self.parameters))
        return builder.code(
            f"@{self.router}.get({head})\n"
            f"async def {self.function.name}_result({parameters}):\n{indent(body, '    ')}\n"
        )


def endpoint(work: Work, run: Run, call: ast.expr) -> Endpoint | Reason:
    """Where the work stands at the end of a handler, and what is left needs nothing else of the request."""
    decorator = _decorator(work)
    if decorator is None:
        return work.reason(CONTROL_FLOW, "its route is not written at the function", call)
    path = decorator.args[0].value if isinstance(decorator.args[0], ast.Constant) else ""
    if not isinstance(path, str) or ":path" in path or any("#" in line for line in _lines(work, run)):
        return work.reason(CONTROL_FLOW, "its path leaves no room for a second one", call)
    end = _end(work, run, call)
    if end is None:
        return work.reason(RESULT_USED, "its result is used for more than the answer", call)
    target, value, last = end
    kept = frozenset(re.findall(r"{(\w+)}", path))
    own = set(parameter_names(work.function.args))
    injected = {name for name in own if work.context.is_injected(name)}
    named = {n.id for n in ast.walk(value) if isinstance(n, ast.Name) and not holds(call, n)} - {target}
    missing = sorted((named & work.locals) - kept - injected)
    if missing:
        return work.reason(RESULT_USED, f"the answer needs {missing[0]} as well as the result", value)
    taken = {"task_id", "result"} & (work.locals | {target}) or _defined(work, f"{work.function.name}_result")
    if taken or work.file.source(value).count(work.file.source(call)) > 1:
        return work.reason(CONTROL_FLOW, "a name of the second endpoint is taken", call)
    assert isinstance(decorator.func, ast.Attribute)
    source = work.file.source
    return Endpoint(
        work.file,
        work.function,
        source(decorator.func.value),
        decorator.func.attr,
        f"{path.rstrip('/')}/result/{{task_id}}",
        tuple(source(k) for k in decorator.keywords if k.arg not in _ONLY_OF_THE_FIRST),
        tuple(_parameters(work, kept | injected)),
        run.spans[0],
        span_of(last),
        target,
        value,
        call,
    )


def _decorator(work: Work) -> ast.Call | None:
    found = work.function.decorator_list
    only = found[0] if len(found) == 1 else None
    is_route = isinstance(only, ast.Call) and last_name(only.func) in _METHODS and only.args
    return only if is_route and isinstance(only, ast.Call) and isinstance(only.func, ast.Attribute) else None


def _end(work: Work, run: Run, call: ast.expr) -> tuple[str, ast.expr, ast.stmt] | None:
    """The variable, the value that is returned, the last statement: the end of the function's own block."""
    if run.block is not work.function.body:
        return None
    statement, after = run.moved[0], run.block[run.last + 1 :]
    if isinstance(statement, ast.Return) and statement.value is not None and not after:
        return "", statement.value, statement
    target, value = bound_alone(statement)
    if isinstance(target, ast.Name) and value is call and len(after) == 1:
        (end,) = after
        if isinstance(end, ast.Return) and end.value is not None:
            return target.id, end.value, end
    return None


def _parameters(work: Work, wanted: frozenset[str] | set[str]) -> list[str]:
    """In the order of the handler; those with a default stay behind the others, as they are."""
    arguments = work.function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [
        *zip(positional, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    source = work.file.source
    found = [
        f"{source(argument)} = {source(default)}" if default is not None else source(argument)
        for argument, default in pairs
        if argument.arg in wanted
    ]
    return sorted(found, key=lambda text: " = " in text)


def _defined(work: Work, name: str) -> bool:
    return any(last_name(n) == name or getattr(n, "name", "") == name for n in walk(work.file.tree))


def _lines(work: Work, run: Run) -> list[str]:
    return work.file.text.splitlines()[run.moved[0].lineno - 1 : run.moved[-1].end_lineno]
