"""Calls of names that nothing gives: they fail before anything is called, whatever becomes of the program.

hash_password(text)       # neither a name of the file nor one of Python
security.lost(user)       # no such name in app/security.py
"""

from __future__ import annotations

from ..index.expr import Attr, Name
from ..link.infer import Inference
from ..link.kinds import BOUND_NOWHERE, Kinds, Mod, Unknown, is_missing
from ..link.program import CallKey, Key, Program

_MAKERS = frozenset({"exec", "globals", "setattr", "vars"})
"""A file that calls these can have names which no statement binds."""


class Failing:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program
        self._makes_names: dict[str, bool] = {}

    def is_sure(self, call: CallKey, kinds: Kinds) -> bool:
        """`kinds` are what is called, as far as anybody knows."""
        if not kinds or not all(isinstance(kind, Unknown) for kind in kinds):
            return False
        site = self.program.call(call)
        if isinstance(site.func, Name):
            is_unbound = all(isinstance(k, Unknown) and k.why.endswith(BOUND_NOWHERE) for k in kinds)
            is_installed = site.func.id in self.program.attributes_by_name  # `builtins._ = gettext`
            return is_unbound and not is_installed and not self.makes_names(call.path)
        if not isinstance(site.func, Attr) or not is_missing(kinds, site.func.attr):
            return False
        owners = self.inference.kinds(Key(call.path, site.scope), site.func.value, site.span.line)
        return bool(owners) and all(isinstance(o, Mod) and self._has_all(o, call.path) for o in owners)

    def _has_all(self, module: Mod, importer: str) -> bool:
        """Is every name of the module in what has been read?"""
        path = self.program.module_path(module.name, importer)
        return path is not None and not self.program.modules[path].star_imports and not self.makes_names(path)

    def makes_names(self, path: str) -> bool:
        if path not in self._makes_names:
            calls = self.program.modules[path].facts.calls
            self._makes_names[path] = any(
                isinstance(call.func, Name) and call.func.id in _MAKERS for call in calls
            )
        return self._makes_names[path]
