"""Texts -> facts: what is not known yet is read, in several processes where that pays."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ..analysis.index.facts import ModuleFacts
from ..analysis.index.reader import index
from ..analysis.index.unread import LARGEST
from ..analysis.syntax import FileSyntax, syntax_of
from ..model import Problem
from .workers import AUTOMATIC, spread, workers

_DEEP = 20_000
_LONG = 5_000
"""Characters of a line that nobody writes by hand, and that may be nested as deep as it is long."""
_UNREAD = "not changed, and what it imports counts as used"
_RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
_NEWER = f"a later Python than {_RUNNING} reads it: run async-fix under that"
_PAYS = 3_000_000
"""Characters to be read; below, starting processes and handing over facts costs more than it gains."""
_HELPINGS = 4
"""For each worker: files are not alike, and nobody is to wait long for the last one."""


class FileInfo(msgspec.Struct, frozen=True):
    """What `project` knows of one file."""

    path: str
    module: str
    root: str
    is_package: bool
    is_test: bool


def held(texts: Mapping[str, str]) -> list[FileSyntax]:
    """The trees that are made when the files are read, to be held until all statements are looked at: none is
    made twice. Of large projects they would take too much memory."""
    is_small = sum(map(len, texts.values())) < _PAYS
    return [syntax_of(path, text) for path, text in texts.items()] if is_small else []


def index_all(
    files: Iterable[FileInfo],
    texts: Mapping[str, str],
    known: Mapping[str, ModuleFacts] | None = None,
    jobs: int = 1,
) -> tuple[list[ModuleFacts], list[Problem]]:
    """Facts of every file that can be read, in the order of the files; `known` facts are used again."""
    wanted = [file for file in files if file.path in texts or (known is not None and file.path in known)]
    found: dict[str, ModuleFacts | Problem] = dict(known or {})
    new = [(file, texts[file.path]) for file in wanted if file.path not in found]
    if jobs == AUTOMATIC and sum(len(text) for _, text in new) < _PAYS:
        jobs = 1
    found |= _in_processes(new, workers(jobs)) if workers(jobs) > 1 else _read(new)
    results = [found[file.path] for file in wanted]
    facts = [each for each in results if isinstance(each, ModuleFacts)]
    return facts, [each for each in results if isinstance(each, Problem)]


def _in_processes(files: Sequence[tuple[FileInfo, str]], jobs: int) -> dict[str, ModuleFacts | Problem]:
    helpings = [files[start :: jobs * _HELPINGS] for start in range(jobs * _HELPINGS)]
    decoder = msgspec.msgpack.Decoder(ModuleFacts)
    found: dict[str, ModuleFacts | Problem] = {}
    for packed in spread(_packed, [helping for helping in helpings if helping], jobs):
        found |= {path: decoder.decode(each) if isinstance(each, bytes) else each for path, each in packed}
    # what cannot be sent is read here
    return found | _read([(file, text) for file, text in files if file.path not in found])


def _packed(files: Sequence[tuple[FileInfo, str]]) -> list[tuple[str, bytes | Problem]]:
    packed: list[tuple[str, bytes | Problem]] = []
    for path, found in _read(files).items():
        content = found if isinstance(found, Problem) else encoded(found)
        if content is not None:
            packed.append((path, content))
    return packed


def encoded(facts: ModuleFacts) -> bytes | None:
    """None for what msgpack cannot hold: texts with half a surrogate pair, absurd nesting."""
    try:
        return msgspec.msgpack.encode(facts)
    except (UnicodeEncodeError, RecursionError):
        return None


def _read(files: Sequence[tuple[FileInfo, str]]) -> dict[str, ModuleFacts | Problem]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEP))
    try:
        return {file.path: _facts(file, text) for file, text in files}
    finally:
        sys.setrecursionlimit(limit)


def _facts(file: FileInfo, text: str) -> ModuleFacts | Problem:
    if len(text) > LARGEST:
        size = f"has {len(text):,} characters, and no more than {LARGEST:,} are read"
        return Problem(size, file.path, hint=_UNREAD)
    try:
        return index(
            text, file.path, file.module, root=file.root, is_package=file.is_package, is_test=file.is_test
        )
    except SyntaxError as error:
        hint = f"{_NEWER}; {_UNREAD}" if _is_newer(text, error) else _UNREAD
        return Problem(f"syntax error: {error.msg}", file.path, error.lineno or 0, hint)
    except (ValueError, RecursionError, MemoryError) as error:
        return Problem(f"cannot be parsed: {type(error).__name__}", file.path, hint=_UNREAD)


def _is_newer(text: str, error: SyntaxError) -> bool:
    """Is it the grammar of a later Python? LibCST reads that on any, but what is nested too deep, which ends
    the process."""
    if error.msg.startswith("too many ") or any(len(line) > _LONG for line in text.splitlines()):
        return False
    import libcst

    try:
        libcst.parse_module(text)
    except (libcst.ParserSyntaxError, ValueError, RecursionError):
        return False
    return True
