"""What `operator` reads of each item of what stands beside it: `sorted(tills, key=attrgetter("price"))`.

`methodcaller("save")` calls a method, `attrgetter("price")` may run a property, `itemgetter(0)` the
`__getitem__` of the project's class.
"""

from __future__ import annotations

from ...index.expr import Call, Const, Expr, Name
from ...link.classes.properties import Access
from ...link.implied import ImpliedCalls
from ...link.kinds import NOTHING, Ext, Fn, Kinds, Obj, one, ordered, union, unknown
from ...link.names import lookup
from ...link.program import CallKey, Key

_METHODS, _ATTRIBUTES, _ITEMS = (
    frozenset({Ext(f"operator.{name}")}) for name in ("methodcaller", "attrgetter", "itemgetter")
)


class Getters:
    def __init__(self, implied: ImpliedCalls) -> None:
        self.implied = implied
        self.inference = implied.inference
        self.program = implied.program

    def run_by(self, getter: Expr, call: CallKey, at: int | str) -> Kinds:
        """What `getter`, the argument `at` of a call, runs there; nothing for any other argument."""
        if not isinstance(getter, Call):
            return NOTHING
        made = CallKey(call.path, getter.index)
        items = self.inference.parameters.handed.items(call, at)
        if not items or not self._is_getter(made):
            return NOTHING
        site = self.program.call(call)
        given = self.inference.kinds(Key(call.path, site.scope), items[0], site.span.line)
        return self._run_on(made, self.inference.iterated(given))

    def run_at(self, call: CallKey) -> Kinds:
        """What `methodcaller("save")(till)` runs, or `save(till)` where that is such a getter; nothing for
        any other call."""
        site = self.program.call(call)
        where = Key(call.path, site.scope)
        found: Kinds = NOTHING
        for made in self._made(where, site.func) if len(site.args) == 1 else ():
            if self._is_getter(made):
                found |= self._run_on(made, self.inference.kinds(where, site.args[0], site.span.line))
        return found

    def _made(self, where: Key, func: Expr) -> list[CallKey]:
        """The calls that may have made what is called."""
        if isinstance(func, Call):
            return [CallKey(where.path, func.index)]
        bound = lookup(self.program, where, func.id) if isinstance(func, Name) else None
        return [
            CallKey(each.home.path, each.binding.value.index)
            for each in (bound if isinstance(bound, list) else ())
            if isinstance(each.binding.value, Call)
        ]

    def _is_getter(self, made: CallKey) -> bool:
        is_one = self.inference.callees(made) in (_METHODS, _ATTRIBUTES, _ITEMS)
        return is_one and bool(self.program.call(made).args)

    def _run_on(self, made: CallKey, each: Kinds) -> Kinds:
        """What a getter runs on a value."""
        callees, names = self.inference.callees(made), self.program.call(made).args
        if callees == _ITEMS:
            return self._of_item(each)
        read = names[:1] if callees == _METHODS else names
        texts = [name.text for name in read if isinstance(name, Const)]
        if len(texts) < len(read):
            is_ours = any(isinstance(kind, Obj) for kind in map(self.implied.as_object, each))
            return unknown("the name of what it reads is computed") if is_ours else NOTHING
        if callees == _METHODS:
            return self.inference.attribute(each, texts[0])
        return union([self._of_attributes(each, text) for text in texts])

    def _of_attributes(self, owners: Kinds, name: str) -> Kinds:
        """`a.b`"""
        found: Kinds = NOTHING
        for part in name.split("."):
            for kind in map(self.implied.as_object, ordered(owners)):
                if isinstance(kind, Obj):
                    targets = self.implied.properties.accessed(kind, part, Access.READ)
                    found |= {Fn(target, bound=True) for target in targets}
            owners = self.inference.attribute(owners, part)
        return found

    def _of_item(self, owners: Kinds) -> Kinds:
        objects = [kind for kind in map(self.implied.as_object, ordered(owners)) if isinstance(kind, Obj)]
        found = union([self.inference.attribute(one(kind), "__getitem__") for kind in objects])
        return frozenset(kind for kind in found if isinstance(kind, Fn))
