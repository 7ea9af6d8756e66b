"""Proofs over what the edits surround: lines that none of them is about, signatures, decorators."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from ...analysis.nodes import walk
from ...analysis.syntax import extent, span_of
from ...model import (
    AddBase,
    AddDecorator,
    AddParameter,
    AppendCode,
    AsyncStatement,
    CloseAfter,
    Edit,
    EnterUntil,
    InsertStatements,
    MoveBody,
    RemoveParameter,
    Span,
    TurnAsync,
)
from ..edits.spans import RUN_EDITS, spans_of
from ..text.imports import for_type_checkers
from ..text.lines import split_lines
from ..text.parsed import parsed
from .failure import Failure

_HEADERS = (TurnAsync, MoveBody, RemoveParameter, AddParameter, AddBase, AsyncStatement)
"""Edits that are about the first line or lines of a statement, not about its body."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


def lines_stay(
    old: Mapping[str, str], new: Mapping[str, str], edits: Mapping[str, Sequence[Edit]]
) -> Iterator[Failure]:
    """Lines that no edit is about are there in the old order, indentation apart.

    Comments of their own may move to another file with the code below them: another proof looks for them.
    """
    for path, text in sorted(new.items()):
        if path in old:
            source, meant = old[path], edits.get(path, ())
            touched = _touched(parsed(source), meant)
            kept = [
                (number, line.strip())
                for number, line in enumerate(split_lines(source), 1)
                if number not in touched and line.strip() and not line.lstrip().startswith("#")
            ]
            rest = iter([line.strip() for line in split_lines(text)])
            lost = next((number for number, line in kept if line not in rest), 0)
            if lost:
                words = f"line {lost} of the old file changed"
                yield Failure("what no edit is about stays", path, words, line=lost)


def _touched(tree: ast.Module, edits: Sequence[Edit]) -> set[int]:
    """The numbers of the lines that some edit is about, and of those with imports and nothing else below."""
    found: set[int] = set()
    owner: dict[int, ast.stmt] = {}
    """Line -> the innermost statement on it."""
    headed: dict[tuple[int, int], ast.stmt] = {}
    for statement in walk(tree):  # outer ones before those inside them
        if isinstance(statement, ast.stmt):
            owner.update(dict.fromkeys(extent(statement), statement))
            headed[span_of(statement)[:2]] = statement
        if isinstance(statement, _IMPORTS):
            found.update(extent(statement))
    for block in for_type_checkers(tree):
        if all(isinstance(statement, _IMPORTS) for statement in block.body):
            found.update(_head(block, decorators=False))
    for edit in edits:
        if isinstance(edit, (AppendCode, InsertStatements, AddDecorator)):
            continue
        if isinstance(edit, RUN_EDITS):
            # a statement that is replaced goes with its decorators
            first = headed.get(edit.first[:2])
            start = edit.first.line if first is None else extent(first).start
            found.update(range(start, edit.last.end_line + 1))
            continue
        if (moved := _moved_right(edit)) is not None:
            found.update(range(moved.line, moved.end_line + 1))  # a long one may be wrapped there
        span, is_header = edit.span, isinstance(edit, _HEADERS)
        node = headed.get(span[:2]) if is_header else owner.get(span.line)
        found.update(range(span.line, (span.line if is_header else span.end_line) + 1))
        if node is not None:
            found.update(_head(node, decorators=not is_header))
            if isinstance(edit, MoveBody):
                found.update(_shared(node))
    return found


def _moved_right(edit: Edit) -> Span | None:
    """The statements that stand below a new `with`."""
    if isinstance(edit, EnterUntil):
        return Span(*edit.span[:2], *edit.last[2:])
    return edit.statement if isinstance(edit, CloseAfter) else None


def _shared(node: ast.stmt) -> set[int]:
    """The line of a docstring, which stays, if code that moves stands on it: `"Pays."; x = 0`."""
    first, *others = node.body  # type: ignore[attr-defined]
    return {span_of(first).end_line} & {other.lineno for other in others}


def _head(node: ast.stmt, *, decorators: bool) -> range:
    body, lines = getattr(node, "body", ()), extent(node)
    first = lines.start if decorators else node.lineno
    return range(first, max(extent(body[0]).start, node.lineno + 1) if body else lines.stop)


def signatures_stay(
    old: Mapping[str, str], new: Mapping[str, str], edits: Mapping[str, Sequence[Edit]]
) -> Iterator[Failure]:
    """Functions and methods have the parameters, defaults, annotations and decorators that they had."""
    for path, text in sorted(new.items()):
        if path not in old:
            continue
        meant = _meant(edits.get(path, ()))
        after = _signatures(parsed(text), ())
        for name, found in _signatures(parsed(old[path]), meant).items():
            for signature in found:
                if signature and signature not in after.get(name, ()):
                    yield Failure("signatures stay", path, name)


def _meant(edits: Sequence[Edit]) -> list[Span]:
    """Where an edit may well change a signature: an expression or run, or the whole of a function."""
    return [span for edit in edits if not _keeps_signature(edit) for span in spans_of(edit)]


def _keeps_signature(edit: Edit) -> bool:
    return isinstance(edit, MoveBody) or (isinstance(edit, TurnAsync) and not edit.name)


def _signatures(tree: ast.AST, meant: Sequence[Span], outer: str = "") -> dict[str, list[str]]:
    """By qualified name, functions in functions apart; an empty text where an edit is about the signature."""
    found: dict[str, list[str]] = {}
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _DEFINITIONS):
            head = _head(node, decorators=True)
            is_meant = any(span.line in head for span in meant)
            parts = [node.args, *node.decorator_list, *([node.returns] if node.returns else [])]
            found.setdefault(f"{outer}{node.name}", []).append(
                "" if is_meant else " ".join(map(ast.dump, parts))
            )
        elif isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
            inner = f"{outer}{node.name}." if isinstance(node, ast.ClassDef) else outer
            for name, signatures in _signatures(node, meant, inner).items():
                found.setdefault(name, []).extend(signatures)
    return found
