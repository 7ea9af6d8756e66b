"""Pools of psycopg 3 with their connections, cursors and transactions, and their twins, on PostgreSQL."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from async_fix.codemods import catalogue
from client_programs import Outcome, changed, migrate
from postgres_server import postgres_server
from running import run

HEAD = """
from fastapi import APIRouter, Depends, HTTPException
import psycopg
from psycopg import Connection, Cursor, sql
from psycopg.rows import class_row, dict_row

from app.db import get_conn, get_cursor, pool

router = APIRouter()


def names_of(conn: Connection, least: int):
    with conn.cursor() as cur:
        cur.execute("select name from people where id >= %s order by id", (least,))
        return [row[0] for row in cur]


def add(cur: Cursor, name):
    cur.execute("insert into people (name) values (%s) returning id", (name,))
    return cur.fetchone()[0]


class People:
    def first(self):
        with pool.connection() as conn:
            return conn.execute("select id, name from people order by id").fetchone()


people = People()


"""
DB = """
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from psycopg import Connection, Cursor
from psycopg_pool import ConnectionPool

pool = ConnectionPool("URL", min_size=1, max_size=3, timeout=5, open=True)


@contextmanager
def get_conn() -> Iterator[Connection]:
    with pool.connection() as conn:
        yield conn


@contextmanager
def get_cursor() -> Generator[Cursor, None, None]:
    with get_conn() as conn:
        with conn.cursor() as cur:
            try:
                yield cur
            except KeyError:
                conn.rollback()
                raise
"""
WITH = "with pool.connection() as conn:\n"
CURSOR = WITH + "    with conn.cursor() as cur:\n"
CALLS = {
    "one row": CURSOR + '        cur.execute("select 1 + %s", (2,))\n        return cur.fetchone()',
    "no row": CURSOR + '        cur.execute("select 1 where false")\n        row = cur.fetchone()\n        if not row:\n            raise HTTPException(404)\n        return row',
    "all rows": WITH + '    return conn.execute("select id, name from people order by id").fetchall()',
    "some rows": CURSOR + '        cur.execute("select id from people order by id")\n        return [cur.fetchmany(2), cur.fetchone(), cur.rowcount, cur.rownumber]',
    "a loop": CURSOR + '        cur.execute("select name from people order by id")\n        found = []\n        for row in cur:\n            found.append(row[0])\n        return found',
    "a loop that is left": CURSOR + '        cur.execute("select name from people order by id")\n        for (name,) in cur:\n            return name',
    "a loop over what a query gives": WITH + '    found = []\n    for row in conn.execute("select name from people order by id"):\n        found.append(row)\n    return found',
    "a list of it": CURSOR + '        cur.execute("select name from people order by id")\n        return list(cur)',
    "dictionaries": WITH + '    with conn.cursor(row_factory=dict_row) as cur:\n        cur.execute("select * from people order by id")\n        return cur.fetchall()',
    "names of columns": CURSOR + '        cur.execute("select * from people order by id")\n        names = [column.name for column in cur.description]\n        return [dict(zip(names, row)) for row in cur.fetchall()]',
    "a cursor that is not entered": WITH + '    cur = conn.cursor()\n    cur.execute("select 1")\n    row = cur.fetchone()\n    cur.close()\n    return row',
    "a cursor without a name": WITH + '    return conn.cursor().execute("select 7").fetchone()',
    "an insertion": CURSOR + '        n = add(cur, "Dora")\n    conn.commit()\nreturn [n, people.first()]',
    "many insertions": CURSOR + '        cur.executemany("insert into people (name) values (%s)", [("a",), ("b",)])\n        return cur.rowcount',
    "what is taken back": WITH + '    conn.execute("delete from people")\n    conn.rollback()\n    return names_of(conn, 1)',
    "what fails": WITH + '    conn.execute("delete from people")\n    raise HTTPException(409)',
    "a transaction": WITH + '    with conn.transaction():\n        conn.execute("insert into people (name) values (\'t\')")\n    return names_of(conn, 1)',
    "a transaction that fails": WITH + '    try:\n        with conn.transaction():\n            conn.execute("delete from people")\n            raise KeyError("x")\n    except KeyError:\n        return names_of(conn, 1)',
    "a transaction beside the connection": 'with pool.connection() as conn, conn.transaction(), conn.cursor() as cur:\n    return add(cur, "w")',
    "a duplicate": WITH + '    try:\n        conn.execute("insert into people (id, name) values (1, \'x\')")\n    except psycopg.errors.UniqueViolation as error:\n        conn.rollback()\n        return error.sqlstate',
    "a wrong query": WITH + '    conn.execute("select nothing from nowhere")',
    "a composed query": WITH + '    return conn.execute(sql.SQL("select name from {} where id = %s").format(sql.Identifier("people")), [2]).fetchone()',
    "a function that takes it": WITH + "    return names_of(conn, 2)",
    "a context manager that gives it": "with get_conn() as conn:\n    return names_of(conn, 2)",
    "a context manager that gives a cursor": 'with get_cursor() as cur:\n    return add(cur, "m")',
    "a context manager and a failure": 'try:\n    with get_cursor() as cur:\n        raise KeyError(add(cur, "m"))\nexcept KeyError:\n    return people.first()',
    "settings": WITH + '    conn.set_autocommit(True)\n    conn.set_isolation_level(psycopg.IsolationLevel.SERIALIZABLE)\n    conn.set_read_only(True)\n    conn.set_deferrable(True)\n    return [conn.autocommit, conn.read_only, conn.execute("show transaction_read_only").fetchone()]',
    "several results": CURSOR + '        cur.executemany("insert into people (name) values (%s) returning name", [("a",), ("b",)], returning=True)\n        first = cur.fetchone()\n        return [first, cur.nextset(), cur.fetchone()]',
    "rows that are left out": CURSOR + '        cur.execute("select generate_series(1, 5)")\n        cur.scroll(2)\n        return cur.fetchone()',
    "rows of a copy": CURSOR + '        with cur.copy("copy (select 1, 2) to stdout") as copy:\n            copy.set_types(["int4", "int4"])\n            return [copy.read_row(), copy.read_row()]',
    "pieces of a copy": CURSOR + '        with cur.copy("copy (select 1, 2) to stdout") as copy:\n            return [bytes(copy.read()), bytes(copy.read())]',
    "a pool that is waited for": "pool.open()\npool.wait(timeout=5)\npool.pop_stats()\nreturn people.first()",
    "a pool that is full": 'pool.wait()\nreturn pool.get_stats()["pool_size"] > 0',
    "a method": "return people.first()",
    "a copy": CURSOR + '        with cur.copy("copy people (name) from stdin") as copy:\n            copy.write_row(("c",))\n            copy.write("d\\n")\n        return cur.rowcount',
    "a copy that is read": CURSOR + '        with cur.copy("copy (select 1) to stdout") as copy:\n            found = []\n            for data in copy:\n                found.append(bytes(data))\n            return found',
    "the state of the connection": WITH + "    return [conn.closed, conn.autocommit, conn.broken]",
    "its sizes": 'stats = pool.get_stats()\nreturn [stats["pool_max"], people.first()]',
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("psycopg_pool")
    with postgres_server() as url:
        yield url


def files(body: str, url: str = "postgresql://127.0.0.1:9/x", db: str = DB, **more: str) -> dict[str, str]:
    routes = f'{changed(HEAD)}\n\n@router.get("/")\ndef call():\n' + textwrap.indent(body, "    ") + "\n"
    found = {"app/routes.py": routes, "app/db.py": changed(db.replace("URL", url))}
    return found | {path.replace("__", "/") + ".py": changed(text) for path, text in more.items()}


def same_outcome(outcome: Outcome, url: str, folder: Path, loops: int = 2) -> None:
    """On two event loops, as with `TestClient`: what is given, and what the table holds."""
    import psycopg

    given = []
    for which, texts in (("old", outcome.before), ("new", outcome.texts)):
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("drop table if exists people")
            conn.execute(
                "create table people (id int generated by default as identity primary key, name text)"
            )
            conn.execute("insert into people (name) values ('Ada'), ('Bob'), ('Cyd')")
            found = run(folder / which, texts, "call", loops=loops)
            given.append((found, conn.execute("select name from people order by id").fetchall()))
    assert given[1] == given[0]


@pytest.mark.parametrize("what", CALLS)
def test_a_call_gives_and_stores_the_same(what: str, server: str, tmp_path: Path) -> None:
    outcome = migrate(files(CALLS[what], server))
    assert "async def call" in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text, outcome.reasons
    same_outcome(outcome, server, tmp_path)


def test_one_with_that_enters_a_manager_of_the_project_too_stays(server: str, tmp_path: Path) -> None:
    body = 'with get_conn() as conn, conn.cursor() as cur:\n    return add(cur, "m")'
    outcome = migrate(files(body, server))
    assert "run_in_threadpool" in outcome.text
    same_outcome(outcome, server, tmp_path)


FORMS = {
    "a getter that keeps it": """
        from psycopg_pool import ConnectionPool

        _pool: ConnectionPool | None = None


        def get_pool() -> ConnectionPool:
            global _pool
            if _pool is None:
                _pool = ConnectionPool("URL", min_size=1, open=True)
            return _pool
    """,
    "a getter with a cache": """
        import functools

        import psycopg_pool


        @functools.lru_cache(maxsize=1)
        def get_pool() -> psycopg_pool.ConnectionPool:
            return psycopg_pool.ConnectionPool("URL", min_size=1, open=True)
    """,
    "one without connections of its own": """
        from psycopg_pool import NullConnectionPool

        pool = NullConnectionPool("URL", open=True)


        def get_pool():
            return pool
    """,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_pool_that_a_function_gives(form: str, server: str, tmp_path: Path) -> None:
    body = "with get_pool().connection() as conn:\n    return names_of(conn, 2)"
    texts = files(body, server, FORMS[form])
    texts["app/routes.py"] = (
        texts["app/routes.py"]
        .replace("pool.connection(", "get_pool().connection(")
        .replace("get_get_", "get_")
        .replace("import get_conn, get_cursor, pool", "import get_pool")
    )
    outcome = migrate(texts)
    assert "async with get_pool().connection() as conn:\n        return await names_of(" in outcome.text, (
        outcome.reasons
    )
    same_outcome(outcome, server, tmp_path)


DATABASE = """
    from contextlib import contextmanager

    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool


    class Database:
        def __init__(self, url):
            self.pool = ConnectionPool(url, kwargs={"row_factory": dict_row}, open=True)

        @contextmanager
        def cursor(self):
            with self.pool.connection() as conn:
                with conn.cursor() as cur:
                    yield cur

        def all(self, query, params=None):
            with self.cursor() as cur:
                cur.execute(query, params)
                return cur.fetchall()

        def close(self):
            self.pool.close()


    db = Database("URL")
"""


def test_the_pool_of_an_object(server: str, tmp_path: Path) -> None:
    texts = files("", server, DATABASE)
    texts["app/routes.py"] = changed("""
        from fastapi import APIRouter

        from app.db import db

        router = APIRouter()


        @router.get("/")
        def call():
            return db.all("select name from people where id > %s", (1,))
    """)
    outcome = migrate(texts)
    assert "return await db.all(" in outcome.text, outcome.reasons
    assert "async with self.pool().connection() as conn:" in outcome.texts["app/db.py"]
    same_outcome(outcome, server, tmp_path)


APPS = {
    "the lifespan opens and closes it": """
        pool = ConnectionPool("URL", min_size=1, open=False)


        @asynccontextmanager
        async def lifespan(app: FastAPI):
            pool.open(wait=True)
            with pool.connection() as conn:
                conn.execute("select 1")
            yield
            pool.close()


        app = FastAPI(lifespan=lifespan)


        def get_conn():
            with pool.connection() as conn:
                yield conn
    """,
    "the lifespan makes it": """
        @asynccontextmanager
        async def lifespan(app: FastAPI):
            app.state.pool = ConnectionPool("URL", min_size=1, open=True)
            yield
            app.state.pool.close()


        app = FastAPI(lifespan=lifespan)


        def get_conn(request: Request) -> Iterator[psycopg.Connection]:
            with request.app.state.pool.connection() as conn:
                yield conn
    """,
    "the lifespan enters it": """
        @asynccontextmanager
        async def lifespan(app: FastAPI):
            with ConnectionPool("URL", min_size=1) as pool:
                app.state.pool = pool
                yield


        app = FastAPI(lifespan=lifespan)


        def get_conn(request: Request) -> Iterator[psycopg.Connection]:
            with request.app.state.pool.connection() as conn:
                yield conn
    """,
    "events open and close it": """
        pool = ConnectionPool(conninfo="URL", min_size=1, open=False)
        app = FastAPI()


        @app.on_event("startup")
        def start():
            pool.open()


        @app.on_event("shutdown")
        def stop():
            pool.close()


        def get_conn():
            with pool.connection() as conn:
                yield conn
    """,
}
APP = """
    from collections.abc import Iterator
    from contextlib import asynccontextmanager

    import psycopg
    from fastapi import Depends, FastAPI, Request
    from fastapi.testclient import TestClient
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool


"""
USES = """


    @app.get("/a")
    def people(conn: psycopg.Connection = Depends(get_conn)):
        return conn.execute("select name from people order by id").fetchall()


    @app.post("/b")
    def add(name: str, conn=Depends(get_conn)):
        with conn.cursor(row_factory=dict_row) as cur:
            cur.execute("insert into people (name) values (%s) returning *", (name,))
            return cur.fetchone()


    def call():
        with TestClient(app) as client:
            return [client.post("/b?name=x").json(), client.get("/a").json()]
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of `on_event`
@pytest.mark.parametrize("app", APPS)
def test_a_pool_of_the_application(app: str, server: str, tmp_path: Path) -> None:
    text = changed(APP) + "\n\n" + changed(APPS[app]) + "\n\n" + changed(USES)
    outcome = migrate({"app/routes.py": text.replace("URL", server)})
    assert "async with conn.cursor(row_factory=dict_row) as cur:" in outcome.text, outcome.reasons
    assert "run_in_threadpool" not in outcome.text
    # a pool of threads that was closed cannot be opened again
    same_outcome(outcome, server, tmp_path, loops=1 if "open=False" in APPS[app] else 2)


def test_all_that_is_awaited_is_tried() -> None:
    written = "\n".join((HEAD, DB, DATABASE, *CALLS.values(), *APPS.values()))
    owners = ("Connection", "Copy", "Cursor", "Transaction")
    names = [f"psycopg.{each}" for each in owners]
    found = {word for name in (*names, "psycopg_pool.ConnectionPool") for word in exact_calls(name)}
    assert sorted(word for word in found if f".{word}(" not in written) == []


def exact_calls(name: str) -> list[str]:
    owner = catalogue.load().owner(name)
    assert owner is not None
    return [word for word in owner.exact if not word.startswith("__")]
