"""What a function of the project sets for those who come after it would be lost in a thread, which works on a
copy of the context."""

from __future__ import annotations

import textwrap

import pytest
from small_projects import definition, migrate_main

HEAD = """
import shutil
from contextvars import ContextVar

user = ContextVar("user", default=0)


def enter(n):
    user.set(n)


def sign_in(n):
    shutil.copy("a", "b")
    enter(n)


def tried(n):
    token = user.set(n)
    try:
        shutil.copy("a", "b")
    finally:
        user.reset(token)


KEYS = [sorted([1], key=sign_in), sorted([1], key=tried)]


"""


def migrated(head: str, body: str, start: str = HEAD) -> str:
    text = start + f'@app.get("/h")\n{head}:\n{textwrap.indent(body, "    ")}\n'
    return migrate_main(text).texts["app/main.py"]


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("sign_in(1)\nreturn user.get()", "\n    sign_in(1)"),
        (
            "for n in range(3):\n    shutil.copy('a', 'b')\n    enter(n)\nreturn user.get()",
            "\n        enter(n)",
        ),
        (
            "found = [shutil.copy('a', 'b'), enter(1), shutil.copy('a', 'b')]\nreturn user.get()",
            ", enter(1),",
        ),
        (
            "if n:\n    shutil.copy('a', 'b')\n    enter(n)\n    shutil.copy('a', 'b')\nreturn user.get()",
            "\n        enter(n)",
        ),
    ],
)
def test_it_stays_where_it_is(body: str, call: str) -> None:
    after = definition(migrated("async def h(n: int)", body), "h")
    assert call in after
    assert "def " not in after.partition("async def h")[2], "it went to a thread with what stands around it"
    assert after.count("await run_in_threadpool(shutil.copy") == body.count("shutil.copy")


def test_a_handler_goes_with_all_that_reads_it() -> None:
    text = migrated("def h(n: int)", "sign_in(n)\nreturn user.get()")
    assert "await run_in_threadpool(_h, n)" in definition(text, "h")
    assert "sign_in(n)\n    return user.get()" in definition(text, "_h")


OF_STRUCTLOG = (
    HEAD.replace("import shutil", "import shutil\nfrom structlog.contextvars import bind_contextvars")
    .replace("bind_contextvars", "bind_contextvars, reset_contextvars")
    .replace("token = user.set(n)", "tokens = bind_contextvars(n=n)")
    .replace("user.reset(token)", "reset_contextvars(**tokens)")
)


@pytest.mark.parametrize(
    "start",
    [
        HEAD,
        HEAD.replace("ContextVar", "CV").replace("import CV", "import ContextVar as CV"),
        OF_STRUCTLOG,
    ],
)
def test_what_is_reset_leaves_nothing_behind(start: str) -> None:
    text = migrated("async def h(n: int)", "tried(n)\nsign_in(n)\nreturn user.get()", start)
    assert "await run_in_threadpool(tried, n)\n    sign_in(n)" in definition(text, "h")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("user.set(n)", "STATE.set(n)"),
        ("user.set(n)", "user.get()"),
        ("user.set(n)", "print(n)"),
    ],
)
def test_what_only_looks_so_goes(old: str, new: str) -> None:
    start = "class Store:\n    def set(self, n):\n        self.n = n\n\n\nSTATE = Store()\n" + HEAD.replace(
        old, new, 1
    )
    assert "await run_in_threadpool(sign_in, n)" in migrated(
        "async def h(n: int)", "sign_in(n)\nreturn n", start
    )


@pytest.mark.parametrize(
    ("body", "turns"), [("enter(n)", False), ("user.set(n)", False), ("user.get()", True)]
)
def test_a_dependency_that_sets_it_in_its_thread_stays_there(body: str, *, turns: bool) -> None:
    """The handler does not see it; out of the thread, it would."""
    head = HEAD.replace("import shutil", "import shutil\nfrom fastapi import Depends")
    done = migrate_main(
        f"{head}def who(n: int):\n    {body}\n\n"
        '@app.get("/h")\ndef h(n=Depends(who)):\n    return user.get()\n'
    )
    assert done.turned == ["app/main.py:h", *(["app/main.py:who"] if turns else [])]
