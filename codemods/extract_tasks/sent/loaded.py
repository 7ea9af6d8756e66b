"""Objects of a database as their primary keys: with what a task opens a session and loads each again."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property

import msgspec

from ...analysis.judge.reach import Reach
from ...analysis.link.kinds import Ext, Inst
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.presence import is_present
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FunctionNode, Syntax, last_name, span_of
from ...analysis.view import Views
from ...model import ImportNeed, Span
from ..hazards.own_sessions import OwnSessions
from .importable import Importable
from .models import Models

_MAKER = "sqlalchemy.orm.sessionmaker"
_MAKERS = ("sessionmaker", "async_sessionmaker")
_ENGINES = ("create_engine", "create_async_engine", "engine_from_config")


class Loader(msgspec.Struct, frozen=True):
    model: ImportNeed
    key: str
    """The attribute with the primary key."""
    maker: ImportNeed
    """What opens a session when it is called."""
    is_async: bool = False
    columns: frozenset[str] = frozenset()
    """All that is there when the object is: on an async session nothing is loaded later."""


class Loaders:
    """The one `sessionmaker` of the project opens the sessions; where there are more, nobody can tell."""

    def __init__(
        self,
        reach: Reach,
        syntax: Syntax,
        importable: Importable,
        models: Models,
        sessions: OwnSessions,
        *,
        is_left_sync: bool,
    ) -> None:
        """`is_left_sync`: the database does not go async in this run."""
        self.program = reach.effects.program
        self.inference = reach.effects.inference
        self.syntax = syntax
        self.importable = importable
        self.models = models
        self.sessions = sessions
        self.views = Views(self.inference, syntax)
        self.is_left_sync = is_left_sync

    def of(self, cls: Key) -> Loader | None:
        model = self.importable.of_class(cls)
        keys = list(self.models.primary_keys(cls))
        if model is None or len(keys) != 1 or self._maker is None:
            return None
        maker, is_async = self._maker
        return Loader(model, keys[0], maker, is_async, self.models.loaded_with(cls))

    def is_present(self, function: Key, node: FunctionNode, name: str, place: Span) -> bool:
        """Does the name surely hold an object, and not None, where it stands?"""
        view = self.views.of(function.path)
        named = next((n for n in walk(node) if isinstance(n, ast.Name) and span_of(n) == place), None)
        return named is not None and is_present(self.views, view, node, view.file.statement(named), name)

    @cached_property
    def _maker(self) -> tuple[ImportNeed, bool] | None:
        """And whether its sessions are async ones, after this run."""
        if self.sessions.is_in_memory or self.sessions.is_bound_later:
            return None
        if self._commits_at_the_end:
            return None
        makers = self._calls(_MAKERS)
        if len(makers) != 1 or len(self._calls(_ENGINES)) > 1:
            return None
        made = self.inference.call_result(makers[0])
        is_sync = any(isinstance(kind, Inst) and kind.name == _MAKER for kind in made)
        assigned = self._assigned(makers[0])
        return (assigned, not (is_sync and self.is_left_sync)) if assigned is not None else None

    @cached_property
    def _files(self) -> list[str]:
        return [path for path, module in self.program.modules.items() if not module.facts.is_test]

    def _calls(self, names: Sequence[str]) -> list[CallKey]:
        """Where one of these functions of the library is called, tests apart."""
        program = self.program
        spelled = {own for name in names for own in (name, *program.aliases.get(name, ()))}
        calls = (call for name in sorted(spelled) for call in program.calls_by_name.get(name, ()))
        return [
            call
            for call in calls
            if not program.modules[call.path].facts.is_test and self._is_one_of(names, call)
        ]

    def _is_one_of(self, names: Sequence[str], call: CallKey) -> bool:
        callees = self.inference.callees(call)
        return any(isinstance(kind, Ext) and kind.name.rpartition(".")[2] in names for kind in callees)

    def _assigned(self, call: CallKey) -> ImportNeed | None:
        """The name of the module that a maker is bound to, where it knows its engine from the start."""
        file = self.syntax.file(call.path)
        made = file.call(self.program.call(call).span)
        is_bound = made is not None and (made.args or any(k.arg == "bind" for k in made.keywords))
        statement = file.parents[made] if made is not None and is_bound else None
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement not in file.tree.body:
            return None
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        return self.importable.need(call.path, target.id) if isinstance(target, ast.Name) else None

    @cached_property
    def _commits_at_the_end(self) -> bool:
        """Does a dependency commit behind its `yield`? The task would look for what is not there yet."""
        for path in self._files:
            text = self.syntax.file(path).text
            if "yield" in text and (".commit()" in text or ".begin()" in text):
                for node in walk(self.syntax.file(path).tree):
                    if isinstance(node, FUNCTIONS) and _yields_and_commits(node):
                        return True
        return False


def _yields_and_commits(function: ast.AST) -> bool:
    parts = list(walk(function))
    yields = any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in parts)
    return yields and any(
        isinstance(part, ast.Call) and last_name(part.func) in ("commit", "begin") for part in parts
    )
