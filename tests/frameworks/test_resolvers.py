"""Resolvers of GraphQL: Strawberry runs them on the event loop, `def` or not, and awaits what is async.

https://strawberry.rocks/docs/guides/async
"""

from __future__ import annotations

from pathlib import Path

import forked
import pytest
from small_projects import coroutines, migrate

HEAD = """
import json
import time
from typing import Optional

import strawberry
from fastapi import Depends, FastAPI, Request
from strawberry.fastapi import GraphQLRouter
from strawberry.permission import BasePermission
from strawberry.types import Info

"""
MAIN = """
def waited(name: str = "x") -> str:
    time.sleep(0.05)
    return name


class Known(BasePermission):
    message = "unknown"

    def has_permission(self, source, info, **kwargs) -> bool:
        time.sleep(0.05)
        return source.name != "nobody"


@strawberry.type
class City:
    name: str

    @strawberry.field
    def weather(self) -> str:
        time.sleep(0.05)
        return f"rain in {self.name}"

    @strawberry.field(permission_classes=[Known])
    def upper(self) -> str:
        return self.name.upper()


@strawberry.type
class Query:
    given: str = strawberry.field(resolver=waited)

    @strawberry.field(description="all of them")
    def cities(self, first: Optional[str] = None) -> list[City]:
        time.sleep(0.05)
        return [City(name=first or "Oslo")]

    @strawberry.field
    def told(self, info: Info) -> str:
        return json.dumps(sorted(info.context))


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> City:
        time.sleep(0.05)
        return City(name=name)


schema = strawberry.Schema(Query, Mutation)
app = FastAPI()
app.include_router(GraphQLRouter(schema), prefix="/graphql")
"""
ASK = """
from app.main import app
from fastapi.testclient import TestClient

with TestClient(app) as client:
    for query in (
        "{given cities{weather upper} told}",
        '{cities(first:"nobody"){upper}}',
        'mutation{rename(name:"y"){weather}}',
        "{none}",
    ):
        print(client.post("/graphql", json={"query": query}).json())
"""


def changed(more: str = "", main: str = MAIN) -> str:
    return migrate({"app/__init__.py": "", "app/main.py": HEAD + main + more}).texts["app/main.py"]


def test_those_that_wait_turn_and_no_others() -> None:
    text = changed()
    turned = {"waited", "Known.has_permission", "City.weather", "Query.cities", "Mutation.rename"}
    assert coroutines(text) == turned
    assert text.count("await asyncio.sleep(0.05)") == 5


def test_they_answer_the_same(tmp_path: Path) -> None:
    said = []
    for text in (HEAD + MAIN, changed()):
        folder = tmp_path / str(len(said))
        (folder / "app").mkdir(parents=True)
        (folder / "app/__init__.py").touch()
        (folder / "app/main.py").write_text(text)
        done = forked.run("-c", ASK, cwd=folder)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert said[0] == said[1]
    assert "rain in Oslo" in said[0]


def test_what_nobody_knows_stays_on_the_loop_where_it_is() -> None:
    """Its `self` is nothing at the root: no method can take its body."""
    unknown = MAIN.replace("return json.dumps(sorted(info.context))", 'return info.context["db"].find(1)')
    text = changed(main=unknown)
    assert "    def told(self, info: Info) -> str:\n" in text
    both = unknown.replace(
        "        return info.context", "        open('x').read()\n        return info.context"
    )
    text = changed(main=both)
    assert "    async def told(self, info: Info) -> str:\n        await run_in_threadpool(" in text
    assert "self._told" not in text


CALLS = {
    "the module": "\n\nprint(schema.execute_sync('{told}'))\n",
    "a script": "\n\nif __name__ == '__main__':\n    schema.execute_sync('{told}')\n",
}


@pytest.mark.parametrize("who", CALLS)
def test_who_runs_the_schema_without_a_loop_keeps_them(who: str) -> None:
    assert coroutines(changed(CALLS[who])) == set()


LOOK_ALIKES = """
class strawberry:
    @staticmethod
    def field(function):
        return function


class Query:
    @strawberry.field
    def cities(self) -> list[str]:
        time.sleep(0.05)
        return ["Oslo"]
"""


def test_a_decorator_of_that_name_makes_no_resolver() -> None:
    assert coroutines(changed(main=LOOK_ALIKES + "\n\napp = FastAPI()\n")) == set()
