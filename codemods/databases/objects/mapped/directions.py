"""Whether a relationship leads to one object or to several: by who holds the key.

https://docs.sqlalchemy.org/en/20/orm/join_conditions.html#handling-multiple-join-paths
"""

from __future__ import annotations

import ast
import re

from ....analysis.link.program import Key
from ....analysis.view import View
from .foreign_keys import ForeignKeys
from .said import HIDDEN, Place, Said

_SEVERAL = re.compile(r"\b(?:[Ll]ist|[Ss]et|[Dd]ict|Sequence|Collection|MutableSequence)\b")


def leads_to_one(keys: ForeignKeys, owner: Key, target: Key, said: Said) -> bool:
    """Certainly? What cannot be seen is a list."""
    if said.is_linked or said.names(HIDDEN) or said.get("uselist") is True or _is_list(said):
        return False
    if not keys.point(owner, target):
        return False
    if said.names("remote_side"):
        columns = _columns(keys, owner, target, said.options["remote_side"])
        return bool(columns) and all(keys.are_no_keys(cls, name) for cls, name in columns)
    if keys.are_kin(owner, target):
        return False
    if said.names("foreign_keys"):
        columns = _columns(keys, owner, target, said.options["foreign_keys"])
        return bool(columns) and all(cls == owner for cls, _ in columns)
    is_told = said.names("primaryjoin") and "foreign(" in ast.unparse(said.options["primaryjoin"][1])
    return not is_told and not keys.point(target, owner)


def leads_to_several(keys: ForeignKeys, owner: Key, target: Key, said: Said) -> bool | None:
    """The same of what does not certainly lead to one; None where that is not seen."""
    if said.is_linked or said.get("uselist") is True or _is_list(said):
        return True
    if said.names("remote_side"):
        columns = _columns(keys, owner, target, said.options["remote_side"])
        return any(keys.hold(cls, name) for cls, name in columns)
    if owner == target or not keys.point(owner, target):
        return True
    own = said.options.get("foreign_keys")
    columns = _columns(keys, owner, target, own) if own is not None else []
    return True if any(cls == target for cls, _ in columns) else None


def _is_list(said: Said) -> bool:
    """`notes: Mapped[list["Note"]] = relationship()`"""
    return said.made_at is not None and bool(_SEVERAL.search(_annotation(*said.made_at)))


def _annotation(view: View, call: ast.expr) -> str:
    statement = view.file.parents.get(call)
    return ast.unparse(statement.annotation) if isinstance(statement, ast.AnnAssign) else ""


def _columns(keys: ForeignKeys, owner: Key, target: Key, place: Place) -> list[tuple[Key, str]]:
    """The columns that an option names, each with its class, `owner` or `target`; none where one of them is
    not seen: `[owner_id]`, `"Post.owner_id"`, `lambda: Post.owner_id`."""
    view, node = place
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            named: ast.expr = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return []
    else:
        named = node.body if isinstance(node, ast.Lambda) else node
    found: list[tuple[Key, str]] = []
    for each in named.elts if isinstance(named, (ast.List, ast.Tuple, ast.Set)) else [named]:
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            cls, name = keys.named(each.value.id, owner, target), each.attr
        elif isinstance(each, ast.Name):
            cls, name = keys.one_of(view.owner(node), owner, target), each.id
        else:
            return []
        if cls is None or not keys.has(cls, name):
            return []
        found.append((cls, name))
    return found
