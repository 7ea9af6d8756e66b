"""One pass over a piece: every edit at its node, children before the nodes that hold them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

import libcst as cst

from ...model import (
    AddBase,
    AddDecorator,
    AddParameter,
    AsyncClause,
    AsyncStatement,
    AwaitExpression,
    AwaitWithin,
    CloseAfter,
    CollectItems,
    DropCall,
    Edit,
    NameFirst,
    OffloadCall,
    OffloadExpression,
    RemoveParameter,
    ReplaceCall,
    ReplaceExpression,
    TurnAsync,
)
from .blocks import BLOCKS, Blocks
from .code import Writer
from .expressions import (
    Place,
    awaited,
    awaited_within,
    offloaded_call,
    offloaded_expression,
    replaced_call,
    replaced_expression,
)
from .failure import RewriteError
from .functions import decorated, turned, with_base
from .parameters import with_parameter, without_parameter
from .parts import Part
from .spans import parts_of, spans_of
from .steps import collected, is_awaiting, is_taken_at_once, listed, unwrapped
from .targets import Targets

_STATEMENTS = (cst.SimpleStatementLine, cst.BaseCompoundStatement)


def transformed(
    module: cst.Module, edits: Sequence[Edit], targets: Targets, writer: Writer, *, opens_file: bool
) -> cst.Module:
    """The piece with its edits carried out. Raises `RewriteError` when one of them cannot be."""
    transformer = _Transformer(edits, targets, writer, Blocks(edits, targets, writer, opens_file=opens_file))
    try:
        changed = module.visit(transformer)
    except (cst.ParserSyntaxError, cst.CSTValidationError) as error:
        text = error.message if isinstance(error, cst.ParserSyntaxError) else str(error)
        raise RewriteError(f"the new text does not fit: {text}", spans_of(edits[0])[0]) from error
    transformer.check_done()
    return changed


class _Transformer(cst.CSTTransformer):
    def __init__(self, edits: Sequence[Edit], targets: Targets, writer: Writer, blocks: Blocks) -> None:
        super().__init__()
        self._targets = targets
        self._writer = writer
        self._blocks = blocks
        self._around: list[cst.CSTNode] = []
        self._edits: dict[cst.CSTNode, list[Edit]] = defaultdict(list)
        self._inner: dict[cst.CSTNode, cst.CSTNode] = {}
        """What takes the place of an expression around it, or a place in its new text: as it was, then as it
        has become."""
        self._parts: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        """Expression that is replaced -> what is changed within it."""
        for edit in sorted(edits, key=_order):
            node = _node(edit, targets)
            if node is not None:
                self._edits[node].append(edit)
            if isinstance(edit, AwaitWithin):
                inner = targets.expression(edit.inner)
                self._inner[inner] = inner
        for edit in edits:
            if isinstance(edit, ReplaceExpression):
                parts = parts_of(edit, edits)
                self._parts[targets.expression(edit.span)] = [targets.expression(part) for part in parts]
        self._inner.update({part: part for parts in self._parts.values() for part in parts})
        self._lines = sorted(targets.line(span) for edit in edits for span in spans_of(edit))

    def check_done(self) -> None:
        self._blocks.check_done()
        for found in self._edits.values():
            raise RewriteError("it stands in text that another edit replaces", spans_of(found[0])[0])

    def on_visit(self, node: cst.CSTNode) -> bool:
        self._around.append(node)
        if isinstance(node, _STATEMENTS):
            return self._has_edits(node)
        is_replaced = any(isinstance(edit, ReplaceExpression) for edit in self._edits.get(node, ()))
        return not is_replaced or bool(self._parts[node])

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode:
        self._around.pop()
        for edit in self._edits.pop(original_node, ()):
            updated_node = self._changed(edit, original_node, updated_node)
        if isinstance(original_node, cst.GeneratorExp) and isinstance(updated_node, cst.GeneratorExp):
            updated_node = self._as_list(original_node, updated_node)
        elif isinstance(original_node, cst.Call) and isinstance(updated_node, cst.Call):
            updated_node = unwrapped(original_node, updated_node)
        if original_node in self._inner:
            self._inner[original_node] = updated_node
        if isinstance(original_node, BLOCKS) and isinstance(updated_node, BLOCKS):
            return self._blocks.leave(original_node, updated_node, self._around)
        return updated_node

    def _as_list(self, original: cst.GeneratorExp, updated: cst.GeneratorExp) -> cst.BaseExpression:
        """`sum(f(x) for x in xs)` in which something is awaited now."""
        if not is_awaiting(updated) or is_awaiting(original) or not is_taken_at_once(self._around):
            return updated
        return listed(updated, self._place(original), self._writer)

    def _place(self, node: cst.CSTNode) -> Place:
        return Place(node, tuple(self._around), self._targets.is_glued(node), self._targets.margin(node))

    def on_visit_attribute(self, node: cst.CSTNode, attribute: str) -> None:
        """Nothing: LibCST would look for a method of each name."""

    def on_leave_attribute(self, original_node: cst.CSTNode, attribute: str) -> None:
        """Nothing, as above."""

    def _has_edits(self, statement: cst.CSTNode) -> bool:
        """Whether an edit begins in these lines; other statements need not be walked through."""
        found = self._targets.positions[statement]
        start = found.start.line
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)) and statement.decorators:
            start = self._targets.positions[statement.decorators[0]].start.line
        index = bisect_left(self._lines, start)
        return index < len(self._lines) and self._lines[index] <= found.end.line

    def _changed(self, edit: Edit, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
        if isinstance(edit, (TurnAsync, AsyncStatement, AsyncClause)):
            assert isinstance(updated, (cst.FunctionDef, cst.With, cst.For, cst.CompFor))
            return turned(edit, updated)
        if isinstance(edit, AddDecorator):
            assert isinstance(updated, cst.FunctionDef)
            return decorated(edit, updated, self._writer)
        if isinstance(edit, AddBase):
            assert isinstance(updated, cst.ClassDef)
            return with_base(edit, updated, self._writer)
        if isinstance(edit, RemoveParameter):
            assert isinstance(updated, cst.FunctionDef)
            return without_parameter(edit, updated)
        if isinstance(edit, AddParameter):
            assert isinstance(updated, cst.FunctionDef)
            return with_parameter(edit, updated, self._writer)
        assert isinstance(updated, cst.BaseExpression)
        if isinstance(edit, (CloseAfter, NameFirst)):
            return self._blocks.keep(edit, updated)
        place = self._place(original)
        if isinstance(edit, AwaitExpression):
            return awaited(edit, updated, place)
        if isinstance(edit, CollectItems):
            return collected(edit, updated, place, self._writer)
        if isinstance(edit, OffloadExpression):
            return offloaded_expression(edit, updated, place, self._writer)
        if isinstance(edit, ReplaceExpression):
            assert isinstance(original, cst.BaseExpression)
            parts = [Part(was, self._inner[was]) for was in self._parts[original]]
            return replaced_expression(edit, original, place, self._writer, parts)
        assert isinstance(updated, cst.Call)
        if isinstance(edit, AwaitWithin):
            within = self._targets.expression(edit.inner)
            inner = self._inner[within]
            assert isinstance(inner, cst.BaseExpression)
            return awaited_within(edit, updated, inner, place, self._targets.margin(within))
        if isinstance(edit, DropCall):
            assert isinstance(updated.func, cst.Attribute)
            left = updated.func.value
            return left.with_changes(lpar=(*updated.lpar, *left.lpar), rpar=(*left.rpar, *updated.rpar))
        if isinstance(edit, OffloadCall):
            return offloaded_call(edit, updated, place, self._writer)
        assert isinstance(edit, ReplaceCall)
        return replaced_call(edit, updated, place, self._writer)


def _order(edit: Edit) -> int:
    """What is gone through, or gets a name, is done by then."""
    return 2 if isinstance(edit, NameFirst) else int(isinstance(edit, CollectItems))


_OF_EXPRESSIONS = (
    AwaitExpression,
    CloseAfter,
    CollectItems,
    NameFirst,
    OffloadExpression,
    ReplaceExpression,
)


def _node(edit: Edit, targets: Targets) -> cst.CSTNode | None:
    """The node of an edit that is not about a place in a block."""
    if isinstance(edit, (TurnAsync, AddDecorator, RemoveParameter, AddParameter)):
        return targets.function(edit.span)
    if isinstance(edit, AddBase):
        return targets.class_(edit.span)
    if isinstance(edit, AsyncStatement):
        return targets.block_statement(edit.span)
    if isinstance(edit, AsyncClause):
        return targets.clause(edit.span)
    if isinstance(edit, (AwaitWithin, DropCall, OffloadCall, ReplaceCall)):
        return targets.call(edit.span)
    if isinstance(edit, _OF_EXPRESSIONS):
        return targets.expression(edit.span)
    return None
