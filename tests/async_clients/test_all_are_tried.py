"""What a family of clients lets through, each under its name in a program that is run before and after."""

from __future__ import annotations

from collections.abc import Iterable, Set
from pathlib import Path

import pytest
import test_blocks
import test_mongo
import test_redis
from async_fix.codemods.async_clients.http.responses.streams import READS
from async_fix.codemods.async_clients.mongo import cursors, sessions
from async_fix.codemods.async_clients.redis.derived import ALLOWED
from client_programs import migrate, routes
from mapped_calls import PIPELINE, groups, untried
from running import run

FAMILIES: dict[str, tuple[Set[str], Iterable[str]]] = {
    "locks of Redis": (ALLOWED["lock"], test_redis.COMMANDS.values()),
    "subscriptions of Redis": (ALLOWED["pubsub"], test_redis.COMMANDS.values()),
    "pipelines of Redis": (PIPELINE, test_redis.COMMANDS.values()),
    "cursors of MongoDB": (cursors.SETS_UP | cursors.AWAITED, test_mongo.CASES.values()),
    "cursors that MongoDB gives": (cursors.MAKES | cursors.MAKES_AWAITED, test_mongo.CASES.values()),
    "sessions of MongoDB": (sessions.AWAITED, test_mongo.CASES.values()),
    "streams of httpx": (
        {name.rpartition(".")[2] for name in READS},
        [str(each) for each in test_blocks.STREAMS.values()],
    ),
}


SLEEPS = """
import time

try:
    time.sleep("a")
except TypeError:
    return [time.sleep(0), time.sleep(0.001)]
"""


def test_sleep_is_the_same(tmp_path: Path) -> None:
    outcome = migrate(routes(SLEEPS, parameters=""))
    assert outcome.text.count("await asyncio.sleep(") == 3, outcome.reasons
    old = run(tmp_path / "old", outcome.before, "call")
    assert run(tmp_path / "new", outcome.texts, "call") == old == [[None, None]]


@pytest.mark.parametrize("family", FAMILIES)
def test_all_of_them_are_tried(family: str) -> None:
    names, programs = FAMILIES[family]
    written = "\n".join(programs)
    assert sorted(name for name in names if f".{name}(" not in written) == []


@pytest.mark.parametrize("group", groups())
def test_the_test_of_a_group_names_all_of_it(group: str) -> None:
    assert untried(group) == []
