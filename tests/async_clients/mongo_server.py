"""A small MongoDB that speaks the wire protocol: enough of it for clients to do what small programs do.

https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

from __future__ import annotations

import itertools
import socketserver
import struct
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bson
from mongo_documents import Document, change, grouped, matches, projected, sort

_QUERY, _REPLY, _MESSAGE = 2004, 1, 2013
_BATCH = 2
"""Documents that come at once, so that most cursors have to ask again."""
_HELLO = {
    "helloOk": True, "ismaster": True, "isWritablePrimary": True, "setName": "rs0",
    "readOnly": False, "ok": 1,
    "maxBsonObjectSize": 16777216, "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000,
    "logicalSessionTimeoutMinutes": 30, "minWireVersion": 0, "maxWireVersion": 21,
}  # fmt: skip


class Store:
    def __init__(self) -> None:
        self.documents: dict[str, list[Document]] = defaultdict(list)
        self.cursors: dict[int, list[Document]] = {}
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.ended: list[str] = []
        """How transactions ended."""

    def run(self, command: Document) -> Document:
        name = next(iter(command))
        method = getattr(self, f"run_{name.lower()}", None)
        if method is None:
            return {"ok": 0, "code": 59, "errmsg": f"no such command: '{name}'"}
        with self.lock:
            return {"ok": 1, **method(command, command.get(name))}

    def run_hello(self, command: Document, _: Any) -> Document:
        return _HELLO | {"me": "", "hosts": []}

    run_ismaster = run_hello

    def run_ping(self, command: Document, _: Any) -> Document:
        return {}

    run_endsessions = run_killcursors = run_dropindexes = run_ping
    run_updatesearchindex = run_dropsearchindex = run_ping

    def run_buildinfo(self, command: Document, _: Any) -> Document:
        return {"version": "7.0.0"}

    def run_committransaction(self, command: Document, _: Any) -> Document:
        self.ended.append(next(iter(command)))
        return {}

    run_aborttransaction = run_committransaction

    # reading ------------------------------------------------------------------------------------------------

    def run_find(self, command: Document, name: str) -> Document:
        found = [d for d in self.documents[name] if matches(d, command.get("filter", {}))]
        found = sort(found, command.get("sort", {}))[command.get("skip", 0) :]
        found = found[: command.get("limit") or None]
        return self._cursor([projected(each, command.get("projection")) for each in found], name)

    def run_aggregate(self, command: Document, name: str) -> Document:
        found = list(self.documents.get(name, ()))
        for stage in command["pipeline"]:
            ((operator, given),) = stage.items()
            if operator == "$match":
                found = [each for each in found if matches(each, given)]
            elif operator == "$sort":
                found = sort(found, given)
            elif operator == "$group":
                found = grouped(found, given)
            elif operator == "$limit":
                found = found[:given]
            elif operator == "$skip":
                found = found[given:]
        return self._cursor(found, name)

    def run_getmore(self, command: Document, number: int) -> Document:
        rest = self.cursors.pop(number, [])
        batch, rest = rest[:_BATCH], rest[_BATCH:]
        if rest:
            self.cursors[number] = rest
        return {"cursor": {"id": number if rest else 0, "ns": "shop.any", "nextBatch": batch}}

    def run_distinct(self, command: Document, name: str) -> Document:
        found = [d for d in self.documents[name] if matches(d, command.get("query", {}))]
        return {
            "values": list(dict.fromkeys(each[command["key"]] for each in found if command["key"] in each))
        }

    def run_count(self, command: Document, name: str) -> Document:
        return {"n": len(self.documents[name])}

    def run_listcollections(self, command: Document, _: Any) -> Document:
        return self._cursor([{"name": name, "type": "collection"} for name in sorted(self.documents)], "$cmd")

    def run_listindexes(self, command: Document, name: str) -> Document:
        return self._cursor([{"name": "_id_", "key": {"_id": 1}, "v": 2}], name)

    def _cursor(self, found: list[Document], name: str) -> Document:
        number = next(self.numbers) if len(found) > _BATCH else 0
        if number:
            self.cursors[number] = found[_BATCH:]
        return {"cursor": {"id": number, "ns": f"shop.{name}", "firstBatch": found[:_BATCH]}}

    # writing ------------------------------------------------------------------------------------------------

    def run_insert(self, command: Document, name: str) -> Document:
        errors = []
        for index, document in enumerate(command["documents"]):
            if any(each["_id"] == document["_id"] for each in self.documents[name]):
                text = f"E11000 duplicate key error collection: shop.{name} index: _id_"
                errors.append({"index": index, "code": 11000, "errmsg": text})
                break
            self.documents[name].append(document)
        return {"n": len(command["documents"]) - len(errors), **({"writeErrors": errors} if errors else {})}

    def run_update(self, command: Document, name: str) -> Document:
        count = 0
        upserted = []
        for index, each in enumerate(command["updates"]):
            found = [d for d in self.documents[name] if matches(d, each["q"])]
            if not found and each.get("upsert"):
                found = [{"_id": bson.ObjectId(), **each["q"]}]
                self.documents[name] += found
                upserted.append({"index": index, "_id": found[0]["_id"]})
            for document in found if each.get("multi") else found[:1]:
                change(document, each["u"])
                count += 1
        return {
            "n": count,
            "nModified": count - len(upserted),
            **({"upserted": upserted} if upserted else {}),
        }

    def run_delete(self, command: Document, name: str) -> Document:
        count = 0
        for each in command["deletes"]:
            found = [d for d in self.documents[name] if matches(d, each["q"])]
            for document in found[:1] if each["limit"] else found:
                self.documents[name].remove(document)
                count += 1
        return {"n": count}

    def run_findandmodify(self, command: Document, name: str) -> Document:
        found = [d for d in self.documents[name] if matches(d, command["query"])]
        if not found:
            return {"value": None}
        old = dict(found[0])
        if command.get("remove"):
            self.documents[name].remove(found[0])
        else:
            change(found[0], command["update"])
        return {"value": found[0] if command.get("new") else old}

    def run_createindexes(self, command: Document, _: Any) -> Document:
        return {"numIndexesAfter": 2}

    def run_createsearchindexes(self, command: Document, _: Any) -> Document:
        return {"indexesCreated": [{"name": "default"} for _ in command["indexes"]]}

    def run_create(self, command: Document, name: str) -> Document:
        self.documents[name] = []
        return {}

    def run_validate(self, command: Document, name: str) -> Document:
        return {"valid": True, "nrecords": len(self.documents[name])}

    def run_renamecollection(self, command: Document, name: str) -> Document:
        self.documents[command["to"].partition(".")[2]] = self.documents.pop(name.partition(".")[2])
        return {}

    def run_listdatabases(self, command: Document, _: Any) -> Document:
        return {"databases": [{"name": "shop"}], "totalSize": 1}

    def run_dropdatabase(self, command: Document, _: Any) -> Document:
        self.documents.clear()
        return {}

    def run_drop(self, command: Document, name: str) -> Document:
        self.documents.pop(name, None)
        return {}


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        while len(head := self.rfile.read(16)) == 16:
            length, number, _, kind = struct.unpack("<iiii", head)
            body = self.rfile.read(length - 16)
            if kind == _QUERY:
                end = body.index(b"\0", 4) + 1
                answer = self.server.store.run(bson.decode(body[end + 8 :]))
                payload = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(answer)
                self._send(number, _REPLY, payload)
            elif kind == _MESSAGE:
                answer = self.server.store.run(_message(body))
                self._send(number, _MESSAGE, struct.pack("<iB", 0, 0) + bson.encode(answer))

    def _send(self, number: int, kind: int, payload: bytes) -> None:
        self.wfile.write(struct.pack("<iiii", 16 + len(payload), 0, number, kind) + payload)


def _message(body: bytes) -> Document:
    """The sections of an OP_MSG as one document."""
    found: Document = {}
    lists: Document = {}
    at = 4
    while at < len(body):
        kind = body[at]
        (size,) = struct.unpack_from("<i", body, at + 1)
        if kind == 0:
            found = bson.decode(body[at + 1 : at + 1 + size])
        else:
            end = body.index(b"\0", at + 5)
            lists[body[at + 5 : end].decode()] = bson.decode_all(body[end + 1 : at + 1 + size])
        at += 1 + size
    return found | lists


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    store: Store


@contextmanager
def mongo_server() -> Iterator[tuple[str, Store]]:
    """Its URL, and what it holds."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.store = Store()
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"mongodb://127.0.0.1:{server.server_address[1]}/?directConnection=true", server.store
        finally:
            server.shutdown()
