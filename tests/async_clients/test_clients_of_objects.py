"""Clients that every object of a class makes for itself: one for each event loop, where objects live for a
request."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from pathlib import Path

import pytest
import redis
from client_programs import migrate
from running import run
from sdk_server import SdkHandler
from servers import http_server

COUNTER = """
import redis

PORT = 1


class Counter:
    def __init__(self, name):
        self.name = name
        self.client = redis.Redis(host="127.0.0.1", port=PORT)

    def count(self, by=1):
        return self.client.incrby(self.name, by)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.name = ""


"""
USES = {
    "for one call": "return [Counter('a').count(), Counter('b').count(2)]",
    "under a name": "counter = Counter('a')\n    return [counter.count(), counter.count(3)]",
    "by with": "with Counter('a') as counter:\n        return [counter.count(), counter.name]",
    "by a function": "return [make('a').count(), make('a').count()]",
    "by a function, under a name": "counter = make('a')\n    return counter.count()",
    "beside other work": "import shutil\n    found = shutil.disk_usage('/').total\n    counter = Counter('a')\n"
    "    more = shutil.disk_usage('/').total\n    return [found, more, counter.count()]",
}


def program(body: str, port: int = 1, more: str = "") -> str:
    make = "def make(name):\n    return Counter(name)\n\n\n" if "make(" in body + more else ""
    counter = COUNTER.replace("PORT = 1", f"PORT = {port}")
    return f'{counter}{make}@router.get("/")\ndef call():\n    {body}\n{more}'


@pytest.mark.parametrize("use", USES)
def test_the_same_is_counted(use: str, port: int, tmp_path: Path) -> None:
    outcome = migrate(program(USES[use], port))
    assert "self.client = redis_client()\n" in outcome.text
    assert "await self.client.incrby(" in outcome.text
    found = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with redis.Redis(port=port) as client:
            client.flushall()
        found.append(run(folder, texts, "call", times=2, loops=2))
    assert found[1] == found[0]
    assert len(found[0]) == 4


def test_an_object_that_a_global_keeps_from_its_first_use(port: int, tmp_path: Path) -> None:
    more = (
        "\n\nkept = None\n\n\ndef get():\n    global kept\n    if kept is None:\n"
        "        kept = Counter('a')\n    return kept\n"
    )
    outcome = migrate(program("return get().count()", port, more))
    assert "self.client = per_event_loop(self._make_client)\n" in outcome.text
    with redis.Redis(port=port) as client:
        client.flushall()
    assert run(tmp_path, outcome.texts, "call", times=2, loops=2) == [1, 2, 3, 4]


def test_an_object_that_fastapi_injects(tmp_path: Path) -> None:
    pytest.importorskip("openai")
    with http_server(SdkHandler) as url:
        outcome = migrate(
            "from fastapi import Depends, FastAPI\nfrom fastapi.testclient import TestClient\n"
            "from openai import OpenAI\n\n\nclass Writer:\n    def __init__(self, model):\n"
            "        self.model = model\n"
            f'        self.llm = OpenAI(api_key="k", base_url="{url}/v1", max_retries=0)\n\n'
            "    def write(self):\n        return self.llm.chat.completions.create(\n"
            '            model=self.model, messages=[{"role": "user", "content": "hi"}]\n'
            "        ).choices[0].message.content\n\n\n"
            'def get_writer():\n    return Writer("m")\n\n\napp = FastAPI()\n\n\n'
            '@app.get("/")\ndef write(writer: Writer = Depends(get_writer)):\n    return writer.write()\n\n\n'
            "def call():\n    with TestClient(app) as client:\n        return client.get('/').json()\n"
        )
        assert "async def get_writer():\n" in outcome.text
        assert "self.llm = openai_client()\n" in outcome.text
        (old,) = run(tmp_path / "old", outcome.before, "call")
        assert run(tmp_path / "new", outcome.texts, "call") == [old]


STAYS = {
    "kept in a dictionary": program(
        "return get('a').count()",
        more="\n\nkept = {}\n\n\ndef get(name):\n    if name not in kept:\n"
        "        kept[name] = Counter(name)\n    return kept[name]\n",
    ),
    "kept by another object": program(
        "return Till().counter.count()",
        more="\n\nclass Till:\n    def __init__(self):\n        self.counter = Counter('a')\n",
    ),
    "kept by a cache": program(
        "return get('a').count()",
        more="\n\nfrom functools import lru_cache\n\n\n@lru_cache\ndef get(name):\n    return Counter(name)\n",
    ),
    "handed to a function": program(
        "return add(Counter('a'))", more="\n\ndef add(counter):\n    return counter.count()\n"
    ),
    "made by a script as well": program(
        "return Counter('a').count()",
        more="\n\ndef script():\n    print(Counter('a').count())\n\n\nscript()\n",
    ),
    "made by FastAPI, in a thread": program(
        "return Counter('a').count()",
        more="\n\nfrom fastapi import Depends\n\n\n@router.get('/b')\n"
        "def other(counter=Depends(Counter)):\n    return counter.count()\n",
    ),
    "derived": program(
        "return Counter('a').count()",
        more="\n\nclass Own(Counter):\n    def twice(self):\n        return 2\n",
    ),
    "that reads a file when it is made": program("return Counter('a').count()").replace(
        "self.name = name", "self.name = open(name).read()"
    ),
    "that is told where": program("return Counter('127.0.0.1').count()").replace(
        'host="127.0.0.1"', "host=name"
    ),
    "whose client is read by its name": program(
        "return Counter('a').count() + getattr(Counter('b'), 'client').incr('c')"
    ),
    "that closes its client": program("return Counter('a').count()").replace(
        'self.name = ""', "self.client.close()"
    ),
}


@pytest.mark.parametrize("what", STAYS)
def test_what_may_outlive_the_event_loop_stays(what: str) -> None:
    outcome = migrate(STAYS[what])
    assert "redis.Redis(host=" in outcome.text
    assert "await self.client" not in outcome.text


@pytest.mark.parametrize(
    "test",
    [
        "from app.routes import Counter\n\n\ndef test_it():\n    assert Counter('a').count()\n",
        "def test_it(monkeypatch):\n    monkeypatch.setattr('app.routes.Counter.client', None)\n",
    ],
)
def test_what_tests_make_or_replace_stays(test: str) -> None:
    texts = {**migrate(program(USES["for one call"])).before, "tests/test_it.py": test}
    assert "redis.Redis(host=" in migrate(texts).text
