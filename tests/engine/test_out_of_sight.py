"""Two applications of one repository, each started in its own folder, find no modules of each other."""

from __future__ import annotations

import pytest
from small_projects import Migrated, migrate

MAILER = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/a")
def a():
    return 1


@app.get("/b")
def b():
    return 2
"""
REPORTS = """
import requests
from fastapi import FastAPI
from parts import NAME

app = FastAPI()


@app.get("/")
def show():
    return {NAME: requests.get("https://a.example").json()}
"""
MAIL = """
import smtplib

from fastapi import FastAPI
from parts import NAME

app = FastAPI()


@app.post("/")
def send(to: str):
    with smtplib.SMTP("mail.example") as server:
        server.sendmail("me@a.example", to, NAME)
    return "sent"
"""


def migrated(reports: str, mailer: str = MAILER, parts: str = "NAME = 'x'\n") -> Migrated:
    """A script and a test find both applications."""
    taken = "from texts import WORD\n\nprint(WORD)\n"
    files = {"mailer/main.py": mailer, "mailer/texts.py": "WORD = 'y'\n", "reports/test_texts.py": taken}
    files |= {"scripts/words.py": taken}
    return migrate({**files, "reports/main.py": reports, "reports/parts.py": parts}, (".",))


@pytest.mark.parametrize("reports", [REPORTS, MAIL])
def test_what_would_import_from_the_other_application_is_refused(reports: str) -> None:
    done = migrated(reports)
    assert "async def" not in done.texts["reports/main.py"]
    (reason,) = (each for each in done.report.refusals if each.code == "AF932")
    assert "reports/main.py would not find" in reason.text
    assert reason.hint == "convert one application at a time: async-fix apply reports"
    assert "async def a():" in done.texts["mailer/main.py"]


def test_what_needs_no_such_module_is_carried_out() -> None:
    done = migrated(REPORTS.replace("requests.get(", "open(").replace(".json()", ".read()"))
    assert "async def show():" in done.texts["reports/main.py"]


def test_the_application_that_has_the_modules_is_carried_out() -> None:
    done = migrated(MAILER, mailer=REPORTS.replace("parts import", "texts import WORD as"))
    assert "async def show():" in done.texts["mailer/main.py"]


@pytest.mark.parametrize("reports", [REPORTS, MAIL])
def test_an_application_that_imports_from_the_other_finds_its_modules(reports: str) -> None:
    done = migrated(reports, parts="from texts import WORD as NAME\n")
    assert "async def " in done.texts["reports/main.py"]


LOOSE = """
import requests


async def weather():
    return requests.get("https://a.example").json()
"""


def test_what_nobody_is_seen_to_load_is_not_closed_by_an_application_that_does_not_find_it() -> None:
    reports = REPORTS.replace("requests.get(", "open(").replace(".json()", ".read()")
    done = migrate(
        {
            "mailer/main.py": MAILER,
            "mailer/loose.py": LOOSE,
            "reports/main.py": reports,
            "reports/parts.py": "NAME = 'x'\n",
        },
        (".",),
    )
    assert "http_client().get(" in done.texts["mailer/loose.py"]
    assert "lifespan" in done.texts["mailer/main.py"]
    assert "async def show():" in done.texts["reports/main.py"]
    assert "http_client" not in done.texts["reports/main.py"]


REMOTE = """
import requests


def remote(path):
    return requests.get(f"https://a.example/{path}").json()
"""
NO_REMOTE = "def remote(path):\n    return path\n"
APP = """
import requests
from common.remote import remote
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def show():
    return remote(requests.get("https://b.example").text)
"""


@pytest.mark.parametrize(
    ("remote", "place"), [(REMOTE, "common/src/common"), (NO_REMOTE, "apps/shop/src/shop")]
)
def test_shared_clients_lie_where_all_that_use_them_find_them(remote: str, place: str) -> None:
    shop = {"apps/shop/src/shop/__init__.py": "", "apps/shop/src/shop/main.py": APP}
    stats = APP.replace("import requests\n", "").replace('requests.get("https://b.example").text', '"s"')
    files = {**shop, "common/src/common/__init__.py": "", "common/src/common/remote.py": remote}
    done = migrate(
        {**files, "apps/stats/src/stats/__init__.py": "", "apps/stats/src/stats/main.py": stats}, (".",)
    )
    made = {path for path in done.texts if path.endswith("http_client.py")}
    assert made == {f"{place}/http_client.py"}
    module = "common" if remote == REMOTE else "shop"
    assert f"from {module}.http_client import close_http_clients" in done.texts["apps/shop/src/shop/main.py"]
    assert "async def show():" in done.texts["apps/stats/src/stats/main.py"]
    assert not [each for each in done.report.refusals if each.code == "AF932"]
    again = migrate(done.texts, (".",))
    assert again.is_unchanged
