"""Answers that are no JSON, no text or not whole: they come to the clause that they came to."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run
from servers import http_server

BODIES = {
    "/fine": b'{"a": 1}',
    "/empty": b"",
    "/html": b"<html>",
    "/picture": b"\x89PNG\r\n\x1a\n\x00\xff\xfe",
    "/broken": b'{"a": "\xff',
    "/half": b'{"a": ',
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        if self.path == "/cut":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b'5\r\n{"a":\r\n')
            self.close_connection = True
            return
        body = BODIES[self.path]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server(_Handler) as url:
        yield url


READS = {
    "the class of requests": """
        r = requests.get(base + path)
        try:
            return r.json()
        except requests.exceptions.JSONDecodeError:
            return "no JSON"
    """,
    "the class of requests in a tuple": """
        try:
            return requests.get(base + path).json()
        except (requests.JSONDecodeError, KeyError) as error:
            raise HTTPException(502) from error
    """,
    "the class of json": """
        r = requests.get(base + path)
        try:
            return r.json()
        except json.JSONDecodeError:
            return "no JSON"
    """,
    "the base": """
        try:
            return requests.get(base + path).json()
        except requests.RequestException as error:
            raise HTTPException(503) from error
    """,
    "a ladder": """
        try:
            r = requests.get(base + path)
            r.raise_for_status()
            return r.json()
        except requests.HTTPError:
            return "status"
        except requests.exceptions.JSONDecodeError:
            return "no JSON"
        except requests.RequestException:
            return "unreachable"
    """,
    "what is no error of JSON behind it": """
        try:
            return int(requests.get(base + path).json()["a"]) + int("x")
        except requests.exceptions.JSONDecodeError:
            return "no JSON"
        except ValueError:
            return "no number"
    """,
    "ValueError": """
        try:
            return requests.get(base + path).json()
        except ValueError:
            return "no JSON"
        except requests.RequestException:
            return "unreachable"
    """,
}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("name", READS)
def test_json_that_is_none_comes_to_the_same_clause(name: str, path: str, base: str, tmp_path: Path) -> None:
    outcome = migrate(_handler(READS[name]))
    assert "await http_client().get(" in outcome.text, outcome.reasons
    assert run(tmp_path / "new", outcome.texts, "call", base, path) == run(
        tmp_path / "old", outcome.before, "call", base, path
    )


def test_a_later_clause_does_not_name_what_is_caught_above() -> None:
    assert "except (httpx.HTTPError, httpx.InvalidURL):" in migrate(_handler(READS["a ladder"])).text
    assert "except (httpx.HTTPError, httpx.InvalidURL):" in migrate(_handler(READS["ValueError"])).text


STAYS = {
    "where the error is looked into": (
        """
        try:
            return requests.get(base + path).json()
        except json.JSONDecodeError as error:
            return [error.msg, error.pos]
        """,
        "an error of the encoding has not",
    ),
    "JSON that cannot be sent": (
        """
        try:
            return requests.post(base + path, json={"a": float("nan")}).json()
        except requests.exceptions.InvalidJSONError:
            return "not sent"
        """,
        "InvalidJSONError has no equal",
    ),
    "an answer that breaks off, beside a connection that does not come about": (
        """
        try:
            return requests.get(base + path).json()
        except requests.ConnectionError:
            return "unreachable"
        except requests.exceptions.ChunkedEncodingError:
            return "broken off"
        """,
        "one error for those of two clauses",
    ),
}


@pytest.mark.parametrize("path", ["/half", "/cut"])
@pytest.mark.parametrize("name", STAYS)
def test_what_httpx_does_not_tell_apart_goes_to_a_thread(
    name: str, path: str, base: str, tmp_path: Path
) -> None:
    body, reason = STAYS[name]
    outcome = migrate(_handler(body))
    assert "http_client" not in outcome.text
    assert reason in "".join(outcome.reasons)
    assert run(tmp_path / "new", outcome.texts, "call", base, path) == run(
        tmp_path / "old", outcome.before, "call", base, path
    )


def _handler(body: str) -> str:
    lines = "    ".join(["", *changed(body).splitlines(keepends=True)])
    return f'import json\n\n\n@router.get("/")\ndef call(base: str, path: str):\n{lines}'
