"""What a `with` keeps from leaving a handler: errors of httpx are suppressed where those of requests were."""

from __future__ import annotations

import pytest
from client_programs import HEAD, changed, migrate

ASK = """
@router.get("/a")
def a():
    found = None
    with {manager}:
        found = requests.get("https://x.example", timeout=1).json()
    return found

@router.get("/b")
def b():
    return requests.get("https://x.example", timeout=1).text
"""
MANAGERS = """
import socket
from contextlib import contextmanager, nullcontext, suppress

@contextmanager
def quiet(name=""):
    try:
        yield name
    except {error}:
        pass

class Quiet:
    def __exit__(self, kind, error, traceback):
        return kind is not None and issubclass(kind, {error})

class Loud(Quiet):
    def __enter__(self):
        return self

"""


def outcome_of(manager: str, error: str = "ValueError") -> str:
    head = HEAD.lstrip("\n") + changed(MANAGERS.format(error=error))
    return migrate({"app/routes.py": head + changed(ASK.format(manager=manager))}).text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("suppress(requests.Timeout)", "suppress(httpx.TimeoutException)"),
        (
            "suppress(requests.RequestException)",
            "suppress(\n        httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError, "
            "UnicodeDecodeError\n    )",
        ),
        (
            "nullcontext(), suppress(KeyError, requests.HTTPError)",
            "nullcontext(), suppress(KeyError, httpx.HTTPStatusError)",
        ),
        ("suppress(ValueError)", "suppress(ValueError)"),
        ("quiet()", "quiet()"),
        ("Loud()", "Loud()"),
    ],
)
def test_the_errors_of_httpx_are_suppressed(old: str, new: str) -> None:
    text = outcome_of(old)
    assert f"    with {new}:\n        found = (await http_client().get(" in text
    assert "requests" not in text


@pytest.mark.parametrize("error", ["OSError", "(ValueError, EnvironmentError)", "socket.error"])
@pytest.mark.parametrize("manager", ["suppress(*[OSError])", "suppress({})", "quiet('a')", "Loud()"])
def test_what_suppresses_errors_of_the_system_keeps_asking_with_requests(manager: str, error: str) -> None:
    text = outcome_of(manager.format(error.strip("()")), error)
    assert "run_in_threadpool(requests.get" in "".join(text.partition("def a()")[2].split())
    assert "return (await http_client().get(" in text, "the other handler has nothing to do with it"


@pytest.mark.parametrize("error", ["requests.Timeout", "requests.RequestException"])
def test_what_is_suppressed_around_a_yield_may_come_of_any_request(error: str) -> None:
    head = HEAD.lstrip("\n") + changed(MANAGERS.format(error="ValueError"))
    more = f"@contextmanager\ndef still():\n    with suppress({error}):\n        yield\n\n\n"
    text = migrate({"app/routes.py": head + more + changed(ASK.format(manager="still()"))}).text
    assert "http_client" not in text
