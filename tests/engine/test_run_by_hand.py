"""What a person runs beside the application is no API layer: nobody waits while it asks, reads or sleeps."""

from __future__ import annotations

import pytest
from small_projects import migrate

APP = """
from fastapi import FastAPI
{imports}
app = FastAPI()


@app.get("/")
def root():
    return 1
"""
SCRIPT = """
import asyncio
import time

import requests


async def load(number: int):
    time.sleep(0.1)
    return requests.get(f"https://a.example/{number}").json()


{guard}
"""
GUARD = 'if __name__ == "__main__":\n    asyncio.run(load(int(input("Number: "))))'
DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine("sqlite:///x.db")
SessionLocal = sessionmaker(bind=engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def get_db():
    with SessionLocal() as db:
        yield db


def add_user(db: Session, name: str) -> None:
    db.add(User(name=name))
    db.commit()
"""
USERS = """
from app.db import add_user, get_db
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    add_user(db, name)
"""
SEED = """
import time

from app.db import SessionLocal, add_user


def main():
    prefix = input("Prefix: ")
    with open("names.txt") as f:
        names = f.read().split()
    with SessionLocal() as db:
        for name in names:
            add_user(db, prefix + name)
            time.sleep(0.1)


if __name__ == "__main__":
    main()
"""


def test_a_script_awaits_the_database_and_nothing_else() -> None:
    done = migrate(
        {"app/__init__.py": "", "app/db.py": DATABASE, "app/main.py": USERS, "seed.py": SEED}, (".",)
    )
    assert "async def create(" in done.texts["app/main.py"]
    assert done.texts["seed.py"] == (
        SEED.lstrip()
        .replace("import time\n", "import asyncio\nimport time\n")
        .replace("def main", "async def main")
        .replace("with SessionLocal", "async with SessionLocal")
        .replace("            add_user", "            await add_user")
        .replace("    main()\n", "    asyncio.run(main())\n")
    )


def test_an_async_script_stays_as_it_is() -> None:
    script = SCRIPT.replace("{guard}", GUARD)
    done = migrate(
        {"app/__init__.py": "", "app/main.py": APP.replace("{imports}", ""), "load.py": script}, (".",)
    )
    assert "async def root" in done.texts["app/main.py"]
    assert done.texts["load.py"] == script.lstrip()


@pytest.mark.parametrize(
    ("path", "imports", "guard"),
    [
        ("app/load.py", "from app.load import load\n", GUARD),
        ("load.py", "from load import load\n", GUARD),
        ("app/load.py", "", ""),
        ("load.py", "", "asyncio.run(load(1))"),
    ],
)
def test_what_an_application_loads_or_what_has_no_main_guard_belongs_to_it(
    path: str, imports: str, guard: str
) -> None:
    files = {"app/__init__.py": "", "app/main.py": APP.replace("{imports}", imports)}
    done = migrate({**files, path: SCRIPT.replace("{guard}", guard)}, (".",))
    assert "await http_client().get(" in done.texts[path]
    assert "await asyncio.sleep(0.1)" in done.texts[path]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("asyncio.run(load(", "asyncio.gather(load(1), load("),
        ("asyncio.run(load(", "consume(load, load("),
        ("async def load", "@bot.event\nasync def load"),
    ],
)
def test_what_others_run_beside_it_waits_for_it(old: str, new: str) -> None:
    script = SCRIPT.replace("{guard}", GUARD).replace(old, new)
    script = script.replace("import requests\n", "import requests\nfrom bots import bot, consume\n")
    files = {"app/__init__.py": "", "app/main.py": APP.replace("{imports}", "")}
    done = migrate({**files, "load.py": script}, (".",))
    assert "await http_client().get(" in done.texts["load.py"]


def test_a_router_that_can_be_run_by_hand_is_served_all_the_same() -> None:
    router = SCRIPT.replace("{guard}", GUARD).replace(
        "async def load",
        "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.get('/x')\nasync def load",
    )
    done = migrate(
        {"app/__init__.py": "", "app/main.py": APP.replace("{imports}", ""), "app/x.py": router}, (".",)
    )
    assert "await http_client().get(" in done.texts["app/x.py"]


HANDLERS = """
from fastapi import APIRouter
{top}
router = APIRouter()


@router.get("/load")
async def load_one(number: int):
{late}    return 1
"""


@pytest.mark.parametrize(
    ("top", "late"),
    [
        ("from app.load import load\n", ""),
        ("", "    from app.load import load\n\n"),
        ("", "    import app.load\n\n"),
        ("", "    from app.jobs import start\n\n"),
    ],
)
def test_what_handlers_load_is_no_script(top: str, late: str) -> None:
    """Also where the router is included in an application that nobody finds, or is loaded by a request."""
    files = {
        "app/__init__.py": "",
        "app/load.py": SCRIPT.replace("{guard}", GUARD),
        "app/jobs.py": "def start():\n    from app.load import load\n\n    return load\n",
        "app/routes.py": HANDLERS.replace("{top}", top).replace("{late}", late),
    }
    done = migrate(files, (".",))
    assert "await http_client().get(" in done.texts["app/load.py"]
    assert "await asyncio.sleep(0.1)" in done.texts["app/load.py"]


def test_what_only_tests_or_other_scripts_load_is_a_script() -> None:
    script = SCRIPT.replace("{guard}", GUARD)
    test = "from fastapi import FastAPI\nfrom load import load\n\n\ndef test_load():\n    assert FastAPI()\n"
    files = {
        "app/__init__.py": "",
        "app/main.py": APP.replace("{imports}", ""),
        "load.py": script,
        "again.py": "def main():\n    from load import load\n\n    return load\n",
        "tests/test_load.py": test,
    }
    done = migrate(files, (".",))
    assert done.texts["load.py"] == script.lstrip()
