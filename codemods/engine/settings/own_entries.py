"""The user's own entries of the catalogue: tables of the config, and TOML files that it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .toml_lines import Lines, key_lines, line_of

_TABLE = re.compile(r"\[(.+?)\](?: ([\w-]+))?")

Parse = Callable[[Path], tuple[str, dict[str, Any]]]


class EntryError(Exception):
    """An entry that cannot be used, and where it stands."""

    def __init__(self, message: str, path: Path, line: int) -> None:
        super().__init__(message)
        self.message, self.path, self.line = message, path, line


def entries(
    given: Iterable[Mapping[str, Any] | str], path: Path, lines: Lines, prefix: tuple[str, ...], parse: Parse
) -> tuple[Mapping[str, Any], ...]:
    """All tables, those of files included; paths are relative to the config at `path`. Raises `EntryError`,
    and what `parse` raises."""
    # most configs have none, and their runs need no catalogue before there is something to judge
    from ... import catalogue
    from ...catalogue.loader import read_library

    tables: list[Mapping[str, Any]] = []
    for entry in given:
        where, table, known, above = path, entry, lines, prefix
        if isinstance(entry, str):
            where = path.parent / entry
            text, table = parse(where)
            known, above = key_lines(text), ()
        assert isinstance(table, Mapping)
        try:
            read_library(table, where.name)
            catalogue.load([*tables, table])
        except catalogue.CatalogueError as error:
            raise EntryError(f"{error.key}: {error.message}", where, _line(known, above, error.key)) from None
        tables.append(table)
    return tuple(tables)


def _line(lines: Lines, prefix: tuple[str, ...], key: str) -> int:
    """The line of `[acme.Client] blocking`."""
    found = _TABLE.match(key)
    name, *inside = [part for part in found.groups() if part] if found else key.split(".")
    for owner in ((name,), tuple(name.split("."))):  # a dotted name without quotes is a table in a table
        table = (*prefix, *owner)
        if any(written[: len(table)] == table for written in lines):
            return line_of(lines, (*table, *inside) if (*table, *inside) in lines else table)
    return line_of(lines, prefix)
