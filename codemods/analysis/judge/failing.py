"""Calls of names that nothing gives: they fail before anything is called, whatever becomes of the program.

hash_password(text)       # neither a name of the file nor one of Python
security.lost(user)       # no such name in app/security.py
repo.lost(user)           # neither in the class of `repo` nor in one above it
"""

from __future__ import annotations

from ..index.expr import Attr, Name
from ..link.hierarchy import PLAIN_BASES
from ..link.infer import Inference
from ..link.kinds import BOUND_NOWHERE, Cls, Kind, Kinds, Mod, Obj, Unknown, is_missing
from ..link.program import CallKey, Key, Program

_MAKERS = frozenset({"exec", "globals", "setattr", "vars"})
"""A file that calls these can have names which no statement binds."""
_HOOKS = frozenset({"__getattr__", "__getattribute__"})


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
        if (
            not isinstance(site.func, Attr)
            or not is_missing(kinds, site.func.attr)
            or site.func.attr in self.program.attributes_by_name
        ):
            return False
        owners = self.inference.kinds(Key(call.path, site.scope), site.func.value, site.span.line)
        return bool(owners) and all(self._is_all_seen(owner, call.path) for owner in owners)

    def _is_all_seen(self, owner: Kind, importer: str) -> bool:
        """Is every name that it has in what has been read?"""
        if isinstance(owner, Mod):
            path = self.program.module_path(owner.name, importer)
            return (
                path is not None
                and not self.program.modules[path].star_imports
                and not self.makes_names(path)
            )
        classes = self.inference.classes
        if not isinstance(owner, (Obj, Cls)) or classes.hierarchy.metaclass(owner.key) is not None:
            return False
        return all(
            not (self.program.scope(step).decorators or self.makes_names(step.path))
            if isinstance(step, Key)
            else step in PLAIN_BASES
            for step in classes.mro(owner.key)
        )

    def makes_names(self, path: str) -> bool:
        if path not in self._makes_names:
            facts = self.program.modules[path].facts
            called = (call.func.id for call in facts.calls if isinstance(call.func, Name))
            self._makes_names[path] = not (
                _MAKERS.isdisjoint(called) and _HOOKS.isdisjoint(scope.name for scope in facts.scopes)
            )
        return self._makes_names[path]
