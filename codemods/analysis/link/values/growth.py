"""What is put into a container after it was made, read wherever the container is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...index.bindings import Import
from ...index.expr import Attr, Expr, Name
from ...index.facts import CallSite
from .. import names
from ..kinds import DATA, NOTHING, Inst, Kind, Kinds, Unknown, clipped, has_code, one, union
from ..program import Key, Program
from .containers import ANYWHERE, CONTEXT_VARIABLE, MAPPINGS, QUEUES, literal

if TYPE_CHECKING:
    from ..infer import Inference

_GROWING = frozenset(
    (
        *QUEUES,
        CONTEXT_VARIABLE,
        *("builtins.list", "builtins.dict", "builtins.set"),
        *("collections.deque", "collections.defaultdict", "collections.OrderedDict"),
    )
)
_PLAIN = ("builtins.", "json.")
_QUEUED = ("put", "put_nowait")
"""What is put in stands before how long to wait for room."""
INSIDE = "[][]"
"""The key of what is put into the elements of a container."""


class Growth:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def grown(self, kinds: Kinds, name: str, home: Key | None) -> Kinds:
        """A container kept under `name` (an attribute, or a name of `home`), with what is put in later."""
        if not any(isinstance(kind, Inst) and (kind.name in _GROWING or kind == DATA) for kind in kinds):
            return kinds
        has_queue = any(isinstance(kind, Inst) and kind.name in QUEUES for kind in kinds)
        if has_queue and self._is_handed_on(name, home):
            return kinds
        added = self.inference.solver.solve(("added", name, home), lambda: self._added(name, home))
        if not added:
            return kinds
        parts: list[Kinds] = []
        for kind in kinds:
            for more in added:
                if isinstance(more, Inst) and kind == DATA:
                    parts.append(_data_with(more))
                elif isinstance(kind, Inst) and kind.name in _GROWING and isinstance(more, Inst):
                    kind = _with(kind, more)
            parts.append(one(kind))
        return union(parts)

    def _is_handed_on(self, name: str, home: Key | None) -> bool:
        """Queues are made to be filled by others: what those put in is not seen under this name."""
        for path, number in self.program.references_by_name.get(name, ()):
            reference = self.program.modules[path].facts.references[number]
            if self._is_meant(Key(path, reference.scope), reference.expr, name, home):
                return True
        return False

    def _added(self, name: str, home: Key | None) -> Kinds:
        """One nameless container with all that is put in, by key, `ANYWHERE` or `INSIDE` its elements."""
        inference = self.inference
        items: dict[str | int, Kinds] = {}
        whole: Kinds = NOTHING
        near = home.path if home is not None and home.scope else ""
        for path, store in self.program.stores_by_name.get(name, ()):
            if near and path != near:
                continue  # nobody else can name what a function or class has
            where = Key(path, store.scope)
            target, is_inside = self.program.held_in(path, store.target)
            if not self._is_meant(where, target, name, home):
                continue
            value = clipped(inference.kinds(where, store.value, store.line))
            key = INSIDE if is_inside else literal(store.key)
            if key is None:
                key = ANYWHERE
            items[key] = items.get(key, NOTHING) | value
            if key != INSIDE:
                whole |= value
        for call in self.program.growth_by_name.get(name, ()):
            if near and call.path != near:
                continue
            site = self.program.call(call)
            where = Key(call.path, site.scope)
            func = site.func
            given = self._given(site)
            if not isinstance(func, Attr) or given is None:
                continue
            target, is_inside = self.program.held_in(call.path, func.value)
            if self._is_meant(where, target, name, home):
                value = clipped(inference.kinds(where, given, site.span.line))
                if func.attr in ("extend", "update"):
                    value = union(
                        [kind.args[-1] if isinstance(kind, Inst) and kind.args else NOTHING for kind in value]
                    )
                key = INSIDE if is_inside else ANYWHERE
                items[key] = items.get(key, NOTHING) | value
                if not is_inside:
                    whole |= value
        if not whole and not items:
            return NOTHING
        return one(Inst("", (whole,), tuple(items.items())))

    def _given(self, site: CallSite) -> Expr | None:
        """What a call puts in."""
        if getattr(site.func, "attr", None) in _QUEUED:
            return site.args[0] if site.args else dict(site.keywords).get("item")
        return site.args[-1] if site.args else None

    def _is_meant(self, where: Key, target: Expr | None, name: str, home: Key | None) -> bool:
        """Is the container the one that is kept under `name`? For attributes, any of that name may be."""
        if isinstance(target, Attr):
            if home is None:
                return True
            owners = self.inference.kinds(where, target.value)
            module = self.program.modules[home.path].facts.module
            return home.scope == 0 and any(getattr(kind, "name", None) == module for kind in owners)
        if not isinstance(target, Name) or home is None:
            return False
        found = names.lookup(self.program, where, target.id)
        if isinstance(found, list):
            return any(self._leads_to(bound, home) for bound in found)
        return found is not None and found.function == home

    def _leads_to(self, bound: names.Bound, home: Key) -> bool:
        if bound.home == home:
            return True
        statement = bound.binding.value
        if not isinstance(statement, Import):
            return False
        inner = names.imported(self.program, statement, bound.home.path)
        return isinstance(inner, list) and any(each.home == home for each in inner)


def _with(kind: Inst, more: Inst) -> Inst:
    """The container with what was put in; a value without a known key may be under any."""
    args = kind.args or ((NOTHING, NOTHING) if kind.name in MAPPINGS else (NOTHING,))
    items = dict(kind.items)
    inside = NOTHING
    for key, value in more.items:
        if key == INSIDE:
            inside = value
        elif key != ANYWHERE and (key in items or any(has_code(each) for each in value)):
            items[key] = items.get(key, NOTHING) | value
    anywhere = dict(more.items).get(ANYWHERE, NOTHING)
    items = {key: value | anywhere for key, value in items.items()}
    whole = args[-1] | more.args[0]
    if inside:
        items = {key: _deepened(value, inside) for key, value in items.items()}
        whole = _deepened(whole, inside)
    return Inst(kind.name, (*args[:-1], whole), tuple(items.items()))


def _data_with(more: Inst) -> Kinds:
    """The object of JSON that has got what is not; nothing where all is data."""
    items = dict(more.items)
    anywhere = items.pop(ANYWHERE, NOTHING) | items.pop(INSIDE, NOTHING)
    told = frozenset(kind for kind in more.args[0] if not isinstance(kind, Unknown))
    if all(map(_is_data, (*anywhere, *told, *(kind for value in items.values() for kind in value)))):
        return NOTHING
    whole = one(DATA) | anywhere | told
    return one(Inst("builtins.dict", (one(Inst("builtins.str")), whole), tuple(items.items())))


def _is_data(kind: Kind) -> bool:
    if not isinstance(kind, Inst) or not kind.name.startswith(_PLAIN):
        return False
    return all(_is_data(each) for inner in kind.args for each in inner)


def _deepened(kinds: Kinds, inside: Kinds) -> Kinds:
    """The elements of a container, those that are containers with `inside` among their own."""
    found: Kinds = NOTHING
    for kind in kinds:
        if isinstance(kind, Inst) and kind.name in _GROWING:
            args = kind.args or (NOTHING,)
            items = tuple((key, value | inside) for key, value in kind.items)
            kind = Inst(kind.name, (*args[:-1], args[-1] | inside), items)
        found |= one(kind)
    return found
