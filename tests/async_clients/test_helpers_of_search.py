"""Functions of a library that work on a client: bulk requests and scrolls of Elasticsearch and OpenSearch."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import json
import textwrap
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from client_programs import Outcome, changed, migrate
from running import run
from servers import http_server

MADE = {
    "elasticsearch": 'Elasticsearch("URL", max_retries=0)',
    "opensearchpy": 'OpenSearch(["URL"], timeout=5, max_retries=0)',
}
HEAD = """
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import requests
from fastapi import APIRouter
from {library} import {cls}, helpers
from {library}.helpers import BulkIndexError, bulk, parallel_bulk, reindex, scan, streaming_bulk

router = APIRouter()
client = {made}
"""


class SearchHandler(BaseHTTPRequestHandler):
    """Ten hits in pages of two; of what is indexed, `bad` is refused."""

    protocol_version = "HTTP/1.1"
    seen: list[str] = []  # noqa: RUF012 (of the test)

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        path = self.path.partition("?")[0]
        self.seen.append(f"{self.command} {self.path} {raw}")
        if path.endswith("/_bulk"):
            lines = [json.loads(line) for line in raw.splitlines()]
            rows = [
                {
                    "index": {"_id": str(n), "status": 400 if "bad" in doc else 201, "error": "no"}
                    if "bad" in doc
                    else {"_id": str(n), "status": 201}
                }
                for n, doc in enumerate(lines[1::2])
            ]
            self._send({"took": 1, "errors": any("bad" in each for each in lines), "items": rows})
        elif self.command == "DELETE":
            self._send({"succeeded": True})
        elif path.endswith(("/_search", "/_search/scroll")):
            page = int(json.loads(raw or "{}").get("scroll_id", "0")) if path.endswith("scroll") else 0
            hits = [
                {"_id": str(n), "_index": "docs", "_source": {"n": n}}
                for n in range(2 * page, 2 * page + 2)
                if n < 10
            ]
            shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
            self._send({"_scroll_id": str(page + 1), "_shards": shards, "hits": {"hits": hits}})
        else:
            self._send({"count": 10})

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def _send(self, answer: object) -> None:
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http_server(SearchHandler) as found:
        yield found


def program(library: str, body: str, url: str = "http://127.0.0.1:9", more: str = "") -> dict[str, str]:
    made = MADE[library].replace("URL", url)
    head = HEAD.format(library=library, cls=made.partition("(")[0], made=made)
    lines = textwrap.indent(changed(body), "    ")
    return {"app/routes.py": f'{head}\n{changed(more)}\n\n@router.get("/")\ndef call():\n{lines}'}


TURNS = {
    "documents": 'return bulk(client, [{"_index": "docs", "a": n} for n in range(3)])',
    "by their names": 'return helpers.bulk(client=client, actions=[{"_index": "docs", "a": 1}], refresh=True)',
    "a generator expression": 'return bulk(client, ({"_index": "docs", "a": n} for n in range(3)), chunk_size=2)',
    "numbers alone": 'return bulk(client, [{"_index": "docs", "bad": 1}], stats_only=True, raise_on_error=False)',
    "an error": 'try:\n    bulk(client, [{"_index": "docs", "bad": 1}])\nexcept BulkIndexError as error:\n    return [str(error), len(error.errors)]',
    "an error that leaves": 'bulk(client, [{"_index": "docs", "bad": 1}])',
    "step by step": 'found = []\nfor ok, item in streaming_bulk(client, [{"_index": "docs", "bad": 1}, {"_index": "docs", "a": 1}], raise_on_error=False):\n    found.append([ok, item["index"]["_id"]])\nreturn found',
    "all hits": 'return [hit["_source"]["n"] for hit in scan(client, index="docs", query={"query": {"match_all": {}}})]',
    "a list of hits": 'hits = list(helpers.scan(client, index="docs", size=2, scroll="1m"))\nreturn len(hits)',
    "some of them": 'for hit in scan(client, index="docs"):\n    if hit["_source"]["n"] == 5:\n        return hit["_id"]',
    "one of them, looked for under a name": 'hits = scan(client, index="docs")\nfor hit in hits:\n    if hit["_source"]["n"] == 3:\n        break\nreturn hit["_id"]',
    "kept under a name": 'hits = scan(client, index="docs")\nreturn sum(hit["_source"]["n"] for hit in hits)',
    "with what it has without them": 'done = bulk(client, [{"_index": "docs", "a": 1}])[0]\nreturn [done, client.count(index="docs")["count"]]',
    "all again elsewhere": 'return reindex(client, source_index="docs", target_index="others")',
}
OF_ELASTIC = {
    "with options": 'return bulk(client.options(request_timeout=9), [{"_index": "docs", "a": 1}])',
    "with options under a name": 'patient = client.options(request_timeout=9)\nreturn [hit["_id"] for hit in scan(patient, index="docs")]',
}


def migrated(library: str, body: str, url: str = "http://127.0.0.1:9", more: str = "") -> Outcome:
    return migrate(program(library, body, url, more))


@pytest.mark.parametrize(
    ("library", "name"),
    [
        *((library, name) for library in MADE for name in TURNS),
        *(("elasticsearch", name) for name in OF_ELASTIC),
    ],
)
def test_they_give_raise_and_send_the_same(library: str, name: str, url: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    pytest.importorskip("aiohttp")
    outcome = migrated(library, (TURNS | OF_ELASTIC)[name], url)
    assert "run_in_threadpool" not in outcome.text, outcome.reasons
    assert "async_" in outcome.text
    assert "client()" in outcome.text
    found = []
    for folder, texts in (("old", outcome.before), ("new", outcome.texts)):
        SearchHandler.seen.clear()
        answers = run(tmp_path / folder, texts, "call", loops=2)
        found.append((answers, sorted(SearchHandler.seen)))
    assert found[0] == found[1]
    assert found[0][1]


def test_an_error_that_leaves_a_loop_is_the_same(url: str, tmp_path: Path) -> None:
    """The event loop gives the scroll back then, which may be a little later."""
    pytest.importorskip("elasticsearch")
    pytest.importorskip("aiohttp")
    body = 'try:\n    for hit in scan(client, index="docs"):\n        hit["missing"]\nexcept KeyError:\n    pass\nsleep(0.2)\nreturn 1'
    texts = program("elasticsearch", body, url)
    texts["app/routes.py"] = texts["app/routes.py"].replace(
        "import requests\n", "import requests\nfrom time import sleep\n"
    )
    outcome = migrate(texts)
    assert "async for hit in async_scan(client(), " in outcome.text, outcome.reasons
    found = []
    for folder, texts in (("old", outcome.before), ("new", outcome.texts)):
        SearchHandler.seen.clear()
        found.append((run(tmp_path / folder, texts, "call"), SearchHandler.seen[:]))
    assert found[0] == found[1]
    assert found[0][1][-1].startswith("DELETE ")


def test_a_loop_that_is_left_gives_the_scroll_back_at_once() -> None:
    left = migrated("elasticsearch", TURNS["some of them"]).text
    assert "async with aclosing(async_scan(client(), " in left
    assert "aclosing" not in migrated("elasticsearch", TURNS["all hits"]).text


STAYS = {
    "the function handed on": ("return list(map(lambda docs: bulk(client, docs), [[]]))", ""),
    "arguments that are bound": ("return store([])", "store = partial(bulk, client)"),
    "in threads of its own": ('return list(parallel_bulk(client, [{"_index": "docs"}]))', ""),
    "an own callback": (
        "return bulk(client, [], expand_action_callback=load)",
        "def load(action):\n    return requests.get(action, timeout=3).json(), None",
    ),
    "more by its place": ("return bulk(client, [], True, ())", ""),
    "what is unpacked": ("return bulk(*[client, []])", ""),
    "keywords that cannot be told": ("return bulk(client, [], **options())", "def options():\n    return {}"),
    "another client to reindex to": (
        'return reindex(client, "a", "b", target_client=other)',
        "other = client",
    ),
    "hits that are handed on": (
        'return enumerate_all(scan(client, index="docs"))',
        "def enumerate_all(hits):\n    return list(hits)",
    ),
    "one hit": ('return next(scan(client, index="docs"))', ""),
}


@pytest.mark.parametrize("library", MADE)
@pytest.mark.parametrize("name", STAYS)
def test_what_has_no_equal_keeps_the_client(library: str, name: str) -> None:
    outcome = migrated(library, STAYS[name][0], more=STAYS[name][1])
    assert "client()" not in outcome.text
    assert "async_" not in outcome.text


SLOW = {
    "a generator": (
        "documents()",
        "def documents() -> Iterator[dict]:\n    for line in requests.get('http://127.0.0.1:9', timeout=3).iter_lines():\n        yield {'line': line}",
    ),
    "a generator expression": ("({'a': requests.get(each, timeout=3).text} for each in ['a'])", ""),
    "a map": ("map(load, ['a'])", "def load(path):\n    return {'a': Path(path).read_text()}"),
    "a file": ("open('documents.jsonl')", ""),
    "a file under a name": ("lines", "lines = open('documents.jsonl')"),
    "an expression over a file": ("({'a': line} for line in lines)", "lines = open('documents.jsonl')"),
    "rows of a file": ("csv.DictReader(lines)", "import csv\n\nlines = open('documents.jsonl')"),
    "a filtered file": ("filter(None, lines)", "lines = open('documents.jsonl')"),
    "a cursor": ("found", "from pymongo import MongoClient\n\nfound = MongoClient()['a']['b'].find()"),
    "a mapped file": ("map(str.strip, lines)", "lines = open('documents.jsonl')"),
}


@pytest.mark.parametrize("name", SLOW)
def test_documents_that_take_their_time_are_not_read_on_the_loop(name: str) -> None:
    documents, more = SLOW[name]
    outcome = migrated("elasticsearch", f"return bulk(client, {documents})", more=more)

    assert "async_bulk" not in outcome.text


def test_tests_that_replace_it_keep_it() -> None:
    texts = program("elasticsearch", "return bulk(client, [])")
    texts["tests/test_routes.py"] = (
        'from unittest.mock import patch\n\n\n@patch("app.routes.bulk")\ndef test_it(bulk):\n    assert True\n'
    )
    assert "async_bulk" not in migrate(texts).text


def test_a_function_of_the_project_is_another_one() -> None:
    texts = program("elasticsearch", "return ours(client)")
    texts["app/routes.py"] = texts["app/routes.py"].replace(
        "import requests\n", "import requests\nfrom app.ours import bulk as ours\n"
    )
    texts["app/ours.py"] = 'def bulk(client):\n    return client.count(index="docs")["count"]\n'
    outcome = migrate(texts)
    assert "await ours(client())" in outcome.text
    assert "async_bulk" not in outcome.text
