"""What `getattr` may give for a name that is computed, as far as the name or the object tells.

getattr(self, f"on_{event}")            # the methods that are so called
getattr(requests, verb.lower())         # the verbs of an HTTP client
getattr(self, name)                     # the methods that a decorator marks, to be found so
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ....catalogue import Effect
from ...index.bindings import How
from ...index.expr import Binary, Const, Expr, Joined, Name
from .. import names
from ..decorators.marked import marked
from ..kinds import Cls, Ext, Inst, Kind, Kinds, Mod, Obj, ordered, union
from ..program import Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

_VERBS = ("delete", "get", "head", "options", "patch", "post", "put")
_ANY = "(.*)"
_MANY = 20


def by_computed_name(inference: Inference, key: Key, owners: Kinds, name: Expr, line: int) -> Kinds:
    """Nothing where neither says anything."""
    pattern = _pattern(inference.program, key, name, line)
    found: list[Kinds] = []
    for owner in ordered(owners):
        fitting = [word for word in _names_of(inference, owner) if re.fullmatch(pattern, word)]
        is_told = isinstance(owner, (Ext, Inst)) or re.search(r"\w", pattern.replace(_ANY, ""))
        if is_told and len(fitting) <= _MANY:
            found += [inference.attribute(frozenset({owner}), word) for word in sorted(fitting)]
        elif not is_told:
            found.append(frozenset(marked(inference, owner)))
    return union(found)


def _pattern(program: Program, key: Key, name: Expr, line: int) -> str:
    """A regular expression for what is known of the text."""
    if isinstance(name, Const) and name.type == "str":
        return re.escape(name.text)
    if isinstance(name, Joined):
        return "".join(_pattern(program, key, part, line) for part in name.parts)
    if isinstance(name, Binary) and name.operator == "+":
        return "".join(_pattern(program, key, part, line) for part in (name.left, name.right))
    found = names.only(names.lookup(program, key, name.id, line)) if isinstance(name, Name) else None
    if found is not None:
        home, binding = found
        if binding.how is How.ASSIGN and isinstance(binding.value, (Joined, Binary)):
            return _pattern(program, home, binding.value, binding.line)
    return _ANY


def _names_of(inference: Inference, owner: Kind) -> Iterable[str]:
    """The functions of a module or class of the project; of a library, the verbs of an HTTP client."""
    program = inference.program
    if isinstance(owner, (Cls, Obj)):
        return {word for step in inference.classes.line(owner.key) for word in _functions(program, step)}
    if isinstance(owner, Mod):
        path = program.module_path(owner.name, owner.near)
        return _functions(program, Key(path, 0)) if path is not None else ()
    if isinstance(owner, (Ext, Inst)):
        catalogue = program.catalogue
        entries = [catalogue.find(f"{owner.name}.{verb}") for verb in _VERBS]
        is_http = all(
            entry is not None and entry.category == "http" and entry.effect is Effect.BLOCKING
            for entry in entries
        )
        return _VERBS if is_http else ()
    return ()


def _functions(program: Program, key: Key) -> Iterable[str]:
    table = program.modules[key.path].names[key.scope]
    return {word for word, bindings in table.items() if any(each.how is How.DEF for each in bindings)}
