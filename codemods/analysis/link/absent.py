"""Names that nothing gives: what reads one fails, whatever becomes of the program.

hash_password(text)       # neither a name of the file nor one of Python
security.lost(user)       # no such name in app/security.py
repo.lost(user)           # neither in the class of `repo` nor in one above it
from app import lost      # no such name in app/__init__.py
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ..index.bindings import Import
from ..index.expr import Attr, Expr, Name
from .hierarchy import PLAIN_BASES
from .kinds import BOUND_NOWHERE, Cls, Ext, Inst, Kind, Kinds, Mod, Obj, Unknown, is_missing
from .names import imported
from .program import CallKey, Key, Program

if TYPE_CHECKING:
    from .infer import Inference

_MAKERS = frozenset({"exec", "globals", "vars"})
_HOOKS = frozenset({"__getattr__", "__getattribute__"})
_DATACLASS = "dataclasses.dataclass"
_MODULES = frozenset({"builtins.object", "types.ModuleType"})
"""Of what a module is an object."""


class Absent:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference
        self._makes_names: dict[str, bool] = {}
        self._imported_in_vain: dict[tuple[str, str], bool] = {}

    def fails(self, call: CallKey, kinds: Kinds) -> bool:
        """Is what a call calls, of which `kinds` are known, sure to be missing?"""
        site = self.program.call(call)
        if self.is_of_none(call):
            return True
        if isinstance(site.func, Name):
            return self.is_name(call.path, site.func.id, kinds)
        if not isinstance(site.func, Attr) or not kinds or not is_missing(kinds, site.func.attr):
            return False
        owners = self.inference.kinds(Key(call.path, site.scope), site.func.value, site.span.line)
        return self.is_attribute(call.path, site.func.attr, owners)

    def is_name(self, path: str, name: str, kinds: Kinds) -> bool:
        is_unbound = bool(kinds) and all(
            isinstance(kind, Unknown) and kind.why.endswith(BOUND_NOWHERE) for kind in kinds
        )
        return is_unbound and not self._is_given(name) and not self._may_make_names(path)

    def is_of_none(self, call: CallKey) -> bool:
        """Is what is called read from a name that is imported in vain?"""
        expr: Expr | None = self.program.call(call).func
        while isinstance(expr, Attr):
            expr = expr.value
        return isinstance(expr, Name) and self.is_imported(call.path, expr.id)

    def is_imported(self, path: str, name: str) -> bool:
        """Is it taken, wherever the file gives it, from a module of the project that has no such name?"""
        if (path, name) not in self._imported_in_vain:
            module = self.program.modules[path]
            given = [binding for names in module.names for binding in names.get(name, ())]
            fails = bool(given) and all(self._fails_to_import(path, binding.value) for binding in given)
            self._imported_in_vain[path, name] = fails
        return self._imported_in_vain[path, name]

    def _fails_to_import(self, path: str, value: object) -> bool:
        if not isinstance(value, Import) or not value.name:
            return False
        owner = Mod(self.program.absolute(value, path), path)
        is_there = self.program.module_path(owner.name, path) not in (None, path)
        return is_there and not imported(self.program, value, path) and self._is_all_seen(owner, path)

    def _is_given(self, name: str) -> bool:
        """`builtins._ = gettext`; what `self.session = session` gives is no name."""
        for path, binding in self.program.attributes_by_name.get(name, ()):
            owners = self.inference.kinds(Key(path, binding.scope), binding.target, binding.line)
            if not owners or not all(isinstance(owner, (Cls, Obj)) for owner in owners):
                return True
        return False

    def is_attribute(self, path: str, attr: str, owners: Kinds) -> bool:
        """Of an attribute that is missing as far as classes and modules tell; read in the file at `path`."""
        if not owners or attr in self.program.attributes_by_name:
            return False
        return all(self._is_all_seen(owner, path) for owner in owners)

    def _is_all_seen(self, owner: Kind, importer: str) -> bool:
        """Is every name that it has in what has been read?"""
        if isinstance(owner, Mod):
            path = self.program.module_path(owner.name, importer)
            if path is None or self.program.modules[path].star_imports or owner.name in self._given_names:
                return False
            return not self._may_make_names(path)
        classes = self.inference.classes
        if not isinstance(owner, (Obj, Cls)) or classes.hierarchy.metaclass(owner.key) is not None:
            return False
        return all(
            self._is_plain(step) and step not in self._given_names
            if isinstance(step, Key)
            else step in PLAIN_BASES
            for step in classes.mro(owner.key)
        )

    @cached_property
    def _given_names(self) -> frozenset[Key | str]:
        """The classes and modules for which `setattr` is called anywhere, by their objects too, or by those
        of a base outside of the project."""
        found: set[Key | str] = set()
        bases: set[str] = set()
        for kind in frozenset().union(*self._set_on.values()):
            if isinstance(kind, (Cls, Obj)):
                found.add(kind.key)
            elif isinstance(kind, Mod):
                found.add(kind.name)
            elif isinstance(kind, Inst):
                bases.add(kind.name)
        classes = self.inference.classes
        below = (cls for cls in self.program.classes() if any(classes.is_a(cls, base) for base in bases))
        return frozenset((*found, *(below if bases else ())))

    @cached_property
    def _set_on(self) -> Mapping[str, Kinds]:
        """By path, what `setattr` is called for there."""
        found: dict[str, Kinds] = {}
        for call in self.program.calls_by_name.get("setattr", ()):
            site = self.program.call(call)
            if isinstance(site.func, Name):
                scope, line = Key(call.path, site.scope), site.span.line
                kinds = self.inference.kinds(scope, site.args[0], line) if site.args else frozenset()
                found[call.path] = found.get(call.path, frozenset()) | (kinds or {Unknown("setattr")})
        return found

    def _is_set_anywhere(self, path: str) -> bool:
        """Is `setattr` called there for what may be the module itself?"""
        return any(
            not isinstance(kind, (Obj, Cls, Mod, Inst)) or (isinstance(kind, Inst) and kind.name in _MODULES)
            for kind in self._set_on.get(path, ())
        )

    def _is_plain(self, cls: Key) -> bool:
        if self._may_make_names(cls.path):
            return False
        decorators = self.inference.classes.decorators(cls) if self.program.scope(cls).decorators else ()
        return all(isinstance(kind, Ext) and kind.name == _DATACLASS for kind in decorators)

    def _may_make_names(self, path: str) -> bool:
        """Can it have names that no statement binds: by `globals()`, `setattr`, `__dict__`, `__getattr__`?"""
        if path not in self._makes_names:
            facts = self.program.modules[path].facts
            named = {call.func.id for call in facts.calls if isinstance(call.func, Name)}
            written = [
                *(call.func for call in facts.calls),
                *(value for call in facts.calls for value in (*call.args, *(v for _, v in call.keywords))),
                *(reference.expr for reference in facts.references),
                *(store.target for store in facts.stores),
            ]
            self._makes_names[path] = (
                not _MAKERS.isdisjoint(named)
                or self._is_set_anywhere(path)
                or not _HOOKS.isdisjoint(scope.name for scope in facts.scopes)
                or any(map(_reads_dict, written))
            )
        return self._makes_names[path]


def _reads_dict(expr: Expr | None) -> bool:
    while isinstance(expr, Attr):
        if expr.attr == "__dict__":
            return True
        expr = expr.value
    return False
