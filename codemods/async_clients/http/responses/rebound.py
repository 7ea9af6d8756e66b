"""Which uses of a name are those of one value, where the name is bound to others as well.

response = requests.get(url)
if response.ok:                     the first two: what stands above them always runs, and binds it last
    page = response.text
response = model.invoke(page)
return response.content             not this one
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ....analysis.nodes import LOOPS, walk
from ....analysis.scopes import (
    COMPREHENSIONS,
    DEFERRED,
    FUNCTIONS,
    imported_name,
    names_of,
    own_nodes,
    target_names,
)
from ....analysis.syntax import FileSyntax, FunctionNode, span_of
from ...twin import NoTwinError

_BLOCKS = ("body", "orelse", "finalbody")
_LEAVES = (ast.Return, ast.Raise)
_WITHS = (ast.With, ast.AsyncWith)
_TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))


def check_own(function: FunctionNode, name: str) -> None:
    """Raises `NoTwinError` where other functions have the name as well (`global last`, a parameter of an
    inner one), or where it is bound by what is no assignment: `except KeyError as r`, `case [*r]`."""
    for node in walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)) and name in node.names:
            raise NoTwinError(f"{name} is handed on")
        if node is not function and (name in _given_by(node) or _has_own(node, name)):
            raise NoTwinError(f"{name} is bound more than once")


def _given_by(node: ast.AST) -> Collection[str | None]:
    """The names that a node binds without an `ast.Name`."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [imported_name(alias) for alias in node.names]
    if isinstance(node, ast.MatchMapping):
        return [node.rest]
    if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return [node.name]
    return ()


def _has_own(node: ast.AST, name: str) -> bool:
    """Is it an inner function or class with such a name of its own?"""
    return isinstance(node, DEFERRED) and name in names_of(node).local


def names_in_sight(file: FileSyntax, function: FunctionNode, name: str) -> Iterator[ast.Name]:
    """Where the name is written and is not that of a comprehension: `[r["id"] for r in r.json()]` has one."""
    for node in walk(function):
        if isinstance(node, ast.Name) and node.id == name and not _is_shadowed(file, node):
            yield node


def _is_shadowed(file: FileSyntax, node: ast.Name) -> bool:
    above = (node, *file.above(node))
    return any(
        isinstance(each, COMPREHENSIONS)
        and each.generators[0].iter not in above
        and any(node.id in target_names(generator.target) for generator in each.generators)
        for each in above
    )


def own_uses(
    file: FileSyntax,
    function: FunctionNode,
    name: str,
    mine: Collection[ast.stmt],
    others: Collection[ast.stmt],
) -> Iterator[ast.Name]:
    """Where the name is read and holds what `mine` bind it to.

    Raises `NoTwinError` where it may hold either.
    """
    own = set(own_nodes(function)) if others else set()
    for node in names_in_sight(file, function, name):
        if not isinstance(node.ctx, ast.Load):
            continue
        if not others or (node in own and _holds(file, node, mine, others)):
            yield node
        elif node not in own or not _holds(file, node, others, mine):
            raise NoTwinError(f"{name} is bound more than once")


def _holds(file: FileSyntax, use: ast.Name, these: Collection[ast.stmt], those: Collection[ast.stmt]) -> bool:
    """Is one of `these` always the last before the use?"""
    return any(
        _is_before(file, each, use)
        and not any(span_of(each) < span_of(other) and _is_done(file, other, use) for other in those)
        and not any(_comes_again(file, each, other, use) for other in those)
        for each in these
    )


def _is_done(file: FileSyntax, binding: ast.stmt, use: ast.Name) -> bool:
    """Is it bound when the use is read? `r = r.json()` reads it before."""
    is_in_value = isinstance(binding, (ast.Assign, ast.AnnAssign)) and file.statement(use) is binding
    return span_of(binding) < span_of(use) and not is_in_value and not _has_left(file, binding, use)


def _has_left(file: FileSyntax, binding: ast.stmt, use: ast.Name) -> bool:
    """Does the branch with the binding leave the function, and not come to the use?

    if r.ok:
        r = r.json()
        return r
    return r.reason
    """
    above_use, above_binding = {*file.above(use)}, {binding, *file.above(binding)}
    blocks = (each.body for each in above_binding if isinstance(each, (*_TRIES, *_WITHS)))
    if any(map(above_use.isdisjoint, blocks)):
        return False  # an error may come between, and its clauses or `suppress` lead to the use
    for branch in (each for each in above_binding if isinstance(each, ast.If)):
        block = branch.orelse if above_binding.isdisjoint(branch.body) else branch.body
        if isinstance(block[-1], _LEAVES) and above_use.isdisjoint(block):
            return True
    return False


def _is_before(file: FileSyntax, binding: ast.stmt, use: ast.Name) -> bool:
    """Does nothing come to the use without running the binding?"""
    above = [each for each in (file.statement(use), *file.above(use)) if isinstance(each, ast.stmt)]
    if binding in above:
        return isinstance(binding, (ast.For, ast.AsyncFor, *_WITHS)) and any(
            each in binding.body for each in above
        )
    if isinstance(binding, (ast.For, ast.AsyncFor)):
        return False
    parent = file.parents[binding]
    blocks = [block for field in _BLOCKS if binding in (block := getattr(parent, field, None) or ())]
    return any(each in block[block.index(binding) :] for block in blocks for each in above)


def _comes_again(file: FileSyntax, binding: ast.stmt, other: ast.stmt, use: ast.Name) -> bool:
    """Is there a loop with the use and the other binding, which goes on without this one?"""
    loops = [each for each in file.above(use) if isinstance(each, LOOPS)]
    return any(each in file.above(other) and each not in (binding, *file.above(binding)) for each in loops)
