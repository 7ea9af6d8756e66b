"""What FastAPI, Starlette and the libraries around them are called."""

from __future__ import annotations

import re

from ..model import EntryKind

API_LAYER = re.compile(
    r"(rest_?)?api(s|_?v\d+)?|v\d+(_\d+)?|routers?|routes|endpoints?|views|controllers?|handlers|web|http"
)
"""Folders of an API layer, which are no programs for themselves."""

METHODS = frozenset({"get", "post", "put", "delete", "patch", "options", "head", "trace"})
ROUTERS = frozenset(
    {
        "fastapi.FastAPI",
        "fastapi.APIRouter",
        "starlette.applications.Starlette",
        "starlette.routing.Router",
        "fastapi_utils.inferring_router.InferringRouter",
        "fastapi_restful.inferring_router.InferringRouter",
        "fastapi_versioning.VersionedFastAPI",
    }
)
APPLICATIONS = frozenset({"fastapi.FastAPI", "starlette.applications.Starlette"})
EVENT_LISTS = frozenset({"on_startup", "on_shutdown"})
"""Arguments and attributes of a router: what runs when the application starts and stops."""
REGISTERS_EVENTS = frozenset({"on_event", "add_event_handler"})
"""Methods of a router that add to these lists."""
DECORATORS = {
    **dict.fromkeys(METHODS, EntryKind.ROUTE),
    "api_route": EntryKind.ROUTE,
    "route": EntryKind.ROUTE,
    "websocket": EntryKind.WEBSOCKET,
    "websocket_route": EntryKind.WEBSOCKET,
    "exception_handler": EntryKind.EXCEPTION_HANDLER,
    "middleware": EntryKind.MIDDLEWARE,
    "on_event": EntryKind.LIFESPAN,
}
FREE_DECORATORS = frozenset(
    f"{module}.{method}"
    for module in ("classy_fastapi", "classy_fastapi.decorators", "fastapi_class", "fastapi_class.decorators")
    for method in (*METHODS, "endpoint")
)
"""Decorators of class-based views that are no methods of a router."""
RESOLVERS = frozenset({"strawberry.field", "strawberry.mutation", "strawberry.subscription"})
"""GraphQL runs them on the event loop, `def` or not."""
REGISTRATIONS = {
    # method -> (kind, position of the function, keyword of the function)
    "add_api_route": (EntryKind.ROUTE, 1, "endpoint"),
    "add_route": (EntryKind.ROUTE, 1, "route"),
    "add_api_websocket_route": (EntryKind.WEBSOCKET, 1, "endpoint"),
    "add_websocket_route": (EntryKind.WEBSOCKET, 1, "route"),
    "add_exception_handler": (EntryKind.EXCEPTION_HANDLER, 1, "handler"),
    "add_event_handler": (EntryKind.LIFESPAN, 1, "func"),
}
CONSTRUCTORS = {
    "starlette.routing.Route": (EntryKind.ROUTE, 1, "endpoint"),
    "fastapi.routing.APIRoute": (EntryKind.ROUTE, 1, "endpoint"),
    "starlette.routing.WebSocketRoute": (EntryKind.WEBSOCKET, 1, "endpoint"),
    "fastapi.routing.APIWebSocketRoute": (EntryKind.WEBSOCKET, 1, "endpoint"),
    "starlette.background.BackgroundTask": (EntryKind.BACKGROUND, 0, "func"),
    **dict.fromkeys(sorted(RESOLVERS), (EntryKind.RESOLVER, 0, "resolver")),
}
STREAMS = frozenset(
    {
        "fastapi.responses.StreamingResponse",
        "starlette.responses.StreamingResponse",
        "sse_starlette.EventSourceResponse",
        "sse_starlette.sse.EventSourceResponse",
        "starlette.concurrency.iterate_in_threadpool",
        "fastapi.concurrency.iterate_in_threadpool",
    }
)
MIDDLEWARE_BASE = "starlette.middleware.base.BaseHTTPMiddleware"
MIDDLEWARE = "starlette.middleware.Middleware"
RESOURCES = tuple(
    f"{library}.{name}"
    for library in ("fastapi_restful", "fastapi_utils")
    for name in ("Resource", "cbv_base.Resource")
)
ENDPOINTS = {
    "starlette.endpoints.HTTPEndpoint": (EntryKind.ROUTE, tuple(sorted(METHODS))),
    "starlette.endpoints.WebSocketEndpoint": (
        EntryKind.WEBSOCKET,
        ("on_connect", "on_disconnect", "on_receive"),
    ),
    MIDDLEWARE_BASE: (EntryKind.MIDDLEWARE, ("dispatch",)),
    "strawberry.permission.BasePermission": (EntryKind.RESOLVER, ("has_permission",)),
    **dict.fromkeys(RESOURCES, (EntryKind.ROUTE, tuple(sorted(METHODS)))),
}
"""Base class -> methods that the framework calls."""
VIEWS = frozenset({"fastapi_class.View", "fastapi_class.views.View"})
"""What stands on a class whose methods serve requests, as if it were one of `RESOURCES`."""
