"""Sources with `«` and `»` around the nodes that edits name, so that a test shows what it is about."""

from __future__ import annotations

import ast

from async_fix.codemods.model import Code, ImportNeed, Span, slot

POOL = Code("run_in_threadpool")
IMPORTED_POOL = Code(slot(0), (ImportNeed("fastapi.concurrency", "run_in_threadpool"),))


def marked(text: str) -> tuple[str, list[Span]]:
    """The source without the marks, and the spans in the order in which they begin."""
    opened: list[tuple[int, tuple[int, int]]] = []
    spans: list[tuple[int, Span]] = []
    line, column, number = 1, 0, 0
    source = ""
    for character in text:
        if character == "«":
            opened.append((number, (line, column)))
            number += 1
        elif character == "»":
            index, (first, col) = opened.pop()
            spans.append((index, Span(first, col, line, column)))
        else:
            source += character
            column += len(character.encode())
            if character == "\n":
                line, column = line + 1, 0
    assert not opened
    return source, [span for _, span in sorted(spans)]


def function_span(source: str, name: str) -> Span:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    raise LookupError(name)
