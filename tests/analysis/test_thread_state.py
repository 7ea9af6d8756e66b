"""State of one thread: what is set there is read there, and on the loop nothing waits in between."""

from __future__ import annotations

import pytest
from answers import assert_answers_stay
from small_projects import Migrated, migrate_main

STATE = """
import threading
import time

local = threading.local()
held = threading.local()
users: dict[int, str] = {}


def ask():
    time.sleep(0)


def fill(name):
    SET
    ask()


def who():
    return READ


def connection():
    if not hasattr(held, "connection"):
        held.connection = object()
    return held.connection


def fetch(name):
    connection()
    ask()
    return name


@app.get("/{name}")
"""
SETS = [
    "local.user = name",
    "setattr(local, 'user', name)",
    "vars(local)['user'] = name",
    "local.__dict__.update(user=name)",
    "users[threading.get_ident()] = local.user = name",
]
READS = [
    "local.user",
    "getattr(local, 'user', None)",
    "vars(local).get('user')",
    "local.user if hasattr(local, 'user') else ''",
    "users.get(threading.get_ident(), getattr(local, 'user', ''))",
]
FILLS = "fill(name)\n    return {'who': who()}\n"


def served(handler: str, set_by: str = SETS[0], read_by: str = READS[0]) -> Migrated:
    done = migrate_main(STATE.replace("SET", set_by).replace("READ", read_by) + handler)
    assert_answers_stay(done, "/eve")
    return done


@pytest.mark.parametrize("read_by", READS)
@pytest.mark.parametrize("set_by", SETS)
def test_a_handler_in_a_thread_stays_in_one(set_by: str, read_by: str) -> None:
    done = served(f"def show(name: str):\n    {FILLS}", set_by, read_by)
    assert "return await run_in_threadpool(_show, name)" in done.function("app/main.py", "show")


def test_two_calls_that_share_state_go_to_one_thread() -> None:
    body = "first = fetch(name)\n    print(first)\n    return {'who': [first, fetch(first)]}\n"
    done = served(f"def show(name: str):\n    {body}")
    assert "return await run_in_threadpool(_show, name)" in done.function("app/main.py", "show")


@pytest.mark.parametrize(
    "body",
    [
        FILLS,
        "local.user = name\n    time.sleep(0)\n    return {'who': who()}\n",
        "local.user = name\n    ask()\n    return {'who': local.user}\n",
        "local.user = name\n    fetch(name)\n    return {'who': getattr(local, 'user')}\n",
        "local.user = name\n    later()\n    return {'who': who()}\n\n\n"
        "def later():\n    ask()\n    print(who())\n",
    ],
)
def test_nothing_waits_on_the_loop_between_what_sets_and_what_reads(body: str) -> None:
    """Another request would set it meanwhile, and a thread has a state of its own."""
    done = served(f"async def show(name: str):\n    {body}")
    assert "await" not in done.function("app/main.py", "show")
    reasons = [finding.remedy_text for finding in done.report.findings]
    assert reasons
    assert all("uses thread-local state" in reason for reason in reasons)


OF_THE_LOOP = """
@app.middleware("http")
async def remember(request, call_next):
    local.user = request.url.path
    return await call_next(request)
"""


@pytest.mark.parametrize("is_set_around", [True, False])
def test_what_a_middleware_sets_on_the_loop_is_read_there(is_set_around: bool) -> None:
    handler = "async def show(name: str):\n    return {'who': tell(name)}\n"
    handler += "\n\ndef tell(name):\n    ask()\n    return f'{connection() and 1} {READ}'\n"
    around = OF_THE_LOOP if is_set_around else ""
    done = served(handler.replace("READ", "who()" if is_set_around else "name") + around)
    assert ("await" in done.function("app/main.py", "show")) is not is_set_around


def test_a_function_that_keeps_a_connection_for_each_thread_goes_to_any() -> None:
    done = served("async def show(name: str):\n    return {'who': fetch(name)}\n")
    assert "await run_in_threadpool(fetch, name)" in done.function("app/main.py", "show")
