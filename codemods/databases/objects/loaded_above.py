"""Loads that are not written a second time: nothing has changed since the one above."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ...analysis.link.kinds import Cls, Ext, Fn, Member
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import span_of
from ...analysis.view import View, Views
from ...model import Span
from ..words import FAMILY
from .loads import LoadAbove

_SETS = ("builtins.setattr", "builtins.delattr")
_MADE_BY = ("__init__", "__new__", "__post_init__", "model_post_init")
_DATA = ("builtins.", "pydantic.", "pydantic_settings.")


def is_loaded_above(views: Views, load: LoadAbove, loads: Mapping[tuple[str, Span, str], LoadAbove]) -> bool:
    """By the load above an `if` whose first statement this is: `if item.image: delete(item.image)`; or above
    an earlier statement, since which nobody but the reader did anything with the object or the session."""
    view, statement = load.view, load.statement
    above = view.file.parents[statement]
    while isinstance(above, ast.If) and above.body[0] is statement:
        if any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in walk(above.test)):
            return False
        if _covers(loads, load, above):
            return True
        statement, above = above, view.file.parents[above]
    block = view.block(load.statement)
    for earlier in reversed(block[: block.index(load.statement)]):
        if any(_may_change(views, view, node, load.name) for node in walk(earlier)):
            return False
        if _covers(loads, load, earlier):
            return True
    return False


def _covers(loads: Mapping[tuple[str, Span, str], LoadAbove], load: LoadAbove, statement: ast.stmt) -> bool:
    known = loads.get((load.view.path, span_of(statement), load.name))
    return known is not None and all(path in known.paths for path in load.paths)


def _may_change(
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
    """Is it a class of pydantic, or a plain one, without code of its own that runs when one is made?"""
    classes = view.inference.classes
    outside = [step for step in classes.mro(cls) if not isinstance(step, Key)]
    own = any(classes.method(cls, name) for name in _MADE_BY)
    return not own and all(step is not None and step.startswith(_DATA) for step in outside)


def _changes(views: Views, function: Key, above: frozenset[Key]) -> bool:
    """May a call of the function do anything to an object or its session? Its names are its own."""
    view = views.of(function.path)
    node = view.file.function(view.program.scope(function).span)
    return node is None or any(_may_change(views, view, inner, "", above) for inner in walk(node))
