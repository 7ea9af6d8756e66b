"""What FastAPI and Starlette call by themselves: handlers, dependencies, handlers of exceptions, lifespans, streams."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.facts import Call, CallSite, Const, DictDisplay, Display, Expr, Item, Name, ScopeKind
from ..analysis.infer import Inference
from ..analysis.kinds import Cls, Ext, Fn, Inst, Kinds, Obj
from ..analysis.program import CallKey, Key, Program
from ..model import EntryKind, EntryPoint

_METHODS = {"get", "post", "put", "delete", "patch", "options", "head", "trace"}
_ROUTERS = {
    "fastapi.FastAPI",
    "fastapi.APIRouter",
    "starlette.applications.Starlette",
    "starlette.routing.Router",
}
_DECORATORS = {
    **dict.fromkeys(_METHODS, EntryKind.ROUTE),
    "api_route": EntryKind.ROUTE,
    "route": EntryKind.ROUTE,
    "websocket": EntryKind.WEBSOCKET,
    "websocket_route": EntryKind.WEBSOCKET,
    "exception_handler": EntryKind.EXCEPTION_HANDLER,
    "middleware": EntryKind.MIDDLEWARE,
    "on_event": EntryKind.LIFESPAN,
}
_REGISTRATIONS = {
    # method -> (kind, position of the function, keyword of the function)
    "add_api_route": (EntryKind.ROUTE, 1, "endpoint"),
    "add_route": (EntryKind.ROUTE, 1, "route"),
    "add_api_websocket_route": (EntryKind.WEBSOCKET, 1, "endpoint"),
    "add_websocket_route": (EntryKind.WEBSOCKET, 1, "route"),
    "add_exception_handler": (EntryKind.EXCEPTION_HANDLER, 1, "handler"),
    "add_event_handler": (EntryKind.LIFESPAN, 1, "func"),
}
_CONSTRUCTORS = {
    "starlette.routing.Route": (EntryKind.ROUTE, 1, "endpoint"),
    "fastapi.routing.APIRoute": (EntryKind.ROUTE, 1, "endpoint"),
    "starlette.routing.WebSocketRoute": (EntryKind.WEBSOCKET, 1, "endpoint"),
    "fastapi.routing.APIWebSocketRoute": (EntryKind.WEBSOCKET, 1, "endpoint"),
    "fastapi.responses.StreamingResponse": (EntryKind.STREAM, 0, "content"),
    "starlette.responses.StreamingResponse": (EntryKind.STREAM, 0, "content"),
}
_DEPENDS = {"fastapi.Depends", "fastapi.Security", "fastapi.params.Depends"}
_MIDDLEWARE_BASES = "starlette.middleware.base.BaseHTTPMiddleware"
_ENDPOINT_BASE = "starlette.endpoints.HTTPEndpoint"


def entry_points(inference: Inference) -> tuple[EntryPoint, ...]:
    """All of them, handlers first, in the order of files and lines; each function once."""
    found: dict[Key, EntryPoint] = {}
    for entry in (*_decorated(inference), *_registered(inference), *_in_classes(inference)):
        key = inference.program.key(entry.function)
        if key is not None:
            found.setdefault(key, entry)
    order = list(EntryKind)
    return tuple(
        sorted(found.values(), key=lambda e: (order.index(e.kind), e.location.path, e.location.line, e.function))
    )


def is_router(inference: Inference, kinds: Kinds) -> bool:
    catalogue = inference.program.catalogue
    for kind in kinds:
        if isinstance(kind, Inst) and (kind.name in _ROUTERS or _ROUTERS & set(catalogue.bases(kind.name))):
            return True
        if isinstance(kind, Obj) and any(inference.classes.is_a(kind.key, router) for router in _ROUTERS):
            return True
    return False


def _entry(program: Program, key: Key, kind: EntryKind, label: str) -> EntryPoint:
    return EntryPoint(program.id(key), kind, label, program.location(key))


def _decorated(inference: Inference) -> Iterator[EntryPoint]:
    program = inference.program
    for key in program.functions():
        scope = program.scope(key)
        parent = program.parent(key)
        for decorator in scope.decorators:
            func, site = _callee(program, key.path, decorator)
            attr = getattr(func, "attr", "")
            kind = _DECORATORS.get(attr)
            if kind is None or func is None:
                continue
            if not is_router(inference, inference.kinds(parent, func.value, scope.span.line)):  # type: ignore[union-attr]
                continue
            yield _entry(program, key, kind, _label(inference, parent, kind, attr, site, scope.name, func.value))  # type: ignore[union-attr]
            break


def _callee(program: Program, path: str, decorator: Expr) -> tuple[Expr | None, CallSite | None]:
    if isinstance(decorator, Call):
        site = program.call(CallKey(path, decorator.index))
        return site.func, site
    return decorator, None


def _label(
    inference: Inference, key: Key, kind: EntryKind, attr: str, site: CallSite | None, name: str, router: Expr
) -> str:
    if kind is EntryKind.ROUTE and site is not None:
        keywords = dict(site.keywords)
        methods = [attr.upper()]
        if attr not in _METHODS:
            given = keywords.get("methods")
            methods = [c.text.upper() for c in given.items if isinstance(c, Const)] if isinstance(given, Display) else []
        return f"{','.join(methods) or 'GET'} {_prefix(inference, key, router)}{_text(site, 0, 'path')}"
    if kind is EntryKind.WEBSOCKET and site is not None:
        return f"WS {_prefix(inference, key, router)}{_text(site, 0, 'path')}"
    return f"{kind.value} {name}"


def _prefix(inference: Inference, key: Key, router: Expr) -> str:
    """The `prefix=` that the router was made with, where it is a literal."""
    program = inference.program
    if not isinstance(router, Name):
        return ""
    for binding in program.modules[key.path].names[0].get(router.id, ()):
        if isinstance(binding.value, Call):
            prefix = dict(program.call(CallKey(key.path, binding.value.index)).keywords).get("prefix")
            if isinstance(prefix, Const):
                return prefix.text
    return ""


def _text(site: CallSite, position: int, keyword: str) -> str:
    value = site.args[position] if len(site.args) > position else dict(site.keywords).get(keyword)
    return value.text if isinstance(value, Const) else ("" if value is None else "{...}")


def _argument(site: CallSite, position: int, keyword: str) -> Expr | None:
    return site.args[position] if len(site.args) > position else dict(site.keywords).get(keyword)


def _registered(inference: Inference) -> Iterator[EntryPoint]:
    """Functions handed to a call: `Depends(f)`, `add_api_route(path, f)`, `StreamingResponse(f())`, `lifespan=f`."""
    program = inference.program
    wanted = {"Depends", "Security", *_REGISTRATIONS, "StreamingResponse", "add_task"}
    wanted |= {name.rpartition(".")[2] for name in (*_CONSTRUCTORS, *_ROUTERS)}
    for name in sorted(wanted | {alias for n in wanted for alias in program.aliases.get(n, ())}):
        for call in program.calls_by_name.get(name, ()):
            yield from _of_call(inference, call)


def _of_call(inference: Inference, call: CallKey) -> Iterator[EntryPoint]:
    program = inference.program
    site = program.call(call)
    where = Key(call.path, site.scope)
    attr = getattr(site.func, "attr", "")
    if attr in _REGISTRATIONS and is_router(inference, inference.kinds(where, site.func.value, site.span.line)):  # type: ignore[union-attr]
        kind, position, keyword = _REGISTRATIONS[attr]
        yield from _functions(inference, where, _argument(site, position, keyword), kind, _path_label(site, kind), site)
        return
    for callee in inference.callees(call):
        if not isinstance(callee, Ext):
            if getattr(callee, "attr", "") == "add_task" and "BackgroundTask" in getattr(callee, "owner", ""):
                yield from _functions(inference, where, _argument(site, 0, "func"), EntryKind.BACKGROUND, "", site)
            continue
        if callee.name in _DEPENDS:
            argument = _argument(site, 0, "dependency")
            yield from _functions(inference, where, argument, EntryKind.DEPENDENCY, "", site)
        elif callee.name in _CONSTRUCTORS:
            kind, position, keyword = _CONSTRUCTORS[callee.name]
            argument = _argument(site, position, keyword)
            if kind is EntryKind.STREAM:
                yield from _streams(inference, where, argument)
            else:
                yield from _functions(inference, where, argument, kind, _path_label(site, kind), site)
        elif callee.name in _ROUTERS:
            yield from _of_router(inference, where, site)


def _path_label(site: CallSite, kind: EntryKind) -> str:
    if kind not in (EntryKind.ROUTE, EntryKind.WEBSOCKET):
        return ""
    given = dict(site.keywords).get("methods")
    methods = [c.text.upper() for c in given.items if isinstance(c, Const)] if isinstance(given, Display) else ["GET"]
    return f"{'WS' if kind is EntryKind.WEBSOCKET else ','.join(methods)} {_text(site, 0, 'path')}"


def _of_router(inference: Inference, where: Key, site: CallSite) -> Iterator[EntryPoint]:
    keywords = dict(site.keywords)
    yield from _functions(inference, where, keywords.get("lifespan"), EntryKind.LIFESPAN, "", site)
    for keyword in ("on_startup", "on_shutdown"):
        given = keywords.get(keyword)
        for item in given.items if isinstance(given, Display) else ():
            yield from _functions(inference, where, item, EntryKind.LIFESPAN, "", site)
    handlers = keywords.get("exception_handlers")
    for value in handlers.values if isinstance(handlers, DictDisplay) else ():
        yield from _functions(inference, where, value, EntryKind.EXCEPTION_HANDLER, "", site)


def _functions(
    inference: Inference, where: Key, argument: Expr | None, kind: EntryKind, label: str, site: CallSite
) -> Iterator[EntryPoint]:
    if argument is None:
        return
    program = inference.program
    for callee in sorted(inference.kinds(where, argument, site.span.line), key=repr):
        target: Key | None = None
        if isinstance(callee, Fn):
            target = callee.key
        elif isinstance(callee, Cls):
            target = inference.classes.method(callee.key, "__init__")
        elif isinstance(callee, Obj):
            target = inference.classes.method(callee.key, "__call__")
        if target is not None:
            scope = program.scope(target)
            owner = program.enclosing_class(target)
            name = program.scope(owner).name if owner and scope.name.startswith("__") else scope.name
            yield _entry(program, target, kind, label or f"{kind.value} {name}")


def _streams(inference: Inference, where: Key, argument: Expr | None) -> Iterator[EntryPoint]:
    """`StreamingResponse(rows())` iterates the generator itself: sync ones in threads."""
    if isinstance(argument, Call):
        call = CallKey(where.path, argument.index)
        for callee in sorted(inference.callees(call), key=repr):
            if isinstance(callee, Fn) and inference.program.scope(callee.key).has_yield:
                scope = inference.program.scope(callee.key)
                yield _entry(inference.program, callee.key, EntryKind.STREAM, f"stream {scope.name}")


def _in_classes(inference: Inference) -> Iterator[EntryPoint]:
    """`HTTPEndpoint` methods and `dispatch` of class-based middleware."""
    program = inference.program
    for cls in program.classes():
        if not program.scope(cls).bases:
            continue
        if inference.classes.is_a(cls, _ENDPOINT_BASE):
            names = sorted(_METHODS)
            kind = EntryKind.ROUTE
        elif inference.classes.is_a(cls, _MIDDLEWARE_BASES):
            names = ["dispatch"]
            kind = EntryKind.MIDDLEWARE
        else:
            continue
        for name in names:
            for binding in program.modules[cls.path].names[cls.scope].get(name, ()):
                key = Key(cls.path, binding.scope)
                if binding.scope >= 0 and program.scope(key).kind is ScopeKind.FUNCTION:
                    owner = program.scope(cls).name
                    label = f"{name.upper()} {owner}" if kind is EntryKind.ROUTE else f"middleware {owner}"
                    yield _entry(program, key, kind, label)


__all__ = ["Item", "entry_points", "is_router"]
