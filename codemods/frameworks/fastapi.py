"""What FastAPI and Starlette call by themselves: handlers, dependencies, lifespans, streams, ..."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.index.bindings import Binding, How
from ..analysis.index.expr import Attr, Call, Expr, Name, last_name
from ..analysis.index.facts import CallSite
from ..analysis.link import names
from ..analysis.link.infer import Inference
from ..analysis.link.kinds import Ext
from ..analysis.link.program import CallKey, Key, Program
from ..model import EntryKind, EntryPoint
from .labels import Labels
from .names import DECORATORS, ENDPOINTS, FREE_DECORATORS, RESOLVERS, RESOURCES, VIEWS
from .registered import Registered
from .routers import Routers

_OF_RESOLVERS = frozenset(name.partition(".")[0] for name in RESOLVERS)


def entry_points(inference: Inference) -> tuple[EntryPoint, ...]:
    """All of them, handlers first, in the order of files and lines; each function once."""
    routers = Routers(inference)
    labels = Labels(inference.program, routers)
    found: dict[Key, EntryPoint] = {}
    for entries in (
        _decorated(inference, routers, labels),
        Registered(inference, routers, labels).entries(),
        _in_classes(inference, labels),
    ):
        for entry in entries:
            key = inference.program.key(entry.function)
            if key is not None:
                found.setdefault(key, entry)
    order = list(EntryKind)
    return tuple(
        sorted(
            found.values(), key=lambda e: (order.index(e.kind), e.location.path, e.location.line, e.function)
        )
    )


def _decorated(inference: Inference, routers: Routers, labels: Labels) -> Iterator[EntryPoint]:
    program = inference.program
    is_resolving = any(name.partition(".")[0] in _OF_RESOLVERS for name in program.imported_in)
    for key in program.functions():
        scope = program.scope(key)
        if not scope.decorators:
            continue
        parent = program.parent(key)
        for decorator in scope.decorators:
            func, site = _called(program, key.path, decorator)
            home, method, given = _by_another_name(program, parent, func, site)
            if (
                isinstance(method, Attr)
                and method.attr in DECORATORS
                and routers.is_router(inference.kinds(home, method.value, scope.span.line))
            ):
                kind = DECORATORS[method.attr]
                yield labels.entry(key, kind, labels.of_decorator(home, kind, method, given, scope.name))
                break
            if is_resolving and any(
                isinstance(k, Ext) and k.name in RESOLVERS for k in inference.kinds(parent, func)
            ):
                owner = program.enclosing_class(key)
                where = f"{program.scope(owner).name}." if owner is not None else ""
                yield labels.entry(key, EntryKind.RESOLVER, f"GraphQL {where}{scope.name}")
                break
            if site is not None and _is_free(inference, parent, func, scope.span.line):
                name = last_name(func)
                made = Attr(func, name)
                yield labels.entry(
                    key, EntryKind.ROUTE, labels.of_decorator(parent, EntryKind.ROUTE, made, site, "")
                )
                break


def _is_free(inference: Inference, key: Key, func: Expr, line: int) -> bool:
    word = last_name(func)
    if word not in DECORATORS and word != "endpoint":
        return False
    return any(
        isinstance(kind, Ext) and kind.name in FREE_DECORATORS for kind in inference.kinds(key, func, line)
    )


def _called(program: Program, path: str, decorator: Expr) -> tuple[Expr, CallSite | None]:
    if isinstance(decorator, Call):
        site = program.call(CallKey(path, decorator.index))
        return site.func, site
    return decorator, None


def _by_another_name(
    program: Program, where: Key, func: Expr, site: CallSite | None
) -> tuple[Key, Expr, CallSite | None]:
    """`get = router.get` and then `@get("/")`; `users = router.get("/users")` and then `@users`."""
    found = names.lookup(program, where, func.id) if isinstance(func, Name) else None
    match names.only(found):
        case (home, Binding(how=How.ASSIGN, value=Attr() as method)):
            return home, method, site
        case (home, Binding(how=How.ASSIGN, value=Call() as made)) if site is None:
            return home, *_called(program, home.path, made)
    return where, func, site


def _in_classes(inference: Inference, labels: Labels) -> Iterator[EntryPoint]:
    """Methods that Starlette calls by name: of endpoints, and `dispatch` of class-based middleware."""
    program, classes = inference.program, inference.classes
    for cls in program.classes():
        scope = program.scope(cls)
        if not scope.bases and not scope.decorators:
            continue
        is_view = any(isinstance(kind, Ext) and kind.name in VIEWS for kind in classes.decorators(cls))
        for base, (kind, methods) in ENDPOINTS.items():
            if not classes.is_a(cls, base) and not (is_view and base in RESOURCES):
                continue
            owner = scope.name
            for name in methods:
                key = classes.method(cls, name)
                if key is not None:
                    label = f"{name.upper()} {owner}" if kind is EntryKind.ROUTE else f"{kind.value} {owner}"
                    yield labels.entry(key, kind, label)


__all__ = ["entry_points"]
