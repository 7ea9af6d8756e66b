"""A function that makes a client when it is first called, and keeps it in a global, or in its class.

_client = None                                  @per_event_loop
                                                def get_client() -> AsyncOpenAI:
def get_client():                       ->          return AsyncOpenAI(api_key=KEY)
    global _client
    if _client is None:
        _client = OpenAI(api_key=KEY)
    return _client

class Cache:                                    class Cache:
    _client = None

    @classmethod                                    @staticmethod
    def get_client(cls):                ->          @per_event_loop
        if cls._client is None:                     def get_client() -> Redis:
            cls._client = redis.Redis()                 return Redis()
        return cls._client

(What an object makes when it is first asked, its `__init__` makes in the same way from then on.)

def close_client():                             async def close_client():
    global _client                      ->          await close_sdk_clients()
    if _client is not None:
        _client.close()
        _client = None

(That closes all such clients of the event loop: only where the application stops.)
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from ...analysis.link.program import Key
from ...analysis.nodes import BINDINGS, bound_alone, bound_plainly, target_of, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, FunctionNode, holds, span_of
from ...model import Code, Edit, ImportNeed, ReplaceStatements, slot
from ..objects.client_object import ClientObject
from ..twin import NoTwinError, World
from .at_start import turning_at_start


class Closer(msgspec.Struct, frozen=True):
    """A function that closes the client, if there is one, so that the next call makes another."""

    key: Key
    function: FunctionNode
    call: ast.Call
    turning: tuple[tuple[str, Edit], ...]
    """What makes it async."""

    def edits(self, close: ImportNeed) -> Iterator[tuple[str, Edit]]:
        """Everything but its documentation becomes `await close()`."""
        is_told = isinstance(self.function.body[0], ast.Expr)
        first, last = span_of(self.function.body[int(is_told)]), span_of(self.function.body[-1])
        yield self.key.path, ReplaceStatements(first, last, Code(f"await {slot(0)}()\n", (close,)))
        yield from self.turning


class LazyGetter(msgspec.Struct, frozen=True):
    key: Key
    function: ast.FunctionDef
    condition: ast.If
    statement: ast.Assign | ast.AnnAssign
    made: ast.Call
    empty: ast.Assign | ast.AnnAssign
    """`_client = None`"""
    cls: ast.ClassDef | None = None
    """The class that keeps it, or its objects."""
    of_instance: bool = False
    closers: tuple[Closer, ...] = ()

    @property
    def functions(self) -> tuple[FunctionNode, ...]:
        """All that names what holds it."""
        return self.function, *(each.function for each in self.closers)


def lazy_getter(world: World, client: ClientObject, what: str) -> LazyGetter | None:
    """Raises `NoTwinError` where something else knows the global, or the attribute."""
    if len(client.made) != 1:
        return None
    (call,) = client.made
    program = world.effects.program
    file = world.syntax.file(call.path)
    made = file.call(program.call(call).span)
    found = _parts(file, made) if made is not None else None
    if found is None or made is None:
        return None
    function, condition, statement, name = found
    around = file.parents[function]
    cls = around if isinstance(around, ast.ClassDef) else None
    of_instance = cls is not None and not _is_of_class(file, function)
    if "#" in file.source(function):
        raise NoTwinError(f"there is a comment in {function.name}, which makes {what}")
    if cls is not None and not of_instance:
        _check_class(cls, function, condition, statement, made, what)
    block = cls.body if cls is not None else file.tree.body
    kept = file.source(bound_plainly(statement)[0][0])
    closers = tuple(_closers(world, file, block, kept, what))
    if of_instance:
        made_by = [each for each in block if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
        block = made_by[0].body if made_by else []
    empty = [s for s in block if isinstance(s, BINDINGS) and _is_none(s, name)]
    known = [n for n in walk(file.tree) if name in (getattr(n, "id", ""), getattr(n, "attr", ""))]
    places = (function, *empty, *(each.function for each in closers))
    if len(empty) != 1 or not all(any(holds(place, node) for place in places) for node in known):
        raise NoTwinError(f"{name}, which holds {what}, is used in several places")
    owner = cls.name if cls is not None else program.modules[call.path].facts.module.rpartition(".")[2]
    for path in program.modules:
        text = world.syntax.file(path).text if path != call.path else ""
        if all(re.search(rf"\b{word}\b", text) for word in (name, owner)):
            raise NoTwinError(f"{name}, which holds {what}, may be used in {path}")
    key = program.owner_of(call.path, program.call(call).scope)
    return LazyGetter(key, function, condition, statement, made, empty[0], cls, of_instance, closers)


def _closers(
    world: World, file: FileSyntax, block: Sequence[ast.stmt], kept: str, what: str
) -> Iterator[Closer]:
    """Raises `NoTwinError` where it is closed while the application runs."""
    for function in block:
        call = _closing(file, function, kept) if isinstance(function, FUNCTIONS) else None
        if call is None or not isinstance(function, FUNCTIONS):
            continue
        key = Key(file.path, world.effects.program.modules[file.path].functions[span_of(function)])
        turning = turning_at_start(world, key)
        if turning is None or "#" in file.source(function):
            raise NoTwinError(f"{function.name} closes {what}, and not only when the application stops")
        yield Closer(key, function, call, turning)


def _closing(file: FileSyntax, function: FunctionNode, kept: str) -> ast.Call | None:
    """`if _client is not None: _client.close(); _client = None`, and nothing else."""
    above, last = _body(function)
    is_global = kept.isidentifier()
    stated = [f"global {kept}"] if is_global else []
    if not isinstance(last, ast.If) or last.orelse or [file.source(each) for each in above] != stated:
        return None
    first = last.body[0]
    call = first.value if isinstance(first, ast.Expr) else None
    asks = file.source(last.test) in (kept, f"{kept} is not None")
    done = [file.source(each) for each in last.body]
    is_it = asks and done == [f"{kept}.close()", f"{kept} = None"]
    return call if is_it and isinstance(call, ast.Call) else None


def _check_class(
    cls: ast.ClassDef,
    function: ast.FunctionDef,
    condition: ast.If,
    statement: ast.stmt,
    made: ast.Call,
    what: str,
) -> None:
    """Nothing but the attribute is asked of the class, which is a plain one."""
    first = function.args.args[0].arg
    others = [
        node
        for each in condition.body
        for node in walk(made if each is statement else each)
        if isinstance(node, ast.Name) and node.id == first
    ]
    if others or cls.bases or cls.keywords or cls.decorator_list:
        raise NoTwinError(f"{cls.name}, which holds {what}, is no plain class, or {what} is made from it")


def _parts(
    file: FileSyntax, made: ast.Call
) -> tuple[ast.FunctionDef, ast.If, ast.Assign | ast.AnnAssign, str] | None:
    """The function, its condition, the statement that makes the client, and the name that keeps it."""
    statement, condition, function = islice((*file.above(made), None, None, None), 3)
    if not (
        isinstance(statement, BINDINGS)
        and isinstance(condition, ast.If)
        and isinstance(function, ast.FunctionDef)
        and (target := target_of(statement)) is not None
    ):
        return None
    above, last = _body(function)
    if _is_plain(file, function) and isinstance(target, ast.Name):
        name = target.id
        stated = above[0] if above else None
        is_form = isinstance(stated, ast.Global) and stated.names == [name] and above[1:] == [condition]
    elif isinstance(target, ast.Attribute) and (
        _is_of_class(file, function) or _is_of_object(file, function)
    ):
        name = target.attr
        is_form = file.source(target.value) == function.args.args[0].arg and above == [condition]
    else:
        return None
    kept = file.source(target)
    gives = isinstance(last, ast.Return) and last.value is not None and file.source(last.value) == kept
    asks = file.source(condition.test) in (f"{kept} is None", f"not {kept}")
    makes_last = condition.body[-1] is statement and not condition.orelse
    early = any(isinstance(n, (ast.Return, ast.Global)) for s in condition.body for n in walk(s))
    is_it = is_form and gives and asks and makes_last and not early
    return (function, condition, statement, name) if is_it else None


def _body(function: FunctionNode) -> tuple[list[ast.stmt], ast.stmt]:
    """The statements above the last one, without the documentation."""
    *above, last = function.body
    return [s for s in above if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))], last


def _is_plain(file: FileSyntax, function: ast.FunctionDef) -> bool:
    """A function of the module without parameters."""
    takes = any(isinstance(each, ast.arg) for each in walk(function.args))
    return function in file.tree.body and not takes and not function.decorator_list


def _is_of_class(file: FileSyntax, function: ast.FunctionDef) -> bool:
    """`@classmethod def get_client(cls):`, of a class of the module."""
    return _is_method(file, function, "classmethod")


def _is_of_object(file: FileSyntax, function: ast.FunctionDef) -> bool:
    """`def get_client(self):`, or a property."""
    is_it = _is_method(file, function) or _is_method(file, function, "property")
    return is_it and function.args.args[0].arg == "self"


def _is_method(file: FileSyntax, function: ast.FunctionDef, *decorators: str) -> bool:
    takes = [each for each in walk(function.args) if isinstance(each, ast.arg)]
    cls = file.parents[function]
    return (
        isinstance(cls, ast.ClassDef)
        and cls in file.tree.body
        and tuple(file.source(each) for each in function.decorator_list) == decorators
        and len(takes) == len(function.args.args) == 1
    )


def _is_none(statement: ast.Assign | ast.AnnAssign, name: str) -> bool:
    """`_client = None`, `self._client: Redis | None = None`"""
    target, value = bound_alone(statement)
    is_it = name in (getattr(target, "id", ""), getattr(target, "attr", ""))
    return is_it and isinstance(value, ast.Constant) and value.value is None
