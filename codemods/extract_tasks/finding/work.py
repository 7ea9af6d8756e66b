"""One function with its slow calls, and the questions that every form of the change asks about it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from ...analysis.nodes import children, walk
from ...analysis.scopes import COMPREHENSIONS, DEFERRED, local_names, own_nodes, parameter_names, target_names
from ...analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from ...model import Code, Location, Reason, Span
from ...offloading.frame import Frame
from ...offloading.uploads import is_upload_method
from ..context import Context
from ..hazards.objects.objects import changed_by, root_of
from ..sent.types import Types
from ..sent.values import is_restored, may_be_json
from ..sent.ways import Carried
from ..sites import HelperSignature, SlowSite, ValueKind
from ..words import FREE_CALLS, FREE_METHODS, HTTP_LIBRARIES, STORES, UPLOAD_METHODS
from .logs import Logs
from .requests import NO_REQUESTS, Requests
from .waiting import waited_for

if TYPE_CHECKING:
    from ...frameworks.error_handlers import Error
    from ..sent.opened import Opened
    from .inner import Inner

BUILTINS = frozenset(dir(builtins))


class Work(msgspec.Struct, frozen=True, dict=True):
    file: FileSyntax
    function: FunctionNode
    slow: Sequence[SlowSite]
    context: Context
    is_handler: bool = True
    is_called: bool = False
    """By somebody else than the framework."""
    stays_sync: bool = False
    """It is a handler that stays `def`: it cannot await."""
    behind: str = ""
    """The parameter that such a handler has, or can have, for its background tasks."""
    takes_more: bool = False
    """What is asked of the database around slow work may go along where its failure is handled with that."""
    inner: Inner | None = None
    """The inner function that is handed on, of which the statements stand in its place: nobody here waits
    for them, or sees them fail."""
    own_errors: frozenset[Error] | None = None
    """The errors of the project that may leave what moves, where that is a part of what the run calls."""
    carried: Carried = Carried.NOTHING
    tells: bool = False
    """The function makes the texts that a block makes of what cannot be sent."""
    steps: Mapping[Span, HelperSignature] = msgspec.field(default_factory=dict)
    """Calls of the project that a handler makes for nobody but itself: what they read and store may go along
    with the slow work between them."""
    waiting: Callable[[], Reason | None] = lambda: None
    """Why rows that its callers have changed may not be committed when it is called."""
    requests: Requests = NO_REQUESTS
    """All that it sends, whatever becomes of them."""
    changed: Mapping[Span, Code] = msgspec.field(default_factory=dict)
    """What reads otherwise where it moves."""
    asks_first: bool = False
    """The handler asks its database for what an argument is made of, or what will be a coroutine function, or
    reads an upload, and awaits the answer."""
    turning: frozenset[Span] = frozenset()
    """Calls of what will be coroutine functions, which the function will await."""

    @cached_property
    def types(self) -> Types:
        return Types(self.function, self.context)

    @cached_property
    def locals(self) -> frozenset[str]:
        return local_names(self.function)

    @cached_property
    def frame(self) -> tuple[ast.AST, ...]:
        return tuple(own_nodes(self.function))

    @cached_property
    def _changed(self) -> frozenset[str]:
        """Names of what something is put into, or taken out of."""
        roots = (root_of(changed_by(node)) for node in self.frame)
        return frozenset(roots)

    @cached_property
    def slow_spans(self) -> frozenset[Span]:
        return frozenset(site.span for site in self.slow)

    @cached_property
    def logs(self) -> Logs:
        return Logs(self.file)

    @cached_property
    def context_variables(self) -> frozenset[str]:
        """Module-level names of this file that hold a `ContextVar` or a thread-local."""
        return frozenset(
            name
            for statement in self.file.tree.body
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and isinstance(statement.value, ast.Call)
            if ast.unparse(statement.value.func).rpartition(".")[2] in ("ContextVar", "local")
            for name in target_names(statement)
        )

    def is_restored(self, annotation: Code) -> bool:
        """Are values of this type known to arrive as they were sent?"""
        is_known = is_restored(annotation, self.context.own_types(annotation))
        return is_known and not self.context.may_be_mistaken(annotation)

    def is_json_body(self, name: str) -> bool:
        """Did FastAPI read the parameter from what a client sent, and did nobody change it since?"""
        annotation = self.context.annotation(name)
        is_given = name in parameter_names(self.function.args) and not self.context.is_injected(name)
        is_of_client = self.is_handler and not self.is_called and is_given and not self.types.is_changed(name)
        return is_of_client and annotation is not None and may_be_json(annotation)

    def is_parsed(self, value: ast.expr, depth: int = 4) -> bool:
        """Is it parsed JSON, or a part of it, into which nobody has put anything since?"""
        value = _looked_up_in(value)
        if isinstance(value, ast.Call):
            return not value.keywords and self.context.parses(span_of(value))
        if not isinstance(value, ast.Name) or depth == 0:
            return False
        if value.id in self._changed:
            return False
        sources = self.types.sources(value.id)
        is_parsed = bool(sources) and all(self.is_parsed(each, depth - 1) for each in sources)
        return is_parsed or self.is_json_body(value.id)

    def becomes_json(self, value: ast.expr) -> bool:
        """Is it all or a part of the `json=` of a request? Then it could be nothing but JSON before."""
        above = self.file.parents[value]
        while isinstance(above, (ast.List, ast.Tuple)) or (
            isinstance(above, ast.Dict) and value in above.values
        ):
            value, above = above, self.file.parents[above]
        if not isinstance(above, ast.keyword) or above.arg != "json":
            return False
        call = self.file.parents[above]
        site = self.site(call) if isinstance(call, ast.Call) else None
        return site is not None and site.name.partition(".")[0] in HTTP_LIBRARIES

    def reason(self, code: str, text: str, node: ast.AST, hint: str = "") -> Reason:
        line, column = getattr(node, "lineno", self.function.lineno), getattr(node, "col_offset", 0)
        return Reason(code, text, Location(self.file.path, line, column + 1), hint=hint)

    def is_slow(self, call: ast.Call) -> bool:
        return span_of(call) in self.slow_spans

    def site(self, call: ast.Call) -> SlowSite | None:
        return next((site for site in self.slow if site.span == span_of(call)), None)

    def does_slow_work(self, statement: ast.stmt) -> bool:
        return any(span_of(statement).contains(span) for span in self.slow_spans)

    def to_await(self, nodes: Iterable[ast.AST]) -> list[ast.Call]:
        """Calls of helpers that become coroutine functions, and of coroutines that nobody awaited."""
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        return [call for call in calls if self._gives_coroutine(call) and waited_for(self.file, call) is call]

    def _gives_coroutine(self, call: ast.Call) -> bool:
        site, step = self.site(call), self.step(call)
        if site is None:
            is_awaited = not self.stays_sync and self._of_session(call, STORES - {"add", "add_all"})
            return is_awaited or (step is not None and step.is_async)
        return site.is_async or any(helper.is_async for helper in site.helpers)

    def step(self, call: ast.Call) -> HelperSignature | None:
        return self.steps.get(span_of(call))

    def has_step(self, node: ast.AST) -> bool:
        return any(isinstance(part, ast.Call) and self.step(part) is not None for part in walk(node))

    def awaits_step(self, node: ast.Await) -> bool:
        return isinstance(node.value, ast.Call) and self.step(node.value) is not None

    def to_thread(self, nodes: Iterable[ast.AST]) -> list[ast.Call]:
        """Calls that take long and are not awaited."""
        return [node for node in nodes if isinstance(node, ast.Call) and self._keeps_a_thread(node)]

    def _keeps_a_thread(self, call: ast.Call) -> bool:
        if self._gives_coroutine(call) or isinstance(self.file.parents[call], ast.Await):
            return False
        if self.is_slow(call) or self.context.takes_time(span_of(call)):
            return True
        return self.step(call) is not None and not self.context.is_fast(span_of(call))

    def reads_upload(self, node: ast.AST) -> bool:
        """`await file.read()` of an upload that a task may read as well."""
        call = node.value if isinstance(node, ast.Await) else None
        method = call.func if isinstance(call, ast.Call) else None
        if not self.carried.holds(Carried.UPLOADS) or not isinstance(method, ast.Attribute):
            return False
        name = method.value.id if isinstance(method.value, ast.Name) else ""
        return method.attr in UPLOAD_METHODS and bool(name) and self.context.kind(name) is ValueKind.UPLOAD

    def session(self, name: str) -> Opened | None:
        """The same, where the statements of the handler can work with it in the task as they do here."""
        found = self.own_session(name)
        return found if found is not None and found.is_async is not self.stays_sync else None

    def own_session(self, name: str) -> Opened | None:
        """What opens a session in a task as the handler's own is opened."""
        return self.context.session(name) if self.is_handler and not self.is_called else None

    def keeps(self, call: ast.AST | None) -> bool:
        """Does it only store something, with the session of the handler?"""
        return self._of_session(call, STORES)

    def ends_session(self, call: ast.AST) -> bool:
        return self._of_session(call, ("close",))

    def _of_session(self, call: ast.AST | None, methods: Collection[str]) -> bool:
        method = call.func if isinstance(call, ast.Call) else None
        if not isinstance(method, ast.Attribute) or method.attr not in methods:
            return False
        return isinstance(method.value, ast.Name) and self.session(method.value.id) is not None

    def awaits(self, nodes: Iterable[ast.AST]) -> bool:
        """Must what runs these nodes await something?"""
        return any(
            isinstance(node, (ast.AsyncFor, ast.AsyncWith))
            or (isinstance(node, ast.comprehension) and bool(node.is_async))
            or (isinstance(node, ast.Await) and not self.reads_upload(node))
            for node in nodes
        )

    def runs_project_code(self, call: ast.Call) -> bool:
        """Does it run a function of the project that does more than to make what a task makes for itself?"""
        if not self.context.runs_project_code(span_of(call)):
            return False
        if not isinstance(self.file.parents.get(call), ast.Expr) and self.context.only_builds(span_of(call)):
            return False
        sessions = {n.id for n in walk(call) if isinstance(n, ast.Name) and self.own_session(n.id)}
        return self.context.maker_of_call(call, sessions) is None

    def is_cheap(self, node: ast.AST) -> bool:
        """Whether nothing in the expression can take long: it may stay in the function."""
        return all(self.is_cheap_call(call) for call in walk(node) if isinstance(call, ast.Call))

    def is_cheap_call(self, call: ast.Call) -> bool:
        if self.is_slow(call):
            return False
        is_awaited = isinstance(self.file.parents.get(call), ast.Await)
        if is_awaited or (self.asks_first and self._will_be_awaited(call)):
            return True
        if isinstance(call.func, ast.Name) and call.func.id in FREE_CALLS and call.func.id not in self.locals:
            return True
        if isinstance(call.func, ast.Attribute) and call.func.attr in FREE_METHODS:
            span = span_of(call)
            return not self.context.runs_project_code(span) and not self.context.takes_time(span)
        return self.keeps(call) or self.context.is_fast(span_of(call))

    def asked(self, arguments: Iterable[ast.expr]) -> Sequence[ast.Call] | None:
        """Calls in the arguments that the function makes first, and queues what they are for then; None where
        they take too long for it. Beside one that is awaited all others that block go to a thread alone."""
        calls = [node for value in arguments for node in walk(value) if isinstance(node, ast.Call)]
        costly = [call for call in calls if not self.is_cheap_call(call)]
        awaited = [call for call in calls if self._will_be_awaited(call)]
        is_asked = self.asks_first and not any(map(self.is_slow, costly))
        return [*awaited, *costly] if is_asked else None if costly else ()

    def _will_be_awaited(self, call: ast.Call) -> bool:
        span = span_of(call)
        is_known = self.context.is_awaited(span) or span in self.turning
        return is_known or is_upload_method(self._frame, call)

    @cached_property
    def _frame(self) -> Frame:
        return Frame(self.file, self.function, ())


def called(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    return last_name(call.func)


def root_name(node: ast.AST) -> str:
    """`user` of `user.address["city"].upper()`; empty when it does not begin with a name."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _looked_up_in(node: ast.expr) -> ast.expr:
    """`event` of `event["data"].get("id")`, the call of `(await request.json())["id"]`."""
    while True:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            if len(node.args) != 1 or node.keywords:
                return node
            node = node.func.value
        elif isinstance(node, (ast.Subscript, ast.Await)):
            node = node.value
        else:
            return node


def inner_names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Names that inner scopes bind for themselves: parameters, loop variables of comprehensions."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            found.update(parameter_names(node.args))
        if isinstance(node, COMPREHENSIONS):
            for generator in node.generators:
                found.update(target_names(generator.target))
        if isinstance(node, DEFERRED) and not isinstance(node, ast.Lambda):
            for statement in node.body:
                found.update(target_names(statement))
    return frozenset(found)


def in_order(node: ast.AST) -> Iterable[ast.AST]:
    """All nodes in the order of the source, as far as `ast` keeps it."""
    yield node
    for child in children(node):
        yield from in_order(child)
