"""Names and attributes that nothing gives: reading one fails, whatever becomes of the program.

crud.lost(db)     # no such name in app/crud.py
repo.lost(db)     # neither in the class of `repo` nor in one above it
"""

from __future__ import annotations

import ast
import re

from .link.hierarchy import PLAIN_BASES
from .link.kinds import BOUND_NOWHERE, Cls, Kind, Mod, Obj, Unknown, is_missing
from .link.program import Key
from .view import View, Views

_MADE = re.compile(r"__getattr|__dict__|\b(globals|vars|exec)\(|\bsetattr\((self|cls|type|sys)\b")
"""Names may come from elsewhere than from statements."""


def is_absent(views: Views, view: View, node: ast.expr) -> bool:
    """Does `node`, or what it is read from, look for such an attribute?"""
    while isinstance(node, ast.Attribute):
        kinds, owners = view.kinds(node), view.kinds(node.value)
        if kinds and owners and is_missing(kinds, node.attr):
            return all(_is_all_seen(views, view, owner) for owner in owners)
        node = node.value
    return False


def is_unbound(view: View, node: ast.expr) -> bool:
    """A name that nothing binds: what stands on it comes no further, today as later."""
    kinds = view.kinds(node)
    is_bound = not kinds or any(
        not isinstance(k, Unknown) or not k.why.endswith(BOUND_NOWHERE) for k in kinds
    )
    return not is_bound and _MADE.search(view.file.text) is None


def _is_all_seen(views: Views, view: View, owner: Kind) -> bool:
    """Is every name that the owner has in what has been read?"""
    program = views.inference.program
    if isinstance(owner, Mod):
        path = program.module_path(owner.name, view.path)
        if path is None:
            return False
        stars = program.modules[path].star_imports
        return not stars and _MADE.search(views.of(path).file.text) is None
    if not isinstance(owner, (Obj, Cls)):
        return False
    classes = views.inference.classes
    if classes.hierarchy.metaclass(owner.key) is not None:
        return False
    return all(
        _is_plain(views, step) if isinstance(step, Key) else step in PLAIN_BASES
        for step in classes.mro(owner.key)
    )


def _is_plain(views: Views, cls: Key) -> bool:
    view = views.of(cls.path)
    node = view.file.class_(views.inference.program.scope(cls).span)
    if node is None or any(view.external(each) != "dataclasses.dataclass" for each in node.decorator_list):
        return False
    return _MADE.search(view.source(node)) is None
