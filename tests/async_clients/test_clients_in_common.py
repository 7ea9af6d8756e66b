"""A client of httpx turns only where an async one is set up, and authenticates, in the same way."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_programs import migrate, routes
from recording_server import recording_server
from running import run

OWN = """
def log(request):
    print(request.url)


class Own(httpx.Auth):
    def sync_auth_flow(self, request):
        request.headers["X-Token"] = requests.get("http://127.0.0.1:9").text
        yield request


class Slow(httpx.Auth):
    def auth_flow(self, request):
        request.headers["X-Token"] = requests.get("http://127.0.0.1:9").text
        yield request


OPTIONS = {"auth": Own()}
PAIR = {"auth": ("u", "p")}
"""
GET = "return client.get(base).status_code"
HOOKED = "client = httpx.Client()\nclient.event_hooks"
STAYS = {
    "a hook": (f"{HOOKED} = {{'request': [log]}}", GET, "event_hooks"),
    "one more hook": (f"{HOOKED}['request'].append(log)", GET, "event_hooks"),
    "a hook under a condition": (
        "client = httpx.Client()\nif PAIR:\n    client.event_hooks = {'request': [log]}", GET, "event_hooks",
    ),
    "an authentication for sync clients": ("client = httpx.Client(auth=Own())", GET, "auth of the client"),
    "one that waits": ("client = httpx.Client(auth=Slow())", GET, "auth of the client"),
    "a function": ("client = httpx.Client(auth=log)", GET, "auth of the client"),
    "set later": ("client = httpx.Client()\nclient.auth = Own()", GET, "auth of the client"),
    "for one request": (
        "client = httpx.Client()", "return client.get(base, auth=Own()).status_code", "auth of the client",
    ),
    "without a client": ("", "return httpx.get(base, auth=Own()).status_code", "auth of the client"),
    "passed on": (
        "client = httpx.Client()\n\n\ndef ask(url, **more):\n    return client.get(url, **more).status_code",
        "return ask(base, auth=Own())",
        "auth of the client",
    ),
}  # fmt: skip
TURNS = {
    "a pair": ("client = httpx.Client(auth=('u', 'p'))", GET),
    "of httpx": ("client = httpx.Client(auth=httpx.BasicAuth('u', 'p'))", GET),
    "none": ("client = httpx.Client(auth=None)", GET),
    "set later": (
        "client = httpx.Client()\nclient.auth = ('u', 'p')\nclient.headers['X-Key'] = 'k'",
        GET,
    ),
    "for one request": ("client = httpx.Client()", "return client.get(base, auth=('u', 'p')).status_code"),
    "passed on": (
        "client = httpx.Client()\n\n\ndef ask(url, **more):\n    return client.get(url, **more).status_code",
        "return ask(base, auth=('u', 'p'))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_only_a_sync_client_does_keeps_it(name: str) -> None:
    made, body, why = STAYS[name]
    outcome = migrate(routes(body, f"{OWN}\n\n{made}"))
    assert "AsyncClient" not in outcome.text
    assert "plain_http_client" not in outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize("name", TURNS)
def test_what_both_do_is_sent_by_both(name: str, tmp_path: Path) -> None:
    made, body = TURNS[name]
    outcome = migrate(routes(body, f"{OWN}\n\n{made}"))
    assert "httpx.AsyncClient" in outcome.text, outcome.reasons
    sent = []
    for folder, texts in ((tmp_path / "old", outcome.before), (tmp_path / "new", outcome.texts)):
        with recording_server() as server:
            assert run(folder, texts, "call", server.url) == [200]
            sent.append(
                [
                    (url, body, [headers.get(each) for each in ("authorization", "x-key")])
                    for _, url, body, headers in server.taken()
                ]
            )
    assert sent[1] == sent[0]
    assert len(sent[0]) == 1
