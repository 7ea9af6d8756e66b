"""Where the modules of shared clients lie: all that uses them can import them, and nothing leads back."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.model import Status
from small_projects import APP, Migrated, migrate, source

CLIENTS = ("http_client", "shared_http_client", "shared_http_client2")
PLACES = {
    # a file with a route -> where the shared client lies
    "main.py": "http_client.py",
    "app/__init__.py": "app/http_client.py",
    "app/api/orders.py": "app/http_client.py",
    "src/main.py": "src/http_client.py",
    "src/app/main.py": "src/app/http_client.py",
}
ROUTE = source(APP) + source("""
import requests

@app.get("/pay")
def pay():
    return requests.get("http://pay").json()
""")


@pytest.mark.parametrize("path", PLACES)
def test_the_shared_client_lies_where_the_api_layer_can_import_it(path: str) -> None:
    packages = [folder for folder in Path(path).parents if folder.name not in ("", "src")]
    done = migrate({**{f"{folder}/__init__.py": "" for folder in packages}, path: ROUTE}, (path,))
    assert created(done) == [PLACES[path]]


def test_the_shared_client_lies_in_a_package_without_an_init_file_too() -> None:
    done = migrate({"app/main.py": f"from app.bank import RATE\n{ROUTE}", "app/bank.py": "RATE = 3\n"})
    assert created(done) == ["app/http_client.py"]


@pytest.mark.parametrize("taken", range(len(CLIENTS)))
def test_the_shared_client_takes_no_file_of_the_users(taken: int) -> None:
    theirs = {f"app/{name}.py": "LIMIT = 3\n" for name in CLIENTS[:taken]}
    done = migrate({"app/__init__.py": "", "app/main.py": ROUTE, **theirs})
    assert created(done) == [f"app/{CLIENTS[taken]}.py"]
    assert all(done.texts[path] == text for path, text in theirs.items())


def test_the_shared_client_is_not_hidden_by_a_package_of_its_name() -> None:
    done = migrate({"app/__init__.py": "", "app/main.py": ROUTE, "app/http_client/__init__.py": ""})
    assert created(done) == ["app/shared_http_client.py"]


# beside other packages ------------------------------------------------------------------------------------

GATHERED = """
from fastapi import APIRouter

from api import orders

router = APIRouter()
router.include_router(orders.router)
"""
FLAT = {
    "main.py": source(APP) + "from api import router\n\napp.include_router(router)\n",
    "api/__init__.py": source(GATHERED),
    "domain/__init__.py": "",
}
ASKING = source("""
import requests

def rate(currency):
    return requests.get(f"http://rates/{currency}").json()
""")
PLAIN = source("""
def rate(currency):
    return {"EUR": 1}[currency]
""")
HANDLER = source("""
import requests
from fastapi import APIRouter

from domain.rates import rate

router = APIRouter()

@router.get("/orders/{currency}")
def order(currency: str):
    return {"rate": rate(currency), "paid": requests.get("http://pay").json()}
""")
BESIDE = {
    "what the API layer alone uses": ({"domain/rates.py": PLAIN}, "api"),
    "what a package below it uses too": ({"domain/rates.py": ASKING}, "domain"),
    "what two packages below it use, one of which imports the other": (
        {
            "domain/rates.py": "from core.rates import rate as base\n" + ASKING,
            "core/__init__.py": "",
            "core/rates.py": ASKING,
        },
        "core",
    ),
    "what two packages below it use that know nothing of each other": (
        {
            "domain/rates.py": ASKING,
            "partners/__init__.py": "",
            "partners/rates.py": ASKING,
            "api/more.py": "from partners import rates\n",
        },
        "",
    ),
    "a package below that imports the API layer as well": (
        {"domain/rates.py": "from api.words import EUR\n" + ASKING, "api/words.py": 'EUR = "EUR"\n'},
        "",
    ),
    "a module at the root": ({"domain/rates.py": "from partners import rate\n", "partners.py": ASKING}, ""),
    "another application, of which it knows nothing": (
        {"domain/rates.py": PLAIN, "admin/__init__.py": "", "admin/rates.py": ASKING},
        "api",
    ),
}


@pytest.mark.parametrize("case", BESIDE)
def test_the_shared_client_lies_below_all_that_uses_it(case: str) -> None:
    files, package = BESIDE[case]
    done = migrate({**FLAT, "api/orders.py": HANDLER, **files}, ("api",))
    module = f"{package}.http_client".lstrip(".")
    assert created(done) == [f"{module.replace('.', '/')}.py"]
    assert "api/orders.py:order" in done.turned  # no circle of imports keeps it
    assert f"from {module} import http_client\n" in done.texts["api/orders.py"]


def test_a_later_run_uses_the_module_that_is_there() -> None:
    done = migrate({**FLAT, "api/orders.py": HANDLER, "domain/rates.py": ASKING}, ("api",))
    more = HANDLER.replace("from domain.rates import rate\n", "").replace("rate(currency)", "1")
    again = migrate({**done.texts, "api/more.py": more}, ("api",))
    assert again.turned == ["api/more.py:order"]
    assert created(again) == []
    assert "from domain.http_client import http_client\n" in again.texts["api/more.py"]
    unchecked = more.replace('pay")', 'pay", verify=False)')
    third = migrate({**again.texts, "api/last.py": unchecked}, ("api",))
    assert "from domain.http_client import http_client_no_verify\n" in third.texts["api/last.py"]
    assert third.texts["domain/http_client.py"].startswith(again.texts["domain/http_client.py"])


def created(done: Migrated) -> list[str]:
    return [file.path for file in done.report.files if file.status is Status.CREATED]
