"""Relationships of what a method gives that serves many classes are read where its caller has the object, by
the session behind that method.

    return self.books.add(book)   ->   book = await self.books.add(book)
                                       await self.books.session.run_sync(lambda _: (book.author, book.tags))
                                       return book

Run by a session, an attribute gives what it gave before: what is there already, or what a query loads.
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#running-synchronous-methods-and-functions-under-asyncio
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import partial

import msgspec
from msgspec.structs import replace

from ....analysis.link.kinds import Obj
from ....analysis.link.names import Parameter, lookup
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.presence import is_present, may_miss
from ....analysis.syntax import snake, span_of
from ....analysis.view import View, Views
from ....model import Code, InsertStatements, NameFirst, Span
from ...draft import Draft
from ...injected import injected
from ...spelling import session_of_class, session_of_function
from ..mapped.relationships import Path, Relationship, Relationships
from ..values.behind import SessionsBehind
from ..values.expired import Expired
from ..values.held import Holding, comprehended
from ..values.named import comes_first, name_for
from ..values.newborn import binds
from ..values.touched import is_untouched
from .eager import gives_any, serves_others
from .in_session import in_session
from .loads import are_several
from .needs import Need

_DEPTH = 4
_Way = Callable[[], None]


class _Reading(msgspec.Struct):
    """What is read above a statement of the objects that a name holds, or an expression in it gives."""

    view: View
    node: ast.expr
    statement: ast.stmt
    session: str
    name: str
    is_many: bool
    is_guarded: bool
    """It may be None."""
    paths: dict[Path, None] = msgspec.field(default_factory=dict)


class Reached:
    def __init__(
        self,
        views: Views,
        relationships: Relationships,
        holding: Holding,
        sessions: SessionsBehind,
        expired: Expired,
        draft: Draft,
    ) -> None:
        self.views = views
        self.expired = expired
        self.relationships = relationships
        self.holding = holding
        self.sessions = sessions
        self.draft = draft
        self.elsewhere: set[Relationship] = set()
        """What other functions than the reader load from now on."""
        self._readings: dict[tuple[str, Span, str, Span], _Reading] = {}

    def ways(
        self, view: View, node: ast.expr, statement: ast.stmt, cls: Key, path: Path, depth: int = 0
    ) -> list[_Way] | None:
        """What has to be done for the objects of `cls` that `node` gives; None where that cannot be told."""
        if isinstance(node, ast.Name) and (source := comprehended(view, node)) is not None:
            return self.ways(view, source, statement, cls, path, depth)
        if (held := self.holding.by(view, node)) is not None:
            return self.ways(view, held.owner, statement, held.cls, (*held.path, *path), depth)
        if not isinstance(node, (ast.Name, ast.Call)):
            return None
        if isinstance(node, ast.Call):
            below = self._in_callee(view, node, cls, path, depth)
            if below is not None:
                return below
        return self._here(view, node, statement, cls, path)

    def _in_callee(self, view: View, call: ast.Call, cls: Key, path: Path, depth: int) -> list[_Way] | None:
        keys = view.functions_called(call)
        return self._in_function(keys[0], cls, path, depth) if len(keys) == 1 else None

    def in_provider(self, need: Need) -> list[_Way] | None:
        """Where a dependency returns what FastAPI hands over under the name."""
        view, node = need.view, need.node
        function = view.function(node)
        if function is None or not isinstance(node, ast.Name) or not need.is_read_by_model or need.is_endless:
            return None
        if any(binds(each, node.id) for each in walk(function)):
            return None
        parameter = lookup(view.program, view.owner(node), node.id)
        if self.expired.at(view, function, node.id, need.statement) or not isinstance(parameter, Parameter):
            return None
        provider = injected(self.views, view, parameter)
        return self._in_function(provider, need.cls, need.path, 0) if provider is not None else None

    def _in_function(self, key: Key, cls: Key, path: Path, depth: int) -> list[_Way] | None:
        """Where a function returns them, if it gives objects of this class only."""
        scope = self.relationships.program.scope(key)
        if depth > _DEPTH or scope.has_yield:
            return None
        other = self.views.of(key.path)
        function = other.file.function(scope.span)
        if function is None or gives_any(other, function):
            return None
        found: list[_Way] = []
        for each in walk(function):
            if not isinstance(each, ast.Return) or each.value is None or other.owner(each) != key:
                continue
            if isinstance(each.value, ast.Constant) and each.value.value is None:
                continue
            if {kind.key for kind in other.kinds(each.value) if isinstance(kind, Obj)} != {cls}:
                return None
            inner = self.ways(other, each.value, each, cls, path, depth + 1)
            if inner is None:
                return None
            found += inner
        return [*found, partial(self.elsewhere.update, path)] if found else None

    def _here(
        self, view: View, node: ast.Name | ast.Call, statement: ast.stmt, cls: Key, path: Path
    ) -> list[_Way] | None:
        function, many = view.function(node), are_several(view, node)
        if function is None or many is None or view.module.is_test or not view.can_await(statement):
            return None
        own = session_of_function(view, function) or session_of_class(view, function)
        session = own.text if own is not None else self.sessions.of(view, node)
        if session is None or any(self._is_list(step) is None for step in path[:-1]):
            return None
        if isinstance(node, ast.Name):
            if serves_others(self.relationships, view, function, node, path, is_behind=False):
                return None
            name = node.id
            may_be_none = not is_present(self.views, view, function, statement, name)
        elif comes_first(view, node, statement):
            classes = {kind.key for kind in view.kinds(node) if isinstance(kind, Obj)}
            word = "items" if many else self._word(cls if len(classes) == 1 else None)
            name = name_for(view, function, statement, node, word)
            may_be_none = may_miss(self.views, view, node)
        else:
            return None
        reading = _Reading(view, node, statement, session, name, many, not many and may_be_none)

        def act() -> None:
            named, of = (name, statement) if isinstance(node, ast.Name) else ("", node)
            place = (view.path, span_of(statement), named, span_of(of))
            self._readings.setdefault(place, reading).paths[path] = None
            self.draft.functions.add(view.owner(node))

        return [act]

    def _word(self, cls: Key | None) -> str:
        return snake(self.relationships.program.scope(cls).name) if cls is not None else "item"

    def _is_list(self, step: Relationship) -> bool | None:
        return self.relationships.holds_several(step)

    def finish(self) -> None:
        for reading in self._joined():
            code = Code(self._lines(reading))
            statement = span_of(reading.statement)
            is_named = isinstance(reading.node, ast.Name)
            self.draft.awaited_above(reading.view, reading.statement, reading.name if is_named else "")
            if is_named:
                self.draft.edit(reading.view, InsertStatements(statement, code))
            else:
                edit = NameFirst(span_of(reading.node), statement, reading.name, code)
                self.draft.edit(reading.view, edit)

    def _joined(self) -> list[_Reading]:
        """What is read of one name in one block, with nothing done between, is read in one go; what is read
        above an `if` is there in its branches."""
        found: list[_Reading] = []
        for _, reading in sorted(self._readings.items(), key=lambda item: item[0]):
            serving = [each for each in found if self._serves(each, reading)]
            block = reading.view.block(reading.statement)
            beside = next((each for each in serving if each.statement in block), None)
            if beside is not None:
                beside.paths.update(reading.paths)
                continue
            there = [path for each in serving for path in each.paths]
            left = [path for path in reading.paths if all(path != each[: len(path)] for each in there)]
            if left:
                found.append(replace(reading, paths=dict.fromkeys(left)))
        return found

    def _serves(self, known: _Reading, reading: _Reading) -> bool:
        is_alike = (known.name, known.session, known.is_many) == (
            reading.name,
            reading.session,
            reading.is_many,
        )
        if not is_alike or known.view.path != reading.view.path or not isinstance(reading.node, ast.Name):
            return False
        return is_untouched(self.views, known.view, known.statement, reading.statement, known.name)

    def _lines(self, reading: _Reading) -> str:
        each = "each" if reading.is_many else reading.name
        read = self._read(each, reading.paths)
        if reading.is_many:
            read = f"[{read} for each in {reading.name}]"
        line = in_session(reading.view, reading.statement, reading.session, read)
        return f"if {reading.name} is not None:\n    {line}" if reading.is_guarded else line

    def _read(self, owner: str, paths: Iterable[Path]) -> str:
        """`(book.author, [note.writer for note in book.notes])`"""
        behind: dict[Relationship, list[Path]] = {}
        for first, *rest in paths:
            behind.setdefault(first, []).extend([tuple(rest)] if rest else [])
        parts: list[str] = []
        for step, more in behind.items():
            here = f"{owner}.{step.name}"
            if not more:
                parts.append(here)
            elif self._is_list(step):
                item = self._word(step.target)
                parts.append(f"[{self._read(item, more)} for {item} in {here}]")
            else:
                parts.append(f"{here} and {self._read(here, more)}")
        parts = list(dict.fromkeys(parts))  # classes of one object may have the same names
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
