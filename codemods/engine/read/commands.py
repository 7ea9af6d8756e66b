"""What the files around the code name of it, to run it: scripts, containers, pipelines, notebooks.

python -c "from app.cache import clean; clean()"      ->      app.cache.clean
command: rq enqueue app.cache:clean                   ->      app.cache.clean
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from .walk import Walk

_RUNNING = (
    ".sh", ".yml", ".yaml", ".cfg", ".ini", ".conf", ".service", "Makefile", ".mk", "Procfile",
    "Dockerfile", ".dockerfile", "Justfile", "justfile", "crontab", ".ipynb",
)  # fmt: skip
_MOST = 200_000
"""Characters; what is longer are data."""
_PATH = re.compile(r"(?<![^\W\d])[^\W\d]\w*(?:[.:][^\W\d]\w*)+")
"""A word that leads nowhere is not tried again from each of its letters."""
_IMPORT = re.compile(r"\bfrom\s+([\w.]+)\s+import\s+(?:\(([\w\s,]+)|([\w ,]+))")


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: str | list[str] = ""


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = msgspec.field(default_factory=list)


def commands(root: Path) -> Mapping[str, str]:
    """Dotted names, whatever stands behind them, and a file that holds each."""
    found: dict[str, str] = {}
    for path in sorted(Walk(root, suffixes=_RUNNING).files()):
        with contextlib.suppress(OSError):
            for name in named(_text(root / path)):
                found.setdefault(name, path)
    return found


def _text(path: Path) -> str:
    if path.suffix == ".ipynb":
        return _code(path.read_bytes())
    return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= _MOST else ""


def _code(notebook: bytes) -> str:
    """The cells that are run, without what they gave."""
    try:
        cells = msgspec.json.decode(notebook, type=_Notebook).cells
    except msgspec.DecodeError:
        return ""
    return "\n".join("".join(cell.source) for cell in cells if cell.cell_type == "code")


def named(text: str) -> Iterator[str]:
    for path in _PATH.findall(text):
        yield path.replace(":", ".")
    for module, *names in _IMPORT.findall(text):
        for name in re.findall(r"\w+", " ".join(names)):
            yield f"{module}.{name}"
