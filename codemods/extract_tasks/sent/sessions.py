"""Sessions of a function in whose place a task opens one of its own: who gives them opens and closes them,
and does nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.kinds import Ext, Fn, Inst, Kind
from ...analysis.link.program import Key
from ...analysis.nodes import bound_alone
from ...analysis.scopes import own_nodes, parameter_names
from ...analysis.syntax import FunctionNode, last_name
from ..hazards.objects.objects import root_of
from .injected import Injected
from .opened import Opened, Openers

_ENDS = frozenset({"close", "aclose", "rollback"})
_MAKERS = ("sessionmaker", "async_sessionmaker")
_SESSIONS = ("Session", "AsyncSession")


class Sessions:
    def __init__(self, injected: Injected, openers: Openers) -> None:
        self.injected = injected
        self.openers = openers

    def of(self, function: Key, node: FunctionNode, name: str) -> Opened | None:
        """What opens it in a task; None where it is another's, or more than opened."""
        if any(_is_set_up(part, name) for part in own_nodes(node)):
            return None
        found = {self._opened(*each) for each in self._made(function, node, name)}
        return found.pop() if len(found) == 1 else None

    def _made(self, function: Key, node: FunctionNode, name: str) -> Iterator[tuple[Key, ast.expr | None]]:
        """What may open it, with the function that does; None for what is something else."""
        if name not in parameter_names(node.args):
            yield from ((function, value) for value in _values(node, name))
            return
        path, source = self.injected.dependency(function, node, name) or ("", None)
        is_bound = any(True for _ in _values(node, name))
        if source is None or is_bound or self.injected.is_overridden(function, node, name):
            return
        for kind in self.injected.views.of(path).kinds(source):
            yield from self._made_by(kind)

    def _opened(self, function: Key, value: ast.expr | None) -> Opened | None:
        if not isinstance(value, ast.Call):
            return None
        kinds = self.injected.views.of(function.path).kinds(value.func)
        is_given = bool(value.args or value.keywords)
        is_one = bool(kinds) and all(_is_maker(kind, is_given=is_given) for kind in kinds)
        return self.openers.of_call(function.path, value) if is_one else None

    def _made_by(self, kind: Kind) -> Iterator[tuple[Key, ast.expr | None]]:
        """`def get_db(): with SessionLocal() as db: yield db`, whatever it does for a request that fails."""
        made_by = self.injected.node(kind.key) if isinstance(kind, Fn) else None
        if not isinstance(kind, Fn) or made_by is None or parameter_names(made_by.args):
            yield Key("", 0), None
            return
        nodes = own_nodes(made_by)
        failed = {part for node in nodes if isinstance(node, ast.ExceptHandler) for part in ast.walk(node)}
        calls = [part for part in nodes if isinstance(part, ast.Call) and part not in failed]
        yield from ((kind.key, call) for call in calls if last_name(call.func) not in _ENDS)


def _is_maker(kind: Kind, *, is_given: bool) -> bool:
    if isinstance(kind, Inst):  # `SessionLocal(bind=other)` asks another database
        return not is_given and kind.name.rpartition(".")[2] in _MAKERS
    return isinstance(kind, Ext) and kind.name.rpartition(".")[2] in _SESSIONS


def _is_set_up(node: ast.AST, name: str) -> bool:
    """`db.autoflush = False`, `db.info["tenant"] = tenant`; a row that is locked is so for this session."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        return root_of(node) == name
    return isinstance(node, ast.Attribute) and node.attr == "with_for_update"


def _values(node: FunctionNode, name: str) -> Iterator[ast.expr | None]:
    """What the name is bound to; None for what cannot be told."""
    told: dict[ast.AST, ast.expr | None] = {}
    for part in own_nodes(node):
        target, value = bound_alone(part)
        if target is not None:
            told[target] = value
        elif isinstance(part, ast.withitem) and part.optional_vars is not None:
            told[part.optional_vars] = part.context_expr
    for part in own_nodes(node):
        if isinstance(part, ast.Name) and part.id == name and not isinstance(part.ctx, ast.Load):
            yield told.get(part)
