"""An object of the module that gets at the database for handlers and a worker: there twice, or it stays."""

from __future__ import annotations

import pytest
from shop import obstacles, shop

REPOSITORY = """
{imports}
from app.db import SessionLocal
from app.models import User


{above}class Users{bases}:
{inside}
    def get(self, user_id: int):
        with self.maker() as db:
            return db.get(User, user_id)


users_of_shop = Users({given})
"""
USERS = """
from fastapi import APIRouter

from app.repository import users_of_shop

router = APIRouter()


@router.get("/users/{user_id}")
def read_user(user_id: int):
    return {"name": users_of_shop.get(user_id).name}
"""
WORKER = """
from app.repository import users_of_shop


def work(user_id: int) -> int:
    return users_of_shop.get(user_id).id
"""


def repository(
    inside: str, *, bases: str = "", above: str = "", imports: str = "", given: str = "SessionLocal"
) -> str:
    return REPOSITORY.format(inside=inside, bases=bases, above=above, imports=imports, given=given)


def init(*lines: str) -> str:
    return "".join(f"        {line}\n" for line in lines).join(
        ("    def __init__(self, maker):\n", "        self.maker = maker\n")
    )


def base(*lines: str) -> str:
    return f"class Keeps:\n{init(*lines)}\n\n"


@pytest.mark.parametrize(
    "text",
    [
        repository(init('"""Keeps it."""', 'self.name: str = "users"')),
        repository("    maker: object\n\n" + init()),
        repository("    maker = SessionLocal\n", given=""),
        repository("", bases="(Keeps)", above=base()),
        repository(
            init(),
            bases="(Generic[T])",
            imports="from typing import Generic, TypeVar\n",
            above='T = TypeVar("T")\n\n\n',
        ),
    ],
)
def test_a_repository_that_only_keeps_what_it_is_given_has_a_twin(text: str) -> None:
    done = shop("app/users.py", repository=text, users=USERS, worker=WORKER)
    new = done.texts["app/repository.py"]
    assert '    return {"name": (await async_users_of_shop.get(user_id)).name}' in done.texts["app/users.py"]
    assert "# async twin of users_of_shop\nasync_users_of_shop = AsyncUsers(" in new
    assert done.function("app/repository.py", "Users") in text
    assert "app/worker.py" not in [file.path for file in done.report.files]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (repository(init("self.seen = []")), "users_of_shop must be there twice, and may hold state"),
        (repository(init("open('x')")), "users_of_shop must be there twice, and may hold state"),
        (
            repository("", bases="(Keeps)", above=base("self.seen = {}")),
            "users_of_shop must be there twice, and may hold state",
        ),
        (
            repository(init(), bases="(metaclass=ABCMeta)", imports="from abc import ABCMeta\n"),
            "Users must be there twice, and is no plain class",
        ),
        (
            repository(
                init() + "\n    @lru_cache\n    def first(self):\n        return self.get(1)\n",
                imports="from functools import lru_cache\n",
            ),
            "Users.first must be there twice, and @lru_cache may count on one",
        ),
    ],
)
def test_a_repository_that_may_hold_more_stays_alone(text: str, words: str) -> None:
    done = shop("app/users.py", repository=text, users=USERS, worker=WORKER)
    assert done.is_unchanged
    assert any(words in each for each in obstacles(done)), obstacles(done)
