"""Code that was serial by accident is told of where it now waits; what was never alone, and what others
cannot see, is not."""

from __future__ import annotations

import re
import textwrap

import pytest
from async_fix.codemods.model import Note
from small_projects import Migrated, migrate_main

HEAD = """
import requests

CACHE = {}
SEEN = []
COUNT = 0
TOKEN = None


def ask(x):
    return requests.get(f"http://x/{x}").json()


class Client:
    def __init__(self):
        self.token = None

    def get(self, x):
        if self.token is None:
            self.token = requests.get("http://x/token").text
        return self.token


client = Client()
"""
STATE = """
import requests

KNOWN = {}


class Bank:
    def __init__(self):
        self.rates = None

    def get(self, x):
        if self.rates is None:
            self.rates = requests.get("http://x/rates").json()
        return self.rates


bank = Bank()
"""
TOLD = {
    "a cache": (
        "CACHE",
        """
        async def h(x: int):
            if x not in CACHE:
                CACHE[x] = ask(x)
            return CACHE[x]
        """,
    ),
    "a cache by another name": (
        "CACHE",
        """
        async def h(x: int):
            table = CACHE
            if x not in table:
                table[x] = ask(x)
            return table[x]
        """,
    ),
    "a cache behind an early return": (
        "CACHE",
        """
        async def h(x: int):
            if x in CACHE:
                return CACHE[x]
            found = ask(x)
            CACHE[x] = found
            return found
        """,
    ),
    "a global": (
        "TOKEN",
        """
        async def h(x: int):
            global TOKEN
            if TOKEN is None:
                TOKEN = ask(x)
            return TOKEN
        """,
    ),
    "a counter that is read before the wait": (
        "COUNT",
        """
        async def h(x: int):
            global COUNT
            COUNT += ask(x)
            return COUNT
        """,
    ),
    "a read, a wait, a write": (
        "CACHE",
        """
        async def h(x: int):
            n = CACHE.get("n", 0)
            ask(x)
            CACHE["n"] = n + 1
            return n
        """,
    ),
    "a list": (
        "SEEN",
        """
        async def h(x: int):
            if x not in SEEN:
                ask(x)
                SEEN.append(x)
            return len(SEEN)
        """,
    ),
    "a default that all calls share": (
        "kept",
        """
        async def h(x: int):
            return remember(x)


        def remember(x, kept={}):
            if x not in kept:
                kept[x] = ask(x)
            return kept[x]
        """,
    ),
    "an object of the module": ("self.token", "async def h(x: int):\n    return client.get(x)\n"),
    "a counter of many": (
        "COUNTS",
        """
        COUNTS = {}


        async def h(x: int):
            COUNTS[x] += ask(x)
            return COUNTS[x]
        """,
    ),
    "a cache of another module": (
        "KNOWN",
        """
        from app.state import KNOWN


        async def h(x: int):
            if x not in KNOWN:
                KNOWN[x] = ask(x)
            return KNOWN[x]
        """,
    ),
    "another module's cache, by way of a third": (
        "more.KNOWN",
        """
        from app import more


        async def h(x: int):
            if x not in more.KNOWN:
                more.KNOWN[x] = ask(x)
            return more.KNOWN[x]
        """,
    ),
    "the state of the application": (
        "app.state.token",
        """
        async def h(x: int):
            if not app.state.token:
                app.state.token = ask(x)
            return app.state.token
        """,
    ),
    "the state of the application, by the request": (
        "request.app.state.token",
        """
        from fastapi import Request


        async def h(x: int, request: Request):
            if not request.app.state.token:
                request.app.state.token = ask(x)
            return request.app.state.token
        """,
    ),
    "an attribute of a class": (
        "Bank.rates",
        """
        class Bank:
            rates = None


        async def h(x: int):
            if Bank.rates is None:
                Bank.rates = ask(x)
            return Bank.rates
        """,
    ),
    "a class of which there is one": (
        "cls.only",
        """
        class Bank:
            only = None

            @classmethod
            def get(cls, x):
                if cls.only is None:
                    cls.only = ask(x)
                return cls.only


        async def h(x: int):
            return Bank.get(x)
        """,
    ),
    "an object of another module": (
        "self.rates",
        """
        from app.state import bank


        async def h(x: int):
            return bank.get(x)
        """,
    ),
    "two locks": (
        "CACHE",
        """
        import asyncio

        lock = asyncio.Lock()


        async def h(x: int):
            async with lock:
                known = x in CACHE
            found = ask(x)
            async with lock:
                CACHE[x] = found
            return known
        """,
    ),
    "a method whose object has another name": (
        "this.rates",
        """
        class Own:
            def __init__(this):
                this.rates = None

            def get(this, x):
                if this.rates is None:
                    this.rates = ask(x)
                return this.rates


        own = Own()


        async def h(x: int):
            return own.get(x)
        """,
    ),
    "a manager that is no lock": (
        "CACHE",
        """
        import contextlib


        @contextlib.asynccontextmanager
        async def unblocked():
            yield


        async def h(x: int):
            async with unblocked() as clock, clock:
                if x not in CACHE:
                    CACHE[x] = ask(x)
            return CACHE[x]
        """,
    ),
    "a file and a cache": (
        "CACHE",
        """
        async def h(x: int):
            if x not in CACHE:
                with open(f"{x}.txt") as file:
                    CACHE[x] = file.read()
            return CACHE[x]
        """,
    ),
    "a file that helpers load and save": (
        "the file STORE",
        """
        import json

        STORE = "store.json"


        def load():
            with open(STORE) as file:
                return json.load(file)


        def save(data):
            with open(STORE, "w") as file:
                json.dump(data, file)


        async def h(x: int):
            data = load()
            data.append(x)
            save(data)
            return data
        """,
    ),
    "a file that another one takes the place of": (
        "the file self.path",
        """
        import json
        import os


        class Store:
            def __init__(self, path):
                self.path = path

            def load(self):
                with open(self.path) as file:
                    return json.load(file)

            def save(self, data):
                with open(f"{self.path}.{os.getpid()}", "w") as file:
                    json.dump(data, file)
                os.replace(file.name, self.path)


        store = Store("store.json")


        async def h(x: int):
            data = store.load()
            data.append(x)
            store.save(data)
            return data
        """,
    ),
    "a file that helpers are told": (
        "the file STORE",
        """
        import json
        from pathlib import Path

        STORE = Path("store.json")


        def load(path, default=None):
            path = Path(path)
            if not path.exists():
                return default
            with path.open() as file:
                return json.load(file)


        def save(data, *, to):
            target = Path(to)
            target.write_text(json.dumps(data))


        def add(x, path):
            data = load(path, [])
            data.append(x)
            save(data, to=path)
            return data


        async def h(x: int):
            return add(x, STORE)
        """,
    ),
    "a table that one helper reads and writes": (
        "the file 'table.csv'",
        """
        import os

        import pandas as pd


        def add_row(row, path):
            rows = pd.DataFrame([row])
            if not os.path.isfile(path):
                rows.to_csv(path, index=False)
            else:
                pd.concat([pd.read_csv(path), rows]).to_csv(path, index=False)


        async def h(x: int):
            return add_row({"x": x}, "table.csv")
        """,
    ),
    "a file, in a thread": (
        "the file FOLDER / 'count.txt'",
        """
        from pathlib import Path

        FOLDER = Path("data")


        def count():
            path = FOLDER / "count.txt"
            number = int(path.read_text()) + 1
            path.write_text(str(number))
            return number


        async def h(x: int):
            return count()
        """,
    ),
}
NOT_TOLD = {
    "files of each request, of a lock, that get more, that are made first": """
        import os
        import threading
        from pathlib import Path

        guard_lock = threading.Lock()
        LOG = "log.txt"
        NAMES = "names.txt"
        LAST = Path("last.txt")


        def count():
            with guard_lock:
                number = int(LAST.read_text()) + 1
                LAST.write_text(str(number))
                return number


        def log(x):
            if not os.path.exists(NAMES):
                with open(NAMES, "w") as file:
                    file.write("names")
            with open(NAMES) as file, open(LOG) as old, open(LOG, "a") as more:
                return more.write(file.read() + old.read())


        async def h(x: int):
            with open(f"{x}.txt") as file:
                text = file.read()
            with open(f"{x}.txt", "w") as file:
                file.write(text * 2)
            return [count(), log(x)]
    """,
    "files that helpers are told, other ones each time": """
        def load(path):
            with open(path) as file:
                return file.read()


        def save(path, text):
            with open(path, "w") as file:
                file.write(text)


        async def h(x: int):
            text = load("template.txt")
            save("last.txt", text)
            save(f"{x}.txt", load(f"{x}.txt") + text)
            return text
    """,
    "a handler that ran in threads": """
        def h(x: int):
            if x not in CACHE:
                CACHE[x] = ask(x)
            return CACHE[x]
    """,
    "a change that looks at nothing": """
        async def h(x: int):
            CACHE[x] = ask(x)
            return x
    """,
    "a look that changes nothing": """
        async def h(x: int):
            return ask(CACHE.get(x, 0))
    """,
    "look and change with no wait between": """
        async def h(x: int):
            found = ask(x)
            if x not in CACHE:
                CACHE[x] = found
            return found
    """,
    "a look, a wait, and a look again": """
        async def h(x: int):
            if x in CACHE:
                return CACHE[x]
            found = ask(x)
            if x not in CACHE:
                CACHE[x] = found
            return CACHE[x]
    """,
    "a value that the first one sets": """
        async def h(x: int):
            if x in CACHE:
                return CACHE[x]
            return CACHE.setdefault(x, ask(x))
    """,
    "a count of those who are in": """
        async def h(x: int):
            global COUNT
            COUNT += 1
            try:
                return ask(x)
            finally:
                COUNT -= 1
    """,
    "one lock around all": """
        import asyncio

        lock = asyncio.Lock()


        async def h(x: int):
            async with lock:
                if x not in CACHE:
                    CACHE[x] = ask(x)
            return CACHE[x]
    """,
    "a lock of many": """
        import asyncio
        from collections import defaultdict

        GUARDS: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)


        async def h(x: int):
            async with GUARDS[x]:
                if x not in CACHE:
                    CACHE[x] = ask(x)
            return CACHE[x]
    """,
    "a lock by another name": """
        import asyncio

        alone = asyncio.Lock()


        async def h(x: int):
            async with alone:
                if x not in CACHE:
                    CACHE[x] = ask(x)
            return CACHE[x]
    """,
    "a lock that nobody knows": """
        from other import token_lock


        async def h(x: int):
            async with token_lock:
                if x not in CACHE:
                    CACHE[x] = ask(x)
            return CACHE[x]
    """,
    "a name that only looks like a class": """
        async def h(x: int):
            for cls in (Client(), Client()):
                if cls.token is None:
                    cls.token = ask(x)
            return x
    """,
    "the state of a request": """
        from fastapi import Request


        async def h(x: int, request: Request):
            if not request.state.token:
                request.state.token = ask(x)
            return request.state.token
    """,
    "a class that is asked": """
        from app.state import Bank


        async def h(x: int):
            found = Bank.find(x)
            found.name = ask(x)
            Bank.update(found)
            return x
    """,
    "a module of another package": """
        import other


        async def h(x: int):
            if other.token is None:
                other.token = ask(x)
            return x
    """,
    "a name of the call": """
        async def h(x: int):
            cache = {}
            if x not in cache:
                cache[x] = ask(x)
            return cache[x]
    """,
    "an object of the call": """
        async def h(x: int):
            return Own().get(x)


        class Own:
            def __init__(self):
                self.token = None

            def get(self, x):
                if self.token is None:
                    self.token = ask(x)
                return self.token
    """,
    "a wait that was there": """
        import asyncio


        async def h(x: int):
            if x not in CACHE:
                await asyncio.sleep(1)
                CACHE[x] = x
            return ask(x)
    """,
}


OVERTAKEN = {
    "a name that is looked at again": (
        "TOKEN",
        """
        async def h(x: int):
            global TOKEN
            TOKEN = x
            found = ask(x)
            return [found, TOKEN]
        """,
    ),
    "the working directory": (
        "the working directory",
        """
        import os
        import subprocess


        async def h(x: str):
            os.chdir(x)
            subprocess.run(["git", "pull"])
            return x
        """,
    ),
    "where is printed to, in a helper": (
        "where is printed to",
        """
        import contextlib
        import subprocess


        def show(x):
            with contextlib.redirect_stdout(SEEN):
                return subprocess.run([x]).returncode


        async def h(x: str):
            return show(x)
        """,
    ),
    "the environment": (
        "the environment",
        """
        import os
        import subprocess


        async def h(x: str):
            os.environ["USER_ID"] = x
            return subprocess.check_output(["tool"]).decode()
        """,
    ),
    "a file that all requests write under one name": (
        "the file 'in.pdf'",
        """
        async def h(x: str):
            with open("in.pdf", "wb") as f:
                f.write(x.encode())
            with open("in.pdf", "rb") as f:
                return f.read()
        """,
    ),
}
NOT_OVERTAKEN = {
    "a file for each request, and one that nothing is read from": """
        async def h(x: str):
            with open(f"in-{x}.pdf", "wb") as f:
                f.write(x.encode())
            with open("last.txt", "w") as f:
                f.write(x)
            with open(file="names.txt") as f, open("names.txt", "a") as more:
                return [f.read(), more.write(x)]
    """,
    "it is changed when all is done": """
        import os


        async def h(x: int):
            global TOKEN
            found = ask(x)
            TOKEN = x
            os.environ["LAST"] = str(TOKEN)
            return found
    """,
    "nobody looks at it later": """
        async def h(x: int):
            global TOKEN
            TOKEN = x
            return ask(x)
    """,
    "it is asked for": """
        import os
        import subprocess


        async def h(x: str):
            return subprocess.run([os.environ["TOOL"], os.getcwd()]).returncode
    """,
    "it was never alone": """
        import os
        import subprocess


        def h(x: str):
            os.chdir(x)
            subprocess.run(["git", "pull"])
            return x
    """,
}


def told(body: str) -> list[Note]:
    found: Migrated = migrate_main(HEAD + handler(body), state=STATE, more="from app.state import KNOWN\n")
    notes = [note for group in found.report.groups for note in group.notes if "run in between" in note.text]
    assert not found.is_unchanged
    return notes


def handler(body: str) -> str:
    text = "\n" + textwrap.dedent(body).strip("\n") + "\n"
    return re.sub(r"(?m)^(async )?def h\(", lambda head: f'@app.get("/")\n{head[0]}', text)


@pytest.mark.parametrize("name", TOLD)
def test_what_was_serial_by_accident(name: str) -> None:
    shared, body = TOLD[name]
    (note,) = told(body)
    assert f" looks at {shared}, waits, " in note.text
    assert note.location is not None


@pytest.mark.parametrize("name", NOT_TOLD)
def test_what_is_as_it_was(name: str) -> None:
    assert told(NOT_TOLD[name]) == []


@pytest.mark.parametrize("name", OVERTAKEN)
def test_what_another_request_changes_meanwhile(name: str) -> None:
    changed, body = OVERTAKEN[name]
    (note,) = told(body)
    assert f" changes {changed}, and waits: " in note.text


@pytest.mark.parametrize("name", NOT_OVERTAKEN)
def test_what_no_other_request_changes_meanwhile(name: str) -> None:
    assert told(NOT_OVERTAKEN[name]) == []
