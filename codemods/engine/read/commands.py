"""What the files around the code name of it, to run it: scripts, containers, unit files, pipelines.

python -c "from app.cache import clean; clean()"      ->      app.cache.clean
command: rq enqueue app.cache:clean                   ->      app.cache.clean
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from .walk import Walk

_RUNNING = (
    ".sh", ".yml", ".yaml", ".cfg", ".ini", ".conf", ".service", "Makefile", ".mk", "Procfile",
    "Dockerfile", ".dockerfile", "Justfile", "justfile", "crontab",
)  # fmt: skip
_MOST = 200_000
"""Characters; what is longer are data."""
_PATH = re.compile(r"(?<![^\W\d])[^\W\d]\w*(?:[.:][^\W\d]\w*)+")
"""A word that leads nowhere is not tried again from each of its letters."""
_IMPORT = re.compile(r"\bfrom\s+([\w.]+)\s+import\s+([\w ,]+)")


def commands(root: Path) -> frozenset[str]:
    """Dotted names, whatever stands behind them; those of dependency files are read with these."""
    found: set[str] = set()
    for path in Walk(root, suffixes=_RUNNING).files():
        with contextlib.suppress(OSError):
            if (root / path).stat().st_size <= _MOST:
                found.update(named((root / path).read_text(encoding="utf-8", errors="replace")))
    return frozenset(found)


def named(text: str) -> Iterator[str]:
    for path in _PATH.findall(text):
        yield path.replace(":", ".")
    for module, names in _IMPORT.findall(text):
        for name in re.findall(r"\w+", names):
            yield f"{module}.{name}"
