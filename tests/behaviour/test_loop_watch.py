"""The probe sees what blockbuster is blind to: statements of a driver written in C."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from replaying.loop_watch import BlockingCalls
from sqlalchemy.ext.asyncio import create_async_engine

HERE = Path(__file__).parent


def watched(work: Callable[[], object]) -> set[str]:
    async def request() -> None:
        with BlockingCalls(HERE) as calls, calls.during("request"):
            done = work()
            if asyncio.iscoroutine(done):
                await done
        found.update(call.split(" at ")[0] for call in calls.found)

    found: set[str] = set()
    asyncio.run(request())
    return found


def select_one() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    engine.dispose()


async def select_one_async() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        await connection.execute(sa.text("SELECT 1"))
    await engine.dispose()


def test_statement_on_the_loop() -> None:
    assert "request: a statement" in watched(select_one)


@pytest.mark.parametrize(
    "work", [lambda: asyncio.to_thread(select_one), select_one_async], ids=["thread", "async"]
)
def test_statement_off_the_loop(work: Callable[[], object]) -> None:
    assert watched(work) == set()


def test_nothing_is_noted_afterwards() -> None:
    with BlockingCalls(HERE) as calls:
        pass
    with calls.during("request"):
        select_one()
    assert calls.found == set()
