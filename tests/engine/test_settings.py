"""Every setting does what it says; a key that is accepted and changes nothing is a lie."""

from __future__ import annotations

import textwrap

import pytest
from small_projects import APP, Migrated, migrate

READS = """
@app.get("/")
def show():
    return open("a.txt").read()
"""
HASHES = """
import bcrypt

@app.get("/")
def show(word: str):
    return bcrypt.hashpw(word.encode(), bcrypt.gensalt()).decode()
"""
HELPER = """
from app.rates import read

@app.get("/")
def show():
    return read()
"""
SLEEPS = """
import time

def wait():
    time.sleep(1)

@app.get("/")
def show():
    wait()
    return 1
"""

DATABASE = """
from fastapi import Depends
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///a.db")
SessionLocal = sessionmaker(engine)

def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()

@app.get("/")
def show(db: Session = Depends(get_db)):
    return db.execute(text("select 1")).scalar_one()
"""


def migrated(main: str, settings: str = "") -> Migrated:
    return migrate(
        {
            "pyproject.toml": f"[tool.async-fix]\n{settings}\n",
            "app/__init__.py": "",
            "app/rates.py": "def read():\n    return open('rates.txt').read()\n",
            "app/main.py": APP + textwrap.dedent(main),
        }
    )


def show(main: str, settings: str = "") -> str:
    return migrated(main, settings).function("app/main.py", "show")


def test_a_handler_that_would_only_call_the_thread_pool() -> None:
    assert "await run_in_threadpool" in show(READS)
    kept = migrated(READS, 'offload-only = "keep-def"')
    assert kept.is_unchanged
    assert kept.reason("app.main:show").code == "AF918"


def test_a_handler_with_something_to_await_turns_all_the_same() -> None:
    assert "async def show" in show(SLEEPS, 'offload-only = "keep-def"')


def test_a_handler_with_something_to_await_beside_a_hop_turns_all_the_same() -> None:
    both = "import time\n\n@app.get('/')\ndef show():\n    time.sleep(1)\n    return read()\n"
    text = show(f"from app.rates import read\n{both}", 'offload-only = "keep-def"')
    assert "await asyncio.sleep(1)\n    return await run_in_threadpool(read)" in text


def test_password_hashing_on_the_loop_where_it_is_allowed() -> None:
    assert "run_in_threadpool" in show(HASHES)
    allowed = show(HASHES, 'password-hashing = "allow"')
    assert "async def show" in allowed
    assert "run_in_threadpool" not in allowed


def test_what_only_asks_a_folder_on_the_loop_where_it_is_allowed() -> None:
    """Where it also reads, the reading leaves the loop all the same; and so does what removes a file."""
    asks = """
    import os

    @app.get('/')
    def show():
        if not os.path.exists('rates.txt'):
            return ''
        os.remove('old.txt')
        return open('rates.txt').read()
    """
    assert "if not os.path.exists" in (together := show(asks))
    assert together.count("run_in_threadpool") == 1
    allowed = show(asks, 'file-metadata = "loop"')
    assert "async def show():\n    if not os.path.exists('rates.txt'):\n        return ''\n" in allowed
    assert "await run_in_threadpool(os.remove, 'old.txt')" in allowed
    assert "await run_in_threadpool(lambda: open('rates.txt').read())" in allowed


def test_a_trusted_function_of_the_project() -> None:
    assert "await run_in_threadpool(read)" in show(HELPER)
    trusted = show(HELPER, 'trusted = ["app.rates.*"]')
    assert "async def show" in trusted
    assert "return read()" in trusted


def test_a_trusted_call_of_a_library() -> None:
    strange = "import strange\n\n@app.get('/')\ndef show():\n    return strange.ask()\n"
    assert "run_in_threadpool" in migrated(strange).texts["app/main.py"]
    trusted = show(strange, 'trusted = ["strange.*"]')
    assert "async def show" in trusted
    assert "return strange.ask()" in trusted


def test_a_function_that_stays_in_its_thread() -> None:
    assert "await wait()" in show(SLEEPS)
    kept = migrated(SLEEPS, 'functions."app.main.wait" = "thread"')
    assert kept.turned == ["app/main.py:show"]
    assert "await run_in_threadpool(wait)" in kept.function("app/main.py", "show")
    assert kept.reason("app.main:wait").code == "AF918"


COMPUTES = """
def squares(n):
    return [k * k for k in range(n)]

def count(n):
    return len(squares(n))

@app.get("/")
{colour}def show(n: int):
    return count(n)
"""


@pytest.mark.parametrize("colour", ["", "async "])
def test_a_function_that_computes_for_long_is_called_in_a_thread(colour: str) -> None:
    program = COMPUTES.format(colour=colour)
    assert "    return count(n)" in show(program)
    assert "    return await run_in_threadpool(count, n)" in show(
        program, 'functions."app.main.squares" = "thread"'
    )


def test_a_handler_that_stays_in_its_thread() -> None:
    assert migrated(SLEEPS, 'functions."app.main:*" = "thread"').is_unchanged


def test_slow_work_of_the_users_own() -> None:
    assert "wait_task.kiq()" in show(SLEEPS, 'functions."app.main.wait" = "task"')


def test_a_policy_for_another_function_changes_nothing() -> None:
    assert show(SLEEPS, 'functions."app.mail.*" = "thread"') == show(SLEEPS)


@pytest.mark.parametrize(("value", "library"), [("httpx", "httpx"), ("httpx2", "httpx2")])
def test_the_library_of_the_shared_client(value: str, library: str) -> None:
    main = """
    import requests

    @app.get("/")
    def show():
        return requests.get("http://x").json()
    """
    texts = migrated(main, f'http-client = "{value}"').texts
    assert f"\nimport {library}\n" in texts["app/http_client.py"]


def test_a_database_that_is_left() -> None:
    assert "await db.execute" in show(DATABASE)
    left = migrated(DATABASE, 'database = "leave"')
    assert left.is_unchanged
    assert left.reason("app.main:show").code == "AF901"


SENDS = """
import smtplib

def mail(to: str) -> None:
    with smtplib.SMTP("mail") as smtp:
        smtp.sendmail("a", to, "hello")

@app.get("/")
def show(to: str):
    mail(to)
    return 1
"""
ASKS = """
import requests

@app.get("/")
def show():
    return requests.get("http://x").json()
"""
FORGETS = """
import asyncio

@app.get("/")
async def show():
    asyncio.sleep(1)
    return 1
"""
BLOCKS = """
@app.get("/")
async def show():
    return open("a.txt").read()
"""


def test_slow_work_goes_to_a_thread_when_tasks_are_left_out() -> None:
    assert "mail_task.kiq(to)" in show(SENDS)
    assert "await run_in_threadpool(mail, to)" in show(SENDS, 'skip = ["extract-tasks"]')


def test_a_client_goes_to_a_thread_when_clients_are_left_out() -> None:
    assert "await http_client().get" in show(ASKS)
    skipped = show(ASKS, 'skip = ["async-clients"]')
    assert "async def show" in skipped
    assert "run_in_threadpool" in skipped
    assert "http_client" not in skipped


def test_a_handler_that_needs_a_thread_stays_when_threads_are_left_out() -> None:
    kept = migrated(READS, 'skip = ["offload"]')
    assert kept.is_unchanged
    assert kept.reason("app.main:show").code == "AF918"
    assert "await http_client().get" in show(ASKS, 'skip = ["offload"]')


def test_what_blocks_the_loop_stays_and_is_told_when_threads_are_left_out() -> None:
    assert "await run_in_threadpool" in show(BLOCKS)
    kept = migrated(BLOCKS, 'skip = ["offload"]')
    assert kept.is_unchanged
    assert "AF908" in {reason.code for reason in kept.report.refusals}


def test_handlers_keep_their_keyword_when_routes_are_left_out() -> None:
    kept = migrated(ASKS + BLOCKS.replace('"/"', '"/b"').replace("show", "blocks"), 'skip = ["async-routes"]')
    assert kept.function("app/main.py", "show").startswith('@app.get("/")\ndef show')
    assert kept.reason("app.main:show").code == "AF918"
    assert "await run_in_threadpool" in kept.function("app/main.py", "blocks")


def test_a_missing_await_is_told_when_awaits_are_left_out() -> None:
    assert "await asyncio.sleep(1)" in show(FORGETS)
    kept = migrated(FORGETS, 'skip = ["await-calls"]')
    assert kept.is_unchanged
    assert any("is not awaited" in reason.text for reason in kept.report.refusals)


def test_a_database_stays_when_databases_are_left_out() -> None:
    left = migrated(DATABASE, 'skip = ["databases"]')
    assert left.is_unchanged
    assert left.reason("app.main:show").code == "AF901"


def test_a_handler_that_turns_in_any_case() -> None:
    settings = 'offload-only = "keep-def"\nfunctions."app.main.*" = "async"'
    assert "await run_in_threadpool" in show(READS, settings)
    assert migrated(READS, 'offload-only = "keep-def"\nfunctions."app.main.other" = "async"').is_unchanged


def test_the_first_name_that_fits_counts() -> None:
    table = "[tool.async-fix.functions]\n"
    kept = migrated(SLEEPS, table + '"app.main.show" = "thread"\n"app.main.*" = "auto"')
    assert kept.is_unchanged
    assert "await wait()" in show(SLEEPS, table + '"app.main.*" = "auto"\n"app.main.show" = "thread"')


def test_a_name_that_fits_no_function_is_said() -> None:
    found = migrated(SLEEPS, 'functions."app.mian.*" = "thread"').report.problems
    assert [str(problem) for problem in found] == [
        "functions of the config: nothing in the project is called app.mian.*"
    ]
    assert not migrated(SLEEPS, 'functions."app.main.*" = "auto"').report.problems
