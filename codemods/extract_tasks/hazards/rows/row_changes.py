"""Who changes or removes rows of a class: a task that loads one of them again would find it otherwise.

send_goodbye(user)
drop(db, user.id)            # db.query(User).filter(User.id == id).delete()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial

from ....analysis.judge.effects.site import Site
from ....analysis.judge.reaching.reach import FirstBelow, Reach
from ....analysis.link.kinds import Cls, Obj, Unknown
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.scopes import own_nodes
from ....analysis.syntax import Syntax, last_name, span_of
from ....analysis.view import View, Views
from ...words import words
from ..objects.databases import DATABASES
from .questions import asks, executes

_TELLS = words("update delete bulk_update_mappings")


class RowChanges:
    def __init__(self, reach: Reach, syntax: Syntax, views: Views) -> None:
        self.reach = reach
        self.syntax = syntax
        self.views = views
        self._below: dict[Key, FirstBelow] = {}

    def are_made(self, function: Key, call: ast.Call, sites: Sequence[Site], cls: Key) -> bool:
        """By the call in that function, or by what it calls."""
        if cls not in self._below:
            self._below[cls] = FirstBelow(self.reach, partial(self._changed_by, cls=cls))
        targets = [site.target for site in sites if site.target is not None]
        if any(map(self._below[cls].of, targets)):
            return True
        return any(map(_is_of_database, sites)) and _tells(self.views.of(function.path), call, cls)

    def _changed_by(self, function: Key, cls: Key) -> str:
        node = self.syntax.file(function.path).function(self.reach.effects.program.scope(function).span)
        view = self.views.of(function.path)
        asked = {site.span for site in self.reach.own(function) if _is_of_database(site)}
        for part in own_nodes(node) if node is not None else ():
            is_told = isinstance(part, ast.Call) and span_of(part) in asked and _tells(view, part, cls)
            if is_told or _changes(view, part, cls):
                return ast.unparse(part)
        return ""


def _is_of_database(site: Site) -> bool:
    return site.entry is not None and site.entry.category in DATABASES


def _changes(view: View, node: ast.AST, cls: Key) -> bool:
    """`user.name = name`, `setattr(user, "name", name)`"""
    if isinstance(node, ast.Call) and last_name(node.func) == "setattr" and node.args:
        return _is_one(view, node.args[0], cls)
    if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load):
        return False
    return _is_one(view, node.value, cls)


def _is_one(view: View, node: ast.expr, cls: Key) -> bool:
    return any(isinstance(kind, Obj) and kind.key == cls for kind in view.kinds(node))


def _tells(view: View, call: ast.Call, cls: Key) -> bool:
    """`db.delete(user)`, `db.query(User).delete()`, `db.execute(update(User))`; SQL as a text may be about
    any."""
    name = last_name(call.func)
    if name == "delete" and call.args:
        kinds = view.kinds(call.args[0])
        return _is_one(view, call.args[0], cls) or any(isinstance(kind, Unknown) for kind in kinds)
    if executes(name):
        named = list(_classes(view, call))
        return asks(view.file, call) is False and (not named or cls in named)
    return name in _TELLS and cls in _classes(view, call)


def _classes(view: View, call: ast.Call) -> Iterator[Key]:
    names = (part for part in walk(call) if isinstance(part, (ast.Name, ast.Attribute)))
    yield from (kind.key for part in names for kind in view.kinds(part) if isinstance(kind, Cls))
