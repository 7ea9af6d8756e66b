"""Objects of a database as their primary keys: with what a task opens a session and loads each again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...analysis.index.expr import Name
from ...analysis.judge.reach import Reach
from ...analysis.link.kinds import Inst
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import Syntax, last_name
from ...model import ImportNeed
from ..hazards.own_sessions import OwnSessions
from .importable import Importable
from .models import Models

_MAKER = "sqlalchemy.orm.sessionmaker"


@dataclass(frozen=True, slots=True)
class Loader:
    model: ImportNeed
    key: str
    """The attribute with the primary key."""
    maker: ImportNeed
    """What opens a session when it is called."""


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
        self.is_left_sync = is_left_sync

    def of(self, cls: Key) -> Loader | None:
        model = self.importable.of_class(cls)
        keys = list(self.models.primary_keys(cls))
        if model is None or len(keys) != 1 or self._maker is None:
            return None
        return Loader(model, keys[0], self._maker)

    @cached_property
    def _maker(self) -> ImportNeed | None:
        if not self.is_left_sync or self.sessions.is_in_memory or self._commits_at_the_end:
            return None
        found = [need for path in self._files for need in self._makers(path)]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _files(self) -> list[str]:
        return [path for path, module in self.program.modules.items() if not module.facts.is_test]

    def _makers(self, path: str) -> Iterator[ImportNeed]:
        if "sessionmaker(" not in self.syntax.file(path).text:
            return
        for statement in self.syntax.file(path).tree.body:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Name):
                    kinds = self.inference.kinds(Key(path, 0), Name(target.id), statement.lineno)
                    need = self.importable.need(path, target.id)
                    if need is not None and any(isinstance(k, Inst) and k.name == _MAKER for k in kinds):
                        yield need

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
