"""Tables that the code makes itself: where they are made from now on, with the comments that stand there."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, HEADER, MAIN, MODELS, answers, app, convert

HANDLERS = """
@router.get("/users")
def users(db: Session = Depends(get_db)):
    return db.query(User).count()
"""
COMMENT = "# creates tables\n# that do not exist yet\n"


def program(folder: Path, **more: str) -> dict[str, str]:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\n\napp = FastAPI()\napp.include_router(router)\n",
    }
    texts = {f"app/{name}.py": text for name, text in more.items()}
    done = convert(folder, {**files, **texts})
    assert done.obstacles == []
    return dict(done.texts)


@pytest.mark.parametrize("behind", ["", "  # all of them"])
def test_a_comment_above_tables_made_at_import_goes_along(tmp_path: Path, behind: str) -> None:
    head = "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\n\n"
    make = f"{COMMENT}Base.metadata.create_all(bind=engine){behind}\n\n"
    text = program(tmp_path, main=head + make + "app = FastAPI()\napp.include_router(router)\n")[
        "app/main.py"
    ]
    block = (
        "    # creates tables\n    # that do not exist yet\n    async with engine.begin() as connection:\n"
    )
    assert block in text
    assert text.count("# creates tables") == 1
    assert text.count("# all of them") == bool(behind)


def test_tables_that_a_file_makes_twice_are_made_once(tmp_path: Path) -> None:
    head = "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\n\n"
    make = f"{COMMENT}Base.metadata.create_all(bind=engine)\n\napp = FastAPI()\n\n"
    text = program(tmp_path, main=head + make * 2 + "app.include_router(router)\n")["app/main.py"]
    assert text.count("run_sync(Base.metadata.create_all)") == text.count("# creates tables") == 1


def test_a_comment_above_tables_made_beside_the_models_goes_along(tmp_path: Path) -> None:
    models = f"{MODELS}\n\nfrom app.db import engine\n\n{COMMENT}Base.metadata.create_all(engine)\n"
    texts = program(tmp_path, models=models)
    assert "# creates" not in texts["app/models.py"]
    assert "    # that do not exist yet\n    async with engine.begin() as" in texts["app/main.py"]


def test_a_comment_in_a_function_stays_above_the_block(tmp_path: Path) -> None:
    make = "\n\ndef make():\n    # creates tables\n    Base.metadata.create_all(engine)\n\n\nif __name__ == '__main__':\n    make()\n"
    text = program(tmp_path, tools="from app.db import Base, engine\nfrom app import models\n" + make)[
        "app/tools.py"
    ]
    assert "async def make():\n    # creates tables\n    async with engine.begin() as connection:\n" in text


def test_comments_in_a_script_stay_above_their_lines(tmp_path: Path) -> None:
    make = "# empty\nBase.metadata.drop_all(engine)\n# creates tables\nBase.metadata.create_all(engine)\n"
    texts = program(tmp_path, tools=f"from app.db import Base, engine\nfrom app import models\n\n{make}")
    lines = [line.strip() for line in texts["app/tools.py"].splitlines()]
    first = lines.index("# empty")
    assert lines[first + 1] == "await connection.run_sync(Base.metadata.drop_all)"
    assert lines[first + 2 : first + 4] == [
        "# creates tables",
        "await connection.run_sync(Base.metadata.create_all)",
    ]


def test_a_comment_apart_from_the_tables_stays_where_it_is(tmp_path: Path) -> None:
    head = "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\n\n"
    make = "# the application\n\nBase.metadata.create_all(bind=engine)\n\n"
    text = program(tmp_path, main=head + make + "app = FastAPI()\napp.include_router(router)\n")[
        "app/main.py"
    ]
    assert "\n# the application\n" in text


TOOLS = "from app.db import Base, engine\nfrom app.models import User\n\n\n"


@pytest.mark.parametrize(
    ("call", "becomes"),
    [
        ("create_all(engine)", "create_all"),
        ("create_all(bind=engine)", "create_all"),
        ("create_all(engine, [User.__table__])", "create_all, [User.__table__]"),
        ("create_all(engine, tables=[User.__table__])", "create_all, tables=[User.__table__]"),
        ("create_all(checkfirst=False, bind=engine)", "create_all, checkfirst=False"),
        (
            "drop_all(engine, [User.__table__], checkfirst=True)",
            "drop_all, [User.__table__], checkfirst=True",
        ),
    ],
)
@pytest.mark.parametrize("place", ["function", "script"])
def test_no_argument_is_lost(tmp_path: Path, place: str, call: str, becomes: str) -> None:
    text = f"def make():\n    Base.metadata.{call}\n\n\nif __name__ == '__main__':\n    make()\n"
    text = text if place == "function" else f"Base.metadata.{call}\n"
    made = program(tmp_path, tools=TOOLS + text)["app/tools.py"]
    assert f"await connection.run_sync(Base.metadata.{becomes})\n" in made


def test_a_connection_that_is_open_already_is_used(tmp_path: Path) -> None:
    text = "def make():\n    with engine.begin() as connection:\n        Base.metadata.create_all(connection, [User.__table__])\n\n\nif __name__ == '__main__':\n    make()\n"
    made = program(tmp_path, tools=TOOLS + text)["app/tools.py"]
    assert (
        "    async with engine.begin() as connection:\n        await connection.run_sync(Base.metadata.create_all, [User.__table__])\n"
        in made
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def make():\n    Base.metadata.create_all()\n\n\nmake()\n", "create_all() without an engine"),
        (
            "def make():\n    made = Base.metadata.create_all(engine)\n    return made\n\n\nmake()\n",
            "what create_all() gives is used",
        ),
        (
            "class Made:\n    def __init__(self):\n        Base.metadata.create_all(engine)\n\n\nMade()\n",
            "is called by the interpreter",
        ),
        (
            "Base.metadata.create_all(engine)\nclass Made: ...\nBase.metadata.create_all(engine)\n",
            "in several places of one script",
        ),
    ],
)
def test_tables_that_keep_the_database_sync(tmp_path: Path, text: str, why: str) -> None:
    main = "from fastapi import FastAPI\nfrom app.api import router\n\napp = FastAPI()\napp.include_router(router)\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
    }
    done = convert(tmp_path, {**files, "app/main.py": main, "app/tools.py": TOOLS + text})
    assert any(why in obstacle for obstacle in done.obstacles), done.obstacles
    assert "app/tools.py" not in done.texts


def test_tables_made_at_import_with_arguments_keep_the_database_sync(tmp_path: Path) -> None:
    main = "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\nfrom app.models import User\n\nBase.metadata.create_all(engine, [User.__table__])\napp = FastAPI()\napp.include_router(router)\n"
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + HANDLERS,
    }
    done = convert(tmp_path, {**files, "app/main.py": main})
    assert any("at import, with arguments that are made there" in each for each in done.obstacles)


HEAD = "from fastapi import FastAPI\nfrom app.api import router\nfrom app.db import Base, engine\n"
REST = "\napp = FastAPI()\napp.include_router(router)\n"
GUARDED = [
    "if engine.echo:\n    # only there\n    Base.metadata.create_all(bind=engine)\n",
    "try:\n    Base.metadata.create_all(bind=engine)\nexcept Exception as error:\n    print(error)\n",
    "if engine.echo:\n    Base.metadata.drop_all(bind=engine)\n    Base.metadata.create_all(bind=engine)\n",
    "if engine.echo:\n    Base.metadata.create_all(bind=engine)  # once\n    # and never again\n",
    "if engine.echo:\n    print('x')\nelse:\n    Base.metadata.create_all(bind=engine)\n",
]


@pytest.mark.parametrize("beside", ["main", "models"])
@pytest.mark.parametrize("make", GUARDED)
def test_what_decides_about_tables_made_at_import_goes_along(tmp_path: Path, make: str, beside: str) -> None:
    """Without the `if`, production would make them, too; without the `try`, the application would not start."""
    main = HEAD + (make if beside == "main" else "") + REST
    models = MODELS + ("\nfrom app.db import engine\n\n" + make if beside == "models" else "")
    texts = program(tmp_path, main=main, models=models)
    text = make.replace("create_all(bind=engine)", "create_all").replace("drop_all(bind=engine)", "drop_all")
    for name in ("create_all", "drop_all"):
        began = "async with engine.begin() as connection:\n        await connection.run_sync("
        text = text.replace(f"    Base.metadata.{name}", f"    {began}Base.metadata.{name})")
    expected = "".join(f"    {line}\n" for line in text.splitlines())
    assert expected in texts["app/main.py"]
    head = make.partition("\n")[0]
    assert texts["app/main.py"].count(head) == 1
    assert head not in texts.get("app/models.py", "")


@pytest.mark.parametrize(
    "make",
    [
        "if engine.echo:\n    Base.metadata.create_all(bind=engine)\n    app_name = 'x'\n",
        "try:\n    Base.metadata.create_all(bind=engine)\nexcept Exception:\n    raise SystemExit(1)\n",
        "for _ in range(3):\n    Base.metadata.create_all(bind=engine)\n",
        "if (found := engine.echo):\n    Base.metadata.create_all(bind=engine)\n",
        "if engine.echo:\n    Base.metadata.create_all(bind=engine)\n    start(engine)\n",
        "wanted = True\nif wanted:\n    Base.metadata.create_all(bind=engine)\nwanted = False\n",
    ],
)
def test_tables_made_beside_what_has_to_run_at_import_keep_the_database_sync(
    tmp_path: Path, make: str
) -> None:
    files = {"app/__init__.py": "", "app/db.py": DATABASE, "app/models.py": MODELS}
    main = HEAD + "from somewhere import start\n" + make + REST
    done = convert(tmp_path, {**files, "app/api.py": HEADER + HANDLERS, "app/main.py": main})
    assert any("together with what has to run there" in each for each in done.obstacles), done.obstacles


def test_a_function_may_give_what_making_tables_gives(tmp_path: Path) -> None:
    make = "from app.db import Base\n\ndef make():\n    return Base.metadata.create_all(engine)\n"
    done = app(tmp_path, make + '@router.get("/x")\ndef x():\n    make()\n')
    assert done.obstacles == []
    assert "        return await connection.run_sync(Base.metadata.create_all)\n" in done.texts["app/api.py"]


def test_tables_that_a_function_makes_one_behind_the_other_share_a_block(tmp_path: Path) -> None:
    make = "\n\ndef make():\n    # empty\n    Base.metadata.drop_all(engine)\n    # creates tables\n    Base.metadata.create_all(engine)\n    User.__table__.create(engine, checkfirst=True)\n    print('done')\n    User.__table__.drop(bind=engine)\n\n\nif __name__ == '__main__':\n    make()\n"
    tools = "from app.db import Base, engine\nfrom app.models import User\n"
    text = program(tmp_path, tools=tools + make)["app/tools.py"]
    assert text.partition("async def make():\n")[2].partition("\n\n\n")[0] == (
        "    async with engine.begin() as connection:\n"
        "        # empty\n"
        "        await connection.run_sync(Base.metadata.drop_all)\n"
        "        # creates tables\n"
        "        await connection.run_sync(Base.metadata.create_all)\n"
        "        await connection.run_sync(User.__table__.create, checkfirst=True)\n"
        "    print('done')\n"
        "    async with engine.begin() as connection:\n"
        "        await connection.run_sync(User.__table__.drop)"
    )


CORE = """
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, func

metadata = MetaData()
shelves = Table("shelves", metadata, Column("id", Integer, primary_key=True), Column("name", String(20)))
books = Table(
    "books", metadata, Column("id", Integer, primary_key=True), Column("shelf_id", ForeignKey("shelves.id"))
)


class Shelves:
    def __init__(self, conn: Connection):
        self.conn = conn

    def add(self, name: str) -> int:
        return self.conn.execute(shelves.insert().values(name=name)).inserted_primary_key[0]

    def rename(self, name: str) -> int:
        return self.conn.execute(shelves.update().where(shelves.c.name == "old").values(name=name)).rowcount

    def named(self):
        other = shelves.alias("other")
        found = select(other.c.name, func.count(books.c.id)).select_from(other.outerjoin(books))
        return [list(row) for row in self.conn.execute(found.group_by(other.c.id).order_by(other.c.name))]

    def clear(self) -> int:
        return self.conn.execute(books.delete().where(books.c.shelf_id > 1)).rowcount


@router.get("/x")
def show():
    metadata.create_all(engine)
    with engine.begin() as conn:
        kept = Shelves(conn)
        first, second = kept.add("old"), kept.add("tall")
        conn.execute(books.insert(), [{"shelf_id": first}, {"shelf_id": second}, {"shelf_id": second}])
        return [first, second, kept.rename("new"), kept.named(), kept.clear(), kept.named()]
"""


def test_statements_that_tables_make_only_say_what_is_wanted(tmp_path: Path) -> None:
    done = app(tmp_path, "from sqlalchemy.engine import Connection\n" + CORE, main=MAIN)
    assert done.obstacles == []
    assert "await self.conn.execute(shelves.insert()" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, "", ["/x"])
    assert before == after
    assert [status for _, status, _ in before] == [200]
