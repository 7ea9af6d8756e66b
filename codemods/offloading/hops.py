"""How often the longest path through a function waits for a thread."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ..analysis.nodes import LOOPS, TRIES


class Hops(msgspec.Struct):
    in_loop: bool = False
    """A loop hops once per item."""
    _spent: dict[ast.stmt, int] = msgspec.field(default_factory=dict)
    _taken: dict[ast.stmt, bool] = msgspec.field(default_factory=dict)
    """Statements that went to a thread as a whole; whether they return."""

    def spend(self, statement: ast.stmt, hops: int, *, iterates: bool = False) -> None:
        self._spent[statement] = self._spent.get(statement, 0) + (1 if iterates else hops)
        self.in_loop = self.in_loop or iterates

    def wait(self, statement: ast.stmt) -> None:
        """Once more than is known already."""
        self._spent[statement] = self._spent.get(statement, 0) + 1
        self.in_loop = self.in_loop or isinstance(statement, LOOPS)

    def extracted(self, run: Sequence[ast.stmt], returns: bool) -> None:
        for statement in run:
            self._spent[statement] = 0
            self._taken[statement] = returns
        self._spent[run[0]] = 1

    def join(self, other: Hops) -> None:
        for statement, hops in other._spent.items():
            self._spent[statement] = self._spent.get(statement, 0) + hops
        self._taken.update(other._taken)
        self.in_loop = self.in_loop or other.in_loop

    def longest(self, block: Sequence[ast.stmt]) -> int:
        through, ended = self._paths(block)
        return max(through, ended)

    def _paths(self, block: Sequence[ast.stmt]) -> tuple[int, int]:
        """The most hops of a path to the end of the block (-1: there is none), and of one that leaves it."""
        total, ended = 0, -1
        for statement in block:
            if total < 0:
                break
            through, left = self._path(statement)
            ended = max(ended, total + left if left >= 0 else -1)
            total = total + through if through >= 0 else -1
        return total, ended

    def _path(self, statement: ast.stmt) -> tuple[int, int]:
        own = self._spent.get(statement, 0)
        if statement in self._taken:
            return (-1, own) if self._taken[statement] else (own, -1)
        if isinstance(statement, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            return -1, own
        if isinstance(statement, LOOPS):
            return self._loop(statement, own)
        if isinstance(statement, ast.If):
            ways = [self._paths(statement.body), self._paths(statement.orelse)]
        elif isinstance(statement, ast.Match):
            ways = [(0, -1), *(self._paths(case.body) for case in statement.cases)]
        elif isinstance(statement, TRIES):
            return self._try(statement, own)
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            ways = [self._paths(statement.body)]
        else:
            return own, -1
        through, ended = max(way[0] for way in ways), max(way[1] for way in ways)
        return own + through if through >= 0 else -1, own + ended if ended >= 0 else -1

    def _loop(self, statement: ast.stmt, own: int) -> tuple[int, int]:
        body = max(*self._paths(statement.body), 0)  # type: ignore[attr-defined]
        in_test = own if isinstance(statement, ast.While) else 0
        self.in_loop = self.in_loop or body + in_test > 0
        orelse = max(*self._paths(statement.orelse), 0)  # type: ignore[attr-defined]
        return own + body + orelse, own + body if body else -1

    def _try(self, statement: ast.Try, own: int) -> tuple[int, int]:
        body, left = self._paths(statement.body)
        orelse, orelse_left = self._paths(statement.orelse)
        reached = max(body, left, 0)
        handlers = [self._paths(handler.body) for handler in statement.handlers]
        final = max(*self._paths(statement.finalbody), 0)
        through = [body + orelse] if body >= 0 and orelse >= 0 else []
        through += [reached + way for way, _ in handlers if way >= 0]
        ended = [left, body + orelse_left if body >= 0 and orelse_left >= 0 else -1]
        ended += [reached + way for _, way in handlers if way >= 0]
        most, out = max(through, default=-1), max(ended)
        return own + most + final if most >= 0 else -1, own + out + final if out >= 0 else -1
