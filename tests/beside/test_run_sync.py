"""Bodies run below an async session as they are: what else they do, or leave for later, keeps them sync."""

from __future__ import annotations

import pytest
from shop import CRUD, DB, FILES, USERS, again, obstacles, shop
from small_projects import Migrated

ONE = USERS.partition("\n\n@router.put")[0]
BODY = "    user = crud.get_user(db, user_id)\n"


IMPORTS = """from fastapi.responses import JSONResponse, StreamingResponse
from starlette.background import BackgroundTask
"""
HELPERS = """

def plan(tasks: BackgroundTasks, db: Session):
    tasks.add_task(crud.get_user, db, 1)


def rows(db: Session):
    for user in db.query(crud.User):
        yield user.name


def answer(db: Session):
    return StreamingResponse(rows(db))
"""


def below(users: str = ONE, **changed: str) -> Migrated:
    config = FILES["pyproject.toml"].replace("beside", "run-sync")
    return again({**FILES, "pyproject.toml": config}, "app/users.py", users=users, **changed)


def test_the_body_moves_and_what_it_calls_is_not_touched() -> None:
    done = below()
    assert done.texts["app/users.py"].endswith(
        '@router.get("/users/{user_id}")\n'
        "async def read_user(user_id: int, db: AsyncSession = Depends(get_async_db)):\n"
        "    return await db.run_sync(_read_user, user_id)\n\n\n"
        "def _read_user(db: Session, user_id: int):\n"
        "    user = crud.get_user(db, user_id)\n"
        '    return {"name": user.name}\n'
    )
    assert done.texts["app/crud.py"] == done.old["app/crud.py"]
    assert "async_engine = create_async_engine(" in done.texts["app/db.py"]


def test_the_second_run_changes_nothing() -> None:
    assert again(below().texts, "app").texts["app/users.py"] == below().texts["app/users.py"]


def test_docstring_comments_and_keywords_stay() -> None:
    users = ONE.replace(
        "user_id: int, db: Session", "user_id: int, *, up: bool = False, db: Session"
    ).replace(
        BODY,
        '    """One user."""\n    # by key\n'
        "    user = crud.get_user(db, user_id)  # or nobody\n    # all of it\n",
    )
    assert (
        "async def read_user(user_id: int, *, up: bool = False, db: AsyncSession = Depends(get_async_db)):\n"
        '    """One user."""\n'
        "    return await db.run_sync(_read_user, user_id, up=up)\n\n\n"
        "def _read_user(db: Session, user_id: int, *, up: bool):\n"
        "    # by key\n"
        "    user = crud.get_user(db, user_id)  # or nobody\n"
        "    # all of it\n"
        '    return {"name": user.name}\n'
    ) in below(users).texts["app/users.py"]


def test_the_response_model_reads_inside() -> None:
    schemas = """
    from pydantic import BaseModel, ConfigDict


    class UserOut(BaseModel):
        model_config = ConfigDict(from_attributes=True)
        name: str
    """
    users = ONE.replace("from app.db", "from app.schemas import UserOut\nfrom app.db")
    users = users.replace('{user_id}")', '{user_id}", response_model=UserOut)').replace(
        '{"name": user.name}', "user"
    )
    users = users.replace("(get_db)):", "(get_db)) -> crud.User:")
    text = below(users, schemas=schemas).texts["app/users.py"]
    assert "    return UserOut.model_validate(user, from_attributes=True)\n" in text
    assert "(get_async_db)) -> UserOut:\n" in text
    assert "def _read_user(db: Session, user_id: int) -> UserOut:\n" in text


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("db: Session = Depends(get_db), x: int = 1", "find, x)"),
        ("session: int, db: Session = Depends(get_db), x: int = 1", "lambda db: find(session, db, x))"),
        ("x: int, db: Session = Depends(get_db)", "lambda db: find(x, db))"),
    ],
)
def test_the_twin_of_a_dependency_runs_the_original(given: str, called: str) -> None:
    deps = f"""
    from fastapi import Depends
    from sqlalchemy.orm import Session

    from app import crud
    from app.db import get_db
    from app.models import User


    def find({given}) -> User:
        return crud.get_user(db, x)
    """
    users = ONE.replace("from app.db", "from app.deps import find\nfrom app.db").replace(
        "user_id: int, ", "user_id: int, found = Depends(find), "
    )
    orders = users.replace("/users", "/orders")
    done = below(users, deps=deps, orders=orders)
    assert f"    return await db.run_sync({called}\n" in done.function("app/deps.py", "find_async")
    assert "Depends(find_async)" in done.texts["app/users.py"]
    assert "        return crud.get_user(db, x)\n".strip() in done.function("app/deps.py", "find")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "    import time\n    time.sleep(1)\n",
            "read_user would run on the loop, and time.sleep would hold it there",
        ),
        ("    open('x').read()\n", "would hold it there"),
        ("    unheard_of.call()\n", "would hold it there"),
        (
            "    tasks.add_task(crud.get_user, db, 1)\n",
            "read_user leaves work for later, which would miss the session",
        ),
        (
            "    plan(tasks, db)\n",
            "read_user leaves work for later, which would miss the session",
        ),
        (
            "    return JSONResponse(user.name, background=BackgroundTask(crud.get_user, db, 1))\n",
            "read_user leaves work for later, which would miss the session",
        ),
        (
            "    return answer(db)\n",
            "read_user leaves work for later, which would miss the session",
        ),
        (
            "    with SessionLocal() as other:\n        other.get(crud.User, 1)\n",
            "read_user makes a session of its own as well, which would stay sync",
        ),
    ],
)
def test_a_body_that_does_more_than_that(body: str, words: str) -> None:
    users = ONE.replace(BODY, f"{BODY}{body}").replace("import get_db", "import SessionLocal, get_db")
    users = users.replace("import APIRouter", "import APIRouter, BackgroundTasks").replace(
        "user_id: int, ", "user_id: int, tasks: BackgroundTasks, "
    )
    users = users.replace("from app import crud", "import unheard_of\nfrom app import crud")
    users = users.replace("\nrouter =", f"{IMPORTS}\nrouter =") + HELPERS
    done = below(users)
    assert "app/users.py:read_user" not in done.turned
    assert any(words in each for each in obstacles(done)), obstacles(done)


def test_a_comment_on_later_work_is_none() -> None:
    users = ONE.replace(BODY, f"{BODY}    # Streaming is to come, by .add_task(\n")
    assert "app/users.py:read_user" in below(users).turned


def test_a_helper_three_calls_down_counts_as_well() -> None:
    crud = CRUD.replace(
        "    return db.get(User, user_id)",
        "    import requests\n\n    requests.get('http://x')\n    return db.get(User, user_id)",
    )
    done = below(crud=crud)
    assert done.is_unchanged
    assert any("requests.get would hold it there" in each for each in obstacles(done))


def test_a_handler_without_a_session_is_handed_no_objects_of_one() -> None:
    """What it reads of them may load, and nothing would await that."""
    users = (
        ONE
        + """

def someone(db: Session = Depends(get_db)):
    return crud.get_user(db, 1)


@router.get("/me")
def me(user: crud.User = Depends(someone)):
    return {"name": user.name}
"""
    )
    done = below(users)
    assert "app/users.py:me" not in done.turned
    assert "app/users.py:read_user" in done.turned
    assert any(
        "me is handed what works on the session, and has no session of its own" in e for e in obstacles(done)
    )


def test_a_value_that_the_new_driver_would_refuse() -> None:
    db = DB.replace("sqlite:///./app.db", "postgresql+psycopg2://u:p@h/db")
    users = ONE.replace(
        BODY, "    user = db.query(crud.User).filter(crud.User.id == name).first()\n"
    ).replace("user_id: int", "name: str")
    requirements = "fastapi\nsqlalchemy>=2\npsycopg2-binary\n"
    config = FILES["pyproject.toml"].replace("beside", "run-sync")
    files = {**FILES, "pyproject.toml": config, "requirements.txt": requirements}
    done = again(files, "app/users.py", users=users, db=db)
    assert done.is_unchanged
    assert any("takes no value of another type than the column's" in each for each in obstacles(done))
    fits = again(files, "app/users.py", users=ONE, db=db)
    assert "create_async_engine(" in fits.texts["app/db.py"]


def test_beside_is_as_it_was() -> None:
    assert "run_sync" not in shop("app/users.py", users=ONE).texts["app/users.py"]
