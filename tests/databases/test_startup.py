"""What a module does at import with functions that turn: a server imports it on its loop."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MODELS, Outcome, convert

HANDLERS = (
    '\n@router.get("/users")\ndef users(db: Session = Depends(get_db)):\n    return db.query(User).count()\n'
)
CLEAN = "def clean():\n    return open('x').read()\n\n\n"
SEED = (
    CLEAN
    + "def seed(name: str = 'x'):\n    with SessionLocal() as db:\n        db.add(User(name=name))\n        db.commit()\n\n\n"
)
IMPORTS = "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, SessionLocal, engine\nfrom app.models import User\n\n\n"
APP = "app = FastAPI()\napp.include_router(router)\n"


def program(folder: Path, main: str, **more: str) -> Outcome:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
    }
    texts = {f"app/{name}.py": text for name, text in more.items()}
    return convert(folder, {**files, "app/main.py": IMPORTS + main, **texts})


def test_calls_beside_the_application_wait_for_its_start_behind_the_tables(tmp_path: Path) -> None:
    main = f"Base.metadata.create_all(bind=engine)\n\n\n{SEED}# the first one\nseed('a')\nseed('b')\n\n{APP}"
    done = program(tmp_path, main)
    assert done.obstacles == []
    text = done.texts["app/main.py"]
    assert "    # the first one\n    await seed('a')\n    await seed('b')\n    yield\n" in text
    assert text.index("run_sync(Base.metadata.create_all)") < text.index("await seed('a')")
    assert "asyncio" not in text.replace("contextlib import asynccontextmanager", "").replace(
        "ext.asyncio", ""
    )
    assert any("seed() runs when the application starts" in note for note in done.notes)


@pytest.mark.parametrize(
    "use",
    [
        "found = seed()",
        "print(seed())",
        "if engine:\n    seed()\n    known = 1",
        "try:\n    seed()\n    router.prefix = '/a'\nfinally:\n    pass",
        "while not engine:\n    seed()",
        "if (known := 1):\n    seed()",
        "word = 'a'\nif word:\n    seed(word)\nword = 'b'",
        "try:\n    seed()\n    clean()\nexcept OSError:\n    pass",
    ],
)
def test_what_is_more_than_a_call_stays(tmp_path: Path, use: str) -> None:
    done = program(tmp_path, f"{SEED}{use}\n\n{APP}")
    assert any("is imported" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


@pytest.mark.parametrize(
    ("use", "becomes"),
    [
        ("if engine:\n    seed()\n", "    if engine:\n        await seed()\n"),
        (
            "try:\n    seed('a')\n    print('filled')\nexcept Exception as e:\n    print(e)  # later\n",
            "    try:\n        await seed('a')\n        print('filled')\n    except Exception as e:\n        print(e)  # later\n",
        ),
        (
            "# both\ntry:\n    seed('a')\n    seed('b')\nfinally:\n    pass\n",
            "    # both\n    try:\n        await seed('a')\n        await seed('b')\n    finally:\n        pass\n",
        ),
    ],
)
def test_a_call_takes_along_what_decides_about_it_and_tells_of_it(
    tmp_path: Path, use: str, becomes: str
) -> None:
    done = program(tmp_path, f"{SEED}{use}\n{APP}")
    assert done.obstacles == []
    assert becomes + "    yield\n" in done.texts["app/main.py"]
    assert use.splitlines()[0] not in done.texts["app/main.py"].splitlines()


def test_a_module_that_makes_its_application_through_a_function_is_no_script(tmp_path: Path) -> None:
    factory = "from fastapi import FastAPI\nfrom app.api import router\n\n\ndef create_app() -> FastAPI:\n    app = FastAPI()\n    app.include_router(router)\n    return app\n"
    done = program(
        tmp_path, f"from app.factory import create_app\n\n{SEED}seed()\napp = create_app()\n", factory=factory
    )
    assert any("seed() runs when app/main.py is imported" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_a_script_is_run(tmp_path: Path) -> None:
    done = program(tmp_path, APP, fill=f"{IMPORTS}{SEED}seed()\n")
    assert done.obstacles == []
    assert "\nasyncio.run(seed())\n" in done.texts["app/fill.py"]


@pytest.mark.parametrize(
    "use",
    [
        "asyncio.create_task(poll())",
        "await asyncio.gather(poll(), poll())",
        "await poll()",
        "task = poll()\n    await task",
    ],
)
def test_a_coroutine_that_was_one_is_handed_on_as_it_was(tmp_path: Path, use: str) -> None:
    poll = f"import asyncio\n\n\nasync def poll():\n    with SessionLocal() as db:\n        db.add(User(name='x'))\n        db.commit()\n\n\nasync def start():\n    {use}\n\n\n"
    done = program(tmp_path, f"{poll}app = FastAPI(on_startup=[start])\napp.include_router(router)\n")
    assert done.obstacles == []
    text = done.texts["app/main.py"]
    assert "async with SessionLocal() as db:" in text
    assert f"async def start():\n    {use}\n" in text


@pytest.mark.parametrize(
    ("asks", "becomes"),
    [
        (
            "return inspect(engine).get_table_names()",
            "return await _inspected(engine, lambda inspector: inspector.get_table_names())",
        ),
        (
            "inspector = inspect(engine)\n    return [c['name'] for c in inspector.get_columns('users')]",
            "for c in await _inspected(engine, lambda inspector: inspector.get_columns('users'))]",
        ),
        (
            "# what is there\n    inspector = inspect(engine)\n    if not inspector.has_table('users'):\n        return []\n    return inspector.get_columns('users')",
            "    # what is there\n    if not await _inspected(engine, lambda inspector: inspector.has_table('users')):\n",
        ),
    ],
)
def test_an_inspector_works_on_a_sync_connection(tmp_path: Path, asks: str, becomes: str) -> None:
    tools = f"from sqlalchemy import inspect\nfrom app.db import engine\n\n\ndef look():\n    {asks}\n\n\nif __name__ == '__main__':\n    look()\n"
    done = program(tmp_path, APP, tools=tools)
    assert done.obstacles == []
    text = done.texts["app/tools.py"]
    assert becomes in text
    assert (
        text.count("async def _inspected(engine: AsyncEngine, look: Callable[[Inspector], Any]) -> Any:") == 1
    )


def test_what_an_inspector_is_asked_when_the_application_starts_is_awaited(tmp_path: Path) -> None:
    start = "\n\n@app.on_event('startup')\ndef start():\n    look()\n\n\ndef look():\n    inspector = inspect(engine)\n    if 'users' in inspector.get_table_names():\n        print(inspector.get_columns('users'))\n"
    done = program(tmp_path, f"from sqlalchemy import inspect\n\n{APP}{start}")
    assert done.obstacles == []
    text = done.texts["app/main.py"]
    assert "    await look()\n" in text
    assert "await _inspected(engine, lambda inspector: inspector.get_columns('users'))" in text


@pytest.mark.parametrize(
    "asks",
    [
        "inspector = inspect(engine)\n    return inspector",
        "inspector = inspect(engine)\n    engine.connect()\n    return inspector.get_table_names() + inspector.get_table_names()",
        "return inspect(engine)",
        "inspector = inspect(engine)\n    return (lambda: inspector.get_table_names())()",
        "inspector = inspect(engine)\n    return inspector.default_schema_name",
        "with engine.connect() as connection:\n        return inspect(connection)",
    ],
)
def test_an_inspector_that_is_used_otherwise_is_an_obstacle(tmp_path: Path, asks: str) -> None:
    tools = f"from sqlalchemy import inspect\nfrom app.db import engine\n\n\ndef look():\n    {asks}\n\n\nif __name__ == '__main__':\n    look()\n"
    done = program(tmp_path, APP, tools=tools)
    assert any("app/tools.py" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


@pytest.mark.parametrize(
    ("body", "is_kept"),
    [
        ("return db.get_bind().dialect.name", True),
        ("return 'sqlite' in str(db.bind.url)", True),
        ("return db.bind.dialect.name if db.bind else ''", True),
        ("return db.bind.raw_connection()", False),
        ("return print(db.bind)", False),
        ("bind = db.get_bind()\n    return bind.dialect.name == 'sqlite'", True),
        ("bind = db.get_bind()\n    return bind.connect()", False),
        ("bind = db.get_bind()\n    event.listen(bind, 'connect', print)", True),
        ("event.remove(db.get_bind(), 'connect', print)", True),
        ("event.listen(print, db.get_bind())", False),
        ("return print(db.get_bind())", False),
    ],
)
def test_which_database_a_session_is_bound_to(tmp_path: Path, body: str, is_kept: bool) -> None:
    more = f'from sqlalchemy import event\n{HEADER}{HANDLERS}\n\n@router.get("/kind")\ndef kind(db: Session = Depends(get_db)):\n    {body}\n'
    done = program(tmp_path, APP, api=more)
    assert bool(done.obstacles) is not is_kept, done.obstacles
    assert "sync_engine" not in done.added("app/api.py")  # it is one


def test_tables_at_import_keep_their_constants(tmp_path: Path) -> None:
    done = program(tmp_path, f"Base.metadata.create_all(engine, checkfirst=True)\n\n{APP}")
    assert "await connection.run_sync(Base.metadata.create_all, checkfirst=True)" in done.texts["app/main.py"]
    done = program(tmp_path, f"Base.metadata.create_all(engine, tables=[User.__table__])\n\n{APP}")
    assert any("with arguments" in text for text in done.obstacles), done.obstacles


LISTENER = """
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session


@event.listens_for({target}, "{event}")
def listen({given}):
    {body}
"""


@pytest.mark.parametrize(
    ("target", "name", "given", "body"),
    [
        ("Session", "before_flush", "session, context, instances", "session.add(User(name='x'))"),
        ("Session", "before_flush", "session: Session, context, instances", "session.query(User).count()"),
        ("Session", "after_flush", "session, context", "session.execute(select(User)).all()"),
        ("Session", "after_flush", "session: Session, context", "[note.owner for note in session.new]"),
        (
            "User",
            "after_insert",
            "mapper, connection, target",
            "connection.execute(select(User.id)); print(target.notes)",
        ),
    ],
)
def test_listeners_stay_as_they_are_below_an_async_session(
    tmp_path: Path, target: str, name: str, given: str, body: str
) -> None:
    listener = LISTENER.format(target=target, event=name, given=given, body=body)
    repository = "class Repository:\n    def __init__(self, db: Session):\n        self.db = db\n\n    def add(self, user):\n        self.db.add(user)\n        self.db.commit()\n"
    done = program(tmp_path, APP, models=f"{MODELS}{listener}", repository=f"{HEADER}{repository}")
    assert done.obstacles == []
    assert "app/models.py" not in done.texts


@pytest.mark.parametrize(
    ("name", "body", "more"),
    [
        ("before_flush", "session.query(User).count()", "def run(db: Session): listen(db, 1, 2)"),
        ("before_flush", "count(session)", "def count(db: Session): return db.query(User).count()"),
        ("some_day", "session.query(User).count()", ""),
    ],
    ids=["called by hand", "shares a function", "an event that is not known"],
)
def test_a_listener_that_others_have_a_part_in(tmp_path: Path, name: str, body: str, more: str) -> None:
    given = "session: Session, context, instances"
    listener = LISTENER.format(target="Session", event=name, given=given, body=body)
    done = program(tmp_path, APP, models=f"{MODELS}{listener}\n\n{more}\n")
    assert done.obstacles
    assert "AsyncSession" not in "".join(done.texts.values())


SHOP = "class Shop(FastAPI):\n    def __init__(self):\n        super().__init__(title='shop')\n\n\n"


def test_a_class_over_the_framework_is_an_application_and_no_script(tmp_path: Path) -> None:
    main = f"{SHOP}Base.metadata.create_all(bind=engine)\n\n\n{SEED}seed('a')\n\n{APP.replace('FastAPI', 'Shop')}"
    done = program(tmp_path, main)
    assert done.obstacles == []
    text = done.texts["app/main.py"]
    assert "asyncio.run" not in text
    assert "super().__init__(title='shop', lifespan=lifespan)" in text
    assert (
        text.index("run_sync(Base.metadata.create_all)") < text.index("await seed('a')") < text.index("yield")
    )


def test_nor_is_one_that_another_file_makes(tmp_path: Path) -> None:
    made = f"from fastapi import FastAPI\n\n\n{SHOP}def create_app() -> Shop:\n    return Shop()\n"
    main = f"from app.shop import create_app\n\n\n{SEED}seed('a')\n\napp = create_app()\napp.include_router(router)\n"
    done = program(tmp_path, main, shop=made)
    assert "asyncio.run" not in "".join(done.texts.values())


def test_a_class_over_the_framework_that_another_file_has_does_not_start_what_waits(tmp_path: Path) -> None:
    main = f"from app.shop import Shop\n\n\n{SEED}seed('a')\n\n{APP.replace('FastAPI', 'Shop')}"
    done = program(
        tmp_path, main, shop=f"from fastapi import FastAPI\n\n\n{SHOP.partition('    def')[0]}    pass\n"
    )
    assert any("no application was found" in text for text in done.obstacles)
    assert "asyncio.run" not in "".join(done.texts.values())


def test_what_a_module_did_at_import_is_done_by_the_applications_that_load_it(tmp_path: Path) -> None:
    """Another application has neither the names nor the tables."""
    other = "from fastapi import FastAPI\n\napp = FastAPI()\n"
    tables = "from app.db import Base, engine\n\nBase.metadata.create_all(engine)\n"
    main = f"import app.tables\n\n{SEED}seed('a')\n\n{APP}"
    done = program(tmp_path, main, other=other, tables=tables)
    assert done.obstacles == []
    assert "run_sync(Base.metadata.create_all)" in done.texts["app/main.py"]
    assert "await seed('a')" in done.texts["app/main.py"]
    assert "app/other.py" not in done.texts


def test_without_an_application_that_can_do_it_nothing_is_taken_from_the_import(tmp_path: Path) -> None:
    main = "Base.metadata.create_all(engine)\noptions = {}\napp = FastAPI(**options)\napp.include_router(router)\n"
    done = program(tmp_path, main)
    assert [text for text in done.obstacles if "may hold a lifespan" in text] == done.obstacles != []
    assert done.texts == {}


FACTORY = "def create_app(title: str = 'x') -> FastAPI:\n    {first}\n    app = FastAPI(title=title)\n    app.include_router(router)\n    return app\n\n\napp = create_app()\n"
STARTED = {
    "tables": (
        "# empty\n    Base.metadata.create_all(bind=engine)",
        "    # empty\n    async with engine.begin() as connection:\n        await connection.run_sync(Base.metadata.create_all)\n    yield\n",
    ),
    "tables, if they are wanted": (
        "if engine.echo:\n        Base.metadata.create_all(bind=engine)",
        "    if engine.echo:\n        async with engine.begin() as connection:\n            await connection.run_sync(Base.metadata.create_all)\n    yield\n",
    ),
    "a function that makes them": ("make()", "    await make()\n    yield\n"),
    "tables, and what fills them": (
        "Base.metadata.create_all(engine)\n    seed('a')",
        "        await connection.run_sync(Base.metadata.create_all)\n    await seed('a')\n    yield\n",
    ),
}
MAKE = "def make():\n    Base.metadata.create_all(bind=engine)\n\n\n"


@pytest.mark.parametrize("name", STARTED)
def test_what_the_function_that_makes_the_application_does_waits_for_its_start(
    tmp_path: Path, name: str
) -> None:
    first, started = STARTED[name]
    done = program(tmp_path, SEED + MAKE + FACTORY.format(first=first))
    assert done.obstacles == []
    text = done.texts["app/main.py"]
    assert started in text
    assert (
        "def create_app(title: str = 'x') -> FastAPI:\n    app = FastAPI(title=title, lifespan=lifespan)\n"
        in text
    )


@pytest.mark.parametrize(
    "first",
    [
        "found = seed()",
        "seed(title)",
        "if title:\n        Base.metadata.create_all(bind=engine)",
        "if title:\n        seed()",
        "one = FastAPI()\n    seed()",
        "print(seed())",
    ],
)
def test_what_the_function_does_for_this_application_only_stays(tmp_path: Path, first: str) -> None:
    done = program(tmp_path, SEED + FACTORY.format(first=first))
    assert any("gives is used when" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}
