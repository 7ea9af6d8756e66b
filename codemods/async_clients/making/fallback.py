"""A client that is made where a parameter brings none, and none is ever brought.

    def __init__(self, client: Redis | None = None):
        self.client = client or Redis.from_url(URL)
->
    def __init__(self, client: Callable[[], Redis] | None = None):
        self.client = client or per_event_loop(self._make_client)
"""

from __future__ import annotations

import ast

import msgspec

from ...analysis.link.program import Key
from ...analysis.nodes import BINDINGS, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ..twin import World
from .lifetimes import references_of


class Fallback(msgspec.Struct, frozen=True):
    whole: ast.expr
    """`client or Redis.from_url(URL)`"""
    function: Key
    parameter: ast.arg


def fallback_of(world: World, file: FileSyntax, made: ast.Call) -> Fallback | None:
    whole = file.parents[made]
    name = _other(whole, made)
    function = next((above for above in file.above(made) if isinstance(above, FUNCTIONS)), None)
    if name is None or not isinstance(whole, ast.expr) or not isinstance(function, FunctionNode):
        return None
    if not isinstance(file.parents[whole], BINDINGS):
        return None
    inside = [node for node in ast.walk(whole) if isinstance(node, ast.Name) and node.id == name]
    uses = [node for node in walk(function) if isinstance(node, ast.Name) and node.id == name]
    number = world.effects.program.modules[file.path].functions.get(span_of(function))
    parameter = next((each for each in walk(function.args) if getattr(each, "arg", "") == name), None)
    if len(inside) != len(uses) or number is None or not isinstance(parameter, ast.arg):
        return None
    key = Key(file.path, number)
    return Fallback(whole, key, parameter) if _is_never_given(world, key, name) else None


def assigned(world: World, file: FileSyntax, made: ast.Call) -> ast.AST:
    """The statement that gives a name to the client; another node where there is none."""
    fallback = fallback_of(world, file, made)
    return file.parents[made if fallback is None else fallback.whole]


def _is_never_given(world: World, function: Key, name: str) -> bool:
    program = world.effects.program
    cls = program.enclosing_class(function)
    if cls is None or any(True for _ in references_of(world, cls)):
        return False
    parameters = program.scope(function).parameters
    position = next(number for number, each in enumerate(parameters) if each.name == name)
    has_default = parameters[position].default is not None
    return has_default and world.effects.inference.parameters.given(function, position) == []


def _other(whole: ast.AST, made: ast.Call) -> str | None:
    """`client` of `client or made`, and of `client if client is not None else made`."""
    if isinstance(whole, ast.BoolOp) and isinstance(whole.op, ast.Or) and len(whole.values) == 2:
        first = whole.values[0]
        return first.id if isinstance(first, ast.Name) else None
    if not isinstance(whole, ast.IfExp) or made is whole.test:
        return None
    kept = whole.body if made is whole.orelse else whole.orelse
    asked = {node.id for node in ast.walk(whole.test) if isinstance(node, ast.Name)}
    return kept.id if isinstance(kept, ast.Name) and asked == {kept.id} else None
