"""Where a project begins: the folder that holds what the given paths import, and what imports them."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import takewhile
from pathlib import Path

from ...frameworks.names import API_LAYER
from .contents import Contents
from .import_roots import Written
from .walk import Walk

_MARKERS = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
    "async-fix.toml",
    ".git",
)
_LEVELS_ABOVE_A_MARKER = 2


def project_root(paths: Sequence[Path], contents: Contents) -> Path:
    """`paths` are absolute, without links. Gives the root of the file system when they share nothing."""
    common = Path(os.path.commonpath([str(path) for path in paths]))
    start = common if common.is_dir() else common.parent
    marked = next((folder for folder in _own(start) if _is_marked(folder)), None)
    allowed = list(_allowed(start, marked))
    roots = set(_import_roots(paths, allowed, contents))
    base = marked or _unmarked(start, allowed, contents)
    # a stray `__init__.py` makes no package of a project whose files are imported from below it
    while base in allowed[:-1] and _is_package(base) and not any(root.is_relative_to(base) for root in roots):
        base = base.parent
    return min((base, *roots), key=lambda folder: len(folder.parts))


def _is_package(folder: Path) -> bool:
    return folder.name.isidentifier() and (folder / "__init__.py").exists()


def _is_marked(folder: Path) -> bool:
    return any((folder / marker).exists() for marker in _MARKERS)


def _own(start: Path) -> Iterator[Path]:
    """The folder and those above it, without what all kinds of projects lie in."""
    shared = {Path(start.anchor), Path.home(), Path(tempfile.gettempdir()).resolve()}
    yield start
    yield from takewhile(lambda folder: folder not in shared, start.parents)


def _allowed(start: Path, marked: Path | None) -> Iterator[Path]:
    """Candidates, innermost first: never beyond the repository."""
    above = 0
    for folder in _own(start):
        yield folder
        if (folder / ".git").exists():
            return
        if marked is not None and folder in (marked, *marked.parents):
            above += 1
            if above > _LEVELS_ABOVE_A_MARKER:
                return


def _unmarked(start: Path, allowed: Sequence[Path], contents: Contents) -> Path:
    """`async-fix apply api/` in the folder of a project without any marker, or with modules beside `api/`."""
    here = Path.cwd()
    if start == here or start in here.parents:
        return start
    # at any height above what is given, but not beyond the folder where the user stands
    above = allowed[1 : allowed.index(here) + 1] if here in allowed else allowed[1:2]
    importing = next((folder for folder in above if _is_imported_in(folder, start, contents)), None)
    if importing is not None:
        return importing
    found = start
    while API_LAYER.fullmatch(found.name) and found.parent in allowed and found != here:
        found = found.parent
    return start.parent if found == start and start.parent == here else found


def _is_imported_in(around: Path, folder: Path, contents: Contents) -> bool:
    """By its name: a script that only lies there, in a folder of many projects, does not make them one."""
    name = folder.relative_to(around).parts
    return any(
        (*written.module, each)[: len(name)] == name
        for script in around.glob("*.py")
        for written in contents.imports(around, script.name)
        for each in written.names or ("",)
    )


def _import_roots(paths: Sequence[Path], allowed: Sequence[Path], contents: Contents) -> Iterator[Path]:
    """For the imports that the given files write down, the nearest allowed folders that answer them."""
    listing = cache(_listing)
    answering: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    for folder, found in _written(paths, contents):
        above = [str(place) for place in (folder, *folder.parents) if place.is_relative_to(allowed[-1])]
        for imported in found:
            if imported.level:
                package = next(iter(above[imported.level - 1 :]), str(folder))
                reached[package] += _holds(listing(package), imported.module[:1] or imported.names)
            elif imported.is_of_a_project:
                place = next((place for place in above if _answers(place, imported, listing)), "")
                answering[place] += 1
    # one forgotten file that imports what lies beside it relatively is outvoted by the program
    packages = [
        package
        for package, count in reached.items()
        if count and ("__init__.py" in listing(package) or count >= answering[package])
    ]
    inside = Counter(answering)
    for package in packages:
        around = os.path.dirname(package)
        while _is_package(Path(around)) and not inside[around]:
            around = os.path.dirname(around)
        answering[around] += 1
    yield from (folder for folder in allowed if answering[str(folder)])


def _written(paths: Sequence[Path], contents: Contents) -> Iterator[tuple[Path, set[Written]]]:
    found: dict[str, set[Written]] = {}
    for path in paths:
        folder, files = (path.parent, iter([path.name])) if path.is_file() else (path, Walk(path).files())
        for file in files:
            home = os.path.dirname(os.path.join(folder, file))
            found.setdefault(home, set()).update(contents.imports(folder, file))
    return iter(sorted((Path(home), written) for home, written in found.items()))


def _answers(folder: str, imported: Written, listing: Callable[[str], frozenset[str]]) -> bool:
    first, *rest = imported.module
    here = listing(folder)
    if f"{first}.py" in here and not rest:
        return True
    if first not in here:
        return False
    inner = listing(os.path.join(folder, first))
    return "__init__.py" in inner or _holds(inner, rest[:1] or imported.names)


def _holds(names: frozenset[str], wanted: Iterable[str]) -> bool:
    return any(name in names or f"{name}.py" in names for name in wanted)


def _listing(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()
