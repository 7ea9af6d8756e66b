"""A client that lives as long as a `with` -> an async one, open as long.

    with httpx.Client() as client:          async with httpx.AsyncClient(verify=tls_context) as client:
        r = client.get(url)         ->          r = await client.get(url)

    with requests.Session() as s:   ->      async with http_session() as s:

It keeps its cookies and connections to itself, as it did. One that is made without a `with`: `locals`.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, span_of
from ....model import (
    Argument,
    AsyncStatement,
    Code,
    Edit,
    HttpClient,
    ImportNeed,
    Lifetime,
    ReplaceCall,
    slot,
)
from ...making.locals import local_client
from ...objects.client_object import ClientObject
from ...objects.uses import Objects
from ...rewriting.generators import generator_edits
from ...rewriting.handed import taker_edits
from ...rewriting.renaming import Renaming
from ...twin import Call, NoTwinError, TwinPlan, Whole, World, check_module
from ..calls.call import METHODS, client_call
from ..calls.in_common import ATTRIBUTES, check_auth
from ..calls.session_settings import check_setting
from ..generated import session_module
from ..generated.client_module import CONTEXT
from ..responses.streams import STREAM, reads_of
from ..values.values import Values

_SESSION = "requests.Session"
_OPTIONS = {
    "auth", "params", "headers", "cookies", "verify", "timeout", "follow_redirects", "limits",
    "max_redirects", "base_url", "default_encoding",
}  # fmt: skip


class _Block(msgspec.Struct, frozen=True):
    file: FileSyntax
    made: ast.Call
    edits: tuple[Edit, ...]
    """What opens it as an async one."""
    closes: ast.expr | None = None
    """A call that closes it, which goes."""


def lives_in_blocks(world: World, client: ClientObject) -> bool:
    """Is the client opened by `with`, or made for the rest of a function, wherever it is made?"""
    for call in client.made:
        file = world.syntax.file(call.path)
        made = file.call(world.effects.program.call(call).span)
        if made is None or not (isinstance(file.parents[made], ast.withitem) or local_client(file, made)):
            return False
    return True


def twin(call: Call, objects: Objects, client: ClientObject, values: Values) -> TwinPlan:
    """The plan for one call on the client, or for the opening of a stream. Raises `NoTwinError`."""
    world, name = call.world, call.site.name
    is_session = name.startswith(f"{_SESSION}.")
    what = "the session" if is_session else "the client"
    library = world.library if is_session else name.partition(".")[0]
    renaming = Renaming(
        frozenset({_SESSION} if is_session else {f"{library}.Client"}), library, "AsyncClient", what, True
    )
    blocks = [_block(world, client, made, what) for made in sorted(client.made)]
    shared = [*taker_edits(objects, client, renaming)]
    for giver in sorted(client.returned_by):
        _check_giver(world, client, giver, what, is_session=is_session)
        shared += generator_edits(world, giver, client, renaming)
    for block in blocks:
        made = _session(world, block) if is_session else _client(world, block, library)
        shared += [(block.file.path, edit) for edit in made]
    closing = {block.closes for block in blocks if block.closes is not None}
    calls = frozenset(_calls(world, client, closing, what, is_session=is_session))
    _check_uses(world, values, client, closing, what, is_session=is_session)
    assert isinstance(call.call.func, ast.Attribute)
    receiver = call.file.source(call.call.func.value)
    # what a call needs to be written anew stands beside what opens the session
    beside = replace(call, world=replace(world, module=world.beside(session_module.FILE)))
    own = client_call(beside, values, receiver, is_session=is_session)
    if own.together:
        raise NoTwinError("the response is handed on")
    helpers = tuple(replace(each, lifetime=Lifetime.BLOCK) for each in own.support)
    # neither the making nor a call may be carried off to a thread
    made_here = [block.made for block in blocks if block.made in walk(call.node)]
    return TwinPlan(
        (*((call.file.path, edit) for edit in own.edits), *shared),
        (*own.awaited, *map(span_of, made_here)),
        f"await {receiver}.{name.rpartition('.')[2]}(...)",
        (*_support(blocks, library, is_session=is_session), *helpers),
        own.notes,
        Whole(f"{min(client.made)}", calls, _openers(world, client)),
    )


def _support(blocks: Iterable[_Block], library: str, *, is_session: bool) -> tuple[HttpClient, ...]:
    """None for clients that check no certificates."""
    if not is_session and all(_has_verify(block.made) for block in blocks):
        return ()
    name = session_module.SESSION if is_session else CONTEXT
    return (HttpClient(name, library, "", Lifetime.BLOCK),)


def _has_verify(made: ast.Call) -> bool:
    return any(keyword.arg == "verify" for keyword in made.keywords)


def _openers(world: World, client: ClientObject) -> frozenset[Key]:
    program = world.effects.program
    openers = frozenset(program.owner_of(made.path, program.call(made).scope) for made in client.made)
    return openers - client.returned_by


# the `with` statements --------------------------------------------------------------------------------------


def _block(world: World, client: ClientObject, key: CallKey, what: str) -> _Block:
    program = world.effects.program
    file = world.syntax.file(key.path)
    made = file.call(program.call(key).span)
    statement = file.parents[file.parents[made]] if made is not None else None
    if made is not None and (found := local_client(file, made)) is not None:
        others = {
            holder.name for holder in client.holders if (holder.path, holder.scope) == _scope(world, key)
        }
        if len(others) > 1:
            raise NoTwinError(f"{what} goes under several names")
        return _Block(file, made, found.edits, found.closes)
    if made is None or not isinstance(statement, ast.With):
        raise NoTwinError(f"{what} is made for each call")
    ours = {program.call(k).span for k in (*client.made, *client.calls) if k.path == key.path}
    if any(span_of(item.context_expr) not in ours for item in statement.items):
        raise NoTwinError(f"the `with` of {what} opens something else, too")
    return _Block(file, made, (AsyncStatement(span_of(statement)),))


def _scope(world: World, key: CallKey) -> tuple[str, int]:
    return key.path, world.effects.program.call(key).scope


def _session(world: World, block: _Block) -> Iterator[Edit]:
    module = world.beside(session_module.FILE)
    check_module(world, module)
    need = ImportNeed(module, session_module.SESSION)
    yield ReplaceCall(span_of(block.made), Code(slot(0), (need,)))
    yield from block.edits


def _client(world: World, block: _Block, library: str) -> Iterator[Edit]:
    made = block.made
    given = {keyword.arg: keyword.value for keyword in made.keywords}
    if made.args or None in given or given.keys() - _OPTIONS:
        raise NoTwinError("the client is made with arguments that an async client takes differently")
    verify = given.get("verify")
    if verify is not None and not (isinstance(verify, ast.Constant) and verify.value is False):
        raise NoTwinError(
            "verify of the client may be a file, which an async client would read on the event loop"
        )
    check_auth(block.file, given.get("auth"))
    module = world.beside(session_module.FILE)
    check_module(world, module)
    arguments = [Argument(n, keyword.arg or "") for n, keyword in enumerate(made.keywords)]
    if verify is None:
        context = Code(slot(0), (ImportNeed(module, CONTEXT),))
        arguments.append(Argument(keyword="verify", code=context))
    callee = Code(f"{slot(0)}.AsyncClient", (ImportNeed(library),))
    yield ReplaceCall(span_of(made), callee, tuple(arguments))
    yield from block.edits


def _check_giver(world: World, client: ClientObject, giver: Key, what: str, *, is_session: bool) -> None:
    """It gives what it opens itself, and catches nothing of requests that a request may raise."""
    node, program = world.node(giver), world.effects.program
    makers = {program.owner_of(made.path, program.call(made).scope) for made in client.made}
    if makers != {giver} or not program.scope(giver).has_yield:
        raise NoTwinError(f"{what} is handed on by {program.scope(giver).qualname}")
    if node is None or (is_session and any(isinstance(n, ast.ExceptHandler) for n in walk(node))):
        raise NoTwinError(f"{program.scope(giver).qualname} catches errors of {what}")


# what is done with it ---------------------------------------------------------------------------------------


def _calls(
    world: World, client: ClientObject, closing: Container[ast.AST], what: str, *, is_session: bool
) -> Iterator[CallKey]:
    """All calls that must be awaited, those that read streams too."""
    for key, attributes in sorted(client.calls.items()):
        if world.syntax.file(key.path).call(world.effects.program.call(key).span) in closing:
            continue
        if len(attributes) == 1 and attributes[0] in METHODS:
            yield from (key, *reads_of(world, key))
        elif attributes == (STREAM,) and not is_session:
            yield key
            yield from reads_of(world, key)
        elif len(attributes) == 1 or attributes[0] not in ATTRIBUTES:
            raise NoTwinError(f".{'.'.join(attributes)}() of {what} has no exact twin")


def _check_uses(
    world: World,
    values: Values,
    client: ClientObject,
    closing: Container[ast.AST],
    what: str,
    *,
    is_session: bool,
) -> None:
    """It stays in its block and in the functions that it is handed to, and only what both kinds of clients
    have is asked of it."""
    if client.escapes:
        path, span = client.escapes[0]
        raise NoTwinError(f"{what} is handed on ({path}:{span.line})")
    for holder in client.holders:
        function = world.node(Key(holder.path, holder.scope)) if holder.scope else None
        if function is None or holder.on_instance:
            raise NoTwinError(f"{what} outlives its block")
        file = world.syntax.file(holder.path)
        for node in walk(function):
            if isinstance(node, ast.Name) and node.id == holder.name:
                attribute = file.parents[node]
                if file.parents[attribute] in closing:
                    continue
                if isinstance(attribute, ast.Attribute) and not _is_request(attribute, is_session=is_session):
                    _check_attribute(file, attribute, what, is_session=is_session)
                    if is_session and not _is_looked_up(file, attribute):
                        statement = file.statement(attribute)
                        check_setting(world, values, file, file.source(attribute.value), statement)


def _is_request(attribute: ast.Attribute, *, is_session: bool) -> bool:
    return attribute.attr in METHODS or (attribute.attr == STREAM and not is_session)


def _check_attribute(file: FileSyntax, attribute: ast.Attribute, what: str, *, is_session: bool) -> None:
    statement = file.statement(attribute)
    if attribute.attr not in ATTRIBUTES:
        raise NoTwinError(f"{attribute.attr} of {what} has no equal in an async client")
    if is_session:
        if not _is_looked_up(file, attribute) and not isinstance(statement, (ast.Assign, ast.Expr)):
            raise NoTwinError(f"{attribute.attr} of {what} are used in a way that httpx has not")
    elif attribute.attr == "auth" and isinstance(statement, ast.Assign):
        check_auth(file, statement.value)


def _is_looked_up(file: FileSyntax, attribute: ast.Attribute) -> bool:
    """`session.cookies.get("token")`, `session.headers["X-Key"]`"""
    above = file.parents[attribute]
    if attribute.attr not in ("headers", "cookies"):
        return False
    if isinstance(above, ast.Subscript):
        return isinstance(above.ctx, ast.Load)
    return (
        isinstance(above, ast.Attribute) and above.attr == "get" and isinstance(file.parents[above], ast.Call)
    )
