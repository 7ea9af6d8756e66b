"""What an inspector is asked: on a connection of the sync kind, below an async one."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, Outcome, answers, app, convert

COLUMNS = 'def columns_of(inspector, table):\n    return sorted({each["name"] for each in inspector.get_columns(table)})\n'
HAS = "def has(inspector, table, column):\n    return column in columns_of(inspector, table)\n"
HEAD = "from sqlalchemy import inspect, text\n"


USES = """

@router.get("/users")
def users(db: Session = Depends(get_db)):
    return [u.name for u in db.scalars(select(User)).all()]
"""


def route(body: str, more: str = "", db: str = "") -> str:
    lines = "\n    ".join(body.strip().split("\n"))
    return f'{HEAD}{more}\n\n@router.get("/looked")\ndef looked({db}):\n    {lines}\n'


ALTER = """
inspector = inspect(engine)
done = []
if "users" in inspector.get_table_names() and inspector.has_table("users"):
    if "email" not in columns_of(inspector, "users"):
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE users ADD COLUMN email VARCHAR"))
        done.append(columns_of(inspector=inspect(engine), table="users"))
if "notes" in inspector.get_table_names():
    done.append(has(inspector, "notes", "title"))
return done
"""
BELOW = """
with engine.begin() as connection:
    inspector = inspect(connection)
    before = inspector.get_table_names()
    if "extra" not in before:
        add(connection, "extra")
    if "extra" not in inspector.get_table_names():
        add(connection, "users")
    return [before, has(inspect(connection), "notes", "title")]
"""
ADD = 'def add(connection, table):\n    if table not in inspect(connection).get_table_names():\n        connection.execute(text(f"CREATE TABLE {table} (id INTEGER)"))\n'
OF_SESSION = (
    "return [inspect(db.get_bind()).get_table_names(), inspect(db.bind).get_columns('users')[1]['name']]"
)


@pytest.mark.parametrize(
    ("body", "more", "becomes"),
    [
        (ALTER, COLUMNS + HAS, "_inspected(engine, lambda inspector: has(inspector, 'notes', 'title'))"),
        (
            BELOW,
            COLUMNS + HAS + ADD,
            "await connection.run_sync(lambda sync: inspect(sync).get_table_names())",
        ),
        (OF_SESSION, "", "db.run_sync(lambda session: inspect(session.get_bind()).get_table_names())"),
    ],
)
def test_an_inspector_says_the_same(tmp_path: Path, body: str, more: str, becomes: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/main.py": MAIN,
        "app/api.py": HEADER + route(body, more, "db: Session = Depends(get_db)" if "db" in body else ""),
    }
    done = convert(tmp_path, files)
    assert done.obstacles == []
    assert becomes in done.added("app/api.py").replace('"', "'")
    assert f"\n{COLUMNS}" in done.added("app/api.py") or not more, "it stays as it is"
    before, after = answers(tmp_path, done, FILL, ["/looked", "/looked"])
    assert before == after
    assert {status for _, status, _ in before} == {200}


def test_an_object_is_no_database(tmp_path: Path) -> None:
    told = "def told(user):\n    return {c.key: getattr(user, c.key) for c in inspect(user).mapper.column_attrs}\n"
    body = "from sqlalchemy import insert\nmade = insert(User).values(name='zed').returning(User)\nreturn told(db.execute(made).scalars().one())"
    done = app(tmp_path, route(body, told, "db: Session = Depends(get_db)"), main=MAIN)
    assert done.obstacles == []
    assert "return told((await db.execute(made)).scalars().one())" in done.added("app/api.py")
    before, after = answers(tmp_path, done, FILL, ["/looked"])
    assert before == after
    assert '"zed"' in before[0][2]


def looked(folder: Path, body: str, more: str = "") -> Outcome:
    return app(folder, route(body, more) + USES)


def test_a_question_that_is_asked_again_has_the_answer_it_had(tmp_path: Path) -> None:
    body = "inspector = inspect(engine)\nif 'a' not in inspector.get_table_names():\n    with engine.begin() as c:\n        c.execute(text('CREATE TABLE a (id INTEGER)'))\nreturn 'a' in inspector.get_table_names()"
    done = looked(tmp_path, body)
    assert done.obstacles == []
    text = done.added("app/api.py")
    assert (
        "    table_names = await _inspected(engine, lambda inspector: inspector.get_table_names())\n" in text
    )
    assert "    if 'a' not in table_names:\n" in text
    assert "    return 'a' in table_names\n" in text


TWICE = "\nreturn inspector.get_table_names()"


@pytest.mark.parametrize(
    "body",
    [
        f"inspector = inspect(engine)\nif later:\n    print(inspector.get_table_names())\nengine.begin(){TWICE}",
        f"inspector = inspect(engine)\nwith engine.begin() as c:\n    print(inspector.get_table_names()){TWICE}",
        f"inspector = inspect(engine)\nlater and inspector.get_table_names()\nlater(){TWICE}",
        f"inspector = inspect(engine)\nprint(later(), inspector.get_table_names()){TWICE}",
        f"inspector = inspect(engine)\nfor each in later:\n    print(inspector.get_table_names()){TWICE}",
        f"inspector = inspect(engine)\ntable_names = inspector.get_table_names()\nlater(){TWICE}",
        "inspector = inspect(engine)\na = inspector.get_columns('a')\nlater()\nreturn a, inspector.get_columns('a')",
        "inspector = inspect(engine)\nreturn inspector.get_columns(inspector.get_table_names()[0])",
        "inspector = inspect(engine)\nreturn inspector.get_columns(later())",
        "inspector = inspect(engine)\nreturn inspector.has_table((sync := 'users'))",
        "inspector = inspect(engine)\nsync = 'users'\nreturn inspector.has_table(sync)",
        "inspector = inspect(engine)\ninspector = inspector or None\nreturn inspector.has_table('users')",
        "with engine.connect() as c:\n    return inspect(c.execution_options()).get_table_names()",
        "with SessionLocal() as db:\n    bind = db.get_bind()\n    return inspect(bind).get_table_names()",
        "with SessionLocal() as db:\n    return inspect(db.get_bind())",
    ],
)
def test_what_might_be_answered_otherwise_is_an_obstacle(tmp_path: Path, body: str) -> None:
    done = looked(tmp_path, body, "def later():\n    return 'users'")
    assert any("inspect" in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


@pytest.mark.parametrize(
    "helper",
    [
        "def look(inspector):\n    return inspector",
        "def look(inspector):\n    return lambda: inspector.get_table_names()",
        "def look(inspector):\n    yield inspector.get_table_names()",
        "def look(inspector):\n    with engine.connect() as c:\n        return inspector.get_table_names()",
        "def look(inspector):\n    open('x').read()\n    return inspector.get_table_names()",
        "def look(inspector):\n    later(inspector.get_table_names())",
        "def look(inspector):\n    inspector = inspector or None\n    return inspector.get_table_names()",
        "def look(*inspectors):\n    return inspectors[0].get_table_names()",
        "@later\ndef look(inspector):\n    return inspector.get_table_names()",
        "def look(inspector):\n    return inspector.bind.connect()",
        "class Look:\n    def __init__(self, inspector):\n        self.names = inspector.get_table_names()\n\nlook = Look",
        "async def look(inspector):\n    return inspector.get_table_names()",
        "def look(inspector):\n    return look(inspector)",
        "def one(name):\n    return later(name)\n\ndef look(inspector):\n    return list(map(one, inspector.get_table_names()))",
    ],
)
def test_a_function_that_does_more_with_it_is_an_obstacle(tmp_path: Path, helper: str) -> None:
    body = "inspector = inspect(engine)\nreturn look(inspector)"
    done = looked(tmp_path, body, f"from somewhere import later\n\n{helper}")
    assert any("inspect" in text for text in done.obstacles), done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())
