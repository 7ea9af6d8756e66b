"""Functions that ask an inspector, and do nothing else that could wait: they stay as they are, and run on the
sync connection below an async one.

def columns_of(inspector, table):
    return {each["name"] for each in inspector.get_columns(table)}
"""

from __future__ import annotations

import ast

from ...analysis.link.kinds import Cls, Decorated, Ext, Fn, Member, Obj
from ...analysis.nodes import given_to, walk
from ...analysis.syntax import FunctionNode
from ...analysis.view import View, Views

_LASTING = (ast.Yield, ast.YieldFrom, ast.Global, ast.FunctionDef, ast.ClassDef, ast.Lambda)
"""What outlives the call, or runs later."""
_OPENING = frozenset(f"builtins.{name}" for name in ("open", "input", "exec", "eval", "__import__"))


def is_method_of(call: ast.Call, inspector: ast.expr) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.value is inspector


def only_asks(
    views: Views, view: View, call: ast.Call, inspector: ast.expr, seen: frozenset[FunctionNode] = frozenset()
) -> bool:
    """Is the inspector handed to one function of the project that does no more with it than ask?"""
    callees = view.callees(call)
    only = next(iter(callees)) if len(callees) == 1 else None
    if not isinstance(only, Fn):
        return False
    there = views.of(only.key.path)
    function = there.file.function(there.program.scope(only.key).span)
    if function not in there.file.tree.body or not isinstance(function, ast.FunctionDef) or function in seen:
        return False
    name = _parameter(call, inspector, function)
    if name is None:
        return False
    names = [n for each in function.body for n in walk(each) if isinstance(n, ast.Name) and n.id == name]
    calls = [n for each in function.body for n in walk(each) if isinstance(n, ast.Call)]
    asking = [n for n in calls if any(is_method_of(n, each) for each in names)]
    handing = [
        n
        for n in calls
        if n not in asking
        and any(each in names and only_asks(views, there, n, each, seen | {function}) for each in given_to(n))
    ]
    others = [n for n in calls if n not in asking and n not in handing]
    asked = [n.func.value for n in asking if isinstance(n.func, ast.Attribute)]
    given = [each for n in handing for each in given_to(n)]
    return (
        all(each in asked or each in given for each in names)
        and all(_is_of_language(there, each) for each in others)
        and not any(isinstance(n, _LASTING) for each in function.body for n in walk(each))
    )


def _is_of_language(view: View, call: ast.Call) -> bool:
    """`set(..)`, `name.lower()`: of what is known to be a value of Python itself, and calls nothing back."""
    kinds = view.callees(call)
    if any(
        isinstance(kind, (Fn, Cls, Obj, Decorated)) for each in given_to(call) for kind in view.kinds(each)
    ):
        return False
    return bool(kinds) and all(
        (isinstance(kind, Ext) and kind.name.startswith("builtins.") and kind.name not in _OPENING)
        or (isinstance(kind, Member) and kind.owner.startswith("builtins."))
        for kind in kinds
    )


def _parameter(call: ast.Call, given: ast.expr, function: ast.FunctionDef) -> str | None:
    """The name under which the function has what it is given; None where that is not told."""
    arguments = function.args
    if function.decorator_list:
        return None
    by_name = next((each.arg for each in call.keywords if each.value is given), None)
    if by_name is not None:
        return by_name if by_name in [each.arg for each in (*arguments.args, *arguments.kwonlyargs)] else None
    places = [*arguments.posonlyargs, *arguments.args]
    if given not in call.args or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    at = call.args.index(given)
    return places[at].arg if at < len(places) else None
