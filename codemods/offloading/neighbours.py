"""Which neighbouring statements may share a hop.

if not os.path.exists(path):        ->      def load_file():
    raise HTTPException(404)                    if not os.path.exists(path):
with open(path) as f:                               raise HTTPException(404)
    return json.load(f)                         with open(path) as f:
                                                    return json.load(f)

                                            return await run_in_threadpool(load_file)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

import msgspec

from ..analysis.flow.runs import region
from ..analysis.nodes import walk
from .enclosing import Piece
from .frame import Frame
from .places import is_guard, is_tail
from .uploads import all_uploads

ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


class Neighbours(msgspec.Struct, frozen=True):
    frame: Frame
    inside: Callable[[ast.stmt], list[Piece]]
    """What of a statement must run in a thread."""
    goes_whole: Callable[[ast.stmt], bool]

    def runs(self, block: Sequence[ast.stmt], start: int) -> Iterator[Sequence[ast.stmt]]:
        """The runs of two or more blocking statements that begin there, the longest first."""
        if is_guard(block[start], [piece.node for piece in self.inside(block[start])]):
            # no path hops there and further down, so joining would save nothing
            return
        if self._goes_to_the_end(block[start:]):
            yield block[start:]
        ends: list[int] = []
        for position in range(start, len(block)):
            if self._joins(block[position]):
                ends.append(position)
            elif not self._may_prepare(block[position]):
                break
            if self.frame.is_native(block[position]):
                break
        for end in reversed(ends[1:]):
            run = block[start : end + 1]
            if ends[0] == start and self._is_worth_a_function(run) and self._only_prepares(run):
                yield run

    def _goes_to_the_end(self, rest: Sequence[ast.stmt]) -> bool:
        """What begins with a cheap question, and gives the result of the function: all of it, where the
        question may end it (`if not path.exists(): return None`)."""
        question, *others = rest
        if not (others and self._is_cheap(question) and is_tail(self.frame, rest[-1])):
            return False
        last = others.pop()
        is_last_step = bool(self.inside(last))
        return (
            self._returns(last)
            and (is_last_step or self._returns(question))
            and (is_last_step or any(map(self.inside, others)))
            and not any(map(self.frame.is_native, rest))
            and all(self._joins(step) or self._may_prepare(step) for step in others)
        )

    def _is_worth_a_function(self, run: Sequence[ast.stmt]) -> bool:
        """Uploads wait by themselves; and a step with the `return` of another reads better as two hops, but
        where one of them costs less than a hop."""
        pieces = [piece for statement in run for piece in self.inside(statement)]
        if all_uploads(self.frame, pieces):
            return False
        steps = [statement for statement in run if self.inside(statement)]
        return (
            not isinstance(run[-1], ast.Return)
            or len(steps) > 2
            or self.goes_whole(steps[0])
            or any(map(self._is_cheap, steps))
        )

    def _is_cheap(self, statement: ast.stmt) -> bool:
        pieces = self.inside(statement)
        return bool(pieces) and all(piece.is_cheap for piece in pieces)

    def _joins(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Return):
            return bool(self.inside(statement))
        return bool(self.inside(statement)) and not self._returns(statement)

    def _returns(self, statement: ast.stmt) -> bool:
        return any(isinstance(node, ast.Return) for node in walk(statement) if node in self.frame.nodes)

    def _may_prepare(self, statement: ast.stmt) -> bool:
        return isinstance(statement, ASSIGNMENTS) and not self.inside(statement)

    def _only_prepares(self, run: Sequence[ast.stmt]) -> bool:
        """Whether each statement without a blocking call binds what a later one of the run reads."""
        for position, statement in enumerate(run):
            is_declaration = isinstance(statement, ast.AnnAssign) and statement.value is None
            if is_declaration or self.inside(statement):
                continue
            bound = region(self.frame.function, statement, statement).writes
            later = run[position + 1 :]
            if not later or not bound & region(self.frame.function, later[0], later[-1]).live_in:
                return False
        return True
