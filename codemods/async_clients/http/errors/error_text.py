"""The text of an error of a library: httpx says it in other words, so it may be shown, but not looked into.

    except requests.RequestException as e:
        raise HTTPException(502, detail=f"not reachable: {e}")        shown: the report says so
        if "timed out" in str(e): ...                                 looked into: the call stays

The text is followed through names, containers, callers and the exceptions that carry it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from ....analysis.link.functions.given import parameters_given
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, FunctionNode
from ....analysis.view import View, Views
from ....frameworks.error_handlers import Error, ErrorHandlers
from ....model import Note, NoteKind
from ...twin import NoTwinError, World
from .error_families import Family
from .error_kept import is_asked_for, is_caught_elsewhere, kept_as
from .errors import Caught, reads
from .surrounding import surrounding_tries
from .text_forms import (
    ADDS,
    Held,
    LookedIntoError,
    constant,
    has_it_alone,
    is_logged,
    is_part,
    is_same_response,
    is_store,
    is_template,
    is_told_apart,
    only_keeps,
    part_read,
    read_of,
    text_of,
)

_TEXT = "the text of the error that is shown is that of {library}; for some time-outs it is empty"
_MAKES_TEXT = {"builtins.str", "builtins.repr"}
_ASKS_FOR_CLASS = {"builtins.isinstance", "builtins.type"}
_FRAMEWORK = ("fastapi.", "starlette.")
_DETAIL = "detail"
"""Where an `HTTPException` keeps it."""
_FRAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_CARRIERS = (ast.FormattedValue, ast.JoinedStr, ast.List, ast.Await, ast.ListComp)

Calls = Callable[[Key], Iterator[tuple[Key, ast.AST]]]
"""Every place that calls a function, with the function that it stands in."""


class ErrorText:
    def __init__(self, world: World, calls: Calls, family: Family) -> None:
        self._world = world
        self._family = family
        self._calls = calls
        self._inference = world.effects.inference
        self._views = Views(self._inference, world.syntax)
        self.handlers = ErrorHandlers(self._inference)
        self._known: dict[ast.AST, tuple[Note, ...] | None] = {}

    def notes(self, function: Key, caught: Caught) -> tuple[Note, ...]:
        """What to say of the text of the error that a clause catches. Raises `NoTwinError`."""
        uses = read_of(caught.handler, caught.handler.name or "")
        return self.told(function, caught.handler, uses, caught)

    def told(
        self,
        function: Key,
        node: ast.ExceptHandler | FunctionNode,
        uses: Iterator[ast.Name],
        caught: Caught | None = None,
    ) -> tuple[Note, ...]:
        """The same of these `uses` in a clause, or in a handler of the application."""
        if node not in self._known:
            try:
                self._known[node] = tuple(self._shown(function, uses, caught))
            except LookedIntoError:
                self._known[node] = None
        notes = self._known[node]
        if notes is None:
            raise NoTwinError(f"the text of the error is used ({function.path}:{node.lineno})")
        return notes

    def _shown(self, function: Key, uses: Iterator[ast.Name], caught: Caught | None) -> Iterator[Note]:
        view = self._views.of(function.path)
        for name in uses:
            if is_told_apart(view, name) or (caught is not None and self._is_same(view, name, caught)):
                continue
            if caught is not None and (target := kept_as(view.file, name)) is not None:
                yield from self._shown(
                    function, self._kept(Held(function, name), view.file, target, caught), None
                )
                continue
            text = self._text(view, name) if caught is not None and caught.is_base else name
            if has_it_alone(view.file.parents[text]):
                raise LookedIntoError
            if is_logged(view, text) or isinstance(view.file.parents[text], ast.Raise):
                continue
            if self._goes_out(Held(function, text_of(view.file, text))):
                yield Note(NoteKind.BEHAVIOUR, _TEXT.format(library=self._world.library), view.place(name))

    def _kept(self, error: Held, file: FileSyntax, target: ast.expr, caught: Caught) -> Iterator[ast.Name]:
        """Where it is read under another name, but for what asks only whether there is one."""
        for read in self._bound(error, file, target):
            frame, node = self._frame(read, file), read.node
            if not isinstance(node, ast.Name) or is_caught_elsewhere(file, frame, node, caught.handler):
                raise LookedIntoError
            if not is_asked_for(file, node):
                yield node

    def _is_same(self, view: View, error: ast.Name, caught: Caught) -> bool:
        """Is it asked for what it has in httpx as well, on its response?"""
        read, bodies = view.file.parents[error], [*reads(view.file, caught, self._family)]
        is_renamed = isinstance(read, ast.Attribute) and read.attr in self._family.on_response
        is_body = len(bodies) == 1 and view.file.parents[read] is bodies[0]
        return caught.has_response and (is_renamed or is_body or is_same_response(view.file, error))

    def _text(self, view: View, error: ast.Name) -> ast.expr:
        """`error.reason`, where that is its text"""
        read = view.file.parents[error]
        return read if isinstance(read, ast.Attribute) and read.attr == self._family.text else error

    def _goes_out(self, start: Held) -> bool:
        """Does anybody see it? Follows it to all places. Raises `LookedIntoError`."""
        seen: set[Held] = set()
        stack, is_seen = [start], False
        while stack:
            held = stack.pop()
            if held in seen:
                continue
            seen.add(held)
            for following in self._raised(held) if held.raised else self._next(held):
                if following is None:
                    is_seen = True
                else:
                    stack.append(following)
        return is_seen

    def _next(self, held: Held) -> Iterator[Held | None]:
        """What holds the text after `held`; None where it leaves the program."""
        view = self._views.of(held.function.path)
        file = view.file
        node, above = held.node, file.parents[held.node]
        if is_logged(view, node) or isinstance(above, ast.Expr):
            return
        if isinstance(above, _CARRIERS) or is_part(above, node):
            yield replace(held, node=above, key=None)
        elif isinstance(above, ast.Tuple) and node in above.elts:
            is_plain = not any(isinstance(each, ast.Starred) for each in above.elts)
            yield replace(held, node=above, key=above.elts.index(node) if is_plain else None)
        elif isinstance(above, ast.Dict) and node in above.values:
            key = above.keys[above.values.index(node)]
            yield replace(held, node=above, key=constant(key))
        elif isinstance(above, (ast.Subscript, ast.Attribute)):
            yield from part_read(file, held, above)
        elif isinstance(above, ast.keyword):
            yield from self._argument(held, view, file.parents[above], above.arg)
        elif isinstance(above, ast.Call):
            yield from self._argument(held, view, above, None)
        elif isinstance(above, ast.Raise):
            if node is above.exc:
                yield replace(held, node=above, raised=True)
        elif isinstance(above, ast.Return):
            yield from self._returned(held, file)
        elif isinstance(above, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for target in above.targets if isinstance(above, ast.Assign) else [above.target]:
                yield from self._bound(held, file, target)
        else:
            raise LookedIntoError

    # what is called with it -------------------------------------------------------------------------------

    def _argument(self, held: Held, view: View, call: ast.AST, keyword: str | None) -> Iterator[Held | None]:
        if not isinstance(call, ast.Call) or held.node is call.func:
            raise LookedIntoError
        name, own = view.external(call.func), next(iter(view.classes_named(call.func)), None)
        above = view.file.parents[call]
        if own is not None and not only_keeps(self._world, own, call, held.node, keyword):
            raise LookedIntoError
        if isinstance(above, ast.Raise) and (own is not None or name):
            yield None
            key = _DETAIL if self.handlers.is_http(name) else None
            yield replace(held, node=above, key=key, raised=True)
            yield from self._handled(own or name, key)
        elif name in _MAKES_TEXT or is_template(call.func) or _is_response(name):
            yield replace(held, node=call, key=None)
        elif name in _ASKS_FOR_CLASS:
            return
        elif own is not None:
            fields = {binding.name for binding in self._world.effects.program.scope(own).bindings}
            yield replace(held, node=call, key=keyword if keyword in fields else None)
        elif view.functions_called(call):
            yield from self._taken(held, view, call, keyword)
        elif isinstance(call.func, ast.Attribute) and call.func.attr in ADDS:
            yield from self._bound(held, view.file, call.func.value)
        else:
            raise LookedIntoError

    def _taken(self, held: Held, view: View, call: ast.Call, keyword: str | None) -> Iterator[Held]:
        """The parameter that it becomes in functions of the project, wherever they read it."""
        key = view.call_key(call)
        position = keyword or call.args.index(held.node)  # type: ignore[arg-type]
        is_plain = not any(isinstance(argument, ast.Starred) for argument in call.args)
        taken = parameters_given(self._inference, key, position) if key is not None and is_plain else {}
        if not taken:
            raise LookedIntoError
        for function, parameter in taken.items():
            yield from self._in_parameter(function, parameter, held.key)

    def _in_parameter(self, function: Key, name: str, key: str | int | None) -> Iterator[Held]:
        node = self._world.node(function)
        if node is None:
            raise LookedIntoError
        for use in read_of(node, name):
            yield Held(function, use, key)

    # where it is kept -------------------------------------------------------------------------------------

    def _bound(self, held: Held, file: FileSyntax, target: ast.AST) -> Iterator[Held]:
        """Every place that reads the local name which holds it from here on."""
        key: str | int | None = held.key
        if isinstance(target, ast.Tuple) and isinstance(key, int) and key < len(target.elts):
            if any(isinstance(each, ast.Starred) for each in target.elts):
                raise LookedIntoError
            target, key = target.elts[key], None
        while isinstance(target, ast.Subscript):
            key = constant(target.slice)
            target = target.value
        frame = self._frame(held, file)
        if not isinstance(target, ast.Name) or any(
            target.id in node.names for node in walk(frame) if isinstance(node, (ast.Global, ast.Nonlocal))
        ):
            raise LookedIntoError
        if target.id not in {n.id for n in walk(frame) if isinstance(n, ast.Name) and is_store(n)}:
            raise LookedIntoError  # it belongs to somebody else: a parameter, a global
        for node in read_of(frame, target.id):
            yield replace(held, node=node, key=key)

    def _returned(self, held: Held, file: FileSyntax) -> Iterator[Held | None]:
        self._frame(held, file)
        function, callers = held.function, self._world.callers
        if function not in self.handlers.functions and any(callers.references(function)):
            raise LookedIntoError
        if self._world.effects.program.enclosing_class(function) is not None and any(
            callers.unresolved_namesakes(function)
        ):
            raise LookedIntoError
        places = list(self._calls(function))
        for owner, place in places:
            yield replace(held, function=owner, node=place)
        if not places:
            yield None

    def _frame(self, held: Held, file: FileSyntax) -> ast.AST:
        """The function around it, which must be that whose callers are known."""
        inner = next((node for node in file.above(held.node) if isinstance(node, _FRAMES)), None)
        if inner is None or inner is not self._world.node(held.function):
            raise LookedIntoError
        return inner

    # who catches it ---------------------------------------------------------------------------------------

    def _raised(self, held: Held) -> Iterator[Held]:
        """The clauses that may catch an exception with the text in it: here, and around all calls."""
        file = self._world.syntax.file(held.function.path)
        frame = self._world.node(held.function)
        if frame is None:
            return
        self._frame(held, file)
        for statement in surrounding_tries(file, frame, held.node):
            for handler in statement.handlers:
                for name in read_of(handler, handler.name):
                    yield replace(held, node=name, raised=False)
        for owner, place in self._calls(held.function):
            yield replace(held, function=owner, node=place)

    def _handled(self, error: Error, key: str | None) -> Iterator[Held]:
        """What handlers of the application do with an exception, whoever raises it."""
        for handler in self.handlers.of(error):
            if handler.function is None:
                raise LookedIntoError
            yield from self._in_parameter(handler.function, self.handlers.parameter(handler.function), key)


def _is_response(name: str) -> bool:
    return name.startswith(_FRAMEWORK) and name.endswith("Response")
