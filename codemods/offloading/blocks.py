"""The statements of a function in order: which go to a thread together, and what happens to the others."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..analysis.control import may_swallow
from ..analysis.flow import region
from ..analysis.scopes import FUNCTIONS
from ..analysis.syntax import span_of
from ..model import AsyncStatement, Code, Edit, ImportNeed, OffloadCall, ReplaceExpression, slot
from .expressions import Expressions, offload_expressions
from .extraction import Extraction, extraction
from .frame import LOOPS, RUNNER, Frame, Refusal
from .handles import is_opener
from .hazards import is_thread_bound_manager
from .hops import Hops
from .naming import Namer
from .places import is_tail, rest_of_block
from .sites import Piece

_MANY = 3
_ITERATE = ImportNeed("fastapi.concurrency", "iterate_in_threadpool")
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_SIMPLE = (*_ASSIGNMENTS, ast.Expr, ast.Return)


@dataclass
class Draft:
    edits: list[Edit] = field(default_factory=list)
    hops: Hops = field(default_factory=Hops)


class Blocks:
    """Fills a draft; the first refusal ends it."""

    def __init__(self, frame: Frame, pieces: Sequence[Piece], namer: Namer) -> None:
        self._frame = frame
        self._pieces = pieces
        self._namer = namer
        self._by_statement: dict[ast.stmt, list[Piece]] = {}
        for piece in pieces:
            self._by_statement.setdefault(frame.file.statement(piece.node), []).append(piece)

    def plan(self, draft: Draft) -> Refusal | None:
        return self._block(self._frame.function.body, draft)

    def _block(self, block: Sequence[ast.stmt], draft: Draft) -> Refusal | None:
        position = 0
        while position < len(block):
            if not self._holds_pieces(block[position]):
                position += 1
                continue
            group = self._group(block, position)
            if group is not None:
                self._accept(group, draft)
                position += len(group.run)
                continue
            done = self._one(block[position], draft)
            if isinstance(done, Refusal):
                return done
            position += done
        return None

    def _accept(self, found: Extraction, draft: Draft) -> int:
        draft.edits.append(found.edit)
        draft.hops.extracted(found.run, found.returns)
        return len(found.run)

    # neighbours

    def _group(self, block: Sequence[ast.stmt], start: int) -> Extraction | None:
        """The longest run of two or more blocking statements that can be one function."""
        ends: list[int] = []
        for position in range(start, len(block)):
            if self._joins(block[position]):
                ends.append(position)
            elif not self._may_prepare(block[position]):
                break
            if self._frame.is_native(block[position]):
                break
        for end in reversed(ends[1:]):
            run = block[start : end + 1]
            if ends[0] == start and self._only_prepares(run):
                found = extraction(self._frame, run, self._pieces, self._namer)
                if isinstance(found, Extraction):
                    return found
        return None

    def _joins(self, statement: ast.stmt) -> bool:
        return self._holds_pieces(statement) and not any(
            isinstance(node, ast.Return) for node in ast.walk(statement) if node in self._frame.nodes
        )

    def _may_prepare(self, statement: ast.stmt) -> bool:
        return isinstance(statement, _ASSIGNMENTS) and not self._holds_pieces(statement)

    def _only_prepares(self, run: Sequence[ast.stmt]) -> bool:
        """Whether each statement without a blocking call binds what a later one of the run reads."""
        for position, statement in enumerate(run):
            is_declaration = isinstance(statement, ast.AnnAssign) and statement.value is None
            if is_declaration or self._holds_pieces(statement):
                continue
            bound = region(self._frame.function, statement, statement).writes
            later = run[position + 1 :]
            if not later or not bound & region(self._frame.function, later[0], later[-1]).live_in:
                return False
        return True

    # one statement

    def _one(self, statement: ast.stmt, draft: Draft) -> int | Refusal:
        """Plan one statement; the number of statements that were used up."""
        if self._goes_whole(statement):
            found = self._whole(statement)
            if isinstance(found, Extraction):
                return self._accept(found, draft)
            if isinstance(statement, ast.With) and (refusal := self._with_obstacle(statement, found)):
                return refusal
        inner, mark = Draft(), self._namer.mark
        refusal = self._in_place(statement, inner)
        hops, several = inner.hops.longest([statement]), len(inner.edits) > 1
        split = several if isinstance(statement, _ASSIGNMENTS) else hops > 1 and isinstance(statement, _SIMPLE)
        if refusal is not None or split or hops >= _MANY:
            inner_mark = self._namer.mark
            self._namer.back_to(mark)
            found = self._whole(statement)
            if isinstance(found, Extraction):
                return self._accept(found, draft)
            self._namer.back_to(inner_mark)
        if refusal is not None:
            return refusal
        draft.edits.extend(inner.edits)
        draft.hops.join(inner.hops)
        return 1

    def _goes_whole(self, statement: ast.stmt) -> bool:
        """Loops go as a whole, and so does what an open file or another manager surrounds."""
        if isinstance(statement, LOOPS):
            header = statement.test if isinstance(statement, ast.While) else statement.iter
            return any(
                piece.node is statement or isinstance(statement, ast.While) or not _holds(header, piece.node)
                for piece in self._inside(statement)
            )
        if isinstance(statement, ast.With):
            own = self._by_statement.get(statement, [])
            return bool(own) or not all(_is_harmless(item.context_expr) for item in statement.items)
        return False

    def _whole(self, statement: ast.stmt) -> Extraction | Refusal:
        """The statement as a function; with the rest of the handler when it returns on some paths."""
        found = extraction(self._frame, [statement], self._pieces, self._namer)
        if isinstance(found, Extraction):
            return found
        rest = rest_of_block(self._frame, statement)
        returns = any(isinstance(n, ast.Return) for n in ast.walk(statement) if n in self._frame.nodes)
        if returns and len(rest) > 1 and is_tail(self._frame, rest[-1]):
            with_rest = extraction(self._frame, rest, self._pieces, self._namer)
            if isinstance(with_rest, Extraction):
                return with_rest
        return found

    def _with_obstacle(self, statement: ast.With, found: Refusal) -> Refusal | None:
        for piece in self._by_statement.get(statement, []):
            if piece.node is statement and not is_opener(piece.name):
                return Refusal(f"{piece.name} blocks on the way in or out of a `with` that {found.text}", statement)
        for item in statement.items:
            if is_thread_bound_manager(item.context_expr):
                manager = self._frame.file.source(item.context_expr)
                return Refusal(f"{manager} belongs to one thread, and the `with` {found.text}", statement)
        return None

    def _in_place(self, statement: ast.stmt, draft: Draft) -> Refusal | None:
        own = [piece for piece in self._by_statement.get(statement, []) if piece.node is not statement]
        looped = [piece for piece in self._by_statement.get(statement, []) if piece.node is statement]
        if looped and isinstance(statement, ast.For):
            edits = self._iterate(statement, own)
        elif isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            return Refusal(f"{own[0].name} is called while an inner function is defined", statement)
        else:
            edits = offload_expressions(self._frame, statement, own, self._namer)
        if isinstance(edits, Refusal):
            return edits
        draft.edits.extend(edits.edits)
        draft.hops.spend(statement, edits.hops, iterates=bool(looped) and isinstance(statement, ast.For))
        for block in _inner_blocks(statement):
            if refusal := self._block(block, draft):
                return refusal
        return None

    def _iterate(self, statement: ast.For, own: Sequence[Piece]) -> Expressions | Refusal:
        """`for x in rows()` -> `async for x in iterate_in_threadpool(rows())`."""
        iterable = statement.iter
        needs: tuple[ImportNeed, ...] = (_ITERATE,)
        source = self._frame.file.source(iterable)
        if self._frame.is_native(iterable):
            return Refusal("a blocking iterable that is awaited cannot be iterated in a thread", statement)
        if own:
            is_plain = len(own) == 1 and own[0].is_plain and own[0].node is iterable
            inner = offload_expressions(self._frame, statement, [Piece(iterable, own[0].name, is_plain)], self._namer)
            if isinstance(inner, Refusal):
                return inner
            source, needs = self._first_hop(iterable, inner.edits[0]), (_ITERATE, *RUNNER.needs)
        edits = (
            AsyncStatement(span_of(statement)),
            ReplaceExpression(span_of(statement.iter), Code(f"{slot(0)}({source})", needs)),
        )
        return Expressions(edits, 1)

    def _first_hop(self, iterable: ast.expr, edit: Edit) -> str:
        """The call that makes the iterable, in a thread as well."""
        source = self._frame.file.source
        if isinstance(edit, OffloadCall) and isinstance(iterable, ast.Call):
            arguments = (iterable.func, *iterable.args, *iterable.keywords)
            return f"await {slot(1)}({', '.join(source(argument) for argument in arguments)})"
        return f"await {slot(1)}(lambda: {source(iterable)})"

    def _inside(self, statement: ast.stmt) -> list[Piece]:
        nodes = set(ast.walk(statement))
        return [piece for piece in self._pieces if piece.node in nodes]

    def _holds_pieces(self, statement: ast.stmt) -> bool:
        return bool(self._inside(statement))


def _inner_blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    blocks = [getattr(statement, name, None) or [] for name in ("body", "orelse", "finalbody")]
    blocks[1:1] = [part.body for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()))]
    return blocks


def _is_harmless(manager: ast.expr) -> bool:
    callee = manager.func if isinstance(manager, ast.Call) else manager
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    return may_swallow(manager) or name == "nullcontext"


def _holds(node: ast.AST, other: ast.AST) -> bool:
    return any(part is other for part in ast.walk(node))
