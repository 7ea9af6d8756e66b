"""Work that asks the database by a connection of its own, without an ORM: a worker asks it just as well."""

from __future__ import annotations

import pytest
from projects import Migrated, handler
from small_projects import source

JOBS = """
import sqlite3
from contextlib import closing, contextmanager

import psycopg2
from psycopg2.extras import execute_values
from psycopg2.pool import ThreadedConnectionPool
from sqlalchemy import create_engine, text

from app.mail import send_welcome

PATH = "app.db"
pool = ThreadedConnectionPool(1, 5, "postgresql://db/app")
engine = create_engine("postgresql://db/app")
shared = psycopg2.connect("postgresql://db/app")


@contextmanager
def connection():
    conn = pool.getconn()
    try:
        yield conn
        conn.commit()
    finally:
        pool.putconn(conn)


def fetch(sql, params=()):
    with connection() as conn, conn.cursor() as cur:
        cur.execute(sql, params)
        return cur.fetchall()


def change(sql, params=()):
    with connection() as conn, conn.cursor() as cur:
        cur.execute(sql, params)


def pooled(user_id: int) -> None:
    for (email,) in fetch("SELECT email FROM users WHERE id = %s", (user_id,)):
        send_welcome(email, "Ann")


def plain(user_id: int) -> None:
    conn = sqlite3.connect(PATH)
    email = conn.execute("SELECT email FROM users WHERE id = ?", (user_id,)).fetchone()[0]
    conn.close()
    send_welcome(email, "Ann")


def closed(user_id: int) -> None:
    with closing(sqlite3.connect(PATH)) as conn:
        rows = conn.execute("SELECT email FROM users WHERE id = ?", (user_id,)).fetchall()
    send_welcome(rows[0][0], "Ann")


def connected(user_id: int) -> None:
    with engine.connect() as conn:
        send_welcome(conn.execute(text("SELECT email FROM users")).scalar(), "Ann")


def narrowed(user_id: int) -> None:
    conn = engine.connect()
    conn = conn.execution_options(stream_results=True)
    send_welcome(conn.execute(text("SELECT email FROM users")).scalar(), "Ann")


def begun(user_id: int) -> None:
    with engine.begin() as conn:
        row = conn.execute(text("SELECT email FROM users")).first()
    send_welcome(row[0], "Ann")


def by_cursor(user_id: int) -> None:
    conn = psycopg2.connect("postgresql://db/app")
    cur = conn.cursor()
    cur.execute("SELECT email FROM users WHERE id = %s", (user_id,))
    send_welcome(cur.fetchone()[0], "Ann")
    conn.close()


def with_shared(user_id: int) -> None:
    cur = shared.cursor()
    cur.execute("SELECT email FROM users WHERE id = %s", (user_id,))
    send_welcome(cur.fetchone()[0], "Ann")


def storing(user_id: int) -> None:
    change("INSERT INTO sent (id) VALUES (%s)", (user_id,))
    send_welcome("a@example.com", "Ann")


def storing_many(user_id: int) -> None:
    conn = psycopg2.connect("postgresql://db/app")
    execute_values(conn.cursor(), "INSERT INTO sent (id) VALUES %s", [(user_id,)])
    conn.commit()
    send_welcome("a@example.com", "Ann")


def storing_in_a_block(user_id: int) -> None:
    with engine.begin() as conn:
        conn.execute(text("UPDATE users SET sent = true"))
    send_welcome("a@example.com", "Ann")


def told_by_others(user_id: int, sql: str) -> None:
    with sqlite3.connect(PATH) as conn:
        conn.execute(sql)
    send_welcome("a@example.com", "Ann")
"""
QUEUED = ("pooled", "plain", "closed", "connected", "narrowed", "begun", "by_cursor")
STAYS = ("with_shared", "storing", "storing_many", "storing_in_a_block")


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    routes = "".join(
        f'\n\n@router.post("/{name}/{{user_id}}")\ndef h_{name}(user_id: int):\n    jobs.{name}(user_id)\n'
        for name in (*QUEUED, *STAYS)
    )
    told = '\n\n@router.post("/told/{user_id}")\ndef h_told(user_id: int, sql: str):\n    '
    told += "jobs.told_by_others(user_id, sql)\n"
    return handler(
        tmp_path_factory.mktemp("app"), f"\nfrom app import jobs\n{routes}{told}", jobs=source(JOBS)
    )


@pytest.mark.parametrize("name", QUEUED)
def test_a_connection_that_is_opened_there_is_no_obstacle(moved: Migrated, name: str) -> None:
    assert f"await {name}_task.kiq(user_id)" in moved.body(f"h_{name}")


@pytest.mark.parametrize("name", [*STAYS, "told"])
def test_a_shared_connection_keeps_it_and_so_do_rows_that_are_stored(moved: Migrated, name: str) -> None:
    assert ".kiq(" not in moved.body(f"h_{name}")
