"""Whether code may do anything to an object that a name holds, or to the session behind it."""

from __future__ import annotations

import ast

from ....analysis.link.kinds import Cls, Ext, Fn, Member
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.view import View, Views
from ...words import FAMILY

_SETS = ("builtins.setattr", "builtins.delattr")
_MADE_BY = ("__init__", "__new__", "__post_init__", "model_post_init")
_DATA = ("builtins.", "pydantic.", "pydantic_settings.", "sqlalchemy.", "sqlmodel.")


def is_untouched(views: Views, view: View, since: ast.stmt, statement: ast.stmt, name: str) -> bool:
    """Does nothing that runs from `since` on do anything before the statement, which stands behind it, or in
    the branches of an `if` that is it or stands behind it?"""
    between: list[ast.AST] = []
    inner = statement
    while since not in (block := view.block(inner)):
        above = view.file.parents[inner]
        if not isinstance(above, ast.If):
            return False
        between += [above.test, *block[: block.index(inner)]]
        inner = above
    between += block[block.index(since) : block.index(inner)]
    is_before = since is not statement and block.index(since) <= block.index(inner)
    return is_before and not any(may_change(views, view, n, name) for each in between for n in walk(each))


def may_change(
    views: Views, view: View, node: ast.AST, name: str, above: frozenset[Key] = frozenset()
) -> bool:
    """Does it bind the name or set an attribute, or call what nobody knows, a session, or a function of the
    project that does so?"""
    if isinstance(node, ast.Call):
        kinds = view.callees(node)
        outside = all(
            isinstance(kind, (Ext, Member, Fn)) or (isinstance(kind, Cls) and _is_data(view, kind.key))
            for kind in kinds or [None]
        )
        member = view.member(node)
        sets = any(isinstance(kind, Ext) and kind.name in _SETS for kind in kinds)
        called = {kind.key for kind in kinds if isinstance(kind, Fn)} - above
        return (
            not outside
            or sets
            or (member is not None and member.owner in FAMILY)
            or any(_changes(views, each, above | called) for each in called)
        )
    is_kept = isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
    return is_kept and (isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id == name))


def _is_data(view: View, cls: Key) -> bool:
    """Is it a class of pydantic or of a table, or a plain one, without code of its own that runs when one is
    made?"""
    classes = view.inference.classes
    outside = [step for step in classes.mro(cls) if not isinstance(step, Key)]
    own = any(classes.method(cls, name) for name in _MADE_BY)
    return not own and all(step is not None and step.startswith(_DATA) for step in outside)


def _changes(views: Views, function: Key, above: frozenset[Key]) -> bool:
    """May a call of the function do anything to an object or its session? Its names are its own."""
    view = views.of(function.path)
    node = view.file.function(view.program.scope(function).span)
    return node is None or any(may_change(views, view, inner, "", above) for inner in walk(node))
