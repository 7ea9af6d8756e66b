"""What a client sent as JSON goes through a queue as it came, whatever is in it; what others made may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler

HEAD = """
import requests
from fastapi import Body, Depends
from typing import Annotated, Any

HOOK = "https://hooks.example.com/x"


def read() -> dict:
    return {}


def notify(payload, n: int = 1) -> None:
    requests.post(HOOK, json=payload, timeout=1)


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
        "def h(payload: dict):\n    payload['a'] = object()\n    requests.post(HOOK, json=payload)"
    ),
    "something is added": (
        "def h(payload: dict):\n    payload.update(a=object())\n    requests.post(HOOK, json=payload)"
    ),
    "it is bound again": "def h(payload: dict):\n    payload = read()\n    requests.post(HOOK, json=payload)",
    "a dependency gives it": "def h(payload: dict = Depends(read)):\n    requests.post(HOOK, json=payload)",
    "a dependency gives it, in its type": (
        "def h(payload: Annotated[dict, Depends(read)]):\n    requests.post(HOOK, json=payload)"
    ),
    "others call the handler": (
        "def h(payload: dict):\n    requests.post(HOOK, json=payload)\n    return {}\n\n\n"
        "def other():\n    h({1: object()})\n\n\ndef third():\n    pass"
    ),
    "a function made it": "def h(n: int):\n    payload = read()\n    requests.post(HOOK, json=payload)",
    "it may be a set": "def h(payload: set):\n    requests.post(HOOK, json={'a': payload})",
}


@pytest.mark.parametrize("name", SENT)
def test_a_body_is_sent_as_it_came(tmp_path: Path, name: str) -> None:
    done = handler(tmp_path, HEAD + f'@router.post("/h")\n{SENT[name]}\n    return {{}}\n')
    assert ".kiq(payload)\n" in done.body("h")
    assert "(payload: " in done.tasks


@pytest.mark.parametrize("name", KEPT)
def test_what_is_more_than_a_body_is_not_sent(tmp_path: Path, name: str) -> None:
    done = handler(tmp_path, HEAD + f'@router.post("/h")\n{KEPT[name]}\n    return {{}}\n')
    assert "payload" not in done.tasks


PARSED = {
    "a part of a body": "def h(payload: dict):\n    notify(payload['event'])",
    "a part of a part": "def h(payload: dict):\n    notify(payload['event'].get('data'))",
    "what was parsed": "def h(text: str):\n    event = json.loads(text)\n    notify(event)",
    "a part of it": "def h(text: str):\n    event = json.loads(text)\n    notify(event['data'])",
    "each of it": "def h(text: str):\n    for each in json.loads(text):\n        notify(each)",
    "an answer": "def h(n: int):\n    rows = requests.get(HOOK).json()\n    notify(rows)",
    "a block": "def h(text: str):\n    event = json.loads(text)\n    requests.post(HOOK, json={'a': event})",
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
