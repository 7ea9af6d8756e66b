"""May a URL have a query of its own? requests adds `params` to it, httpx puts them in its place."""

from __future__ import annotations

import ast

from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, FunctionNode
from ..twin import World

_DEPTH = 6


def may_have_query(world: World, function: Key, url: ast.expr, depth: int = 0) -> bool:
    """A URL that ends in literal text without `?` has none; names are followed to where they are bound."""
    if depth > _DEPTH:
        return True
    file = world.syntax.file(function.path)
    if isinstance(url, ast.Constant):
        return not isinstance(url.value, str) or "?" in url.value
    if isinstance(url, ast.JoinedStr):
        return _of_parts(world, function, url, depth)
    if isinstance(url, ast.BinOp) and isinstance(url.op, ast.Add):
        return _of_last(world, function, url.right, depth) or _says_query(file, url.left)
    if isinstance(url, ast.IfExp):
        return any(may_have_query(world, function, option, depth + 1) for option in (url.body, url.orelse))
    if isinstance(url, ast.Name):
        return any(
            may_have_query(world, where, value, depth + 1)
            for where, value in _values(world, function, url.id)
        )
    return True


def _of_parts(world: World, function: Key, url: ast.JoinedStr, depth: int) -> bool:
    """Whatever stands before literal text is a base; a query there would make the path part of it."""
    texts = [str(part.value) for part in url.values if isinstance(part, ast.Constant)]
    if any("?" in text for text in texts):
        return True
    last = url.values[-1]
    if isinstance(last, ast.FormattedValue):
        before = "".join(texts)
        return "/" not in before.replace("://", "") and _of_last(world, function, last.value, depth)
    return not texts


def _of_last(world: World, function: Key, part: ast.expr, depth: int) -> bool:
    return may_have_query(world, function, part, depth + 1)


def _says_query(file: FileSyntax, node: ast.expr) -> bool:
    return "?" in file.source(node)


def _values(world: World, function: Key, name: str) -> list[tuple[Key, ast.expr]]:
    """The expressions that a name gets its value from; one of unknown value where that cannot be told."""
    unknown: list[tuple[Key, ast.expr]] = [(function, ast.Constant(None))]
    node = world.node(function)
    if node is None:
        return unknown
    stores = [
        n for n in walk(node) if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
    ]
    found: list[tuple[Key, ast.expr]] = []
    file = world.syntax.file(function.path)
    for store in stores:
        statement = file.parents[store]
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
            return unknown
        found.append((function, statement.value))
    position = _position(node, name)
    if position is None:
        return found or _global(world, function, name) or unknown
    passed = list(_passed(world, function, name, position))
    return [*found, *passed] if passed else unknown


def _global(world: World, function: Key, name: str) -> list[tuple[Key, ast.expr]]:
    tree = world.syntax.file(function.path).tree
    return [
        (function, statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)
    ]


def _position(node: FunctionNode, name: str) -> int | None:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return next((number for number, argument in enumerate(arguments) if argument.arg == name), None)


def _passed(world: World, function: Key, name: str, position: int) -> list[tuple[Key, ast.expr]]:
    program = world.effects.program
    if program.enclosing_class(function) is not None and not world.effects.inference.classes.is_static(
        function
    ):
        position -= 1
    found: list[tuple[Key, ast.expr]] = []
    for caller in world.callers.calls(function):
        call = world.syntax.file(caller.call.path).call(program.call(caller.call).span)
        if call is None:
            return []
        given = next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
        if given is None and 0 <= position < len(call.args):
            given = call.args[position]
        if given is not None:
            found.append((caller.owner, given))
    return found
