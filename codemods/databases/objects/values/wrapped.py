"""Objects inside of a value that is read later: they are read with it.

answer = {"data": user}
db.commit()
return answer               # reads `user`, which the commit has expired
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ....analysis.flow.runs import live_after
from ....analysis.link.kinds import Inst
from ....analysis.nodes import LOOPS, given_to, walk
from ....analysis.scopes import FUNCTIONS, free_names
from ....analysis.syntax import FunctionNode
from ....analysis.view import View
from ...names import ADDING

_Filling = ast.Assign | ast.AnnAssign | ast.Call | ast.FunctionDef | ast.AsyncFunctionDef
_DISPLAYS = frozenset(f"builtins.{name}" for name in ("dict", "list", "set", "tuple"))
_KEEPING = _DISPLAYS | {"functools.partial"}


def read_after(view: View, function: FunctionNode, statement: ast.stmt) -> frozenset[str]:
    """Names that are read after the statement, and those of objects that are inside of what is read."""
    live = live_after(function, statement)
    return live | wrapped_in(view, function, statement, live)


def wrapped_in(
    view: View, function: FunctionNode, statement: ast.stmt, live: frozenset[str]
) -> frozenset[str]:
    """The names of objects that were put into what these names hold, once and above the statement."""
    found: set[str] = set()
    todo = set(live)
    while todo:
        inside = {each.id for name in todo for each in _put_into(view, function, statement, name)}
        todo = inside - found - live
        found |= todo
    return frozenset(found)


def _put_into(view: View, function: FunctionNode, statement: ast.stmt, name: str) -> Iterator[ast.Name]:
    for node in _filling(function).get(name, ()):
        given: list[ast.expr]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = [*_read_inside(node)] if node is not function else []
        elif isinstance(node, ast.Call):
            given = list(_added(view, node, name))
        else:
            given = [e for target in _targets(node) if node.value for e in _given(target, node.value, name)]
        if given and node.lineno < statement.lineno and not _is_repeated(view, node, statement):
            for value in given:
                yield from _inside(view, value)


@lru_cache(maxsize=128)
def _filling(function: FunctionNode) -> Mapping[str, Sequence[_Filling]]:
    """By the name that it is about; asked for each commit of a long function, and each name behind it."""
    found: dict[str, list[_Filling]] = defaultdict(list)
    for node in walk(function):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name].append(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Call)):
            for name in {each.id for each in _owners(node) if isinstance(each, ast.Name)}:
                found[name].append(node)
    return found


def _owners(node: ast.Assign | ast.AnnAssign | ast.Call) -> list[ast.expr]:
    if not isinstance(node, ast.Call):
        return [each.value if isinstance(each, ast.Subscript) else each for each in _targets(node)]
    func = node.func
    return [func.value] if isinstance(func, ast.Attribute) and func.attr in ADDING else []


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _given(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    """What an assignment puts into the value of the name; another name for the same is none of that."""
    owner = target.value if isinstance(target, ast.Subscript) else target
    is_it = isinstance(owner, ast.Name) and owner.id == name
    if is_it and (owner is not target or not isinstance(value, ast.Name)):
        yield value


def _added(view: View, call: ast.Call, name: str) -> Iterator[ast.expr]:
    """`answer.update(data=user)`; what a session is given is not read with it."""
    func = call.func
    owner = func.value if isinstance(func, ast.Attribute) and func.attr in ADDING else None
    is_it = isinstance(owner, ast.Name) and owner.id == name
    kinds = view.kinds(owner) if is_it and owner is not None else ()
    if any(isinstance(kind, Inst) and kind.name in _DISPLAYS for kind in kinds):
        yield from (*call.args, *(keyword.value for keyword in call.keywords))


def _read_inside(inner: ast.AST) -> Iterator[ast.Name]:
    """What an inner function reads of the one around it, whenever it is called."""
    free = free_names(inner)
    return (node for node in walk(inner) if isinstance(node, ast.Name) and node.id in free)


def _inside(view: View, value: ast.expr) -> Iterator[ast.Name]:
    """The names in a display, and what a model of pydantic is made with; what others are given they may only
    look at. What waits to be called or gone through reads its names then."""
    if isinstance(value, ast.Name):
        yield value
        return
    if isinstance(value, ast.Lambda):
        yield from _read_inside(value)
        return
    if isinstance(value, ast.GeneratorExp):
        yield from (node for node in walk(value) if isinstance(node, ast.Name))
        return
    parts: list[ast.expr] = []
    if isinstance(value, ast.Dict):
        parts = value.values
    elif isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        parts = value.elts
    elif isinstance(value, ast.Call) and (view.external(value.func) in _KEEPING or _is_model(view, value)):
        parts = given_to(value)
    for part in parts:
        yield from _inside(view, part)


def _is_model(view: View, call: ast.Call) -> bool:
    """One that holds what it is given, and is no row of a table."""
    is_a = view.inference.classes.is_a
    named = view.classes_named(call.func)
    return bool(named) and all(
        is_a(cls, "pydantic.BaseModel") and not is_a(cls, "sqlmodel.SQLModel") for cls in named
    )


def _is_repeated(view: View, node: ast.AST, statement: ast.stmt) -> bool:
    """In a loop that is over by then the name was that of many."""
    for above in view.file.above(node):
        if isinstance(above, FUNCTIONS):
            return False
        if isinstance(above, LOOPS) and above not in view.file.above(statement):
            return True
    return False
