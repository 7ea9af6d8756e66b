"""The tables of all files, which are read when the first name of their import root is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from .entry import CatalogueError
from .schema import Owner


class Library(Protocol):
    @property
    def owners(self) -> tuple[Owner, ...]: ...
    @property
    def aliases(self) -> Mapping[str, str]: ...


def root_of(name: str) -> str:
    return name.partition(".")[0]


class Shelf:
    def __init__(self, roots: frozenset[str], libraries: Callable[[str], Iterable[Library]]) -> None:
        self.roots = roots
        self._libraries = libraries
        self._read: set[str] = set()
        self._taken: dict[int, Library] = {}
        """By identity, which is told apart as long as they are held: those that are gone give theirs away."""
        self.owners: dict[str, Owner] = {}
        self._by_root: dict[str, dict[str, Owner]] = {}
        self.plain: dict[str, str] = {}
        """Class without a table -> its base class, or an empty text."""
        self.mirrored: dict[str, Owner] = {}
        """Async class -> the sync class whose methods it has."""
        self.paths: set[str] = set()
        """`openai.OpenAI.chat`: attributes that lead to a table."""
        self.aliases: dict[str, str] = {}

    def of_root(self, root: str) -> tuple[Owner, ...]:
        self.need(root)
        return tuple(self._by_root.get(root, {}).values())

    def all(self) -> Iterator[Owner]:
        """Those of files that were not needed yet as well."""
        for root in sorted(self.roots):
            self.need(root)
        yield from sorted(self.owners.values(), key=lambda owner: owner.name)

    def need(self, name: str) -> None:
        root = root_of(name)
        if root in self._read:
            return
        self._read.add(root)
        for library in self._libraries(root):
            if id(library) not in self._taken:  # a file with several roots comes once for each of them
                self._taken[id(library)] = library
                self._add(library)

    def _add(self, library: Library) -> None:
        self.aliases.update(library.aliases)
        for owner in library.owners:
            known = self.owners.get(owner.name)
            if (known is not None and known.file == owner.file) or (known and owner.file.endswith(".toml")):
                raise CatalogueError(f"stands in {known.file} already", owner.file, f"[{owner.name}]")
            self.owners[owner.name] = owner = owner.over(known) if known else owner
            self._by_root.setdefault(root_of(owner.name), {})[owner.name] = owner
            for word, base in owner.subclasses.items():
                self.plain[f"{owner.name}.{word}"] = base
            if owner.mirror and owner.twin:
                self.mirrored[owner.twin] = owner
                self._add_path(owner.twin)
            self._add_path(owner.name)

    def _add_path(self, name: str) -> None:
        """`openai.OpenAI.chat.completions`: what stands behind a class is reached through attributes."""
        parts = name.split(".")
        for index in range(1, len(parts) - 1):
            if parts[index][:1].isupper() and parts[index + 1][:1].islower():
                self.paths.update(".".join(parts[:end]) for end in range(index + 2, len(parts) + 1))
                return
