"""A client that is made once -> a function of the same name that makes it once for each event loop.

    session = requests.Session()                    @per_event_loop
    session.headers["X-Key"] = API_KEY              def session() -> httpx.AsyncClient:
                                            ->          client = httpx.AsyncClient(...)
                                                        client.headers["X-Key"] = API_KEY
                                                        return client

    self.session = requests.Session()       ->      self.session = per_event_loop(self._make_session)

(What is made from arguments of `__init__` is made by a function inside of it.)
The pool of an async client belongs to the event loop that first used it, and every test may have its own.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import msgspec

from ...analysis.nodes import bound_plainly, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FunctionNode, span_of
from ...model import (
    AddDecorator,
    Code,
    Edit,
    ImportNeed,
    InsertStatements,
    RemoveParameter,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    slot,
)
from ..making.lazy_getters import LazyGetter
from ..making.names import maker_name
from ..making.places import Place
from ..twin import NoTwinError, check_name


class Maker(msgspec.Struct, frozen=True):
    """How the new client is made: the type, the lines that make it, and what the text needs."""

    type: str
    constructor: str
    """An expression that may span lines, in the indentation of a function body."""
    per_event_loop: ImportNeed
    needs: tuple[ImportNeed, ...]
    """For the slots in the texts above, from slot 1."""
    comment: str = ""
    """A line above the one that makes it."""

    @property
    def at_start(self) -> Code:
        """The expression by itself, for the event loop that is there when the application starts."""
        text = self.constructor
        for number, _ in enumerate(self.needs):
            text = text.replace(slot(number + 1), slot(number))
        return Code(text, self.needs)

    @property
    def returned(self) -> str:
        """The statement that makes and returns it."""
        return f"{self.comment}return {self.constructor}"


def factory_edits(place: Place, maker: Maker, keep: Callable[[ast.stmt], bool]) -> tuple[Edit, ...]:
    """The construction becomes a function; `keep` says which of the setup statements stay below it."""
    if place.getter is not None:
        return _getter_edits(place, maker)
    if place.above is not None:
        return _function_edits(place, place.above, maker)
    file = place.file
    kept = [statement for statement in place.setup if keep(statement)]
    target = place.target
    lines = [maker.returned]
    if kept:
        setup = _setup_text(place, kept, target)
        lines = [f"{maker.comment}client = {maker.constructor}", *setup, "return client"]
    body = textwrap.indent("\n".join(lines), "    ", lambda line: bool(line.strip()))
    needs = (maker.per_event_loop, *maker.needs)
    last = span_of(place.setup[-1]) if place.setup else span_of(place.statement)
    name = place.new_name or place.holder.name
    if place.method is None:
        above = file.comments_above(place.statement)
        is_static = isinstance(file.parents[place.statement], ast.ClassDef)
        static = "@staticmethod\n" if is_static else ""
        before = f"{place.beforehand.lines}\n\n" if place.beforehand is not None else ""
        text = f"{above}{before}{static}@{slot(0)}\ndef {name}() -> {maker.type}:\n{body}\n"
        outer = file.parents[place.statement]
        if isinstance(outer, ast.Try):
            gone = ReplaceStatements(span_of(place.statement), last, Code(""))
            return (InsertStatements(span_of(outer), Code(text, needs)), gone)
        return (ReplaceStatements(span_of(place.statement), last, Code(text, needs)),)
    cls = file.parents[place.method]
    attributes = {node.attr for node in walk(cls) if isinstance(node, ast.Attribute)}
    made_by = f"make_{name}" if name.lstrip("_") in attributes else f"make_{name.lstrip('_')}"
    if place.is_closure:
        above = file.comments_above(place.statement)
        text = f"{above}def {made_by}() -> {maker.type}:\n{body}\n\n{target} = {slot(0)}({made_by})\n"
        if any(isinstance(node, ast.Name) and node.id == made_by for node in walk(place.method)):
            raise NoTwinError(f"__init__ has a {made_by} of its own")
        return (ReplaceStatements(span_of(place.statement), last, Code(text, needs)),)
    if f"_{made_by}" in (getattr(each, "name", "") for each in getattr(cls, "body", ())):
        raise NoTwinError(f"the class has a method _{made_by}")
    text = f"def _{made_by}(self) -> {maker.type}:\n{body}\n"
    edits: list[Edit] = [
        _held(place, Code(f"{slot(0)}(self._{made_by})", needs[:1])),
        InsertStatements(span_of(place.method), Code(text, needs), after=True),
    ]
    if place.setup:
        edits.append(ReplaceStatements(span_of(place.setup[0]), last, Code("")))
    return tuple(edits)


def _function_edits(place: Place, above: ast.stmt, maker: Maker) -> tuple[Edit, ...]:
    """A function that makes it, in front of the one that made it at each call and now asks for it."""
    name, (asked, needs) = place.holder.name, _asked(place, maker)
    body = textwrap.indent("\n".join((*asked, maker.returned)), "    ", lambda line: bool(line.strip()))
    text = f"@{slot(0)}\ndef {name}() -> {maker.type}:\n{body}\n"
    made = InsertStatements(span_of(above), Code(text, needs))
    gone = place.settled.gone if place.settled is not None else ()
    if isinstance(place.file.parents[place.made], ast.Attribute):
        return (made, *gone)
    closing = place.local.not_closed if place.local is not None else ()
    return (made, ReplaceCall(span_of(place.made), Code(name), ()), *closing, *gone)


def _getter_edits(place: Place, maker: Maker) -> tuple[Edit, ...]:
    """`@lru_cache` -> `@per_event_loop`; what is injected awaits nothing, but runs on the loop."""
    file, span = place.file, span_of(place.statement)
    function = next(node for node in file.above(place.statement) if isinstance(node, FUNCTIONS))
    asked, needs = _asked(place, maker)
    if not place.is_written_anew:
        decorator = function.decorator_list[0]
        return (
            ReplaceExpression(span_of(decorator), Code(slot(0), needs[:1])),
            ReplaceStatements(span, span, Code(maker.returned, needs)),
        )
    if place.lazy is not None and place.lazy.cls is not None:
        return tuple(_method_edits(place, place.lazy, place.lazy.cls, maker))
    name = maker_name(file, function) if place.is_dependency else function.name
    if place.is_dependency:
        check_name(file, name)
    first = function.decorator_list[0] if function.decorator_list else function
    above = file.comments_above(first)
    made = "".join(f"{line}\n" for line in (*asked, *_preparation(place, function), maker.returned))
    body = textwrap.indent(made, "    ", lambda line: bool(line.strip()))
    text = f"{above}@{slot(0)}\ndef {name}() -> {maker.type}:\n{body}"
    if place.is_dependency:
        text += f"\n\nasync def {function.name}() -> {maker.type}:\n    return {name}()\n"
    edits = [ReplaceStatements(span_of(function), span_of(function), Code(text, needs))]
    if place.lazy is not None:
        empty = span_of(place.lazy.empty)
        edits.append(ReplaceStatements(empty, empty, Code("")))
    return tuple(edits)


def _asked(place: Place, maker: Maker) -> tuple[list[str], tuple[ImportNeed, ...]]:
    """The lines that ask for what FastAPI gave, and all that the text needs."""
    needs = [maker.per_event_loop, *maker.needs]
    lines = []
    for each in place.injected:
        lines.append(each.line(len(needs)))
        needs += [each.need] if each.need is not None else []
    return lines, tuple(needs)


def _method_edits(place: Place, lazy: LazyGetter, cls: ast.ClassDef, maker: Maker) -> Iterator[Edit]:
    """`@classmethod def get_client(cls):` -> `@staticmethod @per_event_loop def get_client():`; another
    method asks what its object keeps from now on, `per_event_loop(self._make_client)`."""
    function, needs = lazy.function, (maker.per_event_loop, *maker.needs)
    whole, empty = span_of(function), span_of(lazy.empty)
    made = "".join(f"{line}\n" for line in (*_preparation(place, function), maker.returned))
    first = function.body[1] if isinstance(function.body[0], ast.Expr) else function.body[0]
    body, last = made, span_of(function.body[-1])
    if function.returns is not None:
        yield ReplaceExpression(span_of(function.returns), Code(maker.type, needs))
    if lazy.of_instance:
        target, name = place.target, f"_make_{place.target.rpartition('.')[2].lstrip('_')}"
        if any(getattr(each, "name", "") == name for each in cls.body):
            raise NoTwinError(f"the class has a method {name}")
        body = f"return {target}()\n"
        inner = textwrap.indent(made, "    ", lambda line: bool(line.strip()))
        yield ReplaceStatements(empty, empty, Code(f"{target} = {slot(0)}(self.{name})\n", needs[:1]))
        text = f"def {name}(self) -> {maker.type}:\n{inner}"
        yield InsertStatements(whole, Code(text, needs), after=True)
    else:
        yield ReplaceExpression(span_of(function.decorator_list[0]), Code("staticmethod"))
        yield AddDecorator(whole, Code(slot(0), needs[:1]))
        yield RemoveParameter(whole, function.args.args[0].arg)
        yield ReplaceStatements(empty, empty, Code(""))
    yield ReplaceStatements(span_of(first), last, Code(body, needs))


def _preparation(place: Place, function: FunctionNode) -> list[str]:
    """What the function does before it makes the client, as it is written."""
    start, documentation = function.body[0], ""
    if place.lazy is not None:
        start = place.lazy.condition.body[0]
        is_told = isinstance(function.body[0], ast.Expr) and place.lazy.cls is None
        documentation = place.file.source(function.body[0]) if is_told else ""
    elif function.body[-1] is not place.statement:
        raise NoTwinError(f"{function.name} does not end with the client")
    lines = place.file.text.splitlines()[start.lineno - 1 : place.statement.lineno - 1]
    return [*filter(None, [documentation]), *textwrap.dedent("\n".join(lines)).splitlines()]


def _held(place: Place, code: Code) -> Edit:
    """`self.session = ...`; an annotation with the old class goes."""
    if isinstance(place.statement, ast.Assign):
        return ReplaceExpression(span_of(place.made), code)
    span, (_, value) = span_of(place.statement), bound_plainly(place.statement)[0]
    before, _, after = place.file.source(value).partition(place.file.source(place.made))
    return ReplaceStatements(span, span, Code(f"{place.target} = {before}{code.text}{after}", code.needs))


def _setup_text(place: Place, statements: Sequence[ast.stmt], target: str) -> list[str]:
    """The setup as it is written, comments between its lines included, with `client` for the name."""
    name = re.compile(rf"^(\s*){re.escape(target)}(?=[.\[])")
    if any(one.end_lineno == other.lineno for one, other in pairwise((place.statement, *place.setup))):
        # `session = Session(); session.verify = ca`
        return [name.sub(r"\1client", place.file.source(each)) for each in statements]
    all_lines = place.file.text.splitlines()
    start = place.statement.end_lineno if place.method is None else statements[0].lineno - 1
    assert start is not None
    gone = {
        number
        for each in place.setup
        if each not in statements
        for number in range(each.lineno - 1, each.end_lineno or each.lineno)
    }
    last = statements[-1].end_lineno or start
    lines = [all_lines[number] for number in range(start, last) if number not in gone]
    behind = all_lines[start - 1].encode()[place.statement.end_col_offset or 0 :].decode().strip()
    if place.method is None and behind.startswith("#"):
        lines.insert(0, " " * place.statement.col_offset + behind)
    text = textwrap.dedent("\n".join(line for line in lines if line.strip()))
    return [name.sub(r"\1client", line) for line in text.splitlines()]


def arguments_text(place: Place, more: str = "") -> str:
    """The arguments as they are written, and `more` behind them, in the indentation of a statement of their
    own."""
    file, made = place.file, place.made
    source = place.source
    whole = source(made)
    inner = whole[len(file.source(made.func)) :].strip()[1:-1]
    if more:
        by_name = [f"{each.arg}={source(each.value)}" for each in made.keywords]
        inner = _with_argument(inner, [*map(source, made.args), *by_name], more)
    margin = " " * place.statement.col_offset
    return "\n".join(line.removeprefix(margin) for line in inner.split("\n"))


def _with_argument(inner: str, written: Sequence[str], more: str) -> str:
    """On a line of its own where the others are; a comment behind the last one stays there."""
    if not written:
        return more
    end = inner.rindex(written[-1]) + len(written[-1])
    head, behind = inner[:end], inner[end:]
    if "\n" not in inner:
        return f"{head}, {more}"
    first = next(line for line in inner.splitlines()[1:] if line.strip())
    indent = " " * (len(first) - len(first.lstrip()))
    line, newline, rest = behind.partition("\n")
    comma = "" if line.lstrip().startswith(",") else ","
    return f"{head}{comma}{line}\n{indent}{more}{',' if newline else ''}{newline}{rest}"
