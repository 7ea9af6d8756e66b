"""Which statements of a function surely run between two others, as far as its blocks tell.

db.add(user)                     db.add(user)
if loud:                         try:
    print(user)                      db.commit()
db.commit()     # surely         except Error:
send(user.id)                        print(user)     # goes on: not surely
                                 send(user.id)
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ....analysis.nodes import LOOPS, TRIES
from ....analysis.scopes import FUNCTIONS
from ....analysis.syntax import FileSyntax

Place = tuple[int, int]
Block = Sequence[ast.stmt]
_WITHS = (ast.With, ast.AsyncWith)
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class Step(msgspec.Struct, frozen=True):
    """Something that the function does at a place, in these blocks, the innermost first, each with whose it
    is."""

    node: ast.AST
    place: Place
    blocks: tuple[tuple[ast.AST, Block], ...]

    @property
    def around(self) -> list[ast.AST]:
        return [owner for owner, _ in self.blocks]

    def is_in(self, block: Block) -> bool:
        return any(each is block for _, each in self.blocks)


def step_at(file: FileSyntax, node: ast.AST, place: Place) -> Step:
    found: list[tuple[ast.AST, Block]] = []
    child: ast.AST = file.statement(node) if not isinstance(node, ast.ExceptHandler) else node
    for above in file.above(child):
        lists = (value for _, value in ast.iter_fields(above) if isinstance(value, list))
        block = next((each for each in lists if any(part is child for part in each)), None)
        if block is not None and not isinstance(child, (ast.ExceptHandler, ast.match_case)):
            found.append((file.parents[above] if isinstance(above, ast.match_case) else above, block))
        if isinstance(above, FUNCTIONS):
            break
        child = above
    return Step(node, place, tuple(found))


def comes_to(change: Step, place: Step) -> bool:
    """May the function come from one to the other, in the next round of a loop too?"""
    is_again = any(owner in change.around for owner in place.around if _is_loop(owner))
    if not is_again and (change.place > place.place or _excludes(change, place)):
        return False
    for _, block in change.blocks:
        if place.is_in(block):
            return True
        if isinstance(block[-1], (ast.Return, ast.Raise)) and not _goes_on(block, change):
            return False
    return True


def _excludes(change: Step, place: Step) -> bool:
    """Do they stand in two branches of one `if` or `match`?"""
    own = {id(owner): block for owner, block in change.blocks if isinstance(owner, (ast.If, ast.Match))}
    return any(id(owner) in own and own[id(owner)] is not block for owner, block in place.blocks)


def _goes_on(block: Block, change: Step) -> bool:
    """Is what the block ends with caught in the function, or is something done on the way out?"""
    tries = [each for each in change.around if isinstance(each, TRIES)]
    if any(each.finalbody for each in tries):
        return True
    return isinstance(block[-1], ast.Raise) and any(each.handlers for each in tries)


def surely_between(end: Step, change: Step, place: Step | None, *, returns: Sequence[Place] = ()) -> bool:
    """Does the function surely come to `end` on the way from one to the other, or to where it ends?

    `returns`: where it may leave before.
    """
    sure = _sure_blocks(end)
    if place is None:
        if not change.place < end.place or any(change.place < each < end.place for each in returns):
            return False
        return any(change.is_in(block) for block in sure)
    if change.place < place.place:
        is_between = change.place < end.place < place.place
        return is_between and any(change.is_in(block) or place.is_in(block) for block in sure)
    # in the next round of a loop
    if not any(owner in end.around for owner in change.around if owner in place.around and _is_loop(owner)):
        return False
    if end.place > change.place:
        return any(change.is_in(block) for block in sure)
    return end.place < place.place and any(place.is_in(block) for block in sure)


def _is_loop(owner: ast.AST) -> bool:
    return isinstance(owner, LOOPS)


def is_sure(end: Step, returns: Sequence[Place]) -> bool:
    """Does whoever calls the function surely come to it?"""
    is_outer = any(isinstance(owner, FUNCTIONS) for owner, _ in _sure(end))
    return is_outer and not any(each < end.place for each in returns)


def _sure_blocks(end: Step) -> list[Block]:
    return [block for _, block in _sure(end)]


def _sure(end: Step) -> list[tuple[ast.AST, Block]]:
    """The blocks that do not go on without it."""
    found: list[tuple[ast.AST, Block]] = []
    for owner, block in end.blocks:
        found.append((owner, block))
        if isinstance(owner, _WITHS):
            continue
        if not isinstance(owner, TRIES):
            break
        is_last = block is owner.finalbody
        if not is_last and not (block is owner.body and all(map(_leaves, owner.handlers))):
            break
    return found


def _leaves(handler: ast.ExceptHandler) -> bool:
    """Does nobody come behind the `try` by it, or with nothing left to commit?"""
    if isinstance(handler.body[-1], _LEAVES):
        return True
    calls = (node for node in ast.walk(handler) if isinstance(node, ast.Attribute))
    return any(node.attr in ("rollback", "commit") for node in calls)
