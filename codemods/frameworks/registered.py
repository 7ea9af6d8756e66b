"""Functions handed to the framework: `Depends(f)`, `add_api_route(path, f)`, `lifespan=f`, ..."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.index.expr import Attr, Call, Display, Expr, Name
from ..analysis.index.facts import CallSite
from ..analysis.link.infer import Inference
from ..analysis.link.kinds import NOTHING, Cls, Decorated, Ext, Fn, Inst, Kinds, Member, Obj, ordered
from ..analysis.link.libraries.injection import DEPENDS
from ..analysis.link.program import CallKey, Key, Program
from ..model import EntryKind, EntryPoint
from .labels import Labels
from .names import (
    CONSTRUCTORS,
    DECORATORS,
    ENDPOINTS,
    EVENT_LISTS,
    MIDDLEWARE,
    REGISTRATIONS,
    ROUTERS,
    STREAMS,
)
from .routers import Routers, argument


class Registered:
    def __init__(self, inference: Inference, routers: Routers, labels: Labels) -> None:
        self.inference = inference
        self.program: Program = inference.program
        self.routers = routers
        self.labels = labels

    def entries(self) -> Iterator[EntryPoint]:
        wanted = {"Depends", "Security", *REGISTRATIONS, "add_task", "add_middleware", "append", "Middleware"}
        wanted |= {name.rpartition(".")[2] for name in (*CONSTRUCTORS, *ROUTERS, *STREAMS)}
        for name in sorted(wanted | {alias for n in wanted for alias in self.program.aliases.get(n, ())}):
            for call in self.program.calls_by_name.get(name, ()):
                yield from self._of_call(call)
        yield from self._subclasses_of_routers()
        for call in self.program.calls_by_name.get("", ()):
            yield from self._decorated_by_hand(call)
        yield from self._stored()
        yield from self._bare_depends()

    def _of_call(self, call: CallKey) -> Iterator[EntryPoint]:
        site = self.program.call(call)
        where = Key(call.path, site.scope)
        if isinstance(site.func, Attr):
            found = list(self._of_method(where, site, site.func))
            if found or site.func.attr == "append":
                yield from found
                return
        for callee in self.inference.callees(call):
            if isinstance(callee, Member) and callee.attr == "add_task" and "BackgroundTask" in callee.owner:
                yield from self._functions(where, argument(site, 0, "func"), EntryKind.BACKGROUND, "", site)
            elif isinstance(callee, Ext):
                yield from self._of_constructor(where, site, callee.name)

    def _of_method(self, where: Key, site: CallSite, func: Attr) -> Iterator[EntryPoint]:
        """`router.add_api_route(...)`, `app.add_middleware(...)`, `app.router.on_startup.append(...)`."""
        if func.attr == "append":
            if isinstance(func.value, Attr) and func.value.attr in EVENT_LISTS and site.args:
                yield from self._functions(where, site.args[0], EntryKind.LIFESPAN, "", site)
            return
        if func.attr not in REGISTRATIONS and func.attr != "add_middleware":
            return
        if not self.routers.is_router(self.inference.kinds(where, func.value, site.span.line)):
            return
        if func.attr == "add_middleware":
            yield from self._middleware(where, site)
            return
        kind, position, keyword = REGISTRATIONS[func.attr]
        label = self.labels.of_path(where, site, kind, func.value)
        yield from self._functions(where, argument(site, position, keyword), kind, label, site)

    def _of_constructor(self, where: Key, site: CallSite, name: str) -> Iterator[EntryPoint]:
        if name in DEPENDS:
            yield from self._functions(where, argument(site, 0, "dependency"), EntryKind.DEPENDENCY, "", site)
        elif name in STREAMS:
            yield from self._streams(where, argument(site, 0, "content"))
        elif name in CONSTRUCTORS:
            kind, position, keyword = CONSTRUCTORS[name]
            label = self.labels.of_path(where, site, kind, None)
            yield from self._functions(where, argument(site, position, keyword), kind, label, site)
        elif name == MIDDLEWARE:
            yield from self._middleware(where, site)
        elif name in ROUTERS:
            yield from self._of_router(where, site)

    def _of_router(self, where: Key, site: CallSite) -> Iterator[EntryPoint]:
        keywords = dict(site.keywords)
        yield from self._functions(where, keywords.get("lifespan"), EntryKind.LIFESPAN, "", site)
        for keyword in sorted(EVENT_LISTS):
            yield from self._elements(where, keywords.get(keyword), EntryKind.LIFESPAN, site)
        yield from self._elements(
            where, keywords.get("exception_handlers"), EntryKind.EXCEPTION_HANDLER, site
        )

    def _subclasses_of_routers(self) -> Iterator[EntryPoint]:
        """`super().__init__(lifespan=...)` and `MyApp(lifespan=...)` of a project class over `FastAPI`."""
        for cls in self.program.classes():
            if not self.program.scope(cls).bases:
                continue
            if not any(self.inference.classes.is_a(cls, router) for router in ROUTERS):
                continue
            for call in self.program.calls_by_name.get(self.program.scope(cls).name, ()):
                if any(isinstance(kind, Cls) and kind.key == cls for kind in self.inference.callees(call)):
                    site = self.program.call(call)
                    yield from self._of_router(Key(call.path, site.scope), site)

    def _elements(
        self, where: Key, expr: Expr | None, kind: EntryKind, site: CallSite
    ) -> Iterator[EntryPoint]:
        """The functions in a list, or the values of a dictionary, wherever it was written."""
        if expr is None:
            return
        for container in self.inference.kinds(where, expr, site.span.line):
            if isinstance(container, Inst) and container.args:
                yield from self._of_kinds(container.args[-1], kind, "")

    def _middleware(self, where: Key, site: CallSite) -> Iterator[EntryPoint]:
        """A pure ASGI class runs its `__call__`; `BaseHTTPMiddleware` may be given its `dispatch`."""
        given = argument(site, 0, "middleware_class")
        dispatch = dict(site.keywords).get("dispatch")
        yield from self._functions(where, dispatch, EntryKind.MIDDLEWARE, "", site)
        for kind in self.inference.kinds(where, given, site.span.line) if given is not None else ():
            if isinstance(kind, Cls):
                method = self.inference.classes.method(kind.key, "__call__")
                if method is not None:
                    name = self.program.scope(kind.key).name
                    yield self.labels.entry(method, EntryKind.MIDDLEWARE, f"middleware {name}")

    def _decorated_by_hand(self, call: CallKey) -> Iterator[EntryPoint]:
        """`router.get("/x")(self.get_x)`."""
        site = self.program.call(call)
        if not isinstance(site.func, Call) or not site.args:
            return
        where = Key(call.path, site.scope)
        inner = self.program.call(CallKey(call.path, site.func.index))
        if not isinstance(inner.func, Attr) or inner.func.attr not in DECORATORS:
            return
        if self.routers.is_router(self.inference.kinds(where, inner.func.value, site.span.line)):
            kind = DECORATORS[inner.func.attr]
            label = self.labels.of_decorator(where, kind, inner.func, inner, "")
            yield from self._functions(where, site.args[0], kind, label, site)

    def _stored(self) -> Iterator[EntryPoint]:
        """`app.dependency_overrides[f] = g` and `app.router.lifespan_context = f`, tests apart."""
        for path, store in self.program.stores_by_name.get("dependency_overrides", ()):
            if not self.program.modules[path].facts.is_test:
                kinds = self.inference.kinds(Key(path, store.scope), store.value, store.line)
                yield from self._of_kinds(kinds, EntryKind.DEPENDENCY, "")
        for path, binding in self.program.attributes_by_name.get("lifespan_context", ()):
            if binding.value is not None:
                kinds = self.inference.kinds(Key(path, binding.scope), binding.value, binding.line)
                yield from self._of_kinds(kinds, EntryKind.LIFESPAN, "")

    def _bare_depends(self) -> Iterator[EntryPoint]:
        """`x: Class = Depends()` makes the class of the annotation."""
        for path in sorted(self.program.modules):
            for scope in self.program.modules[path].facts.scopes:
                for parameter in scope.parameters:
                    if parameter.annotation is None:
                        continue
                    marks = [
                        each
                        for each in (parameter.default, *_extras(parameter.annotation))
                        if each is not None
                    ]
                    where = Key(path, scope.parent)
                    if any(self.inference.injection.provider(where, mark) == NOTHING for mark in marks):
                        made = self.inference.annotations.instances(where, parameter.annotation)
                        classes = frozenset(Cls(kind.key) for kind in made if isinstance(kind, Obj))
                        yield from self._of_kinds(classes, EntryKind.DEPENDENCY, "")

    def _streams(self, where: Key, given: Expr | None) -> Iterator[EntryPoint]:
        """`StreamingResponse(rows())` iterates the generator itself: sync ones in threads."""
        values = [given]
        if isinstance(given, Name):
            bindings = self.program.modules[where.path].names[where.scope].get(given.id, ())
            values = [binding.value for binding in bindings]  # type: ignore[misc]  # imports give no call
        for value in values:
            if not isinstance(value, Call):
                continue
            for callee in ordered(self.inference.callees(CallKey(where.path, value.index))):
                if isinstance(callee, Fn) and self.program.scope(callee.key).has_yield:
                    name = self.program.scope(callee.key).name
                    yield self.labels.entry(callee.key, EntryKind.STREAM, f"stream {name}")

    # functions --------------------------------------------------------------------------------------------

    def _functions(
        self, where: Key, given: Expr | None, kind: EntryKind, label: str, site: CallSite
    ) -> Iterator[EntryPoint]:
        if given is not None:
            kinds = self.inference.kinds(where, given, site.span.line)
            yield from self._of_kinds(kinds | self._decorated(kinds), kind, label)

    def _decorated(self, kinds: Kinds) -> Kinds:
        """What a decorator of the project registers: `def add(f): app.add_api_route("/x", f); return f`"""
        by = [kind.by for kind in ordered(kinds) if isinstance(kind, Decorated) and kind.by is not None]
        return frozenset(Fn(each) for key in by for each in self.inference.decorators.decorated_by(key))

    def _of_kinds(self, kinds: Kinds, kind: EntryKind, label: str) -> Iterator[EntryPoint]:
        classes = self.inference.classes
        for callee in ordered(kinds):
            target: Key | None = None
            if isinstance(callee, Fn):
                target = callee.key
            elif isinstance(callee, Cls) and not any(classes.is_a(callee.key, base) for base in ENDPOINTS):
                target = classes.method(callee.key, "__init__")
            elif isinstance(callee, Obj):
                target = classes.method(callee.key, "__call__")
            if target is not None:
                yield self.labels.entry(target, kind, label)


def _extras(annotation: Expr) -> list[Expr]:
    """What stands behind the type in `Annotated[T, ...]`."""
    key = getattr(annotation, "key", None)
    return [each for each in key.items[1:] if isinstance(each, Call)] if isinstance(key, Display) else []
