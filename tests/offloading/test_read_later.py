"""What wraps a generator reads it when it is read itself: `iter(rows())` is as much of it as `rows()`."""

from __future__ import annotations

import pytest
from answers import assert_answers_stay
from small_projects import Migrated, migrate_main

PROGRAM = """
import functools
import itertools
import time

seen = []

def rows(n=3):
    for each in range(n):
        time.sleep(0)
        seen.append(each)
        yield each

@app.get("/")
def show():
{body}
"""


def shown(body: str) -> Migrated:
    return migrate_main(PROGRAM.format(body="\n".join(f"    {line}" for line in body.splitlines())))


@pytest.mark.parametrize(
    "body",
    [
        "for each in iter(rows()):\n    seen.append(-each)\nreturn seen",
        "return next(iter(filter(None, rows())), 7)",
        "assert next(iter(rows()), 7) == 0\nreturn seen",
        "kept = iter(rows())\nreturn [next(kept), next(kept)]",
        "kept = filter(None, rows())\nfor each in kept:\n    seen.append(-each)\nreturn seen",
        "kept = iter(rows())\nfor each in kept:\n    seen.append(next(kept, 9))\nreturn seen",
        "kept = map(str, rows())\ntry:\n    return next(kept)\nexcept StopIteration:\n    return 0",
        "return [[*group] for _, group in itertools.groupby(rows())]",
        "first, second = itertools.tee(rows())\nreturn [*first, *second]",
        "return list(itertools.takewhile(str, itertools.chain(rows(), rows(1))))",
        "return list(itertools.chain.from_iterable([max(rows(n))] for n in (1, 2)))",
        "return functools.reduce(int.__add__, (max(rows(n)) for n in (1, 2)))",
        "return sorted(itertools.zip_longest((max(rows(n)) for n in (1, 2)), fillvalue=0))",
    ],
)
def test_it_is_read_in_a_thread(body: str) -> None:
    done = shown(body)
    assert "await run_in_threadpool(" in done.function("app/main.py", "show")
    assert_answers_stay(done, "/")


@pytest.mark.parametrize(
    "body",
    [
        "return map(str, rows())",
        'return {"rows": enumerate(rows())}',
        "return itertools.chain.from_iterable(rows(n) for n in (1, 2))",
        "kept = iter(rows())\nseen.append(list(kept))\nkept = 3\nreturn kept",
        "kept = itertools.islice(open(__file__), 3)\nhead = next(kept)\nreturn [head, *kept]",
    ],
)
def test_where_nobody_can_wait_for_it_the_handler_stays(body: str) -> None:
    done = shown(body)
    assert done.is_unchanged
    assert "is read where nobody can wait for it" in done.reason("app.main:show").text


TWO = """
import json
from zipfile import ZipFile


def save(text):
    with open("note", "w") as f:
        f.write(text)
    return ("note", len(text)) if text else (None, 0)


@app.post("/kept")
def kept(path: str):
    with ZipFile(path) as archive:
        text = archive.read("text").decode()
        name, size = save(text)
    return {"name": name, "size": size}


@app.post("/both")
def both(path: str):
    data = json.load(open(path))
    first, second = data["first"], open(data["second"]).read()
    return {"first": first, "second": second}


@app.post("/read")
async def read(path: str):
    title = open(path).readline()
    first, second = reversed(json.load(open(title)))
    return {"first": first, "second": second}
"""


def test_a_tuple_is_returned_as_it_is_and_what_is_read_later_is_taken_apart_in_the_thread() -> None:
    text = migrate_main(TWO).texts["app/main.py"]
    assert '        text = archive.read("text").decode()\n            return save(text)\n' in text
    assert '        return data["first"], open(data["second"]).read()\n' in text
    assert "        first, second = reversed(json.load(open(title)))\n        return first, second\n" in text


SETTING = """
import time

seen = []

class Shelf:
    def __getitem__(self, key):
        time.sleep(0)
        seen.append(key)
        return "kept"

    def __setitem__(self, key, value):
        time.sleep(0)
        seen.append((key, value))

    def __delitem__(self, key):
        time.sleep(0)
        seen.append(f"no {{key}}")

shelf = Shelf()

def load(number):
    time.sleep(0)
    return number

@app.get("/")
async def show():
{body}
"""


@pytest.mark.parametrize(
    "statement",
    [
        "shelf['a'] = 1",
        "del shelf['a']",
        "shelf['a'] += '!'",
        "first, second = map(load, (1, 2))\nseen.append(first + second)",
        "first, *rest = map(len, kept := open('LICENSE'))\nkept.close()\nseen.append(first)",
    ],
)
def test_a_statement_that_sets_or_takes_apart_runs_in_a_thread(statement: str) -> None:
    body = "\n".join(f"    {line}" for line in [*statement.splitlines(), "return seen"])
    done = migrate_main(SETTING.replace("{{", "{").replace("}}", "}").replace("{body}", body))
    handler = done.function("app/main.py", "show")
    first = statement.partition("\n")[0]
    assert f"        {first}\n" in handler.partition("    def ")[2]
    assert "await run_in_threadpool(" in handler
    assert_answers_stay(done, "/")


@pytest.mark.parametrize(
    "statement", ["shelf['a'] = await ask()", "first, second = map(load, [await ask(), 2])"]
)
def test_one_that_awaits_as_well_is_told_of(statement: str) -> None:
    asked = "async def ask():\n    return 1\n\n@app.get"
    text = SETTING.replace("{{", "{").replace("}}", "}").replace("@app.get", asked)
    done = migrate_main(text.replace("{body}", f"    {statement}\n    return seen"))
    assert done.is_unchanged
    assert [reason.code for reason in done.report.refusals] == ["AF908"]


ROWS = """
import contextlib
import sqlite3

NAMES = ("id", "title")

@contextlib.contextmanager
def cursor():
    db = sqlite3.connect(":memory:")
    try:
        yield db.cursor()
    finally:
        db.close()

class Tickets:
    def get(self, wanted: int) -> dict | None:
        with cursor() as c:
            row = c.execute("select 7, 'late' where ? < 9", (wanted,)).fetchone()
        return dict(zip(NAMES, row)) if row else None

tickets = Tickets()

@app.get("/tickets/{wanted}")
def show(wanted: int):
    ticket = tickets.get(wanted)
    return ticket or {}
"""


def test_the_values_of_a_row_are_read_with_it() -> None:
    done = migrate_main(ROWS)
    assert "ticket = await run_in_threadpool(tickets.get, wanted)" in done.function("app/main.py", "show")
    assert_answers_stay(done, "/tickets/7")
