"""Where statements stand: their block, what is above it, and which names a node binds."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

from ..analysis.nodes import LOOPS, TRIES, walk
from ..analysis.scopes import FUNCTIONS, imported_name
from .frame import Frame


def bound_by(node: ast.AST) -> set[str]:
    """The names that this very node binds or unbinds."""
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Load) else {node.id}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {imported_name(alias) for alias in node.names}
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return {node.name}
    name = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
    return (
        {name}
        if name and isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping))
        else set()
    )


def is_tail(frame: Frame, statement: ast.stmt) -> bool:
    """Whether the function is over once the block of `statement` is."""
    child: ast.AST = statement
    for above in frame.file.above(statement):
        if above is frame.function:
            return True
        if isinstance(above, LOOPS) or (
            isinstance(above, TRIES) and (above.orelse or child in above.finalbody)
        ):
            return False
        if isinstance(above, ast.stmt) and block_of(frame, above)[-1] is not above:
            return False
        child = above
    return False


def block_of(frame: Frame, statement: ast.stmt) -> list[ast.stmt]:
    parent = frame.file.parents[statement]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and statement in block:
            return block
    raise ValueError("the statement is in no block")


def inner_blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    blocks = [getattr(statement, name, None) or [] for name in ("body", "orelse", "finalbody")]
    blocks[1:1] = [
        part.body for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()))
    ]
    return blocks


def is_guard(statement: ast.stmt, blocking: Sequence[ast.AST]) -> bool:
    """Whether all that blocks in it is on the way to a `raise`: `if locked: note(user); raise Locked`."""
    if not isinstance(statement, ast.If):
        return False
    leaving = [
        branch
        for branch in (statement.body, statement.orelse)
        if branch and isinstance(branch[-1], ast.Raise)
    ]
    return {node for branch in leaving for top in branch for node in walk(top)}.issuperset(blocking)


def rest_of_block(frame: Frame, statement: ast.stmt) -> list[ast.stmt]:
    block = block_of(frame, statement)
    return block[block.index(statement) :]


def place_above(frame: Frame, first: ast.stmt, *, within_try: bool = False) -> ast.stmt:
    """Above which statement the function stands: a loop or a `try` around the run, else the run itself.

    `within_try`: not above the innermost `try`, but above the loops in it.
    """
    place: ast.stmt = first
    child: ast.AST = first
    for above in frame.within(first):
        if within_try and isinstance(above, TRIES):
            break
        if isinstance(above, LOOPS) or (isinstance(above, TRIES) and place is child and child in above.body):
            place = above
        child = above
    return place_above_elif(frame, place)


def caught_names(frame: Frame, node: ast.AST) -> set[str]:
    """`error` of `except ValueError as error` around `node`: Python deletes it behind the handler, so that
    linters call what a function or lambda reads of it unbound."""
    return {above.name for above in frame.within(node) if isinstance(above, ast.ExceptHandler) and above.name}


def place_above_elif(frame: Frame, place: ast.stmt) -> ast.stmt:
    while is_elif(frame, place):
        parent = frame.file.parents[place]
        assert isinstance(parent, ast.If)
        place = parent
    return place


def is_elif(frame: Frame, statement: ast.stmt) -> bool:
    parent = frame.file.parents[statement]
    if not (isinstance(statement, ast.If) and isinstance(parent, ast.If) and parent.orelse == [statement]):
        return False
    return frame.file.source(statement).startswith("elif")


@lru_cache(maxsize=64)
def names_of_module(module: ast.Module) -> frozenset[str]:
    """All that the module binds anywhere but inside of its functions and classes."""
    names: set[str] = set()
    for node in module.body:
        is_apart = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        for part in [node] if is_apart else walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.add(part.id)
            elif isinstance(part, ast.alias):
                names.add(part.asname or part.name.split(".")[0])
            elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(part.name)
    return frozenset(names)
