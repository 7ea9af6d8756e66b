"""Decorators of the project around functions that turn: the wrapper turns with all of them, or none does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from small_projects import Migrated, migrate, migrate_main

CHARGE = """
import functools
import time

CALLS = []


def charge(amount):
    time.sleep(0.01)
    return {"amount": amount, "call": len(CALLS)}
"""
HANDLER = """

@app.get("/pay")
def pay(n: int):
    return bill(n)
"""
BILL = "\n@timed\ndef bill(n):\n    return charge(n)\n"


def wrapper(body: str, before: str = "") -> str:
    return f"{before}\ndef timed(f):\n    @functools.wraps(f)\n    def inner(*a):\n{body}\n    return inner\n"


PLAIN = wrapper("        CALLS.append(1)\n        return f(*a)")

TURNS = {
    "calls it": PLAIN + BILL,
    "tries again": wrapper(
        "        for n in range(3):\n            try:\n                if not n:\n"
        "                    raise ValueError\n                return f(*a)\n"
        "            except ValueError:\n                time.sleep(0.01)"
    )
    + BILL,
    "keeps what it gives": wrapper(
        "        if a not in kept:\n            kept[a] = f(*a)\n        return kept[a]", "kept = {}"
    )
    + BILL,
    "calls it for each": wrapper("        return [f(each) for each in a]") + BILL,
    "is made by a factory": (
        "def timed(name):\n    def deco(f):\n        @functools.wraps(f)\n        def inner(*a, **k):\n"
        "            CALLS.append(name)\n            return f(*a, **k)\n        return inner\n"
        "    return deco\n"
    )
    + BILL.replace("@timed", "@timed('x')"),
    "is one of two": PLAIN
    + PLAIN.replace("timed", "logged").replace("f(*a)", "{'logged': f(*a)}")
    + BILL.replace("@timed", "@timed\n@logged"),
    "gives it back where there is nothing to do": "def timed(f):\n    if CALLS:\n        return f\n"
    "    @functools.wraps(f)\n    def inner(*a):\n        return f(*a)\n    return inner\n" + BILL,
    "updates it by hand": "def timed(f):\n    def inner(*a):\n        return f(*a)\n"
    "    functools.update_wrapper(inner, f)\n    return inner\n" + BILL,
    "has others look at its name": "def named(f, n):\n    CALLS.append(f'{f.__name__}{n}')\n"
    + wrapper("        named(f, len(a))\n        return f(*a)")
    + BILL,
    "stands on what waits for nothing, too": PLAIN + BILL + "\n@timed\ndef other(n):\n    return n\n"
    "\n@app.get('/other')\ndef others():\n    return other(2)\n",
    "stands on what waits in a thread, too": "import socket\n"
    + PLAIN
    + BILL
    + "\n@timed\ndef other(n):\n    return socket.gethostbyname('x')\n"
    "\n@app.get('/other')\ndef others():\n    return other(2)\n",
    "stands on the handler": PLAIN + "\ndef bill(n):\n    return charge(n)\n",
    "stands on a method": PLAIN
    + "\nclass Till:\n    @timed\n    def bill(self, n):\n        return charge(n)\n"
    "\ntill = Till()\n\ndef bill(n):\n    return till.bill(n)\n",
    "does more that waits in a thread": wrapper(
        "        CALLS.append(subprocess.run(['true']).returncode)\n        return f(*a)", "import subprocess"
    )
    + BILL,
    "is a static method": "class Tools:\n    @staticmethod\n    def timed(f):\n        @functools.wraps(f)\n"
    "        def inner(*a):\n            return f(*a)\n        return inner\n"
    + BILL.replace("@timed", "@Tools.timed"),
    "is given back or not": "import os\nif os.name == 'nt':\n    def timed(f):\n        return f\nelse:\n"
    "    def timed(f):\n        def inner(*a):\n            return f(*a)\n        return inner\n" + BILL,
}

STAYS = {
    "a lock is held around it": wrapper(
        "        with lock:\n            return f(*a)", "import threading\nlock = threading.Lock()"
    )
    + BILL,
    "it is called in a lambda": "def twice(g):\n    return g() or g()\n"
    + wrapper("        return twice(lambda: f(*a))")
    + BILL,
    "it is called in a generator expression": wrapper("        return next(f(each) for each in a)") + BILL,
    "it is called when it is decorated": "def timed(f):\n    f(0)\n    @functools.wraps(f)\n"
    "    def inner(*a):\n        return f(*a)\n    return inner\n" + BILL,
    "it is given to a pool": wrapper(
        "        return pool.submit(f, *a).result()",
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()",
    )
    + BILL,
    "it gets another name": wrapper("        g = f\n        return g(*a)") + BILL,
    "its __call__ is called": wrapper("        return f.__call__(*a)") + BILL,
    "its __call__ is called by others": "def run(g, n):\n    return g.__call__(n)\n"
    + wrapper("        return run(f, a[0])")
    + BILL,
    "a method of it is called as well": wrapper("        f.cache_clear()\n        return f(*a)") + BILL,
    "the wrapper is a generator": wrapper("        yield f(*a)") + BILL,
    "it is replaced now and then": "def free(n):\n    return {'amount': 0}\n"
    "def timed(f):\n    if CALLS:\n        f = free\n    @functools.wraps(f)\n"
    "    def inner(*a):\n        return f(*a)\n    return inner\n" + BILL,
    "it is called by way of partial": wrapper("        return functools.partial(f, *a)()") + BILL,
    "one of two functions is called": "def free(n):\n    return {'amount': 0}\n"
    + wrapper("        return (f if a else free)(*a)")
    + BILL,
    "the wrapper is kept": "ALL = {}\n"
    "def timed(f):\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a)\n"
    "    ALL[f.__name__] = inner\n    return inner\n" + BILL,
    "the function is kept": "def timed(f):\n    @functools.wraps(f)\n    def inner(*a):\n"
    "        return f(*a)\n    inner.raw = f\n    return inner\n" + BILL,
    "the decorator is called elsewhere": PLAIN + BILL + "\ndef raw(n):\n    return n\n\nalso = timed(raw)\n",
    "it stands on a generator": PLAIN + BILL + "\n@timed\ndef rows():\n    yield 1\n",
    "it stands on __init__": PLAIN
    + BILL
    + "\nclass Till:\n    @timed\n    def __init__(self):\n        self.open = True\n",
    "it stands on a property": PLAIN
    + BILL
    + "\nclass Till:\n    @property\n    @timed\n    def open(self):\n        return True\n",
    "it stands on a key of sorted": PLAIN
    + BILL
    + "\n@timed\ndef rank(n):\n    return -n\n\ndef ranked(rows):\n    return sorted(rows, key=rank)\n",
    "it stands on what a script calls": PLAIN
    + BILL
    + "\n@timed\ndef other(n):\n    return n\n\ndef main():\n    other(1)\n\nmain()\n",
    "the script calls it": PLAIN + BILL + "\nif __name__ == '__main__':\n    bill(1)\n",
    "the script calls what it stands on": PLAIN
    + BILL
    + "\nif __name__ == '__main__':\n    bill.__wrapped__(1)\n",
    "a thread runs what it stands on": PLAIN + BILL + "\nimport threading\n\n"
    "def start():\n    threading.Thread(target=bill.__wrapped__, args=(1,)).start()\n",
    "it stands on a task of Celery": "from celery import Celery\ncelery = Celery()\n"
    + PLAIN
    + BILL
    + "\n@celery.task\n@timed\ndef other(n):\n    return n\n",
    "the thread has state of its own": wrapper(
        "        local.depth = 1\n        return f(*a)", "import threading\nlocal = threading.local()"
    )
    + BILL,
}


def _migrated(source: str) -> Migrated:
    return migrate_main(CHARGE + source + HANDLER)


def _answers(text: str, folder: Path) -> list[Any]:
    """What the handler gives for the calls, and what it left."""
    names: dict[str, Any] = {"__name__": "app.main", "__file__": str(folder / "main.py")}
    exec(compile(text, "main.py", "exec"), names)
    found = []
    for n in (1, 1, 2):
        answer = names["pay"](n)
        found.append(asyncio.run(answer) if asyncio.iscoroutine(answer) else answer)
    return [*found, names["CALLS"]]


@pytest.mark.parametrize("kind", TURNS)
def test_a_wrapper_awaits_what_it_stands_on(kind: str, tmp_path: Path) -> None:
    source = TURNS[kind]
    if kind == "stands on the handler":
        done = migrate_main(CHARGE + source + HANDLER.replace("\ndef pay", "\n@timed\ndef pay"))
    else:
        done = _migrated(source)
    turned = {name.removesuffix(".inner").removesuffix(".deco") for name in done.turned}
    assert turned & {"app/main.py:timed", "app/main.py:Tools.timed"}
    assert "await f(" in done.texts["app/main.py"]
    assert "run_in_threadpool(bill" not in done.texts["app/main.py"]
    before, after = (_answers(texts["app/main.py"], tmp_path) for texts in (done.old, done.texts))
    assert after == before


@pytest.mark.parametrize("kind", STAYS)
def test_a_wrapper_that_cannot_await_all_keeps_all_sync(kind: str) -> None:
    done = _migrated(STAYS[kind])
    assert [name for name in done.turned if name not in ("app/main.py:pay", "app/main.py:charge")] == []
    text = done.texts["app/main.py"]
    assert "await f(" not in text
    assert "await bill(" not in text
    assert done.reason("app.main:bill").code in ("AF904", "AF906", "AF911")


def test_a_decorator_in_the_body_of_a_class_of_which_no_call_is_seen_keeps_all_sync() -> None:
    body = PLAIN.replace("\n", "\n    ").replace("    def timed", "class Till:\n    def timed")
    till = f"{body}\n    @timed\n    def bill(self, n):\n        return charge(n)\n"
    done = _migrated(till + "\n\ndef bill(n):\n    return Till().bill(n)\n")
    assert "await" not in done.function("app/main.py", "Till")
    assert done.reason("app.main:Till.bill").text == "nobody can tell where @timed calls the function"


def test_a_decorator_that_stands_on_what_tests_call_keeps_all_sync() -> None:
    """They would get a coroutine."""
    helper = "from app.main import timed\n\n\n@timed\ndef helper(n):\n    return n\n"
    done = migrate(
        {
            "app/__init__.py": "",
            "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"
            + CHARGE
            + PLAIN
            + BILL
            + HANDLER,
            "tests/test_it.py": f"{helper}\n\ndef test_it():\n    assert helper(1) == 1\n",
        }
    )
    assert done.turned == ["app/main.py:pay"]
    assert done.reason("app.main:bill").text == "@timed also decorates helper, which tests call"


def test_the_reason_names_what_keeps_the_others() -> None:
    reason = _migrated(STAYS["it stands on a key of sorted"]).reason("app.main:bill")
    assert reason.text == (
        "@timed is to await all that it decorates, and rank stays: rank is handed on as a plain function"
    )


@pytest.mark.parametrize(
    ("kind", "place", "why"),
    [
        ("the decorator is called elsewhere", "timed(raw)", "timed is used for more than to decorate"),
        ("it is handed on", "timed]", "timed is used for more than to decorate"),
        ("a method of it is called as well", "f.cache_clear()", "@timed calls a method of the function"),
    ],
)
def test_the_reason_names_the_place(kind: str, place: str, why: str) -> None:
    done = _migrated(STAYS.get(kind) or f"{PLAIN}{BILL}\nALL = [timed]\n")
    reason, lines = done.reason("app.main:bill"), done.old["app/main.py"].splitlines()
    assert reason.location is not None
    assert why in reason.text
    assert lines[reason.location.line - 1][reason.location.column - 1 :] == place


def test_all_that_one_wrapper_awaits_is_one_group() -> None:
    """With a part of it, the rest would be called and not awaited."""
    source = PLAIN + BILL + "\n@app.get('/other')\n@timed\ndef other():\n    return charge(3)\n"
    done = _migrated(source)
    (group,) = done.run.before.plan.groups
    assert {"app.main:timed.<locals>.inner", "app.main:bill", "app.main:other", "app.main:pay"} <= {
        *group.functions
    }


def test_a_function_that_is_async_already_is_awaited_as_before() -> None:
    other = "\n@timed\nasync def other(n):\n    return n\n"
    route = "\n@app.get('/own')\n@timed\ndef own(n: int):\n    return charge(n)\n"
    done = _migrated(PLAIN + BILL + other + route)
    assert "app/main.py:bill" in done.turned
    assert done.key("app.main:other") not in done.run.before.judgement.turned
    assert done.function("app/main.py", "other") == "@timed\nasync def other(n):\n    return n\n"
    notes = [note.text for group in done.run.before.plan.groups for note in group.notes]
    assert "@timed waits for other, and sees what comes of it" in notes


@pytest.mark.parametrize(
    ("given", "turns"),
    [
        ("sleep=time.sleep", False),
        ("sleep=lambda seconds: None", False),
        ("sleep=asyncio.sleep", True),
        ("before_sleep=tell", False),
        ("before_sleep=time.sleep", False),
        ("before_sleep=subprocess.run", False),
        ("before_sleep=print", True),
        ("before_sleep=count", True),
        ("retry=retry_if_result(tell)", False),
        ("retry=retry_if_result(lambda found: tell(found))", False),
        ("retry=retry_if_result(count)", True),
        ("stop=stop_after_attempt(2)", True),
    ],
)
def test_what_a_decorator_of_a_library_calls_runs_on_the_loop_too(given: str, *, turns: bool) -> None:
    """tenacity awaits what it sleeps with, and calls the rest as it is (tried with 9.2)."""
    retry = (
        "import asyncio\nimport subprocess\n"
        "from tenacity import retry, retry_if_result, stop_after_attempt\n\n"
        "def tell(state):\n    time.sleep(1)\n\ndef count(state):\n    CALLS.append(1)\n"
    )
    done = _migrated(retry + f"\n@retry({given})\ndef bill(n):\n    return charge(n)\n")
    assert ("app/main.py:bill" in done.turned) == turns


def test_a_failure_that_a_wrapper_waits_for_is_not_moved_to_a_worker() -> None:
    mail = "import smtplib\nfrom fastapi import HTTPException\n" + wrapper(
        "        try:\n            return f(*a)\n"
        "        except smtplib.SMTPException:\n            raise HTTPException(502)"
    )
    send = (
        "\ndef send(to: str):\n    with smtplib.SMTP('mail') as server:\n"
        "        server.sendmail('shop', to, 'hello')\n"
        "\n@app.post('/mail')\n@timed\ndef mail(to: str):\n    send(to)\n    return 'sent'\n"
    )
    assert ".kiq(" not in _migrated(mail + send).texts["app/main.py"]
    plain = _migrated(mail + send.replace("@timed\n", ""))
    assert "await send_email_task.kiq(to)" in plain.texts["app/main.py"]


STANDS = """
from contextlib import ContextDecorator, contextmanager
import time

@contextmanager
def timed(name):
    try:
        yield name
    finally:
        time.sleep(0.01)

class Locked(ContextDecorator):
    def __enter__(self):
        {enter}
    def __exit__(self, *error):
        return False

locked = Locked()

@{stands}
def place(n):
    return n

@app.get("/")
def order(n: int):
    return place(n)
"""


@pytest.mark.parametrize(
    ("stands", "enter", "waits"),
    [
        ('timed("place")', "pass", True),
        ("Locked()", "time.sleep(0.01)", True),
        ("locked", "time.sleep(0.01)", True),
        ("locked", "print(1)", False),
    ],
)
def test_a_context_manager_that_stands_on_a_function_is_entered_at_each_call(
    stands: str, enter: str, *, waits: bool
) -> None:
    done = migrate_main(STANDS.replace("{stands}", stands).replace("{enter}", enter))
    assert done.turned == ["app/main.py:order"]
    assert ("run_in_threadpool" in done.texts["app/main.py"]) is waits


@pytest.mark.parametrize("stands", ['timed("place")', "Locked()"])
def test_what_it_stands_on_goes_to_a_thread_with_it(stands: str) -> None:
    """It was said to do its work elsewhere, and stayed on the loop."""
    async_def = STANDS.replace("def order", "async def order").replace("{stands}", stands)
    done = migrate_main(async_def.replace("{enter}", "time.sleep(0.01)"))
    assert "return await run_in_threadpool(place, n)\n" in done.texts["app/main.py"]


BOTH = """
import asyncio
import functools


def timed(f):
    @functools.wraps(f)
    async def outer(*a):
        return await f(*a)

    @functools.wraps(f)
    def inner(*a):
        return f(*a)

CHOICE


@timed
def load(name):
    with open(name) as file:
        return file.read()


@timed
async def fetch(name):
    with open(name) as file:
        return file.read()


@app.get("/plain")
def plain():
    return load("a")


@app.get("/both")
async def both():
    return load("a"), await fetch("b")


@app.get("/under")
@timed
def under():
    return load("c")
"""
CHOICES = {
    "by a condition": "    if asyncio.iscoroutinefunction(f):\n        return outer\n"
    "    else:\n        return inner",
    "the other way round": "    if not asyncio.iscoroutinefunction(f):\n        return inner\n"
    "    return outer",
    "in an expression": "    return outer if asyncio.iscoroutinefunction(f) else inner",
}


@pytest.mark.parametrize("choice", CHOICES)
def test_of_two_wrappers_the_one_of_its_kind_runs(choice: str) -> None:
    """The change failed a proof, and an `async def` handler went on to block."""
    done = migrate_main(BOTH.replace("CHOICE", CHOICES[choice]))
    text = done.texts["app/main.py"]
    assert "async def plain():\n    return await run_in_threadpool(load, " in text
    assert '    return await run_in_threadpool(load, "a"), await fetch("b")\n' in text
    assert "async def under():\n    return await run_in_threadpool(load, " in text
    assert "async def fetch(name):\n    def read" in text


def test_nobody_knows_which_wrapper_runs_where_a_flag_says_so() -> None:
    done = migrate_main(BOTH.replace("CHOICE", "    return outer if LAZY else inner\n\n\nLAZY = False"))
    text = done.texts["app/main.py"]
    assert '    return load("a"), await fetch("b")\n' in text
    assert "\ndef plain():" in text
