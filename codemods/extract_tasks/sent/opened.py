"""What opens a session of the project's database in a task: its one `sessionmaker`, or `Session(engine)` with
its one engine. Where there are more, nobody can tell which one an object belongs to."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property

import msgspec

from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.kinds import Ext, Inst
from ...analysis.link.program import CallKey
from ...analysis.nodes import BINDINGS, bound_plainly
from ...analysis.syntax import Syntax
from ...model import ImportNeed
from ..hazards.rows.own_sessions import OwnSessions
from .importable import Importable

_SYNC_MAKER = "sqlalchemy.orm.sessionmaker"
_MAKERS = ("sessionmaker", "async_sessionmaker")
_SESSIONS = ("Session", "AsyncSession")
_ENGINES = ("create_engine", "create_async_engine", "engine_from_config")
_DEPTH = 4
_ASYNC = "async"
_SYNC_ENGINE = "create_engine"
_LIBRARIES = {
    "sqlalchemy": (
        ImportNeed("sqlalchemy.orm", "Session"),
        ImportNeed("sqlalchemy.ext.asyncio", "AsyncSession"),
    ),
    "sqlmodel": (
        ImportNeed("sqlmodel", "Session"),
        ImportNeed("sqlmodel.ext.asyncio.session", "AsyncSession"),
    ),
}


class Opened(msgspec.Struct, frozen=True):
    """`SessionLocal()`, or `Session(engine)`."""

    maker: ImportNeed
    engine: ImportNeed | None
    is_async: bool
    """After this run."""
    has_twin: bool = False
    """Those who await have an async one beside it."""

    @property
    def is_for_async(self) -> bool:
        """Are the objects that a task loads again with it those of an async session?"""
        return self.is_async or self.has_twin

    @property
    def needs(self) -> tuple[ImportNeed, ...]:
        return (self.maker, self.engine) if self.engine is not None else (self.maker,)


class Openers:
    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        importable: Importable,
        sessions: OwnSessions,
        *,
        is_left_sync: bool,
    ) -> None:
        """`is_left_sync`: the database does not go async in this run."""
        self.program = reach.effects.program
        self.inference = reach.effects.inference
        self.syntax = syntax
        self.importable = importable
        self.sessions = sessions
        self.is_left_sync = is_left_sync

    def of_call(self, path: str, call: ast.Call) -> Opened | None:
        """What opens one as `SessionLocal()` or `Session(engine)` does there, whatever else has an engine:
        scripts, tests."""
        engines = [*call.args, *(k.value for k in call.keywords if k.arg == "bind")]
        named = self._origin(path, engines[0] if engines else call.func)
        made = [
            each for each in self._calls(_ENGINES if engines else _MAKERS) if self._assigned(each) == named
        ]
        if named is None or len(made) != 1 or not self._is_shared:
            return self.only
        return self._of_engine(made[0]) if engines else self._of_maker(made[0])

    def _origin(self, path: str, name: ast.expr) -> ImportNeed | None:
        """Where a name of a module comes from: packages hand on what their modules have."""
        need = self.importable.need(path, name.id) if isinstance(name, ast.Name) else None
        for _ in range(_DEPTH):
            home = self.program.module_path(need.module, path) if need is not None and need.name else None
            further = self.importable.need(home, need.name) if home is not None and need is not None else None
            if further is None or further == need:
                break
            need = further
        return need

    @property
    def _is_shared(self) -> bool:
        """Does a worker come to the same database, by what its modules say?"""
        return not (self.sessions.is_in_memory or self.sessions.is_bound_later)

    @cached_property
    def only(self) -> Opened | None:
        if not self._is_shared:
            return None
        makers, engines = self._calls(_MAKERS), self._calls(_ENGINES)
        twin = self._sync_of_twins(makers) if self._sync_of_twins(engines) is not None else None
        if twin is not None:
            return Opened(twin, None, is_async=False, has_twin=True)
        if len(makers) > 1 or len(engines) > 1:
            return None
        return self._of_maker(makers[0]) if makers else self._of_engine(engines[0]) if engines else None

    def _sync_of_twins(self, calls: Sequence[CallKey]) -> ImportNeed | None:
        """`SessionLocal`, of that and `AsyncSessionLocal` in one module: it stays, for workers as well."""
        homes = [each for each in map(self._assigned, calls) if each is not None]
        sync = [each for each in homes if _ASYNC not in each.name.lower()]
        names = {each.name.lower().replace(_ASYNC, "").replace("_", "") for each in homes}
        are_twins = len(homes) == 2 and len(names) == len({each.module for each in homes}) == 1
        return sync[0] if are_twins and len(sync) == 1 else None

    def _of_maker(self, call: CallKey) -> Opened | None:
        """A maker that knows its engine from the start."""
        made = self._node(call)
        assigned = self._assigned(call)
        if made is None or assigned is None or not (made.args or any(k.arg == "bind" for k in made.keywords)):
            return None
        kinds = self.inference.call_result(call)
        is_sync = any(isinstance(kind, Inst) and kind.name == _SYNC_MAKER for kind in kinds)
        return Opened(assigned, None, not (is_sync and self.is_left_sync))

    def _of_engine(self, call: CallKey) -> Opened | None:
        """All sessions are made with it: a class of them that the project wrote, or one that joins the
        transaction of a connection, is another thing."""
        engine = self._assigned(call)
        made = [(each, self._node(each)) for each in self._calls(_SESSIONS)]
        libraries = {self._name(each).partition(".")[0] for each, _ in made}
        if engine is None or len(libraries) != 1 or not all(node and _is_plain(node) for _, node in made):
            return None
        is_sync = self._name(call).rpartition(".")[2] == _SYNC_ENGINE
        is_async = not (is_sync and self.is_left_sync)
        found = _LIBRARIES.get(libraries.pop())
        return Opened(found[is_async], engine, is_async) if found is not None else None

    def _calls(self, names: Sequence[str]) -> list[CallKey]:
        """Where one of these functions of the library is called, tests apart."""
        program = self.program
        spelled = {own for name in names for own in (name, *program.aliases.get(name, ()))}
        calls = (call for name in sorted(spelled) for call in program.calls_by_name.get(name, ()))
        return [
            call
            for call in calls
            if not program.modules[call.path].facts.is_test
            and self._name(call).rpartition(".")[2] in names
            and self._name(call).startswith(tuple(_LIBRARIES))
        ]

    def _name(self, call: CallKey) -> str:
        """What is called, as its library names it."""
        names = [kind.name for kind in self.inference.callees(call) if isinstance(kind, Ext)]
        return min(names, default="")

    def _node(self, call: CallKey) -> ast.Call | None:
        return self.syntax.file(call.path).call(self.program.call(call).span)

    def _assigned(self, call: CallKey) -> ImportNeed | None:
        """The name of the module that it is bound to."""
        file, made = self.syntax.file(call.path), self._node(call)
        statement = file.parents[made] if made is not None else None
        if not isinstance(statement, BINDINGS) or statement not in file.tree.body:
            return None
        target = bound_plainly(statement)[0][0]
        return self.importable.need(call.path, target.id) if isinstance(target, ast.Name) else None


def _is_plain(call: ast.Call) -> bool:
    """`Session(engine)`, `Session(bind=engine)`, with whatever says how it keeps its objects."""
    binds = [*call.args, *(k.value for k in call.keywords if k.arg == "bind")]
    return len(binds) == 1 and isinstance(binds[0], (ast.Name, ast.Attribute))
