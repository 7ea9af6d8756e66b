"""Functions outside the API layer that FastAPI runs for it: async ones hold up its requests too."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate

DEPS = """
import requests
from fastapi import Header


async def who(token: str = Header("x")):
    return requests.get(f"http://auth/{token}").json()


def who_in_a_thread(token: str = Header("x")):
    return requests.get(f"http://auth/{token}").json()
"""
WORK = """
import time
from functools import wraps


def slow(path):
    with open(path) as f:
        return f.read()


async def afterwards(path):
    slow(path)


def logged(function):
    @wraps(function)
    async def wrapper(*args):
        function(*args)

    return wrapper
"""
ELSEWHERE = """
import time


def nap():
    time.sleep(1)


async def every_day():
    nap()
"""
HEAD = """
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends

{imports}

router = APIRouter()


"""


def served(imports: str, route: str, **files: str) -> Migrated:
    """Only `app/api` is given; `files` are `app/<name>.py`."""
    texts = {
        "app/__init__.py": "",
        "app/api/__init__.py": "",
        "app/api/routes.py": HEAD.format(imports=imports) + route,
        "app/deps.py": DEPS,
        "app/work.py": WORK,
        "app/elsewhere.py": ELSEWHERE,
    }
    return migrate({**texts, **{f"app/{name}.py": text for name, text in files.items()}}, ["app/api"])


@pytest.mark.parametrize(
    ("imports", "parameter", "more"),
    [
        ("from app.deps import who", "user = Depends(who)", ""),
        ("from app import deps", "user: Annotated[dict, Depends(deps.who)]", ""),
        (
            "from app.aliases import User",
            "user: User",
            "from typing import Annotated\nfrom fastapi import Depends\nfrom app.deps import who\n"
            "User = Annotated[dict, Depends(who)]\n",
        ),
    ],
)
def test_an_async_dependency_is_on_the_way_of_the_request(imports: str, parameter: str, more: str) -> None:
    outcome = served(imports, f'@router.get("/")\ndef show({parameter}):\n    return user\n', aliases=more)
    assert "await http_client().get(" in outcome.function("app/deps.py", "who")
    assert "requests.get(" in outcome.function("app/deps.py", "who_in_a_thread")
    assert outcome.texts["app/elsewhere.py"] == outcome.old["app/elsewhere.py"]


@pytest.mark.parametrize(
    ("handed", "mended"),
    [
        ("work.afterwards", "await run_in_threadpool(slow, path)"),
        ("work.logged(work.slow)", "await run_in_threadpool(function, *args)"),
    ],
)
def test_an_async_background_task_runs_on_the_same_loop(handed: str, mended: str) -> None:
    route = f'@router.post("/")\ndef add(tasks: BackgroundTasks):\n    tasks.add_task({handed}, "x")\n'
    outcome = served("from app import work", route)
    assert mended in outcome.texts["app/work.py"]


def test_a_stream_of_another_module_is_read_on_the_loop() -> None:
    rows = "import time\n\n\nasync def rows():\n    time.sleep(1)\n    yield 'x'\n"
    route = '@router.get("/")\ndef show():\n    return StreamingResponse(rows())\n'
    imports = "from fastapi.responses import StreamingResponse\nfrom app.rows import rows"
    assert "await asyncio.sleep(1)" in served(imports, route, rows=rows).texts["app/rows.py"]


def test_other_routers_and_what_serves_them_alone_are_left_as_they_are() -> None:
    other = HEAD.format(imports="from app import deps, work") + (
        '@router.get("/plain")\ndef plain():\n    return 1\n\n\n'
        '@router.post("/other")\n'
        "async def other(tasks: BackgroundTasks, user = Depends(deps.who)):\n"
        '    tasks.add_task(work.afterwards, "x")\n'
    )
    outcome = served("", '@router.get("/")\ndef show():\n    return 1\n', other=other)
    assert {path for path in outcome.old if outcome.texts[path] != outcome.old[path]} == {"app/api/routes.py"}


def test_async_functions_that_no_request_reaches_are_left_as_they_are() -> None:
    outcome = served("from app.elsewhere import nap", '@router.get("/")\ndef show():\n    return 1\n')
    assert outcome.texts["app/elsewhere.py"] == outcome.old["app/elsewhere.py"]
