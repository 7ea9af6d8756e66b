"""What is called on values that a library gave, of whatever class: methods of the library, and none of the
project's unless the library was given such an object, its class, or a function that may give one.

acme.connect(url).channel("orders").publish(text)     # acme.connect().publish
feedparser.parse(url).entries[0].get("title")         # no call of `get` of a repository
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from ...arguments import placed
from ...index.bindings import ScopeKind
from ...index.expr import Attr, Const, Joined
from ...index.facts import CallSite
from ...link.infer import Inference
from ...link.kinds import Cls, Ext, Fn, Inst, Kind, Kinds, Member, Obj, Unknown, one
from ...link.libraries.makers import holder
from ...link.program import CallKey, Key, Program


class OfLibraries:
    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._program: Program = inference.program

    def name(self, site: CallSite, kind: Kind) -> str:
        """The name of the library's method, of nobody knows which class; nothing where it may be one of the
        project's."""
        if not (isinstance(kind, Unknown) and kind.maker and isinstance(site.func, Attr)):
            return ""
        name = site.func.attr
        is_ours = name in self._program.attributes_by_name or any(
            self._has(_root(kind.maker), cls) for cls in self._with_method.get(name, ())
        )
        return "" if is_ours else f"{kind.maker}.{name}"

    def may_be_called_on(self, values: Kinds, method: Key) -> bool:
        """Can one of the values be an object that has this method of the project?"""
        cls = self._program.enclosing_class(method)
        if cls is None or not values:
            return True
        return any(
            isinstance(kind, Unknown) and (not kind.maker or self._has(_root(kind.maker), cls))
            for kind in values
        )

    def _has(self, root: str, cls: Key) -> bool:
        """May the library have an object of the class: given to it, or made for it by a function?"""
        given = self._given.get(root, frozenset())
        return cls in given or any(self._program.scope(key).kind is ScopeKind.FUNCTION for key in given)

    @cached_property
    def _with_method(self) -> Mapping[str, tuple[Key, ...]]:
        found: dict[str, list[Key]] = defaultdict(list)
        for function in self._program.functions():
            cls = self._program.enclosing_class(function)
            if cls is not None:
                found[self._program.scope(function).name].append(cls)
        return {name: tuple(classes) for name, classes in found.items()}

    @cached_property
    def _given(self) -> Mapping[str, frozenset[Key]]:
        """By library, the project's functions that it gets, and the classes of the objects that it gets, or
        has from being their base or decorator."""
        found: dict[str, set[Key]] = defaultdict(set)
        for takers, values in (*self._arguments(), *self._attributes(), *self._definitions()):
            for root in {_library(kind) for kind in takers} - {""}:
                for kind in values:
                    found[root].update(self._inside(kind))
        return {root: frozenset(keys) for root, keys in found.items()}

    def _arguments(self) -> Iterator[tuple[Kinds, Kinds]]:
        """Of the program itself: what tests hand over is gone when they are."""
        for path, module in self._program.modules.items():
            for number, site in enumerate(() if module.facts.is_test else module.facts.calls):
                if all(isinstance(value, (Const, Joined)) for _, value in placed(site)):
                    continue
                callees = self._inference.callees(CallKey(path, number))
                if any(map(_library, callees)):
                    where, line = module.keys[site.scope], site.span.line
                    for _, value in placed(site):
                        yield callees, self._inference.kinds(where, value, line)

    def _attributes(self) -> Iterator[tuple[Kinds, Kinds]]:
        for module in self._program.modules.values():
            for each in module.facts.attributes:
                where = module.keys[each.scope]
                owners = self._inference.kinds(where, each.target, each.line)
                if each.value is not None and any(map(_library, owners)):
                    yield owners, self._inference.kinds(where, each.value, each.line)

    def _definitions(self) -> Iterator[tuple[Kinds, Kinds]]:
        classes = self._inference.classes
        for cls in self._program.classes():
            bases = frozenset(Ext(base) for base in classes.mro(cls) if isinstance(base, str))
            decorators = classes.decorators(cls) if self._program.scope(cls).decorators else ()
            yield bases.union(decorators), one(Cls(cls))
        for function in self._program.functions():
            if self._program.scope(function).decorators:
                yield frozenset(classes.decorators(function)), one(Fn(function))

    def _inside(self, kind: Kind) -> Iterator[Key]:
        if isinstance(kind, Fn):
            yield kind.key
        elif isinstance(kind, (Obj, Cls)):
            classes = self._inference.classes
            for cls in (kind.key, *classes.subclasses.get(kind.key, ())):
                yield from (step for step in classes.mro(cls) if isinstance(step, Key))
        elif isinstance(kind, Inst):
            for inner in kind.args:
                for each in inner:
                    yield from self._inside(each)


def _library(kind: Kind) -> str:
    """The root of the library; nothing for the project's own, and for what passes anything on."""
    name = kind.maker if isinstance(kind, Unknown) else ""
    if isinstance(kind, (Ext, Inst, Member)):
        name = holder(kind)
    return _root(name)


def _root(name: str) -> str:
    return name.partition(".")[0].removesuffix("()")
