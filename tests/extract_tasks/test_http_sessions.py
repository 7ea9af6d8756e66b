"""A session keeps headers and the cookies of answers: what it sends is not sent by another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import handler

HEAD = """
import requests
from fastapi import Depends


def get_session():
    return requests.Session()


shared = requests.Session()


"""
SENT = '    NAME.post("http://x/login", json={"to": to}, timeout=3)\n'
GIVEN = '@router.post("/{}")\ndef {}(to: str, s: requests.Session = Depends(get_session)):\n{}\n\n'
BODIES = {
    "asks with the cookies of the answer": SENT + '    return NAME.get("http://x/me", timeout=3).json()\n',
    "sends with the cookies of an answer": '    NAME.get("http://x/me", timeout=3)\n'
    + SENT
    + "    return {}\n",
    "sends with headers of the request": '    NAME.headers["X-To"] = to\n' + SENT + "    return {}\n",
}


@pytest.mark.parametrize("name", ["s", "shared"])
@pytest.mark.parametrize("what", BODIES)
def test_what_a_session_that_is_used_elsewhere_sends_is_no_task(tmp_path: Path, what: str, name: str) -> None:
    routes = GIVEN.format("call", "call", BODIES[what].replace("NAME", name))
    done = handler(tmp_path, HEAD + routes)
    assert "kiq" not in done.body("call")


@pytest.mark.parametrize("name", ["s", "shared"])
def test_what_a_session_sends_and_nothing_else_is_a_task(tmp_path: Path, name: str) -> None:
    routes = GIVEN.format("call", "call", SENT.replace("NAME", name) + "    return {}\n")
    assert "_task.kiq(to)" in handler(tmp_path, HEAD + routes).body("call")
