"""What only runs before the first request and after the last one holds up nobody, also beside a database."""

from __future__ import annotations

import pytest
from small_projects import migrate

MAIN = """
import asyncio
import time
from contextlib import asynccontextmanager

import redis
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///./x.db")
SessionLocal = sessionmaker(engine)


def get_db():
    with SessionLocal() as db:
        yield db


class Cache:
    def __init__(self):
        self.client = redis.Redis(decode_responses=True)

    def get(self, key):
        return self.client.get(key)

    def drop(self, key):
        return self.client.delete(key)


cache = Cache()


def seed():
    with SessionLocal() as db:
        db.execute(text("select 1"))


MORE
@asynccontextmanager
async def lifespan(app):
    seed()
    FIRST
    yield
    cache.drop("ticket")
    engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/x/{key}")
def read(key: str, db: Session = Depends(get_db)):
    return cache.get(key) or db.execute(text("select 1")).scalar()
"""


def changed(first: str, more: str = "") -> str:
    text = MAIN.replace("FIRST", first).replace("MORE\n", f"{more}\n\n" if more else "")
    return migrate({"app/main.py": text, "app/__init__.py": ""}).texts["app/main.py"]


def test_a_client_is_awaited_there_as_everywhere() -> None:
    text = changed("time.sleep(0.2)")
    assert '    await cache.drop("ticket")\n    await engine.dispose()\n' in text


def test_what_blocks_there_stays_as_it_was() -> None:
    text = changed("time.sleep(0.2)\n    refill()", "def refill():\n    time.sleep(0.1)\n    seed()\n")
    assert "    await seed()\n    time.sleep(0.2)\n    await refill()\n    yield\n" in text
    assert "async def refill():\n    time.sleep(0.1)\n    await seed()\n" in text


BESIDE = """
async def poll():
    while True:
        with SessionLocal() as db:
            db.execute(text("select 1"))
        time.sleep(0.2)
"""


@pytest.mark.parametrize("start", ["asyncio.create_task(poll())", "task = asyncio.ensure_future(poll())"])
def test_what_is_left_running_beside_the_requests_does_not_block(start: str) -> None:
    text = changed(start, BESIDE)
    assert "await asyncio.sleep(0.2)" in text
    assert "time.sleep" not in text
