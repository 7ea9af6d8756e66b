"""Parts of an expression that its new text keeps: what other edits make of them stands there as well.

    db.query(User).filter(User.key == digest(key)).first()
->  await db.scalar(select(User).filter(User.key == await run_in_threadpool(digest, key)).limit(1))
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Sequence

import libcst as cst
import msgspec

from .precedence import demanded, fitted


class Part(msgspec.Struct, frozen=True):
    """A part of the expression that was, and what another edit made of it."""

    was: cst.CSTNode
    is_now: cst.CSTNode


def with_parts(old: cst.BaseExpression, new: cst.BaseExpression, parts: Sequence[Part]) -> cst.BaseExpression:
    """`new` with the parts as they became. What it holds more or less often than `old`, in a function of its
    own, or awaited already, stays as the new text has it."""
    wanted = {_meaning(part.was): part for part in parts}
    edited = Counter(_meaning(part.was) for part in parts)
    before, after = _Finder(edited), _Finder(edited)
    old.visit(before)
    new.visit(after)
    put = {
        node: wanted[text]
        for text, nodes in after.found.items()
        if len(nodes) == edited[text] == len(before.found[text])
        for node in nodes
    }
    changed = new.visit(_Putter(put))
    assert isinstance(changed, cst.BaseExpression)
    return changed


class _Finder(cst.CSTVisitor):
    """The nodes that mean one of `wanted`, by that meaning."""

    def __init__(self, wanted: Counter[str]) -> None:
        super().__init__()
        self.wanted = wanted
        self.found: dict[str, list[cst.CSTNode]] = defaultdict(list)
        self._awaited: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Lambda):
            return False
        if isinstance(node, cst.Await):
            self._awaited.add(node.expression)
        is_one = isinstance(node, cst.BaseExpression) and node not in self._awaited
        text = _meaning(node) if is_one else ""
        if text in self.wanted:
            self.found[text].append(node)
        return text not in self.wanted


class _Putter(cst.CSTTransformer):
    def __init__(self, put: dict[cst.CSTNode, Part]) -> None:
        super().__init__()
        self._put = put
        self._around: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        self._around.append(node)
        return node not in self._put

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode:
        self._around.pop()
        part = self._put.get(original_node)
        if part is None:
            return updated_node
        assert isinstance(part.is_now, cst.BaseExpression)
        return fitted(part.is_now, demanded(self._around[-1] if self._around else None, original_node))


def _meaning(node: cst.CSTNode) -> str:
    """Its text without comments, line ends and spaces that mean nothing."""
    try:
        return ast.dump(ast.parse(f"({cst.Module([]).code_for_node(node)})", mode="eval"))
    except SyntaxError:
        return ""
