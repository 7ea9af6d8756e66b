"""The end of a legacy query, where its rows are taken.

| legacy      | async |
|---|---|
| `.first()`  | `await s.scalar(q.limit(1))`; of columns and several classes `(await s.execute(..)).first()` |
| `.all()`    | `(await s.scalars(q)).all()`, with `.unique()` where a join may give an entity twice |
|             | `list(await s.scalars(q))` where a list is promised: `all()` is written down as a `Sequence` |
| `.scalar()` | `(await s.execute(q)).scalar_one_or_none()`: like Query it does not pass over a second row |
| `.count()`  | `await s.scalar(select(func.count()).select_from(q.subquery()))`, or with `scalar_one()`, |
|             | written down as an `int`, where the function promises a value; of one class that is only |
|             | filtered `select(func.count()).select_from(E).filter(...)` |
| `.get(pk)`  | `await s.get(E, pk)` |
| `.yield_per(n)` | `await s.stream_scalars(q.execution_options(yield_per=n))`, in an `async for` |
| `.delete()` | `await s.execute(delete(E).where(...))` |
| `.update()` | `await s.execute(update(E).where(...).values(...))` |

https://docs.sqlalchemy.org/en/20/changelog/migration_20.html#migration-orm-usage
"""

from __future__ import annotations

import ast
from enum import IntEnum

import msgspec

from ...analysis.link.program import Key
from ...analysis.nodes import bound_plainly, walk
from ...analysis.syntax import last_name, span_of
from ...analysis.view import View
from ...model import AsyncStatement, ImportNeed
from ..draft import Draft
from ..words import DELETE, FUNC, SELECT, UPDATE
from .promises import promises_list, promises_value

NAMES = frozenset(
    {"first", "all", "one", "one_or_none", "scalar", "count", "get", "delete", "update", "yield_per"}
)

_CAST = (ImportNeed("typing", "cast"), ImportNeed("sqlalchemy", "CursorResult"), ImportNeed("typing", "Any"))


class NoRuleError(Exception):
    """The query has no equal that is known; the text says what stands in the way."""


class Columns(IntEnum):
    """What stands beside the objects of a row: Query compares whole rows, if it can."""

    COMPARED = 0
    NEVER_SAME = 1
    """Lists or dictionaries: it leaves the rows as they are."""
    UNCLEAR = 2


class Statement(msgspec.Struct, frozen=True):
    """What is known of a query at some place of its chain."""

    session: str
    root: ast.Call
    entity: str
    """The only class that is asked for, as written; empty for columns and for several."""
    entities: tuple[str, ...]
    """All classes that are asked for, as written."""
    aggregate: bool
    """Only `count`, `sum` and the like: one row, unless it is grouped."""
    variable: str = ""
    filtered: bool = False
    """On every path to this place."""
    only_filters: bool = True
    limited_to_one: bool = False
    grouped: bool = False
    repeats: bool = False
    """A join can give one entity several times; Query takes the repetitions out."""
    loads_lists: bool = False
    """A joined list of it does so; SQLAlchemy insists on it that they are taken out."""
    columns: Columns = Columns.COMPARED
    classes: frozenset[Key] = frozenset()
    """Those that are asked for, where they are known."""
    beside: frozenset[str] = frozenset()
    """What else its columns and filters name, as written: each row is joined with all of theirs,"""
    pinned: frozenset[str] = frozenset()
    """but for those of which one at most belongs to a row."""
    is_once: bool = False
    """It says `distinct()` of one class, or groups by it."""
    options: tuple[str, ...] = ()
    """Loads of relationships that are read later."""
    key: str = ""
    """The primary key, where the session may hold the object without them."""
    renames: tuple[tuple[ast.Attribute, str], ...] = ()

    @property
    def may_repeat(self) -> bool:
        is_joined = not (self.is_once or all(map(self.has_one, self.beside)))
        return bool(self.entities) and (self.repeats or self.loads_lists or is_joined)

    def has_one(self, name: str) -> bool:
        """Has each row one of it, at most?"""
        return not {name, name.rpartition(".")[2]}.isdisjoint({*self.entities, *self.pinned})


class Terminals(msgspec.Struct, frozen=True):
    """Writes the ends of queries; `old`: for SQLAlchemy 1.4, whose first releases have no
    `AsyncSession.scalars`."""

    view: View
    draft: Draft
    old: bool

    def _executed(self, call: ast.Call) -> str:
        """Its execution options: they are those of a whole statement, and within another one say nothing."""
        found = ""
        node: ast.expr = call
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "execution_options":
                found = f".execution_options({', '.join(map(self.view.source, node.keywords))}){found}"
            node = node.func.value
        function = self.view.function(call)
        for each in walk(function) if function is not None and isinstance(node, ast.Name) else ():
            if isinstance(each, ast.Attribute) and each.attr == "execution_options":
                bound = bound_plainly(self.view.file.statement(each))
                if any(ast.unparse(target) == ast.unparse(node) for target, _ in bound):
                    raise NoRuleError("it is counted, with options that are said elsewhere")
        return found

    def rows(self, statement: Statement, text: str, end: str = "", *, unique: bool = True) -> str:
        """The rows as Query gives them: entities themselves, several columns as tuples."""
        behind = f"{self._unique(statement) if unique else ''}{end}"
        if not statement.entity:
            found = f"await {statement.session}.execute({text})"
        elif self.old:
            found, behind = f"await {statement.session}.execute({text})", f".scalars(){behind}"
        else:
            found = f"await {statement.session}.scalars({text})"
        return f"({found}){behind}" if behind else found

    def all(self, statement: Statement, text: str, whole: ast.expr) -> str:
        """Those that `whole` gives."""
        if promises_list(self.view, whole):
            return f"list({self.rows(statement, text)})"
        return self.rows(statement, text, ".all()")

    def _unique(self, statement: Statement) -> str:
        if not statement.may_repeat or statement.columns is Columns.COMPARED:
            return ".unique()" if statement.may_repeat else ""
        if statement.columns is Columns.UNCLEAR or statement.loads_lists:
            raise NoRuleError("rows that repeat, with values of JSON or arrays that cannot be compared")
        return ""

    def end(self, statement: Statement, text: str, call: ast.Call, method: str) -> str:
        """The expression that takes the place of the chain. Raises `NoRuleError`."""
        session = statement.session
        if method == "all":
            return self.all(statement, text, call)
        if method in ("one", "one_or_none"):
            return self.rows(statement, text, f".{method}()")
        if method == "first":
            limited = text if statement.limited_to_one else f"{text}.limit(1)"
            if statement.entity:
                return f"await {session}.scalar({limited})"
            return self.rows(statement, limited, ".first()", unique=False)
        if method == "scalar":
            if statement.aggregate and not statement.grouped:
                return self._number(session, text, call, may_be_none=not _counts(call))
            return f"(await {session}.execute({text})){self._unique(statement)}.scalar_one_or_none()"
        if method == "count":
            counted = f"{SELECT}({FUNC}.count()){_counted_from(statement, text)}{self._executed(call)}"
            return self._number(session, counted, call, may_be_none=False)
        if method == "get":
            return self._get(statement, call)
        if method == "yield_per":
            return self._streamed(statement, text, call)
        return self._bulk(statement, text, call, method)

    def _number(self, session: str, text: str, call: ast.Call, *, may_be_none: bool) -> str:
        """By a statement that gives one row in any case."""
        if not may_be_none and promises_value(self.view, call):
            return f"(await {session}.execute({text})).scalar_one()"
        return f"await {session}.scalar({text})"

    def _streamed(self, statement: Statement, text: str, call: ast.Call) -> str:
        loop = self.view.file.parents[call]
        if not isinstance(loop, ast.For) or loop.iter is not call or len(call.args) != 1 or call.keywords:
            raise NoRuleError("Query.yield_per() outside of a loop")
        self.draft.handle(self.view, loop)
        self.draft.edit(self.view, AsyncStatement(span_of(loop)))
        method = "stream_scalars" if statement.entity else "stream"
        options = f"execution_options(yield_per={self.view.source(call.args[0])})"
        return f"await {statement.session}.{method}({text}.{options})"

    def _get(self, statement: Statement, call: ast.Call) -> str:
        assert isinstance(call.func, ast.Attribute)
        asked = self._asked(call.func.value, statement)
        if asked is None or not statement.entity or len(call.args) != 1:
            raise NoRuleError("Query.get() behind other methods")
        entity, (own, lock) = statement.entity, asked
        value = self._plain(call.args[0])
        every = ", ".join([*own, *statement.options])
        if statement.key and lock:
            raise NoRuleError(
                "Query.get() that locks, of what the session may hold without what is read later"
            )
        if statement.key:
            found = f"{SELECT}({entity}).where({entity}.{statement.key} == {value})"
            return self.rows(statement, found + (f".options({every})" if every else ""), ".one_or_none()")
        options = f", options=[{every}]" if every else ""
        return f"await {statement.session}.get({entity}, {value}{options}{lock})"

    def _plain(self, value: ast.expr) -> str:
        text, needs = self.draft.rendered(self.view, value)
        if needs:
            raise NoRuleError("it is given what becomes something else")
        return text

    def _asked(self, node: ast.expr, statement: Statement) -> tuple[list[str], str] | None:
        """The arguments of `.options(..)` between the start and `.get(..)`, and that of `Session.get` for
        `.with_for_update(..)`; None where more stands there."""
        options: list[str] = []
        lock = ""
        while node is not statement.root:
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                return None
            if "#" in self.view.source(node):
                return None
            if node.func.attr == "options":
                options = [*(self.view.flat(each, self.view.source(each)) for each in node.args), *options]
            elif node.func.attr == "with_for_update" and not node.args:
                said = ", ".join(map(self.view.source, node.keywords))
                lock = lock or f", with_for_update={f'dict({said})' if said else 'True'}"
            else:
                return None
            node = node.func.value
        return options, lock

    def _bulk(self, statement: Statement, text: str, call: ast.Call, method: str) -> str:
        """Query.update and Query.delete: the criteria move to a statement of their own."""
        if not statement.entity or not statement.only_filters or statement.variable == "()":
            raise NoRuleError(f"Query.{method}() of a query that has more than filters")
        names = ("values", "synchronize_session")[method == "delete" :]
        told = dict(zip(names, call.args, strict=False)) | {k.arg: k.value for k in call.keywords}
        if len(call.args) > len(names) or not told.keys() <= set(names):
            raise NoRuleError(f"Query.{method}() with arguments that have no rule")
        head = f"{UPDATE if method == 'update' else DELETE}({statement.entity})"
        if statement.variable:
            if not statement.filtered:
                raise NoRuleError(f"Query.{method}() of a query that is not filtered on every path")
            made = f"{head}.where({text}.whereclause)"
        else:
            start = f"{SELECT}({statement.entity})"
            if not text.startswith(start):
                raise NoRuleError(f"Query.{method}() of a query that cannot be taken apart")
            made = head + text.removeprefix(start)
        given = self.view.source(call).removeprefix(self.view.source(call.func))
        if "#" not in given:
            made += f".values({self._plain(told['values'])})" if "values" in told else ""
        elif method == "delete" or len(told) > 1 or call.keywords:
            raise NoRuleError(f"Query.{method}() with a comment between its arguments")
        else:
            made += self.view.outdented(call, f".values{given}")
        if "synchronize_session" in told:
            made += f".execution_options(synchronize_session={self.view.source(told['synchronize_session'])})"
        done = f"await {statement.session}.execute({made})"
        return done if isinstance(self.view.file.parents[call], ast.Expr) else self._rows_changed(done, call)

    def _rows_changed(self, done: str, call: ast.Call) -> str:
        """The result of an `AsyncSession` is declared as one that has no such number."""
        function = self.view.function(call)
        if self.old or function is None or function.returns is None:
            return f"({done}).rowcount"
        cast, result, anything = map(self.draft.slot, _CAST)
        return f"{cast}({result}[{anything}], {done}).rowcount"


def _counts(query: ast.AST) -> bool:
    """Does the chain of calls ask for `func.count(..)`, of which there is one row?"""
    asked = False
    while isinstance(query, ast.Call) and isinstance(query.func, ast.Attribute):
        if query.func.attr in ("limit", "offset", "slice"):
            return False
        asked |= any(isinstance(each, ast.Call) and last_name(each.func) == "count" for each in query.args)
        query = query.func.value
    return asked


def _counted_from(statement: Statement, text: str) -> str:
    """The rows of one class that are only filtered are counted without a query around them."""
    start = f"{SELECT}({statement.entity})"
    if statement.entity and statement.only_filters and not statement.variable and text.startswith(start):
        return f".select_from({statement.entity}){text.removeprefix(start)}"
    return f".select_from({text}.subquery())"
