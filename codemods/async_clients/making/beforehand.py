"""What a client is made from may take its time: that stays at the import, where it was.

r = redis.Redis(password=acme.secret("redis"))      r_password = acme.secret("redis")

                                            ->
                                                    @per_event_loop
                                                    def r() -> Redis:
                                                        return Redis(password=r_password)

The new function runs on the event loop, at the first request.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ...analysis.judge.reaching.reach import HARMFUL
from ...analysis.nodes import given_to, walk
from ...analysis.syntax import FileSyntax, holds, last_name, snake, span_of
from ...analysis.view import View
from ..objects.client_object import Holder
from ..twin import NoTwinError, World, is_named
from .setup import simple

_GIVES = re.compile(r"^_*(?:get|load|read|fetch|make|build|create)_+(?=[^\W_])")


class Beforehand(msgspec.Struct, frozen=True):
    """Arguments of a client, and the names that have their values from the import on."""

    view: View
    names: Mapping[ast.expr, str]

    def source(self, node: ast.expr | ast.keyword) -> str:
        """The text of the call or of one of its arguments, with the names in the place of the values."""
        inside = [(span_of(value), name) for value, name in self.names.items() if holds(node, value)]
        return self.view.spliced(span_of(node), inside)

    @property
    def lines(self) -> str:
        return "".join(f"{name} = {self.view.source(value)}\n" for value, name in self.names.items())


def beforehand(world: World, file: FileSyntax, made: ast.Call, holder: Holder) -> Beforehand | None:
    """For a client that a module makes. Raises `NoTwinError`."""
    values = [each for each in given_to(made) if next(_slow_calls(world, file, [each]), None)]
    names: dict[ast.expr, str] = {}
    for value in values:
        word = f"{holder.name}_{_word(made, value)}"
        name = word.upper() if holder.name.isupper() else word
        if is_named(file, name) or name in names.values():
            raise NoTwinError(f"{name} is the name of something else")
        names[value] = name
    return Beforehand(View(world.effects.inference, file), names) if names else None


def check_quick(world: World, file: FileSyntax, nodes: Iterable[ast.AST], what: str) -> None:
    """The event loop waits for nothing that the nodes call. Raises `NoTwinError`."""
    for call in _slow_calls(world, file, nodes):
        source = file.source(call).partition("\n")[0]
        raise NoTwinError(f"{what} is made from {source}, for which the event loop would wait")


def check_setup(world: World, file: FileSyntax, setup: Iterable[ast.stmt], what: str) -> None:
    """The same for what sets the client up; adapters have rules of their own. Raises `NoTwinError`."""
    for statement in simple(setup):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            if last_name(statement.value.func) != "mount":
                check_quick(world, file, given_to(statement.value), what)
        else:
            check_quick(world, file, [statement], what)


def _slow_calls(world: World, file: FileSyntax, nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """The calls for which a thread may wait, and which would not be awaited."""
    for call in (inner for node in nodes for inner in walk(node) if isinstance(inner, ast.Call)):
        key = world.call_key(file.path, call)
        for site in world.effects.of_call(key) if key is not None else ():
            if site.kind in HARMFUL or (site.target is not None and world.reach.flags(site.target) & HARMFUL):
                yield call


def _word(made: ast.Call, value: ast.expr) -> str:
    """`password` of `password=acme.secret(..)`, `uri` of `get_uri()`."""
    keyword = next((each.arg for each in made.keywords if each.value is value), None)
    named = value.func if isinstance(value, ast.Call) else None
    called = _GIVES.sub("", last_name(named)) if named is not None else ""
    return snake(keyword or called or "argument")
