"""Parts of a repository that are installed by themselves: an SDK, or a bot, beside the applications."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Set
from pathlib import Path, PurePosixPath

from .declared import Declared, read_declared
from .declaring import declares

_FRAMEWORKS = frozenset({"fastapi", "starlette"})
_SERVES = re.compile(r"^[ \t]*(?:from|import)[ \t]+(?:fastapi|starlette)\b(?!\.concurrency\b)", re.MULTILINE)
"""What imports `fastapi.concurrency` alone does so since a run, as a handler runs it: it serves nobody."""
_TEST = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*$|conftest\.py$)")


def libraries(root: Path, texts: Mapping[str, str]) -> frozenset[str]:
    """The files of those that neither name FastAPI nor import it, where others do: nothing that needs it may
    come into them, and no request runs there but through what the others call."""
    homes: dict[PurePosixPath, Path] = {PurePosixPath("."): root}
    parts: dict[Path, list[str]] = defaultdict(list)
    for path in sorted(texts):
        parts[_home(root, PurePosixPath(path).parent, homes)].append(path)
    serving = {home for home, paths in parts.items() if any(_serves(path, texts[path]) for path in paths)}
    apart = _without_framework(set(filter(declares, parts)), serving) if serving else frozenset()
    return frozenset(path for home in apart for path in parts[home])


def _serves(path: str, text: str) -> bool:
    return not _TEST.search(path) and _SERVES.search(text) is not None


def _without_framework(homes: Set[Path], serving: Set[Path]) -> frozenset[Path]:
    """Those that do not get FastAPI from another one of them either."""
    needs = {home: read_declared([home]) for home in homes}
    having = {*serving, *(home for home in homes if not _FRAMEWORKS.isdisjoint(needs[home].anywhere))}
    while more := {home for home in homes - having if _names(having, needs) & needs[home].anywhere}:
        having |= more
    return frozenset(homes - having)


def _names(homes: Set[Path], needs: Mapping[Path, Declared]) -> frozenset[str]:
    return frozenset(needs[home].name for home in homes & needs.keys()) - {""}


def _home(root: Path, folder: PurePosixPath, known: dict[PurePosixPath, Path]) -> Path:
    """The nearest folder above that says what it is installed with."""
    if folder not in known:
        here = root / folder
        known[folder] = here if declares(here) else _home(root, folder.parent, known)
    return known[folder]
