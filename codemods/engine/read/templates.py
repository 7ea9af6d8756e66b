"""The words of a project's templates: names of what they read from the objects that they are given.

{% for note in user.notes %}{{ note.title }}{% endfor %}      ->      endfor for in note notes title user
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path

from .walk import Walk

_ENGINES = ("Jinja2Templates", "jinja2")
_SUFFIXES = (".html", ".htm", ".xml", ".txt", ".md", ".jinja", ".jinja2", ".j2")
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")


def template_words(root: Path, texts: Iterable[str]) -> frozenset[str]:
    """Of all templates below `root`; nothing where no module mentions an engine that fills them."""
    if not any(engine in text for text in texts for engine in _ENGINES):
        return frozenset()
    found: set[str] = set()
    for path in Walk(root, suffixes=_SUFFIXES).files():
        with contextlib.suppress(OSError):
            text = (root / path).read_text(encoding="utf-8", errors="replace")
            found.update(word for code in _CODE.findall(text) for word in _WORD.findall(code))
    return frozenset(found)
