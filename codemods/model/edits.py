"""What the rewriter carries out: spans of one file, and the code that takes their place."""

from __future__ import annotations

import msgspec

from .code import Code
from .definitions import AddBase, AddDecorator, AddParameter, MoveBody, RemoveParameter, TurnAsync
from .terms import Span


class AwaitExpression(msgspec.Struct, frozen=True):
    """`f(x)` -> `await f(x)`, in parentheses where precedence asks for them.

    With a method, `await f(x).method()`, or `await (await f(x)).method()`.
    """

    span: Span
    method: str = ""
    twice: bool = False


class OffloadCall(msgspec.Struct, frozen=True):
    """`f(a, b=c)` -> `await run_in_threadpool(f, a, b=c)`."""

    span: Span
    runner: Code


class OffloadExpression(msgspec.Struct, frozen=True):
    """`<expression>` -> `await run_in_threadpool(lambda: <expression>)`."""

    span: Span
    runner: Code


class ItemsFirst(msgspec.Struct, frozen=True):
    """`for x in await f():` -> `name = await f()`, `for x in name:`, and what a `with` awaits first; `span`
    is that of `await f()`."""

    span: Span
    name: str


class ExtractToThread(msgspec.Struct, frozen=True):
    """Neighbouring statements of one block -> a nested function above them, called in a thread.

    `before` is the span of the statement above which the function stands (a `try` that holds the run, a loop,
    or the first statement itself). `results` are assigned from the call; `returns` means that the run
    ends by returning on every path, so the call is returned. `is_tuple`: what the run ends by assigning to
    several `results` is a tuple. `gives` is what the function says to return, if it says so. `stands`: an
    equal run further up makes that function. `items` are awaited ahead of the loop or `with` that is the run.
    """

    first: Span
    last: Span
    before: Span
    name: str
    parameters: tuple[str, ...]
    results: tuple[str, ...]
    returns: bool
    runner: Code
    global_names: tuple[str, ...] = ()
    is_tuple: bool = False
    gives: str = ""
    stands: bool = False
    items: ItemsFirst | None = None


class Argument(msgspec.Struct, frozen=True):
    """One argument of a rewritten call: the old one at `index` (positional first, as written), new text, or
    a call of that text with the arguments `given` to it."""

    index: int | None = None
    keyword: str = ""
    code: Code | None = None
    given: tuple[Argument, ...] = ()


class ReplaceCall(msgspec.Struct, frozen=True):
    """A call with another callee and other arguments; `arguments=None` keeps them as they are."""

    span: Span
    callee: Code
    arguments: tuple[Argument, ...] | None = None
    awaited: bool = False


class ReplaceExpression(msgspec.Struct, frozen=True):
    """An expression replaced by text. Of the edits within it those of calls and awaits stay, where the text
    keeps what they are about."""

    span: Span
    code: Code


class DropCall(msgspec.Struct, frozen=True):
    """`x.f(a)` -> `x`."""

    span: Span


class ReplaceStatements(msgspec.Struct, frozen=True):
    """A run of neighbouring statements of one block replaced by other statements (empty text removes
    them)."""

    first: Span
    last: Span
    code: Code


class InsertStatements(msgspec.Struct, frozen=True):
    """Statements put right above (`after=False`) or right below a statement."""

    anchor: Span
    code: Code
    after: bool = False


class AsyncStatement(msgspec.Struct, frozen=True):
    """`with` -> `async with`, `for` -> `async for`; `span` is that of the statement."""

    span: Span


class AsyncClause(msgspec.Struct, frozen=True):
    """`for x in rows()` in a comprehension -> `async for x in rows()`; `span` is that of `rows()`."""

    span: Span


class CollectItems(msgspec.Struct, frozen=True):
    """`list(rows())` -> `[item async for item in rows()]`, `sum(rows())` -> `sum([item async for ..])`.

    `span` is that of what is replaced: `items` itself, or the call of `list` or `set` around it. A generator
    expression keeps its parts, of which another edit is one.
    """

    span: Span
    items: Span
    name: str
    is_set: bool = False


class CloseAfter(msgspec.Struct, frozen=True):
    """`return [f(row) async for row in rows()]` -> the same below `async with aclosing(rows()) as items:`.

    `span` is that of `rows()`, in whose place `name` stands; `code` is what closes it.
    """

    span: Span
    statement: Span
    name: str
    code: Code


class NameFirst(msgspec.Struct, frozen=True):
    """`return f(x)` -> `name = f(x)`, the statements of `code`, `return name`.

    `span` is that of `f(x)`; nothing else of the statement may run before it.
    """

    span: Span
    statement: Span
    name: str
    code: Code


class WaitTogether(msgspec.Struct, frozen=True):
    """`a = await f()`, `b = (await g()).json()` -> `a, b_response = await gather(f(), g())` above
    `b = b_response.json()`.

    `names` are those of what is awaited, in the order of the statements from `first` to `last`, which stand
    without comments.
    """

    first: Span
    last: Span
    names: tuple[str, ...]
    gather: Code


class EnterUntil(msgspec.Struct, frozen=True):
    """`s = make()` and what follows -> the same statements below `async with make() as s:`, or `with`.

    `span` is that of the assignment, `last` that of the last statement taken in, of the same block; the same
    for `async with make(): pass`.
    """

    span: Span
    last: Span
    is_async: bool = True


class YieldEach(msgspec.Struct, frozen=True):
    """`yield from rows()` -> `async for item in rows(): yield item`, or a plain `for`; `span` is that of the
    statement."""

    span: Span
    name: str
    is_async: bool


class AwaitWithin(msgspec.Struct, frozen=True):
    """`run(f(x))` -> `await f(x)`: a call gives way to an expression inside it, which is awaited; with a
    method, `list(f(x))` -> `await f(x).method()`."""

    span: Span
    inner: Span
    method: str = ""


class DropFinally(msgspec.Struct, frozen=True):
    """`try: body finally: ...` -> `body`; where exceptions are caught as well, the `try` stays for them.

    `span` is that of the `try`. Its headers and the `finally` clause must stand without comments.
    """

    span: Span


class ShieldFinally(msgspec.Struct, frozen=True):
    """`finally: ...` -> the same statements below `finally:` and `with` what the `code` makes.

    `span` is that of the `try`.
    """

    span: Span
    code: Code


class LeaveWith(msgspec.Struct, frozen=True):
    """`with make() as s: body` -> `s = make()`, the statements of `code`, `body`.

    `span` is that of the `with`, which opens one thing, and whose body stands below it; `name` is for what it
    gives none.
    """

    span: Span
    code: Code
    name: str = ""


class SplitWith(msgspec.Struct, frozen=True):
    """`with make() as s, open(p) as f: body` -> `with make() as s:`, and in it `with open(p) as f: body`.

    `span` is that of the `with`, whose header is without comments; `runs` tells how many things each of the
    statements enters, `are_async` which of the statements become `async with`.
    """

    span: Span
    runs: tuple[int, ...]
    are_async: tuple[bool, ...] = ()


class AppendCode(msgspec.Struct, frozen=True):
    """Top-level code put at the end of the file."""

    code: Code


Edit = (
    TurnAsync
    | AwaitExpression
    | OffloadCall
    | OffloadExpression
    | ExtractToThread
    | MoveBody
    | ReplaceCall
    | ReplaceExpression
    | DropCall
    | ReplaceStatements
    | InsertStatements
    | AsyncStatement
    | AsyncClause
    | CloseAfter
    | CollectItems
    | EnterUntil
    | NameFirst
    | WaitTogether
    | YieldEach
    | AwaitWithin
    | DropFinally
    | ShieldFinally
    | LeaveWith
    | SplitWith
    | AddDecorator
    | AddBase
    | RemoveParameter
    | AddParameter
    | AppendCode
)
