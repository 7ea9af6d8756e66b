"""The same said by handlers: `@app.on_event("startup")`, or a list that is given to `on_startup`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import indent

from ...analysis.syntax import span_of
from ...model import Argument, Code, Edit, InsertStatements, Reason
from .app_files import AppFile, First, no_lifespan
from .apps import App, handlers
from .code import CodeBuilder, plain


class EventHandlers(AppFile):
    def _functions(self) -> tuple[tuple[str, str, Sequence[Code]], ...]:
        """Event, name and statements of the handlers that are needed."""
        startup, before, after = self.missing(self.file.tree)
        closes = all("close_http_clients" in plain(code) for code in after)
        first = [code for code in startup if isinstance(code, First)]
        startup = [code for code in startup if not isinstance(code, First)]
        makes = all("create_all" in plain(code) for code in first)
        wanted: tuple[tuple[str, tuple[str, ...], Sequence[Code]], ...] = (
            ("first", ("create_tables", "create_all_tables") if makes else ("prepare_database",), first),
            ("startup", ("start_broker", "start_up"), startup),
            ("before", ("stop_broker", "shut_down"), before),
            ("shutdown", ("close_clients", "close_http") if closes else ("shut_down", "close_all"), after),
        )
        return tuple((event, self.free(*names), codes) for event, names, codes in wanted if codes)

    def _handler(self, name: str, codes: Sequence[Code], decorator: str) -> Code:
        builder = CodeBuilder()
        body = indent("\n".join(builder.add(code) for code in codes), "    ")
        return builder.code(f"{decorator}async def {name}() -> None:\n{body}\n")

    def events(self, app: App) -> tuple[Edit, ...] | Reason:
        if not app.name:
            return no_lifespan(self.file, app.call, "the application has no name to register handlers on")
        own = self.file.statement(app.call)
        at_start, at_end = (handlers(self.file, app, event) for event in ("startup", "shutdown"))
        last = max([own, *at_start, *at_end], key=lambda statement: statement.lineno)
        edits: list[Edit] = []
        for event, name, codes in self._functions():
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

    def listed(self, app: App) -> tuple[Edit, ...] | Reason:
        given = {keyword.arg: keyword.value for keyword in app.call.keywords}
        lists: dict[str, list[str]] = {}
        edits: list[Edit] = []
        for option in ("on_startup", "on_shutdown"):
            value = given.get(option)
            if value is not None and not isinstance(value, (ast.List, ast.Tuple)):
                return no_lifespan(self.file, app.call, f"{option} is not a list that is written here")
            lists[option] = [self.file.source(item) for item in value.elts] if value is not None else []
        changed: set[str] = set()
        for event, name, codes in self._functions():
            option = "on_startup" if event in ("first", "startup") else "on_shutdown"
            lists[option].insert(0 if event in ("first", "before") else len(lists[option]), name)
            changed.add(option)
            edits.append(InsertStatements(span_of(self.top(app.call)), self._handler(name, codes, "")))
        if not changed:
            return ()
        new = [
            Argument(keyword=o, code=Code(f"[{', '.join(lists[o])}]")) for o in sorted(changed, reverse=True)
        ]
        return (*edits, self.call(app, [*self.kept(app, changed), *new]))
