"""Outcomes broken on purpose: each proof sees what it is for and names the group; the rest goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.engine import outcome as outcomes
from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.outcome import Outcome, carry_out
from async_fix.codemods.engine.prove import soundness
from async_fix.codemods.engine.prove.failure import Failure
from async_fix.codemods.engine.prove.lines import lines_stay
from async_fix.codemods.engine.prove.proofs import failures_of, guilty, waiting
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.engine.run import Run
from async_fix.codemods.model import AwaitExpression, FunctionId, Span
from msgspec.structs import replace
from small_projects import APP, source, start

BANK = '''
"""The bank."""
import requests

RATE = 3  # percent
TERMS = (
    """
  a week
"""
)
def charge(n, times=2):  # type: (int, int) -> dict
    """Take the money.

    From the bank.
    """
    # ask first
    total = n * times
    rest = total - RATE
    return requests.get(f"http://pay/{total}/{rest}").json()


def untouched(n):
    return n + 1
'''
ROUTES = '''
import asyncio
import json
import os
from threading import Lock
from time import (
    sleep,
    time,
)

from app.bank import charge

KNOWN = {"a": 1}
LOCK = Lock()
HERE = __file__
NOTE = """
  two in
"""


@app.get("/pay")
def pay(n: int = 3, m: "int" = 4):
    """Pay."""
    if charge(n):
        return charge(n)["total"]  # all of it
    return m


@app.get("/rows")
def rows():
    path = os.path.join("a", "b")
    with open(path) as file:
        data = json.load(file)
    return data


@app.get("/size")
def size():
    return list(numbers(3))


def numbers(n):
    for _ in range(n):
        yield len(open("x").read())


def double(n: (NUMBER := int)):
    return 2 * n


def length(name):
    return len(open(name).read())


def harmless(n):
    kept = [*range(n)]
    kept.append(n)
    yield from kept


@app.get("/late")
def late():
    """An import of several lines loses one."""
    sleep(1)
    return time()


class Shelf:
    limit = 3

    def first(self):
        return KNOWN["a"]


@app.get("/fast")
def fast():
    return Shelf().first()


@app.get("/locked")
async def locked():
    """What was awaited under a lock before is nothing new."""
    with LOCK:
        await asyncio.sleep(0)
    return open("x").read()


@app.get("/whole")
def whole(n: int = 3):
    """Unknown calls in a branch: the body moves as it is."""
    n += 1
    from somewhere import thing

    if thing(n):
        return thing(n, 1)
    return thing(n, 2)


if KNOWN:

    @app.get("/known")
    def known(n: int = 3):
        return n


@app.get("/ready")
async def ready():
    return KNOWN
'''
FILES = {"app/__init__.py": "", "app/bank.py": BANK, "app/main.py": APP + ROUTES}
PAY, ROWS, SIZE, FAST = "GET /pay", "GET /rows", "GET /size", "GET /fast"
WHOLE, IN_IF, LATE = "GET /whole", "GET /known", "GET /late"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return start({path: source(text) for path, text in FILES.items()}, tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def clean(run: Run) -> Outcome:
    return carry_out(run, run.before.plan.groups)


def tampered(clean: Outcome, path: str, old: str, new: str) -> Outcome:
    assert old in clean.texts[path], clean.texts[path]
    return replace(clean, texts={**clean.texts, path: clean.texts[path].replace(old, new, 1)})


def broken(clean: Outcome, path: str, old: str, new: str) -> tuple[set[str], set[str]]:
    """The proofs that fail, and the titles of the groups that fall."""
    outcome = tampered(clean, path, old, new)
    failures = failures_of(outcome)
    titles = {group.id: group.title for group in clean.groups}
    falling = guilty(outcome, failures) if failures else {}
    return {failure.proof for failure in failures}, {titles[each] for each in falling}


def test_a_clean_outcome_passes(clean: Outcome) -> None:
    assert not failures_of(clean)
    assert {group.title for group in clean.groups} >= {PAY, ROWS, SIZE, FAST, WHOLE, LATE}
    assert "    sleep,\n" not in clean.texts[MAIN]


def test_a_parameter_on_a_line_of_its_own_may_go(tmp_path: Path) -> None:
    main = """
from fastapi import BackgroundTasks
import smtplib


def welcome(to: str):
    with smtplib.SMTP("mail") as server:
        server.sendmail("shop@example.com", to, "Welcome!")


@app.post("/join")
def join(
    to: str,
    background: BackgroundTasks,
):
    background.add_task(welcome, to)
    return to
"""
    run = start({"app/__init__.py": "", "app/main.py": source(APP + main)}, tmp_path)
    clean = carry_out(run, run.before.plan.groups)
    assert not failures_of(clean)
    assert "background" not in clean.texts[MAIN]


MAIN, CLIENT = "app/main.py", "http_client.py"
BANK_FILE = "app/bank.py"
STAYS, COMMENTS, AWAITED, BLOCKS = (
    "what no edit is about stays",
    "comments survive",
    "coroutines are awaited",
    "nothing blocks",
)
BREAKS = {
    # hazard: (file, text, broken text, proof, title of a group that must fall)
    "syntax": (MAIN, "async def fast():", "async def fast(:", "it compiles", FAST),
    "await outside of a coroutine function": (
        BANK_FILE,
        "async def charge",
        "def charge",
        "it compiles",
        PAY,
    ),
    "a name bound twice": (MAIN, "async def fast():", "async def fast(a, a):", "it compiles", FAST),
    "a forgotten await in a test of truth": (MAIN, "if await charge(n)", "if charge(n)", AWAITED, PAY),
    "a forgotten await in a value": (MAIN, "(await charge(n))", "charge(n)", AWAITED, PAY),
    "a forgotten await in a lambda": (
        MAIN,
        "    return m\n",
        "    return m, lambda: charge(n)\n",
        AWAITED,
        PAY,
    ),
    "a forgotten await at the top, in a call, beside a coroutine that is run": (
        MAIN,
        "KNOWN = {",
        "asyncio.run(asyncio.sleep(0))\nFIRST = json.dumps(charge(1))\nKNOWN = {",
        AWAITED,
        PAY,
    ),
    "a forgotten await in a class": (
        MAIN,
        "    limit = 3\n",
        "    limit = 3\n    first_ = charge(1)\n",
        AWAITED,
        PAY,
    ),
    "a comment on a line": (MAIN, "  # all of it", "", COMMENTS, PAY),
    "a comment of its own": (BANK_FILE, "    # ask first\n", "", COMMENTS, PAY),
    "a type comment": (BANK_FILE, "  # type: (int, int) -> dict", "", COMMENTS, PAY),
    "a docstring": (MAIN, '    """Pay."""\n', "", COMMENTS, PAY),
    "a docstring changed": (BANK_FILE, "From the bank.", "From the till.", COMMENTS, PAY),
    "the indentation within a text": (MAIN, "\n  two in\n", "\n    two in\n", STAYS, ""),
    "the indentation within a text right above an edit": (
        BANK_FILE,
        "\n  a week\n",
        "\n    a week\n",
        STAYS,
        PAY,
    ),
    "a statement that no edit is about": (MAIN, 'KNOWN = {"a": 1}', 'KNOWN = {"a": 2}', STAYS, ""),
    "a function that no edit is about": (BANK_FILE, "return n + 1", "return n + 2", STAYS, PAY),
    "a line of a function that turned": (BANK_FILE, "total = n * times", "total = n + times", STAYS, PAY),
    "a method that leaves its class": (MAIN, "    def first(self):\n", "def first(self):\n", STAYS, ""),
    "a line lost": (BANK_FILE, "    rest = total - RATE\n", "    rest = 0\n", STAYS, PAY),
    "two lines swapped": (
        BANK_FILE,
        "    total = n * times\n    rest = total - RATE\n",
        "    rest = total - RATE\n    total = n * times\n",
        STAYS,
        PAY,
    ),
    "the line after a block that moved": (MAIN, "    return data\n", "    return path\n", STAYS, ROWS),
    "a line below an if": (MAIN, "        return n\n", "        return -n\n", STAYS, IN_IF),
    "a decorator lost": (MAIN, '@app.get("/fast")\n', "", "signatures stay", FAST),
    "a decorator changed": (MAIN, '@app.get("/fast")', '@app.get("/slow")', "signatures stay", FAST),
    "a default changed": (MAIN, "n: int = 3", "n: int = 4", "signatures stay", PAY),
    "a default changed below an if": (
        MAIN,
        "async def known(n: int = 3)",
        "async def known(n: int = 4)",
        "signatures stay",
        IN_IF,
    ),
    "an annotation changed": (MAIN, 'm: "int" = 4', 'm: "str" = 4', "signatures stay", PAY),
    "a parameter lost": (MAIN, ', m: "int" = 4', "", "signatures stay", PAY),
    "a default changed where the body moved": (
        MAIN,
        "async def whole(n: int = 3)",
        "async def whole(n: int = 4)",
        "signatures stay",
        WHOLE,
    ),
    "the first line of a body that moved": (MAIN, "    n += 1\n", "    n += 2\n", STAYS, WHOLE),
    "a line of a body that moved": (MAIN, "return thing(n, 1)", "return thing(n, 0)", STAYS, WHOLE),
    "a docstring of a body that moved": (MAIN, '    """Unknown', '    """Known', COMMENTS, WHOLE),
}


@pytest.mark.parametrize("hazard", BREAKS)
def test_a_broken_outcome_is_seen(clean: Outcome, hazard: str) -> None:
    path, old, new, proof, title = BREAKS[hazard]
    proofs, falling = broken(clean, path, old, new)
    assert proof in proofs
    assert not title or title in falling, falling


LAID_OUT = {
    # what an `await` before `g()` may change beside its own line: (old, new)
    "the rest of the statement": ("x = f(\n    g(),\n)\ny = 1\n", "x = f(await g())\ny = 1\n"),
    "the head of a block": ("if f(\n    g(),\n):\n    y = 1\n", "if f(await g()):\n    y = 1\n"),
    "a decorator": ("@f(\n    g(),\n)\ndef h():\n    y = 1\n", "@f(await g())\ndef h():\n    y = 1\n"),
}


@pytest.mark.parametrize("place", LAID_OUT)
def test_a_statement_with_an_edit_may_be_laid_out_anew(place: str) -> None:
    old, new = LAID_OUT[place]
    edits = {"m.py": [AwaitExpression(Span(2, 4, 2, 7))]}
    assert not [*lines_stay({"m.py": old}, {"m.py": new}, edits)]
    (failure,) = lines_stay({"m.py": old}, {"m.py": new.replace("y = 1", "y = 2")}, edits)
    assert failure.line == len(old.splitlines())


def test_a_failure_in_a_function_within_another_drops_the_group_around_it_alone(clean: Outcome) -> None:
    titles = {group.id: group.title for group in clean.groups}
    inner = FunctionId("app.main:pay.<locals>.inner.<locals>.more")
    falling = guilty(clean, [Failure("a proof", MAIN, "words", (inner,))])
    assert {titles[each]: words for each, words in falling.items()} == {PAY: "a proof: words"}


def test_a_line_that_changed_drops_the_group_around_it_alone(clean: Outcome) -> None:
    _, falling = broken(clean, MAIN, "    return m\n", "    return n\n")
    assert falling == {PAY}


def test_the_functions_that_a_failure_names_are_guilty_whatever_its_line(clean: Outcome) -> None:
    (pay,) = (group for group in clean.groups if FunctionId("app.main:pay") in group.functions)
    line = 1 + clean.run.texts[MAIN].splitlines().index("def rows():")
    failure = Failure("a proof", MAIN, "words", (FunctionId("app.main:pay"),), line)
    assert guilty(clean, [failure]) == {pay.id: "a proof: words"}


def test_a_file_drops_the_groups_that_change_it(clean: Outcome) -> None:
    (pay,) = (group for group in clean.groups if "app/bank.py" in group.edits)
    assert guilty(clean, [Failure("a proof", "app/bank.py", "words")]) == {pay.id: "a proof: words"}


def test_a_failure_of_nobody_drops_them_all(clean: Outcome) -> None:
    found = guilty(clean, [Failure("a proof", "app/elsewhere.py", "words")])
    assert found == {group.id: "a proof: words" for group in clean.groups}


STUCK = """
from nobody import audit
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker
import time

engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


def rest():
    time.sleep(1)


@app.get("/one")
async def one():
    rest()
    with SessionLocal() as db:
        audit(db)


@app.get("/two")
async def two():
    time.sleep(1)
"""


def test_what_keeps_a_database_is_behind_a_second_run_that_turns_it(tmp_path: Path) -> None:
    run = start({"app/__init__.py": "", MAIN: source(APP) + STUCK}, tmp_path)
    outcome = carry_out(run, run.before.plan.groups)
    one, two, rest = (FunctionId(f"app.main:{name}") for name in ("one", "two", "rest"))
    (stuck,) = (group for group in outcome.groups if one in group.functions)
    for proof, behind, functions in (
        (soundness.SECOND_RUN, waiting, {one, rest}),
        ("a proof", guilty, {two}),
    ):
        found = behind(outcome, [Failure(proof, MAIN, "words", (two,))])
        assert {f for group in outcome.groups if group.id in found for f in group.functions} == functions
    assert two not in stuck.functions


def test_what_keeps_a_database_and_has_no_place_is_behind_nothing(tmp_path: Path) -> None:
    """The tables are made at import, and no application is there to make them at its start."""
    main = source(APP).replace("FastAPI", "APIRouter") + STUCK.replace(
        "        audit(db)", "        db.flush()"
    )
    text = f"{main}\nclass Note(Base):\n    __tablename__ = 'notes'\n\nBase.metadata.create_all(engine)\n"
    run = start({"app/__init__.py": "", MAIN: text}, tmp_path)
    assert [reason.location for reason in run.before.database.obstacles] == [None]
    outcome = carry_out(run, run.before.plan.groups)
    failure = Failure(soundness.SECOND_RUN, MAIN, "words", (FunctionId("app.main:two"),))
    assert not waiting(outcome, [failure])


def test_a_forgotten_await_of_what_a_decorator_wraps(tmp_path: Path) -> None:
    main = """
import functools
import requests

def timed(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)
    return wrapper

@timed
def charge(n):
    return requests.get(f"http://pay/{n}").json()

@app.get("/pay")
def pay(n: int):
    return charge(n)
"""
    run = start({"app/__init__.py": "", MAIN: source(APP + main)}, tmp_path)
    clean = carry_out(run, run.before.plan.groups)
    assert not failures_of(clean)
    proofs, falling = broken(clean, MAIN, "return await func(", "return func(")
    assert AWAITED in proofs
    assert PAY in falling


NAMESAKES = """
import requests
from fastapi import BackgroundTasks

def add_task(n: int):
    return requests.get(f"http://pay/{n}").json()

class Till:
    def pay(self, n):
        return requests.get(f"http://pay/{n}").json()

class Purse(Till):
    def pay(self, n):
        return requests.get(f"http://purse/{n}").json()

@app.get("/pay")
def pay(n: int, background: BackgroundTasks):
    background.add_task(add_task, n)
    till = Purse() if n else Till()
    return till.pay(n), add_task(n)
"""


def test_of_functions_of_one_name_the_one_that_is_called_is_awaited(tmp_path: Path) -> None:
    run = start({"app/__init__.py": "", MAIN: source(APP + NAMESAKES)}, tmp_path)
    clean = carry_out(run, run.before.plan.groups)
    assert "    background.add_task(add_task, n)" in clean.texts[MAIN]
    assert not failures_of(clean)
    for call in ("till.pay(n)", "add_task(n)"):
        proofs, falling = broken(clean, MAIN, f"await {call}", call)
        assert AWAITED in proofs
        assert falling == {f"background task add_task, {PAY}"}


GENERATOR = """
import requests

def lines(n):
    for each in range(n):
        yield requests.get(f"http://pay/{each}").json()

@app.get("/lines")
def all_lines(n: int):
    return [line for line in lines(n)]
"""


def test_an_async_generator_that_is_read_as_if_it_were_sync(tmp_path: Path) -> None:
    run = start({"app/__init__.py": "", MAIN: source(APP + GENERATOR)}, tmp_path)
    clean = carry_out(run, run.before.plan.groups)
    assert not failures_of(clean)
    proofs, falling = broken(clean, MAIN, "async for line in lines", "for line in lines")
    assert AWAITED in proofs
    assert "GET /lines" in falling


SCRIPT = """
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine("sqlite:///x.db")
SessionLocal = sessionmaker(bind=engine)

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)

def names(db: Session):
    return db.scalars(select(User.id)).all()

@app.get("/names")
def show():
    with SessionLocal() as db:
        return names(db)

def main():
    with SessionLocal() as db:
        print(names(db))

if __name__ == "__main__":
    main()
"""


def test_a_coroutine_that_asyncio_runs_is_not_forgotten(tmp_path: Path) -> None:
    run = start({"app/__init__.py": "", MAIN: source(APP + SCRIPT)}, tmp_path)
    clean = carry_out(run, run.before.plan.groups)
    assert "    asyncio.run(main())" in clean.texts[MAIN]
    assert not failures_of(clean)
    proofs, _ = broken(clean, MAIN, "    asyncio.run(main())", "    print(main())")
    assert AWAITED in proofs


FILLING = """
from app.main import SessionLocal, names


def main():
    print(open("x").read())
    with SessionLocal() as db:
        print(names(db))


if __name__ == "__main__":
    main()
"""


def test_a_script_has_its_loop_to_itself_and_may_block_it(tmp_path: Path) -> None:
    files = {"app/__init__.py": "", MAIN: source(APP + SCRIPT), "fill.py": source(FILLING)}
    run = start(files, tmp_path)
    clean = carry_out(run, run.before.plan.groups)
    assert "await names(db)" in clean.texts["fill.py"]
    assert '    print(open("x").read())\n' in clean.texts["fill.py"]
    assert not failures_of(clean)


def test_a_blocking_call_in_a_function_that_turned(clean: Outcome) -> None:
    proofs, falling = broken(clean, MAIN, "    return Shelf().first()\n", "    return open('x').read()\n")
    assert {BLOCKS, STAYS} <= proofs
    assert FAST in falling


def test_a_helper_that_blocks_below_a_function_that_turned(clean: Outcome) -> None:
    proofs, falling = broken(clean, MAIN, 'return KNOWN["a"]', 'return open("a").read()')
    assert BLOCKS in proofs
    assert FAST in falling


def test_something_awaited_under_a_lock(clean: Outcome) -> None:
    new = "    with lock:\n        data = await run_in_threadpool(read_data)\n"
    proofs, falling = broken(clean, MAIN, "    data = await run_in_threadpool(read_data)\n", new)
    assert "locks are not held" in proofs
    assert ROWS in falling


def test_a_function_that_did_not_turn(clean: Outcome) -> None:
    proofs, falling = broken(clean, MAIN, "async def fast", "def fast")
    assert BLOCKS in proofs
    assert falling == {FAST}


def test_a_function_that_is_gone(clean: Outcome) -> None:
    proofs, falling = broken(clean, MAIN, "async def fast", "async def faster")
    assert {BLOCKS, "signatures stay"} <= proofs
    assert FAST in falling


def test_a_generator_that_comes_out_of_the_thread(clean: Outcome) -> None:
    new = "return list(await run_in_threadpool(numbers, 3))"
    proofs, falling = broken(clean, MAIN, "return await run_in_threadpool(lambda: list(numbers(3)))", new)
    assert proofs == {"threads do the work"}
    assert falling == {SIZE}


def test_a_generator_kept_from_the_thread_and_read_on_the_loop(clean: Outcome) -> None:
    new = "kept = await run_in_threadpool(numbers, 3)\n    return list(kept)"
    proofs, falling = broken(clean, MAIN, "return await run_in_threadpool(lambda: list(numbers(3)))", new)
    assert "threads do the work" in proofs
    assert falling == {SIZE}


@pytest.mark.parametrize(
    "new",
    [
        "import requests\n\n    return list(await run_in_threadpool(map, requests.get, KNOWN))",
        "return list(await run_in_threadpool(map, length, KNOWN))",
        "from somewhere import thing\n\n    return list(await run_in_threadpool(filter, thing, KNOWN))",
        "import requests\n\n    kept = await run_in_threadpool(map, requests.get, KNOWN)\n"
        "    return list(kept)",
        "import requests\n\n    return list(await run_in_threadpool(lambda: map(requests.get, KNOWN)))",
        "from somewhere import thing\n\n    return next(await run_in_threadpool(iter, thing, 1))",
        "for n in await run_in_threadpool(numbers, 3):\n        print(n)\n    return [n]",
        "for n in await run_in_threadpool(lambda: iter(numbers(3))):\n        print(n)\n    return [n]",
        "return list(await run_in_threadpool(numbers if KNOWN else harmless, 3))",
        "return list(await asyncio.to_thread(numbers, 3))",
        "from anyio import to_thread\n\n    return list(await to_thread.run_sync(numbers, 3))",
        "kept = await run_in_threadpool(numbers, 3)\n    return kept.__next__()",
    ],
)
def test_what_a_library_would_do_on_the_loop_for_each_item(clean: Outcome, new: str) -> None:
    proofs, falling = broken(clean, MAIN, "return await run_in_threadpool(lambda: list(numbers(3)))", new)
    assert "threads do the work" in proofs
    assert falling == {SIZE}


@pytest.mark.parametrize(
    "new",
    [
        "return list(await run_in_threadpool(map, double, KNOWN))",
        "return list(await run_in_threadpool(filter, None, KNOWN))",
        "return list(await run_in_threadpool(sorted, KNOWN, key=lambda name: len(open(name).read())))",
        "import itertools\n    from operator import itemgetter\n\n"
        "    return list(await run_in_threadpool(itertools.groupby, KNOWN, itemgetter(0)))",
        "return list(await run_in_threadpool(map, str.upper, KNOWN))",
        "return await run_in_threadpool(func=double)",
        "return repr(numbers)",
        "return list(await run_in_threadpool(harmless, 3))",
        "from fastapi.concurrency import iterate_in_threadpool\n    from somewhere import thing\n\n"
        "    other = thing(1)\n    kept = await run_in_threadpool(numbers, 3)\n    print(other)\n"
        "    return [n async for n in iterate_in_threadpool(kept)]",
    ],
)
def test_what_comes_out_of_the_thread_and_blocks_nobody(clean: Outcome, new: str) -> None:
    proofs, _ = broken(clean, MAIN, "return await run_in_threadpool(lambda: list(numbers(3)))", new)
    assert "threads do the work" not in proofs


def test_a_name_that_nothing_binds(clean: Outcome) -> None:
    proofs, falling = broken(
        clean, MAIN, "await run_in_threadpool(lambda: list(", "await run_on_the_moon(lambda: list("
    )
    assert "names stay bound" in proofs
    assert SIZE in falling


@pytest.mark.parametrize("name", ["__file__", "__path__", "__annotations__", "__class__", "print", "KNOWN"])
def test_a_name_that_python_or_the_module_binds(clean: Outcome, name: str) -> None:
    new = f"    print({name})\n    data = await run_in_threadpool(read_data)\n"
    proofs, _ = broken(clean, MAIN, "    data = await run_in_threadpool(read_data)\n", new)
    assert "names stay bound" not in proofs


@pytest.mark.parametrize(
    "late",
    [
        "import asyncio",
        "if KNOWN:\n        import asyncio",
        "from somewhere import asyncio",
        "asyncio = KNOWN",
        "for asyncio in KNOWN:\n        pass",
        "with open('x') as asyncio:\n        pass",
        "def asyncio():\n        pass",
        "asyncio: int = 3",
        "while KNOWN:\n        import asyncio",
        "del asyncio",
    ],
)
def test_a_name_that_is_read_above_what_makes_it_local(clean: Outcome, late: str) -> None:
    old = "    data = await run_in_threadpool(read_data)\n"
    new = f"    data = await asyncio.to_thread(read_data)\n    {late}\n"
    proofs, falling = broken(clean, MAIN, old, new)
    assert "names are bound before" in proofs
    assert ROWS in falling


def test_a_name_of_a_module_that_is_read_above_what_binds_it(clean: Outcome) -> None:
    proofs, _ = broken(clean, MAIN, 'KNOWN = {"a": 1}', 'print(LATER)\nKNOWN = {"a": 1}\nLATER = 1')
    assert "names are bound before" in proofs


@pytest.mark.parametrize(
    "new",
    [
        "import asyncio\n    data = await asyncio.to_thread(read_data)",
        "if KNOWN:\n        import asyncio\n    data = await asyncio.to_thread(read_data)",
        "for _ in KNOWN:\n        data = _ and data\n        data = await run_in_threadpool(read_data)",
        "asyncio: int\n    data = await run_in_threadpool(read_data)",
        "later = lambda: asyncio\n    asyncio = data = await run_in_threadpool(read_data)",
        "data = [data for data in KNOWN]",
        "data = await run_in_threadpool(read_data)\n\n    class Later:\n        KNOWN = KNOWN",
        "data = print\n    global PRINTED\n    PRINTED = data",
        "isinstance(ROWS, dict)\n    data = ROWS",
    ],
)
def test_a_name_that_something_above_or_elsewhere_may_have_bound(clean: Outcome, new: str) -> None:
    with_rows = tampered(clean, MAIN, "KNOWN = {", "ROWS = 1\nKNOWN = {")
    proofs, _ = broken(with_rows, MAIN, "data = await run_in_threadpool(read_data)", new)
    assert "names are bound before" not in proofs


def test_a_name_that_was_read_too_early_before_is_no_fault_of_the_change(tmp_path: Path) -> None:
    main = """
import requests

@app.get("/early")
def early(n: int):
    try:
        rate
    except UnboundLocalError:
        pass
    rate = requests.get("http://x").json()
    return rate
"""
    run = start({"app/__init__.py": "", "app/main.py": source(APP + main)}, tmp_path)
    clean = carry_out(run, run.before.plan.groups)
    assert "await http_client" in clean.texts[MAIN]
    assert not failures_of(clean)


def test_an_import_that_lost_its_use(clean: Outcome) -> None:
    proofs, _ = broken(clean, BANK_FILE, "RATE = 3", "import requests\n\nRATE = 3")
    assert "imports stay used" in proofs


def test_a_generated_module_that_imports_in_a_circle(clean: Outcome) -> None:
    path = next(path for path in clean.created if path.endswith("http_client.py"))
    first = clean.texts[path].splitlines()[-1]
    proofs, falling = broken(clean, path, first, f"{first}\nfrom app.bank import RATE\n")
    assert "imports end" in proofs
    assert falling


@pytest.mark.parametrize(
    "text",
    [
        'async def extra() -> str:\n    return open("x").read()\n',
        'def read() -> str:\n    return open("x").read()\n\n\nasync def extra() -> str:\n    return read()\n',
    ],
)
def test_something_that_blocks_in_a_generated_module(clean: Outcome, text: str) -> None:
    failures = failures_of(replace(clean, texts={**clean.texts, "app/extra.py": text}))
    assert "nothing new blocks" in {failure.proof for failure in failures}


SERVICE = """
import asyncio

from somewhere import opened, save


async def fetch(n):
    await asyncio.sleep(n)
    await keep(n)
    return n


async def keep(n):
    await save(n)
    async with opened(n) as lines:
        async for _ in lines.read():
            pass


def store(n):
    open("x", "w").write(str(n))
"""
BRIDGE = """
import asyncio

from app.service import fetch


@app.get("/fetch")
def fetched(n: int):
    return asyncio.run(fetch(n))
"""


@pytest.mark.parametrize("blocks", ['open("x").read()', "store(n)"])
def test_something_that_blocks_in_a_coroutine_that_had_a_loop_of_its_own(tmp_path: Path, blocks: str) -> None:
    files = {"app/__init__.py": "", "app/service.py": SERVICE, "app/main.py": APP + BRIDGE}
    run = start({path: source(text) for path, text in files.items()}, tmp_path)
    clean = carry_out(run, run.before.plan.groups)
    assert not failures_of(clean), "what it awaits is not known, and awaited all the same"
    assert "await fetch(n)" in clean.texts[MAIN]
    service = run.texts["app/service.py"].replace("await asyncio.sleep(n)", blocks)
    left = carry_out(run, ())
    for outcome, expected in ((clean, {("app.service:fetch", "app.main:fetched")}), (left, set())):
        failures = failures_of(replace(outcome, texts={**outcome.texts, "app/service.py": service}))
        found = {failure.functions for failure in failures if failure.proof == "nothing brought blocks"}
        assert found == expected, "without the change it has a loop of its own still"


GENERATORS = """
import contextlib

import requests


def pages(n):
    for number in range(n):
        yield requests.get(f"http://x/{number}").json()


@contextlib.contextmanager
def page(n):
    yield requests.get(f"http://x/{n}").json()


@app.get("/all")
def all_pages(n: int):
    found = []
    for each in pages(n):
        found.append(each)
    return found


@app.get("/one")
def one_page(n: int):
    with page(n) as found:
        return found
"""


@pytest.fixture(scope="module")
def stepping(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    files = {"app/__init__.py": "", "app/main.py": source(APP + GENERATORS)}
    run = start(files, tmp_path_factory.mktemp("stepping"))
    return carry_out(run, run.before.plan.groups)


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ("    async for each in pages(n):", "    for each in pages(n):", "GET /all"),
        ("    async with page(n)", "    with page(n)", "GET /one"),
        ("KEPT = 1\n", "KEPT = 1\n\n\ndef more(n):\n    yield from pages(n)\n", "GET /all"),
    ],
)
def test_steps_that_are_taken_as_if_they_were_sync(stepping: Outcome, old: str, new: str, title: str) -> None:
    clean = replace(stepping, texts={**stepping.texts, MAIN: f"{stepping.texts[MAIN]}\n\nKEPT = 1\n"})
    assert not failures_of(clean)
    proofs, falling = broken(clean, MAIN, old, new)
    assert AWAITED in proofs
    assert title in falling


RESOLVERS = """
import time

import strawberry
from somewhere import thing
from strawberry.fastapi import GraphQLRouter


@strawberry.type
class Query:
    @strawberry.field
    def told(self, n: int) -> str:
        time.sleep(n)
        return thing(n)


@app.get("/told")
def told(n: int):
    time.sleep(n)
    return n


app.include_router(GraphQLRouter(strawberry.Schema(Query)), prefix="/graphql")
"""


@pytest.fixture(scope="module")
def resolving(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    files = {"app/__init__.py": "", MAIN: source(APP + RESOLVERS)}
    run = start(files, tmp_path_factory.mktemp("resolving"))
    return carry_out(run, run.before.plan.groups)


def test_what_nobody_knows_may_stay_on_the_loop_where_a_resolver_ran_there_before(resolving: Outcome) -> None:
    assert "async def told(self, n: int)" in resolving.texts[MAIN]
    assert "        return thing(n)" in resolving.texts[MAIN]
    assert not failures_of(resolving)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        return thing(n)", "        return open('x').read()"),
        ("    return n\n", "    return thing(n)\n"),
    ],
    ids=["what is known, in a resolver", "what nobody knows, in a handler"],
)
def test_what_blocks_on_the_loop_of_a_resolver_or_of_a_handler_beside_it(
    resolving: Outcome, old: str, new: str
) -> None:
    proofs, _ = broken(resolving, MAIN, old, new)
    assert BLOCKS in proofs


def test_a_second_run_that_would_change_something(clean: Outcome) -> None:
    text = clean.texts[MAIN] + '\n\n@app.get("/more")\ndef more():\n    return 1\n'
    failures = failures_of(replace(clean, texts={**clean.texts, MAIN: text}))
    assert {failure.proof for failure in failures} == {"the second run changes nothing"}


def test_groups_that_were_left_out_may_change_another_time(run: Run) -> None:
    for group in run.before.plan.groups:
        assert not failures_of(carry_out(run, (group,)))


def test_a_file_that_cannot_be_rewritten(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(source: str, *arguments: object, **options: object) -> str:
        if "def charge" in source:
            raise RewriteError("no", Span(1, 0, 1, 0))
        return rewrite(source, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(outcomes, "rewrite", fails)
    report = pipeline.apply(run)
    assert [group.title for group, _ in report.dropped] == [PAY]
    assert "it can be rewritten" in report.dropped[0][1]
    changed = {file.path for file in report.files}
    assert MAIN in changed
    assert BANK_FILE not in changed


@pytest.mark.parametrize("is_seen", [True, False], ids=["refused by the rewriter", "broken by the rewriter"])
def test_a_group_that_spoils_a_file_falls_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, is_seen: bool
) -> None:
    """Many groups change the file; no function or line is named, so each is tried without the others."""

    def spoils(source: str, *arguments: object, **options: object) -> str:
        text = rewrite(source, *arguments, **options)  # type: ignore[arg-type]
        if is_seen and "async def fast(" in text:
            raise RewriteError("no", Span(1, 0, 1, 0))
        return text.replace("async def fast(", "async def fast(:")

    monkeypatch.setattr(outcomes, "rewrite", spoils)
    report = pipeline.apply(run)
    assert [group.title for group, _ in report.dropped] == [FAST]
    (new,) = ((file.new or b"").decode() for file in report.files if file.path == MAIN)
    assert "async def pay(" in new
    assert "\ndef fast(" in new


def test_a_bug_in_the_rewriter_is_no_crash(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object, **options: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(outcomes, "rewrite", fails)
    report = pipeline.apply(run)
    assert not report.files
    assert len(report.dropped) == len(run.before.plan.groups)


def test_a_group_that_fails_falls_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rewriter forgets one await; everything else is carried out and proven without that group."""

    def forgets(source: str, *arguments: object, **options: object) -> str:
        return rewrite(source, *arguments, **options).replace("if await charge(n)", "if charge(n)")  # type: ignore[arg-type]

    monkeypatch.setattr(outcomes, "rewrite", forgets)
    report = pipeline.apply(run)
    ((group, words),) = report.dropped
    assert (group.title, words.startswith("coroutines are awaited: ")) == (PAY, True)
    new = {file.path: (file.new or b"").decode() for file in report.files}
    assert "async def fast" in new[MAIN]
    assert "\ndef pay(" in new[MAIN]
    assert BANK_FILE not in new
    (row,) = (row for row in report.handlers if row.entry.label == PAY)
    assert row.before is row.after
    assert row.reason is not None
    assert row.reason.code == "AF912"
    assert all(finding.group != group.id for finding in report.findings)


def test_what_is_written_is_what_was_proven(run: Run, tmp_path: Path) -> None:
    report = pipeline.apply(run)
    for file in report.files:
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.new or b"")
    for name, text in run.texts.items():
        if not (tmp_path / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
    (tmp_path / "pyproject.toml").write_text("")
    again = pipeline.apply(start({}, tmp_path))
    assert not again.files
    assert not again.groups


def test_a_note_for_a_type_checker_goes_with_its_import(tmp_path: Path) -> None:
    main = """
import requests  # type: ignore[import-untyped]
from fastapi import FastAPI  # the framework

app = FastAPI()

@app.get("/x")
def x():
    return requests.get("https://x.example").json()
"""
    run = start({"app/__init__.py": "", "app/main.py": source(main)}, tmp_path)
    done = carry_out(run, run.before.plan.groups)
    assert not failures_of(done)
    assert "type: ignore" not in done.texts[MAIN]
    assert "# the framework" in done.texts[MAIN]
