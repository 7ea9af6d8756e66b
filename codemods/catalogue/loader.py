"""Catalogue files -> owners by import root: the roots of a file are read at once, the rest when asked for."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from .entry import CatalogueError
from .lookup import Catalogue
from .schema import Owner
from .shelf import root_of
from .tables import read_owner
from .verify import check_owner

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent
_USERS = "tool.async-fix.catalogue"
_HEADER = {"roots", "aliases", "distribution", "distributions", "source"}


class Library(msgspec.Struct, frozen=True):
    """One file: tables of modules and classes, and other names under which they are known."""

    owners: tuple[Owner, ...]
    aliases: Mapping[str, str]
    """Other name -> canonical name; of a module or class it holds for all inside."""


def load(
    extra: Sequence[Mapping[str, object]] = (), read: Callable[[Path], Library] | None = None
) -> Catalogue:
    """The bundled files, as `read` gives them, with the user's entries over them. Raises CatalogueError for
    what cannot be used."""
    if not extra and read is None:
        return _bundled(FOLDER)
    users = [read_library(table, _USERS) for table in extra]
    catalogue = _over(_files(FOLDER), users, read or read_file)
    for library in users:
        for owner in library.owners:
            check_owner(catalogue, owner)
    return catalogue


@cache
def _bundled(folder: Path) -> Catalogue:
    """One for all runs of a process: what it says depends on its files alone."""
    return _over(_files(folder), (), read_file)


def _over(
    files: Mapping[str, Sequence[Path]], users: Sequence[Library], read: Callable[[Path], Library]
) -> Catalogue:
    return Catalogue(
        frozenset(files).union(root_of(owner.name) for library in users for owner in library.owners),
        lambda root: _libraries(files, root, users, read),
    )


def read_library(table: Mapping[str, object], file: str) -> Library:
    """Raises CatalogueError, which names the file and the key."""
    defaults: dict[str, str] = {}
    for key in ("distribution", "source"):
        value = table.get(key, "")
        if not isinstance(value, str):
            raise CatalogueError(f"must be a text, not {value!r}", file, key)
        if value:
            defaults[key] = value
    distributions = dict(_names(table.get("distributions", {}), file, "distributions"))
    owners: list[Owner] = []
    for key, value in table.items():
        if key not in _HEADER:
            distribution = distributions.get(root_of(key), defaults.get("distribution", ""))
            owners.append(read_owner(key, value, file, {**defaults, "distribution": distribution}))
    library = Library(tuple(owners), dict(_names(table.get("aliases", {}), file, "aliases")))
    roots = table.get("roots")
    if roots is not None:
        _check_roots(library, roots, file)
    return library


@cache
def read_file(path: Path) -> Library:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueError(str(error), path.name) from error
    if next(iter(table), "") != "roots":
        raise CatalogueError("must be the first line", path.name, "roots")
    return read_library(table, path.name)


@cache
def _files(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Import root -> the files that know it."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.glob("*.toml")):
        for root in _roots(path):
            found[root].append(path)
    return {root: tuple(paths) for root, paths in found.items()}


def _roots(path: Path) -> list[str]:
    """The first value of a file, without parsing all the rest: one text, of one line or of several."""
    with path.open(encoding="utf-8") as file:
        key, _, value = file.readline().partition("=")
        if key.strip() != "roots":
            raise CatalogueError("must be the first line", path.name, "roots")
        while value.strip().startswith("'''") and value.count("'''") < 2:
            value += file.readline() or "'''"
    return value.strip().strip("'\"").split()


def _libraries(
    files: Mapping[str, Sequence[Path]],
    root: str,
    users: Sequence[Library],
    read: Callable[[Path], Library],
) -> Iterator[Library]:
    yield from map(read, files.get(root, ()))
    for library in users:
        owners = tuple(owner for owner in library.owners if root_of(owner.name) == root)
        yield Library(owners, {name: to for name, to in library.aliases.items() if root_of(name) == root})


def _names(table: object, file: str, key: str) -> Iterator[tuple[str, str]]:
    """`"requests.Session" = 'requests.sessions.Session'` -> other name, canonical name."""
    if not isinstance(table, Mapping):
        raise CatalogueError(f"must be a table, not {table!r}", file, key)
    seen: set[str] = set()
    for canonical, others in table.items():
        if not isinstance(others, str):
            raise CatalogueError("must be names with spaces between them", file, f"{key}.{canonical}")
        for other in others.split():
            if other in seen or (other == canonical and key == "aliases"):
                raise CatalogueError(f"{other} stands there already", file, f"{key}.{canonical}")
            seen.add(other)
            yield other, canonical


def _check_roots(library: Library, roots: object, file: str) -> None:
    if not isinstance(roots, str):
        raise CatalogueError("must be names with spaces between them", file, "roots")
    known = set(roots.split())
    names = [*library.aliases, *(owner.name for owner in library.owners)]
    names += [owner.twin for owner in library.owners if owner.mirror and owner.twin]
    for name in names:
        if root_of(name) not in known:
            raise CatalogueError(f"{root_of(name)} is missing: {name} is in the file", file, "roots")
