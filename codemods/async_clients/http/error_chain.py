"""Who catches what requests raises: the `try` statements around a call, in its function and in its callers.

def verify_phone(...):                      async def verify_phone(...):
    try:                                        try:
        send_sms(...)               ->              await send_sms(...)
    except requests.RequestException:           except (httpx.HTTPError, httpx.InvalidURL):
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...analysis.index.bindings import Parameter
from ...analysis.judge.entered import Entered, new_name
from ...analysis.judge.site import Site, SiteKind
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.spelled import fact_of
from ...analysis.syntax import FileSyntax, last_name, span_of
from ...model import Edit, Note, Span
from ..twin import NoTwinError, World
from .error_text import ErrorText
from .errors import (
    Below,
    catching,
    check,
    error_edits,
    exception_name,
    is_theirs,
    surrounding_tries,
)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MAY_RAISE_THEM = {"sdk", "cloud", ""}
"""Categories of foreign code that may call requests itself."""


@dataclass(frozen=True)
class Found:
    """A `try` and the function it stands in."""

    function: Key
    file: FileSyntax
    statement: ast.Try


class ErrorChain:
    """Reads every place that names an exception of requests once, and then answers for each call."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.program = world.effects.program
        self._entered = Entered(world.callers)
        self._wrapping = world.callers.wrapping
        self._text = ErrorText(world, self._callers)

    def check(self, function: Key, call: ast.Call) -> tuple[Note, ...]:
        """What to say of that which catches the errors of this call, when all of it can be mapped. Raises
        `NoTwinError`."""
        if self.elsewhere is not None:
            raise NoTwinError(self.elsewhere)
        for caller in self._chain(function):
            if caller in self._decorated:
                name = self.program.scope(caller).qualname
                raise NoTwinError(f"the decorator of {name} names errors of requests")
        notes: list[Note] = []
        for found in self.tries(function, call):
            check(self.world.effects, found.function, found.file, found.statement)
            for handler, has_response in catching(self.world.effects, found.function, found.statement):
                notes += self._text.notes(found.function, handler, with_response=has_response)
        if self._leaves(function, call):
            notes += self._text.uncaught()
        return tuple(notes)

    def tries(self, function: Key, call: ast.AST) -> Iterator[Found]:
        """All `try` statements that an error of the call comes by, up to those that let none through."""
        yield from self._tries(function, call, {function})

    def _tries(self, function: Key, call: ast.AST, seen: set[Key]) -> Iterator[Found]:
        node = self.world.node(function)
        if node is None:
            return
        file = self.world.syntax.file(function.path)
        for statement in surrounding_tries(file, node, call):
            yield Found(function, file, statement)
            if self._is_last(function, file, statement):
                return
        for owner, place in self._callers(function):
            if owner not in seen and owner != function:
                yield from self._tries(owner, place, {*seen, owner})

    def _leaves(self, function: Key, call: ast.AST) -> bool:
        """May an error of the call leave a function that nobody in the project calls?"""
        seen = {(function, call)}
        stack = [*seen]
        while stack:
            owner, place = stack.pop()
            node, file = self.world.node(owner), self.world.syntax.file(owner.path)
            tries = surrounding_tries(file, node, place) if node is not None else ()
            if node is None or any(self._is_last(owner, file, each) for each in tries):
                continue
            callers = {*self._callers(owner)}
            if not callers:
                return True
            stack += callers - seen
            seen |= callers
        return False

    def _callers(self, function: Key) -> Iterator[tuple[Key, ast.AST]]:
        """Every place that calls it, by its name or in a wrapper around it, or enters what it belongs to."""
        named = ((caller.owner, caller.call) for caller in self.world.callers.calls(function))
        for owner, key in (*named, *self._wrapping.callers(function)):
            call = self.world.syntax.file(key.path).call(self.program.call(key).span)
            if call is not None:
                yield owner, call
        for place in self._entered.places(function) if new_name(self.program, function) else ():
            item = self.world.syntax.file(place.owner.path).entered(place.span)
            if item is not None:
                yield place.owner, item.context_expr

    def _is_last(self, function: Key, file: FileSyntax, statement: ast.Try) -> bool:
        try:
            return check(self.world.effects, function, file, statement)
        except NoTwinError:
            return False

    def edits(self, found: Found, below: Below) -> tuple[Edit, ...]:
        return error_edits(
            self.world.effects, found.function, found.file, found.statement, self.world.library, below
        )

    def _chain(self, function: Key) -> set[Key]:
        found = {function}
        stack = [function]
        while stack:
            for owner, _ in self._callers(stack.pop()):
                if owner not in found:
                    found.add(owner)
                    stack.append(owner)
        return found

    # what a `try` holds -----------------------------------------------------------------------------------

    def sites_below(self, found: Found, gone: frozenset[Site]) -> Iterator[tuple[Key, Site]]:
        """Everything outside the project that the body of a `try` runs; `gone` sites have moved away."""
        spans = [span_of(statement) for statement in found.statement.body]
        seen: set[Key] = set()
        stack: list[Key] = []
        for site in self.world.effects.sites(found.function):
            if site not in gone and any(span.contains(Span(*site.span)) for span in spans):
                yield found.function, site
                stack += self._wrapping.run_at(site)
        while stack:
            function = stack.pop()
            if function in seen:
                continue
            seen.add(function)
            for site in self.world.effects.sites(function):
                if site not in gone:
                    yield function, site
                    stack += self._wrapping.run_at(site)

    def may_raise(self, function: Key, site: Site) -> bool:
        """May a site that stays raise an error of requests?"""
        if site.name.startswith("requests.") and site.kind is not SiteKind.FAST:
            return True
        if site.kind is SiteKind.UNKNOWN:
            return True
        category = site.entry.category if site.entry is not None else "project"
        return (
            site.kind in (SiteKind.BLOCKING, SiteKind.SLOW) and category in _MAY_RAISE_THEM
        ) or function in self.raising

    # everything that names the errors of requests ---------------------------------------------------------

    @cached_property
    def elsewhere(self) -> str | None:
        """The first place that handles them in a way that cannot be followed to the calls."""
        for path, _, kind in self._places:
            if kind:
                return f"{kind} ({path})"
        return None

    @cached_property
    def raising(self) -> frozenset[Key]:
        """Functions that raise errors of requests themselves."""
        return frozenset(key for _, key, kind in self._places if not kind and key is not None)

    @cached_property
    def _decorated(self) -> frozenset[Key]:
        """Functions with a decorator like `@backoff.on_exception(..., requests.Timeout)`."""
        found: set[Key] = set()
        for path in self._files:
            for key in self.program.functions_of(path):
                node = self.world.node(key)
                for decorator in node.decorator_list if node is not None else ():
                    if any(self._is_named(Key(path, 0), part) for part in ast.walk(decorator)):
                        found.add(key)
        return frozenset(found)

    @cached_property
    def _files(self) -> tuple[str, ...]:
        """Files that import something of requests."""
        found = []
        for path in sorted(self.program.modules):
            for scope in self.program.modules[path].facts.scopes:
                modules = (getattr(b.value, "module", "") for b in scope.bindings)
                if any(isinstance(m, str) and m.partition(".")[0] == "requests" for m in modules):
                    found.append(path)
                    break
        return tuple(found)

    @cached_property
    def _places(self) -> tuple[tuple[str, Key | None, str], ...]:
        """(place, function, why it cannot be followed); no why where an error is only raised."""
        found: list[tuple[str, Key | None, str]] = []
        for path in self._files:
            file = self.world.syntax.file(path)
            is_test = self.program.modules[path].facts.is_test
            for node in walk(file.tree):
                if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                    key = self._owner(path, file, node)
                    if self._is_named(key or Key(path, 0), node):
                        why = self._why(file, node, is_test)
                        if why is not None:
                            found.append((f"{path}:{node.lineno}", key, why))
                if isinstance(node, ast.Try) and not is_test:
                    why = self._open(path, file, node)
                    if why:
                        found.append((f"{path}:{node.lineno}", None, why))
        return tuple(found)

    def _owner(self, path: str, file: FileSyntax, node: ast.AST) -> Key | None:
        around = next((above for above in file.above(node) if isinstance(above, _FUNCTIONS)), None)
        number = self.program.modules[path].functions.get(span_of(around)) if around is not None else None
        return Key(path, number) if number is not None else None

    def _is_named(self, key: Key, node: ast.AST) -> bool:
        """Is it a class of requests' exceptions?"""
        if not isinstance(node, (ast.Name, ast.Attribute)) or fact_of(node) is None:
            return False
        name = exception_name(self.world.effects, key, node)
        if not is_theirs(name) or name is None:
            return False
        last = name.rpartition(".")[2]
        return last.endswith(("Error", "Exception", "Timeout", "Redirects", "Schema", "URL", "Required"))

    def _why(self, file: FileSyntax, node: ast.expr, is_test: bool) -> str | None:
        """None for `except` clauses and annotations, no text for `raise`, else what is done with it."""
        child: ast.AST = node
        for above in file.above(node):
            if is_test and isinstance(above, ast.Call):
                return "tests expect errors of requests"
            if isinstance(above, ast.ExceptHandler) and child is above.type:
                return None
            if isinstance(above, ast.Raise):
                return ""
            if isinstance(above, ast.arg) or (isinstance(above, ast.AnnAssign) and child is above.annotation):
                return None
            if isinstance(above, _FUNCTIONS) and child in above.decorator_list:
                is_handler = isinstance(child, ast.Call) and last_name(child.func) == "exception_handler"
                return "an exception handler is registered for it" if is_handler else None
            if isinstance(above, ast.ClassDef):
                return "a class is derived from an error of requests"
            if isinstance(above, ast.stmt):
                break
            child = above
        return "tests expect errors of requests" if is_test else "a class of requests' errors is handed on"

    def _open(self, path: str, file: FileSyntax, statement: ast.Try) -> str:
        """A `try` around a `yield` or around a function that is passed in may catch errors of any call."""
        owner = self._owner(path, file, statement)
        if owner is None:
            return ""
        named = [n for handler in statement.handlers if handler.type for n in ast.walk(handler.type)]
        if not any(self._is_named(owner, node) for node in named):
            return ""
        parameters = {parameter.name for parameter in self._parameters(owner)}
        for inner in (node for part in statement.body for node in ast.walk(part)):
            if isinstance(inner, ast.Yield) and isinstance(file.parents[inner], ast.Expr):
                return "errors of requests are caught around a `yield`"
            if (
                isinstance(inner, ast.Call)
                and isinstance(inner.func, ast.Name)
                and inner.func.id in parameters
                and self.world.call_key(owner.path, inner) not in self._wrapping.given(owner)
            ):
                return "errors of requests are caught around a function that is passed in"
        return ""

    def _parameters(self, owner: Key) -> Iterator[Parameter]:
        key = owner
        while key.scope > 0:
            yield from self.program.scope(key).parameters
            key = self.program.parent(key)
