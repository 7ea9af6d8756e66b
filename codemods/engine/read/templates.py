"""The templates of a project: files, and texts in its code."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...model import Template
from .walk import Walk

_ENGINES = ("Jinja2Templates", "jinja2")
_SUFFIXES = (".html", ".htm", ".xml", ".txt", ".md", ".jinja", ".jinja2", ".j2")


def templates_of(root: Path, texts: Iterable[str]) -> tuple[Template, ...]:
    """Of all templates below `root`, and those that `texts` hold, its modules; nothing where none of these
    mentions an engine that fills them."""
    modules = list(texts)
    if not any(engine in text for text in modules for engine in _ENGINES):
        return ()
    found = [Template(text) for module in modules if _is_filled(module) for text in _written_in(module)]
    for path in Walk(root, suffixes=_SUFFIXES).files():
        with contextlib.suppress(OSError):
            text = (root / path).read_text(encoding="utf-8", errors="replace")
            found.append(Template(text if _is_filled(text) else "", path))
    return tuple(found)


def _is_filled(text: str) -> bool:
    return "{{" in text or "{%" in text


def _written_in(module: str) -> Iterator[str]:
    """`Template("<h1>{{ user.name }}</h1>")`"""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        for node in ast.walk(ast.parse(module)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_filled(node.value):
                yield node.value
