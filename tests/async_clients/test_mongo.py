"""Calls on a sync MongoDB client and on its twin against a small server: same documents, same errors, on any event loop."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import Outcome, changed, migrate
from running import run

pytest.importorskip("pymongo", minversion="4.13")

from mongo_server import Store, mongo_server

HEAD = """
import pymongo
from bson.json_util import dumps
from fastapi import APIRouter, Depends

from app.db import client, db, get_db, users

router = APIRouter()


def names_of(found):
    return [each["name"] for each in found]


def looped(found):
    kept = []
    for each in found:
        kept.append(each["name"])
    return kept


"""
DB = """
import pymongo

client = pymongo.MongoClient("URL", serverSelectionTimeoutMS=2000)
db = client["shop"]
users = db.users


def get_db():
    return db
"""
SOME = 'users.insert_many([{"_id": n, "name": f"n{n}", "odd": n % 2} for n in range(5)])\n'


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Store]]:
    with mongo_server() as found:
        yield found


def files(routes: str, db: str = DB, url: str = "mongodb://127.0.0.1:9", **more: str) -> dict[str, str]:
    found = {"app/routes.py": changed(HEAD) + "\n\n" + routes, "app/db.py": changed(db.replace("URL", url))}
    return found | {path.replace("__", "/") + ".py": changed(text) for path, text in more.items()}


def handler(*lines: str) -> str:
    return '@router.get("/")\ndef call():\n' + textwrap.indent("\n".join(lines), "    ") + "\n"


READ = {
    "a text": "return users.find_one({'_id': 1})['name'].upper()",
    "inside": "return (users.find_one({'_id': 1}) or {}).get('address', {}).get('city', '').strip()",
    "a date": "return [each['at'].isoformat() for each in users.find()]",
    "changed": "user = users.find_one_and_update({}, {'$set': {'a': 1}})\n    user.pop('_id')\n    return user",
    "distinct": "return [name.lower() for name in users.distinct('name')]",
}


@pytest.mark.parametrize("body", READ.values(), ids=[*READ])
def test_what_is_done_with_a_document_keeps_no_client(body: str) -> None:
    """A `def` dependency turns only where all that it does is known."""
    given = f"def current(n: int):\n    {body}\n\n\n@router.get('/x')\ndef x(user=Depends(current)):\n    return user\n"
    outcome = migrate(files(given))
    assert "async def current(n: int):" in outcome.text, outcome.reasons


CASES = {
    "one document": 'return [users.find_one({"_id": 3}), users.find_one({"_id": 9})]',
    "counted": 'return [users.count_documents({"odd": 1}), users.estimated_document_count(), users.distinct("odd")]',
    "inserted": 'return [users.insert_one({"_id": 7}).inserted_id, users.insert_many([{"_id": 8}]).inserted_ids]',
    "updated": 'found = users.update_one({"_id": 1}, {"$set": {"name": "x"}})\nreturn [found.matched_count, users.update_many({}, {"$inc": {"odd": 1}}).modified_count]',
    "replaced or put in": 'return [users.replace_one({"_id": 1}, {"name": "y"}).modified_count, users.update_one({"_id": 50}, {"$set": {"a": 1}}, upsert=True).upserted_id is not None]',
    "found and changed": 'return [users.find_one_and_update({"_id": 1}, {"$set": {"a": 1}}, return_document=pymongo.ReturnDocument.AFTER), users.find_one_and_delete({"_id": 1})]',
    "deleted": 'if users.delete_one({"_id": 1}).deleted_count == 0:\n    return "none"\nreturn users.delete_many({}).deleted_count',
    "several at once": 'return users.bulk_write([pymongo.InsertOne({"_id": 60}), pymongo.DeleteOne({"_id": 60})]).inserted_count',
    "an index": 'return [users.create_index("name"), sorted(users.index_information())]',
    "of the database": 'return [db.list_collection_names(), db.command("ping")["ok"], client.admin.command("ping")["ok"]]',
    "a collection by name": 'return db["users"].find_one({"_id": 1}), db.get_collection("users").count_documents({}), client.shop.users.find_one()',
    "a local name": 'collection = db["users"]\nreturn collection.find_one({"_id": 2})',
    "a loop": 'found = []\nfor each in users.find({"odd": 0}).sort("name", -1):\n    found.append(each["name"])\nreturn found',
    "a loop that ends early": 'for each in users.find().sort("name"):\n    if each["odd"]:\n        return each["_id"]\nreturn None',
    "a list": 'return list(users.find({}, {"_id": 0}).skip(1).limit(3))',
    "a list of a list": 'return len(list(users.find()))',
    "a comprehension": 'return [each["name"] for each in users.find() if each["odd"]]',
    "a dictionary": 'return {str(each["_id"]): each["name"] for each in users.find()}',
    "a sum": 'return sum(each["odd"] for each in users.find())',
    "sorted": 'return sorted(users.find(), key=lambda each: -each["_id"])',
    "numbered": 'found = []\nfor number, each in enumerate(users.find(), 1):\n    found.append([number, each["name"]])\nreturn found',
    "the next one": 'return [next(users.find().sort("name"), None), next(users.find({"_id": 99}), None)]',
    "unpacked": 'return [*users.find({"odd": 1})]',
    "as text": 'return dumps(users.find({"odd": 1}))',
    "under a name": 'cursor = users.find({})\ncursor = cursor.sort("name")\ncursor.limit(2)\nreturn [each["name"] for each in cursor]',
    "under one name of two": 'if users.count_documents({}) > 2:\n    cursor = users.find({"odd": 1})\nelse:\n    cursor = users.find()\nreturn list(cursor)',
    "given to a function by name": 'return names_of(found=users.find().sort("name"))',
    "given to a function that loops": 'return looped(users.find({"odd": 1}))',
    "numbered in a comprehension": 'return [[n, each["name"]] for n, each in enumerate(users.find())]',
    "given to a function": 'return names_of(users.find().sort("name"))',
    "a cursor that is set up": 'cursor = users.find({}).batch_size(2).collation({"locale": "de"}).comment("c").max_time_ms(900).allow_disk_use(True)\ncursor.hint("_id_").min([("_id", 0)]).max([("_id", 9)])\ncursor.remove_option(16)\nreturn list(cursor)',
    "a cursor that waits": 'cursor = users.find({}).max_await_time_ms(9).where("true")\nreturn list(cursor)',
    "a cursor that is copied": 'return [each["name"] for each in users.find({"odd": 1}).clone()]',
    "a cursor as a list": 'return users.find({"odd": 1}).to_list()',
    "the next one, if there is one": 'cursor = users.aggregate([{"$limit": 1}])\nreturn cursor.try_next()',
    "how it is found": 'try:\n    return users.find().explain()\nexcept pymongo.errors.OperationFailure as error:\n    return error.code',
    "in raw batches": 'return [len(each) > 0 for each in users.find_raw_batches({})]',
    "search indexes": 'return [each["_id"] for each in users.list_search_indexes()]',
    "in a transaction that is committed by hand": 'session = client.start_session()\nsession.start_transaction()\nusers.insert_one({"_id": 73}, session=session)\nsession.commit_transaction()\nsession.end_session()\nreturn True',
    "of a cursor": 'cursor = users.find()\nkinds = cursor.distinct("odd")\ncursor.close()\nreturn kinds',
    "aggregated": 'return list(users.aggregate([{"$group": {"_id": "$odd", "n": {"$sum": 1}}}, {"$sort": {"_id": 1}}]))',
    "aggregated in a loop": 'found = []\nfor each in users.aggregate([{"$match": {"odd": 1}}]):\n    found.append(each)\nreturn found',
    "aggregated for a function": 'return names_of(users.aggregate([{"$match": {"odd": 1}}]))',
    "aggregated under a name": 'cursor = users.aggregate([{"$limit": 3}])\nreturn [each["_id"] for each in cursor]',
    "collections": 'found = []\nfor each in db.list_collections():\n    found.append(each["name"])\nreturn [found, [each["name"] for each in client.list_databases()]]',
    "aggregated in a database": 'found = []\nfor each in db.aggregate([{"$match": {"none": 1}}]):\n    found.append(each)\nreturn [found, list(db.aggregate([{"$limit": 0}]))]',
    "indexes": 'return [each["name"] for each in users.list_indexes()]',
    "a duplicate": 'try:\n    users.insert_one({"_id": 1})\nexcept pymongo.errors.DuplicateKeyError as error:\n    return [error.code, str(error)]',
    "a wrong command": 'try:\n    db.command("nothing")\nexcept pymongo.errors.OperationFailure as error:\n    return [error.code, str(error)]',
    "in a transaction": 'with client.start_session() as session:\n    with session.start_transaction():\n        users.insert_one({"_id": 70}, session=session)\n        users.update_one({"_id": 1}, {"$inc": {"odd": 1}}, session=session)\nreturn users.find_one({"_id": 70})',
    "in a transaction of one line": 'with client.start_session() as s, s.start_transaction():\n    users.insert_one({"_id": 71}, session=s)\nreturn users.find_one({"_id": 71})',
    "whether a session has ended": 'session = client.start_session()\nended = session.has_ended\nsession.end_session()\nreturn [ended, session.has_ended]',
    "in a transaction by hand": 'session = client.start_session()\nsession.start_transaction()\nusers.insert_one({"_id": 72}, session=session)\nsession.abort_transaction()\nsession.end_session()\nreturn True',
}  # fmt: skip


def both(
    outcome: Outcome, tmp_path: Path, store: Store, **settings: int
) -> tuple[list[object], list[object]]:
    """What the program gave before and after, each on a server that holds nothing."""
    found = []
    for name, texts in (("old", outcome.before), ("new", outcome.texts)):
        store.documents.clear()
        store.ended.clear()
        found.append([*run(tmp_path / name, texts, "call", **settings), sorted(store.ended)])
    return found[0], found[1]


def test_calls_give_and_raise_the_same(server: tuple[str, Store], tmp_path: Path) -> None:
    """Each on two event loops, as with `TestClient`: a client of the module would fail on the second."""
    url, store = server
    routes = handler(f"return [{', '.join(f'case_{number}()' for number in range(len(CASES)))}]")
    for number, body in enumerate(CASES.values()):
        routes += f"\n\ndef case_{number}():\n" + textwrap.indent(
            f"users.delete_many({{}})\n{SOME}{body}\n", "    "
        )
    outcome = migrate(files(routes, url=url))
    assert "run_in_threadpool" not in outcome.text, outcome.reasons
    assert outcome.text.count("await users().delete_many({})\n") == len(CASES)
    old, new = both(outcome, tmp_path, store, loops=2)
    for name, before, after in zip(CASES, old[0], new[0], strict=True):  # type: ignore[call-overload]
        assert after == before, name
    assert new == old
    assert old[-1] == ["abortTransaction"] * 2 + ["commitTransaction"] * 6


FORMS = {
    "injected": (DB, '@router.get("/")\ndef call(found=Depends(get_db)):\n    return found["users"].find_one()\n', "found=Depends(get_db)):\n    return await found[\"users\"].find_one()"),
    "a database of a client without a name": ('import pymongo\n\ndb = pymongo.MongoClient("URL", serverSelectionTimeoutMS=2000)["shop"]\nusers = db.users\nclient = None\n\ndef get_db():\n    return db\n', handler("return get_db().users.find_one()"), "await get_db().users.find_one()"),
    "collections of clients without names": ('import pymongo\n\nusers: pymongo.collection.Collection = pymongo.MongoClient("URL").shop.users\norders = pymongo.MongoClient("URL").get_database("shop").orders\nclient = db = get_db = None\n', "from app.db import orders\n\n" + handler("return users.find_one() or orders.find_one()"), "await users().find_one() or await orders().find_one()"),
    "annotated": (DB.replace("def get_db():", "def get_db() -> pymongo.database.Database:"), handler("return get_db().users.find_one()"), "await get_db().users.find_one()"),
    "a getter with a cache": ('import functools\nimport pymongo\n\n@functools.lru_cache\ndef get_client():\n    return pymongo.MongoClient("URL")\n\ndef get_db():\n    return get_client()["shop"]\n\nclient = db = users = None\n', handler("return get_db().users.find_one()"), "await get_db().users.find_one()"),
    "a getter that keeps it": ('import pymongo\n\n_client = None\n\ndef get_client():\n    global _client\n    if _client is None:\n        _client = pymongo.MongoClient("URL")\n    return _client\n\ndef get_db():\n    return get_client().shop\n\nclient = db = users = None\n', handler("return get_db().users.find_one()"), "await get_db().users.find_one()"),
    "a property": ('import pymongo\n\nclass Store:\n    _client = None\n\n    @classmethod\n    def client(cls):\n        if cls._client is None:\n            cls._client = pymongo.MongoClient("URL")\n        return cls._client\n\n    @property\n    def users(self):\n        return self.client().shop.users\n\nstore = Store()\nclient = db = users = None\n\ndef get_db():\n    return store\n', handler("for found in get_db().users.find():", "    return found", "return get_db().users.find_one()"), "async for found in get_db().users.find():"),
    "attributes of an object": ('import pymongo\n\nclass Store:\n    def __init__(self):\n        self.client = pymongo.MongoClient("URL")\n        self.db = self.client.shop\n        self.users = self.db["users"]\n\n    def one(self):\n        return self.users.find_one()\n\nstore = Store()\nclient = db = users = None\n\ndef get_db():\n    return store\n', handler("return get_db().one()"), "await get_db().one()"),
    "an object that is given a database": (DB + '\nclass Users:\n    def __init__(self, database: pymongo.database.Database):\n        self.users = database["users"]\n\n    def one(self):\n        return self.users.find_one()\n', 'from app.db import Users\n\n' + handler("return Users(get_db()).one()"), "await Users(get_db()).one()"),
    "an object that is given a database by name": (DB + '\nclass Users:\n    def __init__(self, database: pymongo.database.Database):\n        self.users = database["users"]\n\n    def one(self):\n        return self.users.find_one()\n', 'from app.db import Users\n\n' + handler("return Users(database=db).one()"), "await Users(database=db()).one()"),
    "an object that says what it has": (DB + '\nfrom pymongo.collection import Collection\nfrom pymongo.database import Database\n\nclass Base:\n    name: str\n    users: Collection\n\n    def __init__(self, database: Database):\n        self.database: Database = database\n        self.users = database[self.name]\n\n    def one(self):\n        found: Collection = self.users\n        return found.find_one()\n\nclass Users(Base):\n    name = "users"\n', 'from app.db import Users\n\n' + handler("return Users(get_db()).one()"), "await Users(get_db()).one()"),
    "an object on its own": (DB + '\nclass Users:\n    def __init__(self):\n        self.users = db["users"]\n\n    def one(self):\n        return self.users.find_one()\n', 'from app.db import Users\n\n' + handler("return Users().one()"), "await Users().one()"),
    "through the module": (DB, "import app.db\n\n" + handler("return app.db.users.find_one()"), "await app.db.users().find_one()"),
    "a function in between": (DB + "\ndef collection(name):\n    return db[name]\n", "from app.db import collection\n\n" + handler('return collection("users").find_one()'), 'await collection("users").find_one()'),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_client_in_every_form(name: str, server: tuple[str, Store], tmp_path: Path) -> None:
    url, store = server
    db, routes, expected = FORMS[name]
    outcome = migrate(files(routes, db=db, url=url))
    assert expected in outcome.text, outcome.reasons
    assert "mongo_clients" in outcome.texts["app/db.py"]
    if name != "injected":
        old, new = both(outcome, tmp_path, store, loops=2)
        assert new == old == [None, None, []]


def test_annotations_say_what_is_held() -> None:
    db, routes, _ = FORMS["an object that says what it has"]
    text = migrate(files(routes, db=db)).texts["app/db.py"]
    assert "    users: AsyncCollection\n" in text
    assert "self.database: AsyncDatabase = database\n" in text
    assert "found: AsyncCollection = self.users\n        return await found.find_one()\n" in text


def test_what_is_said_of_the_documents_is_said_of_the_twins() -> None:
    """`mypy --strict` asks for it: each function had one more error."""
    db = """
    from typing import Any
    import pymongo
    from pymongo.collection import Collection

    Document = dict[str, Any]
    client: pymongo.MongoClient[Document] = pymongo.MongoClient("mongodb://x")
    users: Collection[Document] = client["shop"]["users"]
    """
    routes = "from app.db import users\n\n" + handler("return users.find_one()")
    text = migrate(files(routes, db=db)).texts["app/db.py"]
    assert "def client() -> AsyncMongoClient[Document]:\n" in text
    assert "def users() -> AsyncCollection[Document]:\n" in text


def test_all_of_it_is_closed_and_spelled_anew() -> None:
    outcome = migrate(files(handler("return users.find_one()")))
    assert outcome.texts["app/db.py"] == changed(
        """
        from pymongo import AsyncMongoClient
        from pymongo.asynchronous.collection import AsyncCollection
        from pymongo.asynchronous.database import AsyncDatabase

        from app.mongo_clients import per_event_loop


        @per_event_loop
        def client() -> AsyncMongoClient:
            return AsyncMongoClient("mongodb://127.0.0.1:9", serverSelectionTimeoutMS=2000)


        def db() -> AsyncDatabase:
            return client()["shop"]


        def users() -> AsyncCollection:
            return db().users


        def get_db():
            return db()
        """
    )
    assert "await client.close()" in outcome.texts["app/mongo_clients.py"]
    assert "AsyncMongoClient" not in outcome.texts["app/mongo_clients.py"], "it is generic, for type checkers"


ONE = handler("return users.find_one()")
OF_OBJECT = """
import pymongo

FLAG = True
client = db = users = None


class Store:
    def __init__(self):
        self.client = pymongo.MongoClient("URL")
        self.users = self.client.shop.users
        # more

    def one(self):
        return self.users.find_one()


store = Store()


def get_db():
    return store
"""
OF_IT = handler("return get_db().one()")
STAYS = {
    "a cursor that is returned": (DB, ONE + "\n\ndef all_of_them():\n    return users.find()\n", "a cursor is handed on"),
    "a cursor that is read bit by bit": (DB, handler('return any(each["odd"] for each in users.find())'), "bit by bit"),
    "one document by its number": (DB, handler("users.find_one()", "return users.find()[0]"), "a cursor is handed on"),
    "a cursor without an end": (DB, handler("return next(users.find())"), "StopIteration"),
    "a cursor for a library": (DB, handler("users.find_one()", "import json", "return json.dumps([users.find()])"), "a cursor is handed on"),
    "a cursor for a function that keeps it": (DB, "def first(found):\n    return found[0]\n\n\n" + handler("users.find_one()", "return first(users.find())"), "first does more than go through a cursor"),
    "a cursor for a function that goes through it twice": (DB, "def twice(found):\n    return [list(found), list(found)]\n\n\n" + handler("return twice(users.find())"), "twice does more than go through a cursor"),
    "a loop with numbers that ends early": (DB, handler("for n, each in enumerate(users.find()):", "    if n:", "        return each"), "a loop may end before"),
    "a cursor in an inner function": (DB, handler("found = users.find()", "def read():", "    return list(found)", "return read()"), "an inner function"),
    "a cursor or a list": (DB, handler("found = []", "if users.find_one():", "    found = users.find()", "return list(found)"), "found is not only a cursor"),
    "a cursor with a comment beside it": (DB, handler("return list(  # all", "    users.find()", ")"), "a comment beside a cursor"),
    "a cursor for an unknown function": (DB, '@router.get("/")\ndef call(f=None):\n    users.find_one()\n    return f(users.find())\n', "a cursor is handed to f"),
    "a cursor in a global": (DB, handler("global found", "found = users.find()", "return list(found)"), "a cursor is kept elsewhere"),
    "a cursor under two names": (DB, handler("cursor = users.find()", "other = cursor.limit(2)", "return list(other)"), "under several names"),
    "a cursor of a module": (DB + "\nfound = users.find()\n", ONE, "in a lambda, or while a module is imported (app/db.py:11)"),
    "a cursor in a lambda": (DB, handler("return sorted([1, 2], key=lambda n: len(list(users.find())))"), "in a lambda, or while a module is imported (app/routes.py:"),
    "a cursor in a generator": (DB, handler("return any(list(users.find()) for _ in (1,))"), "a cursor is read where nothing can be awaited"),
    "a session of an object": (DB, "class Keeper:\n    session = None\n\n\nkeeper = Keeper()\n\n\n" + handler("keeper.session = client.start_session()", "return users.find_one(session=keeper.session)"), "a session of the MongoDB client is handed on"),
    "a session that goes": (DB, handler("session = client.start_session()", "users.find_one(session=session)", "session = None", "return session"), "a session of the MongoDB client is handed on"),
    "a session for a function": (DB, "def one(session):\n    return users.find_one(session=session)\n\n\n" + handler("session = client.start_session()", "return one(session=session)"), "a session of the MongoDB client is handed on"),
    "a method of a session": (DB, handler("session = client.start_session()", "end = session.end_session", "return end()"), "a session of the MongoDB client is handed on"),
    "a session beside a file": (DB, handler("with client.start_session() as session, open('x'):", "    return users.find_one(session=session)"), "entered together with something else"),
    "an attribute that is set twice": (OF_OBJECT.replace("# more", "if FLAG:\n            self.users = self.client.shop.people"), OF_IT, "set in several ways"),
    "an attribute that is set elsewhere": (OF_OBJECT.replace("# more", "\n    def other(self):").replace("self.users = self.client.shop.users", "").replace("other(self):", "other(self):\n        self.users = self.client.shop.users"), OF_IT, "not set in an __init__"),
    "an attribute of a given name": (OF_OBJECT.replace("(self):", '(self, name="users"):', 1).replace("shop.users", "shop[name]"), OF_IT, "made from what __init__ is given"),
    "a client without a name in a list": ('import pymongo\n\nusers = [pymongo.MongoClient("URL").shop.users]\nclient = db = get_db = None\n', handler("return users[0].find_one()"), "is handed on"),
    "two names at once": (DB.replace('db = client["shop"]', 'db = shop = client["shop"]'), ONE, "several names at once"),
    "a name among others": (DB.replace('db = client["shop"]', 'db, other = client["shop"], 1'), ONE, "is handed on"),
    "a client that is set up": (DB.replace('db = client["shop"]', 'client.label = 1\ndb = client["shop"]'), ONE, "is handed on"),
    "a cursor with an option": (DB, handler("cursor = users.find({})", "cursor.add_option(16)", "return list(cursor)"), ""),
    "raw batches of steps": (DB, handler("found = 0", "for each in users.aggregate_raw_batches([]):", "    found += len(each)", "return found"), ".aggregate_raw_batches() of the MongoDB client"),
    "a stream of changes": (DB, handler("with users.watch() as changes:", "    return next(changes, None)"), ".watch() of the MongoDB client"),
    "a transaction by callback": (DB, handler("with client.start_session() as session:", "    return session.with_transaction(print)"), "a session of the MongoDB client is handed on"),
    "used while a module is imported": (DB + '\nusers.create_index("name")\n', ONE, "while a module is imported"),
    "handed to a library": (DB + "\nimport gridfs\n\nstore = gridfs.GridFS(db)\n", ONE, "is handed on"),
    "in a dictionary": (DB + '\nALL = {"users": users}\n', ONE, "is handed on"),
    "chosen while a module is imported": (DB + "\nif db is None:\n    users = None\n", ONE, "is handed on"),
    "set in several ways": (DB.replace("users = db.users", "users = db.users\nusers = db.people"), ONE, "not simply assigned"),
    "a name that is read": (DB, handler("users.find_one()", "return users.full_name"), ".full_name of the MongoDB client is read"),
    "options that nobody knows": (DB.replace("serverSelectionTimeoutMS=2000", "auto_encryption_opts=None"), ONE, "may take differently"),
    "starred options": (DB.replace("serverSelectionTimeoutMS=2000", "**{}"), ONE, "may take differently"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_it_stays_whole(name: str) -> None:
    """A cursor or client that is seen in part only: not one call turns."""
    db, routes, why = STAYS[name]
    outcome = migrate(files(routes, db=db))
    assert "Async" not in "".join(outcome.texts.values())
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


def test_a_script_that_uses_it_too_keeps_it() -> None:
    script = "from app.db import users\n\n\ndef main():\n    print(users.count_documents({}))\n\n\nmain()\n"
    outcome = migrate(files(ONE, scripts__count=script))
    assert outcome.texts["app/db.py"] == outcome.before["app/db.py"]
    assert "run_in_threadpool(users.find_one)" in outcome.text


@pytest.mark.parametrize(
    "test",
    [
        "from app.db import users\n\ndef test_users():\n    users.find_one()\n",
        "import mongomock\n\n@mongomock.patch()\ndef test_users():\n    pass\n",
        "from unittest.mock import patch\n\n@patch('pymongo.MongoClient')\ndef test_users(client):\n    pass\n",
        "from unittest.mock import patch\n\n@patch('app.routes.users.find_one')\ndef test_users(find):\n    pass\n",
        "from unittest.mock import patch\n\n@patch('app.db.users')\ndef test_users(users):\n    pass\n",
    ],
)
def test_tests_that_put_something_in_its_place_keep_it(test: str) -> None:
    outcome = migrate(files(ONE, tests__test_users=test))
    assert outcome.texts["app/db.py"] == outcome.before["app/db.py"]


@pytest.mark.parametrize("declared", ["pymongo==4.6.1", "pymongo<4.13", 'pymongo = "^3.12"'])
def test_a_version_without_the_async_client_keeps_it(declared: str) -> None:
    outcome = migrate(files(ONE), declared=declared)
    assert outcome.texts["app/db.py"] == outcome.before["app/db.py"]
    assert any("needs 4.13 or later" in reason for reason in outcome.reasons)


APP = """
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from pymongo import MongoClient
from pymongo.database import Database


MADE
def call():
    \"\"\"The whole application, twice, each time on an event loop of its own.\"\"\"
    found = []
    for _ in range(2):
        with TestClient(app) as client:
            found.append(client.get("/").json())
    return found
"""
KEPT = """
class Mongo:
    client: MongoClient = None
    db: Database = None


mongo = Mongo()


def connect():
    mongo.client = MongoClient("URL")
    mongo.db = mongo.client["shop"]
    ensure_indexes()


def ensure_indexes():
    mongo.db.users.create_index("n")


def disconnect():
    if mongo.client:
        mongo.client.close()


def get_db() -> Database:
    return mongo.db


class Counted:
    def __init__(self, name):
        self.name = name

    def __call__(self, db: Database = Depends(get_db)):
        return db[self.name].count_documents({})


counted = Counted("users")
app = FastAPI()


@app.on_event("startup")
def start():
    connect()


@app.on_event("shutdown")
def stop():
    disconnect()


@app.get("/")
def show(users: int = Depends(counted), posts: int = Depends(Counted("posts"))):
    assert get_db().client is mongo.client
    with get_db().client.start_session() as session:
        return users + posts + get_db().users.count_documents({}, session=session)
"""
GET = '\n\n@app.get("/")\ndef show(request: Request):\n    request.app.database.users.insert_one({"n": 1})\n    return [each["n"] for each in request.app.database["users"].find()]\n'
STARTED = {
    "on the application": ('@asynccontextmanager\nasync def lifespan(app):\n    app.client = MongoClient("URL")\n    app.database = app.client["shop"]\n    app.client.admin.command("ping")\n    yield\n    app.client.close()\n\n\napp = FastAPI(lifespan=lifespan)\n' + GET, "    await app.client.close()\n"),
    "in its state": ('@asynccontextmanager\nasync def lifespan(app):\n    client = MongoClient("URL")\n    app.state.db = client["shop"]\n    yield\n    client.close()\n\n\napp = FastAPI(lifespan=lifespan)\n\n\ndef get_db(request: Request) -> Database:\n    return request.app.state.db\n\n\n@app.get("/")\ndef show(db: Database = Depends(get_db)):\n    return db.users.count_documents({})\n', "def get_db(request: Request) -> AsyncDatabase:\n    return request.app.state.db\n\n\n@app.get(\"/\")\nasync def show(db: AsyncDatabase = Depends(get_db)):\n"),
    "by events": ('app = FastAPI()\n\n\n@app.on_event("startup")\ndef start():\n    app.client = MongoClient("URL")\n    app.database = app.client["shop"]\n    app.database.users.create_index("n")\n    print("connected", app.database)\n\n\n@app.on_event("shutdown")\ndef stop():\n    app.client.close()\n' + GET, "async def stop():\n    await app.client.close()\n"),
    "in globals": ('app = FastAPI()\nclient: MongoClient | None = None\ndb = None\n\n\n@app.on_event("startup")\ndef start():\n    global client, db\n    client = MongoClient("URL")\n    db = client["shop"]\n\n\n@app.on_event("shutdown")\ndef stop():\n    client.close()\n\n\n@app.get("/")\ndef show():\n    return db.users.count_documents({})\n', "client: AsyncMongoClient | None = None\n"),
    "on an object that functions fill": (KEPT, "async def disconnect():\n    if mongo.client:\n        await mongo.client.close()\n"),
    "for objects that are called": (KEPT, "    async def __call__(self, db: AsyncDatabase = Depends(get_db)):\n        return await db[self.name]"),
    "reached from its database": (KEPT, "    async with (await get_db()).client.start_session() as session:"),
    "on an object": ('class Store:\n    client: MongoClient = None\n\n    def connect(self):\n        self.client = MongoClient("URL")\n\n\nstore = Store()\napp = FastAPI()\n\n\n@app.on_event("startup")\nasync def start():\n    store.connect()\n\n\n@app.on_event("shutdown")\nasync def stop():\n    store.client.close()\n\n\n@app.get("/")\ndef show():\n    return store.client.shop.users.count_documents({})\n', "    client: AsyncMongoClient = None\n"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", STARTED)
def test_a_client_that_is_made_when_the_application_starts(
    name: str, server: tuple[str, Store], tmp_path: Path
) -> None:
    """It stays where it is, and what the lifespan does with it is awaited."""
    url, store = server
    made, expected = STARTED[name]
    outcome = migrate({"app/routes.py": changed(APP).replace("MADE", made.replace("URL", url) + "\n")})
    assert expected in outcome.text, outcome.reasons
    assert "mongo_clients" not in outcome.text
    old, new = both(outcome, tmp_path, store)
    assert new == old
    assert old[0] in ([[1], [1, 1]], [0, 0])


@pytest.mark.parametrize(
    "test",
    [
        "from app.routes import app\n\ndef test_show():\n    app.database = {}\n",
        "from app.routes import app\n\ndef test_show():\n    assert app.database.users.find_one() is None\n",
    ],
)
def test_what_tests_put_in_its_place_keeps_it(test: str) -> None:
    made, _ = STARTED["by events"]
    program = {"app/routes.py": changed(APP).replace("MADE", made), "tests/test_show.py": test}
    assert "Async" not in migrate(program).text
