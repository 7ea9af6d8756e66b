"""A function with a cache that gives a client to FastAPI, and is called by others as well: FastAPI gets an
`async def`, for a `def` runs in a thread, where there is no event loop; the others ask the function below it.

@lru_cache                                              @per_event_loop
def get_redis():                                        def redis_client() -> Redis:
    return redis.Redis(host=HOST)                           return Redis(host=HOST)
                                                ->
                                                        async def get_redis() -> Redis:
                                                            return redis_client()

get_redis().get(key)                                    await redis_client().get(key)
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

import msgspec

from ...analysis.link.classes.attributes import OF_CACHES
from ...analysis.link.kinds import describe
from ...analysis.link.libraries.injection import DEPENDS
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...model import Code, Edit, ReplaceExpression, Span
from ..twin import NoTwinError, World, is_named
from .names import maker_name


class Asked(msgspec.Struct, frozen=True):
    """The calls of what is injected, and what they call from now on."""

    world: World
    getter: Key
    calls: frozenset[CallKey]
    old: str
    name: str

    def callee(self, file: FileSyntax, node: ast.expr) -> str | None:
        """What the expression calls from now on; None for another one."""
        is_it = isinstance(node, ast.Call) and self.world.call_key(file.path, node) in self.calls
        if not is_it or not isinstance(node, ast.Call):
            return None
        return file.source(node.func).removesuffix(self.old) + self.name

    @property
    def called_upon(self) -> frozenset[CallKey]:
        """Those on whose client something is called at once: `get_redis().get(key)`."""
        return frozenset(
            key for key in self.calls if _is_receiver(self.world.syntax.file(key.path), self._call(key))
        )

    def edits(self, others: Collection[CallKey]) -> Iterator[tuple[str, Edit]]:
        """The calls, but for `others` that are written anew with what is around them, and the imports."""
        for key in sorted(self.calls.difference(others)):
            call = self._call(key)
            text = self.callee(self.world.syntax.file(key.path), call)
            if text is not None:
                yield key.path, ReplaceExpression(span_of(call.func), Code(text))
        named = {key.path for key in self.calls if isinstance(self._call(key).func, ast.Name)}
        for path in sorted(named - {self.getter.path}):
            for alias in _imports(self.world.syntax.file(path), self.old):
                start = span_of(alias)
                span = Span(start.line, start.col, start.line, start.col + len(self.old))
                yield path, ReplaceExpression(span, Code(self.name))

    def _call(self, key: CallKey) -> ast.Call:
        call = self.world.syntax.file(key.path).call(self.world.effects.program.call(key).span)
        assert call is not None
        return call


def asked_by(world: World, getter: Key, function: FunctionNode) -> Asked | None:
    """None for what nobody calls. Raises `NoTwinError` for uses that cannot be spelled anew."""
    program, old = world.effects.program, function.name
    _check_uses(world, getter, old)
    calls = frozenset(caller.call for caller in world.callers.calls(getter))
    name = maker_name(world.syntax.file(getter.path), function)
    for key in sorted(calls):
        file = world.syntax.file(key.path)
        call, place = file.call(program.call(key).span), program.call_location(key)
        is_plain = call is not None and not (call.args or call.keywords or _is_below(file, call))
        if call is None or not is_plain or program.modules[key.path].facts.is_test:
            raise NoTwinError(f"{old} is injected and called, too ({place})")
        is_name = isinstance(call.func, ast.Name)
        if old not in (getattr(call.func, "id", ""), getattr(call.func, "attr", "")) or (
            is_name and key.path != getter.path and not any(_imports(file, old))
        ):
            raise NoTwinError(f"{old} is injected, and called under another name ({place})")
        if is_name and key.path != getter.path and is_named(file, name):
            raise NoTwinError(f"{key.path} has a {name} of its own")
        if is_name and key.path != getter.path and _is_read(file, old):
            raise NoTwinError(f"{old} is injected and called, too ({place})")
    return Asked(world, getter, calls, old, name) if calls else None


def _check_uses(world: World, getter: Key, old: str) -> None:
    """It is given to `Depends`, and nobody asks its cache for anything."""
    program = world.effects.program
    for path, read in world.callers.references(getter):
        takers = world.effects.inference.callees(CallKey(path, read.call)) if read.call >= 0 else frozenset()
        if not takers or any(describe(kind) not in DEPENDS for kind in takers):
            raise NoTwinError(f"{old} is injected, and a value elsewhere ({path}:{read.span.line})")
    for word in OF_CACHES:
        for key in program.calls_by_name.get(word, ()):
            value = getattr(program.call(key).func, "value", None)
            if old in (getattr(value, "id", ""), getattr(value, "attr", "")):
                raise NoTwinError(f"the cache of {old} is emptied or read ({program.call_location(key)})")


def _is_below(file: FileSyntax, call: ast.Call) -> bool:
    """`Store(get_redis()).cache`: what is called on that may be written anew with all that it stands in."""
    inner: ast.AST = call
    is_receiver = True
    for above in file.above(call):
        if isinstance(above, ast.stmt):
            return False
        is_receiver &= isinstance(above, ast.Attribute) or getattr(above, "func", None) is inner
        if isinstance(above, ast.Attribute) and not is_receiver:
            return True
        inner = above
    return False


def _is_read(file: FileSyntax, name: str) -> bool:
    """Does the file use the name for more than to call it?"""
    return any(
        isinstance(node, ast.Name)
        and node.id == name
        and getattr(file.parents[node], "func", None) is not node
        for node in walk(file.tree)
    )


def _is_receiver(file: FileSyntax, call: ast.Call) -> bool:
    node: ast.AST = call
    while isinstance(file.parents[node], ast.Attribute):
        node = file.parents[node]
    outer = file.parents[node]
    return node is not call and isinstance(outer, ast.Call) and outer.func is node


def _imports(file: FileSyntax, name: str) -> Iterator[ast.alias]:
    """By which the body of the file knows it."""
    for statement in file.tree.body:
        for alias in statement.names if isinstance(statement, ast.ImportFrom) else ():
            if alias.name == name and alias.asname is None:
                yield alias
