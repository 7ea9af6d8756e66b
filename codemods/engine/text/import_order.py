"""The sections and the order of imports, and which of the usual orders a file keeps."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from functools import partial
from itertools import pairwise
from typing import Any

ImportStatement = ast.Import | ast.ImportFrom
OrderKey = Callable[[ImportStatement], tuple[Any, ...]]
NameKey = Callable[[str], tuple[Any, ...]]

# modules that only some Python versions have: the outcome may not depend on the one that runs the tool
_SOMETIMES = """
aifc annotationlib asynchat asyncore audioop binhex cgi cgitb chunk compression crypt distutils formatter
imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev parser pipes smtpd sndhdr spwd sunau symbol
telnetlib tomllib uu xdrlib
"""
_STDLIB = sys.stdlib_module_names | frozenset(_SOMETIMES.split())


class Section(IntEnum):
    FUTURE = 0
    STDLIB = 1
    THIRD_PARTY = 2
    FIRST_PARTY = 3
    RELATIVE = 4


def section(node: ImportStatement, first_party: frozenset[str]) -> Section:
    name = root(node)
    if name == ".":
        return Section.RELATIVE
    if name == "__future__":
        return Section.FUTURE
    if name in _STDLIB:
        return Section.STDLIB
    return Section.FIRST_PARTY if name in first_party else Section.THIRD_PARTY


def root(node: ImportStatement) -> str:
    """The package that the statement imports from; a dot for a relative import."""
    if isinstance(node, ast.ImportFrom) and node.level:
        return "."
    return written_module(node).partition(".")[0]


def written_module(node: ImportStatement) -> str:
    if isinstance(node, ast.ImportFrom):
        return "." * node.level + (node.module or "")
    return node.names[0].name


def order_kept(sequences: Iterable[Sequence[ImportStatement]]) -> OrderKey | None:
    """The first of the usual orders that all sequences keep."""
    found = list(sequences)
    return next((key for key in _ORDERS if all(_is_sorted([*map(key, s)]) for s in found)), None)


def name_order_kept(lists: Iterable[Sequence[str]]) -> NameKey | None:
    found = list(lists)
    return next((key for key in _NAME_ORDERS if all(_is_sorted([*map(key, names)]) for names in found)), None)


def _is_sorted(keys: list[tuple[Any, ...]]) -> bool:
    return all(a <= b for a, b in pairwise(keys))


def _natural(text: str) -> tuple[tuple[int, int], ...]:
    parts = re.findall(r"\d+|\D", text)
    return tuple((ord("0"), int(part)) if part[0].isdecimal() else (ord(part), 0) for part in parts)


def _by_type(name: str) -> tuple[Any, ...]:
    group = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return group, _natural(name.lower()), _natural(name)


def _ignoring_case(name: str) -> tuple[Any, ...]:
    return _natural(name.lower()), _natural(name)


def _by_character(name: str) -> tuple[Any, ...]:
    return (name,)


_NAME_ORDERS: tuple[NameKey, ...] = (_by_type, _ignoring_case, _by_character)


def _names_key(node: ImportStatement) -> tuple[Any, ...]:
    return _by_type(node.names[0].name)


def _module_key(node: ImportStatement, farthest_first: bool) -> tuple[Any, ...]:
    level = node.level if isinstance(node, ast.ImportFrom) else 0
    name = written_module(node)[level:]
    return -level if farthest_first else level, _natural(name.lower()), _natural(name)


def _imports_first(node: ImportStatement, farthest_first: bool) -> tuple[Any, ...]:
    return isinstance(node, ast.ImportFrom), _module_key(node, farthest_first), _names_key(node)


def _by_module(node: ImportStatement, farthest_first: bool) -> tuple[Any, ...]:
    return _module_key(node, farthest_first), isinstance(node, ast.ImportFrom), _names_key(node)


def _froms_first(node: ImportStatement, farthest_first: bool) -> tuple[Any, ...]:
    return isinstance(node, ast.Import), _module_key(node, farthest_first), _names_key(node)


_ORDERS: tuple[OrderKey, ...] = tuple(
    partial(order, farthest_first=farthest)
    for farthest in (True, False)
    for order in (_imports_first, _by_module, _froms_first)
)
