"""A script that becomes async has a loop: what it ran on another one is awaited, or runs in a thread."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_projects import migrate

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine("sqlite:///users.db")
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
from app.db import Base, add_user, engine, get_db
from fastapi import Depends, FastAPI
from sqlalchemy.orm import Session

app = FastAPI()
Base.metadata.create_all(bind=engine)


@app.post("/users")
def create(name: str, db: Session = Depends(get_db)):
    add_user(db, name)
"""
SCRIPT = '''
import asyncio
import time

from app.db import SessionLocal, add_user


def slowly(name):
    time.sleep(0.01)
    return name


async def notify(name: str):
    """Nothing of this can be mended."""
    print([n for n in (slowly(n) for n in name)])


def run_async(coro):
    return asyncio.run(coro)


def send(name: str):
    coros = [notify(name)]
    return asyncio.run(coros.pop())


def main():
    with SessionLocal() as db:
        add_user(db, "a")
    {line}
    print("done")


if __name__ == "__main__":
    main()
'''
AWAITED = [
    'asyncio.run(notify("a"))',
    'run_async(notify("a"))',
    'asyncio.get_event_loop().run_until_complete(notify("a"))',
]
BECOMES = {
    'send("a")': 'await run_in_threadpool(send, "a")',
    "asyncio.run(asyncio.sleep(0))": "await asyncio.sleep(0)",
    "asyncio.run({'a': notify('a')}['a'])": "await run_in_threadpool(asyncio.run, {'a': notify('a')}['a'])",
    "run_async({'a': notify('a')}['a'])": "await run_in_threadpool(run_async, {'a': notify('a')}['a'])",
    "print(notify.__name__, run_async.__name__)": "print(notify.__name__, run_async.__name__)",
}


def program(line: str) -> dict[str, str]:
    return {
        "app/__init__.py": "",
        "app/db.py": DATABASE,
        "app/main.py": USERS,
        "seed.py": SCRIPT.replace("{line}", line),
    }


def run(folder: Path, files: dict[str, str]) -> str:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    tables = "from app.db import Base; from sqlalchemy import create_engine"
    tables += "; Base.metadata.create_all(create_engine('sqlite:///users.db'))"
    done = [
        subprocess.run(
            [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        for arguments in (["-c", tables], ["seed.py"])
    ]
    return done[1].stdout if not done[1].returncode else done[1].stderr


@pytest.mark.parametrize("line", AWAITED)
def test_what_it_ran_on_a_loop_is_awaited_whatever_blocks_there(line: str) -> None:
    """It brings nothing onto the loop of the server, and the database turns."""
    done = migrate(program(line), ("app",))
    assert "async def create(" in done.texts["app/main.py"]
    assert '    await notify("a")\n    print("done")\n' in done.texts["seed.py"]
    assert "time.sleep(0.01)" in done.texts["seed.py"]


@pytest.mark.parametrize("line", BECOMES)
def test_no_loop_is_started_beside_the_one_that_runs(line: str) -> None:
    done = migrate(program(line), ("app",))
    assert "async def create(" in done.texts["app/main.py"]
    assert f"    {BECOMES[line]}\n" in done.texts["seed.py"]


@pytest.mark.parametrize("line", [AWAITED[0], *list(BECOMES)[:3]])
def test_it_runs_as_it_did(line: str, tmp_path: Path) -> None:
    files = program(line)
    done = migrate(files, ("app",))
    before, after = run(tmp_path / "old", files), run(tmp_path / "new", {**files, **done.texts})
    assert before.endswith("done\n")
    assert after == before


def test_a_test_that_runs_a_helper_with_a_loop() -> None:
    test = """
import asyncio

from app.db import SessionLocal, add_user


async def wait():
    pass


def run_all(*coros):
    return [asyncio.run(coro) for coro in coros]


def test_add():
    with SessionLocal() as db:
        add_user(db, "a")
    assert run_all(wait()) == [None]
"""
    done = migrate({**program("pass"), "tests/test_add.py": test}, ("app",))
    assert "async def create(" in done.texts["app/main.py"]
    assert "assert await run_in_threadpool(run_all, wait()) == [None]" in done.texts["tests/test_add.py"]
