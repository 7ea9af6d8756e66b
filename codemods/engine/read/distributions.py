"""Parts of a repository that are installed by themselves: an SDK, a library beside the applications."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from .declared import read_declared
from .declaring import declares

_MAKES_ONE = ("pyproject.toml", "setup.py", "setup.cfg")
_FRAMEWORKS = frozenset({"fastapi", "starlette"})
_SERVES = re.compile(r"^[ \t]*(?:from|import)[ \t]+(?:fastapi|starlette)\b", re.MULTILINE)


def libraries(root: Path, texts: Mapping[str, str]) -> frozenset[str]:
    """The files of those that neither name FastAPI nor import it, where others do: nothing that needs it may
    come into them, and no request runs there but through what the others call."""
    parts: dict[Path, set[str]] = defaultdict(set)
    for path in texts:
        parts[_home(root, str(PurePosixPath(path).parent))].add(path)
    apart = {home for home in parts if _is_library(home, parts[home], texts)}
    is_beside = any(_SERVES.search(texts[path]) for home in parts.keys() - apart for path in parts[home])
    return frozenset(path for home in apart for path in parts[home]) if is_beside else frozenset()


def _is_library(home: Path, paths: set[str], texts: Mapping[str, str]) -> bool:
    is_made = any((home / name).is_file() for name in _MAKES_ONE)
    if not is_made or any(_SERVES.search(texts[path]) for path in paths):
        return False
    return _FRAMEWORKS.isdisjoint(read_declared([home]).anywhere)


@lru_cache(maxsize=4096)
def _home(root: Path, folder: str) -> Path:
    """The nearest folder above that says what it is installed with."""
    here = root / folder
    if here == root or declares(here):
        return here
    return _home(root, str(PurePosixPath(folder).parent))
