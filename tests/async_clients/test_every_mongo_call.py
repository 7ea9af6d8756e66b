"""Every call of PyMongo that becomes an `await`, on both clients: same results, errors and defaults."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import bson
import pymongo
import pytest
from async_fix.codemods.async_clients.mongo import MAY_WAIT_AGAIN
from client_programs import migrate
from made_up import awaited, defaults, outcome_of
from mapped_calls import catalogue, is_mapped
from mongo_server import Store, mongo_server
from pymongo.operations import IndexModel, InsertOne, SearchIndexModel

SET = {"$set": {"a": 1}}
ARGUMENTS: dict[str, dict[str, tuple[Any, ...]]] = {
    "pymongo.MongoClient": {
        "bulk_write": ([InsertOne({"_id": 9}, namespace="shop.users")],),
        "drop_database": ("shop",),
        "list_database_names": (),
        "list_databases": (),
        "server_info": (),
        "close": (),
    },
    "pymongo.database.Database": {
        "aggregate": ([{"$match": {}}],),
        "command": ("ping",),
        "create_collection": ("new",),
        "dereference": (bson.DBRef("users", 1),),
        "drop_collection": ("users",),
        "list_collection_names": (),
        "list_collections": (),
        "validate_collection": ("users",),
    },
    "pymongo.collection.Collection": {
        "aggregate": ([{"$match": {"_id": 1}}],),
        "bulk_write": ([InsertOne({"_id": 9})],),
        "count_documents": ({},),
        "create_index": ("name",),
        "create_indexes": ([IndexModel("name")],),
        "create_search_index": ({"definition": {}},),
        "create_search_indexes": ([SearchIndexModel({})],),
        "delete_many": ({},),
        "delete_one": ({"_id": 1},),
        "distinct": ("name",),
        "drop": (),
        "drop_index": ("name_1",),
        "drop_indexes": (),
        "drop_search_index": ("name",),
        "estimated_document_count": (),
        "find_one": (),
        "find_one_and_delete": ({"_id": 1},),
        "find_one_and_replace": ({"_id": 1}, {"a": 1}),
        "find_one_and_update": ({"_id": 1}, SET),
        "index_information": (),
        "insert_many": ([{"_id": 7}],),
        "insert_one": ({"_id": 1},),
        "list_indexes": (),
        "list_search_indexes": (),
        "options": (),
        "rename": ("others",),
        "replace_one": ({"_id": 1}, {"a": 1}),
        "update_many": ({}, SET),
        "update_one": ({"_id": 1}, SET),
        "update_search_index": ("name", {}),
    },
}
READ = {
    "pymongo.MongoClient": "client",
    "pymongo.database.Database": "db",
    "pymongo.collection.Collection": "users",
}
PROGRAM = """
from fastapi import APIRouter
from pymongo import MongoClient

client = MongoClient()
db = client["shop"]
users = db["users"]
router = APIRouter()


@router.get("/")
def call():
"""


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Store]]:
    with mongo_server() as found:
        yield found


@pytest.mark.parametrize("cls", ARGUMENTS)
def test_all_of_them_are_tried(cls: str) -> None:
    owner = catalogue().owner(cls)
    assert owner is not None
    mapped = {name for name in owner.calls if is_mapped(catalogue().find_method(cls, name))}
    assert {name for name in mapped if not name.startswith("_")} - MAY_WAIT_AGAIN == {
        name for name in ARGUMENTS[cls] if name != "create_collection"
    }


@pytest.mark.parametrize("cls", ARGUMENTS)
def test_a_call_and_its_twin_do_the_same(cls: str, server: tuple[str, Store]) -> None:
    url, store = server
    old, new = asyncio.run(_both(cls, url, store))
    assert {name: [found, new[name]] for name, found in old.items() if new[name] != found} == {}


async def _both(cls: str, url: str, store: Store) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of each call the defaults of its parameters, what it gave or raised, and what the server holds then."""
    client, twin = pymongo.MongoClient(url), pymongo.AsyncMongoClient(url)
    names = {
        "client": (client, twin),
        "db": (client.shop, twin.shop),
        "users": (client.shop.users, twin.shop.users),
    }
    first, second = names[READ[cls]]
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name, given in ARGUMENTS[cls].items():
        call = getattr(first, name)
        _fill(store)
        outcome = await asyncio.to_thread(outcome_of, partial(call, *given))
        old[name] = [defaults(call), outcome, dict(store.documents)]
        call = getattr(second, name)
        _fill(store)
        entry = catalogue().find_method(cls, name)
        assert entry is not None
        outcome = await awaited(entry.call_form.value, partial(call, *given))
        new[name] = [defaults(call), outcome, dict(store.documents)]
    client.close()
    await twin.close()
    return old, new


def _fill(store: Store) -> None:
    store.documents.clear()
    store.documents["users"] = [{"_id": number, "name": f"n{number}"} for number in range(3)]


def test_each_becomes_an_await() -> None:
    calls = [f"{READ[cls]}.{name}({{}})" for cls, names in ARGUMENTS.items() for name in names]
    program = PROGRAM + "".join(f"    {call}\n" for call in calls)
    outcome = migrate({"app/routes.py": program})
    written = {ast.unparse(each) for each in ast.walk(ast.parse(outcome.text)) if isinstance(each, ast.stmt)}
    for call in calls:
        assert f"await {call.replace('.', '().', 1)}" in written, outcome.reasons
