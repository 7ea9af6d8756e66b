"""Values that outlive the request which uses them: requests have one and the same.

conn = pymysql.connect(..)          # at the top of a module
cursor = conn.cursor()              # what comes of one that is kept is no more a request's own

def get_conn():                     # a request gets the same as all others
    return conn
"""

from __future__ import annotations

from collections.abc import Iterator

from ...index.bindings import Import
from ...index.expr import Attr, Await, Call, Display, Either, Expr, Item, Name
from ...link.decorators.decorators import CACHES
from ...link.infer import Inference
from ...link.kinds import Cls, Ext, Fn, Inst, Kind
from ...link.program import FUNCTIONS, CallKey, Key
from .holding import Holding

_APART = ("contextvars.ContextVar", "multiprocessing.queues.", "queue.", "threading.local")
"""`local.conn`, `pool.get()`: what a queue gives nobody else has until it is put back."""
_REQUESTS = frozenset(
    {"starlette.requests.HTTPConnection", "starlette.requests.Request", "starlette.websockets.WebSocket"}
)


class KeptValues:
    """Of the values in which `holding` is interested."""

    def __init__(self, inference: Inference, holding: Holding) -> None:
        self.inference = inference
        self.program = inference.program
        self._holding = holding
        self._giving: dict[Key, bool] = {}
        self._made_once: dict[Key, bool] = {}

    def is_kept(self, where: Key, expr: Expr, line: int) -> bool:
        """What is read of a parameter or of `self` counts only where all of their values are known to the
        function: its callers are asked about the rest."""
        return self._holding.holds_one(where, expr, line) and self._comes_of_kept(where, expr, line, set())

    def _comes_of_kept(self, where: Key, expr: Expr, line: int, seen: set[tuple[Key, str]]) -> bool:
        if self._is_apart(where, expr, line):
            return False
        if isinstance(expr, (Attr, Item)):
            return self._comes_of_kept(where, expr.value, line, seen) or self._is_of_application(where, expr)
        if isinstance(expr, Await):
            return self._comes_of_kept(where, expr.value, line, seen)
        if isinstance(expr, Either):
            return any(self._comes_of_kept(where, each, line, seen) for each in expr.options)
        if isinstance(expr, Call):
            return self._is_given_kept(CallKey(where.path, expr.index), seen)
        return isinstance(expr, Name) and self._is_kept_name(where, expr.id, seen)

    def _is_apart(self, where: Key, expr: Expr, line: int) -> bool:
        """Does each thread, or each request, have its own there?"""
        kinds = self.inference.kinds(where, expr, line)
        return any(isinstance(kind, Inst) and kind.name.startswith(_APART) for kind in kinds)

    def _is_given_kept(self, call: CallKey, seen: set[tuple[Key, str]]) -> bool:
        site = self.program.call(call)
        where, line = Key(call.path, site.scope), site.span.line
        receiver = site.func.value if isinstance(site.func, Attr) else None
        parts = (receiver, *site.args, *(value for _, value in site.keywords))
        if any(
            self._holding.holds_one(where, part, line) and self._comes_of_kept(where, part, line, seen)
            for part in parts
            if part is not None
        ):
            return True
        # `run_in_threadpool(get_conn)` gives what `get_conn` does
        handed = [kind for part in site.args for kind in self.inference.kinds(where, part, line)]
        called = (*self.inference.callees(call), *handed)
        return any(isinstance(kind, Fn) and self.gives_kept(kind.key) for kind in called)

    def gives_kept(self, function: Key) -> bool:
        """Does it give what is kept elsewhere, or does a cache keep what it gives?"""
        if function not in self._giving:
            self._giving[function] = False  # a function that calls itself adds nothing
            scope, is_cached = self.program.scope(function), self._is_cached(function)
            self._giving[function] = any(
                self._holding.holds_one(function, each, scope.span.end_line)
                and (is_cached or self._comes_of_kept(function, each, scope.span.end_line, set()))
                for each in (*scope.returned, *scope.yielded)
            )
        return self._giving[function]

    def _is_cached(self, function: Key) -> bool:
        kinds = self.inference.classes.decorators(function)
        return any(isinstance(kind, Ext) and kind.name in CACHES for kind in kinds)

    def _is_kept_name(self, where: Key, name: str, seen: set[tuple[Key, str]]) -> bool:
        module = self.program.modules[where.path]
        home = module.home(where.scope, name)
        if home is None or (where, name) in seen:
            return False
        seen.add((where, name))
        key = module.keys[home.scope]
        scope = self.program.scope(key)
        if scope.kind not in FUNCTIONS:
            return True
        if not home.is_own and self.program.scope(where).is_async:
            return True  # of the function in which the handler is defined
        if home.position >= 0:
            return self._is_kept_parameter(key, home.position)
        values = (each.value for each in home.found)
        return any(
            self._holding.holds_one(key, value, scope.span.end_line)
            and self._comes_of_kept(key, value, scope.span.end_line, seen)
            for value in values
            if value is not None and not isinstance(value, Import)
        )

    def _is_kept_parameter(self, function: Key, position: int) -> bool:
        if not self.program.scope(function).is_async:
            return False
        cls = self.program.enclosing_class(function)
        if cls is not None and position == 0:
            return self._is_made_once(cls)
        providers = self._providers(function, position)
        return any(isinstance(kind, Fn) and self.gives_kept(kind.key) for kind in providers)

    def _providers(self, function: Key, position: int) -> Iterator[Kind]:
        """What FastAPI calls for the parameter: `= Depends(f)`, or `Annotated[.., Depends(f)]`."""
        parameter = self.program.scope(function).parameters[position]
        said = parameter.annotation.key if isinstance(parameter.annotation, Item) else None
        for each in (parameter.default, *(said.items if isinstance(said, Display) else ())):
            if each is not None:
                yield from self.inference.injection.provider(self.program.parent(function), each) or ()

    def _is_made_once(self, cls: Key) -> bool:
        """Is there an object of the class that no function made?"""
        if cls not in self._made_once:
            calls = self.program.calls_by_name.get(self.program.scope(cls).name, ())
            self._made_once[cls] = any(
                isinstance(kind, Cls) and kind.key == cls
                for call in calls
                if self.program.scope(Key(call.path, self.program.call(call).scope)).kind not in FUNCTIONS
                for kind in self.inference.callees(call)
            )
        return self._made_once[cls]

    def _is_of_application(self, where: Key, expr: Expr) -> bool:
        """`request.app.state.conn`, which is the application's."""
        while isinstance(expr, (Attr, Item)):
            expr = expr.value
        return isinstance(expr, Name) and any(
            isinstance(kind, Inst) and kind.name in _REQUESTS for kind in self.inference.kinds(where, expr)
        )
