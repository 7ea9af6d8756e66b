"""Every form in which FastAPI and Starlette are handed a function, and the look-alikes that are none."""

from __future__ import annotations

import textwrap

import pytest
from async_fix.codemods import catalogue
from async_fix.codemods.analysis.index.reader import index
from async_fix.codemods.analysis.link.infer import Inference
from async_fix.codemods.analysis.link.kinds import describe
from async_fix.codemods.analysis.link.program import Program
from async_fix.codemods.frameworks.fastapi import entry_points

HEAD = """
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Request, Security
from typing import Annotated
app = FastAPI()
router = APIRouter()
"""


def found(*files: tuple[str, str], tests: tuple[str, ...] = ()) -> dict[str, str]:
    """Function -> label, for modules given as (path, source)."""
    facts = [
        index(
            textwrap.dedent(source),
            path,
            path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"),
            is_package=path.endswith("__init__.py"),
            is_test=path in tests,
        )
        for path, source in files
    ]
    program = Program(facts, catalogue.load(()))
    return {entry.function.removeprefix("m:"): entry.label for entry in entry_points(Inference(program))}


def in_module(source: str) -> dict[str, str]:
    return found(("m.py", HEAD + textwrap.dedent(source)))


ROUTES = {
    "get": ('@app.get("/x")\ndef f(): ...', {"f": "GET /x"}),
    "all methods": (
        '@app.post("/a")\ndef a(): ...\n@app.put("/b")\ndef b(): ...\n@app.delete("/c")\ndef c(): ...\n'
        '@app.patch("/d")\ndef d(): ...\n@app.head("/e")\ndef e(): ...\n@app.options("/f")\ndef f(): ...\n'
        '@app.trace("/g")\ndef g(): ...',
        {
            "a": "POST /a",
            "b": "PUT /b",
            "c": "DELETE /c",
            "d": "PATCH /d",
            "e": "HEAD /e",
            "f": "OPTIONS /f",
            "g": "TRACE /g",
        },
    ),
    "path by keyword": ('@router.get(path="/x")\ndef f(): ...', {"f": "GET /x"}),
    "by another name": (
        'get: Callable = router.get\nusers = app.api_route("/u", methods=["GET", "POST"])\n'
        '@get("/x")\ndef f(): ...\n@users\ndef g(): ...',
        {"f": "GET /x", "g": "GET,POST /u"},
    ),
    "below another decorator": (
        'def deco(f): return f\n@app.get("/x")\n@deco\ndef f(): ...',
        {"f": "GET /x"},
    ),
    "above another decorator": (
        'def deco(f): return f\n@deco\n@app.get("/x")\ndef f(): ...',
        {"f": "GET /x"},
    ),
    "two paths": ('@app.get("/x")\n@app.get("/y")\ndef f(): ...', {"f": "GET /x"}),
    "api_route": ('@app.api_route("/x", methods=["get", "POST"])\ndef f(): ...', {"f": "GET,POST /x"}),
    "websocket": ('@app.websocket("/x")\nasync def f(ws): ...', {"f": "WS /x"}),
    "add_api_route": (
        'def f(): ...\napp.add_api_route("/x", f, methods=["POST"])\ndef g(): ...\n'
        'router.add_api_route("/y", endpoint=g)',
        {"f": "POST /x", "g": "GET /y"},
    ),
    "add_api_websocket_route": ('def f(): ...\napp.add_api_websocket_route("/x", f)', {"f": "WS /x"}),
    "by hand": ('def f(): ...\napp.get("/x")(f)', {"f": "GET /x"}),
    "in a loop": (
        'def f(): ...\ndef g(): ...\nfor path, fn in [("/f", f), ("/g", g)]:\n'
        "    app.add_api_route(path, fn)",
        {"f": "route f", "g": "route g"},
    ),
    "partial": (
        'from functools import partial\ndef f(a): ...\napp.add_api_route("/x", partial(f, 1))',
        {"f": "GET /x"},
    ),
    "callable instance": (
        'class A:\n    def __call__(self): ...\napp.add_api_route("/x", A())',
        {"A.__call__": "GET /x"},
    ),
    "routes=": (
        "from fastapi.routing import APIRoute\ndef f(): ...\n"
        'r = APIRouter(routes=[APIRoute("/x", f, methods=["PUT"])])',
        {"f": "PUT /x"},
    ),
    "path in a constant": ('PATH = "/x"\n@app.get(PATH + "/y")\ndef f(): ...', {"f": "GET /x/y"}),
    "in an app factory": (
        'def create():\n    app = FastAPI()\n    @app.get("/x")\n    def f(): ...\n    return app',
        {"create.<locals>.f": "GET /x"},
    ),
    "router as a parameter": (
        'def register(r: APIRouter):\n    @r.get("/x")\n    def f(): ...\ndef more(r):\n    @r.get("/y")\n'
        "    def g(): ...\nmore(router)",
        {"register.<locals>.f": "GET /x", "more.<locals>.g": "GET /y"},
    ),
    "router from a factory": (
        'def make(): return APIRouter(prefix="/p")\nr = make()\n@r.get("/x")\ndef f(): ...',
        {"f": "GET /x"},
    ),
    "router from a subclass": (
        'class Mine(APIRouter): ...\nr = Mine(prefix="/p")\n@r.get("/x")\ndef f(): ...',
        {"f": "GET /p/x"},
    ),
    "router in a class": (
        'class View:\n    router = APIRouter(prefix="/p")\n    @router.get("/x")\n    def f(self): ...',
        {"View.f": "GET /p/x"},
    ),
    "self.router": (
        "class View:\n    def __init__(self):\n        self.router = APIRouter()\n"
        '        self.router.add_api_route("/x", self.f, methods=["DELETE"])\n'
        '        self.router.get("/y")(self.g)\n    def f(self): ...\n    def g(self): ...',
        {"View.f": "DELETE /x", "View.g": "GET /y"},
    ),
    "cbv": (
        "from fastapi_utils.cbv import cbv\nfrom fastapi_utils.inferring_router import InferringRouter\n"
        "def get_db(): ...\nr = InferringRouter()\n@cbv(r)\nclass View:\n    db: int = Depends(get_db)\n"
        '    @r.get("/x")\n    def f(self): ...',
        {"View.f": "GET /x", "get_db": "dependency get_db"},
    ),
    "fastapi-restful": (
        "from fastapi_restful.cbv import cbv\n@cbv(router)\nclass View:\n"
        '    @router.get("/x")\n    def f(self): ...',
        {"View.f": "GET /x"},
    ),
    "classy-fastapi": (
        "from classy_fastapi import Routable, get\nclass View(Routable):\n"
        '    @get("/x")\n    def f(self): ...',
        {"View.f": "GET /x"},
    ),
    "fastapi-class": (
        "from fastapi_class import View\n@View(app, path='/x')\nclass Items:\n"
        "    def get(self): ...\n    def helper(self): ...",
        {"Items.get": "GET Items"},
    ),
    "resource": (
        "from fastapi_restful import Api, Resource\nclass Items(Resource):\n    def put(self): ...\n"
        'Api(app).add_resource(Items(), "/x")',
        {"Items.put": "PUT Items"},
    ),
    "prefix": ('r = APIRouter(prefix="/p")\n@r.get("/x")\ndef f(): ...', {"f": "GET /p/x"}),
    "prefix of include_router": (
        'r = APIRouter(prefix="/p")\n@r.get("/x")\ndef f(): ...\nV1 = "/v1"\n'
        "router.include_router(r, prefix=V1)\n"
        'app.include_router(router, prefix="/api")',
        {"f": "GET /api/v1/p/x"},
    ),
    "Starlette": (
        "from starlette.applications import Starlette\n"
        "from starlette.routing import Mount, Route, WebSocketRoute\n"
        "def f(request): ...\ndef g(request): ...\nasync def h(ws): ...\n"
        'inner = [Route("/y", endpoint=g, methods=["POST"])]\n'
        'a = Starlette(routes=[Route("/x", f), Mount("/m", routes=inner),\n'
        '    WebSocketRoute("/z", h)])',
        {"f": "GET /x", "g": "POST /y", "h": "WS /z"},
    ),
    "Starlette add_route": (
        "from starlette.applications import Starlette\na = Starlette()\ndef f(request): ...\n"
        'a.add_route("/x", f)\n@a.route("/y")\ndef g(request): ...',
        {"f": "GET /x", "g": "GET /y"},
    ),
    "HTTPEndpoint": (
        "from starlette.endpoints import HTTPEndpoint\nfrom starlette.routing import Route\n"
        "class View(HTTPEndpoint):\n    def __init__(self): ...\n    def get(self, request): ...\n"
        '    def helper(self): ...\nRoute("/x", View)',
        {"View.get": "GET View"},
    ),
}


@pytest.mark.parametrize(("source", "expected"), ROUTES.values(), ids=ROUTES)
def test_route(source: str, expected: dict[str, str]) -> None:
    assert in_module(source) == expected


OTHERS = {
    "Depends in a default": (
        'def d(): ...\n@app.get("/x")\ndef f(a=Depends(d)): ...',
        {"f": "GET /x", "d": "dependency d"},
    ),
    "sub-dependency": ("def d(): ...\ndef e(a=Depends(d)): ...", {"d": "dependency d"}),
    "Security": ("def d(): ...\ndef e(a=Security(d, scopes=[])): ...", {"d": "dependency d"}),
    "dependency by keyword": ("def d(): ...\nx = Depends(dependency=d)", {"d": "dependency d"}),
    "generator": ("def d():\n    yield 1\nx = Depends(d)", {"d": "dependency d"}),
    "class": ("class D:\n    def __init__(self): ...\nx = Depends(D)", {"D.__init__": "dependency D"}),
    "instance": ("class D:\n    def __call__(self): ...\nx = Depends(D())", {"D.__call__": "dependency D"}),
    "method": ("class D:\n    def d(self): ...\nx = Depends(D().d)", {"D.d": "dependency d"}),
    "Annotated": ("def d(): ...\nA = Annotated[int, Depends(d)]\ndef f(a: A): ...", {"d": "dependency d"}),
    "bare Depends()": (
        "class D:\n    def __init__(self): ...\ndef f(d: D = Depends()): ...",
        {"D.__init__": "dependency D"},
    ),
    "bare Depends() in Annotated": (
        "class D:\n    def __init__(self): ...\ndef f(d: Annotated[D, Depends()]): ...",
        {"D.__init__": "dependency D"},
    ),
    "lambda": ("x = Depends(lambda: 1)", {"<lambda>": "dependency <lambda>"}),
    "dependencies of a route, a router and an app": (
        "def a(): ...\ndef b(): ...\ndef c(): ...\n"
        "r = APIRouter(dependencies=[Depends(a)])\nz = FastAPI(dependencies=[Depends(b)])\n"
        '@r.get("/x", dependencies=[Depends(c)])\ndef f(): ...',
        {"a": "dependency a", "b": "dependency b", "c": "dependency c", "f": "GET /x"},
    ),
    "dependency_overrides": (
        "def a(): ...\ndef b(): ...\nx = Depends(a)\napp.dependency_overrides[a] = b",
        {"a": "dependency a", "b": "dependency b"},
    ),
    "exception handlers": (
        "@app.exception_handler(ValueError)\ndef a(request, error): ...\ndef b(request, error): ...\n"
        "app.add_exception_handler(KeyError, b)\ndef c(request, error): ...\n"
        "z = FastAPI(exception_handlers={404: c})\ndef d(request, error): ...\n"
        "TABLE = {500: d}\ny = FastAPI(exception_handlers=TABLE)",
        {name: f"exception handler {name}" for name in "abcd"},
    ),
    "middleware function": (
        '@app.middleware("http")\nasync def f(request, call_next): ...',
        {"f": "middleware f"},
    ),
    "middleware class": (
        "from starlette.middleware.base import BaseHTTPMiddleware\nclass M(BaseHTTPMiddleware):\n"
        "    async def dispatch(self, request, call_next): ...\napp.add_middleware(M)",
        {"M.dispatch": "middleware M"},
    ),
    "middleware dispatch=": (
        "from starlette.middleware.base import BaseHTTPMiddleware\nasync def d(request, call_next): ...\n"
        "app.add_middleware(BaseHTTPMiddleware, dispatch=d)",
        {"d": "middleware d"},
    ),
    "pure ASGI middleware": (
        "from starlette.middleware import Middleware\n"
        "class M:\n    async def __call__(self, scope, receive, send): ...\n"
        "class N:\n    async def __call__(self, scope, receive, send): ...\n"
        "app.add_middleware(M)\nz = FastAPI(middleware=[Middleware(N)])",
        {"M.__call__": "middleware M", "N.__call__": "middleware N"},
    ),
    "on_event": ('@app.on_event("startup")\ndef f(): ...', {"f": "lifespan f"}),
    "event handlers": (
        'def f(): ...\napp.add_event_handler("startup", f)\ndef g(): ...\nz = FastAPI(on_startup=[g])\n'
        "def h(): ...\napp.router.on_shutdown.append(h)",
        {"f": "lifespan f", "g": "lifespan g", "h": "lifespan h"},
    ),
    "lifespan": (
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def l(app):\n    yield\n"
        "z = FastAPI(lifespan=l)",
        {"l": "lifespan l"},
    ),
    "lifespan_context": (
        "async def l(app):\n    yield\napp.router.lifespan_context = l",
        {"l": "lifespan l"},
    ),
    "a lifespan that nobody is seen to take": (
        "from contextlib import asynccontextmanager\n"
        "@asynccontextmanager\nasync def l(app: FastAPI):\n    yield",
        {"l": "lifespan l"},
    ),
    "background": (
        "from starlette.background import BackgroundTask\ndef a(): ...\ndef b(): ...\n"
        "def f(tasks: BackgroundTasks):\n    tasks.add_task(a, 1)\n    return BackgroundTask(b)",
        {"a": "background task a", "b": "background task b"},
    ),
    "stream": (
        "from fastapi.responses import StreamingResponse\n"
        "def rows():\n    yield 1\ndef more():\n    yield 2\n"
        "def f():\n    return StreamingResponse(rows())\ndef g():\n    it = more()\n"
        "    return StreamingResponse(content=it)",
        {"rows": "stream rows", "more": "stream more"},
    ),
}


@pytest.mark.parametrize(("source", "expected"), OTHERS.values(), ids=OTHERS)
def test_other_entry_point(source: str, expected: dict[str, str]) -> None:
    assert in_module(source) == expected


def test_routers_across_modules() -> None:
    assert found(
        ("app/__init__.py", ""),
        (
            "app/main.py",
            """
            from fastapi import FastAPI
            from app.config import settings
            from app.api import users, api_router
            app = FastAPI()
            app.include_router(users.router, prefix=settings.API)
            app.include_router(api_router, prefix="/v2")
            """,
        ),
        (
            "app/config.py",
            """
            class Settings:
                API: str = "/v1"
            settings = Settings()
            """,
        ),
        ("app/api/__init__.py", "from app.api.items import router as api_router"),
        (
            "app/api/users.py",
            """
            from fastapi import APIRouter
            router = APIRouter(prefix="/users")
            @router.get("/{id}")
            def read(id): ...
            """,
        ),
        (
            "app/api/items.py",
            """
            from .shared import router
            @router.get("")
            def items(): ...
            """,
        ),
        (
            "app/api/shared.py",
            """
            import fastapi
            router: fastapi.APIRouter = fastapi.APIRouter()
            """,
        ),
    ) == {"app.api.users:read": "GET /v1/users/{id}", "app.api.items:items": "GET /v2"}


LOOK_ALIKES = {
    "a class of the user's": (
        'class Cache:\n    def get(self, key): ...\ncache = Cache()\n@cache.get("/x")\ndef f(): ...'
    ),
    "requests": 'import requests\ndef f():\n    requests.get("/x")\nrequests.get("/x")(f)',
    "a dictionary": 'd = {}\ndef f(): ...\nd.get("/x")(f)',
    "an unknown object": 'from nowhere import thing\n@thing.get("/x")\ndef f(): ...',
    "a test client": (
        'from fastapi.testclient import TestClient\nclient = TestClient(app)\ndef f():\n    client.get("/x")'
    ),
    "add_task of the user's": (
        "class Queue:\n    def add_task(self, f): ...\nqueue = Queue()\ndef f(): ...\nqueue.add_task(f)"
    ),
    "Depends of the user's": "from lib import Depends\ndef f(): ...\nx = Depends(f)",
    "append": "xs = []\ndef f(): ...\nxs.append(f)",
    "a manager of something else": (
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def f(path: str):\n    yield"
    ),
    "a manager of more than the application": (
        "from contextlib import asynccontextmanager\n"
        "@asynccontextmanager\nasync def f(app: FastAPI, n: int):\n    yield"
    ),
    "a function of the application": "async def f(app: FastAPI): ...",
    "a property called router": (
        "class A:\n    def route(self, path):\n        return lambda f: f\n"
        "a = A()\n@a.route('/x')\ndef f(): ..."
    ),
}


@pytest.mark.parametrize("source", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_look_alike(source: str) -> None:
    source = source.replace("from fastapi import Depends", "")
    head = HEAD.replace(" Depends,", "") if "import Depends" in source else HEAD
    assert found(("m.py", head + source), ("lib.py", "def Depends(f): ...")) == {}


def test_overrides_in_tests_are_no_dependencies() -> None:
    files = (
        ("m.py", HEAD),
        ("tests.py", "from m import app\ndef a(): ...\ndef b(): ...\napp.dependency_overrides[a] = b"),
    )
    assert found(*files, tests=("tests.py",)) == {}


@pytest.mark.parametrize("made", ["FastAPI", "Shop"])
def test_what_a_lifespan_yields_is_the_state_of_any_application(made: str) -> None:
    """Of a class over the framework, too: what blocks in it is told."""
    text = f"""
from contextlib import asynccontextmanager

import requests
from fastapi import FastAPI, Request


class Shop(FastAPI):
    pass


@asynccontextmanager
async def lifespan(app):
    yield {{"session": requests.Session()}}


app = {made}(lifespan=lifespan)


@app.get("/x")
async def x(request: Request):
    return request.state.session.get("http://x").text
"""
    program = Program([index(text, "m.py", "m")], catalogue.load(()))
    inference = Inference(program)
    (get,) = program.calls_by_name["get"][1:]
    assert "requests.Session.get" in {describe(kind) for kind in inference.callees(get)}
