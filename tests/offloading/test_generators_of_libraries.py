"""Methods of libraries that do their work when they are gone through: nobody does that on the event loop."""

from __future__ import annotations

import pytest
from small_projects import migrate

HEAD = """
import elasticsearch
import ftplib
import os
import urllib3
from elasticsearch import helpers
from fastapi import FastAPI

app = FastAPI()
http = urllib3.PoolManager()
es = elasticsearch.Elasticsearch("http://x")


def load(documents):
    return list(helpers.parallel_bulk(es, documents))  # keeps the client sync


@app.get("/")
def call():
"""
STREAM = '    r = http.request("GET", "http://x", preload_content=False)\n'
BODIES = {
    "a sum": STREAM + "    return sum(len(c) for c in r.stream(1000))\n",
    "a list": STREAM + "    return [len(c) for c in r.stream(1000)]\n",
    "joined": STREAM + '    return b"".join(r.stream(1000))\n',
    "a loop": STREAM + "    n = 0\n    for c in r.stream(1000):\n        n += len(c)\n    return n\n",
    "chunks": STREAM + "    return [len(c) for c in r.read_chunked()]\n",
    "a scan": '    return [hit["_id"] for hit in helpers.scan(es, index="a")]\n',
    "a bulk": "    return [ok for ok, _ in helpers.streaming_bulk(es, [])]\n",
    "a listing": '    ftp = ftplib.FTP("x")\n    return [name for name, _ in ftp.mlsd()]\n',
    "folders": '    return [len(files) for _, _, files, _ in os.fwalk("/tmp")]\n',
}


@pytest.mark.parametrize("what", BODIES)
def test_it_is_gone_through_in_the_thread(what: str) -> None:
    text = migrate({"app/main.py": HEAD + BODIES[what]}).texts["app/main.py"]
    ways = ("in await run_in_threadpool", "join(await run_in_threadpool", "in run_in_threadpool")
    assert not any(way in text for way in ways), text
    assert "await run_in_threadpool(" in text


PAGES = """
import fitz
from fastapi import FastAPI

app = FastAPI()


async def ask(text):
    return text


@app.post("/pages")
async def pages(name: str):
    document = fitz.open(name)
    found = []
    for number, page in enumerate(document, 1):
        found.append(await ask(f"{number} {page.get_text()}"))
    return found
"""


def test_what_a_loop_counts_is_gone_through_in_threads_once() -> None:
    """The loop that comes out asks for the pages there already: the second run changes nothing."""
    done = migrate({"app/main.py": PAGES})
    text = done.texts["app/main.py"]
    assert "async for number, page in iterate_in_threadpool(enumerate(document, 1)):" in text
    assert migrate({"app/main.py": text}).is_unchanged
