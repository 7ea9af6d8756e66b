"""What cannot be there twice, or would be known to one side only: nothing changes, and the reason is told."""

from __future__ import annotations

import textwrap

import pytest
from shop import CRUD, DB, FILES, MAIN, USERS, WORKER, again, obstacles, shop
from small_projects import Migrated

CACHED = CRUD.replace("def get_user(", "@remember\ndef get_user(")
GET_USER = "def get_user(db: Session, user_id: int) -> User | None:\n    return db.get(User, user_id)\n"
PAIR = 'engine, echo = create_engine("sqlite:///./app.db"), False'
REMEMBER = "def remember(function):\n    return function\n\n\n"
DEPENDENCY = """
def signed_in(x: int, db: Session = Depends(get_db)):
    return db.get(User, x)
"""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"crud": CRUD.replace("\n\ndef get_user(", f"\n\n{REMEMBER}@remember\ndef get_user(")},
            "get_user must be there twice, and @remember may count on one",
        ),
        (
            {"crud": CRUD + "\n\ndef get_user_async():\n    pass\n"},
            "the async twin of get_user would be called get_user_async, and that name is taken",
        ),
        (
            {
                "crud": CRUD.replace(
                    "    return db.get", "    global last\n    last = user_id\n    return db.get"
                )
            },
            "get_user must be there twice, and binds names of the module",
        ),
        (
            {
                "main": MAIN
                + "\nfrom sqlalchemy import event\n\nfound = event.listen(engine, 'connect', print)\n"
            },
            "events of engine are listened to here, and its async twin would have no listener",
        ),
        (
            {"crud": f"{CRUD}\n\n{GET_USER}"},
            "get_user must be there twice, and has several definitions",
        ),
        (
            # a handler with an async session must not find the sync function
            {"crud": CRUD.replace(GET_USER, f"if True:\n\n{textwrap.indent(GET_USER, '    ')}")},
            "get_user must be there twice, and is no plain definition",
        ),
        (
            {
                "crud": CRUD.replace(
                    GET_USER,
                    f"try:\n    import fast\nexcept ImportError:\n\n{textwrap.indent(GET_USER, '    ')}",
                )
            },
            "get_user must be there twice, and is no plain definition",
        ),
        (
            {"db": DB.replace('engine = create_engine("sqlite:///./app.db")', PAIR)},
            "engine must be there twice, and is no plain definition",
        ),
        (
            {"main": MAIN + "\nfrom app.db import SessionLocal\nSessionLocal.configure(autoflush=False)\n"},
            "SessionLocal is configured here, and its async twin would not be",
        ),
        (
            {"db": DB.replace("/./app.db", "")},
            "engine must be there twice, and its database lives in its own memory",
        ),
        (
            {"db": DB.replace('"sqlite:///./app.db"', 'url="sqlite://"')},
            "engine must be there twice, and its database lives in its own memory",
        ),
        (
            {
                "main": MAIN
                + "\nfrom app.db import get_db\napp.dependency_overrides = {get_db: lambda: None}\n"
            },
            "get_db is overridden here, and the handlers would depend on its async twin",
        ),
        (
            {"worker": WORKER + "\n\nfrom app.users import read_user\n\nread_user(1, None)\n"},
            "read_user is used elsewhere as well, where nothing changes",
        ),
    ],
)
def test_it_is_told_why(changed: dict[str, str], words: str) -> None:
    users = changed.pop("users", USERS)
    only = users.partition("\n\n@router.put")[0]
    done = shop("app/users.py", users=only, **changed)
    assert done.is_unchanged
    assert any(words in each for each in obstacles(done)), obstacles(done)


@pytest.mark.parametrize("router", ["APIRouter", "Ours"])
def test_a_router_whose_including_router_works_on_the_sync_session(router: str) -> None:
    users = USERS.replace(
        "\nrouter = APIRouter()", f"\nclass Ours(APIRouter):\n    pass\n\n\nrouter = {router}()"
    )
    main = MAIN.replace(
        "app.include_router(users.router)",
        "app.include_router(users.router, dependencies=[Depends(signed_in)])",
    ).replace(
        "from fastapi import FastAPI",
        "from fastapi import Depends, FastAPI\nfrom sqlalchemy.orm import Session",
    )
    main = main.replace("\napp = ", f"\n{DEPENDENCY}\n\napp = ").replace(
        "import Base, engine", "import Base, engine, get_db\nfrom app.models import User"
    )
    done = shop("app/users.py", users=users, main=main)
    assert done.is_unchanged
    assert any(
        "the routes are given signed_in here, which works on the sync session" in e for e in obstacles(done)
    )


def test_a_router_whose_neighbour_is_given_such_a_dependency_migrates() -> None:
    main = MAIN.replace(
        "app.include_router(orders.router)",
        "app.include_router(orders.router, dependencies=[Depends(signed_in)])",
    ).replace(
        "from fastapi import FastAPI",
        "from fastapi import Depends, FastAPI\nfrom sqlalchemy.orm import Session",
    )
    main = main.replace("\napp = ", f"\n{DEPENDENCY}\n\napp = ").replace(
        "import Base, engine", "import Base, engine, get_db\nfrom app.models import User"
    )
    assert "app/users.py:read_user" in shop("app/users.py", main=main).turned


def test_a_function_that_tests_replace() -> None:
    tests = """
    from unittest.mock import patch


    def test_it():
        with patch("app.crud.get_user"):
            pass
    """
    done = again({**FILES, "tests/test_it.py": tests}, "app/users.py")
    assert done.is_unchanged
    assert any("tests replace app.crud.get_user" in each for each in obstacles(done))


def test_a_class_that_holds_state() -> None:
    repository = """
    from sqlalchemy.orm import Session

    from app.models import User


    class Users:
        seen = []

        def __init__(self, db: Session):
            self.db = db

        def get(self, user_id: int):
            self.seen.append(user_id)
            return self.db.get(User, user_id)
    """
    users = USERS.replace("from app import crud", "from app.repository import Users").partition(
        "@router.put"
    )[0]
    users = users.replace("crud.get_user(db, user_id)", "Users(db).get(user_id)")
    worker = WORKER.replace("from app import crud", "from app.repository import Users").replace(
        "crud.get_user(db, ", "Users(db).get("
    )
    done = shop("app/users.py", repository=repository, users=users, worker=worker)
    assert done.is_unchanged
    assert any("Users must be there twice, and holds state" in each for each in obstacles(done))


def test_a_database_that_is_async_already() -> None:
    done = shop("app/main.py")
    assert done.is_unchanged
    assert obstacles(done) == []


def test_a_router_that_gives_its_dependency_to_a_route_that_stays() -> None:
    users = USERS.replace("APIRouter()", "APIRouter(dependencies=[Depends(signed_in)])")
    users = users.replace("\nrouter = ", f"\n{DEPENDENCY}\n\nrouter = ").replace(
        "import get_db", "import get_db\nfrom app.models import User"
    )
    stays = '\n\n@router.get("/all")\ndef everybody(db: Session = Depends(get_db)):\n    {}\n'
    body = "return [user.name for user in db.query(User).yield_per(10)]"
    done = shop("app/users.py", users=users + stays.format(body))
    assert done.is_unchanged
    assert any("its dependency works on the session, and everybody of it stays" in e for e in obstacles(done))
    assert len(shop("app/users.py", users=users + stays.format("return db.get(User, 1).name")).turned) == 5


def test_a_method_that_a_related_object_runs_is_seen() -> None:
    models = FILES["app/models.py"].replace("import Mapped", "import Mapped, object_session")
    models += "\n    def siblings(self):\n        return object_session(self).query(Order).count()\n"
    users = USERS.partition("\n\n@router.put")[0].replace("user.name", "user.orders[0].siblings()")
    done = shop("app/users.py", users=users, models=models)
    assert "app/users.py:read_user" not in done.turned
    assert any("models.py" in each for each in obstacles(done)), obstacles(done)


KEPT = """

kept = None


def get_kept():
    global kept
    if kept is None:
        kept = create_engine("sqlite:///./kept.db")
    return kept


def get_db():
    with Session(get_kept()) as db:
        yield db
"""


def test_an_engine_that_is_made_when_it_is_asked_for_is_kept_twice() -> None:
    db = (
        DB.partition("\n\ndef get_db")[0].replace("import DeclarativeBase", "import DeclarativeBase, Session")
        + KEPT
    )
    done = shop("app/users.py", users=USERS.partition("\n\n@router.put")[0], db=db)
    assert done.function("app/db.py", "get_kept_async") == (
        "def get_kept_async():\n"
        "    global async_kept\n"
        "    if async_kept is None:\n"
        '        async_kept = create_async_engine("sqlite+aiosqlite:///./kept.db")\n'
        "    return async_kept\n"
    )
    assert "\nkept = None\n# async twin of kept\nasync_kept = None\n" in done.texts["app/db.py"]
    assert again(done.texts, "app/users.py").is_unchanged


def test_a_name_of_the_module_that_others_read_as_well() -> None:
    db = (
        DB.partition("\n\ndef get_db")[0].replace("import DeclarativeBase", "import DeclarativeBase, Session")
        + KEPT
    )
    main = MAIN + "\nfrom app.db import kept\n\nprint(kept)\n"
    done = shop("app/users.py", users=USERS.partition("\n\n@router.put")[0], db=db, main=main)
    assert done.is_unchanged
    assert any(
        "get_kept must be there twice, and binds names of the module" in each for each in obstacles(done)
    )


TABLE = """

engines: dict[str, Engine] = {}


def engine_of(shop: str) -> Engine:
    if shop not in engines:
        engines[shop] = create_engine(f"sqlite:///./{shop}.db")
    return engines[shop]


def get_db():
    with Session(engine_of("first")) as db:
        yield db
"""


def _table(main: str = MAIN, table: str = TABLE) -> Migrated:
    imports = DB.partition("\n\ndef get_db")[0]
    imports = imports.replace("import DeclarativeBase", "import DeclarativeBase, Session")
    db = "from sqlalchemy.engine import Engine\n" + imports + table
    return shop("app/users.py", users=USERS.partition("\n\n@router.put")[0], db=db, main=main)


def test_a_table_of_engines_is_kept_twice() -> None:
    done = _table()
    text = done.texts["app/db.py"]
    assert "\nengines: dict[str, Engine] = {}\n# async twin of engines\n" in text
    assert "async_engines: dict[str, AsyncEngine] = {}\n" in text
    twin = done.function("app/db.py", "engine_of_async")
    assert '        async_engines[shop] = create_async_engine(f"sqlite+aiosqlite:///./{shop}.db")\n' in twin
    assert (
        "def engine_of(shop: str) -> Engine:\n    if shop not in engines:\n        engines[shop] = " in text
    )
    assert again(done.texts, "app/users.py").is_unchanged


@pytest.mark.parametrize(
    ("main", "table"),
    [
        (MAIN + "\nfrom app.db import engines\n\nprint(engines)\n", TABLE),
        (MAIN, TABLE + "\n\ndef close():\n    engines.clear()\n"),
        (MAIN, TABLE.replace("= {}", '= {"other": create_engine("sqlite:///./other.db")}')),
        (MAIN, TABLE.replace("    if shop", "    engines.setdefault(shop, 1)\n    if shop")),
        (MAIN, TABLE.replace("    if shop", '    engines["last"] = shop\n    if shop')),
        (MAIN, TABLE.replace("create_engine(", "counted(", 1) + "\n\ndef counted(url):\n    return 1\n"),
    ],
    ids=["others read it", "others empty it", "it is not empty", "a default", "a name", "nobody knows what"],
)
def test_a_table_that_may_hold_more_is_not(main: str, table: str) -> None:
    done = _table(main, table)
    assert "async_engines" not in done.texts["app/db.py"]
