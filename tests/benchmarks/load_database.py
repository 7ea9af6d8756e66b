"""What an async database wins under load: the notes before and after, with slow queries.

    python tests/benchmarks/load_database.py [requests at once] [seconds for a query]

All requests come at once, several times over. Prints how many queries the database had at once, the answers
per second, p50 and p99, and errors: with the pool as it is, and with room in the pool for all. Not a part of
the tests: it measures a machine.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from load import PROJECTS, Ask, rush
from replaying.processes import Project
from replaying.serving import around_it, server

PATH = "/users/free/eva"
ROUNDS = 3
SLOW = """
import sqlite3, sys, threading, time
from sqlalchemy.pool import QueuePool

lock, held, most = threading.Lock(), 0, 0

class Cursor(sqlite3.Cursor):
    def execute(self, statement, *parameters):
        global held, most
        if not statement.lstrip().startswith("SELECT"):
            return super().execute(statement, *parameters)
        with lock:
            held += 1
            if held > most:
                most = held
                open({seen!r}, "w").write(str(most))
        time.sleep({delay})
        try:
            return super().execute(statement, *parameters)
        finally:
            with lock:
                held -= 1

class Connection(sqlite3.Connection):
    def cursor(self, factory=Cursor):
        return super().cursor(factory)

connect = sqlite3.connect
def slow(*args, **more):
    return connect(*args, **more | {{"factory": Connection}})
sqlite3.connect = sqlite3.dbapi2.connect = slow
make = QueuePool.__init__
def made(self, creator, *args, **more):
    make(self, creator, *args, **more | {pool})
QueuePool.__init__ = made
"""
"""Run by the server before the application: each SELECT takes a while in the thread that it has."""


def main() -> None:
    users = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    delay = float(sys.argv[2]) if len(sys.argv) > 2 else 0.1
    with tempfile.TemporaryDirectory() as folder:
        project = Project(PROJECTS / "notes_crud", Path(folder))
        print(f"{users} requests at once, {ROUNDS} times, {delay:g} s for a query")
        heads = ("queries at once", "answers/s", "p50 s", "p99 s", "errors")
        print(f"{'':24}" + "".join(f"{head:>17}" for head in heads))
        pools = {"pool as it is": {}, "room for all": {"pool_size": users, "max_overflow": 0}}
        for pool, options in pools.items():
            for name in ("before", "after"):
                row = _measured(project, name, users, delay, options, Path(folder) / "most")
                print(f"{name:8}{pool:16}{row}", flush=True)


def _measured(project: Project, name: str, users: int, delay: float, pool: dict[str, int], seen: Path) -> str:
    before = SLOW.format(seen=str(seen), delay=delay, pool=pool)
    with (
        around_it(project) as (_, environment),
        server(project.case, getattr(project, name), environment, before) as client,
    ):
        found = rush(str(client.base_url), users, _visit, ROUNDS)
    cells = (
        seen.read_text(),
        f"{found.rate:.0f}",
        f"{found.p50:.2f}",
        f"{found.p99:.2f}",
        str(found.errors),
    )
    return "".join(f"{cell:>17}" for cell in cells)


async def _visit(ask: Ask, number: int) -> None:
    await ask("GET", PATH)


if __name__ == "__main__":
    main()
