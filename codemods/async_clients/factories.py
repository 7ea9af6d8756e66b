"""A client that is made once -> a function of the same name that makes it once for each event loop.

    session = requests.Session()                    @per_event_loop
    session.headers["X-Key"] = API_KEY              def session() -> httpx.AsyncClient:
                                            ->          client = httpx.AsyncClient(...)
                                                        client.headers["X-Key"] = API_KEY
                                                        return client

    self.session = requests.Session()       ->      self.session = per_event_loop(self._make_session)

The pool of an async client belongs to the event loop that first used it, and every test may have its own.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..analysis.kinds import Cls
from ..analysis.nodes import walk
from ..analysis.program import FUNCTIONS, CallKey, Key
from ..analysis.syntax import FileSyntax, FunctionNode, span_of
from ..model import Code, Edit, ImportNeed, InsertStatements, ReplaceExpression, ReplaceStatements, Span, slot
from .client_object import ClientObject, Holder
from .twin import NoTwinError, World


@dataclass(frozen=True)
class Place:
    """Where a client that is made once is made, and the statements below it that set it up."""

    holder: Holder
    file: FileSyntax
    made: ast.Call
    statement: ast.Assign | ast.AnnAssign
    setup: tuple[ast.stmt, ...]
    method: FunctionNode | None = None
    """`__init__`, for an attribute of an instance."""

    @property
    def target(self) -> str:
        """The name or attribute as it is written."""
        return self.file.source(target_of(self.statement))


@dataclass(frozen=True, slots=True)
class Maker:
    """How the new client is made: the type, the lines that make it, and what the text needs."""

    type: str
    constructor: str
    """An expression that may span lines, in the indentation of a function body."""
    per_event_loop: ImportNeed
    needs: tuple[ImportNeed, ...]
    """For the slots in the texts above, from slot 1."""


def place_of_client(world: World, client: ClientObject, what: str, *, may_be_injected: bool = False) -> Place:
    """Raises `NoTwinError` for a client that is made in more than one place, per request, or handed about.

    `may_be_injected`: functions may return it, and other functions hold what these give.
    """
    program = world.effects.program
    holders = set(client.holders)
    if may_be_injected and client.returned_by:
        holders = {
            h for h in holders if h.on_instance or program.scope(Key(h.path, h.scope)).kind not in FUNCTIONS
        }
    if any(_is_parameter(world, holder) for holder in holders):
        raise NoTwinError(f"{what} is handed on")
    if len(client.made) != 1 or len(holders) != 1:
        raise NoTwinError(f"{what} goes under several names")
    (call,), (holder,) = client.made, holders
    if client.escapes:
        path, span = client.escapes[0]
        raise NoTwinError(f"{what} is handed on ({path}:{span.line})")
    if client.returned_by and not may_be_injected:
        raise NoTwinError(f"{what} is handed on by {program.scope(min(client.returned_by)).qualname}")
    if any(program.modules[path].facts.is_test for path in _users(client)):
        raise NoTwinError(f"tests use {what}")
    file = world.syntax.file(call.path)
    made = file.call(program.call(call).span)
    statement = file.parents.get(made) if made is not None else None
    if isinstance(statement, ast.withitem):
        raise NoTwinError(f"{what} is made for each call")
    is_simple = isinstance(statement, ast.AnnAssign) or (
        isinstance(statement, ast.Assign) and len(statement.targets) == 1
    )
    if made is None or not is_simple or not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        raise NoTwinError(f"{what} is not simply assigned")
    block, method = _block(world, call, holder, file, statement, what)
    setup = _setup(file, block, statement, holder, client, what)
    if method is not None:
        _check_arguments(method, (statement, *setup), what)
    _check_patches(world, holder, what)
    return Place(holder, file, made, statement, setup, method)


def _is_parameter(world: World, holder: Holder) -> bool:
    parameters = world.effects.program.scope(Key(holder.path, holder.scope)).parameters
    return not holder.on_instance and any(each.name == holder.name for each in parameters)


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
    parent = file.parents[statement]
    if isinstance(parent, ast.Module) and not holder.on_instance:
        return parent.body, None
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
    _check_made_once(world, Key(holder.path, holder.scope), what)
    return node.body, node


def _check_arguments(method: FunctionNode, statements: Sequence[ast.stmt], what: str) -> None:
    """What makes and sets up the client moves out of `__init__`."""
    own = {argument.arg for argument in ast.walk(method.args) if isinstance(argument, ast.arg)}
    own |= {n.id for n in walk(method) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own.discard(method.args.args[0].arg)
    for name in (node for statement in statements for node in walk(statement)):
        if isinstance(name, ast.Name) and name.id in own:
            raise NoTwinError(f"{what} is made from what only __init__ knows")


def _check_made_once(world: World, cls: Key, what: str) -> None:
    program = world.effects.program
    name = program.scope(cls).name
    calls = [
        call
        for spelled in (name, *program.aliases.get(name, ()))
        for call in program.calls_by_name.get(spelled, ())
        if any(isinstance(kind, Cls) and kind.key == cls for kind in world.effects.inference.callees(call))
    ]
    if world.effects.inference.classes.subclasses.get(cls):
        raise NoTwinError(f"{name} has subclasses")
    if not calls or any(program.call(call).scope != 0 for call in calls):
        raise NoTwinError(f"{name}, which holds {what}, is made per request")


def _setup(
    file: FileSyntax,
    block: Sequence[ast.stmt],
    statement: ast.Assign | ast.AnnAssign,
    holder: Holder,
    client: ClientObject,
    what: str,
) -> tuple[ast.stmt, ...]:
    """The statements directly below that only set the client up; it must not be set up anywhere else."""
    target = file.source(target_of(statement))
    found: list[ast.stmt] = []
    for following in block[block.index(statement) + 1 :]:
        if not _starts_with(file, following, target):
            break
        found.append(following)
    inside = [span_of(each) for each in found]
    for path, span in client.reads:
        if path != file.path or not any(each.contains(span) for each in inside):
            raise NoTwinError(f"{what} is set up in several places ({path}:{span.line})")
    return tuple(found)


def _starts_with(file: FileSyntax, statement: ast.stmt, target: str) -> bool:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return file.source(statement.targets[0]).startswith((f"{target}.", f"{target}["))
    return isinstance(statement, ast.Expr) and file.source(statement).startswith(f"{target}.")


def _check_patches(world: World, holder: Holder, what: str) -> None:
    module = world.effects.program.modules[holder.path].facts.module
    for patched in sorted(world.callers.patched):
        owner, _, name = patched.rpartition(".")
        if name == holder.name and (owner in (module, "*") or holder.on_instance):
            raise NoTwinError(f"tests replace {what}")
        if owner.rpartition(".")[2] == holder.name or patched.startswith(f"{module}.{holder.name}."):
            raise NoTwinError(f"tests replace {patched}")


def factory_edits(place: Place, maker: Maker, keep: Callable[[ast.stmt], bool]) -> tuple[Edit, ...]:
    """The construction becomes a function; `keep` says which of the setup statements stay below it."""
    file = place.file
    kept = [statement for statement in place.setup if keep(statement)]
    target = place.target
    lines = [f"return {maker.constructor}"]
    if kept:
        setup = _setup_text(place, kept, target)
        lines = [f"client = {maker.constructor}", *setup, "return client"]
    body = textwrap.indent("\n".join(lines), "    ", lambda line: bool(line.strip()))
    needs = (maker.per_event_loop, *maker.needs)
    last = span_of(place.setup[-1]) if place.setup else span_of(place.statement)
    name = place.holder.name
    if place.method is None:
        above = file.comments_above(place.statement)
        text = f"{above}@{slot(0)}\ndef {name}() -> {maker.type}:\n{body}\n"
        return (ReplaceStatements(span_of(place.statement), last, Code(text, needs)),)
    cls = file.parents[place.method]
    if f"_make_{name}" in (getattr(each, "name", "") for each in getattr(cls, "body", ())):
        raise NoTwinError(f"the class has a method _make_{name}")
    text = f"def _make_{name}(self) -> {maker.type}:\n{body}\n"
    edits: list[Edit] = [
        _held(place, Code(f"{slot(0)}(self._make_{name})", needs[:1])),
        InsertStatements(span_of(place.method), Code(text, needs), after=True),
    ]
    if place.setup:
        edits.append(ReplaceStatements(span_of(place.setup[0]), last, Code("")))
    return tuple(edits)


def _held(place: Place, code: Code) -> Edit:
    """`self.session = ...`; an annotation with the old class goes."""
    if isinstance(place.statement, ast.Assign):
        return ReplaceExpression(span_of(place.made), code)
    span = span_of(place.statement)
    return ReplaceStatements(span, span, Code(f"{place.target} = {code.text}", code.needs))


def target_of(statement: ast.Assign | ast.AnnAssign) -> ast.expr:
    return statement.targets[0] if isinstance(statement, ast.Assign) else statement.target


def _setup_text(place: Place, statements: Sequence[ast.stmt], target: str) -> list[str]:
    """The setup as it is written, comments between its lines included, with `client` for the name."""
    all_lines = place.file.text.splitlines()
    start = place.statement.end_lineno if place.method is None else statements[0].lineno - 1
    assert start is not None
    lines = all_lines[start : statements[-1].end_lineno]
    behind = all_lines[start - 1].encode()[place.statement.end_col_offset or 0 :].decode().strip()
    if place.method is None and behind.startswith("#"):
        lines.insert(0, " " * place.statement.col_offset + behind)
    text = textwrap.dedent("\n".join(line for line in lines if line.strip()))
    return [
        "client" + line[len(target) :] if line.startswith((f"{target}.", f"{target}[")) else line
        for line in text.splitlines()
    ]


def in_setup(place: Place, span: Span) -> bool:
    return any(span_of(each).contains(span) for each in place.setup)


def arguments_text(place: Place) -> str:
    """The arguments as they are written, in the indentation of a statement of their own."""
    file, made = place.file, place.made
    whole = file.source(made)
    inner = whole[len(file.source(made.func)) :].strip()[1:-1]
    margin = " " * place.statement.col_offset
    return "\n".join(line.removeprefix(margin) for line in inner.split("\n"))
