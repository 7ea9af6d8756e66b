"""How calls on a client, and on its parts, are written from now on.

client.chat.completions.create(...)     ->    await client().chat.completions.create(...)
driver.session().run(query)             ->    await driver().session().run(query)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec

from ...analysis.link.kinds import Inst
from ...analysis.link.program import CallKey, Key
from ...analysis.syntax import FileSyntax, span_of
from ...catalogue import CallForm, Effect, Entry
from ...catalogue.schema import Owner
from ...model import AwaitExpression, Code, Edit, ReplaceCall
from ..awaiting import awaited
from ..rewriting.functions import spelled
from ..rewriting.passing import Spelling
from ..sdk_results import Reading, result
from ..twin import Call, NoTwinError, World
from .clients import Clients, Family

_PLAIN = frozenset(f"builtins.{name}" for name in ("bool", "bytearray", "bytes", "float", "int", "str"))
_FORMS = (CallForm.AWAIT, CallForm.AWAIT_ASYNC_FOR, CallForm.ASYNC_FOR)


class Using(msgspec.Struct, frozen=True):
    clients: Clients
    family: Family
    spelling: Spelling
    cls: Owner
    maker: str
    """What makes it: the class, or a function."""

    def edits(self, call: Call) -> Iterator[tuple[str, Edit]]:
        """Those of one call, and of what it gives. Raises `NoTwinError`."""
        callee = self.callee(call)
        is_awaited, own = _is_awaited(call.site.entry), list[Edit]()
        if self._works_on(call.key):
            own.append(ReplaceCall(span_of(call.call), self._function(call), awaited=is_awaited))
        elif self.clients.waits(call.key) and self.family.part_of(call.key) is None:
            made = ReplaceCall(span_of(call.call), Code(callee))
            own.append(awaited(call.file, call.call, callee) if is_awaited else made)
        elif self.clients.waits(call.key) and is_awaited:
            own.append(AwaitExpression(span_of(call.call)))
        for each in (*own, *self.result(call).edits):
            yield call.file.path, each

    def result(self, call: Call) -> Reading:
        """How what the call gives is used, if that is no part. Raises `NoTwinError`."""
        is_part = call.site.name in self.clients.makers
        return Reading() if is_part else result(call, self.clients.views)

    def callee(self, call: Call) -> str:
        """Raises `NoTwinError` where the twin of the call is another one."""
        entry = call.site.entry
        is_known = entry is not None and (entry.call_form in _FORMS or not self.clients.waits(call.key))
        if entry is None or not entry.exact or entry.twin is None or not is_known:
            raise NoTwinError(f"{call.site.name} has no exact twin")
        self._check_keywords(entry, call.call)
        self._check_plain(entry, call.key)
        if self._works_on(call.key):
            self._check_steps(call.key)
            return entry.twin.rpartition(".")[2]
        if self.family.part_of(call.key) is not None:
            return call.file.source(call.call.func)
        return self._callee(call.key, call.file, call.call.func, entry.twin)

    def _works_on(self, key: CallKey) -> bool:
        """Does a function of the library work on the client, or a part of it, that it is given?"""
        return any(each.calls.get(key) == () for each in self.family.objects)

    def _function(self, call: Call) -> Code:
        entry = call.site.entry
        assert entry is not None
        assert entry.twin is not None
        return spelled(self.clients.views.of(call.file.path), call.call, entry.twin)

    def _callee(self, key: CallKey, file: FileSyntax, node: ast.expr, twin: str) -> str:
        """`client().chat.completions.create`; the client stands some attributes below the call."""
        path: list[str] = []
        for _ in self.family.client.calls[key]:
            assert isinstance(node, ast.Attribute)
            path.insert(0, node.attr)
            node = node.value
        path[-1:] = [twin.rpartition(".")[2]]
        return f"{self.spelling.client(file, node)}.{'.'.join(path)}"

    def _check_keywords(self, entry: Entry, call: ast.Call) -> None:
        owner, _, word = entry.name.rpartition(".")
        table = self.clients.program.catalogue.owner(owner)
        differing = table.differs.get(word, "").split() if table is not None else []
        given = {keyword.arg for keyword in call.keywords}
        if differing and not given.isdisjoint({*differing, None}):
            raise NoTwinError(f"{entry.name} has no exact twin with {', '.join(differing)}")

    def _check_plain(self, entry: Entry, key: CallKey) -> None:
        owner, _, word = entry.name.rpartition(".")
        table = self.clients.program.catalogue.owner(owner)
        names = table.plain.get(word, "").split() if table is not None else []
        name = not_plain(self.clients.world, key, names, names)
        if name is not None:
            text = f"{entry.name} is given {name}, which may be a file that is read on the event loop"
            raise NoTwinError(text)

    def _check_steps(self, key: CallKey) -> None:
        """What the library goes through by itself does not wait."""
        site, clients = self.clients.program.call(key), self.clients
        for expr in (*site.args, *(value for _, value in site.keywords)):
            for kind in clients.world.kinds(Key(key.path, site.scope), expr, site.span.line):
                if not isinstance(kind, Inst) or kind.name in clients.owners:
                    continue
                step = clients.program.catalogue.find(f"{kind.name}.__iter__")
                if step is not None and step.effect is not Effect.FAST:
                    raise NoTwinError(
                        f"it is given a {kind.name.rpartition('.')[2]}, which waits for each step"
                    )

    @property
    def at_once(self) -> Iterator[tuple[str, Edit]]:
        """The calls that are the same without waiting. Raises `NoTwinError`."""
        for each in self.family.objects:
            for key in sorted(each.calls):
                entry, file = self.clients.entry(key), self.clients.world.syntax.file(key.path)
                call = file.call(self.clients.program.call(key).span)
                if call is None or entry is None or self.clients.waits(key):
                    continue
                self._check_keywords(entry, call)
                if each is self.family.client and entry.twin is not None:
                    callee = Code(self._callee(key, file, call.func, entry.twin))
                    yield key.path, ReplaceCall(span_of(call), callee)

    @property
    def calls(self) -> frozenset[CallKey]:
        """All that wait."""
        return frozenset(key for each in self.family.objects for key in each.calls if self.clients.waits(key))


def not_plain(world: World, key: CallKey, wanted: Sequence[str], positional: Sequence[str]) -> str | None:
    """The first of the wanted arguments that may be no text, bytes or number."""
    site = world.effects.program.call(key)
    given = dict(zip(positional, site.args, strict=False)) | dict(site.keywords)
    for name in wanted:
        expr = given.get(name)
        kinds = () if expr is None else world.kinds(Key(key.path, site.scope), expr, site.span.line)
        is_plain = bool(kinds) and all(isinstance(kind, Inst) and kind.name in _PLAIN for kind in kinds)
        if not is_plain and (expr is not None or "" in given):
            return name
    return None


def _is_awaited(entry: Entry | None) -> bool:
    """An async generator is not."""
    return entry is None or entry.call_form is not CallForm.ASYNC_FOR
