"""Which files take part: the application, its tests, and migrations, which keep a sync engine of their
own."""

from __future__ import annotations

import re

import msgspec

from ..analysis.index.bindings import Import
from ..analysis.link.program import Program
from ..analysis.syntax import Syntax

_MIGRATING = frozenset({"op", "context"})
_WORDS = ("sqlalchemy", "sqlmodel", "session", "engine", "db", ".query(", ".commit(")
_SIGNS = re.compile(r"sqlalchemy|sqlmodel|session|engine|\bdb\b|\.query\(|\.commit\(", re.IGNORECASE)


class Files(msgspec.Struct, frozen=True):
    app: tuple[str, ...]
    tests: tuple[str, ...]
    tests_have_engine: bool
    """The tests talk to a database of their own: their sessions stay sync, only what they hand the
    application changes."""
    quiet: frozenset[str]
    """Files without a word of a database, in which a caller may stand all the same."""
    migrations: tuple[str, ...]


def sort_files(program: Program, syntax: Syntax) -> Files:
    app: list[str] = []
    tests: list[str] = []
    migrations: list[str] = []
    quiet: list[str] = []
    own_engine = False
    for path in sorted(program.modules):
        facts = program.modules[path].facts
        if migrates(program, path):
            migrations.append(path)
            continue
        text = syntax.file(path).text
        if not _speaks_of_one(text):
            quiet.append(path)
            continue
        (tests if facts.is_test else app).append(path)
        own_engine = own_engine or (facts.is_test and bool(re.search(r"\bcreate_engine\(", text)))
    return Files(tuple(app), tuple(tests), own_engine, frozenset(quiet), tuple(migrations))


def _speaks_of_one(text: str) -> bool:
    """Plain words are found faster than by the expression, which most files do not fit."""
    if text.isascii():
        small = text.lower()
        if not any(word in small for word in _WORDS):
            return False
    return _SIGNS.search(text) is not None


def migrates(program: Program, path: str) -> bool:
    """`from alembic import op` or `context`: run by alembic, outside any event loop."""
    for binding in program.modules[path].facts.scopes[0].bindings:
        value = binding.value
        if isinstance(value, Import) and value.module == "alembic" and value.name in _MIGRATING:
            return True
    return False
