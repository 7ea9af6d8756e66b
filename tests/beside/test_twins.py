"""What a router shares with others gets an async twin; what is its own turns; the rest is not touched."""

from __future__ import annotations

import ast

import pytest
from shop import CRUD, DB, FILES, MODELS, ORDERS, USERS, again, obstacles, shop
from small_projects import Migrated


@pytest.fixture(scope="module")
def first() -> Migrated:
    """One router has migrated."""
    return shop("app/users.py")


@pytest.fixture(scope="module")
def second(first: Migrated) -> Migrated:
    """The other one has followed."""
    return again(first.texts, "app/orders.py")


def test_handlers_ask_the_twins(first: Migrated) -> None:
    assert first.function("app/users.py", "read_user") == (
        '@router.get("/users/{user_id}")\n'
        "async def read_user(user_id: int, db: AsyncSession = Depends(get_async_db)):\n"
        "    user = await crud.get_user_async(db, user_id)\n"
        '    return {"name": user.name}\n'
    )


def test_a_twin_stands_below_its_original_under_a_comment_that_says_so(first: Migrated) -> None:
    assert (
        "def get_user(db: Session, user_id: int) -> User | None:\n"
        "    return db.get(User, user_id)\n\n\n"
        "# async twin of get_user\n"
        "async def get_user_async(db: AsyncSession, user_id: int) -> User | None:\n"
        "    return await db.get(User, user_id)\n\n\n"
    ) in first.texts["app/crud.py"]


def test_what_only_the_router_calls_turns_where_it_is(first: Migrated) -> None:
    text = first.texts["app/crud.py"]
    assert "async def rename(db: AsyncSession, " in text
    assert "rename_async" not in text


def test_engine_factory_and_provider_are_there_twice(first: Migrated) -> None:
    text = first.texts["app/db.py"]
    assert 'engine = create_engine("sqlite:///./app.db")\n' in text
    assert 'async_engine = create_async_engine("sqlite+aiosqlite:///./app.db")\n' in text
    assert "AsyncSessionLocal = async_sessionmaker(bind=async_engine)\n" in text
    assert "async def get_async_db():\n    db = AsyncSessionLocal()\n" in text
    assert (
        first.function("app/db.py", "get_db") == DB.partition("def get_db")[1] + DB.partition("def get_db")[2]
    )


@pytest.mark.parametrize("path", ["app/orders.py", "app/worker.py", "app/main.py", "app/models.py"])
def test_the_sync_side_is_not_touched(first: Migrated, path: str) -> None:
    assert path not in {file.path for file in first.report.files}


def test_the_same_run_again_changes_nothing(first: Migrated) -> None:
    assert again(first.texts, "app/users.py").is_unchanged


def test_the_next_router_finds_the_twins_there(first: Migrated, second: Migrated) -> None:
    assert "await get_user_async(db, user_id)" in second.function("app/orders.py", "read_order")
    assert "Depends(get_async_db)" in second.function("app/orders.py", "read_order")
    assert second.texts["app/db.py"] == first.texts["app/db.py"]
    assert second.texts["app/crud.py"].count("async def get_user_async(") == 1
    assert second.texts["app/crud.py"].count("async def get_order_async(") == 1
    assert again(second.texts, "app").is_unchanged


def test_a_twin_that_was_changed_since_stays_as_it_is(first: Migrated) -> None:
    files = dict(first.texts)
    files["app/crud.py"] = files["app/crud.py"].replace(
        "    return await db.get(User, user_id)",
        "    # the cache first\n    return await db.get(User, user_id)",
    )
    done = again(files, "app/orders.py")
    assert "    # the cache first\n" in done.function("app/crud.py", "get_user_async")
    assert "await get_user_async(db, user_id)" in done.function("app/orders.py", "read_order")


READS_ORDERS = ORDERS.replace("get_user(db, user_id).id", "len(get_user(db, user_id).orders)")


def test_a_twin_grows_by_what_the_next_router_reads(first: Migrated) -> None:
    done = again(first.texts, "app/orders.py", orders=READS_ORDERS)
    assert "selectinload(User.orders)" in done.function("app/crud.py", "get_user_async")
    assert again(done.texts, "app").is_unchanged


def test_a_changed_twin_that_lacks_what_the_next_router_reads_is_told(first: Migrated) -> None:
    files = dict(first.texts)
    files["app/crud.py"] = files["app/crud.py"].replace(
        "    return await db.get(User, user_id)", "    found = await db.get(User, user_id)\n    return found"
    )
    done = again(files, "app/orders.py", orders=READS_ORDERS)
    assert done.is_unchanged
    assert any("get_user_async must also selectinload(User.orders)" in each for each in obstacles(done))


def test_what_a_sync_helper_reads_of_an_async_session_blocks_nothing() -> None:
    """Nor in the second run, where the program has sessions of both kinds."""
    helper = "\n\ndef is_named(user: User) -> bool:\n    return bool(user.name)\n"
    users = USERS.replace("    return {", "    if not crud.is_named(user):\n        return {}\n    return {")
    orders = ORDERS.replace("    return {", "    crud.is_named(get_user(db, user_id))\n    return {").replace(
        "from app.crud", "from app import crud\nfrom app.crud"
    )
    done = shop("app/users.py", crud=CRUD + helper, users=users, orders=orders)
    assert "app/users.py:read_user" in done.turned
    assert "    if not crud.is_named(user):\n" in done.function("app/users.py", "read_user")
    assert again(done.texts, "app/users.py").is_unchanged


def test_a_sync_handler_that_is_handed_an_object_stays_where_it_is_read() -> None:
    """`show` has no session of its own; the program has sessions of both kinds."""
    helper = "\n\ndef card(user: User) -> dict:\n    return {'orders': len(user.orders)}\n"
    orders = (
        ORDERS
        + """

def someone(db: Session = Depends(get_db)) -> User:
    return get_user(db, 1)


@router.get("/card")
def show(user: User = Depends(someone)):
    return card(user)
"""
    )
    orders = orders.replace("import get_order,", "import card, get_order,").replace(
        "from app.db", "from app.models import User\nfrom app.db"
    )
    first = shop("app/users.py", crud=CRUD + helper, orders=orders)
    assert "await" in first.function("app/users.py", "read_user")
    kept = {**first.texts, "pyproject.toml": '[tool.async-fix]\ndatabase = "leave"\n'}
    assert "app/orders.py:show" not in again(kept, "app/orders.py").turned


def test_places_are_those_of_the_files_as_they_are() -> None:
    done = shop("app/users.py")
    found = {
        str(finding.location) for finding in done.report.findings if finding.location.path == "app/crud.py"
    }
    lines = CRUD.lstrip("\n").split("\n")
    assert found
    for place in found:
        assert "db." in lines[int(place.rpartition(":")[2]) - 1]


def test_a_class_is_doubled_with_what_makes_it() -> None:
    repository = """
    from sqlalchemy.orm import Session

    from app.models import User


    class Users:
        def __init__(self, db: Session):
            self.db = db

        def get(self, user_id: int):
            return self.db.get(User, user_id)
    """
    users = (
        USERS.replace("from app import crud", "from app.repository import Users")
        .replace("crud.get_user(db, user_id)", "Users(db).get(user_id)")
        .replace("crud.rename(db, Users(db).get(user_id), name)", "pass")
    )
    worker = """
    from app.db import SessionLocal
    from app.repository import Users


    def work():
        with SessionLocal() as db:
            return Users(db).get(1)
    """
    done = shop("app/users.py", repository=repository, users=users, worker=worker)
    assert "user = await AsyncUsers(db).get(user_id)" in done.texts["app/users.py"]
    assert "    async def get(self" in done.function("app/repository.py", "AsyncUsers")
    assert "    def get(self" in done.function("app/repository.py", "Users")


def test_a_dependency_goes_with_the_handlers_that_have_it() -> None:
    deps = """
    from typing import Annotated

    from fastapi import Depends
    from sqlalchemy.orm import Session

    from app import crud
    from app.db import get_db
    from app.models import User

    SessionDep = Annotated[Session, Depends(get_db)]


    def current_user(db: SessionDep, x_user: int) -> User:
        return crud.get_user(db, x_user)


    CurrentUser = Annotated[User, Depends(current_user)]
    """
    users = """
    from fastapi import APIRouter

    from app.deps import CurrentUser
    from app.models import User

    router = APIRouter()


    @router.get("/me")
    def me(user: CurrentUser):
        return {"name": user.name}


    @router.get("/whole", response_model=None)
    def whole(user: CurrentUser) -> User:
        return user
    """
    orders = users.replace("/me", "/mine").replace("def me", "def mine")
    done = shop("app/users.py", deps=deps, users=users, orders=orders)
    text = done.texts["app/deps.py"]
    assert "async def whole(user: AsyncCurrentUser) -> User:" in done.texts["app/users.py"]
    assert "async def me(user: AsyncCurrentUser):" in done.texts["app/users.py"]
    assert "AsyncCurrentUser = Annotated[User, Depends(current_user_async)]" in text
    assert "async def current_user_async(db: AsyncSessionDep, x_user: int) -> User:" in text
    assert "\nCurrentUser = Annotated[User, Depends(current_user)]\n" in text
    assert done.texts["app/orders.py"] == done.old["app/orders.py"]


def test_a_handler_that_cannot_go_does_not_hold_up_the_others() -> None:
    users = (
        USERS
        + """

@router.get("/all")
def everybody(db: Session = Depends(get_db)):
    return export(db)


def export(db: Session):
    return [user.name for user in db.query(crud.User).yield_per(10)]
"""
    )
    done = shop("app/users.py", users=users)
    assert done.turned == ["app/crud.py:rename", "app/users.py:read_user", "app/users.py:rename_user"]
    assert "def everybody(db: Session = Depends(get_db)):" in done.texts["app/users.py"]
    assert any("app/users.py" in each for each in obstacles(done))


def test_without_the_group_of_the_twins_no_copy_is_left() -> None:
    from async_fix.codemods.engine import pipeline
    from small_projects import migrate

    users = (
        USERS
        + """

@router.get("/sleep")
def wait():
    import time
    time.sleep(1)
"""
    )
    files = {**FILES, "app/users.py": users}
    done = migrate(files, ("app/users.py",))
    run = done.run
    other = next(group for group in run.before.plan.groups if "GET /sleep" in group.title)
    report = pipeline.apply(run, lambda group: group.id == other.id)
    assert [file.path for file in report.files] == ["app/users.py"]
    assert b"AsyncSession" not in (report.files[0].new or b"")


def test_a_model_does_not_bring_all_that_inherits_from_its_base() -> None:
    """`Card` shares a base with `User`; its `make` reads orders, and no handler of these calls it."""
    models = FILES["app/models.py"].replace(
        "class User(Base):", "class Named:\n    pass\n\n\nclass User(Named, Base):"
    )
    models += (
        "\n\nclass Card(Named):\n    @classmethod\n"
        "    def make(cls, user: User) -> int:\n        return len(user.orders)\n"
    )
    assert "app/users.py:read_user" in shop("app/users.py", models=models).turned


def test_what_stands_in_for_a_class_that_is_asked_for_comes_along() -> None:
    users = USERS.partition("\n\n@router.put")[0].replace("    user = ", "    use(db, Getter())\n    user = ")
    users += """

class Getter:
    def get(self, db: Session):
        return None


class Streaming(Getter):
    def get(self, db: Session):
        return db.query(crud.User).yield_per(10)


def use(db: Session, getter: Getter):
    return getter.get(db)
"""
    done = shop("app/users.py", users=users)
    assert done.is_unchanged
    assert any("yield_per() outside of a loop" in each for each in obstacles(done)), obstacles(done)


NAMED = """

KNOWN: dict[int, crud.User] = {}


def known(user_id: int, db: Session = Depends(get_db)) -> crud.User:
    return db.merge(KNOWN[user_id])


@router.get("/orders/of/{user_id}")
def read_orders(user: crud.User = Depends(known)):
    return [each.id for each in user.orders]
"""


@pytest.mark.parametrize("base", ["Base = declarative_base()", "class Base(DeclarativeBase):\n    pass"])
def test_a_base_that_gets_what_is_awaited_is_there_once(base: str) -> None:
    """Of `Base = declarative_base()` there had been two: the tables of all models were made by neither."""
    db = DB.replace("class Base(DeclarativeBase):\n    pass", base)
    db = db.replace("import DeclarativeBase", "import DeclarativeBase, declarative_base")
    users = USERS.partition("\n\n@router.put")[0] + NAMED
    done = shop("app/users.py", users=users, db=db)
    assert "[each.id for each in await user.awaitable_attrs.orders]" in done.texts["app/users.py"]
    assert "AsyncBase" not in done.texts["app/db.py"]
    assert "(AsyncAttrs, DeclarativeBase)" in done.texts["app/db.py"] or (
        "Base = declarative_base(cls=AsyncAttrs)" in done.texts["app/db.py"]
    )
    assert done.texts["app/models.py"] == done.old["app/models.py"]
    assert "with SessionLocal() as db:" in done.texts["app/worker.py"]


def test_every_new_text_parses(second: Migrated) -> None:
    for path, text in second.texts.items():
        if path.endswith(".py"):
            ast.parse(text)


__all__ = ["MODELS"]
