"""One file and its edits -> the new text; every line that no edit is about stays byte for byte as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import libcst as cst
import msgspec

from ..model import AppendCode, Edit, ImportNeed, Span, slot
from .edits.code import Writer
from .edits.cut import Piece, cut
from .edits.failure import RewriteError
from .edits.spans import codes_of, settle
from .edits.targets import Written, targets
from .edits.transformer import transformed
from .text.import_layout import layout
from .text.import_names import longest_import
from .text.imports import bound_names, place_imports, remove_unused_imports
from .text.lines import newline_of, split_lines
from .text.parsed import parsed
from .text.quotes import prefers_single
from .text.unnamed import needs_inside
from .text.wrap import wrap_long_lines

__all__ = ["RewriteError", "rewrite"]

_BOM = "\ufeff"
_LONGEST = 120
"""Columns beyond which no line is made where no formatter or linter is set up."""
_DEFAULT_LENGTH = 88
_TOUCHING = re.compile(
    r"\b(?:and|assert|elif|else|if|in|is|not|or|raise|return|while|yield)\((?=.*\b(?:if|lambda)\b)"
)
_WORD = re.compile(r"\w+")
_POOL = ImportNeed("fastapi.concurrency", "run_in_threadpool")
_ASYNCIO = ImportNeed("asyncio")


class _Names(msgspec.Struct, frozen=True):
    """How the file is known to others, and what they take from it."""

    module: str
    is_package: bool
    first_party: frozenset[str]
    exported: frozenset[str]
    has_fastapi: bool


def rewrite(
    source: str,
    edits: Sequence[Edit],
    *,
    module: str = "",
    is_package: bool = False,
    first_party: frozenset[str] = frozenset(),
    line_length: int | None = None,
    exported: frozenset[str] = frozenset(),
    has_fastapi: bool = True,
) -> str:
    """The file with its edits carried out, its imports added and removed, its long lines wrapped.

    `exported` are names that other files take from this module or patch in it: their imports stay.
    Where FastAPI may be missing, and nothing else is taken from it, the threads of `asyncio` do.
    Raises `RewriteError` when an edit does not fit the file.
    """
    if not edits:
        return source
    names = _Names(module, is_package, first_party, exported, has_fastapi)
    return _rewritten(source, tuple(edits), names, line_length)


# when a group falls, the files of all others are rewritten with the same edits again
@lru_cache(maxsize=1024)
def _rewritten(source: str, edits: tuple[Edit, ...], names: _Names, line_length: int | None) -> str:
    mark = _BOM if source.startswith(_BOM) else ""
    text = source.removeprefix(_BOM)
    tree = _parsed(text, "the file does not parse")
    wanted = settle(edits)
    called = needs_inside(_needs(wanted), names.module, names.first_party)
    from_fastapi = {need for need in called if need.module.startswith("fastapi.")}
    if from_fastapi == {_POOL} and not names.has_fastapi:
        called[_POOL] = _ASYNCIO
    needs = tuple(dict.fromkeys(called.values()))
    bound = bound_names(text, needs, module=names.module, is_package=names.is_package)
    spelling = {need: bound[inner] for need, inner in called.items()}
    if called.get(_POOL) == _ASYNCIO:
        spelling[_POOL] += ".to_thread"
    lines = split_lines(text)
    limit = line_length or _DEFAULT_LENGTH
    writer = Writer(spelling, newline_of(text), _indent(lines, tree), limit, prefers_single(text))
    changed = _spliced(lines, tree, [edit for edit in wanted if not isinstance(edit, AppendCode)], writer)
    for edit in wanted:
        if isinstance(edit, AppendCode):
            changed = _appended(changed, writer.source(edit.code), writer.newline)
    _parsed(changed, "the new text does not parse")
    words = set(_WORD.findall(changed))  # what is done within an expression may be gone with it
    changed = place_imports(
        changed,
        tuple(need for need in needs if bound[need].partition(".")[0] in words),
        first_party=names.first_party,
        line_length=line_length,
        module=names.module,
        is_package=names.is_package,
        original=text,
    )
    exported = names.exported | (_given_on(tree, names.first_party) if names.is_package else frozenset())
    import_length = line_length or longest_import(layout(text, tree))
    changed = remove_unused_imports(text, changed, exported=exported, limit=import_length)
    if line_length is not None:
        return mark + wrap_long_lines(text, changed, line_length)
    longest = max(map(len, split_lines(text)), default=0)
    return mark + wrap_long_lines(text, changed, _LONGEST, habit=max(longest, _DEFAULT_LENGTH))


def _given_on(tree: ast.Module, first_party: frozenset[str]) -> frozenset[str]:
    """What a package imports from its own project: it may do so for whoever uses the package."""
    own = (
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and (node.level or (node.module or "").partition(".")[0] in first_party)
    )
    return frozenset(alias.asname or alias.name for node in own for alias in node.names)


def _needs(edits: Iterable[Edit]) -> tuple[ImportNeed, ...]:
    found = {
        need
        for edit in edits
        for code in codes_of(edit)
        for index, need in enumerate(code.needs)
        if slot(index) in code.text
    }
    return tuple(sorted(found))


def _parsed(text: str, words: str) -> ast.Module:
    try:
        return parsed(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise RewriteError(f"{words}: {error.args[0]}", Span(line, 0, line, 0)) from error


def _indent(lines: Sequence[str], tree: ast.Module) -> str:
    """What the first indented block of the file is indented by."""
    for node in tree.body:
        body = getattr(node, "body", None)
        if isinstance(body, list) and body[0].lineno > node.lineno:
            line = lines[body[0].lineno - 1]
            return line[: len(line) - len(line.lstrip(" \t"))] or "    "
    return "    "


def _spliced(lines: Sequence[str], tree: ast.Module, edits: Sequence[Edit], writer: Writer) -> str:
    out: list[str] = []
    done = 0
    for piece in cut(lines, tree, edits):
        out.extend(lines[done : piece.start])
        out.append(_changed(lines[piece.start : piece.end], piece, writer))
        done = piece.end
    out.extend(lines[done:])
    return "".join(out)


def _changed(lines: Sequence[str], piece: Piece, writer: Writer) -> str:
    text = "".join(lines)
    whole = Span(piece.start + 1, 0, piece.end, 0)
    try:
        tree = cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise RewriteError(f"LibCST cannot parse it: {error.message}", whole) from error
    except (cst.CSTValidationError, TypeError) as error:  # `return(a if b else c)`, `return(lambda: 1)`
        touching = (number for number, line in enumerate(lines, piece.start + 1) if _TOUCHING.search(line))
        first = next(touching, piece.start + 1)
        place = Span(first, 0, first, 0)
        raise RewriteError("LibCST wants a space between a keyword and a bracket", place) from error
    written = Written(tree)
    if written.code != text:
        raise RewriteError("LibCST does not give it back unchanged", whole)
    if not any(isinstance(node, cst.IndentedBlock) for node in _suites(tree)):
        tree = tree.with_changes(default_indent=writer.indent)
    if len(split_lines(text)) < 2 and not text.endswith(("\r", "\n")):
        tree = tree.with_changes(default_newline=writer.newline)
    found = targets(written.positions, lines, piece.start, piece.edits)
    changed = transformed(tree, piece.edits, found, writer, opens_file=piece.start == 0)
    # for LibCST a module without any line ends with a line end
    return changed.code if changed.children else ""


def _suites(tree: cst.Module) -> Iterable[cst.CSTNode]:
    """The bodies of the top-level statements of a piece."""
    return (getattr(statement, "body", tree) for statement in tree.body)


def _appended(text: str, code: str, newline: str) -> str:
    """`code` at the end of the file, two blank lines above it when a definition stands on either side."""
    lines = split_lines(text)
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        return code
    kept = "".join(lines).rstrip("\r\n")
    last, first = ast.parse(text).body[-1:], ast.parse(code).body[:1]
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    apart = any(isinstance(node, definitions) for node in (*last, *first))
    return kept + newline * (3 if apart else 2) + code
