"""What is wrong with a changed file, told by the old and the new bytes alone: nothing of the tool is used."""

from __future__ import annotations

import ast
import codecs
import difflib
import io
import textwrap
import tokenize
import warnings
from collections.abc import Iterator, Sequence

_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def syntax_error(data: bytes) -> str:
    """Why this Python does not take it, or nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "<file>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def damages(old: bytes, new: bytes) -> Iterator[str]:
    """Byte order mark, encoding, line ends and statements that are the same to Python and not letter for
    letter."""
    if old.startswith(codecs.BOM_UTF8) != new.startswith(codecs.BOM_UTF8):
        yield "the byte order mark changed"
    encodings = [tokenize.detect_encoding(io.BytesIO(data).readline)[0] for data in (old, new)]
    if encodings[0] != encodings[1]:
        yield f"the encoding changed from {encodings[0]} to {encodings[1]}"
    texts = [data.decode(encodings[0]).removeprefix("\ufeff") for data in (old, new)]
    ends = [_line_ends(text) for text in texts]
    if ends[0] and ends[1] - ends[0]:
        yield f"new line ends: {ends[1] - ends[0]}"
    bodies = [_Body(text, ast.parse(text).body) for text in texts]
    yield from _changed(*bodies)


def _line_ends(text: str) -> set[str]:
    rest = text.replace("\r\n", "")
    return {end for end in ("\r", "\n") if end in rest} | ({"\r\n"} if rest != text else set())


class _Body:
    def __init__(self, text: str, statements: Sequence[ast.AST]) -> None:
        self.text = text
        self.lines = io.StringIO(text, newline="").readlines()
        self.statements = statements
        self.dumps = [ast.dump(statement) for statement in statements]

    def inner(self, index: int, name: str) -> _Body:
        inner = getattr(self.statements[index], name, None)
        return _Body(self.text, inner if isinstance(inner, list) else [])

    def source(self, first: int, last: int) -> str:
        """From the start of one statement to the end of another, comments between them too."""
        lines = self.lines[_start(self.statements[first]) - 1 : _end(self.statements[last])]
        return textwrap.dedent("".join(lines)).strip()

    def is_alone(self, index: int) -> bool:
        """Does it share no line with another statement, nor with the head of the block around it?"""
        node = self.statements[index]
        first = self.lines[_start(node) - 1].encode()[: getattr(node, "col_offset", 0)]
        last = self.lines[_end(node) - 1].encode()[getattr(node, "end_col_offset", 0) :]
        return not first.strip() and not last.lstrip().startswith(b";")


def _start(node: ast.AST) -> int:
    decorators = getattr(node, "decorator_list", [])
    return int(min([getattr(node, "lineno", 1), *(d.lineno for d in decorators)]))


def _end(node: ast.AST) -> int:
    return int(getattr(node, "end_lineno", 1))


def _changed(old: _Body, new: _Body) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, old.dumps, new.dumps, autojunk=False)
    for tag, old_start, old_stop, new_start, new_stop in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(range(old_start, old_stop), range(new_start, new_stop), strict=True)
            for mine, other in pairs:
                if isinstance(old.statements[mine], (ast.Import, ast.ImportFrom)):
                    continue
                if not old.is_alone(mine) or not new.is_alone(other):
                    continue
                if old.source(mine, mine) != new.source(other, other):
                    yield f"line {_start(old.statements[mine])}: changed, and means the same"
        elif tag == "replace" and old_stop - old_start == new_stop - new_start:
            for mine, other in zip(range(old_start, old_stop), range(new_start, new_stop), strict=True):
                for name in _BODIES:
                    yield from _changed(old.inner(mine, name), new.inner(other, name))
