"""Dotted names -> entries: re-exports, base classes, mirrored async classes and wildcards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from .build import build, constructor, split_type
from .entry import Effect, Entry
from .schema import Owner
from .shelf import Library, Shelf, root_of

_ASYNC_DUNDERS = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
}
_ALIAS_STEPS = 4


class Catalogue:
    """Files are read when the first name of their import root is asked for."""

    def __init__(self, roots: frozenset[str], libraries: Callable[[str], Iterable[Library]]) -> None:
        self._shelf = shelf = Shelf(roots, libraries)
        self._need = shelf.need
        self._owners, self._mirrored, self._plain = shelf.owners, shelf.mirrored, shelf.plain
        self._canonical: dict[str, str] = {}
        self._entries: dict[str, Entry | None] = {}
        self._bases: dict[str, tuple[str, ...]] = {}
        self._streamed: dict[str, frozenset[str]] = {}

    # questions --------------------------------------------------------------------------------------------

    def find(self, name: str) -> Entry | None:
        """A function, a constructor or a method. What is written out wins over wildcards, long over short."""
        if name not in self._entries:
            self._entries[name] = self._find(self.canonical(name))
        return self._entries[name]

    def find_method(self, class_name: str, method: str) -> Entry | None:
        return self.find(f"{class_name}.{method}")

    def canonical(self, name: str) -> str:
        """The one public name of what has several: `requests.api.get` -> `requests.get`."""
        if name not in self._canonical:
            self._canonical[name] = self._resolve(name)
        return self._canonical[name]

    def is_class(self, name: str) -> bool:
        name = self.canonical(name)
        owner = self._owners.get(name) or self._mirrored.get(name)
        if owner is not None:
            return owner.is_class
        return name in self._plain or self._is_class_by_wildcard(name)

    def is_named(self, module: str, word: str) -> bool:
        """Does a table have it by its name, and not by a wildcard alone?"""
        name = f"{module}.{word}"
        is_listed = self.is_class(name) and not self._is_class_by_wildcard(name)
        return is_listed or self.owner(name) is not None or self.written(module, word) is not None

    def bases(self, class_name: str) -> tuple[str, ...]:
        """All known base classes, nearest first; for another name of a class, first the class itself."""
        name = self.canonical(class_name)
        return self._all_bases(name) if name == class_name else (name, *self._all_bases(name))

    def streamed_as(self, class_name: str) -> frozenset[str]:
        """The classes below this one that calls give where they are told to stream:
        `requests.get(url, stream=True)`."""
        if class_name not in self._streamed:
            owners = self._shelf.of_root(root_of(class_name))
            given = {name for owner in owners for name in owner.streamed.values()}
            self._streamed[class_name] = frozenset(n for n in given if class_name in self._all_bases(n))
        return self._streamed[class_name]

    def attribute_type(self, class_name: str, attribute: str) -> str | None:
        """The type of an attribute of an instance (or of a module), as a table writes it."""
        name = self.canonical(class_name)
        for cls in (name, *self._all_bases(name)):
            owner, mirrored = self._owners.get(cls), self._mirrored.get(cls)
            if owner is not None and attribute in owner.attributes:
                return owner.attributes[attribute]
            if f"{cls}.{attribute}" in self._shelf.paths:
                return f"{cls}.{attribute}"
            if mirrored is not None and attribute in mirrored.attributes:
                return self._twin_type(mirrored.attributes[attribute])
        return self._any_attribute(name, attribute)

    def _any_attribute(self, name: str, attribute: str) -> str | None:
        """`attributes."pymongo.collection.Collection" = '*'`: what is no method is one of these."""
        ancestors = (name, *self._all_bases(name))
        for cls in ancestors:
            owner, mirrored = self._owners.get(cls), self._mirrored.get(cls)
            for known in (owner, mirrored):
                if known is not None and "*" in known.attributes and not attribute.startswith("_"):
                    typed = known.attributes["*"]
                    if not any(self.written(c, attribute, listed) for c in ancestors for listed in ("", "*")):
                        return typed if known is owner else self._twin_type(typed)
        return None

    def _twin_type(self, written: str) -> str:
        name, items = split_type(written)
        inside = ", ".join(map(self.twin_of, items))
        return self.twin_of(name) + (f"[{inside}]" if inside else "")

    def is_transparent(self, decorator: str) -> bool:
        """Does a coroutine function still work under the decorator? Only where a table says so."""
        return any(not owner.transparent.isdisjoint(words) for owner, words in self._tables(decorator))

    def sync_by(self, decorator: str) -> frozenset[str]:
        """Methods that call what is decorated, and await nothing."""
        return frozenset().union(*(owner.sync_by for owner, _ in self._tables(decorator)))

    def accepts_coroutines(self, name: str) -> bool:
        """May a function that is handed to the call be a coroutine function? Only where a table says so."""
        return any(not owner.accepts.isdisjoint(words) for owner, words in self._tables(name))

    def handed(self, name: str) -> str | None:
        """What a call gives to the function that is its first argument."""
        owner, _, word = self.canonical(name).rpartition(".")
        own, mirrored = self._owners.get(owner), self._mirrored.get(owner)
        cls = mirrored.hands.get(word) if mirrored is not None else None
        return own.hands[word] if own is not None and word in own.hands else cls and self.twin_of(cls)

    def _tables(self, name: str) -> Iterator[tuple[Owner, tuple[str, ...]]]:
        """The tables that may speak of a name, those of base classes and modules around it too, each with the
        words under which it does."""
        owner_name, _, word = self.canonical(name).rpartition(".")
        words: tuple[str, ...] = (word, "*")
        while owner_name:
            for each in (owner_name, *self._all_bases(owner_name)):
                if each in self._owners:
                    yield self._owners[each], words
            owner_name, words = owner_name.rpartition(".")[0], ("*",)

    def knows_root(self, root: str) -> bool:
        return root in self._shelf.roots

    def twin_of(self, class_name: str) -> str:
        """The async class that mirrors `class_name`, or the class itself."""
        self._need(class_name)
        owner = self._owners.get(class_name)
        return owner.twin if owner is not None and owner.mirror and owner.twin else class_name

    def owners_of(self, root: str) -> tuple[Owner, ...]:
        """The tables of a library."""
        return self._shelf.of_root(root)

    def has_shared_clients(self, root: str) -> bool:
        """Has the library of this import root clients that the requests of an application may share?"""
        if root not in self._shelf.roots:
            return False
        return any(
            each.category == "http" or each.options or (each.mirror and each.twin)
            for each in self._shelf.of_root(root)
        )

    def no_twin(self, name: str) -> str:
        """Why a call stays with its client, as its table tells it; empty where that says nothing."""
        tables = (self.owner(name), self.owner(name.rpartition(".")[0]))
        return next((table.no_twin for table in tables if table is not None and table.no_twin), "")

    def serves_one_thread(self, class_name: str) -> bool:
        """May only one thread at a time use an object of the class?"""
        name = self.canonical(class_name)
        owners = map(self.owner, (name, *self._all_bases(name)))
        return any(owner.alone for owner in owners if owner is not None)

    def is_shielded(self, class_name: str) -> bool:
        """Is an object of the class closed in a scope that is cancelled, once its `with` is async?"""
        owner = self.owner(self.canonical(class_name))
        return owner is not None and owner.shielded

    def reads(self, root: str) -> frozenset[str]:
        """The attributes of a library that do something when they are read."""
        return frozenset().union(*(owner.reads for owner in self.owners_of(root)))

    def owners(self) -> Iterator[Owner]:
        """All tables of all files, which are read for it."""
        return self._shelf.all()

    # answers ----------------------------------------------------------------------------------------------

    def _find(self, name: str) -> Entry | None:
        owner_name, _, word = name.rpartition(".")
        if not owner_name:
            return None
        entry = self.written(owner_name, word)
        if entry is None and self.is_class(name):
            entry = constructor(self, name, self._owners.get(name))
        ancestors = (owner_name, *self._all_bases(owner_name))
        for cls in ancestors[1:]:
            entry = entry or self._inherited(ancestors, cls, word)
        for cls in ancestors:
            speaking = (self._owners.get(cls), self._mirrored.get(cls))
            if entry is None and any(each and not each.unknown.isdisjoint((word, "*")) for each in speaking):
                return None
            entry = entry or self.written(cls, word, "*")
        while owner_name and entry is None:
            owner_name = owner_name.rpartition(".")[0]
            rest = name[len(owner_name) + 1 :]
            for cls in (owner_name, *self._all_bases(owner_name)):
                owner = self._owners.get(cls)
                first = rest.partition(".")[0]
                if entry is None and owner is not None and not owner.unknown.isdisjoint((first, "*")):
                    return None
                entry = entry or self.written(cls, rest, "*")
        return entry

    def _inherited(self, ancestors: Sequence[str], base: str, word: str) -> Entry | None:
        """The entry of a base class, with what the class itself says that it gives: `io.TextIOWrapper.read`
        reads as all files do, and gives text."""
        entry = self.written(base, word)
        if entry is None:
            return None
        owners = (self._owners.get(cls) for cls in ancestors[: ancestors.index(base)])
        told = next((owner.returns[word] for owner in owners if owner and word in owner.returns), None)
        if told is None:
            return entry
        returns, items = split_type(told)
        return replace(entry, returns=returns, items=items)

    def written(self, owner_name: str, word: str, listed: str = "") -> Entry | None:
        """The entry for a word of a table; `listed` is how the table has it, the wildcard for instance."""
        listed = listed or word
        name = f"{owner_name}.{word}"
        owner = self._owners.get(owner_name)
        if owner is not None and listed in owner.calls and not self._may_be_anything(owner, word, listed):
            return build(self, owner, word, name, owner.calls[listed])
        mirrored = self._mirrored.get(owner_name)
        if mirrored is not None:
            sync = _ASYNC_DUNDERS.get(listed) or (listed if not listed.startswith("__") else "")
            if sync in mirrored.calls:
                return build(self, mirrored, word, name, mirrored.calls[sync], mirror=True)
        return None

    def is_written_out(self, class_name: str, word: str) -> bool:
        """Does a table have a method of the class, or of one above it, by its own name?"""
        return any(self.written(cls, word) is not None for cls in (class_name, *self.bases(class_name)))

    def _may_be_anything(self, owner: Owner, word: str, listed: str) -> bool:
        """A wildcard does not speak for what `unknown` names, nor, saying "fast", for the call of an object:
        a `typing.Callable` can be anything."""
        if word in owner.unknown:
            return True
        return listed == "*" and word.rpartition(".")[2] == "__call__" and owner.calls["*"][0] is Effect.FAST

    def owner(self, name: str) -> Owner | None:
        self._need(name)
        return self._owners.get(name)

    def _is_class_by_wildcard(self, name: str) -> bool:
        """`fractions.Fraction` under `fractions.*`, which is fast: what it makes is as fast as the rest."""
        owner_name, _, word = name.rpartition(".")
        if not (word[:1].isupper() and any(letter.islower() for letter in word)) or self.is_class(owner_name):
            return False
        while owner_name:
            owner = self._owners.get(owner_name)
            if owner is not None and "*" in owner.calls:
                return owner.calls["*"][0] is Effect.FAST and word not in owner.calls
            owner_name = owner_name.rpartition(".")[0]
        return False

    def _all_bases(self, name: str) -> tuple[str, ...]:
        if name not in self._bases:
            self._bases[name] = ()  # a loop ends here
            found: dict[str, None] = {}
            for base in self._direct_bases(name):
                base = self.canonical(base)
                found.update(dict.fromkeys((base, *self._all_bases(base))))
            self._bases[name] = tuple(found)
        return self._bases[name]

    def _direct_bases(self, name: str) -> tuple[str, ...]:
        self._need(name)
        owner, mirrored = self._owners.get(name), self._mirrored.get(name)
        if owner is not None and owner.bases:
            return owner.bases
        if mirrored is not None:
            return tuple(self.twin_of(self.canonical(base)) for base in mirrored.bases)
        plain = self._plain.get(name)
        return (plain,) if plain else ()

    def _resolve(self, name: str) -> str:
        for _ in range(_ALIAS_STEPS):
            self._need(name)
            prefix = name
            while prefix and prefix not in self._shelf.aliases:
                prefix = prefix.rpartition(".")[0]
            if not prefix:
                break
            name = self._shelf.aliases[prefix] + name[len(prefix) :]
        return name
