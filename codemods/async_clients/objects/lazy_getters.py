"""A function that makes a client when it is first called, and keeps it in a global of its module.

_client = None                                  @per_event_loop
                                                def get_client() -> AsyncOpenAI:
def get_client():                       ->          return AsyncOpenAI(api_key=KEY)
    global _client
    if _client is None:
        _client = OpenAI(api_key=KEY)
    return _client
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import islice

from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, holds
from ..twin import NoTwinError, World
from .client_object import ClientObject


@dataclass(frozen=True)
class LazyGetter:
    key: Key
    function: ast.FunctionDef
    condition: ast.If
    statement: ast.Assign
    made: ast.Call
    empty: ast.Assign | ast.AnnAssign
    """`_client = None`"""


def lazy_getter(world: World, client: ClientObject, what: str) -> LazyGetter | None:
    """Raises `NoTwinError` where something else knows the global."""
    if len(client.made) != 1:
        return None
    (call,) = client.made
    program = world.effects.program
    file = world.syntax.file(call.path)
    made = file.call(program.call(call).span)
    found = _parts(file, made) if made is not None else None
    if found is None or made is None:
        return None
    function, condition, statement, name = found
    if "#" in file.source(function):
        raise NoTwinError(f"there is a comment in {function.name}, which makes {what}")
    empty = [s for s in file.tree.body if isinstance(s, (ast.Assign, ast.AnnAssign)) and _is_none(s, name)]
    known = [n for n in walk(file.tree) if isinstance(n, ast.Name) and n.id == name]
    if len(empty) != 1 or not all(holds(function, node) or holds(empty[0], node) for node in known):
        raise NoTwinError(f"{name}, which holds {what}, is used in several places")
    for path in program.modules:
        if path != call.path and re.search(rf"\b{name}\b", world.syntax.file(path).text):
            raise NoTwinError(f"{name}, which holds {what}, may be used in {path}")
    key = program.owner_of(call.path, program.call(call).scope)
    return LazyGetter(key, function, condition, statement, made, empty[0])


def _parts(file: FileSyntax, made: ast.Call) -> tuple[ast.FunctionDef, ast.If, ast.Assign, str] | None:
    statement, condition, function = islice((*file.above(made), None, None, None), 3)
    if not (
        isinstance(statement, ast.Assign)
        and isinstance(condition, ast.If)
        and isinstance(function, ast.FunctionDef)
        and function in file.tree.body
    ):
        return None
    target = statement.targets[0]
    arguments = function.args
    takes = (
        arguments.args or arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg
    )
    if takes or function.decorator_list or len(statement.targets) != 1 or not isinstance(target, ast.Name):
        return None
    *above, last = function.body
    plain = [s for s in above if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    is_form = (
        len(plain) == 2
        and isinstance(plain[0], ast.Global)
        and plain[0].names == [target.id]
        and plain[1] is condition
        and isinstance(last, ast.Return)
        and isinstance(last.value, ast.Name)
        and last.value.id == target.id
    )
    asks = file.source(condition.test) in (f"{target.id} is None", f"not {target.id}")
    makes_last = condition.body[-1] is statement and not condition.orelse
    early = any(isinstance(n, (ast.Return, ast.Global)) for s in condition.body for n in walk(s))
    return (
        (function, condition, statement, target.id) if is_form and asks and makes_last and not early else None
    )


def _is_none(statement: ast.Assign | ast.AnnAssign, name: str) -> bool:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    value = statement.value
    return (
        isinstance(target, ast.Name)
        and target.id == name
        and isinstance(value, ast.Constant)
        and value.value is None
    )
