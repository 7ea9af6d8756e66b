"""Methods that are taken out of their class together with all others, or by a name from its dictionary.

for name, check in inspect.getmembers(self): ...      vars(type(self))[name](self)
for name, step in cls.__dict__.items(): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from ....model import Location
from ...index.expr import Attr, Call, Expr, last_name
from ...link.infer import Inference
from ...link.kinds import NOTHING, Cls, Kind, Kinds, Mod, Unknown, is_known
from ...link.program import CallKey, Key
from ...link.words import Texts

_ALL = ("getmembers", "getmembers_static")
_OTHERS = ("isclass", "ismodule", "iscoroutinefunction", "isasyncgenfunction", "isdatadescriptor")
_READS = ("items", "values", "copy")
_BY_NAME = ("get", "pop")

Has = Callable[[Kind, Key], bool]
"""Has what is asked this function, and is it no handler, which nobody calls by reflection?"""


class Found(NamedTuple):
    place: Location
    call: CallKey | None
    """The call that gives it, where one does."""


class _Taken(NamedTuple):
    at: Found
    owners: Kinds
    texts: Texts
    """The names that are read; None for all of them."""


class Members:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program = inference.program

    def taken(self, function: Key, has: Has) -> Iterator[Found]:
        """Where the function may be among them."""
        name = self.program.scope(function).name
        for at, owners, texts in (*self._listed, *self._in_dictionaries):
            if texts is None or name in texts:
                is_method = self.program.enclosing_class(function) is not None
                is_guessed = texts is not None and is_method and not is_known(owners)
                if is_guessed or any(has(kind, function) for kind in owners):
                    yield at

    def found(self, call: CallKey) -> Found:
        return Found(self.program.call_location(call), call)

    @cached_property
    def _listed(self) -> Sequence[_Taken]:
        calls = [call for word in _ALL for call in self.program.calls_by_name.get(word, ())]
        return [
            _Taken(self.found(call), self._kinds(call, self.program.call(call).args[0]), None)
            for call in calls
            if self.program.call(call).args and not self._asks_for_others(call)
        ]

    def _asks_for_others(self, call: CallKey) -> bool:
        """`inspect.getmembers(module, inspect.isclass)`"""
        site = self.program.call(call)
        wanted = (*site.args[1:2], *(value for word, value in site.keywords if word == "predicate"))
        return any(last_name(each) in _OTHERS for each in wanted)

    @cached_property
    def _in_dictionaries(self) -> Sequence[_Taken]:
        found = []
        for word in (*_READS, *_BY_NAME):
            for call in self.program.calls_by_name.get(word, ()):
                site = self.program.call(call)
                where, line = Key(call.path, site.scope), site.span.line
                if isinstance(site.func, Attr) and (owners := self._owners(where, site.func.value, line)):
                    key = site.args[0] if word in _BY_NAME and site.args else None
                    texts = self.inference.words.of(where, key, line) if key is not None else None
                    found.append(_Taken(self.found(call), owners, texts))
        for path, module in self.program.modules.items():
            for each in module.facts.implicits:
                if each.kind in ("[]", "for"):
                    where, line = Key(path, each.scope), each.span.line
                    if owners := self._owners(where, each.expr, line):
                        key = each.right
                        texts = self.inference.words.of(where, key, line) if key is not None else None
                        found.append(
                            _Taken(Found(Location(path, line, each.span.col + 1), None), owners, texts)
                        )
        return found

    def _owners(self, where: Key, holder: Expr, line: int) -> Kinds:
        """The classes and modules whose dictionary it is, or what nobody knows; nothing for any other, and
        for that of an object, which holds no methods."""
        owners = NOTHING
        if isinstance(holder, Attr) and holder.attr == "__dict__":
            owners = self.inference.kinds(where, holder.value, line)
        elif isinstance(holder, Call):
            call = CallKey(where.path, holder.index)
            site = self.program.call(call)
            if getattr(site.func, "id", "") == "vars" and site.args:
                owners = self._kinds(call, site.args[0])
        return frozenset(kind for kind in owners if isinstance(kind, (Cls, Mod, Unknown)))

    def _kinds(self, call: CallKey, value: Expr) -> Kinds:
        site = self.program.call(call)
        return self.inference.kinds(Key(call.path, site.scope), value, site.span.line)
