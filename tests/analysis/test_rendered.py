"""Responses of one's own: made by a handler, or on the event loop for `response_class=`."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate

PROGRAM = """
import time

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

app = FastAPI()


class Page(HTMLResponse):
    def render(self, content):
        time.sleep(0.1)
        return content.encode()


class Boxed(JSONResponse):
    def render(self, content):
        return super().render({"box": content})


"""
TO_THREADS = {
    "a handler": '@app.get("/")\ndef show():\n    return Page("x")\n',
    "an async one": '@app.get("/")\nasync def show():\n    return Page("x", status_code=201)\n',
    "one that names it as well": '@app.get("/", response_class=Page)\ndef show():\n    return Page("x")\n',
    "one that goes on with it": (
        '@app.get("/")\ndef show():\n    page = Page("x")\n    page.set_cookie("a", "b")\n    return page\n'
    ),
}
ON_THE_LOOP = {
    "a decorator": '@app.get("/", response_class=Page)\ndef show():\n    return "x"\n',
    "a call": 'def show():\n    return "x"\n\n\napp.add_api_route("/", show, response_class=Page)\n',
}
FAST = {
    "what is made": '@app.get("/")\ndef show():\n    return Boxed("x")\n',
    "what is named": '@app.get("/", response_class=Boxed)\ndef show():\n    return "x"\n',
}


def migrated(route: str) -> Migrated:
    return migrate({"app/__init__.py": "", "app/main.py": PROGRAM + route})


def told(done: Migrated) -> list[str]:
    return [each.remedy_text for each in done.report.findings if "on the event loop" in each.remedy_text]


@pytest.mark.parametrize("case", TO_THREADS)
def test_what_a_handler_makes_is_rendered_in_a_thread(case: str) -> None:
    done = migrated(TO_THREADS[case])
    assert "await run_in_threadpool(Page, " in done.function("app/main.py", "show")
    assert told(done) == []


@pytest.mark.parametrize("case", ON_THE_LOOP)
def test_what_fastapi_makes_on_the_loop_is_told(case: str) -> None:
    done = migrated(ON_THE_LOOP[case])
    assert "async def show" in done.function("app/main.py", "show")
    assert told(done) == ["Page.render runs on the event loop for GET /, where all requests wait for it"]


@pytest.mark.parametrize("case", FAST)
def test_what_is_fast_may_be_rendered_anywhere(case: str) -> None:
    done = migrated(FAST[case])
    assert "run_in_threadpool" not in done.texts["app/main.py"]
    assert told(done) == []


MATCHING = """
import time

from fastapi import FastAPI

app = FastAPI()


class Order:
    @property
    def total(self):
        time.sleep(0.1)
        return 3


@app.get("/")
{word} show():
    match Order():
        case Order(total=total):
            return total
"""


def test_a_pattern_reads_properties_in_the_thread_of_its_handler() -> None:
    done = migrate({"app/__init__.py": "", "app/main.py": MATCHING.replace("{word}", "def")})
    assert "return await run_in_threadpool(_show)" in done.function("app/main.py", "show")


def test_on_the_loop_it_is_told() -> None:
    done = migrate({"app/__init__.py": "", "app/main.py": MATCHING.replace("{word}", "async def")})
    assert done.is_unchanged
    texts = [each.remedy_text for each in done.report.findings]
    assert texts == ["app.main:Order.total is read by the pattern of a `case`"]
