"""What belongs to one thread, and is done with before something is awaited; sqlite3 watches that itself."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from small_projects import Migrated, migrate_main

# the programs leave their connections to the garbage collector, of which Python 3.13 warns
pytestmark = pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")

HEAD = """\
import os
import sqlite3
import time
from contextlib import closing, contextmanager
from functools import partial

from fastapi import Depends, HTTPException


def get_conn():
    return sqlite3.connect(os.environ["SHOP_DB"])


@contextmanager
def database():
    conn = get_conn()
    try:
        yield conn
        conn.commit()
    finally:
        conn.close()


def names(conn):
    return [name for (name,) in conn.execute("select name from user")]


def lazily(conn):
    for (name,) in conn.execute("select name from user"):
        yield name


def inject():
    with database() as conn:
        yield conn


shared = sqlite3.connect(":memory:", check_same_thread=False)


"""
APART = {
    "a context manager": """
        with database() as db:
            db.execute("insert into user (name) values ('bob')")
            found = names(db)
        time.sleep(0.001)
        return found
    """,
    "one that closes": """
        with closing(get_conn()) as db:
            found = db.execute("select name from user").fetchall()
        time.sleep(0.001)
        return found
    """,
    "opened and closed": """
        conn = get_conn()
        cursor = conn.cursor()
        cursor.execute("insert into user (name) values ('bob')")
        conn.commit()
        number = cursor.lastrowid
        conn.close()
        time.sleep(0.001)
        return number
    """,
    "a way out between": """
        conn = get_conn()
        row = conn.execute("select name from user where id = ?", (n,)).fetchone()
        if row is None:
            conn.close()
            raise HTTPException(404)
        found = names(conn)
        conn.close()
        time.sleep(0.001)
        return [row[0], found]
    """,
    "in the end": """
        conn = get_conn()
        try:
            found = names(conn)
        finally:
            conn.close()
        time.sleep(0.001)
        return found
    """,
    "behind what is awaited": """
        time.sleep(0.001)
        with database() as db:
            found = names(db)
            db.execute("delete from user")
        return found
    """,
    "one after the other": """
        with database() as db:
            db.execute("insert into user (name) values ('bob')")
        time.sleep(0.001)
        with database() as db:
            found = names(db)
        return found
    """,
    "of one name, in branches": """
        time.sleep(0.001)
        if n:
            with database() as db:
                found = names(db)
                db.execute("delete from user")
        else:
            found = []
        return found
    """,
}
TOGETHER = {
    "open in between": """
        conn = get_conn()
        found = names(conn)
        time.sleep(0.001)
        conn.execute("insert into user (name) values ('bob')")
        conn.close()
        return found
    """,
    "waited for inside": """
        with database() as db:
            found = names(db)
            time.sleep(0.001)
        return found
    """,
    "a cursor that is read later": """
        conn = get_conn()
        cursor = conn.execute("select name from user")
        time.sleep(0.001)
        return cursor.fetchall()
    """,
    "kept in a list": """
        conns = [get_conn()]
        names(conns[0])
        time.sleep(0.001)
        return names(conns[0])
    """,
    "an inner function has it": """
        conn = get_conn()
        def found():
            return names(conn)
        found()
        time.sleep(0.001)
        return found()
    """,
    "a function without a name has it": """
        conn = get_conn()
        find = lambda: names(conn)
        find()
        time.sleep(0.001)
        return find()
    """,
    "a partial has it": """
        conn = get_conn()
        find = partial(names, conn)
        find()
        time.sleep(0.001)
        return find()
    """,
    "its own method": """
        conn = get_conn()
        run = conn.execute
        run("select 1")
        time.sleep(0.001)
        return run("select name from user").fetchall()
    """,
    "a generator goes on with it": """
        conn = get_conn()
        found = lazily(conn)
        time.sleep(0.001)
        return list(found)
    """,
    "a map goes on with it": """
        conn = get_conn()
        found = map(len, conn.execute("select name from user"))
        time.sleep(0.001)
        return list(found)
    """,
    "one without a name": """
        found = map(len, get_conn().execute("select name from user"))
        time.sleep(0.001)
        return list(found)
    """,
    "one without a name behind one that is closed": """
        with database() as db:
            found = names(db)
        time.sleep(0.001)
        more = map(len, get_conn().execute("select name from user"))
        return [found, list(more)]
    """,
    "put into a list": """
        conn, ways = get_conn(), []
        ways.append(partial(names, conn))
        ways[0]()
        time.sleep(0.001)
        return ways[0]()
    """,
    "given to the handler": """
        names(db)
        time.sleep(0.001)
        return names(db)
    """,
}


def _migrated(body: str, parameters: str = "n: int = 1") -> Migrated:
    lines = "\n".join(line[4:] for line in body.strip("\n").rstrip().split("\n"))
    kept = "import peewee\nbase = peewee.SqliteDatabase('x.db')\n" if "base." in body else ""
    kept += "app.state.conn = sqlite3.connect('x.db')\n" if "app.state" in body else ""
    return migrate_main(f'{HEAD}{kept}@app.get("/n")\ndef handler({parameters}):\n{lines}\n')


def _answers(text: str, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, **given: Any) -> list[Any]:
    """Of two requests on a database of their own: the second one sees what the first has stored."""
    path = folder / f"{name}.db"
    monkeypatch.setenv("SHOP_DB", str(path))
    with sqlite3.connect(path) as conn:
        conn.execute("create table user (id integer primary key, name text)")
        conn.execute("insert into user (name) values ('ann')")
    conn.close()
    namespace: dict[str, Any] = {}
    exec(compile(text, name, "exec"), namespace)
    handler = namespace["handler"]
    if asyncio.iscoroutinefunction(handler):
        return [asyncio.run(handler(**given)) for _ in range(2)]
    return [handler(**given) for _ in range(2)]


@pytest.mark.parametrize("form", APART)
def test_what_stands_around_one_is_awaited(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = _migrated(APART[form])
    text = done.texts["app/main.py"]
    assert "await asyncio.sleep(0.001)" in text
    assert "_handler" not in text
    old = _answers(done.old["app/main.py"], tmp_path, "old", monkeypatch)
    assert _answers(text, tmp_path, "new", monkeypatch) == old


@pytest.mark.parametrize("form", TOGETHER)
def test_nothing_is_awaited_while_one_is_open(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_given = form == "given to the handler"
    done = _migrated(TOGETHER[form], "db: sqlite3.Connection = Depends(inject)" if is_given else "n: int = 1")
    text = done.texts["app/main.py"]
    assert "asyncio.sleep" not in text
    if not is_given:
        old = _answers(done.old["app/main.py"], tmp_path, "old", monkeypatch)
        assert _answers(text, tmp_path, "new", monkeypatch) == old


OPEN_BEFORE = {
    "the module": """
        shared.execute("insert into user (name) values ('bob')")
        time.sleep(0.001)
        shared.commit()
        return names(shared)
    """,
    "the application": """
        app.state.conn.execute("delete from user")
        app.state.conn.execute("insert into user (name) values ('bob')")
        time.sleep(0.001)
        app.state.conn.execute("insert into user (name) values ('eve')")
        app.state.conn.commit()
        return n
    """,
    "the thread, kept by its library": """
        with database() as db:
            found = names(db)
        base.connect(reuse_if_open=True)
        base.execute_sql("delete from user")
        time.sleep(0.001)
        base.execute_sql("insert into user (name) values ('eve')")
        base.close()
        return found
    """,
}


@pytest.mark.parametrize("whose", OPEN_BEFORE)
def test_one_that_is_not_the_handlers_own_stays_as_it_is(whose: str) -> None:
    done = _migrated(OPEN_BEFORE[whose])
    assert "asyncio.sleep" not in done.texts["app/main.py"]
