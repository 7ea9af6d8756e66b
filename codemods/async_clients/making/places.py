"""Where a client that is made once is made: in a module, in an `__init__`, in a cached function.

session = requests.Session()
session.headers["X-Key"] = API_KEY
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from ...analysis.link.program import FUNCTIONS, CallKey, Key
from ...analysis.nodes import BINDINGS, bound_plainly, target_of, walk
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...model import Edit
from ..objects.client_object import NO_KEEPERS, ClientObject, Holder, Keepers
from ..objects.hidden_reads import check_attributes
from ..objects.patched import check_patches
from ..objects.set_attributes import set_attributes
from ..twin import NoTwinError, World
from .asked import Asked, asked_by
from .beforehand import Beforehand, beforehand, check_quick, check_setup
from .dependencies import is_dependency
from .fallback import Fallback, fallback_of
from .lazy_getters import Closer, LazyGetter, lazy_getter
from .lifetimes import check_all_made_once, check_made_once, is_cached
from .locals import LocalClient
from .settled import Settled
from .setup import setup_of
from .tried import check_not_tried

if TYPE_CHECKING:
    from .injected import Injected


class Place(msgspec.Struct, frozen=True):
    """Where a client that is made once is made, and the statements below it that set it up."""

    holder: Holder
    file: FileSyntax
    made: ast.Call
    statement: ast.stmt
    setup: tuple[ast.stmt, ...] = ()
    method: FunctionNode | None = None
    """`__init__`, for an attribute of an instance."""
    is_closure: bool = False
    """It is made from what only `__init__` knows."""
    getter: Key | None = None
    """The function whose cache keeps it."""
    is_dependency: bool = False
    """That function is injected."""
    asked: Asked | None = None
    """It is called, too."""
    lazy: LazyGetter | None = None
    """That function keeps it in a global."""
    is_per_call: bool = False
    """Nothing keeps it."""
    above: ast.stmt | None = None
    """What is made for each call in a function that does more is made by one of its own, above this."""
    local: LocalClient | None = None
    keepers: Keepers = NO_KEEPERS
    settled: Settled | None = None
    beforehand: Beforehand | None = None
    """Values from which it is made, and which take their time."""
    injected: tuple[Injected, ...] = ()
    """What FastAPI gives to the function that makes it, and the maker asks for by itself."""
    makers: frozenset[Key] = frozenset()
    """What makes the objects that ask for it when they are made."""
    new_name: str = ""
    """Of the function that gives it, where it is not called as the client was."""
    fallback: Fallback | None = None
    """It is made where a parameter brings none."""

    def source(self, node: ast.expr | ast.keyword) -> str:
        """The text of the call that makes it, or of an argument, for another place than its own."""
        known = self.settled or self.beforehand
        return known.source(node) if known is not None else self.file.source(node)

    def without_closing(self, world: World, calls: Iterable[CallKey]) -> frozenset[CallKey]:
        """The calls that are there when nobody closes the client behind each call any more."""
        local = self.local.closes if self.local is not None else None
        gone = [local] if isinstance(local, ast.Call) else []
        gone += [each.call for each in self.closers]
        return frozenset(calls) - {world.call_key(self.file.path, each) for each in gone}

    @property
    def asking(self) -> Iterator[tuple[str, Edit]]:
        """The edits of calls of what is injected, wherever these stand."""
        return self.asked.edits(()) if self.asked is not None else iter(())

    @property
    def closers(self) -> tuple[Closer, ...]:
        return self.lazy.closers if self.lazy is not None else ()

    @property
    def is_written_anew(self) -> bool:
        """Does the function that gives it become another one as a whole?"""
        return self.is_dependency or self.lazy is not None or (self.is_per_call and self.getter is not None)

    @property
    def target(self) -> str:
        """The name or attribute as it is written."""
        return self.file.source(bound_plainly(self.statement)[0][0])


def place_of_client(world: World, client: ClientObject, what: str, keepers: Keepers = NO_KEEPERS) -> Place:
    """Raises `NoTwinError` for a client that is made in several places, per request, or that gets lost."""
    lazy = lazy_getter(world, client, what)
    if lazy is not None:
        return _lazy(world, client, lazy, what, keepers)
    program = world.effects.program
    holders = {
        h
        for h in client.holders - keepers.holders - keepers.of_itself
        if h.on_instance or program.scope(Key(h.path, h.scope)).kind not in FUNCTIONS
    }
    if client.escapes:
        path, span = client.escapes[0]
        raise NoTwinError(f"{what} is handed on ({path}:{span.line})")
    if len(client.made) != 1 or len(holders) > 1:
        raise NoTwinError(f"{what} goes under several names")
    (call,) = client.made
    if any(program.modules[path].facts.is_test for path in _users(client)):
        raise NoTwinError(f"tests use {what}")
    check_calls(world, client, what)
    if any(not holder.path for holder in holders):
        raise NoTwinError(f"{what} is kept on the application, and not made when that starts")
    file = world.syntax.file(call.path)
    made = file.call(program.call(call).span)
    fallback = fallback_of(world, file, made) if made is not None else None
    statement = file.parents.get(fallback.whole if fallback is not None else made) if made else None
    if not holders:
        return _cached(world, call, file, made, statement, what, keepers)
    (holder,) = holders
    is_simple = statement is not None and target_of(statement) is not None
    if made is None or not is_simple or not isinstance(statement, BINDINGS):
        raise NoTwinError(f"{what} is not simply assigned")
    block, method = _block(world, call, holder, file, statement, what)
    setup = setup_of(file, block, statement, client, what)
    is_closure = method is not None and _needs_closure(method, (made, *setup), what)
    check_patches(world, holder, what)
    check_attributes(world, [holder], what)
    if fallback is not None and (method is None or is_closure):
        raise NoTwinError(f"{what} is made where a parameter brings none")
    check_setup(world, file, setup, what)
    in_module = file.parents[statement] is file.tree
    if not in_module:
        check_quick(world, file, (*made.args, *made.keywords), what)
    before = beforehand(world, file, made, holder) if in_module else None
    place = Place(
        holder, file, made, statement, setup, method, is_closure,
        keepers=keepers, beforehand=before, fallback=fallback,
    )  # fmt: skip
    check_not_tried(place, what)
    return place


def check_calls(world: World, client: ClientObject, what: str) -> None:
    """What is called is never a method of something else. Raises `NoTwinError`."""
    for call in client.calls:
        if len(world.effects.inference.callees(call)) > 1:
            place = world.effects.program.call_location(call)
            raise NoTwinError(f"what is called may be something else than {what} ({place})")


def _cached(
    world: World,
    call: CallKey,
    file: FileSyntax,
    made: ast.Call | None,
    statement: ast.AST | None,
    what: str,
    keepers: Keepers,
) -> Place:
    """`@lru_cache def get_client(): return OpenAI()`"""
    program = world.effects.program
    getter = program.owner_of(call.path, program.call(call).scope)
    if made is None or not isinstance(statement, ast.Return) or not is_cached(world, getter):
        raise NoTwinError(f"{what} is made for each call")
    name = program.scope(getter).name
    patched = world.callers.patches.first_of(getter)
    if patched is not None:
        raise NoTwinError(f"tests replace {patched}")
    check_quick(world, file, (*made.args, *made.keywords), what)
    holder = Holder(call.path, getter.scope, name)
    injected = is_dependency(world, getter, turns=False)
    node = world.node(getter)
    assert node is not None
    return Place(
        holder, file, made, statement, getter=getter,
        is_dependency=injected, asked=asked_by(world, getter, node) if injected else None, keepers=keepers,
    )  # fmt: skip


def _lazy(world: World, client: ClientObject, lazy: LazyGetter, what: str, keepers: Keepers) -> Place:
    program = world.effects.program
    path, spans = lazy.key.path, [span_of(each) for each in lazy.functions]
    for place, escape in client.escapes:
        if place != path or not any(span.contains(escape) for span in spans):
            raise NoTwinError(f"{what} is handed on ({place}:{escape.line})")
    if any(program.modules[user].facts.is_test for user in _users(client)):
        raise NoTwinError(f"tests use {what}")
    patched = world.callers.patches.first_of(lazy.key)
    if patched is not None:
        raise NoTwinError(f"tests replace {patched}")
    own = program.enclosing_class(lazy.key) or Key(path, 0)
    others = client.holders - keepers.holders - keepers.of_itself
    if any(
        Key(h.path, h.scope) != own
        and (h.on_instance or program.scope(Key(h.path, h.scope)).kind not in FUNCTIONS)
        for h in others
    ):
        raise NoTwinError(f"{what} goes under several names")
    for kept in others:
        check_patches(world, kept, what)
        if any(place != path for place, _ in set_attributes(world, own, kept.name)):
            raise NoTwinError(f"{kept.name}, which holds {what}, is used in several places")
    check_attributes(world, others, what)
    file = world.syntax.file(path)
    check_quick(world, file, (*lazy.made.args, *lazy.made.keywords), what)
    holder = Holder(path, lazy.key.scope, lazy.function.name)
    injected = is_dependency(world, lazy.key)
    if injected and lazy.cls is not None:
        raise NoTwinError(f"{lazy.function.name} is a method, and injected")
    if lazy.of_instance:
        check_made_once(world, own, what)
    return Place(
        holder, file, lazy.made, lazy.statement,
        getter=lazy.key, is_dependency=injected, lazy=lazy, keepers=keepers,
    )  # fmt: skip


def _users(client: ClientObject) -> set[str]:
    return {call.path for call in client.calls} | {path for path, _ in client.reads}


def _block(
    world: World,
    call: CallKey,
    holder: Holder,
    file: FileSyntax,
    statement: ast.Assign | ast.AnnAssign,
    what: str,
) -> tuple[Sequence[ast.stmt], FunctionNode | None]:
    """The statements among which it is made: of a module, or of the `__init__` of something made once."""
    parent = around = file.parents[statement]
    block: Sequence[ast.stmt] = getattr(parent, "body", ())
    if isinstance(parent, ast.Try) and statement in block:
        parent = file.parents[parent]
    if isinstance(parent, ast.Module) and not holder.on_instance:
        return block, None
    if isinstance(around, ast.ClassDef) and not holder.on_instance:
        _check_class(world, Key(holder.path, holder.scope), around, holder, what)
        return block, None
    program = world.effects.program
    owner = program.owner_of(call.path, program.call(call).scope)
    node = world.node(owner) if owner.scope else None
    if (
        not holder.on_instance
        or node is None
        or parent is not node
        or program.scope(owner).name != "__init__"
    ):
        raise NoTwinError(f"{what} is made for each call")
    check_all_made_once(world, Key(holder.path, holder.scope), holder.name, what)
    return block, node


def _check_class(world: World, cls: Key, node: ast.ClassDef, holder: Holder, what: str) -> None:
    """A plain one, where the name means the client and nothing else."""
    if node.bases or node.keywords or node.decorator_list:
        raise NoTwinError(f"{node.name}, which holds {what}, is no plain class")
    program = world.effects.program
    below = world.effects.inference.classes.subclasses.get(cls, ())
    names = [binding.name for each in (cls, *below) for binding in program.scope(each).bindings]
    if names.count(holder.name) > 1 or any(set_attributes(world, cls, holder.name)):
        raise NoTwinError(f"{what} goes under several names")


def _needs_closure(method: FunctionNode, nodes: Sequence[ast.AST], what: str) -> bool:
    """Does what makes and sets up the client read names of `__init__`, unchanged later?"""
    stores: dict[str, list[ast.AST]] = defaultdict(list)
    for argument in (node for node in walk(method.args) if isinstance(node, ast.arg)):
        stores[argument.arg].append(argument)
    for name in walk(method):
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
            stores[name.id].append(name)
    del stores[method.args.args[0].arg]
    read = {n.id for each in nodes for n in walk(each) if isinstance(n, ast.Name)} & stores.keys()
    if any(span_of(store) > span_of(nodes[0]) for name in read for store in stores[name]):
        raise NoTwinError(f"{what} is made from what __init__ changes afterwards")
    return bool(read)
