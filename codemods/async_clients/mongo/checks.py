"""What keeps a client as it is wherever it is used: how it is made, and what tests put in its place."""

from __future__ import annotations

import ast
from collections.abc import Container, Sequence

from ...analysis.index.expr import Attr
from ...analysis.link.program import CallKey, Key, Program
from ...analysis.syntax import span_of
from ..objects.client_object import ClientObject
from ..twin import NoTwinError, World
from .handles import CLIENT, WHAT, Handles

_TAKE_ITS_PLACE = frozenset({"mongomock", "mongomock_motor", "pymongo_inmemory"})


def check_arguments(program: Program, made: ast.Call) -> None:
    """Raises `NoTwinError`."""
    owner = program.catalogue.owner(CLIENT)
    given = {keyword.arg for keyword in made.keywords}
    starred = any(isinstance(argument, ast.Starred) for argument in made.args)
    if owner is None or starred or None in given or given - owner.options:
        raise NoTwinError(f"{WHAT} is made with arguments that its async twin may take differently")


def check_tests(world: World) -> None:
    """Raises `NoTwinError`."""
    for patched in sorted(world.callers.patches.names):
        if patched.startswith("pymongo.") or patched.rpartition(".")[2] == "MongoClient":
            raise NoTwinError(f"tests replace {patched}")
    for module in world.effects.program.modules.values():
        for binding in (b for s in module.facts.scopes for b in s.bindings if module.facts.is_test):
            imported = str(getattr(binding.value, "module", "")).partition(".")[0]
            if imported in _TAKE_ITS_PLACE:
                raise NoTwinError(f"tests use {imported}, which answers in the place of MongoDB")


def check_all_seen(
    handles: Handles, client: ClientObject, calls: Container[CallKey], anew: Sequence[ast.AST] = ()
) -> None:
    """Is each call on it one of these `calls`, but for those in functions that are written anew? One on what
    may come from anywhere counts as one on it. Raises `NoTwinError`."""
    program, rewritten = handles.program, [span_of(function) for function in anew]
    for call in handles.calls:
        site = program.call(call)
        if call in calls or not isinstance(site.func, Attr) or any(s.contains(site.span) for s in rewritten):
            continue
        where = Key(call.path, site.scope), site.func.value, site.span.line
        if not any(each is not client and handles.is_it(each, *where) for each in handles.all):
            raise NoTwinError(
                f"{WHAT} may be used at {program.call_location(call)}, through what is not followed"
            )
