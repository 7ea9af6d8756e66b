"""Statements that run when the application starts and stops, said as the application says such things.

async def lifespan(app):        async def lifespan(app):
    load()                          load()
    yield                           if not broker.is_worker_process:
    engine.dispose()                    await broker.startup()
                                    try:
                                        yield
                                    finally:
                                        if not broker.is_worker_process:
                                            await broker.shutdown()
                                    engine.dispose()
                                    await close_http_clients()
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import indent

from ...analysis.scopes import own_nodes
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...model import Argument, Code, Edit, ImportNeed, InsertStatements, Reason, ReplaceStatements, Span
from .app_files import First, no_lifespan
from .apps import App, apps, function_named, has_events, imported_from, lifespan_value
from .code import CodeBuilder
from .event_handlers import EventHandlers

_MANAGER = ImportNeed("contextlib", "asynccontextmanager")
_ITERATOR = ImportNeed("collections.abc", "AsyncIterator")


def lifespan_edits(
    file: FileSyntax,
    startup: Sequence[Code],
    shutdown: Sequence[Code],
    *,
    functions: Sequence[str] = (),
    events_elsewhere: bool = False,
    without: frozenset[Span] = frozenset(),
) -> tuple[Sequence[Edit], Sequence[Reason]]:
    """The edits of the file that makes the application; of `functions` in it instead, when they are named.
    And why some of its applications are left to a person.

    `events_elsewhere`: other files register `on_event` handlers on it, which a `lifespan=` would silence.
    `without`: the calls that make applications which are none of its business.
    """
    maker = _Maker(file, tuple(startup), tuple(shutdown), events_elsewhere)
    if functions:
        found = [maker.extend(name) for name in functions]
    else:
        found = [maker.wire(app) for app in apps(file) if span_of(app.call) not in without]
    edits = [edit for each in found if not isinstance(each, Reason) for edit in each]
    reasons = [each for each in found if isinstance(each, Reason)]
    if not found:
        reasons.append(no_lifespan(file, file.tree, "no application is made in this file"))
    return tuple(dict.fromkeys(edits)), reasons


class _Maker(EventHandlers):
    events_elsewhere: bool
    new: str = ""
    """The lifespan that was made for an application above: one is enough for all of the file."""

    def wire(self, app: App) -> tuple[Edit, ...] | Reason:
        if any(keyword.arg is None for keyword in app.call.keywords):
            return no_lifespan(
                self.file, app.call, "the application is made of `**` arguments, which may hold a lifespan"
            )
        value = lifespan_value(self.file, app)
        if isinstance(value, ast.Name):
            return self.extend(value.id)
        if value is not None:
            return no_lifespan(self.file, app.call, f"{ast.unparse(value)} is not a function of this file")
        keywords = {keyword.arg for keyword in app.call.keywords}
        if keywords & {"on_startup", "on_shutdown"}:
            return self.listed(app)
        if self.events_elsewhere or has_events(self.file, app):
            return self.events(app)
        return self._new(app)

    def extend(self, name: str) -> tuple[Edit, ...] | Reason:
        function = function_named(self.file, name)
        if function is None:
            module = imported_from(self.file, name)
            text = f"{name} is imported from {module}" if module else f"{name} is not a function of this file"
            return no_lifespan(self.file, self.file.tree, text, hint=module)
        yields = [node for node in own_nodes(function) if isinstance(node, ast.Yield)]
        if len(yields) != 1 or not isinstance(function, ast.AsyncFunctionDef):
            return no_lifespan(self.file, function, f"{name} is not an async generator with one `yield`")
        statement = self.file.parents[yields[0]]
        if not isinstance(statement, ast.Expr):
            return no_lifespan(self.file, function, f"{name} uses what its `yield` gives")
        return self._around_yield(function, statement, *self.missing(function))

    def _around_yield(
        self,
        function: FunctionNode,
        statement: ast.Expr,
        startup: list[Code],
        before: list[Code],
        after: list[Code],
    ) -> tuple[Edit, ...]:
        edits: list[Edit] = []
        top = next((s for s in function.body if not _is_docstring(s)), statement)
        edits.extend(InsertStatements(span_of(top), code) for code in startup if isinstance(code, First))
        startup = [code for code in startup if not isinstance(code, First)]
        outer = self._outer_try(function, statement)
        closing = outer.finalbody if outer is not None else []
        is_last = function.body[-1] is statement
        if before and not closing:
            builder = CodeBuilder()
            inside = [*before, *(after if is_last else [])]
            parts = [builder.add(code) for code in startup]
            parts += self.file.comments_above(statement).splitlines()
            parts.append("try:\n" + indent(self._line(statement), "    "))
            parts.append("finally:\n" + "\n".join(indent(builder.add(code), "    ") for code in inside))
            edits.append(
                ReplaceStatements(span_of(statement), span_of(statement), builder.code("\n".join(parts)))
            )
            after = [] if is_last else after
        else:
            edits.extend(InsertStatements(span_of(statement), code) for code in startup)
            edits.extend(InsertStatements(span_of(closing[0]), code) for code in before)
        last = closing[-1] if closing and outer is function.body[-1] else function.body[-1]
        edits.extend(InsertStatements(span_of(last), code, after=True) for code in after)
        return tuple(edits)

    def _line(self, statement: ast.stmt) -> str:
        """The statement with the comment behind it."""
        text, line = self.file.source(statement), self.file.line(statement.lineno)
        return line if line.removeprefix(text).lstrip().startswith("#") else text

    def _outer_try(self, function: FunctionNode, statement: ast.stmt) -> ast.Try | None:
        """The outermost `try .. finally` around the `yield`."""
        found: ast.Try | None = None
        for node in self.file.above(statement):
            if node is function:
                break
            if isinstance(node, ast.Try) and node.finalbody:
                found = node
        return found

    def _new(self, app: App) -> tuple[Edit, ...]:
        startup, before, after = self.missing(self.file.tree)
        if not (startup or before or after):
            return ()
        if self.new:
            return (self._given(app, self.new),)
        builder = CodeBuilder()
        name = self.new = self.free("lifespan", "app_lifespan")
        lines = [builder.add(code) for code in startup]
        if before:
            lines.append("try:\n    yield\nfinally:")
            lines.extend(indent(builder.add(code), "    ") for code in (*before, *after))
        else:
            lines.append("yield")
            lines.extend(builder.add(code) for code in after)
        header = f"@{builder.need(_MANAGER)}\nasync def {name}(_app: {builder.need(app.made_by)})"
        text = f"{header} -> {builder.need(_ITERATOR)}[None]:\n" + indent("\n".join(lines), "    ") + "\n"
        return (InsertStatements(span_of(self.top(app.call)), builder.code(text)), self._given(app, name))

    def _given(self, app: App, lifespan: str) -> Edit:
        kept = self.kept(app, {"lifespan"})
        return self.call(app, [*kept, Argument(keyword="lifespan", code=Code(lifespan))])


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
