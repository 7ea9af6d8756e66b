"""The templates of a project."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from .walk import Walk

_ENGINES = ("Jinja2Templates", "jinja2")
_SUFFIXES = (".html", ".htm", ".xml", ".txt", ".md", ".jinja", ".jinja2", ".j2")


def templates_of(root: Path, texts: Iterable[str]) -> tuple[str, ...]:
    """Of all templates below `root`; nothing where no module mentions an engine that fills them."""
    if not any(engine in text for text in texts for engine in _ENGINES):
        return ()
    found: list[str] = []
    for path in Walk(root, suffixes=_SUFFIXES).files():
        with contextlib.suppress(OSError):
            text = (root / path).read_text(encoding="utf-8", errors="replace")
            found += [text] if "{{" in text or "{%" in text else []
    return tuple(found)
