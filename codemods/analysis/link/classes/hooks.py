"""Classes outside the project that call methods of their subclasses: `Thread.run`, `Handler.emit`."""

from __future__ import annotations

import builtins

from ..hierarchy import PLAIN_BASES

# they call no method of a subclass but those listed; any other class may call whatever it likes
_MODEL = frozenset(
    {
        "model_post_init", "model_dump", "model_dump_json", "model_copy", "model_validate", "model_construct",
        "dict", "json", "copy", "construct", "validate", "parse_obj", "parse_raw", "from_orm", "schema",
        "schema_json", "settings_customise_sources",
    }
)  # fmt: skip
TEST_CASES = ("unittest.TestCase", "unittest.case.TestCase")
FOR_EACH_TEST = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
"""What runs around each test of unittest, and what those are called that it awaits:
https://docs.python.org/3/library/unittest.html#unittest.IsolatedAsyncioTestCase"""
_ENUM = frozenset({"_missing_", "_generate_next_value_"})
_CASE = frozenset(
    {
        "run", "debug", "id", "fail", "skipTest", "subTest", "countTestCases", "defaultTestResult",
        "shortDescription", "failureException", "addCleanup", "doCleanups", "addClassCleanup",
        "doClassCleanups", "addTypeEqualityFunc", "enterContext", "enterClassContext", "setUpClass",
        "tearDownClass",
        *(f"assert{what}Equal" for what in ("", "MultiLine", "Sequence", "List", "Tuple", "Set", "Dict")),
        *(f"assert{what}" for what in ("In", "True", "False", "IsInstance")),
    }
)  # fmt: skip
_ROUTER = frozenset(
    {
        "add_api_route", "add_api_websocket_route", "add_event_handler", "add_route", "add_websocket_route",
        "api_route", "app", "delete", "frontend", "get", "handle", "head", "host", "include_router",
        "lifespan", "matches", "mount", "not_found", "on_event", "options", "patch", "post", "put", "route",
        "shutdown", "startup", "trace", "url_path_for", "websocket", "websocket_route",
    }
)  # fmt: skip
_SECURITY = frozenset({"check_api_key", "make_authenticate_headers", "make_not_authenticated_error"})
_SECURITIES = {
    "": "SecurityBase",
    ".base": "SecurityBase",
    ".api_key": "APIKeyCookie APIKeyHeader APIKeyQuery",
    ".http": "HTTPBase HTTPBasic HTTPBearer HTTPDigest",
    ".oauth2": "OAuth2 OAuth2AuthorizationCodeBearer OAuth2PasswordBearer",
    ".open_id_connect_url": "OpenIdConnect",
}
_KNOWN: dict[str, frozenset[str]] = {
    "pydantic.BaseModel": _MODEL,
    "pydantic.main.BaseModel": _MODEL,
    "pydantic.BaseSettings": _MODEL,
    "pydantic.generics.GenericModel": _MODEL,
    "pydantic.v1.BaseModel": _MODEL,
    "pydantic_settings.BaseSettings": _MODEL,
    "sqlmodel.SQLModel": _MODEL,
    "sqlalchemy.orm.DeclarativeBase": frozenset(),
    "sqlalchemy.orm.MappedAsDataclass": frozenset(),
    "typing.NamedTuple": frozenset(),
    "typing.TypedDict": frozenset(),
    "typing_extensions.TypedDict": frozenset(),
    "enum.Enum": _ENUM,
    "enum.IntEnum": _ENUM,
    "enum.StrEnum": _ENUM,
    "enum.Flag": _ENUM,
    "enum.IntFlag": _ENUM,
    "fastapi.FastAPI": frozenset({"setup", "openapi", "build_middleware_stack"}),
    "fastapi.APIRouter": _ROUTER,
    "fastapi.routing.APIRouter": _ROUTER,
    "classy_fastapi.Routable": frozenset(),
    "fastapi_restful.Resource": frozenset(),
    "fastapi_utils.Resource": frozenset(),
    "fastapi.HTTPException": frozenset(),
    "starlette.exceptions.HTTPException": frozenset(),
    "starlette.endpoints.HTTPEndpoint": frozenset({"dispatch", "method_not_allowed"}),
    "starlette.middleware.base.BaseHTTPMiddleware": frozenset({"dispatch", "call_next"}),
    "strawberry.permission.BasePermission": frozenset({"on_unauthorized", "error_class"}),
    "threading.local": frozenset(),
    **dict.fromkeys(TEST_CASES, _CASE),
    **{
        f"fastapi.security{part}.{name}": _SECURITY
        for module, names in _SECURITIES.items()
        for name in names.split()
        for part in {"", module}
    },
}


def may_call_overridden(cls: str, method: str) -> bool:
    """May the class `cls` outside the project have a method of this name, and call it by itself?"""
    if cls in PLAIN_BASES or cls.rpartition(".")[2].endswith(("Error", "Exception", "Warning")):
        return False
    known = _KNOWN.get(cls)
    if known is not None:
        return method in known
    module, _, name = cls.rpartition(".")
    if module == "builtins":
        return hasattr(getattr(builtins, name, object), method)
    return True
