"""Errors of a library that the application answers -> those that httpx raises in their place, too.

@app.exception_handler(requests.RequestException)       @app.exception_handler(httpx.HTTPError)
def unreachable(request, exc):                    ->    @app.exception_handler(httpx.InvalidURL)
                                                        def unreachable(request, exc):

app.add_exception_handler(requests.Timeout, f)    ->    app.add_exception_handler(httpx.TimeoutException, f)

Starlette asks for the class of an error first, and then for those above it.
https://www.starlette.io/exceptions/
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from ....analysis.link.kinds import Fn
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from ....analysis.view import Views
from ....frameworks.error_handlers import ANY_ERROR
from ....model import AddDecorator, Code, Edit, ImportNeed, InsertStatements, Note, ReplaceExpression, slot
from ...twin import NoTwinError, World
from .error_families import OF_BOTH, Family
from .error_text import ErrorText
from .errors import Below, exception_name
from .surrounding import surrounding_tries
from .text_forms import is_same_response, read_of

_OF_HTTPX = ("httpx.", "httpx2.")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_FORMS = {"exception_handler": 1, "add_exception_handler": 2}
"""What registers a handler, with the number of its arguments."""
_FIRST = (
    *("ConnectTimeout", "ReadTimeout", "ChunkedEncodingError", "ContentDecodingError", "TooManyRedirects"),
    *("JSONDecodeError", "HTTPError", "ConnectionError", "Timeout", "RequestException"),
)
"""Whose handler is asked first, of two that may get an error."""
_READERS = frozenset({"json.load", "json.loads", "starlette.requests.Request.json"})
_CATCH_THEM = {"ValueError", "JSONDecodeError", "Exception", "BaseException"}


class Answer(msgspec.Struct, frozen=True):
    """A handler of the application for one class of errors."""

    name: str
    """Of the class, without its module."""
    file: FileSyntax
    call: ast.Call
    function: Key
    node: FunctionNode

    @property
    def has_response(self) -> bool:
        return self.name == "HTTPError"


class Answered:
    def __init__(self, world: World, family: Family) -> None:
        self.world = world
        self.family = family
        self.program = world.effects.program
        self._views = Views(world.effects.inference, world.syntax)

    @cached_property
    def all(self) -> tuple[Answer, ...]:
        paths = sorted(self.program.modules) if self.family.is_answered else ()
        files = [self.world.syntax.file(path) for path in paths]
        return tuple(answer for file in files if any(map(file.mentions, _FORMS)) for answer in self._in(file))

    def _in(self, file: FileSyntax) -> Iterator[Answer]:
        for call in walk(file.tree):
            if not isinstance(call, ast.Call) or len(call.args) != _FORMS.get(last_name(call.func) or "", -1):
                continue
            view = self._views.of(file.path)
            name = exception_name(self.world.effects, view.key(call), call.args[0])
            around = file.parents[call]
            function: Key | None = None
            if isinstance(around, _FUNCTIONS) and call in around.decorator_list:
                number = self.program.modules[file.path].functions.get(span_of(around))
                function = Key(file.path, number) if number is not None else None
            elif isinstance(around, ast.Expr) and len(call.args) > 1:
                kinds = view.kinds(call.args[1])
                only = next(iter(kinds)) if len(kinds) == 1 else None
                function = only.key if isinstance(only, Fn) else None
            node = self.world.node(function) if function is not None else None
            if self.family.has(name) and function is not None and node is not None and not call.keywords:
                yield Answer((name or "").rpartition(".")[2], file, call, function, node)

    def names(self, file: FileSyntax, node: ast.AST) -> bool:
        """Is it the class of errors in such a registration?"""
        return any(answer.file is file and answer.call.args[0] is node for answer in self.all)

    def notes(self, text: ErrorText) -> Iterator[Note]:
        """What to say of handlers that get an error which nobody else catches. Raises `NoTwinError`."""
        for handler in text.handlers.all:
            if str(handler.error).startswith(_OF_HTTPX):
                raise NoTwinError(f"an exception handler of the application is for {handler.error}")
        for handler in text.handlers.of(self.family.base):
            function = handler.function
            node = self.world.node(function) if function is not None else None
            if self.family.is_answered and self.family.has(str(handler.error)):
                continue
            if handler.error not in ANY_ERROR or function is None or node is None:
                raise NoTwinError(
                    f"an exception handler of the application may be for errors of {self.family.library}"
                )
            yield from text.told(function, node, read_of(node, text.handlers.parameter(function)))
        for answer in self.all:
            uses = read_of(answer.node, text.handlers.parameter(answer.function))
            file = self.world.syntax.file(answer.function.path)
            others = (use for use in uses if not (answer.has_response and is_same_response(file, use)))
            yield from text.told(answer.function, answer.node, others)

    def check(self, *, json_read: bool) -> None:
        """Do all errors come to the handler that they came to? Raises `NoTwinError`."""
        for answer in self.all:
            if answer.name not in self.family.equal:
                place = f"{answer.file.path}:{answer.call.lineno}"
                raise NoTwinError(f"{self.family.root}.{answer.name} has no equal in httpx ({place})")
        self._given(json_read=json_read)
        reader = self._other_reader if json_read and self._of_json else None
        if reader is not None:
            text = f"an exception handler for errors of {self.family.library} would get those of JSON"
            raise NoTwinError(f"{text} that is read at {reader} as well")

    @property
    def _of_json(self) -> bool:
        return any(answer.name in self.family.of_json for answer in self.all)

    def _given(self, *, json_read: bool) -> Mapping[str, tuple[str, ...]]:
        """What the handler for each class gets from now on. Raises `NoTwinError` where two would get one."""
        taken: dict[str, str] = {}
        registered = {answer.name for answer in self.all}
        for name in (each for each in _FIRST if each in registered):
            for new in self.family.equal[name]:
                if new in taken and new != OF_BOTH:
                    raise NoTwinError(f"httpx has one error for {taken[new]} and {name}, which are answered")
                taken.setdefault(new, name)
            if json_read and name in self.family.of_json:
                taken.setdefault("", name)
        return {each: tuple(new for new, name in taken.items() if name == each) for each in registered}

    @cached_property
    def _other_reader(self) -> str | None:
        """What reads JSON that is no answer of theirs, where nobody catches that it is none."""
        for word in ("load", "loads", "json"):
            for key in self.program.calls_by_name.get(word, ()):
                view, file = self._views.of(key.path), self.world.syntax.file(key.path)
                call = view.node_of(key)
                names = {site.name for site in self.world.effects.of_call(key)}
                if call is None or names.isdisjoint(_READERS) or self.program.modules[key.path].facts.is_test:
                    continue
                caught = (
                    last_name(part) if isinstance(part, (ast.Name, ast.Attribute)) else None
                    for around in surrounding_tries(file, view.function(call) or file.tree, call)
                    for handler in around.handlers
                    for part in (walk(handler.type) if handler.type is not None else ())
                )
                if _CATCH_THEM.isdisjoint(caught):
                    return str(self.program.call_location(key))
        return None

    def edits(self, below: Below) -> Iterator[tuple[str, Edit]]:
        given = self._given(json_read=below.json_read)
        handled: dict[FunctionNode, list[Code]] = defaultdict(list)
        for answer in self.all:
            new = [self._class(name) for name in given[answer.name]]
            handled[answer.node] += new
            if new and not below.keep_old:
                yield answer.file.path, ReplaceExpression(span_of(answer.call.args[0]), new[0])
            for each in new if below.keep_old else new[1:]:
                yield answer.file.path, self._registered(answer, each)
        for answer in {each.node: each for each in self.all}.values() if not below.keep_old else ():
            new = handled[answer.node]
            yield from self._annotated(answer, new[0] if len(new) == 1 else Code("Exception"))

    def _class(self, name: str) -> Code:
        """Without a name the error of JSON that cannot be read."""
        module = self.world.library if name else "json"
        return Code(f"{slot(0)}.{name or 'JSONDecodeError'}", (ImportNeed(module),))

    def _registered(self, answer: Answer, error: Code) -> Edit:
        """For one class more."""
        callee, around = answer.file.source(answer.call.func), answer.file.parents[answer.call]
        if isinstance(around, _FUNCTIONS):
            return AddDecorator(span_of(around), Code(f"@{callee}({error.text})", error.needs))
        text = f"{callee}({error.text}, {answer.file.source(answer.call.args[1])})\n"
        return InsertStatements(span_of(around), Code(text, error.needs), after=True)

    def _annotated(self, answer: Answer, new: Code) -> Iterator[tuple[str, Edit]]:
        """The type that the handler is said to be given."""
        for argument in (*answer.node.args.posonlyargs, *answer.node.args.args):
            said, path = argument.annotation, answer.function.path
            name = exception_name(self.world.effects, Key(path, 0), said) if said is not None else None
            if said is not None and self.family.has(name):
                yield path, ReplaceExpression(span_of(said), new)
