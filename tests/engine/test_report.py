"""The rows of `check`: each call once, with its chain, its code, and what is done about it."""

from __future__ import annotations

from collections import Counter

import pytest
from async_fix.codemods.model import Colour, RemedyKind
from small_projects import APP, Migrated, migrate, migrate_main

GATEWAY = """
import requests

class Gateway:
    def send(self, amount):
        return requests.post("http://pay", json=amount).json()

def charge(amount):
    return Gateway().send(amount)

@app.post("/pay")
def pay(n: int):
    return charge(n)
"""


def row(done: Migrated, line: str) -> tuple[str, str, str, str]:
    """Code, message, chain and remedy of the one finding on the line with this text."""
    lines = done.old["app/main.py"].splitlines()
    found = [f for f in done.report.findings if f.code != "AF101" and line in lines[f.location.line - 1]]
    assert len(found) == 1, found
    chain = " -> ".join(
        [*([found[0].handler] if found[0].handler else []), *(h.label for h in found[0].chain)]
    )
    return found[0].code, found[0].message, chain, found[0].remedy_text


def test_a_call_that_becomes_async_shows_what_it_waits_for() -> None:
    done = migrate_main(GATEWAY)
    assert row(done, "return charge(n)") == (
        "AF201",
        "charge blocks: it reaches requests.post",
        "POST /pay -> charge() -> Gateway.send() -> requests.post",
        "is awaited; it becomes async as well",
    )
    assert row(done, "requests.post(")[:2] == ("AF201", "requests.post blocks")


def test_a_call_that_is_offloaded_shows_the_same_chain() -> None:
    done = migrate_main(GATEWAY + "\ndef nightly():\n    return charge(0)\n")
    code, message, chain, remedy = row(done, "return charge(n)")
    assert (code, message) == ("AF201", "charge blocks: it reaches requests.post")
    assert chain == "POST /pay -> charge() -> Gateway.send() -> requests.post"
    assert remedy.startswith("await run_in_threadpool")


STATEMENT = """
import smtplib

def statement(number):
    with open(f"{number}.txt") as file:
        text = file.read()
    with smtplib.SMTP("localhost") as smtp:
        smtp.sendmail("a@example.com", "b@example.com", text)
    return text

@app.post("/statement")
def send(n: int):
    return statement(n)
"""


def test_a_call_that_mails_is_said_to_mail_whatever_it_does_first() -> None:
    code, message, chain, _ = row(migrate_main(STATEMENT), "return statement(n)")
    assert (code, message) == ("AF401", "statement is slow work: it reaches smtplib.SMTP")
    assert chain == "POST /statement -> statement() -> smtplib.SMTP"


def test_a_missing_await_has_no_chain() -> None:
    done = migrate_main(
        """
import httpx

client = httpx.AsyncClient()

async def total(n):
    return n

@app.get("/pay")
async def pay(n: int):
    answer = client.get("http://pay")
    if total(n):
        return answer.json()
"""
    )
    assert row(done, "client.get(") == (
        "AF301",
        "httpx.AsyncClient.get must be awaited",
        "GET /pay",
        "await it",
    )
    assert row(done, "if total(n)") == ("AF301", "total must be awaited", "GET /pay", "await it")


def test_a_helper_that_only_lacks_an_await_waits() -> None:
    done = migrate_main(
        """
import httpx

client = httpx.AsyncClient()

def fetch():
    return client.get("http://pay").json()

@app.get("/pay")
def pay():
    return fetch()
"""
    )
    code, message, chain, remedy = row(done, "return fetch()")
    assert (code, message) == ("AF301", "fetch waits for httpx.AsyncClient.get")
    assert chain == "GET /pay -> fetch() -> httpx.AsyncClient.get"
    assert remedy == "is awaited; it becomes async as well"


def test_each_place_is_listed_once() -> None:
    done = migrate_main(
        GATEWAY
        + """
class Loud(Gateway):
    def send(self, amount):
        with open("log") as log:
            log.write("x")
        return super().send(amount)

def send(some: Gateway, n):
    return some.send(n)

@app.post("/loud")
def loud(n: int):
    return send(Loud(), n)
"""
    )
    places = Counter((f.location.path, f.span, f.code == "AF101") for f in done.report.findings)
    assert set(places.values()) == {1}


def test_the_counts_are_those_of_the_rows() -> None:
    done = migrate_main(GATEWAY + '\n@app.get("/log")\ndef log():\n    return open("log").read()\n')
    rows = [f for f in done.report.findings if f.code != "AF101" and f.group]
    counts = done.report.statistics
    assert counts["awaits"] == sum(f.remedy in (RemedyKind.AWAIT, RemedyKind.TWIN) for f in rows)
    assert counts["offloads"] == sum(f.remedy in (RemedyKind.OFFLOAD, RemedyKind.WHOLE_BODY) for f in rows)
    assert counts["handlers"] == len(done.report.handlers) == 2
    assert counts["converted"] == 2
    assert sum(count for _, count in done.report.checklist) == len(done.report.findings)


def test_a_handler_that_stays_says_why_with_the_chain() -> None:
    done = migrate_main(
        """
from fastapi import Depends
from sqlalchemy.orm import Session

def rows(db: Session):
    return db.execute("select 1")

@app.get("/rows")
def read(db: Session = Depends()):
    return rows(db)
"""
    )
    (handler,) = (r for r in done.report.handlers if r.entry.label == "GET /rows")
    assert handler.after is Colour.SYNC
    assert handler.reason is not None
    assert handler.reason.code == "AF901"
    assert handler.reason.chain[-1].label == "sqlalchemy.orm.Session.execute"
    assert handler.reason in done.report.refusals
    (finding,) = done.findings("AF101")
    assert finding.remedy is RemedyKind.LEAVE
    assert finding.group == ""


def test_what_stays_on_the_loop_is_said_in_one_sentence() -> None:
    done = migrate_main(
        """
import asyncio
import requests

def charge(amount):
    return requests.get(f"http://pay/{amount}")

@app.get("/pay")
async def pay(n: int):
    await asyncio.sleep(0)
    return (charge(x) for x in range(n))
"""
    )
    (left,) = done.report.refusals
    assert left.code == "AF908"
    assert left.text == (
        "charge blocks: it reaches requests.get; it runs in a generator that may be read later"
    )
    assert [hop.label for hop in left.chain] == ["charge()", "requests.get"]


def test_no_thread_is_spoken_of_where_the_session_blocks_the_loop() -> None:
    done = migrate_main(
        APP
        + """
from sqlalchemy.orm import Session

@app.get("/rows")
async def rows():
    with Session() as db:
        db.commit()
"""
    )
    left = [reason for reason in done.report.refusals if reason.code == "AF908"]
    assert left
    assert all("SQLModel migrate as a whole" in reason.hint for reason in left)
    assert not any("thread" in reason.hint for reason in left)


def test_code_that_is_async_already_has_no_rows() -> None:
    done = migrate_main('@app.get("/")\nasync def read():\n    return {}\n')
    assert not done.report.findings
    assert not done.report.refusals
    assert all(count == 0 for _, count in done.report.checklist)


def test_no_handlers_is_a_problem() -> None:
    done = migrate({"app/__init__.py": "", "app/main.py": "x = 1\n"})
    assert any("no handlers found" in problem.message for problem in done.report.problems)


def test_a_syntax_error_in_one_file_leaves_the_others_going() -> None:
    done = migrate(
        {
            "app/__init__.py": "",
            "app/bad.py": "def (:\n",
            "app/main.py": APP + '@app.get("/")\ndef read():\n    return 1\n',
        }
    )
    assert done.turned == ["app/main.py:read"]
    assert any(problem.path == "app/bad.py" and problem.line == 1 for problem in done.report.problems)


def test_a_dependency_that_turns_with_its_client_is_not_said_to_stay() -> None:
    done = migrate_main(
        """
import httpx
from fastapi import Depends

def get_client():
    with httpx.Client() as client:
        yield client

@app.get("/rows")
def read(client: httpx.Client = Depends(get_client)):
    return client.get("http://rows").json()
"""
    )
    rows = {str(each.entry.function): each for each in done.report.handlers}
    turned = rows["app.main:get_client"]
    assert "async def get_client" in done.texts["app/main.py"]
    assert (turned.after, turned.reason, turned.remedies) == (Colour.ASYNC, None, (RemedyKind.TWIN,))
    assert turned.group == rows["app.main:read"].group
    assert not done.report.refusals


MIDDLEWARE = """
import time

@app.middleware("http")
{how} timed(request, call_next):
    {body}
    return {given}

@app.get("/")
async def home():
    return {{}}
"""


@pytest.mark.parametrize("body", ["time.sleep(0.1)", "wait()"])
def test_a_def_middleware_that_blocks_is_reported_where_it_waits(body: str) -> None:
    helper = "\ndef wait():\n    time.sleep(0.1)\n"
    done = migrate_main(MIDDLEWARE.format(how="def", body=body, given="call_next(request)") + helper)
    code, _, chain, remedy = row(done, f"    {body}")
    assert code == "AF202"
    assert chain.startswith("middleware timed")
    assert "a `def` middleware runs on the event loop" in remedy
    assert [reason.code for reason in done.report.refusals] == ["AF908"]


@pytest.mark.parametrize(
    ("how", "body", "given"),
    [
        ("def", "request.state.began = 1", "call_next(request)"),
        ("def", "print(request.url)", "call_next(request)"),
        ("async def", "request.state.began = 1", "await call_next(request)"),
    ],
)
def test_middleware_that_does_not_block_is_not_reported(how: str, body: str, given: str) -> None:
    done = migrate_main(MIDDLEWARE.format(how=how, body=body, given=given))
    assert [f for f in done.report.findings if f.code != "AF101"] == []
    assert done.report.refusals == ()
