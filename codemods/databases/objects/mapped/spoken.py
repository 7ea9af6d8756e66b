"""The texts that can stand for an attribute in `getattr(note, name)`.

for name in ("title", "owner"):                          those
for name, value in changes.model_dump().items():         the fields of the model
for column in Note.__table__.columns: column.name        columns, and no relationship
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.link.kinds import Cls, Obj
from ....analysis.link.libraries.responses import all_fields
from ....analysis.nodes import bound_plainly, walk
from ....analysis.view import View

_DEPTH = 4
_DUMPS = frozenset({"dict", "model_dump"})
_FIELDS = frozenset({"__fields__", "model_fields", "__fields_set__", "model_fields_set"})
_COLUMNS = frozenset({"c", "columns", "column_attrs", "__dict__"})
"""What is there without loading: of a table, of a mapper, of an object."""
_SAME = frozenset(f"builtins.{name}" for name in ("list", "tuple", "set", "sorted", "frozenset"))
Texts = frozenset[str] | None
"""None: it can be any text."""


def texts_of(view: View, node: ast.expr) -> Texts:
    """Those of which one is an attribute of an object."""
    expr = view.expr(node)
    words = view.inference.words
    known = words.of(view.key(node), expr, node.lineno) if expr is not None else None
    if known is not None:
        return known
    owner = node.value if isinstance(node, ast.Attribute) and node.attr in ("key", "name") else node
    return _looped(view, owner) if isinstance(owner, ast.Name) else None


def _looped(view: View, name: ast.Name) -> Texts:
    sources = list(_sources(view, name))
    return _any([_elements(view, each, 0) for each in sources]) if sources else None


def _sources(view: View, name: ast.Name) -> Iterator[ast.expr]:
    """What the loops around the name go through, where it is what they give, or the first of two."""
    for above in view.file.above(name):
        loops = [above] if isinstance(above, ast.For) else getattr(above, "generators", ())
        for loop in loops:
            target = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) else loop.target
            if isinstance(target, ast.Name) and target.id == name.id:
                yield loop.iter
                return


def _elements(view: View, node: ast.expr, depth: int) -> Texts:
    if depth > _DEPTH:
        return None
    if isinstance(node, ast.Attribute):
        if node.attr in _COLUMNS:
            return frozenset()
        return _fields(view, node.value) if node.attr in _FIELDS else None
    if isinstance(node, ast.Name):
        return _any([_elements(view, each, depth + 1) for each in _assigned(view, node)])
    if not isinstance(node, ast.Call):
        return None
    if view.external(node.func) == "builtins.vars":
        return frozenset()
    if view.external(node.func) in _SAME and len(node.args) == 1:
        return _elements(view, node.args[0], depth + 1)
    if not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr in ("items", "keys") and not node.args:
        return _elements(view, node.func.value, depth + 1)
    return _fields(view, node.func.value) if node.func.attr in _DUMPS else None


def _fields(view: View, node: ast.expr) -> Texts:
    """Those of the model that it is, or is of."""
    kinds = view.kinds(node)
    models = frozenset(Obj(kind.key) for kind in kinds if isinstance(kind, (Cls, Obj)))
    return frozenset(all_fields(view.inference, models)) if len(models) == len(kinds) > 0 else None


def _assigned(view: View, name: ast.Name) -> list[ast.expr]:
    function = view.function(name)
    found = [pair for n in walk(function) for pair in bound_plainly(n)] if function is not None else []
    return [value for target, value in found if getattr(target, "id", "") == name.id]


def _any(parts: list[Texts]) -> Texts:
    found: set[str] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found) if parts else None
