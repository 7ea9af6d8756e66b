"""May a URL have a query of its own? requests adds `params` to it, httpx puts them in its place.

One that cannot have any is given as it is; a URL from settings, or from a caller, goes through `with_params`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ....analysis.index.bindings import How
from ....analysis.link import names
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, walk
from ....analysis.syntax import FunctionNode
from ...twin import World

_DEPTH = 6
_BINDERS = {"staticmethod", "classmethod"}
Value = tuple[Key, ast.expr]
"""An expression, and the function that it stands in."""


def may_have_query(world: World, function: Key, url: ast.expr, depth: int = 0) -> bool:
    """A URL that ends in literal text without `?` has none; names are followed to where they are bound."""
    if depth > _DEPTH:
        return True
    if isinstance(url, ast.Constant):
        return not isinstance(url.value, str) or "?" in url.value
    if isinstance(url, (ast.JoinedStr, ast.BinOp)):
        return _of_parts(world, function, parts(url), depth)
    if isinstance(url, (ast.IfExp, ast.Name)):
        return any(
            may_have_query(world, where, value, depth + 1) for where, value in _values(world, function, url)
        )
    return True


def open_ends(world: World, function: Key, url: ast.expr, depth: int = 0) -> Iterator[Value]:
    """The values in which a URL may end, of which nobody knows that they have no `?`."""
    if isinstance(url, (ast.JoinedStr, ast.BinOp)):
        *before, last = parts(url) or [url]
        if before and may_have_query(world, function, last):
            yield function, last
    elif isinstance(url, (ast.IfExp, ast.Name)) and depth < _DEPTH:
        for where, value in _values(world, function, url):
            yield from open_ends(world, where, value, depth + 1)


def parts(url: ast.expr) -> list[ast.expr]:
    if isinstance(url, ast.JoinedStr):
        return [part.value if isinstance(part, ast.FormattedValue) else part for part in url.values]
    if isinstance(url, ast.BinOp) and isinstance(url.op, ast.Add):
        return [*parts(url.left), *parts(url.right)]
    return [url]


def _of_parts(world: World, function: Key, parts: Sequence[ast.expr], depth: int) -> bool:
    """Whatever stands before literal text is a base; a query there would make the path part of it."""
    texts = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
    if any(mark in text for text in texts for mark in "?&"):
        return True
    if any(_shows_query(world, function, part, depth) for part in parts):
        return True
    last = parts[-1] if parts else None
    if last is None or (isinstance(last, ast.BinOp) and len(parts) == 1):
        return True
    if isinstance(last, ast.Constant):
        return not last.value and _of_parts(world, function, parts[:-1], depth)
    if "/" in "".join(texts).replace("://", ""):
        return False
    may_be_empty = any(
        isinstance(value, ast.Constant) and value.value == "" for _, value in _values(world, function, last)
    )
    return may_have_query(world, function, last, depth + 1) or (
        may_be_empty and _of_parts(world, function, parts[:-1], depth)
    )


def _shows_query(world: World, function: Key, part: ast.expr, depth: int) -> bool:
    """Text with a `?` is written where the part gets its value."""
    if depth > _DEPTH:
        return False
    if isinstance(part, (ast.Name, ast.IfExp)):
        return any(
            _shows_query(world, where, value, depth + 1) for where, value in _values(world, function, part)
        )
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and "?" in node.value
        for node in walk(part)
    )


def _values(world: World, function: Key, url: ast.expr) -> list[Value]:
    """The expressions that it gets its value from; one of unknown value where that cannot be told."""
    if isinstance(url, ast.IfExp):
        return [(function, url.body), (function, url.orelse)]
    if not isinstance(url, ast.Name):
        return [(function, url)]
    found = homes(world, function, url.id)
    if found == {Key(function.path, 0)}:
        return _global(world, function, url.id)
    node = world.node(function)
    return _local(world, function, node, url.id) if found == {function} and node else [_unknown(function)]


def _unknown(function: Key) -> Value:
    return function, ast.Constant(None)


def homes(world: World, function: Key, name: str) -> set[Key]:
    found = names.lookup(world.effects.program, function, name)
    return {found.function} if isinstance(found, names.Parameter) else {bound.home for bound in found or ()}


def _local(world: World, function: Key, node: FunctionNode, name: str) -> list[Value]:
    found: list[Value] = []
    file = world.syntax.file(function.path)
    for store in walk(node):
        if isinstance(store, ast.Name) and store.id == name and not isinstance(store.ctx, ast.Load):
            statement = file.parents[store]
            if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
                return [_unknown(function)]
            found.append((function, statement.value))
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    position = next((number for number, argument in enumerate(arguments) if argument.arg == name), None)
    if position is not None:
        found += _passed(world, function, node, name, position)
    return found or [_unknown(function)]


def _global(world: World, function: Key, name: str) -> list[Value]:
    """What the module assigns on its outermost level, when nothing else binds the name."""
    bindings = world.effects.program.modules[function.path].names[0].get(name, ())
    found: list[Value] = [
        (function, value)
        for statement in world.syntax.file(function.path).tree.body
        for target, value in bound_plainly(statement)
        if isinstance(target, ast.Name) and target.id == name
    ]
    return found if len(found) == sum(b.how is not How.ANNOTATION for b in bindings) else [_unknown(function)]


def _passed(world: World, function: Key, node: FunctionNode, name: str, position: int) -> Iterator[Value]:
    """What the calls give to a parameter; its default where one gives nothing."""
    program = world.effects.program
    decorators = {getattr(decorator, "id", "") for decorator in node.decorator_list}
    calls = world.callers.calls(function)
    if not calls or not decorators <= _BINDERS or any(world.callers.references(function)):
        yield _unknown(function)  # the framework calls it, or who gets it as a value
        return
    position -= int(world.effects.inference.classes.takes_self(function))
    for caller in calls:
        call = world.syntax.file(caller.call.path).call(program.call(caller.call).span)
        given = next((k.value for k in call.keywords if k.arg == name), None) if call else None
        if call is None or any(isinstance(argument, ast.Starred) for argument in call.args):
            yield _unknown(function)
        elif given is not None or 0 <= position < len(call.args):
            yield caller.owner, given or call.args[position]
        elif any(keyword.arg is None for keyword in call.keywords):
            yield _unknown(function)
        else:
            yield function, _default(node, name)


def _default(node: FunctionNode, name: str) -> ast.expr:
    given = [*reversed([*node.args.posonlyargs, *node.args.args]), *node.args.kwonlyargs]
    plain = len(given) - len(node.args.kwonlyargs)
    padding = [None] * (plain - len(node.args.defaults))
    defaults = [*reversed(node.args.defaults), *padding, *node.args.kw_defaults]
    found = {argument.arg: default for argument, default in zip(given, defaults, strict=True)}
    return found[name] or ast.Constant(None)
