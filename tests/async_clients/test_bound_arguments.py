"""Calls with arguments that a `partial` holds: written anew, they would be called without them."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from client_programs import HEAD, migrate

ROUTE = '\n\n@router.get("/")\ndef show(url: str):\n    return {call}\n'
HELD = {
    "in a module": ("fetch = partial(requests.get, timeout=5)", "fetch(url).text"),
    "under another name of partial": ("fetch = bind(requests.post, url)", "fetch().text"),
    "of a session": ("session = requests.Session()\nfetch = partial(session.get, timeout=5)", "fetch(url).text"),
    "in a class": ("class Api:\n    fetch = staticmethod(partial(requests.get, headers={'X-Key': 'k'}))", "Api.fetch(url).text"),
    "on an object": ("class Api:\n    def __init__(self):\n        self.get = partial(requests.get, timeout=5)\n\n\napi = Api()", "api.get(url).text"),
    "by a function": ("def fetcher():\n    return partial(requests.get, timeout=5)", "fetcher()(url).text"),
    "of a sleep": ("fetch = partial(time.sleep, 0.1)", "fetch()"),
}  # fmt: skip


def program(made: str, call: str) -> str:
    head = HEAD.lstrip("\n").replace(
        "import requests\n",
        "import time\nfrom functools import partial\nfrom functools import partial as bind\n\nimport requests\n",
    )
    return (
        head.replace("url = ", "")
        + made.replace("bind(requests.post, url)", 'bind(requests.post, "http://x")')
        + "\n"
        + ROUTE.format(call=call)
    )


@pytest.mark.parametrize("place", HELD)
def test_a_partial_keeps_its_arguments(place: str) -> None:
    outcome = migrate({"app/routes.py": program(*HELD[place])})
    assert "http_client" not in outcome.text
    assert "asyncio.sleep" not in outcome.text
    assert "async def show" in outcome.text, outcome.reasons


def test_what_is_spelled_where_it_is_called_turns_beside_one() -> None:
    made, _ = HELD["in a module"]
    outcome = migrate({"app/routes.py": program(made, "[requests.get(url).text, fetch(url).text]")})
    assert "(await http_client().get(url)).text" in outcome.text
    assert "(await run_in_threadpool(fetch, url)).text" in outcome.text
