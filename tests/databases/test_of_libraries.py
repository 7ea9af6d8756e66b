"""What a library gives has methods of that library: they run in threads, and keep no database sync."""

from __future__ import annotations

from pathlib import Path

import pytest
from db_programs import FILL, MAIN, answers, app

TABLE = """
import symtable


@router.get("/names")
def names(db: Session = Depends(get_db)):
    users = db.scalars(select(User)).all()
    table = symtable.symtable("; ".join(f"{user.name} = 1" for user in users), "names", "exec")
    found = [each.get_name() for each in table.get_symbols() if each.is_assigned()]
    return {"names": sorted(found), "first": table.lookup("ann").get_name(), "type": str(table.get_type())}
"""


def test_methods_of_what_a_library_gives_run_in_a_thread(tmp_path: Path) -> None:
    done = app(tmp_path, TABLE, main=MAIN)
    assert done.obstacles == []
    assert "async def names" in done.added("app/api.py")
    assert "run_in_threadpool" in done.added("app/api.py")
    before, after = answers(tmp_path, done, FILL, ["/names"])
    assert before == after
    assert [status for _, status, _ in before] == [200]


CALLED = """
import acme


@router.get("/users")
def users(db: Session = Depends(get_db)):
    rows = db.scalars(select(User)).all()
    CALL
    return [row.name for row in rows]
"""


@pytest.mark.parametrize(
    "call",
    [
        "acme.make(3).run()",
        "acme.make(3).part.run()",
        "acme.make(3)['part'].run()",
        "[each.run() for each in acme.make(3)]",
        "acme.Frame([row.id for row in rows])['a'].mean()",
        "acme.Frame([row.id for row in rows]).groupby('a')['b'].sum().to_dict()",
    ],
)
def test_whatever_is_inside_of_it_is_the_library_s_too(tmp_path: Path, call: str) -> None:
    done = app(tmp_path, CALLED.replace("CALL", call), main=MAIN)
    assert done.obstacles == []
    assert "run_in_threadpool" in done.added("app/api.py")


def test_an_attribute_of_a_caught_error_and_a_constant_are_read_where_they_are(tmp_path: Path) -> None:
    call = "try:\n        rows[0].name = acme.LIMITS.SMALL\n        db.commit()\n"
    call += "    except acme.Failure as error:\n        raise HTTPException(error.status)"
    done = app(tmp_path, CALLED.replace("CALL", call), main=MAIN)
    assert done.obstacles == []
    assert "raise HTTPException(error.status)" in done.added("app/api.py")


@pytest.mark.parametrize(
    "query",
    [
        "db.query(User).filter(User.id == acme.f(1), User.name == acme.g(2)).all()",
        "db.query(User).filter(User.id == acme.f(1)).order_by(acme.g(2)).first()",
        "db.query(User).filter(acme.make().of(User.id)).order_by(acme.make().by()).count()",
    ],
)
def test_each_of_several_in_one_query_goes_to_a_thread_of_its_own(tmp_path: Path, query: str) -> None:
    done = app(tmp_path, CALLED.replace("CALL", query), main=MAIN)
    assert done.obstacles == []
    assert done.added("app/api.py").count("await run_in_threadpool(") == 2


REPOSITORY = """
from sqlalchemy.orm import Session

from app.models import User


class Users:
    def __init__(self, db: Session):
        self.db = db

    def lookup(self, id: int):
        return self.db.get(User, id)


def users(db: Session) -> Users:
    return Users(db)
"""
BELOW = """
import acme


class Guests(Users):
    pass


acme.put(Guests)
"""
NAMESAKE = """
import acme
import pickle
from app.crud import Users, users


@router.get("/users/{id}")
def user(id: int, db: Session = Depends(get_db)):
    name = Users(db).lookup(id).name
    it = FOUND
    return [name, it.lookup(id)]
"""


@pytest.mark.parametrize("found", ["acme.load()", "acme.load(id)['a']", "acme.Shelf('x').top()"])
def test_a_method_of_a_library_is_none_of_the_same_name_here(tmp_path: Path, found: str) -> None:
    done = app(tmp_path, NAMESAKE.replace("FOUND", found), crud=REPOSITORY, main=MAIN)
    assert done.obstacles == []
    assert "await run_in_threadpool(it.lookup, id)" in done.added("app/api.py")


@pytest.mark.parametrize(
    ("found", "crud"),
    [
        ("acme.load(Users)", REPOSITORY),
        ("acme.load(of={'x': Users(db)})", REPOSITORY),
        ("acme.load(users)", REPOSITORY),
        ("acme.load()", REPOSITORY.replace("class Users:", "import acme\n\n\nclass Users(acme.Model):")),
        ("acme.load()", REPOSITORY.replace("class Users:", "import acme\n\n\n@acme.known\nclass Users:")),
        ("acme.load()", REPOSITORY.replace("def users", "import acme\n\n\n@acme.makes\ndef users")),
        ("acme.load()", REPOSITORY + "\n\nimport acme\n\nacme.shelf.users = Users\n"),
        ("acme.load()", REPOSITORY + BELOW),
        ("pickle.loads(open(str(id), 'rb').read())", REPOSITORY),
    ],
    ids=[
        "the class is given", "an object is given, in a dictionary", "a function that makes one is given",
        "it has the class as a base of its own", "it decorates the class", "it decorates what makes one",
        "the class is kept by it", "a class below is given", "what passes anything on",
    ],
)  # fmt: skip
def test_unless_the_library_may_have_one_of_ours(tmp_path: Path, found: str, crud: str) -> None:
    done = app(tmp_path, NAMESAKE.replace("FOUND", found), crud=crud, main=MAIN)
    assert done.obstacles != []
    assert done.added("app/api.py") == ""


@pytest.mark.parametrize(
    "call",
    [
        "acme.run(db)",
        "acme.run({'db': db})",
        "acme.run(all=[rows, (db, 1)])",
        "thing = acme.Client()\n    thing.session = db\n    thing.run()",
        "thing = acme.make()\n    thing.session = db\n    thing.run()",
        "thing = acme.make()\n    thing['session'] = db\n    thing.run()",
        "acme.make().part.session = db",
    ],
)
def test_a_library_that_gets_the_session_keeps_it_sync(tmp_path: Path, call: str) -> None:
    done = app(tmp_path, CALLED.replace("CALL", call), main=MAIN)
    assert [text for text in done.obstacles if "nobody knows what it does with it" in text]


@pytest.mark.parametrize(
    "kept", ["config.attributes['connection']", "kept = config.attributes\n        kept['connection']"]
)
def test_migrations_that_borrow_a_connection_keep_it_sync(tmp_path: Path, kept: str) -> None:
    """`env.py` works with it, outside any loop."""
    start = f"""
from alembic import command
from alembic.config import Config

def migrate():
    config = Config("alembic.ini")
    with engine.begin() as connection:
        {kept} = connection
        command.upgrade(config, "head")
"""
    done = app(tmp_path, CALLED.replace("CALL", "rows[0]") + start, main=MAIN)
    assert [text for text in done.obstacles if "is given connection, and nobody knows" in text]


@pytest.mark.parametrize(
    "logger",
    [
        "import logging\nlogger = logging.getLogger(__name__)",
        "from loguru import logger",
        "import structlog\nlogger = structlog.get_logger()",
    ],
)
def test_a_log_only_makes_a_text_of_it(tmp_path: Path, logger: str) -> None:
    body = "logger.info('on %s', engine)\n    logger.debug(db)\n    return db.get(User, 1).name"
    route = f"\n{logger}\n\n@router.get('/x')\ndef x(db: Session = Depends(get_db)):\n    {body}\n"
    done = app(tmp_path, route, main=MAIN)
    assert done.obstacles == []
    assert body.replace("db.get(User, 1)", "(await db.get(User, 1))") in done.texts["app/api.py"]


def test_a_row_of_a_library_may_load_what_is_read_of_it(tmp_path: Path) -> None:
    text = CALLED.replace("CALL", "rows[0].name = visit.price\n    db.commit()").replace(
        "def users(", "def users(visit: acme.Visit = Depends(acme.today), "
    )
    done = app(tmp_path, text, main=MAIN)
    assert done.obstacles == []
    assert "await run_in_threadpool(lambda: visit.price)" in done.added("app/api.py")
