"""Reads the tables whose form `schema.py` shows; what is not in the form is an error that names its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .entry import CallForm, CatalogueError, Effect
from .schema import CALLS, CATEGORIES, Call, Owner

_BY_VALUE = {
    "returns", "attributes", "categories", "twins", "streamed", "instant", "subclasses",
    "hands",
}  # fmt: skip
_BY_NAMES = {"differs", "note", "plain"}
_WORDS = {
    "classes", "bases", "manual", "unknown", "transparent", "sync-by", "accepts", "options", "positional",
    "unlike", "reads", "made-by", "unless", "opens", "cheap",
}  # fmt: skip
_TEXTS = {
    "category", "twin", "source", "distribution", "new", "needs", "since", "through", "given-by", "no-twin",
    "client",
}  # fmt: skip
_FLAGS = {"alone", "class", "mirror", "shielded", "virtual"}
KEYS = {*CALLS, *_BY_VALUE, *_BY_NAMES, *_WORDS, *_TEXTS, *_FLAGS, "exact"}

_MEMBER = re.compile(r"[A-Za-z_]\w*\Z|\*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")
_TWIN = re.compile(r"[A-Za-z_]\w*(\.[\w*]+)*\Z")
_TYPE = re.compile(r"[A-Za-z_][\w.]*(\[[\w., \[\]]+\])?\Z")
_ARGUMENT = re.compile(r"[A-Za-z_]\w*(@\d)?=(True|False|None)\Z")
_VERSION = re.compile(r"\d+(\.\d+)*\Z")
_BARE = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(?![\w.])")
_EXPECTED = {
    _DOTTED: "a dotted name",
    _TWIN: "a dotted name",
    _TYPE: "a dotted name",
    _ARGUMENT: "an argument such as block=False or block@0=False",
}


def read_owner(name: str, table: object, file: str, defaults: Mapping[str, str]) -> Owner:
    """Raises CatalogueError, which names the file and the key, for anything that is not in the form."""
    return _Reader(name, table, file).owner(defaults)


class _Reader:
    def __init__(self, name: str, table: object, file: str) -> None:
        self.name, self.file = name, file
        if not isinstance(table, Mapping):
            raise self.error("", f"must be a table, not {table!r}")
        if not _DOTTED.match(name):
            raise self.error("", "is not a dotted name")
        self.table: Mapping[str, object] = table
        for key in table:
            if key not in KEYS:
                raise self.error(key, "unknown key")

    def error(self, key: str, message: str) -> CatalogueError:
        return CatalogueError(message, self.file, f"[{self.name}]" + (f" {key}" if key else ""))

    def owner(self, defaults: Mapping[str, str]) -> Owner:
        calls = self.calls()
        is_class = self.flag("class", default=self.name.rpartition(".")[2][:1].isupper() and "." in self.name)
        subclasses = {**dict.fromkeys(self.words("classes"), ""), **self.by_value("subclasses")}
        if is_class and subclasses:
            raise self.error("classes", "belongs to the table of a module")
        owner = Owner(
            self.name,
            self.file,
            is_class,
            self.new(is_class),
            self.words("bases", _DOTTED),
            self.text("twin", _DOTTED),
            self.flag("mirror", default=False),
            self.flag("virtual", default=False),
            self.choice("category", CATEGORIES),
            self.text("distribution") or defaults.get("distribution") or None,
            self.text("source") or defaults.get("source"),
            calls,
            self.by_value("returns", _TYPE),
            self.by_value("attributes", _TYPE),
            self.by_value("categories", choices=CATEGORIES),
            self.by_value("twins", _TWIN),
            self.notes(),
            self.by_value("streamed"),
            self.by_value("instant", _ARGUMENT),
            subclasses,
            frozenset(self.words("options")),
            self.words("positional"),
            self.text("needs"),
            self.version("since"),
            self.text("through"),
            frozenset(self.words("unknown")),
            self.exact(),
            frozenset(self.words("transparent")),
            frozenset(self.words("sync-by")),
            frozenset(self.words("accepts")),
            frozenset(self.words("reads")),
            frozenset(self.words("made-by", _DOTTED)),
            self.words_by_name("differs"),
            self.words_by_name("plain"),
            self.by_value("hands"),
            frozenset(self.words("unlike", _DOTTED)),
            self.words("unless", _DOTTED),
            self.text("no-twin"),
            self.text("given-by", _DOTTED),
            self.text("client"),
            self.words("opens"),
            frozenset(self.words("cheap")),
            self.flag("alone", default=False),
            self.flag("shielded", default=False),
        )
        self.check(owner)
        return owner

    def check(self, owner: Owner) -> None:
        if owner.mirror and not owner.twin:
            raise self.error("mirror", "needs a twin")
        if owner.options and not (owner.mirror or owner.twin == owner.name):
            raise self.error("options", "belongs to a class whose twin mirrors it, or that is its own twin")
        if not owner.reads <= owner.calls.keys():
            raise self.error("reads", "names what is in no list of calls")
        if not owner.options.issuperset(owner.positional):
            raise self.error("positional", "names what is none of the options")
        if owner.unlike and "*" not in owner.notes:
            raise self.error("unlike", "needs a note that tells which errors they are")
        waits = any(effect in (Effect.BLOCKING, Effect.SLOW) for effect, _ in owner.calls.values())
        if waits and owner.category is None and not owner.categories:
            raise self.error("category", "is missing: every call that blocks has one")
        for key, words in (
            ("returns", owner.returns),
            ("twins", owner.twins),
            ("streamed", owner.streamed),
            ("instant", owner.instant),
            ("differs", owner.differs),
            ("plain", owner.plain),
            ("hands", owner.hands),
            ("categories", owner.categories),
            ("cheap", owner.cheap),
            ("exact", owner.exact - {"*"}),
        ):
            unknown = sorted(
                word for word in words if word not in owner.calls and word not in owner.subclasses
            )
            # without calls of its own, a table adds to what is inherited; a wildcard covers everything
            if unknown and owner.calls and "*" not in owner.calls:
                raise self.error(key, f"{unknown[0]} is in none of the lists of calls")

    # values -----------------------------------------------------------------------------------------------

    def calls(self) -> dict[str, Call]:
        found: dict[str, Call] = {}
        for key in self.table:
            call = CALLS.get(key)
            if call is None:
                continue
            for word in self.words(key):
                if word in found:
                    raise self.error(key, f"{word} stands in two lists")
                found[word] = call
        for word in self.words("manual"):
            if word not in found:
                raise self.error("manual", f"{word} is in none of the lists of calls")
            found[word] = (found[word][0], CallForm.MANUAL)
        return found

    def new(self, is_class: bool) -> Call | None:
        given = self.choice("new", CALLS)
        if given and not is_class:
            raise self.error("new", "belongs to the table of a class")
        return CALLS[given] if given else None

    def words(self, key: str, pattern: re.Pattern[str] = _MEMBER) -> tuple[str, ...]:
        value = self.table.get(key, "")
        return tuple(self.split(key, value, pattern))

    def split(self, key: str, value: object, pattern: re.Pattern[str] = _MEMBER) -> Iterator[str]:
        """Names in one text with spaces between, or in an array."""
        words = value.split() if isinstance(value, str) else value
        if not isinstance(words, (list, tuple)):
            raise self.error(key, f"must be names with spaces between them, not {value!r}")
        seen: set[str] = set()
        for word in words:
            if not isinstance(word, str) or not pattern.match(word):
                raise self.error(key, f"{word!r} is not a name")
            if word in seen:
                raise self.error(key, f"{word} stands there twice")
            seen.add(word)
            yield word

    def by_value(
        self, key: str, pattern: re.Pattern[str] = _DOTTED, choices: frozenset[str] | None = None
    ) -> dict[str, str]:
        """`returns."requests.Response" = 'get post'` -> {"get": "requests.Response", ...}"""
        value = self.table.get(key, {})
        if not isinstance(value, Mapping):
            raise self.error(key, f"must be a table, not {value!r}")
        found: dict[str, str] = {}
        for target, names in value.items():
            if (choices is not None and target not in choices) or (
                choices is None and not pattern.match(target)
            ):
                expected = f"one of {', '.join(sorted(choices))}" if choices else _EXPECTED[pattern]
                raise self.error(f"{key}.{target}", f"must be {expected}")
            meant = _BARE.sub(r"builtins.\1", target) if pattern is _TYPE else target  # `str` is short for it
            for word in self.split(f"{key}.{target}", names):
                if word in found:
                    raise self.error(f"{key}.{target}", f"{word} has a value already: {found[word]}")
                found[word] = meant.replace("*", word)
        return found

    def notes(self) -> dict[str, str]:
        """`note = 'text'`, or `note."get post" = 'text'`."""
        value = self.table.get("note", {})
        table = {"*": value} if isinstance(value, str) else value
        if not isinstance(table, Mapping) or not all(isinstance(text, str) for text in table.values()):
            raise self.error("note", "must be a text, or texts by names")
        return {word: str(text) for names, text in table.items() for word in self.split("note", names)}

    def words_by_name(self, key: str) -> dict[str, str]:
        """`differs.search = 'on_page'`"""
        value = self.table.get(key, {})
        if not isinstance(value, Mapping):
            raise self.error(key, f"must be a table, not {value!r}")
        return {word: " ".join(self.split(f"{key}.{word}", names)) for word, names in value.items()}

    def exact(self) -> frozenset[str]:
        value = self.table.get("exact", "")
        if isinstance(value, bool):
            return frozenset({"*"}) if value else frozenset()
        return frozenset(self.words("exact"))

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str | None:
        value = self.table.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or (pattern and not pattern.match(value)):
            raise self.error(key, f"{value!r} is not {'a dotted name' if pattern else 'a text'}")
        return value

    def version(self, key: str) -> str | None:
        value = self.text(key)
        if value is not None and not _VERSION.match(value):
            raise self.error(key, f"{value!r} is not a version such as 2.8")
        return value

    def choice(self, key: str, choices: Mapping[str, object] | frozenset[str]) -> str | None:
        value = self.table.get(key)
        if value is not None and value not in choices:
            raise self.error(key, f"{value!r} must be one of {', '.join(sorted(choices))}")
        return value if isinstance(value, str) else None

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {value!r}")
        return value
