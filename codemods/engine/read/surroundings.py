"""What the files around the code tell of it: scripts, containers, unit files, pipelines, settings, notes.

python -c "from app.cache import clean; clean()"      ->      the name app.cache.clean
command: rq enqueue app.cache:clean                   ->      the name app.cache.clean
DATABASE_URL=postgresql+psycopg2://me:secret@db/app   ->      the database postgresql+psycopg2
image: mysql:8                                        ->      the database mysql

Nothing else of them is kept: a URL may hold a password.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from .walk import Walk

_RUNNING = (
    ".sh", ".yml", ".yaml", ".cfg", ".ini", ".conf", ".service", "Makefile", ".mk", "Procfile",
    "Dockerfile", ".dockerfile", "Justfile", "justfile", "crontab",
)  # fmt: skip
_TELLING = (".env", "env.example", "env.sample", "env.template", "env.dist", "env.local", ".md", ".rst")
"""They name databases, and speak of much code that nobody runs."""
_MOST = 200_000
"""Characters; what is longer are data."""
_PATH = re.compile(r"(?<![^\W\d])[^\W\d]\w*(?:[.:][^\W\d]\w*)+")
"""A word that leads nowhere is not tried again from each of its letters."""
_IMPORT = re.compile(r"\bfrom\s+([\w.]+)\s+import\s+([\w ,]+)")

_URL = re.compile(r"\b((?:postgres(?:ql)?|mysql|mariadb|sqlite)(?:\+\w+)?)://")
_IMAGE = re.compile(r"(?m)^\s*image:\s*[\"']?(?:[\w.-]+/)*(postgres|mysql|mariadb)(?![\w-])")


class Surroundings(msgspec.Struct, frozen=True):
    names: frozenset[str] = frozenset()
    """Dotted names, whatever stands behind them; those of dependency files are read with these."""
    databases: frozenset[str] = frozenset()
    """`dialect`, and `dialect+driver`."""


def surroundings(root: Path, homes: Iterable[Path]) -> Surroundings:
    """`homes` are folders whose `.env` is read though git ignores it."""
    settings = [(home / ".env").relative_to(root).as_posix() for home in homes]
    names: set[str] = set()
    databases: set[str] = set()
    for path in Walk(root, settings, suffixes=(*_RUNNING, *_TELLING)).files():
        with contextlib.suppress(OSError):
            if (root / path).stat().st_size <= _MOST:
                text = (root / path).read_text(encoding="utf-8", errors="replace")
                names.update(named(text) if path.endswith(_RUNNING) else ())
                databases.update(_URL.findall(text), _IMAGE.findall(text))
    return Surroundings(frozenset(names), frozenset(databases))


def named(text: str) -> Iterator[str]:
    for path in _PATH.findall(text):
        yield path.replace(":", ".")
    for module, names in _IMPORT.findall(text):
        for name in re.findall(r"\w+", names):
            yield f"{module}.{name}"
