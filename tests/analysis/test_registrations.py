"""Handlers that reach the framework through functions of the project."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

MAIN = """
from fastapi import APIRouter, FastAPI

app = FastAPI()
{head}

class Api:
    def __init__(self, app: FastAPI):
        self.app = app
        self.kept = None
        self.add("/pay", self.pay, methods=["GET"])

    def add(self, path: str, endpoint, **options):
        {body}

    def pay(self):
        return 1

api = Api(app)
"""
HANDED_OVER = {
    "at once": "return self.app.add_api_route(path, endpoint, **options)",
    "by name": "self.app.add_api_route(path, endpoint=endpoint)",
    "twice": "self.app.add_api_route(path, endpoint)\n        self.app.add_api_route('/v2' + path, endpoint)",
    "through another one": "register(path, endpoint)",
    "as a decorator does": "self.app.get(path, tags=['pay'])(endpoint)",
}
KEPT = {
    "called as well": "endpoint()\n        self.app.add_api_route(path, endpoint)",
    "kept": "self.kept = endpoint\n        self.app.add_api_route(path, endpoint)",
    "given to a stranger": "self.app.add_api_route(path, endpoint)\n        stranger(endpoint)",
    "wrapped": "self.app.add_api_route(path, lambda: endpoint())",
    "given to a decorator of others": "self.app.get(path)(stranger(path)(endpoint))",
    "given to what no router registers with": "self.app.url_path_for(path)(endpoint)",
    "handed round and round": "here(endpoint)",
    "given back": "self.app.add_api_route(path, endpoint)\n        return endpoint",
}
HEAD = """
from somewhere import stranger

def register(path, target):
    app.add_api_route(path, target)

def here(target):
    there(target)

def there(target):
    here(target)

def run(endpoint):  # what others call as the one of `add` is called
    stranger(endpoint)
    return endpoint()
"""


@pytest.mark.parametrize("how", HANDED_OVER)
def test_a_function_that_only_registers_takes_coroutine_functions(how: str) -> None:
    done = migrate_main(MAIN.format(head=HEAD, body=HANDED_OVER[how]))
    assert "app/main.py:Api.pay" in done.turned


@pytest.mark.parametrize("how", KEPT)
def test_what_else_is_done_with_a_handler_keeps_it(how: str) -> None:
    done = migrate_main(MAIN.format(head=HEAD, body=KEPT[how]))
    assert done.turned == []


VIEWS = """
from typing import get_type_hints

from fastapi import APIRouter, FastAPI

class Router(APIRouter):
    def get(self, *args, **kwargs):
        kwargs.setdefault("tags", ["all"])
        return super().get(*args, **kwargs)

app = FastAPI()
router = APIRouter()
derived = Router()

def view(cls):
    defaults = {{name: getattr(cls, name, None) for name in get_type_hints(cls)}}
    return cls

@view
class Views:
    size: int = 3

    {decorator}
    def pay(self):
        return 1

@app.get("/sum")
def total():
    return Views().pay()
"""


@pytest.mark.parametrize(
    ("decorator", "turns"),
    [
        ('@router.get("/pay")', True),
        ('@derived.get("/pay")', True),
        ('@derived.put("/pay")', True),
        ("@staticmethod", False),
        ("", False),
    ],
)
def test_a_class_that_is_looked_through_does_not_keep_its_handlers(decorator: str, turns: bool) -> None:
    done = migrate_main(VIEWS.format(decorator=decorator))
    assert ("app/main.py:Views.pay" in done.turned) is turns


JOBS = """
import requests
from fastapi import FastAPI

app = FastAPI()

def tried(times):
    def around(function):
        return function
    return around

class Jobs:
    {decorator}
    def fetch(self, url: str):
        return requests.get(url).json()

    def by_name(self, name: str):
        return {called}("https://x.example")

@app.get("/fetch")
def fetch(url: str):
    return Jobs().fetch(url)

@app.get("/named")
def named(name: str):
    return Jobs().by_name(name)
"""


@pytest.mark.parametrize("decorator", ["@tried(3)", ""])
@pytest.mark.parametrize(("called", "turns"), [("getattr(self, name)", False), ("print", True)])
def test_a_decorated_method_is_called_by_a_computed_name(decorator: str, called: str, turns: bool) -> None:
    done = migrate_main(JOBS.format(decorator=decorator, called=called))
    assert ("app/main.py:Jobs.fetch" in done.turned) is turns


CONTROLLERS = """
import inspect

from fastapi import APIRouter, FastAPI

app = FastAPI()

def route(path):
    def mark(function):
        function.__route__ = path
        return function
    return mark

class Controller:
    def __init__(self):
        self.router = APIRouter()
        {found}
            if hasattr(method, "__route__"):
                {done}

class Items(Controller):
    @route("/items")
    def index(self):
        return ["item"]

    def helper(self):
        return 1

app.include_router(Items().router)
"""
LISTED = "for name, method in inspect.getmembers(self, inspect.ismethod):"
GOT = "for name in dir(self):\n            method = getattr(self, name)"
REGISTERED = "self.router.add_api_route(method.__route__, method, methods=['GET'])"


@pytest.mark.parametrize(
    ("found", "done", "turns"),
    [
        (LISTED, REGISTERED, True),
        (GOT, REGISTERED, True),
        (LISTED, REGISTERED + "\n                print(method())", False),
        (LISTED, REGISTERED + "\n                self.last = method", False),
        (GOT, REGISTERED + "\n                print(method.__func__(self))", False),
    ],
)
def test_what_a_controller_finds_by_a_mark_is_a_handler(found: str, done: str, *, turns: bool) -> None:
    migrated = migrate_main(CONTROLLERS.replace("{found}", found).replace("{done}", done))
    assert migrated.turned == (["app/main.py:Items.index"] if turns else [])
    assert [row.entry.label for row in migrated.report.handlers] == ["route index"]


TABLE = """
from fastapi import APIRouter, FastAPI

app = FastAPI()

def pay():
    return 1

def refund():
    return 2

{table}

{loop}
"""
ROWS = 'ROUTES = [("/pay", pay, ["POST"]), ("/refund", refund, ["POST"])]'
TABLE_OF_TWO = 'ROUTES = {"/pay": pay, "/refund": refund}'
OVER_ITEMS = "for path, f in ROUTES.items():\n    app.get(path)(f)"
LOOP = "for path, endpoint, methods in ROUTES:\n    app.add_api_route(path, endpoint, methods=methods)"


@pytest.mark.parametrize(
    ("table", "loop", "turns"),
    [
        (ROWS, LOOP, True),
        (TABLE_OF_TWO, OVER_ITEMS, True),
        ("", "for each in (pay, refund):\n    app.add_api_route('/' + each.__name__, each)", True),
        (ROWS, LOOP + "\nprint([endpoint() for _, endpoint, _ in ROUTES])", False),
        (ROWS, LOOP + "\nprint(ROUTES[0][1]())", False),
        (ROWS, LOOP + "\nrun_all(ROUTES)", False),
        (ROWS, LOOP + "\nfor row in ROUTES:\n    row[1]()", False),
        (ROWS + "\nalso = pay, refund", LOOP + "\nalso[0]()", False),
        (TABLE_OF_TWO, OVER_ITEMS + "\nROUTES.get('/pay')()\nROUTES.get('/refund')()", False),
    ],
)  # fmt: skip
def test_a_table_of_handlers_that_loops_only_register(table: str, loop: str, *, turns: bool) -> None:
    done = migrate_main(TABLE.replace("{table}", table).replace("{loop}", loop))
    assert done.turned == (["app/main.py:pay", "app/main.py:refund"] if turns else [])


CRUD = """
from fastapi import APIRouter, FastAPI

class Crud(APIRouter):
    def __init__(self, name):
        super().__init__(prefix="/" + name)
        self.names = [name]
        self.add_api_route("/", self._get_all(), methods=["GET"])
        self.add_api_route("/first", self.first)
        {more}

    def _get_all(self):
        def route(limit: int = 9):
            return self.names[:limit]
        return route

    def first(self):
        return self.names[0]

    @classmethod
    def view(cls, name):
        def shown():
            return cls(name).names
        shown.__name__ = f"show_{name}"
        return shown

app = FastAPI()
app.include_router(Crud("cars"))
app.router.add_api_route("/shown", Crud.view("dogs"))
"""


@pytest.mark.parametrize(
    ("more", "turns"),
    [("pass", True), ("print(self._get_all()())", False), ("self.kept = self._get_all()", False)],
)
def test_what_a_method_makes_for_a_router_turns(more: str, *, turns: bool) -> None:
    done = migrate_main(CRUD.replace("{more}", more))
    assert ("app/main.py:Crud._get_all.route" in done.turned) is turns
    assert {"app/main.py:Crud.first", "app/main.py:Crud.view.shown"} <= {*done.turned}


GUARDS = """
from fastapi import Depends

def require(role):
    def check(n: int = 1):
        return role
    return check

guard = require("staff")

@app.get("/")
def index(n=Depends(guard), m=Depends(require("admin"))):
    return n

class Report:
    def __init__(self):
        self.role = {role}
"""


@pytest.mark.parametrize(
    ("role", "turns"), [("guard(2)", False), ('require("boss")(2)', False), ("guard", False), ("None", True)]
)
def test_what_a_function_makes_stays_plain_where_others_call_it(role: str, *, turns: bool) -> None:
    done = migrate_main(GUARDS.replace("{role}", role))
    assert ("app/main.py:require.check" in done.turned) is turns


DECORATOR = """
from fastapi import APIRouter, FastAPI

class Versioned(APIRouter):
    def add(self, path):
        def register(function):
            {done}
            return function
        return register

v1, v2 = Versioned(prefix="/v1"), Versioned(prefix="/v2")

@v1.add("/pay")
@v2.add("/pay")
def pay():
    return 1

app = FastAPI()
app.include_router(v1)
"""
ADDED = "self.add_api_route(path, function)"


@pytest.mark.parametrize(
    ("done", "turns"),
    [
        (ADDED, True),
        ("self.get(path)(function)", True),
        (ADDED + "\n            print(function())", False),
        (ADDED + "\n            self.last = function", False),
    ],
)
def test_a_decorator_of_the_project_that_registers(done: str, *, turns: bool) -> None:
    migrated = migrate_main(DECORATOR.replace("{done}", done))
    assert migrated.turned == (["app/main.py:pay"] if turns else [])
    assert len(migrated.report.handlers) == 1


BY_VERB = """
from fastapi import FastAPI

app = FastAPI()

class View:
    path = "/"

    def __init_subclass__(cls):
        view = cls()
        for verb in ("get", "post"):
            {found}

class Cars(View):
    path = "/cars"

    def get(self):
        return ["car"]
"""


@pytest.mark.parametrize(
    ("found", "turns"),
    [
        (
            "handler = getattr(view, verb, None)\n            if handler is not None:\n"
            "                app.add_api_route(cls.path, handler, methods=[verb])",
            True,
        ),
        (
            "handler = getattr(view, verb, None)\n            if handler:\n"
            "                app.add_api_route(cls.path, handler)",
            True,
        ),
        ("app.add_api_route(cls.path, getattr(view, verb))", True),
        ("app.add_api_route(cls.path, getattr(view, verb))\n            print(getattr(view, verb)())", False),
    ],
)
def test_a_view_whose_methods_are_found_by_their_verbs(found: str, *, turns: bool) -> None:
    done = migrate_main(BY_VERB.replace("{found}", found))
    assert done.turned == (["app/main.py:Cars.get"] if turns else [])


def test_where_no_handler_is_found_a_registration_that_cannot_be_told_is_named() -> None:
    done = migrate_main(
        "def install(items):\n    for each in items:\n        app.add_api_route(each.path, each.handler)\n"
    )
    assert [(problem.message, problem.hint) for problem in done.report.problems] == [
        ("no handlers found", "what is registered as a route at app/main.py:6 cannot be told")
    ]


PARTIALS = """
import functools
from functools import partial

from fastapi import Depends


def page(name: str, kind: str = ""):
    return name


{line}
"""
REGISTERED = {
    "with a route": 'app.add_api_route("/a", partial(page, kind="a"))',
    "by name": 'app.add_api_route("/a", endpoint=functools.partial(page, kind="a"))',
    "as a decorator does": 'app.get("/a")(partial(page, kind="a"))',
    "in a loop": 'for kind in "ab":\n    app.add_api_route("/" + kind, partial(page, kind=kind))',
}
OTHERS = {
    # which looks into none in versions before 0.123
    "by Depends": '@app.get("/a")\ndef a(p=Depends(partial(page, kind="a"))):\n    return p',
    "kept": 'kept = partial(page, kind="a")\napp.add_api_route("/a", kept)',
    "called": 'app.add_api_route("/a", partial(page, kind=partial(page, "a")()))',
    "given as an argument of one": 'app.add_api_route("/a", partial(print, page))',
}


@pytest.mark.parametrize("form", [*REGISTERED, *OTHERS])
def test_what_a_partial_of_a_router_calls(form: str) -> None:
    done = migrate_main(PARTIALS.format(line=REGISTERED.get(form) or OTHERS[form]))
    assert ("async def page" in done.texts["app/main.py"]) is (form in REGISTERED)


ANSWERED = """
def answer(request, error):
    return None

async def asked(request, error):
    return None

{line}
"""


@pytest.mark.parametrize(
    ("line", "turns"),
    [
        ("api = FastAPI(exception_handlers={KeyError: answer, 404: asked})", True),
        (
            "def make(handlers):\n    return FastAPI(exception_handlers=handlers)\nmake({KeyError: answer})",
            False,
        ),
        ("api = stranger(exception_handlers={KeyError: answer})", False),
        ("api = FastAPI(exception_handlers={KeyError: answer}, extra={1: answer})", True),
        ("api = FastAPI(exception_handlers={answer: asked})\nKEPT = {KeyError: answer}", False),
    ],
)
def test_error_handlers_in_a_table(line: str, turns: bool) -> None:
    done = migrate_main(
        ANSWERED.format(line=line).replace("api = stranger", "from x import stranger\napi = stranger")
    )
    assert ("app/main.py:answer" in done.turned) is turns
