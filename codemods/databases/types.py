"""Names of classes and functions: `Session` -> `AsyncSession`, `sessionmaker` -> `async_sessionmaker`.

SessionDep = Annotated[Session, Depends(get_db)]   ->   SessionDep = Annotated[AsyncSession, Depends(get_db)]
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ..analysis.index.bindings import How, Import
from ..analysis.link.kinds import Ext
from ..analysis.link.libraries.rows import QUERY
from ..analysis.syntax import last_name, span_of
from ..analysis.view import View
from ..model import Code, ImportNeed, ReplaceExpression, slot
from .connections.drivers import Declared
from .connections.registries import convert_registry, given_of
from .draft import Draft
from .listening import listens
from .words import ASYNC_OF, CREATE_ENGINE, LISTENING, MAKER, SCOPED, SESSIONS

_ANY = ImportNeed("typing", "Any")
_GIVING = frozenset({"Generator", "Iterable", "Iterator"})
"""What generators give: written anew with the `def` that they belong to."""

Reference = tuple[ast.Name | ast.Attribute, str]
"""A name as it stands in a file, and what it means."""


def convert_types(view: View, draft: Draft, found: Iterable[Reference], declared: Declared) -> None:
    """`found` are the references of the file."""
    for node, name in found:
        above = view.file.parents[node]
        if isinstance(above, ast.Call) and node in above.args and view.external(above.func) in LISTENING:
            continue  # events of a class are those of the sync engine below an async one
        if listens(view, node):
            continue
        if isinstance(above, ast.Attribute):
            draft.obstacle(view, above, f"{view.in_a_line(above)} has no async form that is known")
        elif name == SCOPED and isinstance(above, ast.Call) and above.func is node:
            given = given_of(view, above)
            if given is None or given.registry is not above:
                convert_registry(view, draft, above)
        elif name == SCOPED:
            draft.obstacle(view, node, "a scoped_session gives every thread a session of its own")
        elif isinstance(above, ast.ClassDef):
            draft.obstacle(view, node, f"{above.name} is a {name.rpartition('.')[2]} of the project's own")
        elif isinstance(above, ast.Call) and above.func is node and name in (MAKER, *SESSIONS):
            draft.makers.append((view, above, name))
        else:
            draft.edit(view, ReplaceExpression(span_of(node), Code(slot(0), (ASYNC_OF[name],))))
            if name == QUERY and isinstance(above, ast.Subscript) and above.value is node:
                _rows(view, draft, above.slice, declared)
    for constant in view.file.of_kind(ast.Constant):
        if isinstance(constant.value, str) and _is_annotation(view, constant):
            _in_words(view, draft, constant, constant.value)


def _rows(view: View, draft: Draft, item: ast.expr, declared: Declared) -> None:
    """`Query[User]` -> `Select[tuple[User]]`, which SQLAlchemy 2.1 has as `Select[User]`."""
    if isinstance(item, (ast.Name, ast.Attribute)) and view.external(item) != "typing.Any":
        rows = Code(f"tuple[{view.source(item)}]") if declared.pins_sqlalchemy_2_0 else Code(slot(0), (_ANY,))
        draft.edit(view, ReplaceExpression(span_of(item), rows))


def _in_words(view: View, draft: Draft, node: ast.Constant, text: str) -> None:
    """`"Session | None"`, which only type checkers read, or FastAPI when it is asked."""
    try:
        names = [each for each in ast.walk(ast.parse(text, mode="eval")) if isinstance(each, ast.Name)]
    except SyntaxError:
        return
    found = [(each, name) for each in names for name in _classes(view, node, each.id)]
    if not found:
        return
    if view.source(node)[1:-1] != text or any(each.id in _GIVING for each in names) or not text.isascii():
        draft.obstacle(view, node, f"the type {text!r} is written in a string")
        return
    needs = list(dict.fromkeys(ASYNC_OF[name] for _, name in found))
    for each, name in sorted(found, key=lambda pair: pair[0].col_offset, reverse=True):
        new = slot(needs.index(ASYNC_OF[name]))
        text = f"{text[: each.col_offset]}{new}{text[each.end_col_offset :]}"
    quote = view.source(node)[0]
    draft.edit(view, ReplaceExpression(span_of(node), Code(f"{quote}{text}{quote}", tuple(needs))))


def _classes(view: View, node: ast.AST, name: str) -> list[str]:
    kinds = view.kinds_at(node, name)
    return [kind.name for kind in kinds if isinstance(kind, Ext) and kind.name in ASYNC_OF]


def _is_annotation(view: View, node: ast.expr) -> bool:
    """Is it a type, or a part of one? Not the words of a `Literal`, nor what `Annotated` adds in a call."""
    below: ast.AST = node
    for above in view.file.above(node):
        if isinstance(above, (ast.arg, ast.AnnAssign)):
            return above.annotation is below
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return above.returns is below
        is_literal = isinstance(above, ast.Subscript) and last_name(above.value) == "Literal"
        if is_literal or not isinstance(above, (ast.Subscript, ast.BinOp, ast.Tuple, ast.List)):
            return False
        below = above
    return False


def references(view: View) -> Iterator[Reference]:
    """Every name of the file that means one of the classes and functions that have an async form."""
    wanted = {name.rpartition(".")[2] for name in (*ASYNC_OF, SCOPED)}
    spelled = wanted | {local for local, name in _imported(view) if name in wanted}
    if not any(map(view.file.mentions, spelled)):
        return
    for node in view.file.of_kind(ast.Name, ast.Attribute):
        if last_name(node) in spelled and isinstance(node.ctx, ast.Load):
            name = view.external(node)
            if name in ASYNC_OF or name == SCOPED:
                yield node, name


def _imported(view: View) -> Iterator[tuple[str, str]]:
    for scope in view.module.scopes:
        for binding in scope.bindings:
            if binding.how is How.IMPORT and isinstance(binding.value, Import):
                yield binding.name, binding.value.name


__all__ = ["CREATE_ENGINE", "convert_types", "references"]
