"""A client that a function makes anew at each call, always in the same way -> one for each event loop.

    def get_cache():                                @per_event_loop
        return redis.from_url(URL)          ->      def get_cache() -> Redis:
                                                        return Redis.from_url(URL)

                                                    @per_event_loop
    def ask(question):                              def openai_client() -> AsyncOpenAI:
        client = OpenAI(api_key=KEY)                    return AsyncOpenAI(api_key=KEY)
        return client.models.list().data    ->
                                                    async def ask(question):
                                                        client = openai_client()
                                                        return (await client.models.list()).data

To make one costs up to 160 ms (measured), which a thread could wait for and the event loop cannot.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from ...analysis.link.program import Key
from ...analysis.nodes import target_of, walk
from ...analysis.scopes import FUNCTIONS as DEFINITIONS
from ...analysis.syntax import FileSyntax, FunctionNode
from ...analysis.view import View
from ...model import Note, NoteKind
from ..objects.client_object import ClientObject, Holder
from ..objects.uses import Objects
from ..twin import NoTwinError, check_name, is_named
from .beforehand import check_quick
from .dependencies import is_dependency
from .fallback import fallback_of
from .injected import Injected, injected
from .keepers import keepers_of
from .kept_sources import is_kept
from .lifetimes import is_cached
from .locals import LocalClient, local_client
from .made_for_objects import makers_of
from .names import maker_name, renamed_place
from .places import Place, check_calls, place_of_client
from .settled import Settled, settled
from .unchanging import check_same

NOTE = Note(
    NoteKind.BEHAVIOUR,
    "a client that was made for each call is made once for each event loop, and keeps its connections",
)
_CLOSING = {"aclose", "close"}


def place_of(objects: Objects, client: ClientObject, what: str, name: str) -> Place:
    """Where the client is made, once or for each call; `name` is that of a function which is made for it.

    Raises `NoTwinError`.
    """
    world, program = objects.world, objects.program
    call = min(client.made)
    maker = program.owner_of(call.path, program.call(call).scope)
    keepers = keepers_of(objects, client, what)
    kept = any(is_kept(objects, holder) for holder in client.holders - keepers.holders - keepers.of_itself)
    node = world.node(maker) if maker.scope else None
    makers = makers_of(objects, client, maker, what) if kept else frozenset()
    if node is None or (kept and not makers) or len(client.made) != 1 or is_cached(world, maker):
        return renamed_place(objects, place_of_client(world, client, what, keepers))
    file = world.syntax.file(call.path)
    made = file.call(program.call(call).span)
    assert made is not None
    found = local_client(file, made)
    _check(objects, client, maker, found.closes if found is not None else None, what)
    check_quick(world, file, (*made.args, *made.keywords), what)
    if _is_getter(file, node, made):
        given = injected(objects, maker, _parameters(node), what)
        check_same(objects, maker, node.body, what, kept=frozenset(each.name for each in given))
        is_injected = isinstance(node, ast.AsyncFunctionDef) or is_dependency(world, maker)
        if given and not is_injected:
            raise NoTwinError(f"{what} is made for each call, from {given[0].name}")
        statement = file.statement(made)
        assert isinstance(statement, ast.Return)
        holder = Holder(call.path, maker.scope, node.name)
        return Place(
            holder, file, made, statement,
            getter=maker, is_dependency=is_injected, is_per_call=True, injected=given, keepers=keepers,
        )  # fmt: skip
    return replace(_local(objects, maker, made, found, what, name), keepers=keepers, makers=makers)


def _check(objects: Objects, client: ClientObject, maker: Key, closes: ast.expr | None, what: str) -> None:
    """It is only called, and handed to functions of the project; nobody closes it but `closes`."""
    program = objects.program
    if client.escapes or client.reads:
        path, span = (*client.escapes, *client.reads)[0]
        raise NoTwinError(f"{what} is handed on ({path}:{span.line})")
    check_calls(objects.world, client, what)
    users = {maker.path, *(call.path for call in client.calls)}
    if any(program.modules[path].facts.is_test for path in users):
        raise NoTwinError(f"tests use {what}")
    for call, attributes in client.calls.items():
        node = objects.world.syntax.file(call.path).call(program.call(call).span)
        if _CLOSING.intersection(attributes[-1:]) and node is not closes:
            raise NoTwinError(f"{what} is made for each call, and closed ({program.call_location(call)})")
    if objects.environment_setter is not None:
        function = objects.environment_setter
        raise NoTwinError(f"{what} is made for each call, and {function} changes the environment meanwhile")
    for giver in sorted(client.returned_by):
        patched = objects.world.callers.patches.first_of(giver)
        if patched is not None:
            raise NoTwinError(f"tests replace {patched}")


def _is_getter(file: FileSyntax, node: FunctionNode, made: ast.Call) -> bool:
    """`def get_client(): return OpenAI(...)`"""
    last = node.body[-1]
    is_plain = node in file.tree.body and not node.decorator_list
    only = not any(isinstance(inner, ast.Return) and inner is not last for inner in walk(node))
    return is_plain and only and isinstance(last, ast.Return) and last.value is made


def _parameters(node: FunctionNode) -> list[str]:
    return [each.arg for each in walk(node.args) if isinstance(each, ast.arg)]


def _local(
    objects: Objects,
    maker: Key,
    made: ast.Call,
    found: LocalClient | None,
    what: str,
    name: str,
) -> Place:
    file = objects.world.syntax.file(maker.path)
    statement = file.statement(made)
    fallback = fallback_of(objects.world, file, made)
    value = made if fallback is None else fallback.whole
    is_assigned = (
        isinstance(statement, (ast.Assign, ast.AnnAssign))
        and statement.value is value
        and target_of(statement) is not None
    )
    if not is_assigned and not isinstance(file.parents[made], ast.Attribute):
        raise NoTwinError(f"{what} is made for each call, and not simply assigned")
    view = View(objects.inference, file)
    written = settled(view, made)
    given = [*made.args, *(keyword.value for keyword in made.keywords), *written.values]
    used = {each.id for part in given for each in walk(part) if isinstance(each, ast.Name)}
    asked = injected(objects, maker, used - set(written.kept), what)
    check_same(objects, maker, given, what, kept=frozenset(written.kept) | {each.name for each in asked})
    others = list(_made_in(objects, file))
    getters = [each for each in others if _is_getter(file, _function(file, each), each)]
    alike = [settled(view, each) for each in others if each not in getters]
    text = written.source(made)
    same = [each.made for each in alike if each.source(each.made) == text]
    if asked and any(_asked(objects, view, each, used) != asked for each in same):
        raise NoTwinError(f"{what} is made for each call, from {asked[0].name}")
    taken = {maker_name(file, _function(file, each)) for each in getters}
    if is_named(file, name):
        name = f"shared_{name}"
    name = _names(alike, name, taken)[text]
    check_name(file, name)
    anchor = next(each for each in file.tree.body if any(inner in same for inner in walk(each)))
    return Place(
        Holder(file.path, 0, name),
        file,
        made,
        statement,
        is_per_call=True,
        above=anchor,
        local=found,
        settled=written,
        injected=asked,
        fallback=fallback,
    )


def _asked(objects: Objects, view: View, made: ast.Call, used: set[str]) -> tuple[Injected, ...] | None:
    """What another function that makes the same asks for; None where that may vary."""
    try:
        return injected(objects, view.owner(made), used, "it")
    except NoTwinError:
        return None


def _names(alike: Sequence[Settled], name: str, taken: set[str]) -> dict[str, str]:
    """What makes each of the clients: `openai_client`, and `ask_openai_client` for those that differ."""
    found: dict[str, str] = {}
    for each in alike:
        function = _function(each.view.file, each.made)
        whose = _whose(each.view.file, function)
        chosen = f"{whose}_{name}" if found or name in taken else name
        while chosen in found.values():
            chosen += "_too"
        found.setdefault(each.source(each.made), chosen)
    return found


def _whose(file: FileSyntax, function: FunctionNode) -> str:
    """`ask`; for what an object makes for itself, `writer`."""
    above = file.parents[function]
    is_made = function.name == "__init__" and isinstance(above, ast.ClassDef)
    return getattr(above, "name", "").lower() if is_made else function.name


def _function(file: FileSyntax, made: ast.Call) -> FunctionNode:
    return next(above for above in file.above(made) if isinstance(above, DEFINITIONS))


def _made_in(objects: Objects, file: FileSyntax) -> Iterator[ast.Call]:
    """The calls that make such clients in functions of the file."""
    keys = sorted(key for client in objects.all for key in client.made if key.path == file.path)
    for span in sorted(objects.program.call(key).span for key in keys):
        call = file.call(span)
        if call is not None and any(isinstance(above, DEFINITIONS) for above in file.above(call)):
            yield call
