"""Functions of modules that code finds by their names, and calls as plain functions.

JOBS = ["app.jobs:tick"]                         load("app.jobs:tick")()
sys.modules["app.jobs"].tick()                   import_module(f"app.plugins.{name}").setup()
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from ....model import Location
from ...index.expr import Attr, Binary, Call, Const, Expr, Item, Joined, Name
from ...link import names
from ...link.infer import Inference
from ...link.kinds import Ext
from ...link.program import CallKey, Key, Program
from .lookups import Lookups

QUOTED = re.compile(r"[\"'}]([^\W\d]\w*(?:[.:][^\W\d]\w*)+|[.:][^\W\d]\w*)(?:\(\))?[\"']")
LOADS = re.compile(
    r"\b(import_module|__import__|exec_module|load_module|import_string|EntryPoint)\b|\.modules\b"
)
LOADED = Ext("sys.modules")
_LOADERS = frozenset({"import_module", "__import__"})


class ByText:
    def __init__(self, inference: Inference, lookups: Lookups, read: Callable[[str], str] | None) -> None:
        """Without `read` no text is looked at."""
        self.inference = inference
        self.lookups = lookups
        self.program: Program = inference.program
        self._read = read

    def place(self, function: Key) -> Location | None:
        """Where it is found; tests apart, which replace it by its name."""
        module = self.program.modules[function.path].facts.module
        named = self._texts.get(f"{module}.{self.program.scope(function).qualname}")
        if named is not None and self._read is not None and ("." in module or self._loads_modules):
            path, position = named
            return Location(path, self._read(path).count("\n", 0, position) + 1, 1)
        if self.program.scope(function).parent != 0 or not self._loads_modules:
            return None
        return next(map(self.program.call_location, self._on_loaded(function, module)), None)

    @cached_property
    def _texts(self) -> Mapping[str, tuple[str, int]]:
        """What is written as a dotted text, with a colon or without: the file, and where in it."""
        found: dict[str, tuple[str, int]] = {}
        for path, text in self._sources():
            for match in QUOTED.finditer(text):
                found.setdefault(match[1].replace(":", "."), (path, match.start()))
        return found

    @cached_property
    def _loads_modules(self) -> bool:
        return any(LOADS.search(text) for _, text in self._sources())

    def _sources(self) -> Iterator[tuple[str, str]]:
        for path, module in self.program.modules.items() if self._read is not None else ():
            if not module.facts.is_test and self._read is not None:
                yield path, self._read(path)

    def _on_loaded(self, function: Key, module: str) -> Iterator[CallKey]:
        """`loaded.setup()`, `getattr(loaded, "setup")`"""
        name = self.program.scope(function).name
        for call in self.program.calls_by_name.get(name, ()):
            site = self.program.call(call)
            where = Key(call.path, site.scope)
            if isinstance(site.func, Attr) and self._may_be(where, site.func.value, site.span.line, module):
                yield call
        for call in self.lookups.of_name(name):
            site = self.program.call(call)
            if self._may_be(Key(call.path, site.scope), site.args[0], site.span.line, module):
                yield call

    def _may_be(self, where: Key, value: Expr, line: int, module: str) -> bool:
        """Is the value a module that was loaded by a name, and may it be this one?"""
        if isinstance(value, Item):
            text = value.key.text if isinstance(value.key, Const) else module
            return text == module and LOADED in self.inference.kinds(where, value.value, line)
        if isinstance(value, Call):
            site = self.program.call(CallKey(where.path, value.index))
            is_loader = getattr(site.func, "attr", getattr(site.func, "id", "")) in _LOADERS
            return is_loader and bool(site.args) and module.startswith(_beginning(site.args[0]))
        found = names.lookup(self.program, where, value.id, line) if isinstance(value, Name) else None
        return isinstance(found, list) and any(
            isinstance(bound.binding.value, (Call, Item))
            and self._may_be(bound.home, bound.binding.value, bound.binding.line, module)
            for bound in found
        )


def _beginning(name: Expr) -> str:
    """`app.plugins.` of `f"app.plugins.{name}"`."""
    if isinstance(name, Const):
        return name.text
    if isinstance(name, Joined) and name.parts:
        return _beginning(name.parts[0])
    return _beginning(name.left) if isinstance(name, Binary) else ""
