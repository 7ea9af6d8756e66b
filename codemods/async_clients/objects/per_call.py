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
import re
from collections.abc import Iterator, Sequence

from ...analysis.link import names
from ...analysis.link.kinds import Ext, Fn
from ...analysis.link.program import FUNCTIONS, Key
from ...analysis.nodes import walk
from ...analysis.scopes import COMPREHENSIONS
from ...analysis.scopes import FUNCTIONS as DEFINITIONS
from ...analysis.syntax import FileSyntax, FunctionNode
from ...model import Note, NoteKind
from ..http.errors import fact_of
from ..http.locals import LocalClient, local_client
from ..twin import NoTwinError
from .client_object import ClientObject, Holder
from .places import Place, check_calls, is_cached, is_dependency, place_of_client
from .uses import Objects

NOTE = Note(
    NoteKind.BEHAVIOUR,
    "a client that was made for each call is made once for each event loop, and keeps its connections",
)
_ENVIRONMENT = {"os.getenv", "os.environ.get"}
_CLOSING = {"aclose", "close"}
_VARYING = (ast.Await, ast.Lambda, ast.NamedExpr, ast.Starred, ast.Yield, ast.YieldFrom, *COMPREHENSIONS)


def place_of(objects: Objects, client: ClientObject, what: str, name: str) -> Place:
    """Where the client is made, once or for each call; `name` is that of a function which is made for it.

    Raises `NoTwinError`.
    """
    world, program = objects.world, objects.program
    call = min(client.made)
    maker = program.owner_of(call.path, program.call(call).scope)
    kept = any(
        holder.on_instance or program.scope(Key(holder.path, holder.scope)).kind not in FUNCTIONS
        for holder in client.holders
    )
    node = world.node(maker) if maker.scope else None
    if node is None or kept or len(client.made) != 1 or is_cached(world, maker):
        return place_of_client(world, client, what)
    file = world.syntax.file(call.path)
    made = file.call(program.call(call).span)
    assert made is not None
    found = local_client(file, made)
    _check(objects, client, maker, found.closes if found is not None else None, what)
    if _is_getter(file, node, made):
        _check_same(objects, maker, node.body, what)
        injected = isinstance(node, ast.AsyncFunctionDef) or is_dependency(world, maker)
        statement = file.statement(made)
        assert isinstance(statement, ast.Return)
        holder = Holder(call.path, maker.scope, node.name)
        return Place(holder, file, made, statement, getter=maker, is_dependency=injected, is_per_call=True)
    return _local(objects, maker, made, found, what, name)


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
        if attributes[-1] in _CLOSING and node is not closes:
            raise NoTwinError(f"{what} is made for each call, and closed ({program.call_location(call)})")
    setter = _sets_environment(objects)
    if setter is not None:
        raise NoTwinError(f"{what} is made for each call, and {setter} changes the environment meanwhile")
    for giver in sorted(client.returned_by):
        patched = objects.world.callers.patches.first_of(giver)
        if patched is not None:
            raise NoTwinError(f"tests replace {patched}")


def _is_getter(file: FileSyntax, node: FunctionNode, made: ast.Call) -> bool:
    """`def get_client(): return OpenAI(...)`"""
    last = node.body[-1]
    takes = any(isinstance(inner, ast.arg) for inner in walk(node.args))
    is_plain = node in file.tree.body and not node.decorator_list and not takes
    only = not any(isinstance(inner, ast.Return) and inner is not last for inner in walk(node))
    return is_plain and only and isinstance(last, ast.Return) and last.value is made


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
    is_named = isinstance(statement, ast.Assign) and statement.value is made and len(statement.targets) == 1
    if not is_named and not isinstance(file.parents[made], ast.Attribute):
        raise NoTwinError(f"{what} is made for each call, and not simply assigned")
    _check_same(objects, maker, [*made.args, *(keyword.value for keyword in made.keywords)], what)
    alike = list(_made_in(objects, file))
    same = [each for each in alike if file.source(each) == file.source(made)]
    name = _names(file, alike, name)[file.source(made)]
    if any(getattr(each, "id", getattr(each, "name", "")) == name for each in walk(file.tree)):
        raise NoTwinError(f"the module has a {name} of its own")
    anchor = next(each for each in file.tree.body if any(inner in same for inner in walk(each)))
    return Place(
        Holder(file.path, 0, name), file, made, statement, is_per_call=True, above=anchor, local=found
    )


def _names(file: FileSyntax, alike: Sequence[ast.Call], name: str) -> dict[str, str]:
    """What makes each of the clients: `openai_client`, and `ask_openai_client` for those that differ."""
    found: dict[str, str] = {}
    for call in alike:
        function = next(above for above in file.above(call) if isinstance(above, DEFINITIONS))
        chosen = f"{function.name}_{name}" if found else name
        while chosen in found.values():
            chosen += "_too"
        found.setdefault(file.source(call), chosen)
    return found


def _made_in(objects: Objects, file: FileSyntax) -> Iterator[ast.Call]:
    """The calls that make such clients in functions of the file."""
    keys = sorted(key for client in objects.all for key in client.made if key.path == file.path)
    for span in sorted(objects.program.call(key).span for key in keys):
        call = file.call(span)
        if call is not None and any(isinstance(above, DEFINITIONS) for above in file.above(call)):
            yield call


# always the same --------------------------------------------------------------------------------------------


def _check_same(objects: Objects, maker: Key, nodes: list[ast.stmt] | list[ast.expr], what: str) -> None:
    """All that the nodes read was there when the module was imported, and stays what it was then."""
    own = {
        n.id for each in nodes for n in walk(each) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    raised = {n.exc for each in nodes for n in walk(each) if isinstance(n, ast.Raise)}
    for node in (inner for each in nodes for inner in walk(each)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            same = _is_same(objects, maker, node)
        elif isinstance(node, ast.Attribute):
            same = isinstance(node.ctx, ast.Load) and not _is_set(objects, node.attr)
        elif isinstance(node, ast.Subscript):
            same = objects.world.syntax.file(maker.path).source(node.value) == "os.environ"
        elif isinstance(node, ast.Call):
            same = node in raised or _gives_same(objects, maker, node)
        else:
            same = not isinstance(node, (*_VARYING, ast.Global))
        if not same:
            source = objects.world.syntax.file(maker.path).source(node)
            raise NoTwinError(f"{what} is made for each call, from {source}")


def _is_same(objects: Objects, maker: Key, node: ast.Name) -> bool:
    """A name of a module that no function binds again; one that nothing binds is built in."""
    fact, bound = fact_of(node), names.lookup(objects.program, maker, node.id, node.lineno)
    if fact is None or isinstance(bound, names.Parameter) or any(each.home.scope for each in bound or ()):
        return False
    return all(
        holder.scope == 0
        and not holder.on_instance
        and not any(
            holder.name in scope.globals for scope in objects.program.modules[holder.path].facts.scopes
        )
        for holder in objects.holders(maker, fact, node.lineno)
    )


def _sets_environment(objects: Objects) -> str | None:
    """A function that sets a variable, which the client may read without being told of it."""
    for path, module in objects.program.modules.items():
        file = objects.world.syntax.file(path)
        if module.facts.is_test or not re.search(r"environ\b|putenv|load_dotenv", file.text):
            continue
        for function in walk(file.tree):
            if isinstance(function, DEFINITIONS) and any(_is_set_by(file, node) for node in walk(function)):
                return function.name
    return None


def _is_set_by(file: FileSyntax, node: ast.AST) -> bool:
    """`os.environ["KEY"] = key`, `os.environ.update(...)`, `load_dotenv()`"""
    if isinstance(node, ast.Subscript):
        return not isinstance(node.ctx, ast.Load) and file.source(node.value).endswith("environ")
    called = file.source(node.func) if isinstance(node, ast.Call) else ""
    is_change = called.rpartition(".")[2] in ("pop", "setdefault", "update")
    return called.endswith(("putenv", "load_dotenv")) or (is_change and "environ." in called)


def _is_set(objects: Objects, name: str) -> bool:
    """Does anything but an `__init__` set an attribute of that name?"""
    return any(
        put.attr == name and module.facts.scopes[put.scope].name != "__init__" and not module.facts.is_test
        for module in objects.program.modules.values()
        for put in module.facts.attributes
    )


def _gives_same(objects: Objects, maker: Key, node: ast.Call) -> bool:
    """The client itself, what the environment says, and what a cache keeps."""
    call = objects.world.call_key(maker.path, node)
    found = objects.inference.callees(call) if call is not None else []
    for kind in found:
        name = kind.name if isinstance(kind, Ext) else ""
        known = name in _ENVIRONMENT or objects.program.catalogue.canonical(name) in objects.canonical
        if not known and not (isinstance(kind, Fn) and is_cached(objects.world, kind.key)):
            return False
    return bool(found)
