"""What scripts do on sessions outside all functions: it goes into one that is run, or stays an obstacle."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

import textwrap
from pathlib import Path

import forked
import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, Outcome, convert

HANDLERS = '\n@router.get("/users")\ndef users(db: Session = Depends(get_db)):\n    return [u.name for u in db.query(User)]\n'
IMPORTS = "from app.db import Base, SessionLocal, engine\nfrom app.models import Note, User\n\n"
TABLES = "Base.metadata.drop_all(bind=engine)\nBase.metadata.create_all(bind=engine)\n"
SCRIPTS = {
    "top": f'"""Fills."""\n{IMPORTS}{TABLES}\n# one session\ndb = SessionLocal()\nif not db.query(User).first():\n    for name in ["a", "b"]:\n        user = User(name=name)\n        db.add(user)\n        db.commit()\n        print(user.id, user.name)\ntext = """two\n lines"""\nprint(text)\ndb.close()\n',
    "guarded": f"{IMPORTS}\ndef fill(db):\n    db.add(User(name='x', notes=[Note(title='t')]))\n    db.commit()\n\n\nif __name__ == '__main__':\n    {textwrap.indent(TABLES, '    ').lstrip()}    db = SessionLocal()\n    try:\n        fill(db)\n        for user in db.query(User):\n            print([note.title for note in user.notes])\n    finally:\n        db.close()  # at last\n",
    "shared": f"{IMPORTS}{TABLES}\ndb = SessionLocal()\n\n\ndef main():\n    db.add(User(name='x'))\n    db.commit()\n\n\nmain()\nprint(db.query(User).count())\ndb.close()\n",
    "serving": f"{IMPORTS}import asyncio\n\n\nasync def serve():\n    print('served')\n\n\nif __name__ == '__main__':\n    {textwrap.indent(TABLES, '    ').lstrip()}    with SessionLocal() as db:\n        db.add(User(name='x'))\n        db.commit()\n    asyncio.run(serve())\n",
}

Ran = tuple[Outcome, dict[str, str], dict[str, str]]


def program(folder: Path, **more: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": MAIN,
    }
    return convert(
        folder, {**files, **{f"{name.replace('__', '/')}.py": text for name, text in more.items()}}
    )


def said_in(folder: Path) -> dict[str, str]:
    """What each script says; one process runs them all."""
    code = f"import runpy\nfor name in {[*SCRIPTS]}:\n    runpy.run_path(f'{{name}}.py', run_name='__main__')\n    print('====')\n"
    done = forked.run("-c", code, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(SCRIPTS, done.stdout.split("====\n"), strict=False))


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """What came out, and what each script says before and after."""
    folder = tmp_path_factory.mktemp("scripts")
    done = program(folder, **SCRIPTS)
    before = said_in(folder)
    for path, text in done.texts.items():
        (folder / path).write_text(text)
    return done, before, said_in(folder)


def test_scripts_say_and_do_the_same(scripts: Ran) -> None:
    done, before, after = scripts
    assert done.obstacles == []
    assert before == after
    assert before["top"] == "1 a\n2 b\ntwo\n lines\n"


def test_statements_stand_in_a_function_that_is_run_once(
    scripts: Ran,
) -> None:
    texts = scripts[0].texts
    top = texts["top.py"]
    assert "\n\n\nasync def main() -> None:\n    async with engine.begin() as connection:\n" in top
    assert "\n\n    # one session\n    db = SessionLocal()\n" in top
    assert '    text = """two\n lines"""\n' in top
    assert top.endswith("    await db.close()\n\n\nasyncio.run(main())\n")
    guarded = texts["guarded.py"]
    assert (
        "        await db.close()  # at last\n\n\nif __name__ == '__main__':\n    asyncio.run(main())\n"
        in guarded
    )
    assert top.count("asyncio.run(") == guarded.count("asyncio.run(") == 1


def test_a_name_that_functions_read_stays_and_the_new_function_has_a_name_of_its_own(
    scripts: Ran,
) -> None:
    text = scripts[0].texts["shared.py"]
    assert "\ndb = SessionLocal()\n" in text
    assert "async def run_script() -> None:\n    await main()\n    print(await db.scalar(" in text


def test_what_runs_a_loop_of_its_own_stays_behind(
    scripts: Ran,
) -> None:
    assert scripts[0].texts["serving.py"].endswith("    asyncio.run(main())\n    asyncio.run(serve())\n")


def test_beside_the_application_it_waits_for_the_start(tmp_path: Path) -> None:
    head = f"from fastapi import FastAPI\nfrom app.api import router, users\n{IMPORTS}"
    fill = "Base.metadata.create_all(engine)\ndb = SessionLocal()\nusers(db)\nadmin = User(name='admin')\nif not db.query(User).first():\n    db.add(admin)\n    db.commit()\ndb.close()\n"
    end = "\napp = FastAPI()\napp.include_router(router)\n"
    done = program(tmp_path, app__main=f"{head}{fill}{end}")
    assert done.obstacles == []
    text = done.texts["app/main.py"]
    assert (
        "async def prepare_database() -> None:\n    db = SessionLocal()\n    await users(db)\n    admin = User(name='admin')\n"
        in text
    )
    assert "(Base.metadata.create_all)\n    await prepare_database()\n    yield\n" in text
    assert any(note.startswith("app/main.py:13: prepare_database() runs when") for note in done.notes), (
        done.notes
    )


REFUSED = {
    "read_by_a_function": (10, f"{IMPORTS}\ndef show():\n    print(users)\n\n\nusers = None\ndb = SessionLocal()\nusers = db.query(User).all()\nshow()\n"),
    "global_of_a_function": (10, f"{IMPORTS}\ndef count():\n    global n\n    n += 1\n\n\nn = SessionLocal().query(User).count()\ncount()\n"),
    "with_a_class": (7, f"{IMPORTS}\nwith SessionLocal() as db:\n    class Seed:\n        pass\n    db.commit()\n"),
    "star": (6, f"{IMPORTS}with SessionLocal() as db:\n    from os import *\n    db.commit()\n"),
    "names_of_the_module": (6, f"{IMPORTS}db = SessionLocal()\nfor name in [*globals()]:\n    db.commit()\n"),
    "two_blocks": (6, f"{IMPORTS}db = SessionLocal()\nif __name__ == '__main__':\n    db.commit()\ndb.rollback()\n"),
    "imported": (5, f"{IMPORTS}db = SessionLocal()\ndb.commit()\n"),
    "a_builtin": (5, f"{IMPORTS}id = SessionLocal().query(User).count()\n"),
    "in_a_class": (6, f"{IMPORTS}class Seed:\n    n = SessionLocal().query(User).count()\n"),
    "its_own_loop": (6, f"import asyncio\n{IMPORTS}with SessionLocal() as db:\n    asyncio.run(f())\n    db.commit()\n"),
}  # fmt: skip


def test_what_would_not_be_the_same_in_a_function_is_named(tmp_path: Path) -> None:
    texts = {name: text for name, (_, text) in REFUSED.items()}
    done = program(tmp_path, **texts, other="from imported import db\n\nprint(db)\n")
    assert done.texts == {}
    for name, (line, _) in REFUSED.items():
        assert any(text.startswith(f"{name}.py:") for text in done.obstacles), (name, line)


def test_where_the_database_stays_all_else_is_done_all_the_same(tmp_path: Path) -> None:
    """The program with the function has other scopes than the one that is written."""
    waits = "\n\n@router.get('/wait')\ndef wait():\n    time.sleep(0.01)\n"
    script = (
        f"from vendor import fill\n\n{IMPORTS}\nwith SessionLocal() as db:\n    fill(db)\n    db.commit()\n"
    )
    done = program(tmp_path, app__api=f"import time\n{HEADER}{HANDLERS}{waits}", script=script)
    assert done.obstacles == ["script.py:8: fill is handed db, and nobody knows what it does with it"], (
        done.obstacles
    )
    assert "await asyncio.sleep(0.01)" in done.texts["app/api.py"]
    assert [*done.texts] == ["app/api.py"]


@pytest.mark.parametrize(
    ("main", "more"),
    [
        (
            "users = SessionLocal().query(User).all()\n",
            {"other": "from app.main import users\n\nprint(users)\n"},
        ),
        ("name = 'a'\nSessionLocal().query(User).filter(User.name == name).delete()\nname = 'b'\n", {}),
        ("with SessionLocal() as db:\n    db.commit()\nprint('ready')\ndb.rollback()\n", {}),
        ("found = [u.name for u in SessionLocal().query(User)]\nprint(found)\n", {}),
    ],
)
def test_what_an_application_has_at_import_for_others_stays(
    tmp_path: Path, main: str, more: dict[str, str]
) -> None:
    head = f"from fastapi import FastAPI\nfrom app.api import router\n{IMPORTS}app = FastAPI()\napp.include_router(router)\n"
    done = program(tmp_path, app__main=head + main, **more)
    assert any(text.startswith("app/main.py:") for text in done.obstacles), done.obstacles
    assert done.texts == {}


ONE_LOOP = "create_engine('postgresql://a@b/c')"
TWO_STEPS = f"{IMPORTS}\ndef fill():\n    with SessionLocal() as db:\n        db.add(User(name='x'))\n        db.commit()\n\n\n"


@pytest.mark.parametrize(
    ("more", "becomes"),
    [
        ("Base.metadata.create_all(engine)\nfill()\n", "async def main() -> None:\n    async with engine.begin() as connection:\n        await connection.run_sync(Base.metadata.create_all)\n    await fill()\n\n\nasyncio.run(main())\n"),
        ("if __name__ == '__main__':\n    fill()\n    fill()\n", "async def main() -> None:\n    await fill()\n    await fill()\n"),
        ("fill()\nclass Between: ...\nfill()\n", ""),
        ("fill()\n", "\nasyncio.run(fill())\n"),
        ("import sys\n\nif __name__ == '__main__':\n    if 'a' in sys.argv:\n        fill()\n    elif 'b' in sys.argv:\n        fill()\n    else:\n        print('?')\n", "    elif 'b' in sys.argv:\n        asyncio.run(fill())\n"),
        ("if SessionLocal:\n    fill()\n    class Between: ...\n    fill()\n", ""),
        ("import sys\n\nif 'a' in sys.argv:\n    fill()\nclass Between: ...\nif 'b' in sys.argv:\n    fill()\n", ""),
    ],
)  # fmt: skip
def test_connections_of_one_loop_are_used_on_one(tmp_path: Path, more: str, becomes: str) -> None:
    start = DATABASE.index("create_engine(", DATABASE.index("engine ="))
    database = DATABASE[:start] + ONE_LOOP + DATABASE[DATABASE.index("\n", start) :]
    files = {
        "app/__init__.py": "",
        "app/db.py": database,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
    }
    texts = {**files, "app/main.py": MAIN, "fill.py": TWO_STEPS + more}
    done = convert(tmp_path, texts, "fastapi\nsqlalchemy>=1.4,<2\nasyncpg\nhttpx\n")
    assert sum("several event loops" in text for text in done.obstacles) == (not becomes)  # told once
    assert becomes in done.texts.get("fill.py", "")


PING = 'try:\n    with engine.connect() as connection:\n        connection.execute(text("SELECT 1"))\n    print("there")\nexcept Exception as error:\n    print(f"not there: {error}")\n'
ASKS = {
    "statements": PING,
    "function": f"def ping():\n    {textwrap.indent(PING, '    ').lstrip()}\n\nping()\n",
    "session": 'with SessionLocal() as db:\n    print(db.scalar(text("select 1")))\n',
}


@pytest.mark.parametrize(
    ("what", "name"), [("statements", "check_database"), ("function", "ping"), ("session", "check_database")]
)
def test_a_module_that_asks_the_database_for_a_sign_of_life_asks_when_the_application_starts(
    tmp_path: Path, what: str, name: str
) -> None:
    asking = DATABASE.replace("import create_engine", "import create_engine, text") + "\n\n" + ASKS[what]
    done = program(tmp_path, app__db=asking)
    assert done.obstacles == []
    assert f"\nasync def {name}()" in done.texts["app/db.py"]
    assert "await " in done.texts["app/db.py"].split(f"async def {name}()")[1]
    assert not done.texts["app/db.py"].rstrip().endswith(f"{name}()")
    main = done.texts["app/main.py"]
    assert f"from app.db import {name}\n" in main
    assert f"    await {name}()\n    yield\n" in main


@pytest.mark.parametrize(
    "statements",
    [
        "with SessionLocal() as db:\n    db.execute(text('DELETE FROM notes'))\n    db.commit()\n",
        "with engine.begin() as connection:\n    connection.execute(text('INSERT INTO users (name) VALUES (1)'))\n",
        "with engine.connect() as connection:\n    version = connection.scalar(text('SELECT 1'))\n\n\ndef show():\n    return version\n",
        "def ping():\n    with engine.connect() as connection:\n        return connection.scalar(text('SELECT 1'))\n\n\nAT = ping()\n",
        "with engine.connect() as connection:\n    connection.execute(text('SELECT 1'))\n    prepare()\n",
        "if engine:\n    def ping():\n        engine.connect()\nelse:\n    def ping():\n        pass\n\n\nping()\n",
    ],
)
def test_what_a_module_does_to_the_database_is_there_for_all_who_import_it(
    tmp_path: Path, statements: str
) -> None:
    head = DATABASE.replace("import create_engine", "import create_engine, text")
    done = program(tmp_path, app__db=f"{head}\n\ndef prepare():\n    print('ready')\n\n\n{statements}")
    assert any(text.startswith("app/db.py:") for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_what_the_application_does_not_load_is_not_asked_by_it(tmp_path: Path) -> None:
    """A module that a script imports: the application never asked."""
    asking = f"from sqlalchemy import text\nfrom app.db import engine\n\n{PING}\n\ndef show():\n    print('shown')\n"
    done = program(tmp_path, asking=asking, script="from asking import show\n\nshow()\n")
    assert any(text.startswith("asking.py:") for text in done.obstacles), done.obstacles
    assert done.texts == {}


JOB = """
from apscheduler.schedulers.background import BackgroundScheduler

from app.db import SessionLocal
from app.models import Note


def tidy():
    with SessionLocal() as db:
        db.query(Note).filter(Note.title == "").delete()
        db.commit()


BackgroundScheduler().add_job(tidy, "interval", minutes=5)
"""
FILLING = (
    f"from app.names import pick\n{IMPORTS}db = SessionLocal()\ndb.add(User(name=pick()))\ndb.commit()\n"
)
NAMES = "def pick():\n    return 'x'\n"


def test_a_script_goes_async_beside_a_job_that_stays_sync(tmp_path: Path) -> None:
    done = program(tmp_path, fill=FILLING, app__jobs=JOB, app__names=NAMES)
    assert done.obstacles == []
    assert "app/jobs.py" not in done.texts
    assert "async def main() -> None:\n    async with AsyncSessionLocal() as db:\n" in done.texts["fill.py"]
    assert "async def users" in done.texts["app/api.py"]


def test_what_would_be_moved_is_not_told_beside_what_is_stuck(tmp_path: Path) -> None:
    takes = "\nimport elsewhere\n\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    return elsewhere.take(db)\n"
    done = program(tmp_path, fill=FILLING, app__stuck=HEADER + takes, app__names=NAMES)
    assert "app/api.py" not in done.texts
    assert [text for text in done.obstacles if "at import" in text] == []
    assert done.obstacles
