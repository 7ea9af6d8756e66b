"""What the program itself cannot find is in nobody's way: such a call fails before and after."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

CRUD = """
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import User


class Base:
    def get(self, db: Session, id: int):
        return db.get(User, id)


class Users(Base):
    def names(self, db: Session) -> list[str]:
        return [user.name for user in db.scalars(select(User)).all()]


users = Users()
"""
HANDLERS = """
from app import crud


@router.get("/users")
def users(db: Session = Depends(get_db)):
    return crud.users.names(db)


@router.get("/lost")
def lost(db: Session = Depends(get_db)):
    return CALL
"""


@pytest.mark.parametrize("call", ["crud.delete(db, 1)", "crud.users.delete(db, id=1)", "crud.teams.all(db)"])
def test_a_call_of_what_nothing_defines_fails_as_before(tmp_path: Path, call: str) -> None:
    done = app(tmp_path, HANDLERS.replace("CALL", call), crud=CRUD, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/users", "/lost"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 500]


@pytest.mark.parametrize(
    ("call", "crud"),
    [
        ("crud.delete(db, 1)", CRUD + "\n\ndef named(user: User, key: str):\n    setattr(user, key, 1)\n"),
        (
            "crud.delete(db, 1)",
            CRUD + "\n\ndef named(db: Session, key: str):\n    setattr(db.get(User, 1), key, 1)\n",
        ),
        ("deleted(db, 1)", CRUD),
        (
            "crud.users.delete(db, id=1)",
            CRUD.replace(
                "class Base:", "Row = TypeVar('Row', bound=DeclarativeBase)\n\n\nclass Base(Generic[Row]):"
            )
            .replace("import Session", "import DeclarativeBase, Session\nfrom typing import Generic, TypeVar")
            .replace(
                "    def get(",
                "    def put(self, row: Row, key: str):\n        setattr(row, key, 1)\n\n    def get(",
            ),
        ),
    ],
)
def test_what_sets_attributes_of_objects_gives_no_name(tmp_path: Path, call: str, crud: str) -> None:
    done = app(tmp_path, HANDLERS.replace("CALL", call), crud=crud, main=MAIN)
    assert done.obstacles == []
    before, after = answers(tmp_path, done, FILL, ["/users", "/lost"])
    assert before == after
    assert [status for _, status, _ in before] == [200, 500]


@pytest.mark.parametrize(
    ("call", "crud"),
    [
        (
            "crud.delete(db, 1)",
            "import sys\n" + CRUD + "\nfor key in input():\n    setattr(sys.modules[__name__], key, print)\n",
        ),
        ("crud.delete(db, 1)", CRUD + "\n\ndef add(to, key):\n    setattr(to, key, print)\n"),
        ("crud.users.delete(db)", CRUD + "\nsetattr(users, input(), print)\n"),
        (
            "crud.users.delete(db)",
            CRUD.replace(
                "class Base:",
                "class Base:\n    def __init__(self):\n        setattr(self, input(), print)\n",
            ),
        ),
        ("crud.delete(db, 1)", "import acme\n" + CRUD + "\n\ndef __getattr__(name):\n    return acme.run\n"),
        ("crud.delete(db, 1)", CRUD + "\nglobals().update(delete=print)\n"),
        ("crud.delete(db, 1)", CRUD + "\nfrom acme import *\n"),
        (
            "crud.users.delete(db)",
            CRUD.replace("class Base", "from acme import Rows\n\n\nclass Base(Rows)", 1),
        ),
        (
            "crud.users.delete(db)",
            CRUD.replace(
                "class Base:",
                "import acme\n\n\nclass Base:\n    def __getattr__(self, name):\n        return acme.run\n",
            ),
        ),
        (
            "crud.users.delete(db)",
            CRUD.replace(
                "class Base:",
                "class Base:\n    def __init__(self, **more):\n        self.__dict__.update(more)\n",
            ),
        ),
        ("crud.users.delete(db)", CRUD + "\nsetattr(Base, input(), print)\n"),
        ("crud.users.delete(db)", CRUD + "\nvars(users)['delete'] = print\n"),
        (
            "crud.users.delete(db)",
            CRUD.replace("class Base:", "from abc import ABC\n\n\nclass Base(ABC):")
            + "\n\ndef add(to: ABC, key: str):\n    setattr(to, key, print)\n",
        ),
        (
            "crud.users.delete(db)",
            CRUD.replace("class Base:", "from acme import tables\n\n\n@tables\nclass Base:"),
        ),
    ],
)
def test_a_name_that_may_come_from_elsewhere_stays_unknown(tmp_path: Path, call: str, crud: str) -> None:
    done = app(tmp_path, HANDLERS.replace("CALL", call), crud=crud)
    assert [words for words in done.obstacles if "is handed db, and nobody knows" in words]
    assert "app/crud.py" not in done.texts


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("crud.delete(db, 1)", "crud"),
        ("crud.users.delete(db)", "crud.Base"),
        ("crud.users.delete(db)", "crud.Users"),
    ],
)
def test_a_name_that_another_file_gives_stays_unknown(tmp_path: Path, call: str, given: str) -> None:
    more = f"from app import crud\n\nsetattr({given}, 'delete', print)\n"
    done = app(tmp_path, HANDLERS.replace("CALL", call), crud=CRUD, more=more)
    assert [words for words in done.obstacles if "is handed db, and nobody knows" in words]


LOOKS = """
from pydantic import BaseModel, validator


class Price(BaseModel):
    net: int
    gross: int

    @validator("gross")
    def is_more(cls, v, values):
        return VALUE


"""


@pytest.mark.parametrize(
    "value", ["values.get('net', 0)", "values.get('net')", "v.get('net', 0)", "v.get(3, v)"]
)
def test_what_looks_like_a_call_of_a_repository_is_none(tmp_path: Path, value: str) -> None:
    """Validators are shown a dict, and no session is a text."""
    schemas = LOOKS.replace("VALUE", value)
    done = app(tmp_path, HANDLERS.replace("CALL", "crud.users.get(db, 1).name"), crud=CRUD, schemas=schemas)
    assert done.obstacles == []
    assert "await crud.users.get(db, 1)" in done.texts["app/api.py"]


@pytest.mark.parametrize("value", ["v.get(v, 1)", "v.get(None, 1)", "v.get(*v)"])
def test_what_may_be_a_call_of_a_repository_keeps_it_sync(tmp_path: Path, value: str) -> None:
    schemas = LOOKS.replace("VALUE", value)
    done = app(tmp_path, HANDLERS.replace("CALL", "crud.users.get(db, 1).name"), crud=CRUD, schemas=schemas)
    assert [words for words in done.obstacles if "a call of .get on an unknown object" in words]


REPO = """
class Repo:
    def __init__(self, db: Session):
        self.db = db

    def get(self, id):
        return self.db.get(User, id)


@router.get("/users/{id}")
def user(id: int, db: Session = Depends(get_db)):
    return Repo(db).get(id).name


@router.get("/rows")
def rows():
    ROWS
"""


@pytest.mark.parametrize(
    "rows",
    [
        "import pandas as pd\n    return [row.get('a') for row in pd.read_csv('x').to_dict('records')]",
        "import pandas as pd\n    rows = pd.read_csv('x').to_dict()\n    return rows['a'].get('b').get('c')",
        "import pandas as pd\n    return [part.get('a') for name, part in pd.read_csv('x').groupby('n')]",
        "from bs4 import BeautifulSoup\n    return [a.get('href') for a in BeautifulSoup('').find_all('a')]",
    ],
)
def test_rows_of_tables_and_tags_are_no_repositories(tmp_path: Path, rows: str) -> None:
    done = app(tmp_path, REPO.replace("ROWS", rows))
    assert done.obstacles == []
    assert "await Repo(db).get(id)" in done.texts["app/api.py"]


@pytest.mark.parametrize(
    "rows",
    [
        "import unknown\n    return [each.get('a') for each in unknown.things]",
        "return router.state.repo.get('a')",
    ],
)
def test_what_a_library_keeps_for_others_may_be_a_repository(tmp_path: Path, rows: str) -> None:
    done = app(tmp_path, REPO.replace("ROWS", rows))
    assert [words for words in done.obstacles if "a call of .get on an unknown object" in words]


@pytest.mark.parametrize(
    "rows",
    [
        "import unknown\n    return [(row['a'], row.get('b')) for row in unknown.rows]",
        "import unknown\n    return [row.get('b') or row['a'] for row in unknown.rows]",
        "import unknown\n    row = router.state.row\n    name = row['a']\n    return name, row.get('b')",
        "import unknown\n    for row in unknown.rows:\n        print(row['a'].strip(), row.get('b'))",
    ],
)
def test_what_a_text_is_looked_up_in_is_no_repository(tmp_path: Path, rows: str) -> None:
    done = app(tmp_path, REPO.replace("ROWS", rows))
    assert done.obstacles == []
    assert "await Repo(db).get(id)" in done.texts["app/api.py"]


GIVES_ITEMS = "    def __getitem__(self, name):\n        return name\n\n    def get(self, id)"
BELOW = f'class Below(Repo):\n{GIVES_ITEMS}:\n        return 1\n\n\n@router.get("/users'
ROW = "import unknown\n    row = router.state.row\n    "
LOOKED_UP = {
    "a number is looked up": (f"{ROW}return row[0], row.get('b')", {}),
    "what is looked up is not known": (f"{ROW}return row[user.__name__], row.get('b')", {}),
    "another name is": (f"{ROW}other = router.state.row\n    return other['a'], row.get('b')", {}),
    "the name is bound twice": (
        f"{ROW}a = row['a']\n    row = router.state.repo\n    return a, row.get('b')",
        {},
    ),
    "it depends": (f"{ROW}if isinstance(row, dict):\n        return row['a']\n    return row.get('b')", {}),
    "it is asked what it can do": (
        f"{ROW}if hasattr(row, 'get'):\n        return row.get('b')\n    return row['a']",
        {},
    ),
    "a part of it is": (f"{ROW}return row.names['a'], row.get('b')", {}),
    "another function has the name": (
        f"def a(row):\n        return row['a']\n    {ROW.replace('import unknown', 'import unknown, os')}"
        "return a, row.get('b')",
        {},
    ),
    "a repository gives items": (
        f"{ROW}return row['a'], row.get('b')",
        {"    def get(self, id)": GIVES_ITEMS},
    ),
    "one below it does": (f"{ROW}return row['a'], row.get('b')", {'@router.get("/users': BELOW}),
}


@pytest.mark.parametrize("hazard", LOOKED_UP)
def test_what_else_is_looked_up_says_nothing(tmp_path: Path, hazard: str) -> None:
    rows, changes = LOOKED_UP[hazard]
    text = REPO.replace("ROWS", rows)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    done = app(tmp_path, text)
    assert [words for words in done.obstacles if "a call of .get on an unknown object" in words]
