"""`except requests.X` around awaited calls -> the errors that httpx raises in its place: `error_families`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec

from ....analysis.judge.effects.effects import Effects
from ....analysis.link.kinds import Cls, Ext
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.scopes import FUNCTIONS
from ....analysis.spelled import fact_of
from ....analysis.syntax import FileSyntax, last_name, span_of
from ....model import Code, Edit, ImportNeed, ReplaceExpression, slot
from ...twin import NoTwinError, World
from .error_constants import Classes
from .error_families import Family
from .error_kept import raised_later
from .suppressed import Given

_WIDER = {
    "HTTPError": {"HTTPStatusError", "NetworkError", "RemoteProtocolError", "ConnectTimeout", "ProxyError",
                  "TimeoutException", "ReadTimeout", "TooManyRedirects", "UnsupportedProtocol",
                  "DecodingError"},
    "TimeoutException": {"ConnectTimeout", "ReadTimeout"},
}  # fmt: skip
_NAMES = (ast.Name, ast.Attribute)
_ALL = {"builtins.Exception", "builtins.BaseException"}
_NO_JSON = ("json.JSONDecodeError", "json.decoder.JSONDecodeError")
"""requests' own error of JSON is one of these."""
_NO_TEXT = "UnicodeDecodeError"
"""httpx reads JSON from the bytes; requests from the text, with a replacement for what is none."""
_CATCHES_NO_TEXT = {f"builtins.{name}" for name in (_NO_TEXT, "UnicodeError", "ValueError")}
_OF_NO_JSON = {"msg", "doc", "pos", "lineno", "colno"}
"""Attributes of an error of JSON, which one of the encoding has not."""


class Below(msgspec.Struct, frozen=True):
    """What a `try` statement holds."""

    json_read: bool
    keep_old: bool
    """The library is still called, or its exceptions are still raised, by something that stays."""


class Caught(msgspec.Struct, frozen=True):
    """A clause that catches errors of a library."""

    handler: ast.ExceptHandler
    has_response: bool = False
    """It names only errors that have a response."""
    is_base: bool = False
    """It names the base of them, and nothing of others."""
    lets_near_by: bool = False
    """It names the base, and not what may be raised past that."""


def check(world: World, key: Key, file: FileSyntax, statement: ast.Try, family: Family) -> bool:
    """Can the clauses be mapped? True when no error of the library comes through. Raises `NoTwinError`."""
    place = f"{file.path}:{statement.lineno}"
    all_caught = False
    taken: set[str] = set()
    for handler in statement.handlers:
        names = _names(world, key, file, handler)
        if any(map(family.has, _asked(world, key, file, handler))):
            raise NoTwinError(f"it is asked of what class of {family.library} the error is ({place})")
        if handler.type is None or _ALL & set(names):
            return all_caught or not _raises_again(file, handler)
        theirs = [_short(name) for name in names if family.has(name)]
        is_base = family.base_name in theirs
        near = next((name for name in names if name in family.near), None)
        if near is not None and not (is_base and family.near_the_base):
            text = f"`except {_short(near)}` catches errors of {family.library}, not of httpx"
            raise NoTwinError(f"{text} ({place})")
        rival = next((name for name in names if name is not None and name.startswith(family.rivals)), None)
        if rival is not None:
            raise NoTwinError(f"{rival} is caught as well ({place})")
        if None in names:
            raise NoTwinError(f"an exception class cannot be told ({place})")
        for name in theirs:
            if name not in family.equal:
                raise NoTwinError(f"{family.root}.{name} has no equal in httpx ({place})")
        own = family.in_place_of(theirs)
        if not taken.isdisjoint(own):
            raise NoTwinError(f"httpx has one error for those of two clauses ({place})")
        taken |= own
        all_caught = all_caught or (is_base and not _raises_again(file, handler))
        if all_caught and not family.past_the_base:
            return True
    return all_caught


def catching(
    world: World, key: Key, file: FileSyntax, statement: ast.Try, family: Family
) -> Iterator[Caught]:
    """The clauses that catch errors of the library."""
    for handler in statement.handlers:
        names = _names(world, key, file, handler)
        if handler.type is None or _ALL & set(names):
            yield Caught(handler)
            return
        theirs = {_short(name) for name in names if family.has(name)}
        if not theirs:
            continue
        is_pure, is_base = all(map(family.has, names)), family.base_name in theirs
        lets_near_by = is_base and not family.near & set(names)
        yield Caught(handler, is_pure and theirs == {"HTTPError"}, is_pure and is_base, lets_near_by)


def renamed(file: FileSyntax, caught: Caught, family: Family) -> Iterator[Edit]:
    """`error.code` -> `error.response.status_code`, for each use of an error that has a response."""
    name = caught.handler.name
    for use in _attributes(file, caught):
        if caught.has_response and use.attr in family.on_response:
            yield ReplaceExpression(span_of(use), Code(f"{name}.{family.on_response[use.attr]}"))
    for read in reads(file, caught, family):
        yield ReplaceExpression(span_of(read), Code(f"{name}.response.content"))


def reads(file: FileSyntax, caught: Caught, family: Family) -> Iterator[ast.Call]:
    """`error.read()`"""
    for use in _attributes(file, caught):
        call = file.parents[use]
        is_read = caught.has_response and use.attr == family.read
        if is_read and isinstance(call, ast.Call) and call.func is use and not (call.args or call.keywords):
            yield call


def shown(file: FileSyntax, caught: Caught, family: Family) -> Iterator[Edit]:
    """`error.reason` -> `error`, where that is shown as the text of the error."""
    for use in _attributes(file, caught):
        if caught.is_base and use.attr == family.text:
            yield ReplaceExpression(span_of(use), Code(f"{caught.handler.name}"))


def _attributes(file: FileSyntax, caught: Caught) -> Iterator[ast.Attribute]:
    for node in walk(caught.handler):
        parent = file.parents[node] if isinstance(node, ast.Name) and node.id == caught.handler.name else None
        if isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Load):
            yield parent


def error_edits(
    world: World, key: Key, file: FileSyntax, statement: ast.Try, family: Family, below: Below
) -> tuple[Edit, ...]:
    """The edits of one `try`'s clauses: they depend on all that it holds, not on one call in it."""
    edits: list[Edit] = []
    is_caught = False
    for handler in statement.handlers:
        if handler.type is not None and world.constants.of(file, handler.type) is None:
            types = [node for _, node in world.constants.types(key, file, handler)]
            edits.extend(_mapped(world, key, file, handler.type, types, family, below, is_caught))
        is_caught = is_caught or _catches_json(_names(world, key, file, handler), family)
    return tuple(edits)


def check_of_json(world: World, key: Key, file: FileSyntax, statement: ast.Try, family: Family) -> None:
    """May what an error of JSON has be asked of another one? Raises `NoTwinError`."""
    for handler in statement.handlers:
        names = _names(world, key, file, handler)
        if not (_catches_json(names, family) and _CATCHES_NO_TEXT.isdisjoint(names) and handler.name):
            continue
        uses = (n for n in walk(handler) if isinstance(n, ast.Attribute) and n.attr in _OF_NO_JSON)
        for use in uses:
            if isinstance(use.value, ast.Name) and use.value.id == handler.name:
                text = f"{handler.name}.{use.attr} is read, which an error of the encoding has not"
                raise NoTwinError(f"{text} ({file.path}:{use.lineno})")


def _catches_json(names: Sequence[str | None], family: Family) -> bool:
    """Does a clause catch that JSON cannot be read?"""
    theirs = any(family.has(name) and _short(name) in family.of_json for name in names)
    return theirs or not {*_NO_JSON, "builtins.ValueError"}.isdisjoint(names)


def named_in(world: World, file: FileSyntax, statement: ast.Try) -> Iterator[Classes]:
    """What its clauses read by names."""
    for handler in statement.handlers:
        yield from world.constants.of(file, handler.type) or ()


def constant_edits(
    world: World, key: Key, constant: Classes, family: Family, below: Below
) -> tuple[Edit, ...]:
    """Those of what a constant stands for, in its file; `below` is of all `try` statements that read it."""
    file = world.syntax.file(constant.path)
    key = key if key.path == constant.path else Key(constant.path, 0)
    return tuple(_mapped(world, key, file, constant.value, constant.types, family, below))


def _mapped(
    world: World,
    key: Key,
    file: FileSyntax,
    whole: ast.expr,
    types: Sequence[ast.expr],
    family: Family,
    below: Below,
    is_caught: bool = False,
) -> Iterator[Edit]:
    """`is_caught`: a clause above is for JSON that cannot be read."""
    names = [exception_name(world.effects, key, node) for node in types]
    reads_json = bool(family.of_json) and below.json_read and _catches_json(names, family)
    if not (reads_json or any(map(family.has, names))):
        return
    new: dict[str, None] = {}
    for name in names:
        if not family.has(name):
            continue
        new.update(dict.fromkeys(f"{slot(0)}.{other}" for other in family.equal[_short(name)]))
        if _short(name) in family.of_json and reads_json and not (is_caught and name == family.base):
            new[f"{slot(1)}.JSONDecodeError"] = None
    if reads_json and not is_caught and _CATCHES_NO_TEXT.isdisjoint(names):
        new[_NO_TEXT] = None
    kept = [
        file.source(t) for t, name in zip(types, names, strict=True) if below.keep_old or not family.has(name)
    ]
    parts = [*kept, *_narrowest(new)]
    if not parts:
        parts = [file.source(t) for t in types]  # nothing of it is raised any more: it stays as it is
    text = parts[0]
    if isinstance(whole, Given):
        text = f"{file.source(whole.func)}({', '.join(parts)})"
    elif len(parts) > 1 or _is_added(file, whole):
        text = f"({', '.join(parts)}{',' * (len(parts) == 1)})"
    needs = (
        (ImportNeed(world.library), ImportNeed("json")) if slot(1) in text else (ImportNeed(world.library),)
    )
    if text != file.source(whole):
        yield ReplaceExpression(span_of(whole), Code(text, tuple(needs)))


def _is_added(file: FileSyntax, types: ast.expr) -> bool:
    """A tuple that has a name may be added to another."""
    return isinstance(types, ast.Tuple) and not isinstance(file.parents[types], ast.ExceptHandler)


def _narrowest(new: dict[str, None]) -> list[str]:
    """Without classes that another one covers."""
    short = {text: text.partition(".")[2] for text in new}
    covered = {name for wide, inner in _WIDER.items() if wide in short.values() for name in inner}
    return [text for text in new if short[text] not in covered]


def caught(
    world: World, key: Key, file: FileSyntax, handler: ast.ExceptHandler, family: Family
) -> frozenset[str]:
    """The classes of the library that a clause names, without their module."""
    return frozenset(_short(name) for name in _names(world, key, file, handler) if family.has(name))


def exception_name(effects: Effects, key: Key, node: ast.expr) -> str | None:
    """The dotted name of an exception class; None when it cannot be told."""
    expr = fact_of(node)
    kinds = effects.inference.kinds(key, expr, node.lineno) if expr is not None else frozenset()
    for kind in kinds:
        if isinstance(kind, Ext):
            return kind.name
        if isinstance(kind, Cls):
            return f"project:{effects.program.scope(kind.key).name}"
    return None


def _names(world: World, key: Key, file: FileSyntax, handler: ast.ExceptHandler) -> list[str | None]:
    types = world.constants.types(key, file, handler)
    return [exception_name(world.effects, where, node) for where, node in types]


def clause_that_asks(file: FileSyntax, node: ast.AST) -> ast.ExceptHandler | None:
    """The clause whose error `isinstance(error, requests.Timeout)` asks about."""
    if not (isinstance(node, ast.Call) and last_name(node.func) == "isinstance" and len(node.args) == 2):
        return None
    for above in file.above(node):
        if isinstance(above, FUNCTIONS):
            return None
        if isinstance(above, ast.ExceptHandler) and above.name == getattr(node.args[0], "id", ""):
            return above
    return None


def _asked(world: World, key: Key, file: FileSyntax, handler: ast.ExceptHandler) -> Iterator[str | None]:
    """The classes that a clause asks for in that way."""
    for node in walk(handler) if handler.name else ():
        if clause_that_asks(file, node) is handler:
            parts = walk(node.args[1])  # type: ignore[attr-defined]
            yield from (exception_name(world.effects, key, n) for n in parts if isinstance(n, _NAMES))


def _short(name: str | None) -> str:
    return (name or "").rpartition(".")[2]


def _raises_again(file: FileSyntax, handler: ast.ExceptHandler) -> bool:
    own = (node for node in ast.walk(handler) if isinstance(node, ast.Raise))
    return any(
        node.exc is None or (isinstance(node.exc, ast.Name) and node.exc.id == handler.name) for node in own
    ) or raised_later(file, handler)
