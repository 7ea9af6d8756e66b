"""How code must spell an imported thing in a file, and the import statement that makes the spelling true."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import count

import msgspec

from ...model import ImportNeed
from .bindings import Bindings, Bound, absolute, bindings, member_path
from .parsed import parsed
from .unnamed import ROOT

_ABC, _TYPING = "collections.abc", "typing"
"""In annotations `AsyncIterator` of both is the same."""
_BUILTINS = frozenset(dir(builtins))


class ImportLine(msgspec.Struct, frozen=True, order=True):
    """`import module`, `from module import name` (`module` as written, leading dots included), `as alias`."""

    module: str
    name: str = ""
    alias: str = ""

    def __str__(self) -> str:
        text = f"from {self.module} import {self.member}" if self.name else f"import {self.module}"
        return f"{text} as {self.alias}" if self.alias and not self.name else text

    @property
    def member(self) -> str:
        return f"{self.name} as {self.alias}" if self.alias else self.name


class Decision(msgspec.Struct, frozen=True):
    """`line` is None when the file defines the thing itself."""

    spelling: str
    line: ImportLine | None


class Speller:
    """Decides for one file; each decision counts as bound for the next."""

    def __init__(self, tree: ast.Module, module: str, is_package: bool, star_names: frozenset[str]) -> None:
        self._bound: Bindings = bindings(tree, module, is_package)
        self._module = module
        self._is_package = is_package
        self._taken = star_names | _BUILTINS
        self._relative = module.partition(".")[0] == ROOT or _imports_own_package_relatively(
            tree, module, is_package
        )

    def decide(self, need: ImportNeed) -> Decision:
        return (
            self._of_name(need.module, need.name) if need.name else self._of_module(need.module, need.alias)
        )

    def _of_name(self, module: str, name: str) -> Decision:
        if module == self._module:
            return Decision(name, None)
        meaning = member_path(module, name)
        for bound in sorted(self._bound.plain_names(meaning), key=lambda found: found != name):
            return Decision(bound, self._from(module, name, bound))
        if module == _ABC and (known := sorted(self._bound.plain_names(member_path(_TYPING, name)))):
            return Decision(known[0], self._from(_TYPING, name, known[0]))
        if self._is_free(name, meaning):
            return self._bind(Decision(name, self._from(module, name)), name, meaning)
        # `from app import pool` may give a thing that is called like its module
        if module.rpartition(".")[2] != name:
            holder = self._existing_module(module) or self._new_holder(module)
            if holder:
                return Decision(f"{holder.spelling}.{name}", holder.line)
        alias = self._free_alias(module, name, meaning)
        return self._bind(Decision(alias, self._from(module, name, alias)), alias, meaning)

    def _of_module(self, module: str, wanted: str) -> Decision:
        found = self._existing_module(module)
        if found:
            return found
        if wanted and self._is_free(wanted, module):
            return self._bind(Decision(wanted, ImportLine(module, alias=wanted)), wanted, module)
        root = module.partition(".")[0]
        if self._is_relative(module) and "." in module:
            holder = self._new_holder(module)
            if holder:
                return holder
        elif self._is_free(root, root):
            return self._bind(Decision(module, ImportLine(module)), root, root)
        elif "." in module:
            holder = self._new_holder(module)
            if holder:
                return holder
        alias = self._free_alias(module, "module", module)
        return self._bind(Decision(alias, ImportLine(module, alias=alias)), alias, module)

    def _existing_module(self, module: str) -> Decision | None:
        parent, _, last = module.rpartition(".")
        for bound in sorted(self._bound.plain_names(module), key=lambda found: found != last):
            if not parent:
                return Decision(bound, ImportLine(module, alias="" if bound == module else bound))
            return Decision(bound, self._from(parent, last, bound))
        root = module.partition(".")[0]
        if module in self._bound.dotted and self._bound.means_only(root, root):
            return Decision(module, ImportLine(module))
        return None

    def _new_holder(self, module: str) -> Decision | None:
        parent, _, last = module.rpartition(".")
        if not self._is_free(last, module):
            return None
        line = self._from(parent, last) if parent else ImportLine(module)
        return self._bind(Decision(last, line), last, module)

    def _bind(self, decision: Decision, name: str, meaning: str) -> Decision:
        self._bound.names[name].append(Bound(meaning, plain=True))
        return decision

    def _is_free(self, name: str, meaning: str) -> bool:
        if name in self._taken or not self._bound.means_only(name, meaning):
            return False
        # in a package's `__init__.py` the name would hide the submodule that is called the same
        return not (self._is_package and meaning.startswith(f"{self._module}.{name}."))

    def _free_alias(self, module: str, name: str, meaning: str) -> str:
        parts = [part for part in module.split(".") if part != name]
        base = "_".join([*(parts[-1:] or ["shared"]), name])
        candidates: Iterator[str] = (base if number == 1 else f"{base}_{number}" for number in count(1))
        return next(candidate for candidate in candidates if self._is_free(candidate, meaning))

    def _from(self, module: str, name: str, bound: str = "") -> ImportLine:
        alias = "" if bound in ("", name) else bound
        return ImportLine(self._as_relative(module) if self._is_relative(module) else module, name, alias)

    def _is_relative(self, module: str) -> bool:
        return self._relative and module.partition(".")[0] == self._module.partition(".")[0]

    def _as_relative(self, module: str) -> str:
        package = self._module.split(".") if self._is_package else self._module.split(".")[:-1]
        target = module.split(".")
        common = 0
        while common < min(len(package), len(target)) and package[common] == target[common]:
            common += 1
        return "." * (len(package) - common + 1) + ".".join(target[common:])


@lru_cache(maxsize=1)
def decisions(
    source: str, needs: frozenset[ImportNeed], module: str, is_package: bool, star_names: frozenset[str]
) -> Mapping[ImportNeed, Decision]:
    """Asked for twice of a file: for the names in its new code, and for the imports that they need."""
    speller = Speller(parsed(source), module, is_package, star_names)
    return {need: speller.decide(need) for need in sorted(needs)}


def _imports_own_package_relatively(tree: ast.Module, module: str, is_package: bool) -> bool:
    root = module.partition(".")[0]
    if not root or (root == module and not is_package):
        return False
    relative = False
    for node in tree.body:
        if isinstance(node, ast.Import):
            if any(alias.name.partition(".")[0] == root for alias in node.names):
                return False
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                relative = relative or absolute(node, module, is_package).partition(".")[0] == root
            elif (node.module or "").partition(".")[0] == root:
                return False
    return relative
