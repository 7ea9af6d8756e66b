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
