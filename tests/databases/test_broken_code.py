"""Code that cannot work, or that nobody calls, stands in the way of no database: no answer depends on it."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import DATABASE, FILL, HEADER, MAIN, MODELS, answers, app, convert

ROUTE = '@router.get("/users")\ndef users(db: Session = Depends(get_db)):\n    return [u.name for u in db.scalars(select(User)).all()]\n'
SEED = f'{ROUTE}\n@router.get("/seed")\ndef seed(db: Session = Depends(get_db)):\n    user = db.get(User, 1)\n    user.name = hashed(user.name)\n    db.commit()\n    return user.name\n'
LOST = SEED.replace("hashed(", "security.hashed(")


OF_CLASS = f"from app import security as module\n\nsecurity = module.Security()\n{LOST}".replace(
    "hashed", "crypted"
)


@pytest.mark.parametrize("code", [SEED, f"from app import security\n\n{LOST}", OF_CLASS])
def test_a_call_of_what_nothing_binds_answers_as_before(tmp_path: Path, code: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/security.py": "class Security:\n    def hashed(self, text):\n        return text\n",
        "app/api.py": f"{HEADER}{code}",
        "app/main.py": MAIN,
    }
    done = convert(tmp_path, files)
    assert done.obstacles == []
    assert "async def seed(db: AsyncSession = Depends(get_db))" in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/users", "/seed"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 500]


@pytest.mark.parametrize(
    ("code", "security"),
    [
        (f"globals()['hashed'] = input()\n{SEED}", ""),
        (f"import builtins\n\nbuiltins.hashed = input()\n{SEED}", ""),
        (f"from app import security\n{LOST}", "globals()['hashed'] = input()\n"),
        (f"from app import security\n{LOST}", "from nobody import *\n"),
        (f"from app import security\n{LOST}", "def __getattr__(name):\n    return input(name)\n"),
        (OF_CLASS, "class Security:\n    def __getattr__(self, name):\n        return input(name)\n"),
        (OF_CLASS, "import nobody\n\n@nobody.adds\nclass Security: ...\n"),
        (OF_CLASS, "class Security: ...\n\nsetattr(Security, input(), print)\n"),
        (OF_CLASS, "class Adds(type):\n    pass\n\nclass Security(metaclass=Adds): ...\n"),
    ],
)
def test_a_name_that_may_come_from_elsewhere_can_be_anything(
    tmp_path: Path, code: str, security: str
) -> None:
    done = app(tmp_path, code, security=security)
    assert any("cannot be told" in text for text in done.obstacles), done.obstacles
    assert done.texts == {}


def test_a_session_of_a_name_that_nothing_binds(tmp_path: Path) -> None:
    code = "def purge():\n    db.query(User).delete()\n    db.commit()\n\n"
    assert app(tmp_path / "one", code + ROUTE).obstacles == []
    done = app(tmp_path / "two", f"globals()['db'] = input()\n\n{code}{ROUTE}")
    assert any("nobody knows whether it works on this database" in text for text in done.obstacles)


NAMED = "class Users:\n    def named(self, db: Session, name: str):\n        return db.query(User).filter(User.name == name).first()\n\n"
OLD_SCRIPT = "from app import database\nfrom app.models import User\n\n\ndef seed():\n    if not database.session.named(User, 'x'):\n        database.session.add(User(name='x'))\n    database.session.commit()\n"


@pytest.mark.parametrize(
    ("package", "stuck"),
    [
        ("", False),
        ("from nobody import *\n", True),
        ("def __getattr__(name):\n    return input(name)\n", True),
    ],
)
def test_what_is_imported_from_where_it_is_not_is_no_session(
    tmp_path: Path, package: str, stuck: bool
) -> None:
    """A script of the time before, which fails in its first line."""
    files = {
        "app/__init__.py": package,
        "app/db.py": DATABASE,
        "app/models.py": MODELS,
        "app/api.py": HEADER + NAMED + ROUTE,
        "seed.py": OLD_SCRIPT,
    }
    done = convert(tmp_path, files)
    assert any("nobody knows whether it works" in text for text in done.obstacles) is stuck
    assert ("async def users" in done.added("app/api.py")) is not stuck


UNUSED = "def purge(db, days):\n    db.query(User).filter(User.id > days).delete()\n    db.commit()\n\n\nclass Users:\n    def count(self, db):\n        return db.query(User).count()\n\n\n"


def test_a_helper_that_nobody_calls_goes_along(tmp_path: Path) -> None:
    text = app(tmp_path, UNUSED + ROUTE).texts["app/api.py"]
    assert (
        "async def purge(db, days):\n    await db.execute(delete(User).filter(User.id > days))\n    await db.commit()\n"
        in text
    )
    assert "    async def count(self, db):\n        return " in text


@pytest.mark.parametrize(
    "more",
    [
        "def other(db: str):\n    return db.upper()\n",
        "def other(db: dict | None = None):\n    return db\n",
        "import nobody\n\ndef more():\n    purge(nobody.session(), 1)\n",
        "HELPERS = {'purge': purge}\n",
        "import nobody\n\n@nobody.command\ndef purge(db):\n    db.commit()\n",
        "def purge(db=None):\n    db.commit()\n",
    ],
)
def test_what_its_namesakes_are_tells_nothing(tmp_path: Path, more: str) -> None:
    done = app(tmp_path, UNUSED + more + ROUTE)
    assert any("nobody knows whether it works on this database" in text for text in done.obstacles), done
    assert done.texts == {}


UNTOLD = (
    "def found(session, id):\n    return session.get(User, id)\n\n"
    "def everyone(session):\n    return session.query(User).all()\n"
    '@router.get("/x")\ndef x(db: Session = Depends(get_db)):\n    return found({given}, 1) is None\n'
)


def test_where_none_is_told_what_it_is_those_of_the_file_say_it_that_are_given_one(tmp_path: Path) -> None:
    done = app(tmp_path, UNTOLD.format(given="db"))
    assert done.obstacles == []
    assert "return (await session.scalars(select(User))).all()\n" in done.texts["app/api.py"]


@pytest.mark.parametrize("given", ["nobody.session()", "None"])
def test_what_is_given_to_none_of_them_tells_nothing(tmp_path: Path, given: str) -> None:
    done = app(tmp_path, "import nobody\n\n" + UNTOLD.format(given=given) + ROUTE)
    assert any("nobody knows whether it works on this database" in text for text in done.obstacles), done


OF_A_DRIVER = (
    "import nobody\n\n\ndef clean():\n    link = nobody.connect()\n    {does}\n    link.commit()\n\n\n"
)


def test_what_has_cursors_is_no_session(tmp_path: Path) -> None:
    code = OF_A_DRIVER.replace("{does}", "link.cursor().execute('delete from logs')")
    done = app(tmp_path, code + ROUTE)
    assert done.obstacles == []
    assert "    link.commit()\n" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "does",
    ["link.execute('delete from logs')", "(link, nobody.other.cursor())", "other = link.cursors"],
)
def test_what_is_not_seen_to_have_cursors_may_be_one(tmp_path: Path, does: str) -> None:
    done = app(tmp_path, OF_A_DRIVER.replace("{does}", does) + ROUTE)
    assert any("nobody knows whether it works on this database" in text for text in done.obstacles), done


GENERIC = 'def find(db: Session, model: {type}, id: int){returns}:\n    return db.query(model).filter(model.id == id).first()\n\n@router.get("/notes")\ndef note(db: Session = Depends(get_db)):\n    note = find(db, Note, 1)\n    return note.owner.name\n\n@router.get("/user")\ndef user(db: Session = Depends(get_db)):\n    return find(db, User, 1).name\n'


@pytest.mark.parametrize("returns", ["", " -> Any"])
@pytest.mark.parametrize(
    "written",
    [
        "Type[DeclarativeMeta]",
        "DeclarativeMeta",
        "type",
        "type[DeclarativeBase]",
        "Type[Base]",
        "type[Any]",
        "Any",
    ],
)
def test_a_class_that_is_passed_tells_more_than_the_base_that_is_written(
    tmp_path: Path, written: str, returns: str
) -> None:
    head = "from typing import Any, Type\nfrom sqlalchemy.orm import DeclarativeBase, DeclarativeMeta\nfrom app.db import Base\n\n"
    done = app(tmp_path, head + GENERIC.replace("{type}", written).replace("{returns}", returns), main=MAIN)
    assert done.obstacles == []
    assert '    await db.refresh(note, ["owner"])\n    return note.owner.name\n' in done.texts["app/api.py"]
    before, after = answers(tmp_path, done, FILL, ["/notes", "/user"])
    assert before == after
    assert [text for _, _, text in before] == ['"ann"', '"ann"']


COLUMNS = "from sqlalchemy import JSON, Column, Integer, String\nfrom app.db import Base\n\nclass Move(Base):\n    __tablename__ = 'moves'\n    id = Column(Integer, primary_key=True)\n    details = Column(JSON)\n    rows = Column(JSON)\n    name = Column(String)\n"
MOVES = f"""{FILL}
    db.execute("create table moves (id integer primary key, details text, rows text, name text)")
    moves = "insert into moves (details, rows, name) values (?, ?, ?)"
    db.execute(moves, ('{{"a": {{"x": 1}}}}', '[{{"x": 2}}]', 'ab'))
"""


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("[each.get('x') for _, each in move.details.items()]", "[1]"),
        ("[each.get('x') for each in move.details.values()]", "[1]"),
        ("[key.upper() for key in move.details]", '["A"]'),
        ("[each.get('x') for each in move.rows]", "[2]"),
        ("[row['x'].bit_length() for row in move.rows]", "[2]"),
        ("[letter.upper() for letter in move.name]", '["A","B"]'),
        ("move.details['a'].get('x')", "1"),
    ],
)
def test_what_is_in_a_column_is_data(tmp_path: Path, read: str, expected: str) -> None:
    """Of an expression in a query nothing can be iterated."""
    route = f'@router.get("/moves")\ndef moves(db: Session = Depends(get_db)):\n    move = db.query(Move).one()\n    return {read}\n'
    done = app(tmp_path, f"from app.moves import Move\n\n{route}", moves=COLUMNS, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, MOVES, ["/moves"])
    assert before == after
    assert [text for _, _, text in before] == [expected]


def test_a_connection_that_a_session_was_made_with_is_inspected(tmp_path: Path) -> None:
    route = '@router.get("/tables")\ndef tables(db: Session = Depends(get_db)):\n    inspector = inspect(db.bind)\n    return inspector.get_table_names()\n'
    done = app(tmp_path, f"from sqlalchemy import inspect\n\n{route}", main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/tables"])
    assert before == after
    assert [text for _, _, text in before] == ['["notes","users"]']
    for other in ("return str(db.bind)", "return load(db.bind)"):
        text = route.replace("inspector = inspect(db.bind)\n    return inspector.get_table_names()", other)
        stays = app(tmp_path / other[7:10], text, main=MAIN)
        assert any("db.bind is another thing on an async session" in words for words in stays.obstacles)


def test_a_query_for_what_nothing_binds_is_told_of_once(tmp_path: Path) -> None:
    code = "def lost(db: Session):\n    return db.query(Lost).filter(User.id > 1).order_by(User.id).all()\n\n"
    done = app(tmp_path, code + ROUTE)
    assert done.obstacles == ["app/api.py:10: a query for Lost, a name that nothing binds"]
    assert done.texts == {}


LIST = "from pydantic import BaseModel, ConfigDict\nfrom app import security\n\nclass NoteOut(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    id: int\n\nclass UserOut(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n    notes: list[NoteOut]\n\nclass Page(BaseModel):\n    items: list[UserOut]\n\n"


@pytest.mark.parametrize("body", ["found = {call}\n    return {'items': found}", "return {'items': {call}}"])
def test_nothing_is_sent_of_what_fails_before(tmp_path: Path, body: str) -> None:
    head = f'{LIST}@router.get("/page", response_model=Page)\ndef page(db: Session = Depends(get_db)):\n    '
    done = app(
        tmp_path / "one",
        head + body.replace("{call}", "security.lost(db)") + f"\n\n{ROUTE}",
        security="",
        main=MAIN,
    )
    assert done.obstacles == []
    before, after = answers(tmp_path / "one", done, FILL, ["/users", "/page"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 500]
    unknown = "from nobody import lost\n" + head + body.replace("{call}", "lost()")
    stays = app(tmp_path / "two", f"{unknown}\n\n{ROUTE}", security="")
    assert any("what is sent cannot be told" in text for text in stays.obstacles)


TAKEN_FOR_A_SESSION = """
def names(session: Session | None = None):
    if session is None:
        session = get_db()
    return [u.name for u in session.scalars(select(User)).all()]


@router.get("/given")
def given(db: Session = Depends(get_db)):
    return names(db)


@router.get("/mistaken")
def mistaken():
    return names()
"""


def test_a_generator_that_is_taken_for_a_session_fails_as_before(tmp_path: Path) -> None:
    done = app(tmp_path, TAKEN_FOR_A_SESSION, main=MAIN)
    assert done.obstacles == []
    assert (
        "        session = get_db()\n    return [u.name for u in (await session" in done.texts["app/api.py"]
    )
    before, after = answers(tmp_path, done, FILL, ["/given", "/mistaken"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 500]


@pytest.mark.parametrize(
    "use",
    [
        "        return [each for each in session]",
        "        return next(session).scalars(select(User)).first().name",
        "        return session.send(None).scalars(select(User)).first().name",
        "        return (lambda: next(session))()",
        "        return str(keep(session))",
        "        session.close()",
    ],
)
def test_a_generator_that_is_used_as_one_is_followed_or_refused(tmp_path: Path, use: str) -> None:
    code = TAKEN_FOR_A_SESSION.replace("session = get_db()\n", f"session = get_db()\n{use}\n")
    done = app(tmp_path, f"from vendor import keep\n\n{code}", main=MAIN)
    assert any("session" in text or "get_db" in text for text in done.obstacles), done.obstacles
