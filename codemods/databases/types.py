"""Names of classes and functions: `Session` -> `AsyncSession`, `sessionmaker` -> `async_sessionmaker`.

SessionDep = Annotated[Session, Depends(get_db)]   ->   SessionDep = Annotated[AsyncSession, Depends(get_db)]
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ..analysis.index.bindings import How, Import
from ..analysis.link.kinds import Ext
from ..analysis.nodes import walk
from ..analysis.syntax import span_of
from ..analysis.view import View
from ..model import Code, ReplaceExpression, slot
from .connections.registries import convert_registry
from .draft import Draft
from .listening import listens
from .words import ASYNC_OF, CREATE_ENGINE, ENGINE, LISTENING, MAKER, SCOPED, SESSIONS

Reference = tuple[ast.Name | ast.Attribute, str]
"""A name as it stands in a file, and what it means."""


def convert_types(view: View, draft: Draft, found: Iterable[Reference]) -> None:
    """`found` are the references of the file."""
    for node, name in found:
        above = view.file.parents[node]
        if isinstance(above, ast.Call) and node in above.args and view.external(above.func) in LISTENING:
            continue  # events of a class are those of the sync engine below an async one
        if listens(view, node):
            continue
        if isinstance(above, ast.Attribute):
            draft.obstacle(view, above, f"{view.source(above)} has no async form that is known")
        elif name == SCOPED and isinstance(above, ast.Call) and above.func is node:
            convert_registry(view, draft, above)
        elif name == SCOPED:
            draft.obstacle(view, node, "a scoped_session gives every thread a session of its own")
        elif isinstance(above, ast.ClassDef):
            draft.obstacle(view, node, f"{above.name} is a {name.rpartition('.')[2]} of the project's own")
        elif isinstance(above, ast.Call) and above.func is node and name in (MAKER, *SESSIONS):
            draft.makers.append((view, above, name))
        else:
            draft.edit(view, ReplaceExpression(span_of(node), Code(slot(0), (ASYNC_OF[name],))))
    for constant in walk(view.file.tree):
        if (
            isinstance(constant, ast.Constant)
            and isinstance(constant.value, str)
            and _means_session(view, constant)
        ):
            draft.obstacle(view, constant, f"the type {constant.value!r} is written in a string")


def references(view: View) -> Iterator[Reference]:
    """Every name of the file that means one of the classes and functions that have an async form."""
    wanted = {name.rpartition(".")[2] for name in (*ASYNC_OF, SCOPED)}
    spelled = wanted | {local for local, name in _imported(view) if name in wanted}
    for node in walk(view.file.tree):
        last = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if last in spelled and isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            name = view.external(node)
            if name in ASYNC_OF or name == SCOPED:
                yield node, name


def _imported(view: View) -> Iterator[tuple[str, str]]:
    for scope in view.module.scopes:
        for binding in scope.bindings:
            if binding.how is How.IMPORT and isinstance(binding.value, Import):
                yield binding.name, binding.value.name


def _means_session(view: View, node: ast.Constant) -> bool:
    """A forward reference to a session in an annotation."""
    text = str(node.value)
    if not text.isidentifier() or not isinstance(
        view.file.parents[node], (ast.arg, ast.Subscript, ast.BinOp)
    ):
        return False
    kinds = view.kinds_at(node, text)
    return any(isinstance(kind, Ext) and kind.name in (*SESSIONS, ENGINE) for kind in kinds)


__all__ = ["CREATE_ENGINE", "convert_types", "references"]
