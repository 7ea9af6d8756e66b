"""However an application says what runs when it starts and stops, the broker and the clients join in, in an
order in which everything has what it needs: each application runs, and what is called writes itself down.
"""

from __future__ import annotations

import asyncio
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest
from async_fix.codemods.analysis.syntax import FileSyntax
from async_fix.codemods.engine.rewrite import rewrite
from async_fix.codemods.extract_tasks.generated.new_files import BeforeTeardown, First, lifespan_edits
from async_fix.codemods.model import Code, ImportNeed, Reason, slot
from small_projects import migrate, source

STARTUP = (
    First(f"await {slot(0)}()", (ImportNeed("shop_tables", "create_all"),)),
    Code(f"await {slot(0)}.startup()", (ImportNeed("shop_tasks", "broker"),)),
)
SHUTDOWN = (
    BeforeTeardown(f"await {slot(0)}.shutdown()", (ImportNeed("shop_tasks", "broker"),)),
    Code(f"await {slot(0)}()", (ImportNeed("shop_clients", "close_http_clients"),)),
)
HEAD = source("""
    from contextlib import asynccontextmanager
    from fastapi import FastAPI
    from shop_events import said
""")
LIFESPAN = source("""
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        said.append("load")
        yield
        said.append("dispose")


""")
APP = "app = FastAPI(lifespan=lifespan)\n"
HANDLERS = source("""
    def load():
        said.append("load")


    def dispose():
        said.append("dispose")


""")
FORMS = {
    "nothing yet": "app = FastAPI(title='Shop')\n",
    "a lifespan of None": "app = FastAPI(lifespan=None, title='Shop')\n",
    "a name that is taken": "def lifespan():\n    return 3\n\n\napp = FastAPI()\n",
    "an annotated name": "app: FastAPI = FastAPI()\n",
    "a lifespan": LIFESPAN + APP,
    "a lifespan that yields state": LIFESPAN.replace("yield", "yield {'rates': 3}") + APP,
    "a lifespan with a comment": LIFESPAN.replace("yield\n", "yield  # serves\n") + APP,
    "a lifespan that ends with its yield": LIFESPAN.replace('    said.append("dispose")\n', "") + APP,
    "a lifespan with a docstring": LIFESPAN.replace("FastAPI):\n", 'FastAPI):\n    """Load."""\n') + APP,
    "a lifespan with try": source("""
        @asynccontextmanager
        async def lifespan(app: FastAPI):
            said.append("load")
            try:
                yield
            finally:
                said.append("dispose")


        app = FastAPI(lifespan=lifespan)
    """),
    "a lifespan in a with": source("""
        @asynccontextmanager
        async def pool():
            said.append("load")
            yield
            said.append("dispose")


        @asynccontextmanager
        async def lifespan(app: FastAPI):
            async with pool():
                yield


        app = FastAPI(lifespan=lifespan)
    """),
    "a lifespan set afterwards": LIFESPAN + "app = FastAPI()\napp.router.lifespan_context = lifespan\n",
    "a factory": LIFESPAN + source("""
        def create_app() -> FastAPI:
            return FastAPI(lifespan=lifespan)


        app = create_app()
    """),
    "a factory without a lifespan": source("""
        def create_app() -> FastAPI:
            application = FastAPI()
            return application


        app = create_app()
    """),
    "events": source("""
        app = FastAPI()


        @app.on_event("startup")
        async def load():
            said.append("load")


        @app.on_event("shutdown")
        def dispose():
            said.append("dispose")
    """),
    "a start alone": source("""
        app = FastAPI()


        @app.on_event("startup")
        async def load():
            said.append("load")
    """),
    "an end alone": source("""
        app = FastAPI()


        @app.on_event("shutdown")
        async def dispose():
            said.append("dispose")
    """),
    "handlers that are added": HANDLERS + source("""
        app = FastAPI()
        app.router.add_event_handler("startup", load)
        app.router.add_event_handler("shutdown", dispose)
    """),
    "lists of handlers": HANDLERS + "app = FastAPI(on_startup=[load], on_shutdown=[dispose])\n",
    "one list of handlers": HANDLERS[: HANDLERS.index("def dispose")] + "app = FastAPI(on_startup=(load,))\n",
    "an application in the call that mounts it": LIFESPAN + APP + "app.mount('/inner', FastAPI())\n",
    "an application in another": LIFESPAN + "inner = FastAPI()\n" + APP + "app.mount('/inner', inner)\n",
}  # fmt: skip


class Broker:
    def __init__(self, said: list[str]) -> None:
        self.said = said

    async def startup(self) -> None:
        self.said.append("broker starts")

    async def shutdown(self) -> None:
        self.said.append("broker stops")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has run; the modules that the applications import write it down."""
    events: list[str] = []

    async def create_all() -> None:
        events.append("tables")

    async def close_http_clients() -> None:
        events.append("clients close")

    for module, name, value in (
        ("shop_events", "said", events),
        ("shop_tasks", "broker", Broker(events)),
        ("shop_tables", "create_all", create_all),
        ("shop_clients", "close_http_clients", close_http_clients),
    ):
        made = ModuleType(module)
        setattr(made, name, value)
        monkeypatch.setitem(sys.modules, module, made)
    return events


def wired(text: str, **options: Any) -> str | Reason:
    edits, reasons = lifespan_edits(FileSyntax("main.py", text), STARTUP, SHUTDOWN, **options)
    if reasons:
        return reasons[0]
    return rewrite(text, edits, module="main", first_party=frozenset({"shop"}), line_length=100)


def lives(text: str, said: list[str]) -> list[str]:
    """What the application does from its start to its end."""

    async def live(app: Any) -> None:
        async with app.router.lifespan_context(app) as state:
            said.append(f"serves {state or ''}".strip())

    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        exec(compile(text, "main.py", "exec"), names)
        asyncio.run(live(names["app"]))
    return said


@pytest.mark.parametrize("form", FORMS)
def test_everything_starts_and_stops_once(said: list[str], form: str) -> None:
    text = wired(f"{HEAD}\n\n{FORMS[form]}")
    assert isinstance(text, str)
    before, after = around_serving(lives(text, said))
    own = [event for event in ("load", "dispose") if f'said.append("{event}")' in FORMS[form]]
    assert before[0] == "tables"  # the application's own start may fill them
    assert sorted(before) == sorted(["tables", "broker starts", *(e for e in own if e == "load")])
    # tasks that are still running may need what the application disposes of, and the clients
    assert after[0] == "broker stops"
    assert sorted(after) == sorted(["broker stops", "clients close", *(e for e in own if e == "dispose")])


def around_serving(said: Sequence[str]) -> tuple[list[str], list[str]]:
    at = next(place for place, event in enumerate(said) if event.startswith("serves"))
    return list(said[:at]), list(said[at + 1 :])


def test_the_state_is_handed_on(said: list[str]) -> None:
    text = wired(f"{HEAD}\n\n{FORMS['a lifespan that yields state']}")
    assert isinstance(text, str)
    assert "serves {'rates': 3}" in lives(text, said)


@pytest.mark.parametrize("form", FORMS)
def test_the_second_run_changes_nothing(form: str) -> None:
    text = wired(f"{HEAD}\n\n{FORMS[form]}")
    assert isinstance(text, str)
    assert wired(text) == text


@pytest.mark.parametrize("form", ["nothing yet", "a name that is taken", "an annotated name"])
def test_a_lifespan_would_silence_handlers_of_other_files(said: list[str], form: str) -> None:
    text = wired(f"{HEAD}\n\n{FORMS[form]}", events_elsewhere=True)
    assert isinstance(text, str)
    assert "lifespan=" not in text
    assert lives(text, said) == ["tables", "broker starts", "serves", "broker stops", "clients close"]


ON_ROUTERS = {
    "a decorator": """
        router = APIRouter()


        @router.on_event("startup")
        def load():
            said.append("load")


        app = FastAPI()
        app.include_router(router)
    """,
    "a call": """
        router = APIRouter()
        router.add_event_handler("shutdown", dispose)
        app = FastAPI()
        app.include_router(router)
    """,
    "a list that grows": """
        app = FastAPI()
        app.router.on_startup.append(load)
    """,
    "a list": """
        router = APIRouter(on_startup=[load])
        app = FastAPI()
        app.include_router(router)
    """,
}


@pytest.mark.parametrize("form", ON_ROUTERS)
def test_a_lifespan_would_silence_handlers_of_routers(said: list[str], form: str) -> None:
    head = HEAD.replace("import FastAPI", "import APIRouter, FastAPI")
    text = wired(f"{head}\n\n{HANDLERS}{source(ON_ROUTERS[form])}")
    assert isinstance(text, str)
    assert "lifespan=" not in text
    before, after = around_serving(lives(text, said))
    assert before.count("broker starts") == after.count("broker stops") == 1
    assert "load" in before or "dispose" in after


def test_handlers_of_another_application_silence_nothing() -> None:
    other = 'admin = FastAPI()\nadmin.add_event_handler("startup", load)\napp = FastAPI()\n'
    text = wired(f"{HEAD}\n\n{HANDLERS}{other}")
    assert isinstance(text, str)
    assert "\napp = FastAPI(lifespan=" in text


def test_two_applications_of_a_file_share_one_lifespan() -> None:
    text = wired(f"{HEAD}\n\napp = FastAPI()\nadmin = FastAPI()\n")
    assert isinstance(text, str)
    assert text.count("async def lifespan(_app: FastAPI)") == 1
    assert text.endswith("\n\napp = FastAPI(lifespan=lifespan)\nadmin = FastAPI(lifespan=lifespan)\n")
    assert wired(text) == text


BY_HAND = {
    "arguments that are not written here": ("app = FastAPI(**{})\n", "`**` arguments"),
    "an expression": ("app = FastAPI(lifespan=make())\n", "make() is not a function of this file"),
    "a plain generator": (LIFESPAN.replace("async def", "def") + APP, "an async generator with one `yield`"),
    "two ends": (
        LIFESPAN.replace("    yield\n", "    if said:\n        yield\n        return\n    yield\n") + APP,
        "an async generator with one `yield`",
    ),
    "a yield that gives": (LIFESPAN.replace("    yield", "    x = yield") + APP, "its `yield` gives"),
    "a list from elsewhere": ("starts = []\napp = FastAPI(on_startup=starts)\n", "is not a list that"),
    "a lifespan of another file": ("from life import lifespan\n\n" + APP, "lifespan is imported from life"),
    "a name of nothing": (APP, "lifespan is not a function of this file"),
    "an application without a name": ("apps = [FastAPI()]\n", "no name to register handlers on"),
    "no application": ("router = 3\n", "no application is made in this file"),
}  # fmt: skip


@pytest.mark.parametrize("form", BY_HAND)
def test_what_cannot_be_wired_up_is_told(form: str) -> None:
    text, why = BY_HAND[form]
    found = wired(f"{HEAD}\n\n{text}", events_elsewhere=True)
    assert isinstance(found, Reason)
    assert why in found.text


def test_the_lifespan_of_another_file_is_wired_up_there() -> None:
    done = migrate(
        {
            "app/__init__.py": "",
            "app/life.py": HEAD.replace("shop_events", "app.events") + "\n\n" + LIFESPAN.rstrip() + "\n",
            "app/events.py": "said = []\n",
            "app/main.py": """
            import requests
            from fastapi import FastAPI
            from app.life import lifespan

            app = FastAPI(lifespan=lifespan)


            @app.get("/")
            def users():
                return requests.get("https://users.example.com").json()
            """,
        }
    )
    assert "app = FastAPI(lifespan=lifespan)\n" in done.texts["app/main.py"]
    assert done.texts["app/life.py"].endswith('    said.append("dispose")\n    await close_http_clients()\n')


def test_by_hand_is_a_step_of_its_own() -> None:
    text = "from fastapi import FastAPI\nimport requests\n\napp = FastAPI(**{})\n\n\n"
    text += '@app.get("/")\ndef users():\n    return requests.get("https://users.example.com").json()\n'
    steps = migrate({"app/__init__.py": "", "app/main.py": text}).report.next_steps
    assert [step for step in steps if step.startswith("by hand") and "`**` arguments" in step]
