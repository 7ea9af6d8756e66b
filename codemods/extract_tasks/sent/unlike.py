"""Fields that hold something else than their class says, as nobody looked when it was put there. A task makes
the object anew, by what the class says: it reads another value, or refuses the object.

@dataclass                                class Order(BaseModel):
class Order:                                  total: float = 0           # no default is looked at
    total: float                              note: str = None
                                              item: Item
order = Order(total=3)
                                          order.total = 3                # nor what is set later
"""

from __future__ import annotations

from collections.abc import Set
from functools import cache, partial
from typing import TYPE_CHECKING

from ...analysis.index.expr import Attr, Call, Const, DictDisplay, Display, Expr, Name
from ...analysis.link.kinds import NONE, NOTHING, Cls, Ext, Inst, Kinds, Obj, Unknown, one, ordered
from ...analysis.link.program import CallKey, Key
from ..sites import ValueKind
from .alike import is_read_as_text
from .endless import is_endless
from .made_again import checked_fields
from .put_in import CHECKS_WHAT_IS_SET, Given, PutIn
from .shown import Shown
from .subclasses import Subclasses, names_in

if TYPE_CHECKING:
    from .models import Models

_MAY_BE_NONE = frozenset({"None", "NoneType", "Optional", "Any", "object"})
_OF_PYDANTIC = "pydantic."
_JSON = frozenset(f"builtins.{name}" for name in ("str", "int", "float", "bool", "NoneType", "list", "dict"))
_DICT = "builtins.dict"
_INT, _FLOAT = one(Inst("builtins.int")), one(Inst("builtins.float"))


class Unlike:
    def __init__(self, models: Models) -> None:
        self.models = models
        self.program = models.program
        self.inference = models.inference
        self.classes = models.classes
        self.put_in = PutIn(models)
        self.shown = Shown(models)
        self.subclasses = Subclasses(models)
        self.of = cache(self._of)
        """What is not as the class says, in words behind the name of an object; empty for nothing."""

    def _of(self, cls: Key) -> str:
        steps = list(self.models.steps(cls))
        found = (self.put_in.bare(step) or self._of_fields(step) for step in steps)
        return next(filter(None, found), "")

    def _of_fields(self, cls: Key) -> str:
        fields = self.put_in.fields(cls)
        is_model = self.models.kind(cls) is ValueKind.MODEL
        checked = checked_fields(self.models.statements(cls)) if is_model else frozenset()
        checks_all = is_model and self.put_in.says(cls, CHECKS_WHAT_IS_SET)
        for name, annotation in fields.items():
            for given in self.put_in.given(cls, name, checks_all=checks_all):
                if loss := self._loss(cls, name, annotation, given):
                    return loss
                if not (given.is_checked or given.is_default) and {name, "*"} & checked:
                    return f"has its {name} set without being checked ({given.place}), as a task would"
        return ""

    def _loss(self, cls: Key, name: str, annotation: Expr, given: Given) -> str:
        wanted = self.inference.annotations.instances(cls, annotation)
        if is_endless(self.program, given.key.path, given.value):
            return f"may hold an endless number as its {name} ({given.place}), of which None would arrive"
        kinds = self._kinds(given)
        if not wanted or any(isinstance(kind, Unknown) for kind in wanted):
            return self._no_json(name, kinds, given)
        if given.is_default and kinds == _INT and wanted == _FLOAT and not self._shows(cls, name):
            return ""
        if self._is_none(kinds) and not given.is_checked and not self._takes_none(cls, annotation):
            return f"may hold None as its {name} ({given.place}), which its class refuses"
        return self._unlike(name, wanted, kinds, given)

    def _unlike(self, name: str, wanted: Kinds, kinds: Kinds, given: Given) -> str:
        own = {kind.key for kind in wanted if isinstance(kind, Obj)}
        library = {kind.name: kind for kind in wanted if isinstance(kind, Inst)}
        for kind in ordered(kinds):
            if isinstance(kind, Obj):
                loss = self._of_object(name, own, kind, given)
                if loss:
                    return loss
            elif isinstance(kind, Inst) and is_read_as_text(kind.name, library):
                return _turned(kind.name.rpartition(".")[2], name, given)
            elif isinstance(kind, Inst) and kind.name in library:
                said_inside = library[kind.name].args or (NOTHING,) * len(kind.args)
                for inner, said in zip(kind.args, said_inside, strict=False):
                    is_said = bool(said) and not any(isinstance(each, Unknown) for each in said)
                    way = partial(self._unlike, name, said) if is_said else partial(self._no_json, name)
                    loss = way(inner, given)
                    if loss:
                        return loss
            elif isinstance(kind, Inst) and kind.name != NONE and not given.is_checked:
                is_loose = given.is_default and any(each.startswith(_OF_PYDANTIC) for each in library)
                if not is_loose and self._is_plain(kind.name) and (library or own):
                    return _turned(kind.name.rpartition(".")[2], name, given)
        return ""

    def _no_json(self, name: str, kinds: Kinds, given: Given) -> str:
        """Nothing says what is inside: what JSON does not know comes back as what it does."""
        if _has_other_keys(given.value):
            return f"may hold keys in its {name} ({given.place}) that JSON makes texts of"
        for kind in ordered(kinds):
            if isinstance(kind, Obj) and self.models.kind(kind.key) is not ValueKind.UNKNOWN:
                word = self.program.scope(kind.key).name
            elif not isinstance(kind, Inst) or not self._is_plain(kind.name):
                continue
            elif kind.name in _JSON:
                inside = kind.args[1:] if kind.name == _DICT else kind.args
                if loss := next(filter(None, (self._no_json(name, each, given) for each in inside)), ""):
                    return loss
                continue
            else:
                word = kind.name.rpartition(".")[2]
            return (
                f"may hold {_article(word)} {word} in its {name} ({given.place}), of which JSON says nothing"
            )
        return ""

    def _kinds(self, given: Given) -> Kinds:
        """`sum(line.number for line in lines)` is what it adds."""
        kinds = self.inference.kinds(given.key, given.value, given.line)
        call = given.value
        site = self.program.call(CallKey(given.key.path, call.index)) if isinstance(call, Call) else None
        if site is None or site.func != Name("sum") or len(site.args) != 1:
            return kinds
        return self.inference.iterated(self.inference.kinds(given.key, site.args[0], given.line))

    def _of_object(self, name: str, own: Set[Key], kind: Obj, given: Given) -> str:
        word = self.program.scope(kind.key).name
        below = own & set(self.models.steps(kind.key))
        if kind.key not in own and not below:
            is_turned = not given.is_checked and self.models.kind(kind.key) is ValueKind.SCALAR
            return _turned(word, name, given) if is_turned else ""
        if kind.key not in own:
            base = self.program.scope(min(below)).name
            return f"may hold a {word} as its {name} ({given.place}), and {base} is what would arrive"
        if self.models.alike.with_any(kind.key, own - {kind.key}):
            return f"may hold a {word} as its {name} ({given.place}), which may arrive as another one"
        under = self.subclasses.under(kind.key) if not kind.is_exact else ""
        return f"holds a {word} as its {name}, which {under}" if under else ""

    @staticmethod
    def _is_plain(name: str) -> bool:
        return name.startswith(("builtins.", "datetime.", "decimal.", "uuid.", "pathlib."))

    @staticmethod
    def _is_none(kinds: Kinds) -> bool:
        """Is it None, and nothing else? What may be None mostly is not."""
        return bool(kinds) and all(isinstance(kind, Inst) and kind.name == NONE for kind in kinds)

    def _takes_none(self, cls: Key, annotation: Expr) -> bool:
        if not _MAY_BE_NONE.isdisjoint(names_in(annotation)):
            return True
        named = self.inference.kinds(cls, annotation) if isinstance(annotation, (Name, Attr)) else ()
        return isinstance(annotation, (Name, Attr)) and not all(isinstance(k, (Cls, Ext)) for k in named)

    def _shows(self, cls: Key, name: str) -> bool:
        return self.shown.is_field(cls, name) or self.shown.is_whole(cls)


def _turned(word: str, name: str, given: Given) -> str:
    what = f"{_article(word)} {word} as its {name} ({given.place})"
    return f"may hold {what}, which would be read as what its class says"


def _article(word: str) -> str:
    return "an" if word[0].lower() in "aeiou" else "a"


def _has_other_keys(value: Expr) -> bool:
    """`{1: "a"}`, at any depth of what is written out"""
    if isinstance(value, Display):
        return any(map(_has_other_keys, value.items))
    if not isinstance(value, DictDisplay):
        return False
    return any(isinstance(key, Const) and key.type != "str" for key in value.keys) or any(
        map(_has_other_keys, value.values)
    )
