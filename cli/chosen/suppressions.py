"""`# async-fix: ignore[AF201, AF4] reason`: findings that somebody has looked at and lets be.

On a line it counts for the statement there, on a `def` or a `class` for all of it, above the first statement
for the file, on another line of its own for the statement below. Without codes it counts for all.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ...codemods.engine.codes import pages
from ...codemods.model import Finding, Location, Problem

_COMMENT = re.compile(r"#\s*async-fix:\s*ignore(?:\s*\[(?P<codes>[^\]]*)\])?(?P<reason>.*)", re.IGNORECASE)
_SUITES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Suppression(msgspec.Struct, frozen=True):
    location: Location
    codes: tuple[str, ...]
    """Codes or their beginnings; empty for all."""
    first: int
    last: int
    """The lines it covers, both included."""
    reason: str = ""

    def covers(self, finding: Finding) -> bool:
        return (
            finding.location.path == self.location.path
            and self.first <= finding.span.line <= self.last
            and (not self.codes or finding.code.startswith(self.codes))
        )


def suppressions(texts: Mapping[str, str], paths: Iterable[str]) -> Iterator[Suppression | Problem]:
    """All of the files, and one `Problem` for each that names no code there is."""
    for path in sorted(paths):
        if "async-fix:" in texts.get(path, ""):
            yield from _of_file(path, texts[path])


def _of_file(path: str, text: str) -> Iterator[Suppression | Problem]:
    try:
        tree = ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return  # reported by whoever reads the file for its code
    for token in tokens:
        found = _COMMENT.match(token.string) if token.type == tokenize.COMMENT else None
        if found is None:
            continue
        line, column = token.start
        codes = tuple(code.strip().upper() for code in (found["codes"] or "").split(",") if code.strip())
        unknown = [code for code in codes if not any(known.startswith(code) for known in pages())]
        if unknown:
            hint = "`async-fix rules` lists them"
            yield Problem(f"there is no code {unknown[0]} to ignore", path, line, hint)
            continue
        is_alone = not token.line[:column].strip()
        first, last = _extent(tree, line, is_alone)
        yield Suppression(Location(path, line, column + 1), codes, first, last, found["reason"].strip(" :-"))


def _extent(tree: ast.Module, line: int, is_alone: bool) -> tuple[int, int]:
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    if is_alone:
        if all(_start(node) > line for node in tree.body[_docstring(tree) :]):
            return 1, max(line, *(node.end_lineno or 0 for node in statements), 1)
        between = [node for node in statements if _start(node) < line < node.lineno]  # decorator and `def`
        below = between[-1:] or [node for node in statements if _start(node) > line]
        if not below:
            return line, line
        return _lines(min(below, key=lambda node: (_start(node), -(node.end_lineno or 0))))
    around = [node for node in statements if _start(node) <= line <= _head_end(node)]
    return _lines(max(around, key=_start)) if around else (line, line)


def _docstring(tree: ast.Module) -> int:
    return 0 if ast.get_docstring(tree, clean=False) is None else 1


def _start(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _SUITES) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _head_end(node: ast.stmt) -> int:
    """The last line of what stands before the body; of a simple statement the last one."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not body:
        return node.end_lineno or node.lineno
    first = body[0].lineno if isinstance(body[0], ast.stmt) else body[0].pattern.lineno
    return max(first - 1, node.lineno)


def _lines(node: ast.stmt) -> tuple[int, int]:
    """All of a function, a class or a simple statement; of `if`, `with`, `for`, ... the head alone."""
    is_whole = isinstance(node, _SUITES) or not hasattr(node, "body")
    return _start(node), (node.end_lineno or node.lineno) if is_whole else _head_end(node)
