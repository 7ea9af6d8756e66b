"""The sweep's own eyes: what it looks for in changed files is seen when it is there, and nothing else is."""

from __future__ import annotations

import pytest
from sweep.damage import damages, syntax_error
from sweep.imports import unresolved

OLD = b"import os\n\n\ndef f(a, b):\n    # why\n    c = a+b\n    return os.open( c )\n\n\nX = {'a':1}\n"
SEEN = {
    "a statement that means the same": (b"X = {'a':1}", b'X = {"a": 1}', "changed, and means the same"),
    "a statement inside": (b"c = a+b", b"c = a + b", "changed, and means the same"),
    "line ends": (b"import os\n", b"import os\r\n", "new line ends"),
    "a byte order mark": (b"import os", b"\xef\xbb\xbfimport os", "the byte order mark changed"),
    "an encoding": (b"import os", b"# coding: latin-1\nimport os", "the encoding changed"),
}
FINE = {
    "an import": (b"import os\n", b"import  os\nimport asyncio\n"),
    "a statement that means something else": (b"return os.open( c )", b"return await run(os.open, c)"),
    "a function that turns": (b"def f(a, b)", b"async def f(a, b)"),
    "statements that move": (
        b"    c = a+b\n",
        b"    def g():\n        c = a+b\n        return c\n    c = await run(g)\n",
    ),
    "a statement that is gone": (b"X = {'a':1}\n", b""),
}


@pytest.mark.parametrize("name", SEEN)
def test_damage_is_seen(name: str) -> None:
    old, new, words = SEEN[name]
    found = list(damages(OLD, OLD.replace(old, new).replace(b"def f", b"async def f")))
    assert any(words in each for each in found), found


@pytest.mark.parametrize("name", FINE)
def test_what_a_change_may_do_is_no_damage(name: str) -> None:
    old, new = FINE[name]
    changed = OLD.replace(old, new).replace(b"\ndef f", b"\nasync def f")
    assert list(damages(OLD, changed)) == []


def test_the_first_line_of_a_file_is_no_new_line_end() -> None:
    assert list(damages(b"", b"import os\n")) == []


def test_what_does_not_compile() -> None:
    assert syntax_error(b"def f():\n    return await x\n").startswith("SyntaxError")
    assert syntax_error(b"async def f():\n    return await x\n") == ""


TREE = {
    "shop/__init__.py": b"",
    "shop/app/__init__.py": b"from app.db import engine\n",
    "shop/app/db.py": b"import redis\n\nengine = 1\n",
    "shop/app/cache.py": b"from .db import engine\n",
    "shop/app/api.py": b"",
}
LOST = {
    "from app.db import session": "app.db session",
    "from shop.app.base import Base": "shop.app.base Base",
    "from .broker import broker": ".broker broker",
    "from ...app import db": "...app db",
    "import taskiq": "taskiq",
    "from asyncio import to_threads": "asyncio to_threads",
    "from fastapi.concurrency import run_in_threads": "fastapi.concurrency run_in_threads",
}
FOUND = (
    "from app.db import engine",
    "from app import db",
    "from . import db",
    "from .db import engine",
    "from ..app import engine",
    "from redis.asyncio import Redis",
    "import httpx2",
    "from sqlalchemy import select",
    "from asyncio import to_thread",
    "from fastapi.concurrency import run_in_threadpool",
)


def test_new_imports_that_find_nothing_are_seen() -> None:
    text = "\n".join((*LOST, *FOUND)).encode()
    found = list(unresolved(TREE, {**TREE, "shop/app/api.py": text}, "httpx2>=2,<3 sqlmodel"))
    assert sorted(found) == sorted(f"shop/app/api.py: {words}" for words in LOST.values())


def test_imports_of_the_source_are_its_own_business() -> None:
    before = {**TREE, "shop/app/api.py": b"import nothing\n"}
    after = {**TREE, "shop/app/api.py": b"import asyncio\nimport nothing\n"}
    assert list(unresolved(before, after, "")) == []
