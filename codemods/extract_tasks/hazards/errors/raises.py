"""Errors of a helper that the application turns into responses: who waits for the helper sees them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ....analysis.index.expr import Name
from ....analysis.judge.effects.site import Site
from ....analysis.judge.reaching.reach import Reach
from ....analysis.link.kinds import Cls, Ext, Inst, Obj, ordered
from ....analysis.link.program import Key
from ....analysis.nodes import TRIES, walk
from ....analysis.scopes import own_nodes
from ....analysis.syntax import FileSyntax, FunctionNode, Syntax
from ....frameworks.error_handlers import Error, ErrorHandlers
from ....model import Span

_HTTP_ERRORS = (
    "fastapi.HTTPException",
    "fastapi.exceptions.HTTPException",
    "starlette.exceptions.HTTPException",
)
_ALL = ("builtins.Exception", "builtins.BaseException")


class Raised(msgspec.Struct, frozen=True):
    """An error that leaves a helper and becomes a response."""

    error: Error
    name: str
    place: str
    """The function that raises it."""
    status: int = 0

    def __str__(self) -> str:
        if self.error in _HTTP_ERRORS:
            what = f"{self.name}({self.status})" if self.status else self.name
            return f"{what} in {self.place}()"
        answer = f"with {self.status} " if self.status else ""
        return f"{self.name} in {self.place}(), answered {answer}by the application's handler"


class Raises:
    def __init__(self, reach: Reach, syntax: Syntax) -> None:
        self.reach = reach
        self.inference = reach.effects.inference
        self.program = reach.effects.program
        self.syntax = syntax
        self._answered: dict[Error, int] = {
            handler.error: self._answer(handler.function) if handler.function is not None else 0
            for handler in ErrorHandlers(self.inference).all
            if isinstance(handler.error, (Key, str))
        }
        """What the application has handlers for, with the status that each answers."""
        self._made: dict[Key, frozenset[Raised]] = {}

    def first(self, function: Key) -> str:
        """The first error that the application answers, in words; empty when there is none."""
        if function not in self._made:
            self._follow(function)
        return min(map(str, self._made[function]), default="")

    # what leaves a function -------------------------------------------------------------------------------

    def _follow(self, start: Key) -> None:
        """Errors of all that `start` reaches, handed up from call to call until nothing is new."""
        calls: dict[Key, list[tuple[Key, Site]]] = {start: []}
        stack = [start]
        while stack:
            function = stack.pop()
            if function in self._made:
                continue
            for site in self.reach.own(function):
                if site.target is not None:
                    if site.target not in calls:
                        calls[site.target] = []
                        stack.append(site.target)
                    calls[site.target].append((function, site))
        found = {function: self._made.get(function) or frozenset(self._own(function)) for function in calls}
        work = [function for function, errors in found.items() if errors]
        while work:
            function = work.pop()
            for caller, site in calls[function]:
                new = {r for r in found[function] - found[caller] if not self._is_caught_at(caller, site, r)}
                if new:
                    found[caller] |= new
                    work.append(caller)
        self._made.update(found)

    def _own(self, function: Key) -> Iterator[Raised]:
        file, node = self._node(function)
        for part in own_nodes(node) if node is not None else ():
            if isinstance(part, ast.Raise) and part.exc is not None:
                raised = self._raised(function, part.exc)
                if raised is not None and not self._is_caught(function, file, node, part, raised):
                    yield raised

    def _is_caught_at(self, caller: Key, site: Site, raised: Raised) -> bool:
        file, node = self._node(caller)
        call = file.call(Span(*site.span))
        return call is not None and node is not None and self._is_caught(caller, file, node, call, raised)

    def _node(self, function: Key) -> tuple[FileSyntax, FunctionNode | None]:
        file = self.syntax.file(function.path)
        return file, file.function(self.program.scope(function).span)

    def _raised(self, function: Key, expression: ast.expr) -> Raised | None:
        made = expression.func if isinstance(expression, ast.Call) else expression
        place = self.program.scope(function).qualname
        for error in self._classes(function, made):
            if self._is_http(error):
                status = _status(expression.args[:1]) if isinstance(expression, ast.Call) else 0
                given = expression.keywords if isinstance(expression, ast.Call) else []
                status = status or _status([k.value for k in given if k.arg == "status_code"])
                return Raised("fastapi.HTTPException", _short(made), place, status)
            for answered, status in self._answered.items():
                if answered not in _ALL and self._is_a(error, answered):
                    return Raised(error, _short(made), place, status)
        return None

    def _is_caught(
        self, function: Key, file: FileSyntax, root: FunctionNode | None, node: ast.AST, raised: Raised
    ) -> bool:
        """Is there a `try` around the node that takes the error and does not raise it again?"""
        child = node
        for above in file.above(node):
            if above is root:
                return False
            if isinstance(above, TRIES) and any(child is statement for statement in above.body):
                for handler in above.handlers:
                    if self._takes(function, handler, raised):
                        if any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(handler)):
                            break
                        return True
            child = above
        return False

    def _takes(self, function: Key, handler: ast.ExceptHandler, raised: Raised) -> bool:
        if handler.type is None:
            return True
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        errors = _HTTP_ERRORS if raised.error in _HTTP_ERRORS else (raised.error,)
        return any(
            caught in _ALL or any(self._is_a(error, caught) for error in errors)
            for each in types
            for caught in self._classes(function, each)
        )

    # classes ----------------------------------------------------------------------------------------------

    def _classes(self, function: Key, node: ast.expr) -> Iterator[Error]:
        """The classes that an expression may be, or be an instance of."""
        path: list[str] = []
        root = node
        while isinstance(root, ast.Attribute):
            path.insert(0, root.attr)
            root = root.value
        if not isinstance(root, ast.Name):
            return
        kinds = self.inference.kinds(function, Name(root.id), node.lineno)
        for attribute in path:
            kinds = self.inference.attribute(kinds, attribute)
        for kind in ordered(kinds):
            if isinstance(kind, (Cls, Obj)):
                yield kind.key
            elif isinstance(kind, (Ext, Inst)):
                yield kind.name

    def _is_http(self, error: Error) -> bool:
        return any(self._is_a(error, http) for http in _HTTP_ERRORS)

    def _is_a(self, error: Error, base: Error) -> bool:
        if error == base or not isinstance(error, Key):
            return error == base
        return base in self.inference.classes.mro(error) or (
            isinstance(base, str) and self.inference.classes.is_a(error, base)
        )

    # handlers of the application --------------------------------------------------------------------------

    def _answer(self, handler: Key) -> int:
        node = self.syntax.file(handler.path).function(self.program.scope(handler).span)
        if node is None:
            return 0
        calls = [n for n in walk(node) if isinstance(n, ast.Call)]
        given = [k.value for call in calls for k in call.keywords if k.arg == "status_code"]
        found = {_status([value]) for value in given or [a for call in calls for a in call.args]} - {0}
        return found.pop() if len(found) == 1 else 0


def _status(values: list[ast.expr]) -> int:
    """A status code written down: `404` or `status.HTTP_404_NOT_FOUND`."""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, int) and 400 <= value.value < 600:
            return value.value
        text = _short(value)
        if text.startswith("HTTP_") and text[5:8].isdigit():
            return int(text[5:8])
    return 0


def _short(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "an error")
