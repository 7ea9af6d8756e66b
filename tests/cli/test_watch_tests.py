"""`watch-tests`: what blocks a loop while the user's tests run, beside what `check` knows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from async_fix.cli.watching.watched import Seen, assign
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.settings.config import Config
from cli_project import Run, write

APP = """\
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    open("start.txt", "w").close()
    yield


app = FastAPI(lifespan=lifespan)


def wait():
    time.sleep(0.001)


@app.get("/known")
async def known():
    wait()
    return 1


@app.get("/hidden")
async def hidden():
    eval("time.sleep(0.001)")
    return 2


@app.get("/thread")
def in_a_thread():
    wait()
    return 3
"""
TESTS = """\
import time

from fastapi.testclient import TestClient

from app.main import app


def test_all():
    with TestClient(app) as client:
        paths = ("/known", "/hidden", "/thread", "/known")
        assert [client.get(path).json() for path in paths] == [1, 2, 3, 1]
    time.sleep(0.001)
"""
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore")


@pytest.fixture
def shop(project: Path) -> Path:
    write(project / "app/__init__.py", "")
    write(project / "app/main.py", APP)
    write(project / "conftest.py", "")
    write(project / "tests/test_app.py", TESTS)
    return project


def test_each_call_is_shown_with_its_handler_and_what_check_says_of_it(shop: Path, run: Run) -> None:
    result = run("watch-tests", "app/main.py", "--", *PYTEST)
    assert result.code == 1, result.err
    said = result.out.partition("Blocking calls on an event loop\n")[2]
    assert said == (
        "\nGET /known\n"
        "  app/main.py:17  wait() -> time.sleep  (2 times, first in tests/test_app.py::test_all)\n"
        "      = known: AF202 becomes await asyncio.sleep(...)\n"
        "\nGET /hidden\n"
        "  app/main.py:28  time.sleep  (1 time, first in tests/test_app.py::test_all)\n"
        "      = not known to `check`: please report it\n"
        "\n2 blocking calls, 1 of them not known to `check`.\n"
    )
    assert "1 passed" in result.out


BEATING = """\
import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.beat import beat


@asynccontextmanager
async def lifespan(app):
    app.state.beating = asyncio.create_task({beating})
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/ok")
async def ok():
    return 1
"""


BEAT = "import time\n\n\nasync def beat():\n    time.sleep(0.001)\n"


def test_work_that_no_handler_leads_to_is_not_called_a_gap_of_check(shop: Path, run: Run) -> None:
    write(shop / "app/main.py", BEATING.replace("{beating}", "eval('beat()')"))
    write(shop / "app/beat.py", BEAT)
    asked = "client.get('/ok').json() == 1"
    test = TESTS.partition("def test_all")[0]
    write(
        shop / "tests/test_app.py",
        f"{test}def test_all():\n    with TestClient(app) as client:\n        assert {asked}\n",
    )
    result = run("watch-tests", "app/main.py", "--", *PYTEST)
    assert result.code == 1, result.err
    assert "\nOutside of the handlers\n  app/beat.py:5  time.sleep  (1 time" in result.out
    assert "= no handler leads there, so `check` does not look at it" in result.out
    assert "please report it" not in result.out
    write(shop / "app/main.py", BEATING.replace("{beating}", "beat()"))
    result = run("watch-tests", "app/main.py", "--", *PYTEST)
    assert "\nOutside of the handlers\n  app/beat.py:5  time.sleep  (1 time" in result.out
    assert "= known: AF202" in result.out, "what the start leaves running is looked at"


def test_when_nothing_blocks_the_exit_code_is_that_of_the_command(shop: Path, run: Run) -> None:
    write(shop / "tests/test_app.py", "def test_nothing(): pass\n")
    result = run("watch-tests", "app/main.py", "--", *PYTEST)
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("No blocking call was seen on an event loop.\n")
    write(shop / "tests/test_app.py", "def test_nothing(): assert 0\n")
    assert run("watch-tests", "app/main.py", "-q", "--", *PYTEST).code == 1


def test_a_command_that_is_not_pytest(shop: Path, run: Run) -> None:
    result = run("watch-tests", "app/main.py", "--", sys.executable, "-c", "")
    assert result.code == 2
    assert result.err.endswith("ended with 0, and did not run pytest to its end\n")
    result = run("watch-tests", "app/main.py", "--", "nosuchcommand")
    assert (result.code, result.err) == (2, "async-fix: nosuchcommand: No such file or directory\n")


def test_without_a_command(shop: Path, run: Run) -> None:
    result = run("watch-tests", "app/main.py")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("async-fix: there is no command to run: ")


def test_without_blockbuster_it_says_what_to_install(
    shop: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(shop / "hides/blockbuster/__init__.py", "raise ImportError('no blockbuster')\n")
    monkeypatch.setenv("PYTHONPATH", str(shop / "hides"), prepend=":")
    result = run("watch-tests", "app/main.py", "--", *PYTEST)
    assert result.code == 2
    assert "watch-tests needs blockbuster in the environment of the tests" in result.err
    assert result.err.endswith(" ended with 4, and did not run pytest to its end\n")


def test_what_counts_is_what_holds_up_requests(shop: Path) -> None:
    work = pipeline.start([shop / "app"], Config())
    report = pipeline.check(work)

    def calls(*frames: tuple[str, int]) -> list[tuple[str, tuple[str, ...]]]:
        found = assign([Seen("builtins.open", "t", frames, 1)], work, report)
        return [(call.handler, call.chain) for call in found]

    main, test = "app/main.py", ("tests/test_app.py", 9)
    assert calls((main, 17), (main, 22), test) == [("GET /known", ("wait()", "open"))]
    assert calls((main, 22), test) == [("GET /known", ("open",))]
    assert calls((main, 17)) == [("", ("open",))]
    assert calls((main, 9), test) == []
    assert calls(test) == []
    assert calls(("gone.py", 3)) == [("", ("open",))]


def test_the_same_call_is_counted_once_by_place(shop: Path) -> None:
    work = pipeline.start([shop / "app"], Config())
    frames = (("app/main.py", 22),)
    seen = [Seen("open", "first", frames, 2), Seen("open", "second", frames, 3)]
    (call,) = assign(seen, work, pipeline.check(work))
    assert (call.count, call.test) == (5, "first")
