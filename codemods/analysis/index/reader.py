"""One file's syntax tree -> `ModuleFacts`: one walk that writes down names, definitions, calls and types."""

from __future__ import annotations

import re

from ..syntax import syntax_of
from .computing import computing
from .facts import ModuleFacts
from .statements import StatementReader

_DIRECTIVE = re.compile(r"#\s*async-fix:\s*(.+?)\s*$", re.MULTILINE)


def index(
    source: str, path: str, module: str, *, root: str = "", is_package: bool = False, is_test: bool = False
) -> ModuleFacts:
    """The facts of one file.

    Raises `SyntaxError` where `ast` does, `ValueError` for NUL bytes, `RecursionError` and `MemoryError` for
    absurd nesting.
    """
    reader = StatementReader()
    tree = syntax_of(path, source).tree
    reader.module(tree)
    return ModuleFacts(
        path=path,
        module=module,
        root=root,
        is_package=is_package,
        is_test=is_test,
        scopes=tuple(draft.freeze() for draft in reader.scopes),
        calls=tuple(call for call in reader.calls if call is not None),
        references=tuple(reader.references),
        attributes=tuple(reader.attributes),
        implicits=tuple(reader.implicits),
        stores=tuple(reader.stores),
        exports=tuple(reader.exports) if reader.exports is not None else None,
        computing=tuple(computing(tree, reader.functions, source.splitlines(keepends=True))),
        ignored_lines=_directives(source) if "async-fix" in source else (),
    )


def _directives(source: str) -> tuple[tuple[int, str], ...]:
    return tuple(
        (source.count("\n", 0, match.start()) + 1, match.group(1)) for match in _DIRECTIVE.finditer(source)
    )
