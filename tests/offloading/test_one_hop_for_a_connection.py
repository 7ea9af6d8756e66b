"""Work on one connection of a database takes one hop, in one thread, where the function can go as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from small_projects import migrate_main

HEAD = """
import sqlite3
import subprocess

import psycopg2
from fastapi import Depends, HTTPException

PATH = "notes.db"


def get_conn():
    return sqlite3.connect(PATH)


def get_pg():
    return psycopg2.connect("dbname=x")


def get_db():
    conn = psycopg2.connect("dbname=x")
    try:
        yield conn
    finally:
        conn.close()


"""
IN_TRY = """
@app.get("/notes")
{kind} notes(least: int = 0):
    conn = {made}
    try:
        cur = conn.cursor()
        cur.execute("select text from notes where id > {mark}", (least,))
        return [text for (text,) in cur.fetchall()]
    finally:
        conn.close()
"""
MANY = """
@app.post("/notes")
{kind} notes(texts: list[str]):
    try:
        conn = {made}
        cur = conn.cursor()
        for text in texts:
            cur.execute("select 1 from notes where text = {mark}", (text,))
            if cur.fetchone():
                continue
            if not text:
                raise HTTPException(422, "empty")
            cur.execute("insert into notes (text) values ({mark})", (text,))
        conn.commit()
        return {{"message": "ok"}}
    except ValueError as e:
        raise HTTPException(status_code=500, detail=str(e))
    finally:
        if conn:
            conn.close()
"""
FORMS = {
    "sqlite3": {"made": "get_conn()", "mark": "?"},
    "sqlite3 there": {"made": "sqlite3.connect(PATH)", "mark": "?"},
    "psycopg2": {"made": "get_pg()", "mark": "%s"},
    "psycopg2 there": {"made": 'psycopg2.connect("dbname=x")', "mark": "%s"},
}


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("body", [IN_TRY, MANY], ids=["in try", "many"])
@pytest.mark.parametrize("form", FORMS)
def test_the_body_goes_at_once(form: str, body: str, kind: str) -> None:
    done = migrate_main(HEAD + body.format(kind=kind, **FORMS[form]))
    text = done.function("app/main.py", "notes")
    assert text.count("run_in_threadpool(") == 1
    assert "run_in_threadpool(_notes, " in text
    assert not [reason for reason in done.report.refusals if reason.code == "AF908"]


def test_what_a_dependency_gives_goes_along() -> None:
    done = migrate_main(
        HEAD
        + """
@app.put("/notes/{note}")
def change(note: int, text: str, db=Depends(get_db)):
    cur = db.cursor()
    cur.execute("update notes set text = %s where id = %s", (text, note))
    if cur.rowcount == 0:
        raise HTTPException(404)
    cur.execute("select * from notes where id = %s", (note,))
    return cur.fetchone()
"""
    )
    assert "return await run_in_threadpool(_change, note, text, db)" in done.function("app/main.py", "change")


def test_the_answers_are_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    form = FORMS["sqlite3"]
    text = HEAD + IN_TRY.format(kind="async def", **form) + MANY.format(kind="async def", **form)
    text = text.replace("import psycopg2\n", "")
    done = migrate_main(text.replace("notes(texts", "add(texts"))
    old = done.old["app/main.py"]
    answers = [_answers(tmp_path, each) for each in (old, done.texts["app/main.py"])]
    assert answers[0] == answers[1]
    assert answers[0][0] == (200, {"message": "ok"})
    assert answers[0][1] == (422, {"detail": "empty"})
    assert answers[0][2] == (200, ["a", "b"])


def _answers(folder: Path, text: str) -> list[tuple[int, Any]]:
    (folder / "notes.db").unlink(missing_ok=True)
    names: dict[str, Any] = {"__name__": "app.main"}
    exec(compile(text, "main.py", "exec"), names)
    with names["get_conn"]() as conn:
        conn.execute("create table notes (id integer primary key, text text)")
    client = TestClient(names["app"])
    sent = [client.post("/notes", json=texts) for texts in (["a", "b", "a"], ["c", ""])]
    found = [*sent, client.get("/notes"), client.get("/notes", params={"least": 1})]
    return [(answer.status_code, answer.json()) for answer in found]


APART = {
    # what stays on the loop, or is awaited, does so; the function does not move around it
    "it awaits": ("async def", "    await say(q)\n", ""),
    "it asks for the loop": (
        "async def",
        "    asyncio.get_running_loop().call_soon(print)\n",
        "import asyncio\n",
    ),
    "it starts a task": ("async def", "    asyncio.create_task(say(q))\n", "import asyncio\n"),
}


@pytest.mark.parametrize("name", APART)
def test_a_body_with_work_for_the_loop_does_not_move(name: str) -> None:
    kind, line, imported = APART[name]
    body = f"""{imported}

async def say(q):
    return q


@app.get("/run")
{kind} run(q: str):
    conn = get_pg()
{line}    try:
        cur = conn.cursor()
        cur.execute("select 1")
        return cur.fetchall()
    finally:
        conn.close()
"""
    done = migrate_main(HEAD + body)
    assert "_run" not in done.texts["app/main.py"].replace("get_run", "").replace("__run", "")
    assert "await run_in_threadpool(" in done.texts["app/main.py"]


def test_one_call_on_a_connection_stays_in_place() -> None:
    done = migrate_main(
        HEAD
        + """
@app.get("/run")
def run(q: str):
    subprocess.run([q])
    print(q)
    conn = get_pg()
    return {"closed": conn.closed}
"""
    )
    assert "_run(" not in done.texts["app/main.py"]


@pytest.mark.parametrize("form", FORMS)
def test_what_follows_one_is_awaited_and_what_is_read_between_goes_along(form: str) -> None:
    body = """
@app.post("/notes")
def notes(text: str):
    conn = {made}
    cur = conn.cursor()
    cur.execute("insert into notes (text) values ({mark})", (text,))
    conn.commit()
    number = cur.lastrowid
    conn.close()
    time.sleep(0.1)
    return number
"""
    text = migrate_main("import time\n" + HEAD + body.format(**FORMS[form])).function("app/main.py", "notes")
    assert text.count("run_in_threadpool(") == 1
    assert "        number = cur.lastrowid\n        conn.close()\n        return number\n" in text
    assert "    number = await run_in_threadpool(insert_notes)\n    await asyncio.sleep(0.1)\n" in text
