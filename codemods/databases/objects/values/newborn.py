"""Objects that a function makes itself: the session knows nothing of them until they are flushed."""

from __future__ import annotations

import ast

from ....analysis.handed_over import is_bound, parameter_taking
from ....analysis.link.kinds import Cls
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, given_to, walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View, Views
from ...queries.columns import column_of
from ...words import AWAITED, SESSIONS

_MAKERS = frozenset({"model_validate", "from_orm", "parse_obj", "model_construct", "construct"})
_TAKES = frozenset({"add", "add_all", "merge", "refresh"})
_FILLS = frozenset({"append", "insert", "extend"})
_FLUSHING = frozenset().union(*(AWAITED[name] for name in SESSIONS)) | {"query"}


def is_made_here(view: View, function: FunctionNode, name: str) -> bool:
    """Is the name only ever bound to objects that the function makes of the project's classes?"""
    values = [
        value for node in walk(function) for target, value in bound_plainly(node) if _is_spelled(target, name)
    ]
    return bool(values) and all(makes(view, value) for value in values)


def makes_members(view: View, function: FunctionNode, name: str) -> list[ast.expr]:
    """The members of a list that are objects which the function makes itself."""
    return [
        each
        for node in walk(function)
        for each in members(node, name)
        if makes(view, each) or (isinstance(each, ast.Name) and is_made_here(view, function, each.id))
    ]


def members(node: ast.AST, name: str) -> list[ast.expr]:
    """What a list of this name holds from here on."""
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return _elements(node.value) if any(_is_spelled(target, name) for target in targets) else []
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return []
    if node.func.attr in _FILLS and _is_spelled(node.func.value, name):
        return _elements(node.args[0]) if node.func.attr == "extend" else node.args[-1:]
    return []


def _elements(value: ast.expr | None) -> list[ast.expr]:
    return [value.elt] if isinstance(value, ast.ListComp) else getattr(value, "elts", [])


def is_unseen_list(views: Views, view: View, function: FunctionNode, statement: ast.stmt, name: str) -> bool:
    """A list of objects made here which was only filled until then, so that no session has any of them."""
    end = (statement.end_lineno or statement.lineno) + 1
    uses = [n for n in walk(function) if isinstance(n, ast.Name) and n.id == name and n.lineno < end]
    made = makes_members(view, function, name)
    filled = [each for node in walk(function) for each in members(node, name)]
    return (
        bool(made)
        and len(made) == len(filled)
        and all(_is_filled(view, use) for use in uses)
        and not any(
            isinstance(each, ast.Name) and is_added(views, view, function, statement, each.id)
            for each in made
        )
    )


def _is_filled(view: View, use: ast.Name) -> bool:
    """Is a list of its own bound to the name, or something put into it?"""
    above = view.file.parents[use]
    if isinstance(above, (ast.Assign, ast.AnnAssign)):
        return isinstance(use.ctx, ast.Store) and isinstance(above.value, (ast.List, ast.ListComp))
    return isinstance(above, ast.Attribute) and above.attr in ("append", "insert")


def is_handed(
    view: View, function: FunctionNode, statement: ast.stmt, name: str, *methods: str, itself: bool = False
) -> bool:
    """Was it given to one of the session's methods before the statement; `itself`, and no attribute of it?"""
    for node in walk(function):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in methods:
            continue
        if node.lineno > (statement.end_lineno or statement.lineno):
            continue
        is_given = (_mentions_itself(view, a, name) if itself else _mentions(a, name) for a in node.args)
        if any(is_given):
            member = view.member(node)
            if member is not None and member.owner in SESSIONS:
                return True
    return False


def is_added(
    views: Views,
    view: View,
    function: FunctionNode,
    statement: ast.stmt,
    name: str,
    depth: int = 3,
    *,
    itself: bool = False,
) -> bool:
    """Was it given to the session before the statement: directly, by what a function does with it, or
    in the wake of another object?"""
    if is_handed(view, function, statement, name, "add", "add_all", "merge", itself=itself):
        return True
    for node in walk(function):
        if isinstance(node, ast.Call) and node.lineno <= statement.lineno:
            if adds(views, view, node, name, depth, itself=itself):
                return True
        elif isinstance(node, ast.For) and _is_spelled(node.iter, name) and isinstance(node.target, ast.Name):
            each = node.target.id
            if depth and is_added(views, view, function, statement, each, depth - 1, itself=itself):
                return True
    return False


def adds(
    views: Views, view: View, call: ast.Call, name: str, depth: int = 3, *, itself: bool = False
) -> bool:
    """Is what the name holds given to the session by the function that is called with it, or its method?"""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    is_own = owner is not None and _is_spelled(owner, name)
    if owner is not None and is_own and _adds(views, view, call, owner, depth, itself=itself):
        return True
    given = [a for a in given_to(call) if _is_spelled(a, name) or _holds(a, name)]
    return bool(given) and (
        _is_growth(view, call) or _adds(views, view, call, given[0], depth, itself=itself)
    )


def _holds(node: ast.expr, name: str) -> bool:
    """`save_all([user, note])`, `save(*users)`"""
    parts = [node.value] if isinstance(node, ast.Starred) else getattr(node, "elts", [])
    return any(_is_spelled(part, name) for part in parts)


def _is_spelled(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name
    return not name.isidentifier() and ast.unparse(node) == name


def _is_growth(view: View, call: ast.Call) -> bool:
    """`topic.posts.append(post)`"""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("append", "add"):
        return False
    return isinstance(call.func.value, ast.Attribute) and not view.functions_called(call)


def _adds(views: Views, view: View, call: ast.Call, argument: ast.expr, depth: int, *, itself: bool) -> bool:
    for key in view.functions_called(call) if depth else ():
        other = views.of(key.path)
        taker = other.file.function(view.program.scope(key).span)
        is_own = argument is getattr(call.func, "value", None) and is_bound(view, call, key)
        name = _first(taker) if is_own and taker else parameter_taking(view, call, argument, key)
        if name is None and taker is not None and taker.args.vararg is not None:
            name = taker.args.vararg.arg
        if (
            taker is not None
            and name
            and is_added(views, other, taker, taker.body[-1], name, depth - 1, itself=itself)
        ):
            return True
    return False


def made_above(view: View, statement: ast.stmt, name: str) -> ast.stmt | None:
    """What bound the name last in the same block, if that makes an object."""
    block = view.block(statement)
    above = block[: block.index(statement)]
    bound = [s for s in above if any(binds(node, name) for node in walk(s))]
    values = [value for _, value in bound_plainly(bound[-1])] if bound else []
    return bound[-1] if values and makes(view, values[0]) else None


def is_new(views: Views, view: View, statement: ast.stmt, name: str, *, by_add: bool) -> bool:
    """Has the session nothing of it yet; `by_add`: for nothing but `add()` would hand it over."""
    function = view.function(statement)
    if function is not None and function.name == "__init__" and name == _first(function):
        return True
    unknown = by_add and function is not None and is_unknown_yet(views, view, function, statement, name)
    return unknown or is_newborn(view, statement, name)


def _first(function: FunctionNode) -> str:
    return function.args.args[0].arg if function.args.args else ""


def is_newborn(view: View, statement: ast.stmt, name: str) -> bool:
    """Made above in the same block, and nothing was asked of a session, or of the project's code, since."""
    made = made_above(view, statement, name)
    if made is None:
        return False
    block = view.block(statement)
    since = block[block.index(made) + 1 : block.index(statement)]
    return not any(_may_flush(view, node) for s in since for node in walk(s))


def is_unknown_yet(views: Views, view: View, function: FunctionNode, statement: ast.stmt, name: str) -> bool:
    """Made here, and no session has it when a loop that holds the statement ends: such an object loads
    nothing, whatever is flushed."""
    loops = [each for each in view.file.above(statement) if isinstance(each, (ast.For, ast.While))]
    inside = [each for each in loops if view.function(each) is function]
    last = inside[-1] if inside else statement
    is_handed_on = any(
        getattr(node, "lineno", 0) <= (last.end_lineno or 0) and _hands_on(view, node, name)
        for node in walk(function)
    )
    return (
        is_made_here(view, function, name)
        and not is_added(views, view, function, last, name)
        and not is_handed_on
    )


def _hands_on(view: View, node: ast.AST, name: str) -> bool:
    """To nobody knows whom, or to a relationship of another object, whose session then has it as well."""
    for target, value in bound_plainly(node):
        return isinstance(target, ast.Attribute) and _mentions(value, name)
    if not isinstance(node, ast.Call) or not any(_mentions(each, name) for each in given_to(node)):
        return False
    return not view.functions_called(node) and view.external(node.func) != "builtins.print"


def _mentions(value: ast.AST, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in walk(value))


def _mentions_itself(view: View, value: ast.AST, name: str) -> bool:
    """`Note(owner=user)`, not `Note(owner_id=user.id)`"""
    return any(
        isinstance(node, ast.Name)
        and node.id == name
        and not isinstance(view.file.parents[node], ast.Attribute)
        for node in walk(value)
    )


def binds(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def makes(view: View, value: ast.AST) -> list[Key]:
    """The class of `User(..)`, or of `User.model_validate(..)` of a SQLModel: a table always gives a new
    object."""
    if isinstance(value, ast.IfExp):
        either = [makes(view, value.body), makes(view, value.orelse)]
        return [*either[0], *either[1]] if all(either) else []
    if not isinstance(value, ast.Call):
        return []
    made = [kind.key for kind in view.callees(value) if isinstance(kind, Cls)]
    if made or not isinstance(value.func, ast.Attribute) or value.func.attr not in _MAKERS:
        return made
    return [] if view.functions_called(value) else view.classes_named(value.func.value)


def _may_flush(view: View, node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    member = view.member(node)
    if member is not None and member.owner in SESSIONS:
        return member.attr in _FLUSHING
    return bool(view.functions_called(node))


def only_fills_columns(view: View, function: FunctionNode, name: str) -> bool:
    """`db.add(Event(number=number))` hands over the event, and a value that no session knows."""
    added = (
        argument
        for call in walk(function)
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in _TAKES
        for argument in call.args
    )
    uses = [n for argument in added for n in ast.walk(argument) if isinstance(n, ast.Name) and n.id == name]
    return all(_fills_column(view, use) for use in uses)


def _fills_column(view: View, use: ast.Name) -> bool:
    keyword = view.file.parents[use]
    made = view.file.parents[keyword]
    if not isinstance(keyword, ast.keyword) or keyword.arg is None or not isinstance(made, ast.Call):
        return False
    classes = makes(view, made)
    return bool(classes) and all(column_of(view, each, keyword.arg) for each in classes)
