"""The statements of a function in order: which go to a thread together, and what happens to the others."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ..analysis.flow.control import may_swallow
from ..analysis.judge.state.locks import is_thread_bound_manager
from ..analysis.nodes import LOOPS, walk
from ..analysis.scopes import FUNCTIONS
from ..analysis.syntax import holds, last_name, span_of
from ..model import AsyncStatement, Code, Edit, ImportNeed, OffloadCall, ReplaceCall, ReplaceExpression, slot
from .ahead import awaited_first
from .async_exits import async_exit
from .async_files import AsyncFile, async_file
from .enclosing import SETTING, Piece
from .equal import shared
from .expressions import Expressions, offload_expressions
from .extraction import Extraction, extraction
from .frame import RUNNER, Frame, Refusal
from .handles import is_opener
from .hops import Hops
from .lives import lives
from .locals import lost_local
from .naming import Namer
from .neighbours import ASSIGNMENTS, Neighbours
from .places import inner_blocks, is_tail, rest_of_block
from .preparation import with_preparation
from .uploads import all_uploads

_MANY = 3
_FAR = 15
"""Lines that a reviewer reads again for two calls among them."""
_ITERATE = ImportNeed("fastapi.concurrency", "iterate_in_threadpool")
_SIMPLE = (*ASSIGNMENTS, ast.Expr, ast.Return)


class Draft(msgspec.Struct):
    edits: list[Edit] = msgspec.field(default_factory=list)
    hops: Hops = msgspec.field(default_factory=Hops)


class Blocks:
    """Fills a draft; the first refusal ends it."""

    def __init__(self, frame: Frame, pieces: Sequence[Piece], namer: Namer) -> None:
        self._namer = namer
        self._above: Sequence[ast.stmt] = ()
        self._know(frame, pieces)

    def _know(self, frame: Frame, pieces: Sequence[Piece]) -> None:
        self._frame = frame
        self._pieces = pieces
        self._by_statement: dict[ast.stmt, list[Piece]] = {}
        for piece in pieces:
            self._by_statement.setdefault(frame.file.statement(piece.node), []).append(piece)
        self._around = [frozenset((piece.node, *frame.within(piece.node))) for piece in pieces]

    def plan(self, draft: Draft) -> Refusal | None:
        refusal = self._block(self._frame.function.body, draft) or lost_local(self._frame, draft.edits)
        if refusal is None:
            draft.edits = shared(self._frame, draft.edits)
        return refusal

    def _block(self, block: Sequence[ast.stmt], draft: Draft) -> Refusal | None:
        position = done = 0
        while position < len(block):
            if not self._holds_pieces(block[position]):
                position += 1
                continue
            # what stands above and needs no thread, but may join the function
            self._above = block[done:position]
            joined = self._life(block, position) or self._group(block, position)
            found = joined or self._one(block[position], draft)
            if isinstance(found, Refusal):
                return found
            if isinstance(found, Extraction):
                draft.edits.append(found.edit)
                draft.hops.extracted(found.run, found.returns)
            last = found.run[-1] if isinstance(found, Extraction) else block[position]
            position = done = block.index(last) + 1
        return None

    def _extracted(self, run: Sequence[ast.stmt]) -> Extraction | Refusal:
        """The run as a function, with the start values and imports above it that nothing else needs."""
        for longer in with_preparation(self._frame, self._above, run):
            found = extraction(self._frame, longer, self._pieces, self._namer)
            if isinstance(found, Extraction):
                return found
        return extraction(self._frame, run, self._pieces, self._namer)

    # neighbours

    def _life(self, block: Sequence[ast.stmt], start: int) -> Extraction | None:
        found = (self._extracted(run) for run in lives(self._frame, block, start))
        return next((each for each in found if isinstance(each, Extraction)), None)

    def _group(self, block: Sequence[ast.stmt], start: int) -> Extraction | None:
        """The longest run of two or more blocking statements that can be one function."""
        before = self._state()
        for run in Neighbours(self._frame, self._inside, self._goes_whole).runs(block, start):
            found = self._extracted(run)
            if isinstance(found, Extraction):
                is_told_twice = Namer.is_name_of_callee(found.edit.name) and self._are_two_steps(run)
                if not is_told_twice and not self._moves_much(run):
                    return found
                self._back_to(before)
        return None

    def _moves_much(self, run: Sequence[ast.stmt]) -> bool:
        """Would many lines move for the sake of two of them, that is, for one hop?"""
        lines = (run[-1].end_lineno or 0) - run[0].lineno + 1
        pieces = [piece for statement in run for piece in self._inside(statement)]
        statements = {self._frame.file.statement(piece.node) for piece in pieces}
        is_each_one = all(isinstance(statement, _SIMPLE) for statement in statements)
        return lines > _FAR and len(statements) == 2 and is_each_one

    def _are_two_steps(self, run: Sequence[ast.stmt]) -> bool:
        """One call each, which says what is done: `if not verify(..): raise ..`, `user.key = hash(..)`."""
        return len(run) == 2 and all(map(self._is_one_step, run))

    def _is_one_step(self, statement: ast.stmt) -> bool:
        pieces = self._inside(statement)
        header = statement.test if isinstance(statement, ast.If) else statement
        return (
            isinstance(statement, (*_SIMPLE, ast.If))
            and len(pieces) == 1
            and pieces[0].is_plain
            and not pieces[0].is_cheap
            and holds(header, pieces[0].node)
        )

    # one statement

    def _one(self, statement: ast.stmt, draft: Draft) -> Extraction | Refusal | None:
        """Plan one statement: as a function, or in its place, in which case it is in the draft already."""
        before = self._state()
        inner = Draft()
        if self._goes_whole(statement):
            found = self._whole(statement)
            if isinstance(found, Extraction):
                return found
            if isinstance(statement, ast.With) and (refusal := self._open(statement, found, inner)):
                return refusal
            if isinstance(statement, SETTING):
                return found
        refusal = self._in_place(statement, inner)
        # an upload waits by itself
        hopping = [edit for edit in inner.edits if not isinstance(edit, ReplaceCall)]
        hops, several = inner.hops.longest([statement]), len(hopping) > 1
        split = several if isinstance(statement, ASSIGNMENTS) else hops > 1 and isinstance(statement, _SIMPLE)
        if refusal is not None or split or hops >= (2 if self._asks_cheaply(statement) else _MANY):
            after = self._state()
            self._back_to(before)
            found = self._whole(statement)
            if isinstance(found, Extraction):
                return found
            self._back_to(after)
        if refusal is not None:
            return refusal
        draft.edits.extend(inner.edits)
        draft.hops.join(inner.hops)
        return None

    def _asks_cheaply(self, statement: ast.stmt) -> bool:
        """`if path.exists(): path.unlink()`: the question alone is worth no hop."""
        own = self._by_statement.get(statement, [])
        return isinstance(statement, ast.If) and bool(own) and all(piece.is_cheap for piece in own)

    def _state(self) -> tuple[Frame, Sequence[Piece], Sequence[ast.stmt], frozenset[str]]:
        return self._frame, self._pieces, self._above, self._namer.mark

    def _back_to(self, state: tuple[Frame, Sequence[Piece], Sequence[ast.stmt], frozenset[str]]) -> None:
        self._know(state[0], state[1])
        self._above = state[2]
        self._namer.back_to(state[3])

    def _goes_whole(self, statement: ast.stmt) -> bool:
        """Loops go as a whole, and so does what an open file or another manager surrounds."""
        if isinstance(statement, LOOPS):
            if all_uploads(self._frame, self._inside(statement)):
                return False
            header = statement.test if isinstance(statement, ast.While) else statement.iter
            return any(
                piece.node is statement or isinstance(statement, ast.While) or not holds(header, piece.node)
                for piece in self._inside(statement)
            )
        if isinstance(statement, ast.With):
            own = self._by_statement.get(statement, [])
            return bool(own) or not all(_is_harmless(item.context_expr) for item in statement.items)
        own = self._by_statement.get(statement, []) if isinstance(statement, SETTING) else []
        return any(piece.node is statement for piece in own)

    def _whole(self, statement: ast.stmt) -> Extraction | Refusal:
        """The statement as a function; with the rest of the handler when it returns on some paths."""
        found = self._extracted([statement])
        if isinstance(found, Extraction):
            return found
        first = awaited_first(self._frame, statement)
        if first is not None and not any(holds(first, piece.node) for piece in self._pieces):
            ahead = extraction(self._frame, [statement], self._pieces, self._namer, items=first)
            if isinstance(ahead, Extraction):
                return ahead
        rest = rest_of_block(self._frame, statement)
        returns = any(isinstance(n, ast.Return) for n in walk(statement) if n in self._frame.nodes)
        if returns and len(rest) > 1 and is_tail(self._frame, rest[-1]):
            with_rest = self._extracted(rest)
            if isinstance(with_rest, Extraction):
                return with_rest
        return found

    def _open(self, statement: ast.With, found: Refusal, draft: Draft) -> Refusal | None:
        """Plan the header of a `with` whose body cannot go to a thread as a whole."""
        file = async_file(self._frame, self._pieces, statement)
        if not isinstance(file, AsyncFile):
            file = async_exit(self._frame, self._pieces, statement) or file
        if isinstance(file, AsyncFile):
            self._take(file, draft)
            return None
        for piece in self._by_statement.get(statement, []):
            if piece.node is statement and not is_opener(piece.name):
                return Refusal(
                    f"{piece.name} blocks on the way in or out of a `with` that {found.text}", statement
                )
        for item in statement.items:
            becomes_async = span_of(item.context_expr) in self._frame.awaited
            if is_thread_bound_manager(item.context_expr) and not becomes_async:
                manager = self._frame.file.source(item.context_expr)
                return Refusal(f"{manager} belongs to one thread, and the `with` {found.text}", statement)
        return file

    def _take(self, file: AsyncFile, draft: Draft) -> None:
        self._know(file.frame, file.pieces)
        draft.edits.extend(file.edits)
        for waiting in file.waits:
            draft.hops.wait(waiting)

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
        for block in inner_blocks(statement):
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
            inner = offload_expressions(
                self._frame, statement, [Piece(iterable, own[0].name, is_plain)], self._namer
            )
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
        pairs = zip(self._pieces, self._around, strict=True)
        return [piece for piece, around in pairs if statement in around]

    def _holds_pieces(self, statement: ast.stmt) -> bool:
        return any(statement in around for around in self._around)


def _is_harmless(manager: ast.expr) -> bool:
    callee = manager.func if isinstance(manager, ast.Call) else manager
    return may_swallow(manager) or last_name(callee) == "nullcontext"
