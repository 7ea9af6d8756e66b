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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import indent

from ..analysis.nodes import walk
from ..analysis.scopes import own_nodes
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..model import (
    Argument,
    Code,
    Edit,
    ImportNeed,
    InsertStatements,
    Location,
    Reason,
    ReplaceCall,
    ReplaceStatements,
)
from .apps import App, apps, function_named, handlers, imported_from, lifespan_value
from .code import CodeBuilder, plain
from .sites import NO_LIFESPAN

_MANAGER = ImportNeed("contextlib", "asynccontextmanager")
_ITERATOR = ImportNeed("collections.abc", "AsyncIterator")


@dataclass(frozen=True, slots=True)
class First(Code):
    """Runs at start-up before the application's own statements, which may need it."""


@dataclass(frozen=True, slots=True)
class BeforeTeardown(Code):
    """Runs at shut-down before the application's own statements: what it waits for may need all the rest."""


def lifespan_edits(
    file: FileSyntax,
    startup: Sequence[Code],
    shutdown: Sequence[Code],
    *,
    functions: Sequence[str] = (),
    events_elsewhere: bool = False,
) -> tuple[Edit, ...] | Reason:
    """The edits of the file that makes the application; of `functions` in it instead, when they are named.

    `events_elsewhere`: other files register `on_event` handlers on it, which a `lifespan=` would silence.
    """
    maker = _Maker(file, tuple(startup), tuple(shutdown), events_elsewhere)
    if functions:
        found = [maker.extend(name) for name in functions]
    else:
        found = [maker.wire(app) for app in apps(file)]
    edits = [edit for each in found if not isinstance(each, Reason) for edit in each]
    reasons = [each for each in found if isinstance(each, Reason)]
    if not edits and (reasons or not found):
        return reasons[0] if reasons else _reason(file, file.tree, "no application is made in this file")
    return tuple(dict.fromkeys(edits))


def _reason(file: FileSyntax, node: ast.AST, text: str, hint: str = "") -> Reason:
    return Reason(NO_LIFESPAN, text, Location(file.path, getattr(node, "lineno", 1), 1), hint=hint)


@dataclass
class _Maker:
    file: FileSyntax
    startup: tuple[Code, ...]
    shutdown: tuple[Code, ...]
    events_elsewhere: bool

    def wire(self, app: App) -> tuple[Edit, ...] | Reason:
        if any(keyword.arg is None for keyword in app.call.keywords):
            return _reason(
                self.file, app.call, "the application is made of `**` arguments, which may hold a lifespan"
            )
        value = lifespan_value(self.file, app)
        if isinstance(value, ast.Name):
            return self.extend(value.id)
        if value is not None:
            return _reason(self.file, app.call, f"{ast.unparse(value)} is not a function of this file")
        keywords = {keyword.arg for keyword in app.call.keywords}
        if keywords & {"on_startup", "on_shutdown"}:
            return self._listed(app)
        if self.events_elsewhere or any(handlers(self.file, app, event) for event in ("startup", "shutdown")):
            return self._events(app)
        return self._new(app)

    def extend(self, name: str) -> tuple[Edit, ...] | Reason:
        function = function_named(self.file, name)
        if function is None:
            module = imported_from(self.file, name)
            text = f"{name} is imported from {module}" if module else f"{name} is not a function of this file"
            return _reason(self.file, self.file.tree, text, hint=module)
        yields = [node for node in own_nodes(function) if isinstance(node, ast.Yield)]
        if len(yields) != 1 or not isinstance(function, ast.AsyncFunctionDef):
            return _reason(self.file, function, f"{name} is not an async generator with one `yield`")
        statement = self.file.parents[yields[0]]
        if not isinstance(statement, ast.Expr):
            return _reason(self.file, function, f"{name} uses what its `yield` gives")
        return self._around_yield(function, statement, *self._missing(function))

    def _missing(self, node: ast.AST) -> tuple[list[Code], list[Code], list[Code]]:
        """What is not there yet: at start-up, before the teardown, after it."""
        present = ast.unparse(node)

        def lacks(codes: Iterable[Code]) -> list[Code]:
            return [
                code
                for code in codes
                if _dedented(ast.unparse(ast.parse(plain(code)))) not in _dedented(present)
            ]

        before = [code for code in self.shutdown if isinstance(code, BeforeTeardown)]
        after = [code for code in self.shutdown if not isinstance(code, BeforeTeardown)]
        return lacks(self.startup), lacks(before), lacks(after)

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
            parts.append("try:\n" + indent(self.file.source(statement), "    "))
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
        startup, before, after = self._missing(self.file.tree)
        if not (startup or before or after):
            return ()
        builder = CodeBuilder()
        name = self._free("lifespan", "app_lifespan")
        lines = [builder.add(code) for code in startup]
        if before:
            lines.append("try:\n    yield\nfinally:")
            lines.extend(indent(builder.add(code), "    ") for code in (*before, *after))
        else:
            lines.append("yield")
            lines.extend(builder.add(code) for code in after)
        header = f"@{builder.need(_MANAGER)}\nasync def {name}(app: {builder.need(app.made_by)})"
        text = f"{header} -> {builder.need(_ITERATOR)}[None]:\n" + indent("\n".join(lines), "    ") + "\n"
        arguments = [*self._kept(app, set()), Argument(keyword="lifespan", code=Code(name))]
        if any(keyword.arg == "lifespan" for keyword in app.call.keywords):
            arguments = [*self._kept(app, {"lifespan"}), Argument(keyword="lifespan", code=Code(name))]
        return (
            InsertStatements(span_of(self._top(app.call)), builder.code(text)),
            self._call(app, arguments),
        )

    def _kept(self, app: App, without: set[str]) -> list[Argument]:
        count = len(app.call.args)
        places = [*range(count)]
        places += [count + n for n, keyword in enumerate(app.call.keywords) if keyword.arg not in without]
        return [Argument(index=place) for place in places]

    def _call(self, app: App, arguments: Sequence[Argument]) -> ReplaceCall:
        return ReplaceCall(span_of(app.call), Code(self.file.source(app.call.func)), tuple(arguments))

    def _top(self, node: ast.AST) -> ast.stmt:
        """The top-level statement that holds the node."""
        chain = [node, *self.file.above(node)]
        top = chain[-2]
        assert isinstance(top, ast.stmt)
        return top

    def _free(self, *names: str) -> str:
        bound = {n.id for n in walk(self.file.tree) if isinstance(n, ast.Name)}
        bound |= {
            n.name for n in walk(self.file.tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
        }
        bound |= {
            (alias.asname or alias.name).partition(".")[0]
            for n in walk(self.file.tree)
            if isinstance(n, (ast.Import, ast.ImportFrom))
            for alias in n.names
        }
        return next((name for name in names if name not in bound), f"{names[-1]}_again")

    def _functions(self, app: App) -> tuple[tuple[str, str, Sequence[Code]], ...]:
        """Event, name and statements of the handlers that are needed."""
        startup, before, after = self._missing(self.file.tree)
        closes = all("close_http_clients" in plain(code) for code in after)
        first = [code for code in startup if isinstance(code, First)]
        startup = [code for code in startup if not isinstance(code, First)]
        wanted: tuple[tuple[str, tuple[str, ...], Sequence[Code]], ...] = (
            ("first", ("create_tables", "create_all_tables"), first),
            ("startup", ("start_broker", "start_up"), startup),
            ("before", ("stop_broker", "shut_down"), before),
            ("shutdown", ("close_clients", "close_http") if closes else ("shut_down", "close_all"), after),
        )
        return tuple((event, self._free(*names), codes) for event, names, codes in wanted if codes)

    def _handler(self, name: str, codes: Sequence[Code], decorator: str) -> Code:
        builder = CodeBuilder()
        body = indent("\n".join(builder.add(code) for code in codes), "    ")
        return builder.code(f"{decorator}async def {name}() -> None:\n{body}\n")

    def _events(self, app: App) -> tuple[Edit, ...] | Reason:
        if not app.name:
            return _reason(self.file, app.call, "the application has no name to register handlers on")
        own = self.file.statement(app.call)
        at_start, at_end = (handlers(self.file, app, event) for event in ("startup", "shutdown"))
        last = max([own, *at_start, *at_end], key=lambda statement: statement.lineno)
        edits: list[Edit] = []
        for event, name, codes in self._functions(app):
            anchor, after = (at_start[-1] if at_start else last), True
            if event == "before" and at_end:
                anchor, after = at_end[0], False
            elif event == "first":
                anchor, after = (at_start[0], False) if at_start else (own, True)
            elif event != "startup":
                anchor = at_end[-1] if at_end else last
            at = "startup" if event in ("first", "startup") else "shutdown"
            decorator = f'@{app.name}.on_event("{at}")\n'
            edits.append(
                InsertStatements(span_of(anchor), self._handler(name, codes, decorator), after=after)
            )
        return tuple(edits)

    def _listed(self, app: App) -> tuple[Edit, ...] | Reason:
        given = {keyword.arg: keyword.value for keyword in app.call.keywords}
        lists: dict[str, list[str]] = {}
        edits: list[Edit] = []
        for option in ("on_startup", "on_shutdown"):
            value = given.get(option)
            if value is not None and not isinstance(value, (ast.List, ast.Tuple)):
                return _reason(self.file, app.call, f"{option} is not a list that is written here")
            lists[option] = [self.file.source(item) for item in value.elts] if value is not None else []
        changed: set[str] = set()
        for event, name, codes in self._functions(app):
            option = "on_startup" if event in ("first", "startup") else "on_shutdown"
            lists[option].insert(0 if event in ("first", "before") else len(lists[option]), name)
            changed.add(option)
            edits.append(InsertStatements(span_of(self._top(app.call)), self._handler(name, codes, "")))
        if not changed:
            return ()
        new = [
            Argument(keyword=o, code=Code(f"[{', '.join(lists[o])}]")) for o in sorted(changed, reverse=True)
        ]
        return (*edits, self._call(app, [*self._kept(app, changed), *new]))


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _dedented(text: str) -> str:
    """Statements at any depth compare by their own lines."""
    return "\n".join(line.strip() for line in text.splitlines())
