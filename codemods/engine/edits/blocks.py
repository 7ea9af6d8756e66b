"""Edits of whole statements: runs that are replaced or extracted, new statements, bodies that move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import libcst as cst

from ...model import (
    CloseAfter,
    DropFinally,
    Edit,
    EnterUntil,
    ExtractToThread,
    InsertStatements,
    LeaveWith,
    MoveBody,
    NameFirst,
    ReplaceStatements,
    ShieldFinally,
    SplitWith,
    WaitTogether,
    YieldEach,
)
from .code import Writer
from .extract import extracted
from .failure import RewriteError
from .lines import blanks_inside, comments, leading, with_leading, without_blanks_inside
from .rows import Block, Row, inside, laid, nodes_of, rows_of
from .spans import RUN_EDITS, RunEdit, spans_of
from .steps import Form, assigned, closed, entered, named_first, reformed
from .targets import Targets
from .together import together
from .whole_body import moved

BLOCKS = (cst.Module, cst.IndentedBlock, cst.SimpleStatementSuite)


class Blocks:
    """Changes each block when the transformer leaves it; what is inside its statements is done by then."""

    def __init__(self, edits: Sequence[Edit], targets: Targets, writer: Writer, *, opens_file: bool) -> None:
        self._writer = writer
        self._opens_file = opens_file
        self._runs: dict[cst.CSTNode, RunEdit] = {}
        self._ends: dict[cst.CSTNode, cst.CSTNode] = {}
        self._befores: dict[cst.CSTNode, cst.CSTNode] = {}
        self._inserts: dict[cst.CSTNode, list[InsertStatements]] = defaultdict(list)
        self._moves: dict[cst.CSTNode, MoveBody] = {}
        self._forms: dict[cst.CSTNode, Form] = {}
        self._closings: dict[cst.CSTNode, CloseAfter] = {}
        self._namings: dict[cst.CSTNode, list[NameFirst]] = defaultdict(list)
        self._items: dict[CloseAfter | NameFirst, cst.BaseExpression] = {}
        self._entries: dict[cst.CSTNode, EnterUntil] = {}
        self._named: set[cst.CSTNode] = set()
        self._waiting: dict[cst.CSTNode, list[cst.FunctionDef]] = defaultdict(list)
        self._left: dict[Edit, None] = {}
        for edit in edits:
            self._resolve(edit, targets)

    def _resolve(self, edit: Edit, targets: Targets) -> None:
        if isinstance(edit, InsertStatements):
            anchor = targets.statement(edit.anchor)
            self._inserts[anchor].append(edit)
            self._named.add(anchor)
        elif isinstance(edit, MoveBody):
            function = targets.function(edit.span)
            self._moves[function] = edit
            self._named.add(function)
        elif isinstance(edit, (DropFinally, LeaveWith, ShieldFinally, SplitWith, YieldEach)):
            statement = targets.statement(edit.span)
            self._forms[statement] = edit
            self._named.add(statement)
        elif isinstance(edit, CloseAfter):
            reader = targets.statement(edit.statement)
            self._closings[reader] = edit
            self._named.add(reader)
        elif isinstance(edit, NameFirst):
            holder = targets.statement(edit.statement)
            self._namings[holder].append(edit)
            self._named.add(holder)
        elif isinstance(edit, EnterUntil):
            opening, last = targets.statement(edit.span), targets.statement(edit.last)
            self._entries[opening], self._ends[opening] = edit, last
            self._named.update((opening, last))
        elif isinstance(edit, RUN_EDITS):
            first, last = targets.statement(edit.first), targets.statement(edit.last)
            self._runs[first], self._ends[first] = edit, last
            self._named.update((first, last))
            if isinstance(edit, ExtractToThread):
                if edit.before[:2] > edit.first[:2]:
                    raise RewriteError("the function would stand below its use", edit.first)
                self._befores[first] = targets.statement(edit.before)
                self._named.add(self._befores[first])
        else:
            return
        self._left[edit] = None

    def check_done(self) -> None:
        """Raises `RewriteError` when an edit found no block, as one of an `elif` does."""
        for edit in self._left:
            raise RewriteError("no statement of a block stands here", spans_of(edit)[-1])
        for found in self._waiting.values():
            raise RewriteError(f"there is no place for the function {found[0].name.value}", None)

    def leave(self, original: Block, updated: Block, around: Sequence[cst.CSTNode]) -> Block:
        """`around` are the nodes that hold the block, the nearest last."""
        if not any(node in self._named for node in nodes_of(original)):
            return updated
        opens_file = self._opens_file and isinstance(original, cst.Module)
        rows = rows_of(original, updated, self._named, opens_file=opens_file)
        for row in rows:
            for node in row.nodes:
                self._move(node, row, around)
                self._reform(node, row)
                self._close(node, row)
                self._name(node, row)
                self._insert(node, row)
        self._run(rows)
        for row in rows:
            self._take_waiting(row, row.nodes)
        self._enter(rows)
        holder = around[-1] if around else original
        below_header = isinstance(holder, (cst.Module, cst.FunctionDef, cst.ClassDef))
        return self._rebuilt(updated, rows, opens_file=opens_file, below_header=below_header)

    def _move(self, node: cst.CSTNode, row: Row, around: Sequence[cst.CSTNode]) -> None:
        edit, function = self._moves.get(node), row.body[0]
        if edit is None:
            return
        assert isinstance(function, cst.FunctionDef)
        found = moved(edit, function, around, self._writer)
        row.body = [found.handler]
        row.below.append(found.sibling)
        del self._left[edit]

    def _reform(self, node: cst.CSTNode, row: Row) -> None:
        edit = self._forms.get(node)
        if edit is not None:
            found = reformed(edit, row.body[0], self._writer)
            row.body = found.body
            row.loose.extend(found.footer)
            del self._left[edit]

    def keep(self, edit: CloseAfter | NameFirst, items: cst.BaseExpression) -> cst.Name:
        """What stands in the place of the items until the block of their statement is left, and behind."""
        self._items[edit] = items
        return cst.Name(edit.name)

    def _close(self, node: cst.CSTNode, row: Row) -> None:
        edit = self._closings.get(node)
        if edit is not None:
            row.body = [closed(edit, row.body[0], self._items[edit], self._writer)]
            del self._left[edit]

    def _name(self, node: cst.CSTNode, row: Row) -> None:
        for edit in self._namings.get(node, ()):
            new = self._writer.statements(edit.code)
            first = with_leading(assigned(edit.name, self._items[edit]), row.attached)
            row.above.extend([first, *new.body])
            row.attached = [*new.footer]
            del self._left[edit]

    def _insert(self, node: cst.CSTNode, row: Row) -> None:
        for edit in self._inserts.get(node, ()):
            new = self._writer.statements(edit.code)
            if edit.after:
                row.below.extend(new.body)
                row.loose.extend(new.footer)
            else:
                row.above.extend(new.body)
                row.attached = [*new.footer, *row.attached]
            del self._left[edit]

    def _run(self, rows: list[Row]) -> None:
        start = 0
        while start < len(rows):
            first = next((node for node in rows[start].nodes if node in self._runs), None)
            if first is not None:
                edit = self._runs[first]
                end = next((n for n in range(start, len(rows)) if self._ends[first] in rows[n].nodes), None)
                if end is None:
                    raise RewriteError("the run does not end in the block where it begins", edit.first)
                run = rows[start : end + 1]
                if isinstance(edit, ExtractToThread):
                    rows[start : end + 1] = [self._extract(edit, run, first)]
                elif isinstance(edit, WaitTogether):
                    rows[start : end + 1] = [self._gather(edit, run)]
                else:
                    rows[start : end + 1] = [self._replace(edit, run)]
                del self._left[edit]
            start += 1

    def _extract(self, edit: ExtractToThread, run: list[Row], first: cst.CSTNode) -> Row:
        head, tail = run[0], run[-1]
        nodes = (first, *(node for row in run for node in row.nodes if node is not first))
        # comments on several steps tell of one step each, a single one of them all
        by_step = any(comments(row.attached) for row in run[1:])
        attached = [] if by_step else head.attached
        loose = [*tail.loose, *(blanks_inside(tail.body[-1]) if tail.body else ())]
        row = Row(nodes, [], head.detached, attached, head.above, tail.below, loose, is_new=True)
        head.detached, head.above, tail.below, tail.loose = [], [], [], []
        tail.body[-1:] = map(without_blanks_inside, tail.body[-1:])
        head.attached = head.attached if by_step else []
        for inner in run:
            self._take_waiting(inner, [node for node in inner.nodes if node is not first])
        if edit.items is not None:
            head.body[0], awaited = named_first(edit.items, head.body[0])
            row.above.append(with_leading(assigned(edit.items.name, awaited), row.attached))
            row.attached = []
        found = extracted(edit, laid(run, top=False), self._writer)
        row.body = [found.call]
        before = self._befores[first]
        if edit.stands:
            return row
        if before is first:
            row.above.append(found.definition)
            row.comments_move_up = True
        else:
            self._waiting[before].append(found.definition)
        return row

    def _replace(self, edit: ReplaceStatements, run: list[Row]) -> Row:
        new = self._writer.statements(edit.code)
        head, tail = run[0], run[-1]
        loose = [*new.footer, *tail.loose, *(blanks_inside(tail.body[-1]) if tail.body else ())]
        row = Row(head.nodes, list(new.body), head.detached, [], head.above, tail.below, loose, is_new=True)
        only = head.body[0]
        if head is tail and isinstance(only, cst.SimpleStatementLine):
            comment = only.trailing_whitespace.comment
            if comment and comment.value not in edit.code.text:
                _keep_trailing_comment(row, only.trailing_whitespace)
        return row

    def _gather(self, edit: WaitTogether, run: list[Row]) -> Row:
        head, tail = run[0], run[-1]
        if any(row.below for row in run[:-1]) or any(row.above or row.attached for row in run[1:]):
            raise RewriteError("something stands between what is awaited together", edit.first)
        nodes = tuple(node for row in run for node in row.nodes)
        body = together(edit, [row.body[0] for row in run], self._writer)
        return Row(nodes, list(body), head.detached, head.attached, head.above, tail.below, tail.loose)

    def _enter(self, rows: list[Row]) -> None:
        for start in reversed(range(len(rows))):
            opening = next((node for node in rows[start].nodes if node in self._entries), None)
            if opening is None:
                continue
            edit, last = self._entries[opening], self._ends[opening]
            end = next((n for n in range(start, len(rows)) if last in rows[n].nodes), None)
            head = rows[start]
            if end is None or head.below:
                raise RewriteError("what stands below does not end in this block", edit.span)
            below = rows[start + 1 : end + 1]
            head.body = [entered(edit, head.body[0], inside(below))]
            # what is opened above, and ends among these, stays open as long
            head.nodes = (*head.nodes, *(node for row in below for node in row.nodes))
            del rows[start + 1 : end + 1]
            del self._left[edit]

    def _take_waiting(self, row: Row, nodes: Sequence[cst.CSTNode]) -> None:
        for node in nodes:
            row.above.extend(self._waiting.pop(node, ()))

    def _rebuilt(self, updated: Block, rows: Sequence[Row], *, opens_file: bool, below_header: bool) -> Block:
        top = isinstance(updated, cst.Module)
        found = laid(rows, top=top, opens_file=opens_file, below_header=below_header)
        if isinstance(updated, cst.Module):
            return updated.with_changes(header=[], body=found.body, footer=[*found.footer, *updated.footer])
        body = found.body or [self._writer.statement("pass")]
        if isinstance(updated, cst.SimpleStatementSuite):
            return cst.IndentedBlock(body, footer=found.footer)
        return updated.with_changes(body=body, footer=[*found.footer, *updated.footer])


def _keep_trailing_comment(row: Row, trailing: cst.TrailingWhitespace) -> None:
    """The comment behind a replaced line stays behind the line that comes in its place."""
    for number in (len(row.body) - 1, 0):
        line = row.body[number] if row.body else None
        if isinstance(line, cst.SimpleStatementLine) and not line.trailing_whitespace.comment:
            row.body[number] = line.with_changes(trailing_whitespace=trailing)
            return
    comment = cst.EmptyLine(comment=trailing.comment)
    if row.body:
        row.body[0] = with_leading(row.body[0], [*comments(leading(row.body[0])), comment])
    else:
        row.loose.insert(0, comment)
