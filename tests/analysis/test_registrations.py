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
