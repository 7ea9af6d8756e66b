"""Objects of which a library may read any attribute, as they are handed to it, or have a method of it.

UserSchema(many=True).dump(users)   ->   await db.run_sync(lambda _: UserSchema(many=True).dump(users))
tag.to_dict()                            of a mixin that nobody knows: the database stays sync
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from ....analysis.link.kinds import Ext, Inst, Kind, Kinds, Member, Obj, Unknown, classes_in
from ....analysis.link.program import Key
from ....analysis.view import View
from ...listening import listens
from ...words import SESSIONS
from ..loading.needs import Need
from ..mapped.relationships import Relationships
from ..values.values import entries_of, parts_of
from .by_text import lazy_of, with_derived

_READ_NOTHING = frozenset(sys.stdlib_module_names) | {
    "anyio", "asgiref", "celery", "fastapi", "fastapi_pagination", "jinja2", "loguru", "pydantic", "pytest",
    "sqlalchemy", "sqlalchemy_utils", "sqlmodel", "starlette", "structlog", "taskiq", "typing_extensions",
}  # fmt: skip
"""Or nothing but what another rule knows of: templates, response models, statements."""


def reads_by_library(view: View, relationships: Relationships) -> Iterator[Need]:
    """What may be read of each object for which something loads when it is read."""
    for call in view.file.of_kind(ast.Call) if relationships.names and not view.module.is_test else ():
        reader = call.func.value if isinstance(call.func, ast.Attribute) else None
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if reader is not None and _is_of_library(view, reader, relationships):
            given = [reader]
        elif not given or not _may_read(view.callees(call)):
            continue
        for node in (part for each in given for part in _parts(view, each)):
            kinds = [kind for kind in view.kinds(node) if not _is_statement(kind)]
            classes = with_derived(view, sorted({*classes_in(kinds)}), relationships)
            found = lazy_of(relationships, classes)
            if found and not listens(view, call) and view.function(call) is not None:
                cls, first = found[0]
                statement = view.file.statement(call)
                yield Need(view, node, statement, cls, (first,), by_any_name=view.in_a_line(call), by=call)
                break


def _parts(view: View, node: ast.expr) -> Iterator[ast.expr]:
    """What is in it, where it is written down what that is."""
    entries = entries_of(view, node)
    inner = [value for _, value in entries] if entries is not None else parts_of(node)
    if inner is None:
        yield node
    else:
        for each in inner:
            yield from _parts(view, each)


def _is_statement(kind: Kind) -> bool:
    """`select(User)` holds no user."""
    return isinstance(kind, Inst) and kind.name.startswith(("sqlalchemy.", "sqlmodel."))


def _may_read(callees: Kinds) -> bool:
    """What is a session, as far as anybody knows, is none of a library that nobody knows."""
    return any(map(_is_library, callees)) and not any(
        isinstance(kind, Member) and kind.owner in SESSIONS for kind in callees
    )


def _is_library(kind: Kind) -> bool:
    name = {Ext: "name", Member: "owner", Unknown: "maker"}.get(type(kind))
    root = str(getattr(kind, name)).partition(".")[0] if name is not None else ""
    return bool(root) and root not in _READ_NOTHING


def _is_of_library(view: View, reader: ast.expr, relationships: Relationships) -> bool:
    """Has the object a method of a mixin that no rule knows of?"""
    call = view.file.parents[view.file.parents[reader]]
    if not isinstance(call, ast.Call) or view.functions_called(call):
        return False
    classes = [kind.key for kind in view.kinds(reader) if isinstance(kind, Obj)]
    return any(_has_mixin(view, cls) for cls in classes if cls in relationships.mapped.classes)


def _has_mixin(view: View, cls: Key) -> bool:
    bases = view.inference.classes.hierarchy.external_bases(cls)
    return any(base.partition(".")[0] not in _READ_NOTHING for base in bases)
