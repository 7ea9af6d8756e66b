"""The keys that a dict of headers can have: all that is written anywhere on its way, whatever its annotation.

headers = {"Accept": "text/html", **self.more}
if etag:
    headers[CONDITION] = etag
return ask(headers)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....analysis.index.bindings import How, Import
from ....analysis.index.expr import Attr, Binary, Call, DictDisplay, Either, Expr, Name, Opaque
from ....analysis.index.facts import CallSite
from ....analysis.link import names
from ....analysis.link.kinds import Ext, Fn
from ....analysis.link.program import CallKey, Key
from ...twin import NoTwinError
from .growth import Growth
from .scalars import Scalars

_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
_DICT = Ext("builtins.dict")


def check_conditions(keys: Iterable[str]) -> None:
    """Raises `NoTwinError` for headers that make the answer 304 where nothing has changed."""
    if any(key.lower() in _CONDITIONS for key in keys):
        raise NoTwinError("the answer may be 304, which raise_for_status() of httpx takes for an error")


class Keys:
    """One question: it follows every name, parameter, attribute and call once."""

    def __init__(self, scalars: Scalars, growth: Growth) -> None:
        self._scalars = scalars
        self._growth = growth
        self._inference = scalars.inference
        self._program = scalars.program
        self._seen: set[object] = set()

    def of(self, key: Key, expr: Expr | None, line: int) -> Iterator[str]:
        if expr is None or not self._is_new((key, expr, line)):
            return
        if isinstance(expr, DictDisplay):
            for name, value in zip(expr.keys, expr.values, strict=False):
                spread = isinstance(name, Opaque)  # `**value`
                yield from self.of(key, value, line) if spread else self.text(key, name, line)
        elif isinstance(expr, Either):
            for option in expr.options:
                yield from self.of(key, option, line)
        elif isinstance(expr, Binary):
            yield from self.of(key, expr.left, line)
            yield from self.of(key, expr.right, line)
        elif isinstance(expr, Name):
            found = names.lookup(self._program, key, expr.id, line)
            if isinstance(found, names.Parameter):
                yield from self._parameter(found.function, found.position)
            yield from self._bound(found if isinstance(found, list) else ())
        elif isinstance(expr, Attr):
            for owner in self._inference.kinds(key, expr.value, line):
                yield from self._bound(self._scalars.attribute(owner, expr.attr))
            yield from self._added(None, expr.attr)
        elif isinstance(expr, Call):
            yield from self._call(key, CallKey(key.path, expr.index))

    def text(self, key: Key, name: Expr, line: int) -> Iterator[str]:
        """What a key can be, where that is known."""
        yield from sorted(self._inference.words.of(key, name, line) or ())

    def given(self, site: CallSite, key: Key) -> Iterator[str]:
        """By the arguments of `dict` and `update`."""
        for value in site.args:
            yield from self.of(key, value, site.span.line)
        yield from self._keywords(site, key)

    def _keywords(self, site: CallSite, key: Key, others: frozenset[str] = frozenset()) -> Iterator[str]:
        for name, value in site.keywords:
            if name not in others:
                yield from [name] if name else self.of(key, value, site.span.line)

    def _bound(self, found: Iterable[names.Bound]) -> Iterator[str]:
        for home, binding in found:
            if binding.how is How.PARAMETER:
                yield from self._parameter(home, binding.scope)
            elif isinstance(binding.value, Import):
                inner = names.imported(self._program, binding.value, home.path)
                if isinstance(inner, list) and self._is_new((home, binding)):
                    yield from self._bound(inner)
            else:
                if binding.how in (How.ASSIGN, How.AUGMENTED):
                    yield from self.of(home, binding.value, binding.line)
                yield from self._added(home, binding.name)

    def _parameter(self, function: Key, position: int) -> Iterator[str]:
        parameters = self._program.scope(function).parameters
        parameter = parameters[position]
        yield from self._added(function, parameter.name)
        if parameter.kind == "**":
            own = frozenset(each.name for each in parameters)
            for caller in self._scalars.callers.calls(function):
                site = self._program.call(caller.call)
                yield from self._keywords(site, Key(caller.call.path, site.scope), own)
            return
        yield from self.of(self._program.parent(function), parameter.default, 0)
        for key, value, line in self._scalars.passed(function, position):
            yield from self.of(key, value, line)

    def _call(self, key: Key, call: CallKey) -> Iterator[str]:
        site = self._program.call(call)
        callees = self._inference.callees(call)
        if isinstance(site.func, Attr) and site.func.attr == "copy":
            yield from self.of(key, site.func.value, site.span.line)
        elif _DICT in callees:
            yield from self.given(site, key)
        for function in sorted(kind.key for kind in callees if isinstance(kind, Fn)):
            for value in self._program.scope(function).returned:
                yield from self.of(function, value, 0)

    def _added(self, home: Key | None, name: str) -> Iterator[str]:
        """By what is put into it later; into any attribute of that name where `home` is None."""
        if not self._is_new((home, name)):
            return
        for key, written, _, line in self._growth.stored(home, name):
            yield from self.text(key, written, line)
        for key, site in self._growth.calls(home, name):
            if isinstance(site.func, Attr) and site.func.attr == "update":
                yield from self.given(site, key)
            elif site.args:
                yield from self.text(key, site.args[0], site.span.line)
        if home is not None:
            for other, alias in self._growth.aliases(home, name):
                yield from self._added(other, alias)

    def _is_new(self, place: object) -> bool:
        is_new = place not in self._seen
        self._seen.add(place)
        return is_new
