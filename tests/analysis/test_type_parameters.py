"""Type parameters and `type` statements: read and kept where what they stand on turns.

https://peps.python.org/pep-0695/
"""

from __future__ import annotations

import sys

import pytest
from answers import assert_answers_stay
from small_projects import migrate_main

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")

PROGRAM = """
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Protocol

from fastapi import Depends

type Rows[T] = list[T]
type Maker[**P] = Callable[P, "Repo[User]"]

class User:
    def __init__(self, name: str) -> None:
        self.name = name
    def label(self) -> str:
        time.sleep(0)
        return self.name

class Store[T](Protocol):
    def find(self, name: str) -> T | None: ...
    def rows(self) -> Iterator[T]: ...

class Repo[T: User]:
    def __init__(self, items: Rows[T]) -> None:
        self.items = items
    def find(self, name: str) -> T | None:
        time.sleep(0)
        return next((each for each in self.items if each.name == name), None)
    def rows(self) -> Iterator[T]:
        for each in self.items:
            time.sleep(0)
            yield each

def users() -> Repo[User]:
    return Repo([User("ann"), User("bob")])

type UserRepo = Annotated[Repo[User], Depends(users)]

def pick[T](store: Store[T], name: str) -> T | None:
    return store.find(name)

def kept[T](value: T) -> T:
    subprocess.run(["true"])
    return value

@app.get("/")
def show(repo: UserRepo, name: str = "ann"):
    found = pick(repo, name)
    return [found.label() if found else "nobody", *[user.label() for user in repo.rows()]]

@app.get("/kept")
def show_kept(n: int):
    return kept(n)
"""


def test_what_has_type_parameters_turns_and_answers_the_same() -> None:
    done = migrate_main(PROGRAM)
    turned = {name.partition(":")[2] for name in done.turned}
    assert {"User.label", "Store.find", "Repo.find", "Repo.rows", "pick", "show", "show_kept"} <= turned
    assert done.function("app/main.py", "pick").startswith("async def pick[T](store: Store[T], name: str)")
    assert "type Rows[T] = list[T]\n" in done.texts["app/main.py"]
    assert_answers_stay(done, "/?name=bob")
    assert_answers_stay(done, "/kept?n=3")


def test_what_runs_in_a_thread_keeps_its_type_parameters() -> None:
    done = migrate_main(PROGRAM)
    assert done.function("app/main.py", "kept") in PROGRAM
    assert "await run_in_threadpool(kept, n)" in done.function("app/main.py", "show_kept")
