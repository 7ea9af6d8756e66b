"""What a client sent as JSON, and what could be nothing but JSON, goes through a queue as it came.

What others made may not.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from projects import handler

HEAD = """
import requests
from fastapi import Body, Depends
from typing import Annotated, Any

HOOK = "https://hooks.example.com/x"


def read() -> dict:
    with open("read.txt") as file:
        return {1: file.read()}


def packed(value):
    with open("packed.txt") as file:
        return [file.read(), value]


def notify(payload, n: int = 1) -> None:
    requests.post(HOOK, json=packed(payload), timeout=1)


"""
SENT = {
    "an object": "def h(payload: dict):\n    requests.post(HOOK, json=payload, timeout=1)",
    "a list of objects": "def h(payload: list[dict]):\n    requests.post(HOOK, json={'rows': payload})",
    "anything": "def h(payload: dict[str, Any] = Body(...)):\n    requests.post(HOOK, json=payload)",
    "what it is looked up in": (
        "def h(payload: dict):\n    if payload.get('a'):\n        requests.post(HOOK, json=payload)"
    ),
    "by a helper": "def h(payload: dict):\n    notify(payload)",
}
KEPT = {
    "something is put into it": (
        "def h(payload: dict):\n    payload['a'] = object()\n    requests.post(HOOK, packed(payload))"
    ),
    "something is added": (
        "def h(payload: dict):\n    payload.update(a=object())\n    requests.post(HOOK, packed(payload))"
    ),
    "it is bound again": (
        "def h(payload: dict):\n    payload = read()\n    requests.post(HOOK, packed(payload))"
    ),
    "a dependency gives it": (
        "def h(payload: dict = Depends(read)):\n    requests.post(HOOK, packed(payload))"
    ),
    "a dependency gives it, in its type": (
        "def h(payload: Annotated[dict, Depends(read)]):\n    requests.post(HOOK, packed(payload))"
    ),
    "others call the handler": (
        "def h(payload: dict):\n    requests.post(HOOK, packed(payload))\n    return {}\n\n\n"
        "def other():\n    h({1: object()})\n\n\ndef third():\n    pass"
    ),
    "a function made it": "def h(n: int):\n    payload = read()\n    requests.post(HOOK, packed(payload))",
    "it may be a set": "def h(payload: set):\n    requests.post(HOOK, json={'a': packed(payload)})",
}


@pytest.mark.parametrize("name", SENT)
def test_a_body_is_sent_as_it_came(tmp_path: Path, name: str) -> None:
    done = handler(tmp_path, HEAD + f'@router.post("/h")\n{SENT[name]}\n    return {{}}\n')
    assert ".kiq(payload)\n" in done.body("h")
    assert "(payload: " in done.tasks


@pytest.mark.parametrize("name", KEPT)
def test_what_is_more_than_a_body_is_not_sent(tmp_path: Path, name: str) -> None:
    done = handler(tmp_path, HEAD + f'@router.post("/h")\n{KEPT[name]}\n    return {{}}\n')
    assert not done.tasks
    assert any("what payload holds" in each for each in done.stays), done.stays


PARSED = {
    "a part of a body": "def h(payload: dict):\n    notify(payload['event'])",
    "a part of a part": "def h(payload: dict):\n    notify(payload['event'].get('data'))",
    "what was parsed": "def h(text: str):\n    event = json.loads(text)\n    notify(event)",
    "a part of it": "def h(text: str):\n    event = json.loads(text)\n    notify(event['data'])",
    "each of it": "def h(text: str):\n    for each in json.loads(text):\n        notify(each)",
    "an answer": "def h(n: int):\n    rows = requests.get(HOOK).json()\n    notify(rows)",
    "a block": "def h(text: str):\n    event = json.loads(text)\n    requests.post(HOOK, str(event))",
}
PUT_INTO = {
    "something is put into a part": "event = json.loads(text)\n    event['a']['b'] = object()",
    "it may be something else": "event = json.loads(text)\n    if not text:\n        event = read()",
    "it is something else later": "event = json.loads(text)\n    event = read()",
    "an own hook makes it": "event = json.loads(text, object_hook=Decimal)",
    "numbers are made of it": "event = requests.get(HOOK).json(parse_float=Decimal)",
    "with something in its place": "event = json.loads(text).get('event', object())",
    "a function of the project": "event = read()",
    "dates may be in it": "event = yaml.safe_load(text)",
}
MORE = "import json\nimport yaml\nfrom decimal import Decimal\n" + HEAD


@pytest.mark.parametrize("name", PARSED)
def test_what_was_parsed_is_sent_as_it_is(tmp_path: Path, name: str) -> None:
    done = handler(tmp_path, MORE + f'@router.post("/h")\n{PARSED[name]}\n    return {{}}\n')
    assert ".kiq(" in done.body("h")
    assert "from typing import Any\n" in done.imports
    assert ": Any" in done.tasks


@pytest.mark.parametrize("name", PUT_INTO)
def test_what_may_hold_more_than_what_was_parsed_stays(tmp_path: Path, name: str) -> None:
    text = f"def h(text: str):\n    {PUT_INTO[name]}\n    notify(event)\n    return event\n"
    done = handler(tmp_path, f'{MORE}@router.post("/h")\n{text}')
    assert not done.tasks


def test_a_part_of_what_a_dependency_made_stays(tmp_path: Path) -> None:
    text = "def h(payload: dict = Depends(read)):\n    notify(payload['event'])\n    return payload\n"
    done = handler(tmp_path, f'{MORE}@router.post("/h")\n{text}')
    assert not done.tasks


BECOMES_JSON = {
    "all of it": "requests.post(HOOK, json=payload)",
    "a part of it": "requests.post(HOOK, json={'rows': [payload, 1]}, timeout=1)",
    "twice": "requests.post(HOOK, json=payload)\n        requests.put(HOOK, json={'again': payload})",
    "of another client": "httpx.post(HOOK, json=payload)",
}
IS_MORE = {
    "a form": "requests.post(HOOK, data=payload)",
    "parameters": "requests.post(HOOK, params=payload)",
    "an attribute": "requests.post(HOOK, json=payload.rows)",
    "what is looked up in it": "requests.post(HOOK, json={'rows': payload[0]})",
    "its keys": "requests.post(HOOK, json={payload: 1})",
    "what a function makes of it": "requests.post(HOOK, json=packed(payload))",
    "elsewhere as well": "requests.post(HOOK, json=payload, headers=payload)",
}
METHOD = """
import httpx


class Desk:
    hook = HOOK

    def alert(self, payload{annotation}):
        try:
            {call}
        except Exception:
            pass


@router.post("/h")
def h(n: int):
    Desk().alert(read())
    return {{}}
"""


@pytest.mark.parametrize("annotation", ["", ": dict", ": dict | None"])
@pytest.mark.parametrize("name", BECOMES_JSON)
def test_what_becomes_json_anyhow_is_sent_as_json(tmp_path: Path, name: str, annotation: str) -> None:
    call = BECOMES_JSON[name].replace("\n        ", "\n            ").replace("HOOK", "self.hook")
    done = handler(tmp_path, HEAD + METHOD.format(call=call, annotation=annotation))
    assert ".kiq(self.hook, payload)\n" in done.body("alert")
    assert "(hook: str, payload: " in done.tasks
    assert not done.stays, "the request waits for it no more, and nobody may say so"


@pytest.mark.parametrize("name", IS_MORE)
def test_what_is_read_as_it_is_may_not_arrive_so(tmp_path: Path, name: str) -> None:
    call = IS_MORE[name].replace("HOOK", "self.hook")
    done = handler(tmp_path, HEAD + METHOD.format(call=call, annotation=": dict"))
    assert not done.tasks
    assert done.stays


def test_a_dictionary_of_parts_that_no_type_is_written_for_is_any_dictionary(tmp_path: Path) -> None:
    """What a stored body gets put into it is of no class that a task could import."""
    text = """
        STORE = {}
        HOOK = "https://hooks.example.com"


        def tell(event, payload):
            for hook in ("a", "b"):
                try:
                    requests.post(f"{HOOK}/{hook}", json={"event": event, "payload": payload})
                except requests.RequestException as error:
                    print(error)


        @router.post("/new")
        def new(item: dict):
            STORE[1] = item
            tell("new", item)
            return {}


        @router.post("/old")
        def old(item: dict):
            STORE[1].update(item)
            tell("old", {"id": 1, **item})
            return STORE[1]
    """
    done = handler(tmp_path, "import requests\n" + textwrap.dedent(text))
    assert "event: str, payload: dict)" in done.tasks
    done.runs("import app.domain.tasks")
