"""Proofs over the texts alone: they compile, and what no edit is about is there letter for letter."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from ...analysis.nodes import walk_once
from ...analysis.syntax import extent
from ...model import Edit, ReplaceStatements, Span
from ..edits.spans import RUN_EDITS, spans_of
from ..text.imports import for_type_checkers, remove_unused_imports
from ..text.lines import byte_to_char, split_lines
from ..text.parsed import parsed
from ..text.remarks import gone_with_imports
from .failure import Failure

COMPILES = "it compiles"


def compiles(new: Mapping[str, str]) -> Iterator[Failure]:
    """Every changed file parses and compiles; that includes no `await` outside `async def`."""
    for path, text in sorted(new.items()):
        if (error := error_of(path, text)) is not None:
            yield Failure(COMPILES, path, f"line {error[0]}: {error[1]}")


def error_of(path: str, text: str) -> tuple[int, str] | None:
    """The line, and what Python says of it; None for a text that compiles."""
    try:
        compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return getattr(error, "lineno", 0) or 0, str(error.args[0])
    return None


def comments_survive(
    old: Mapping[str, str], new: Mapping[str, str], merged: Counter[str]
) -> Iterator[Failure]:
    """Every comment and docstring of the changed files is still somewhere."""
    before, gone = Counter[str](), Counter[str]()
    for text in (old[path] for path in new if path in old):
        before.update(_comments(text))
        gone.update(gone_with_imports(text))
    after = Counter(comment for text in new.values() for comment in _comments(text))
    lost = before - gone - merged - after
    if lost:
        for path in sorted(new):
            missing = sorted(lost.keys() & set(_comments(old[path]))) if path in old else ()
            if missing:
                yield Failure("comments survive", path, missing[0])


def merged_comments(old: Mapping[str, str], edits: Mapping[str, Sequence[Edit]]) -> Counter[str]:
    """Those in statements that stand in several places, alike but for their quotes, and move to one."""
    found: Counter[str] = Counter()
    seen: set[str] = set()
    for path, own in sorted(edits.items()):
        lines = [line.strip() for line in split_lines(old[path])] if path in old else []
        for edit in own:
            if not isinstance(edit, ReplaceStatements):
                continue
            start = edit.first.line - 1
            while start and lines[start - 1].startswith("#"):
                start -= 1
            block = "\n".join(lines[start : edit.last.end_line])
            same = block.replace('"', "'")
            if same in seen:
                found.update(_remarks(block))
            seen.add(same)
    return found


def _remarks(text: str) -> Iterator[str]:
    if "#" not in text:
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.strip()


def _comments(text: str) -> Iterator[str]:
    yield from _remarks(text)
    for node in walk_once(parsed(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)):
            doc = ast.get_docstring(node)
            if doc:
                yield doc


def statements_stay(
    old: Mapping[str, str], new: Mapping[str, str], edits: Mapping[str, Sequence[Edit]]
) -> Iterator[Failure]:
    """Top-level statements that no edit is about, imports apart, are there letter for letter, in order."""
    for path, text in sorted(new.items()):
        if path not in old:
            continue
        touched = [span for edit in edits.get(path, ()) for span in _about(edit)]
        lines, rest = split_lines(old[path]), text
        tree = parsed(old[path])
        may_lose_imports = [*for_type_checkers(tree)]
        for node in tree.body:
            is_import = isinstance(node, (ast.Import, ast.ImportFrom)) or node in may_lose_imports
            if is_import or any(_meets(node, span) for span in touched):
                continue
            piece = _piece(lines, node)
            place = rest.find(piece)
            if place < 0:
                words = f"line {node.lineno} of the old file changed"
                yield Failure("what no edit is about stays", path, words, line=node.lineno)
                break
            rest = rest[place + len(piece) :]


def _about(edit: Edit) -> tuple[Span, ...]:
    """What stands between the first and the last of several statements is meant as well."""
    found = spans_of(edit)
    if isinstance(edit, RUN_EDITS):
        found += (Span(edit.first.line, edit.first.col, edit.last.end_line, edit.last.end_col),)
    return found


def _piece(lines: Sequence[str], node: ast.stmt) -> str:
    """The text of a statement: lines of its own have nothing else, but it may share them (`a = 1; b = 2`)."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    *others, last = lines[node.lineno - 1 : node.end_lineno]
    text = "".join([*others, last[: byte_to_char(last, node.end_col_offset)]])
    return text[byte_to_char(text, node.col_offset) :]


def _meets(node: ast.stmt, span: Span) -> bool:
    lines = extent(node)
    return lines.start <= span.end_line and span.line < lines.stop


def imports_stay_used(
    old: Mapping[str, str], new: Mapping[str, str], exported: Callable[[str], frozenset[str]]
) -> Iterator[Failure]:
    """No import is without a use that had one; `exported` are the names that others take from a file."""
    for path, text in sorted(new.items()):
        is_module = path in old and not path.endswith("__init__.py")
        if is_module and remove_unused_imports(old[path], text, exported=exported(path)) != text:
            yield Failure("imports stay used", path, "an import lost its last use and is still there")
