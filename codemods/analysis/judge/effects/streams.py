"""Who goes through a generator by itself: responses do, sync ones in threads and async ones on the loop.

https://www.starlette.io/responses/#streamingresponse
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from ...index.bindings import How, ScopeKind
from ...index.expr import Attr, Call, Comprehension, Expr, Name
from ...index.facts import ModuleFacts
from ...link.infer import Inference
from ...link.kinds import Cls, Ext, Fn, Kind, Member, describe, is_lazy_function
from ...link.program import CallKey, Module
from .stepping import Stepping

_RESPONSES = frozenset(
    {
        "fastapi.responses.StreamingResponse",
        "sse_starlette.EventSourceResponse",
        "starlette.responses.StreamingResponse",
    }
)
_ONLY_IN_THREADS = "starlette.concurrency.iterate_in_threadpool"

PIECEWISE = frozenset(
    {
        *(f"requests.Response.{name}" for name in ("iter_content", "iter_lines")),
        *(f"requests.Response.Streamed.{name}" for name in ("iter_content", "iter_lines")),
        *(f"httpx.Response.{name}" for name in ("iter_bytes", "iter_text", "iter_lines", "iter_raw")),
        *(f"httpx2.Response.{name}" for name in ("iter_bytes", "iter_text", "iter_lines", "iter_raw")),
        *(f"botocore.Value.{name}" for name in ("iter_chunks", "iter_lines")),
    }
)
"""They give a generator, which reads from the network when somebody goes through it."""


def makes_response(inference: Inference, call: CallKey) -> bool:
    """Does the call make a `StreamingResponse`, or one of a class below it that takes the same?"""
    kinds = inference.callees(call)
    return bool(kinds) and all(_is_response(inference, kind) for kind in kinds)


def _is_response(inference: Inference, kind: Kind) -> bool:
    if isinstance(kind, Cls):
        is_below = any(inference.classes.is_a(kind.key, name) for name in _RESPONSES)
        return is_below and inference.classes.method(kind.key, "__init__") is None
    return isinstance(kind, Ext) and kind.name in _RESPONSES


class Streams:
    """Which generators are given to what goes through them in threads."""

    def __init__(self, inference: Inference, stepping: Stepping) -> None:
        self.inference = inference
        self.stepping = stepping
        self.program = inference.program
        self._takers: dict[str, _Takers] = {}

    def is_streamed(self, call: CallKey) -> bool:
        """Does it give a generator to what iterates one in threads, such as a `StreamingResponse`, or run
        when such a generator makes an item?"""
        kinds = self.inference.callees(call)
        if self.makes_items(call):
            return not any(isinstance(kind, Fn) and self.program.scope(kind.key).is_async for kind in kinds)
        return all(map(self._is_read_later, kinds)) and self._is_taken(call.path, Call(call.index))

    def makes_items(self, call: CallKey) -> bool:
        """It stands in a generator expression that is, not in what that goes over: `(f(x) for x in xs)`."""
        module = self.program.modules[call.path]
        number = self.program.call(call).scope
        while module.facts.scopes[number].kind is ScopeKind.COMPREHENSION:
            number = module.facts.scopes[number].parent
        made = self._takers_of(call.path).generators.get(number)
        return made is not None and self._is_taken(call.path, made)

    def _takers_of(self, path: str) -> _Takers:
        if path not in self._takers:
            self._takers[path] = _Takers(self.program.modules[path])
        return self._takers[path]

    def _is_taken(self, path: str, value: Expr, seen: frozenset[CallKey] = frozenset()) -> bool:
        """It is given to such a thing as it is, or inside what is lazy: `filter(None, rows())`, a generator
        of the project, a generator expression."""
        takers = self._takers_of(path)
        if isinstance(value, Call):
            seen |= {CallKey(path, value.index)}
        return any(
            self._takes(taker, seen) and (name is None or self._is_read_once(taker, name, seen))
            for taker, name in takers.of.get(value, ())
        ) or any(self._is_taken(path, around, seen) for around in takers.iterating.get(value, ()))

    def _takes(self, taker: CallKey, seen: frozenset[CallKey]) -> bool:
        """Does a call go through what it is given in threads, or have somebody do so?"""
        if self._reads_in_threads(taker):
            return True
        is_new = taker not in seen
        return is_new and self._is_lazy(taker) and self._is_taken(taker.path, Call(taker.index), seen)

    def _is_read_once(self, taker: CallKey, name: Name, seen: frozenset[CallKey]) -> bool:
        """Nobody takes items out before: `first = next(rows)`, `rows.send(None)`."""
        facts = self.program.modules[taker.path].facts
        inside = facts.scopes[facts.calls[taker.index].scope].span
        reads = [r for r in facts.references if r.expr == name and inside.contains(r.span)]
        owners = [c.func.value for c in facts.calls if isinstance(c.func, Attr) and inside.contains(c.span)]
        return name not in owners and all(
            r.call >= 0 and self._takes(CallKey(taker.path, r.call), seen) for r in reads
        )

    def _is_read_later(self, kind: Kind) -> bool:
        if isinstance(kind, Ext):
            return is_lazy_function(kind.name)
        if isinstance(kind, Member):
            return describe(kind) in PIECEWISE
        return isinstance(kind, Fn) and self.stepping.gives_steps(kind.key)

    def _is_lazy(self, call: CallKey) -> bool:
        """Does it touch what it is given only when somebody goes through what it gives?"""
        kinds = self.inference.callees(call)
        return bool(kinds) and all(
            (isinstance(kind, Ext) and is_lazy_function(kind.name))
            or (isinstance(kind, Fn) and self.stepping.gives_steps(kind.key))
            for kind in kinds
        )

    def _reads_in_threads(self, call: CallKey) -> bool:
        """Is a sync generator that the call is given gone through in threads?"""
        kinds = self.inference.callees(call)
        return bool(kinds) and all(
            (isinstance(kind, Ext) and kind.name == _ONLY_IN_THREADS) or _is_response(self.inference, kind)
            for kind in kinds
        )


class _Takers:
    """To which calls of a file another's value, or a generator expression, is given, and to nothing else."""

    def __init__(self, module: Module) -> None:
        self.of: dict[Expr, list[tuple[CallKey, Name | None]]] = defaultdict(list)
        """With the name, where it is given by one that is bound once."""
        self.generators: dict[int, Comprehension] = {}
        """Generator expressions that await nothing, by their scopes."""
        self.iterating: dict[Expr, list[Comprehension]] = defaultdict(list)
        """Those that go through the value of a call."""
        facts = module.facts
        uses: Counter[Expr | None] = Counter(
            value for value in _values(facts) if isinstance(value, (Call, Comprehension))
        )
        on_loop = _awaiting(facts)
        for value in uses:
            if isinstance(value, Comprehension) and value.type == "generator" and value.scope not in on_loop:
                self.generators[value.scope] = value
        for each in facts.implicits:
            if each.kind == "for" and isinstance(each.expr, Call):
                self.iterating[each.expr] += [
                    made
                    for number, made in self.generators.items()
                    if facts.scopes[number].parent == each.scope
                    and facts.scopes[number].span.contains(each.span)
                ]
        for number, call in enumerate(facts.calls):
            for given in (*call.args, *(value for _, value in call.keywords)):
                name = given if isinstance(given, Name) else None
                bindings = module.names[call.scope].get(name.id, ()) if name is not None else ()
                giving = [each.value for each in bindings if each.gives_value]
                bound = giving[0] if len(giving) == 1 else given
                if isinstance(bound, (Call, Comprehension)) and uses[bound] == 1:
                    self.of[bound].append((CallKey(facts.path, number), name))


def _awaiting(facts: ModuleFacts) -> set[int]:
    """Comprehensions and generator expressions that await something themselves, or in one that they hold."""
    found = {each.scope for each in facts.implicits if each.kind in ("await", "async for")}
    found |= {
        number
        for number, scope in enumerate(facts.scopes)
        if any(binding.how is How.ASYNC_FOR for binding in scope.bindings)
    }
    waiting = [*found]
    while waiting:
        scope = facts.scopes[waiting.pop()]
        if scope.kind is ScopeKind.COMPREHENSION and scope.parent not in found:
            found.add(scope.parent)
            waiting.append(scope.parent)
    return found


def _values(facts: ModuleFacts) -> Iterator[object]:
    """What is put somewhere: several times in `a, *b = c = rows()` and `next(a := rows())`."""
    for scope in facts.scopes:
        yield from (binding.value for binding in scope.bindings)
    for call in facts.calls:
        yield from (*call.args, *(value for _, value in call.keywords))
    for implicit in facts.implicits:
        yield from (implicit.expr, implicit.right)
    yield from (binding.value for binding in facts.attributes)
    yield from (store.value for store in facts.stores)
