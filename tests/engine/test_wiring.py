"""A `lifespan=` silences handlers that were registered one by one, in whichever file, and is silent itself
before FastAPI 0.93: where either may be so, new handlers are registered one by one, too.
"""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from small_projects import migrate, source

MAIN = """
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def users():
    return requests.get("https://users.example.com").json()
"""


def main_with(path: str, text: str, pins: str = "") -> str:
    packages = {f"{folder}/__init__.py": "" for folder in ("app", *{path.rpartition("/")[0]} - {""})}
    done = migrate({**packages, "app/main.py": MAIN, path: text, "requirements.txt": pins})
    return done.texts["app/main.py"]


SILENCED = {
    "a decorator": "from app.main import app\n\n\n@app.on_event('startup')\ndef load():\n    print('x')\n",
    "a call": "from app.main import app\n\napp.add_event_handler('startup', print)\n",
    "a list of the application": "from app.main import app\n\napp.router.on_startup.append(print)\n",
    "a list of a router": "from fastapi import APIRouter\n\nrouter = APIRouter(on_startup=[print])\n",
    "a router": "from fastapi import APIRouter\n\nr = APIRouter()\nr.add_event_handler('startup', print)\n",
    "an application that is handed in": "def register(app):\n    app.add_event_handler('startup', print)\n",
}


@pytest.mark.parametrize("form", SILENCED)
def test_handlers_of_other_files_still_run(form: str) -> None:
    text = main_with("app/contest/life.py", SILENCED[form])
    assert "lifespan=" not in text
    assert '@app.on_event("shutdown")\n' in text


def test_a_lifespan_that_two_applications_share_closes_a_client_once() -> None:
    life = source(
        """
        from contextlib import asynccontextmanager


        @asynccontextmanager
        async def lifespan(app):
            yield
        """
    )
    main = MAIN.replace(
        "from fastapi import FastAPI\n", "from fastapi import FastAPI\n\nfrom app.life import lifespan\n"
    )
    main = main.replace("FastAPI()", "FastAPI(lifespan=lifespan)")
    files = {"app/__init__.py": "", "app/life.py": life, "app/main.py": main, "app/admin.py": main}
    done = migrate(files)
    assert done.texts["app/life.py"].count("await close_http_clients()") == 1


NOT_SILENCED = {
    "tests": ("tests/test_app.py", SILENCED["a call"]),
    "an application of tests": ("app/conftest.py", "from fastapi import FastAPI\n\nown = FastAPI()\n"),
    "words": ("app/life.py", '"""Use app.on_event(..) or app.add_event_handler(..)."""\n'),
    "a library": ("app/life.py", "import logging\n\nlog = logging.getLogger()\nlog.on_event('startup')\n"),
    "a class of the project": (
        "app/life.py",
        "class Bus:\n    def on_event(self, name):\n        return name\n\n\nBus().on_event('startup')\n",
    ),
    "a list of something else": ("app/life.py", "on_startup = []\non_startup.append(print)\n"),
}


@pytest.mark.parametrize("form", NOT_SILENCED)
def test_what_registers_nothing_changes_nothing(form: str) -> None:
    text = main_with(*NOT_SILENCED[form])
    assert "app = FastAPI(lifespan=lifespan)\n" in text


@pytest.mark.parametrize(
    "pin", ["fastapi==0.85.1", 'fastapi = "^0.85"', "fastapi>=0.80,<0.93", "fastapi[all]~=0.92.0"]
)
def test_an_old_fastapi_does_not_know_a_lifespan(pin: str) -> None:
    text = main_with("app/life.py", "", pin)
    assert "lifespan=" not in text
    assert '@app.on_event("shutdown")\n' in text


@pytest.mark.parametrize("pin", ["fastapi", "fastapi>=0.85", "fastapi==0.93.0", 'fastapi = "^0.115"'])
def test_a_newer_fastapi_does(pin: str) -> None:
    assert "app = FastAPI(lifespan=lifespan)\n" in main_with("app/life.py", "", pin)


LIFESPAN = """
from contextlib import asynccontextmanager


@asynccontextmanager
async def lifespan(app):
    yield
"""
IMPORTED = {
    "its name": ("from app.life import lifespan", "lifespan"),
    "another name": ("from app.life import lifespan as life", "life"),
    "its module": ("from app import life", "life.lifespan"),
    "its module, from here": ("from . import life", "life.lifespan"),
    "its module under another name": ("import app.life as events", "events.lifespan"),
}


@pytest.mark.parametrize("form", IMPORTED)
def test_a_lifespan_of_another_file(form: str) -> None:
    line, name = IMPORTED[form]
    main = f"{line}\n{MAIN.replace('FastAPI()', f'FastAPI(lifespan={name})')}"
    done = migrate({"app/__init__.py": "", "app/main.py": main, "app/life.py": LIFESPAN})
    assert "    yield\n    await close_http_clients()\n" in done.texts["app/life.py"]
    assert "close_http_clients" not in done.texts["app/main.py"]
    assert not any("by hand" in step for step in done.report.next_steps)


ELSEWHERE = {
    "a function that makes it": ("from app.life import make", "make()"),
    "a library's": ("from other import lifespan", "lifespan"),
    "the module of a library": ("import other", "other.lifespan"),
    "a part of a part": ("import app.life", "app.life.lifespan"),
}


@pytest.mark.parametrize("form", ELSEWHERE)
def test_a_lifespan_that_cannot_be_found_is_left_to_a_person(form: str) -> None:
    line, name = ELSEWHERE[form]
    main = f"{line}\n{MAIN.replace('FastAPI()', f'FastAPI(lifespan={name})')}"
    done = migrate({"app/__init__.py": "", "app/main.py": main, "app/life.py": LIFESPAN})
    assert done.texts["app/life.py"] == source(LIFESPAN)
    assert "async def users" in done.texts["app/main.py"]
    (step,) = (each for each in done.report.next_steps if "what closes the shared clients" in each)
    assert step.startswith("by hand: ")
    assert "(app/main.py: " in step


def test_a_class_of_the_projects_with_the_name_of_the_frameworks_is_left_to_a_person() -> None:
    own = "import fastapi\n\n\nclass FastAPI(fastapi.FastAPI):\n    pass\n"
    main = MAIN.replace("from fastapi import FastAPI", "from app.own import FastAPI")
    done = migrate({"app/__init__.py": "", "app/own.py": own, "app/main.py": main})
    assert "async def users" in done.texts["app/main.py"]
    assert any("no application was found" in step for step in done.report.next_steps)


ORDERS = "from fastapi import APIRouter\nimport requests\n\nrouter = APIRouter()\n\n\n@router.get('/')\ndef show():\n    return requests.get('http://users').json()\n"
LOADS = {
    "at the top": "from fastapi import FastAPI\nfrom app.orders import router\n\napp = FastAPI()\napp.include_router(router)\n",
    "in a factory": "from fastapi import FastAPI\n\n\ndef create():\n    from app.orders import router\n\n    app = FastAPI()\n    app.include_router(router)\n    return app\n",
    "nobody knows how": "import importlib\nfrom fastapi import FastAPI\n\napp = FastAPI()\napp.include_router(importlib.import_module('app.orders').router)\n",
}
OTHER = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef show():\n    return 1\n"


@pytest.mark.parametrize("how", LOADS)
def test_of_two_applications_the_one_that_comes_to_use_a_client_closes_it(how: str) -> None:
    files = {"app/__init__.py": "", "app/orders.py": ORDERS, "app/main.py": LOADS[how], "app/aside.py": OTHER}
    done = migrate(files)
    assert "await close_http_clients()" in done.texts["app/main.py"]
    assert ("await close_http_clients()" in done.texts["app/aside.py"]) is (how == "nobody knows how")


STRAY = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef told():\n    return {'ok': True}\n"
FETCH = """
import requests


def users():
    return requests.get("https://users.example.com").json()
"""
SERVED = {
    "app/__init__.py": "",
    "app/fetch.py": FETCH,
    "app/main.py": "from fastapi import FastAPI\n\nfrom app.fetch import users\n\napp = FastAPI()\n\n\n"
    "@app.get('/')\ndef read():\n    return users()\n",
}


def test_handlers_that_are_loaded_unseen_are_served_by_the_nearest() -> None:
    main = "from importlib import import_module\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
    main += "app.include_router(import_module('app.plugins.users').router)\n"
    plugin = FETCH + "\n\nfrom fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n"
    plugin += "@router.get('/')\ndef read():\n    return users()\n"
    packages = {f"{each}/__init__.py": "" for each in ("app", "app/plugins", "web", "web/plugins")}
    files = {
        **packages,
        "app/main.py": main,
        "app/plugins/users.py": plugin,
        "web/plugins/stub.py": STRAY,
    }
    done = migrate(files)
    assert "lifespan=lifespan" in done.texts["app/main.py"]
    assert "lifespan" not in done.texts["web/plugins/stub.py"]


BESIDE = {
    "its own handlers do not": ("@other.get('/')\ndef told():\n    return 'ok'\n", False),
    "a handler of its own does": ("@other.get('/')\ndef told():\n    return users()\n", True),
    "a dependency may": ("@other.get('/')\ndef told(found=Depends(users)):\n    return found\n", True),
    "its route has a dependency": (
        "@other.get('/', dependencies=[Depends(users)])\ndef told():\n    return 'ok'\n",
        True,
    ),
    "its route may have one": ("@other.get('/', **MORE)\ndef told():\n    return 'ok'\n", True),
    "its route says what it gives": ("@other.get('/', tags=['x'])\ndef told():\n    return 'ok'\n", False),
    "it includes a router": ("other.include_router(APIRouter())\n", True),
    "it is handed on": ("print(other)\n", True),
    "a test client asks it": ("client = TestClient(other)\n", False),
    "a server runs it": ("uvicorn.run(other)\n", False),
    "a server runs it, with a router": ("uvicorn.run(other)\nother.include_router(APIRouter())\n", True),
    "it starts something": ("@other.on_event('startup')\ndef begin():\n    print('x')\n", True),
    "it has a second name": ("application = other\n", True),
    "its name stands alone": ("other\n", True),
    "a handler has its decorator twice": (
        "@other.post('/')\n@other.get('/')\ndef told():\n    return 'ok'\n",
        False,
    ),
    "a default holds what it registers": ("def late(add=other.get('/')):\n    add(print)\n", True),
    "a decorator of another kind": ("@other.mount\ndef told():\n    return 'ok'\n", True),
    "a handler is made elsewhere": ("other.get('/')(print)\n", True),
}


def test_of_two_applications_in_a_file_the_one_without_a_name_may_come_to_use_it() -> None:
    main = SERVED["app/main.py"] + "\n\ndef create():\n    return FastAPI(title='x', routes=app.routes)\n"
    text = migrate({**SERVED, "app/main.py": main}).texts["app/main.py"]
    assert "FastAPI(title='x', routes=app.routes, lifespan=lifespan)" in text


@pytest.mark.parametrize("form", BESIDE)
def test_of_two_applications_in_a_file_those_that_come_to_use_it(form: str) -> None:
    text, is_wired = BESIDE[form]
    main = SERVED["app/main.py"].replace("FastAPI\n", "APIRouter, Depends, FastAPI\n", 1)
    main = main.replace("app = FastAPI()\n", "app = FastAPI()\nother = FastAPI()\n") + f"\n\n{text}"
    done = migrate({**SERVED, "app/main.py": main})
    assert "app = FastAPI(lifespan=lifespan)\n" in done.texts["app/main.py"]
    ends = ("other = FastAPI(lifespan=lifespan)\n", "@other.on_event('shutdown')\n")
    assert any(end in done.texts["app/main.py"] for end in ends) is is_wired


@pytest.mark.parametrize(
    ("told", "is_wired"),
    [
        ("dependencies=[Depends(users)]", True),
        ("middleware=[Middleware(Asking)]", True),
        ("title='x', version='2'", False),
    ],
)
def test_an_application_may_be_told_of_more_that_runs_than_its_handlers(told: str, is_wired: bool) -> None:
    main = SERVED["app/main.py"].replace("FastAPI\n", "Depends, FastAPI\n", 1)
    main = main.replace("app = FastAPI()\n", f"app = FastAPI()\nother = FastAPI({told})\n")
    main += "\n\n@other.get('/')\ndef told():\n    return 'ok'\n"
    text = migrate({**SERVED, "app/main.py": main}).texts["app/main.py"]
    assert "app = FastAPI(lifespan=lifespan)\n" in text
    assert (f"other = FastAPI({told}, lifespan=lifespan)\n" in text) is is_wired
    assert text.count("lifespan=lifespan") == 1 + is_wired


def test_of_two_applications_the_one_that_is_left_to_a_person_is_named() -> None:
    """It may hold a lifespan already; that the other one closes the client does not help it."""
    main = SERVED["app/main.py"].replace(
        "app = FastAPI()\n", "app = FastAPI()\nother = FastAPI(**SETTINGS)\n"
    )
    done = migrate({**SERVED, "app/main.py": main + "\n\n@other.get('/')\ndef told():\n    return 'ok'\n"})
    assert done.texts["app/main.py"].count("lifespan=lifespan") == 1
    [step] = [step for step in done.report.next_steps if step.startswith("by hand: ")]
    assert "app/main.py: the application is made of `**` arguments" in step


TAKEN = {
    "its name": ("from app.main import other", True),
    "all names": ("from app.main import *", True),
    "another name": ("from app.main import app", False),
    "the same name of another module": ("from app.fetch import other", False),
}


@pytest.mark.parametrize("form", TAKEN)
def test_an_application_that_another_file_takes_may_be_used_there(form: str) -> None:
    line, is_wired = TAKEN[form]
    main = SERVED["app/main.py"].replace("app = FastAPI()\n", "app = FastAPI()\nother = FastAPI()\n")
    files = {
        **SERVED,
        "app/main.py": main,
        "app/use.py": f"{line}\n",
        "app/fetch.py": f"{FETCH}\nother = 1\n",
    }
    text = migrate(files).texts["app/main.py"]
    assert ("other = FastAPI(lifespan=lifespan)\n" in text) is is_wired


def test_where_no_application_is_seen_to_use_it_each_of_the_file_closes_it() -> None:
    main = "from fastapi import FastAPI\n\napp = FastAPI()\nother = FastAPI()\n"
    main += "\n\n@app.get('/')\ndef one():\n    return 1\n\n\n@other.get('/')\ndef two():\n    return 2\n"
    text = migrate({"app/__init__.py": "", "app/main.py": main, "app/orders.py": ORDERS}).texts["app/main.py"]
    assert "app = FastAPI(lifespan=lifespan)\nother = FastAPI(lifespan=lifespan)\n" in text


WITH_ITS_MODULE = {
    "from its package": "from app import main\nfrom app.pay import router\n\nmain.app.include_router(router)\n",
    "in full": "import app.main\nfrom app.pay import router\n\napp.main.app.include_router(router)\n",
}


@pytest.mark.parametrize("form", WITH_ITS_MODULE)
def test_an_application_that_others_reach_through_its_module_is_wired(form: str) -> None:
    main = SERVED["app/main.py"].replace("@app.get", "@other.get")
    main = main.replace("app = FastAPI()\n", "app = FastAPI()\nother = FastAPI()\n")
    pay = ORDERS.replace("show", "pay")
    done = migrate({**SERVED, "app/main.py": main, "app/pay.py": pay, "app/wire.py": WITH_ITS_MODULE[form]})
    assert (
        "app = FastAPI(lifespan=lifespan)\nother = FastAPI(lifespan=lifespan)\n" in done.texts["app/main.py"]
    )


def test_an_application_whose_name_another_gets_at_once_starts_nothing() -> None:
    main = SERVED["app/main.py"].replace(
        "app = FastAPI()\n", 'app = FastAPI()\n\napp = FastAPI(title="Users")\n'
    )
    done = migrate({**SERVED, "app/main.py": main})
    assert 'app = FastAPI(title="Users", lifespan=lifespan)\n' in done.texts["app/main.py"]
    assert "app = FastAPI()\n" in done.texts["app/main.py"]


def test_an_application_of_which_another_is_made_starts_what_it_is_to_start() -> None:
    main = SERVED["app/main.py"].replace(
        "app = FastAPI()\n", "app = FastAPI()\n\napp = FastAPI(routes=app.routes)\n"
    )
    text = migrate({**SERVED, "app/main.py": main}).texts["app/main.py"]
    assert "app = FastAPI(lifespan=lifespan)\n" in text


@pytest.mark.parametrize("other", ["else", "if input()"])
def test_of_two_applications_under_one_name_either_may_be_the_one(other: str) -> None:
    first = "if print():\n    app = FastAPI()\n" if other == "else" else "app = FastAPI()\n"
    main = SERVED["app/main.py"]
    main = main.replace("app = FastAPI()\n", f"{first}{other}:\n    app = FastAPI(title='x')\n")
    text = migrate({**SERVED, "app/main.py": main}).texts["app/main.py"]
    assert "app = FastAPI(lifespan=lifespan)\n" in text
    assert "    app = FastAPI(title='x', lifespan=lifespan)\n" in text


def test_what_is_loaded_unseen_below_an_application_is_its() -> None:
    main = "from importlib import import_module\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
    main += "app.include_router(import_module('app.shop.users').router)\n"
    packages = {"app/__init__.py": "", "app/shop/__init__.py": ""}
    done = migrate({**packages, "app/main.py": STRAY, "app/shop/main.py": main, "app/shop/users.py": ORDERS})
    assert "lifespan=lifespan" in done.texts["app/shop/main.py"]
    assert "lifespan" not in done.texts["app/main.py"]


def test_a_broker_and_clients_are_both_left_to_a_person() -> None:
    """The clients had gone without a word where there was a broker as well."""
    main = """
    import smtplib

    import requests
    from fastapi import FastAPI

    options = {"title": "shop"}
    app = FastAPI(**options)

    @app.post("/mail")
    def mail(to: str):
        with smtplib.SMTP("mail") as smtp:
            smtp.sendmail("shop@x", to, "hello")

    @app.get("/price")
    def price(url: str):
        return requests.get(url, timeout=3).text
    """
    (step,) = (each for each in migrate({"app/main.py": main}).report.next_steps if "by hand: call" in each)
    assert "shutdown() of the broker" in step
    assert "what closes the shared clients" in step


MADE = {
    "under another name": (
        "import fastapi as web\n",
        "web.FastAPI()",
        "app = web.FastAPI(lifespan=lifespan)",
    ),
    "by its whole name": (
        "import fastapi\n",
        "fastapi.FastAPI()",
        "app = fastapi.FastAPI(lifespan=lifespan)",
    ),
    "of a class over it": (
        "from fastapi import FastAPI\n\n\nclass Shop(FastAPI):\n    pass\n",
        "Shop()",
        "app = Shop(lifespan=lifespan)",
    ),
    "of a class that hands its arguments on": (
        "import fastapi\n\n\nclass Shop(fastapi.FastAPI):\n    def __init__(self, name, **options):\n        super().__init__(title=name, **options)\n",
        'Shop("x")',
        'app = Shop("x", lifespan=lifespan)',
    ),
    "of a class that does not": (
        'from fastapi import FastAPI\n\n\nclass Shop(FastAPI):\n    def __init__(self):\n        super().__init__(title="x")\n',
        "Shop()",
        'super().__init__(title="x", lifespan=lifespan)',
    ),
}


@pytest.mark.parametrize("form", MADE)
def test_the_client_is_closed_however_the_application_is_made(form: str) -> None:
    head, made, wired = MADE[form]
    main = MAIN.replace("from fastapi import FastAPI\n", head).replace("FastAPI()", made)
    text = migrate({"app/__init__.py": "", "app/main.py": main}).texts["app/main.py"]
    assert wired in text
    assert "    yield\n    await close_http_clients()\n" in text
    assert text.index("async def lifespan(") < text.index(wired)


def test_an_application_that_another_file_describes_is_left_to_a_person() -> None:
    shop = "from fastapi import FastAPI\n\n\nclass Shop(FastAPI):\n    pass\n"
    main = MAIN.replace("from fastapi import FastAPI\n", "from app.shop import Shop\n").replace(
        "FastAPI()", "Shop()"
    )
    done = migrate({"app/__init__.py": "", "app/shop.py": shop, "app/main.py": main})
    assert any("no application was found" in step for step in done.report.next_steps)
