"""Handlers of the application for errors of requests get those that httpx raises in their place."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from collections.abc import Mapping
from pathlib import Path

import pytest
from client_programs import HEAD, changed, migrate
from running import run
from servers import http_server

MAIN = """
    import requests
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    from app.errors import Closed, Refused

    app = FastAPI()


    @app.exception_handler(requests.RequestException)
    async def any_of_them(request: Request, exc: requests.RequestException):
        return JSONResponse("any", 502)


    @app.exception_handler(requests.HTTPError)
    def answered(request: Request, exc: requests.HTTPError):
        return JSONResponse({"status": exc.response.status_code}, 502)


    @app.exception_handler(Closed)
    def closed(request: Request, exc: Closed):
        return JSONResponse("closed", 503)


    @app.exception_handler(requests.Timeout)
    @app.exception_handler(TimeoutError)
    def slow(request: Request, exc: Exception):
        return JSONResponse("slow", 504)


    async def unreachable(request: Request, exc: requests.ConnectionError):
        return JSONResponse("unreachable", 504)


    app.add_exception_handler(requests.ConnectionError, unreachable)


    @app.get("/asked/{word}/{rest}")
    def asked(word: str, rest: str):
        response = requests.get(f"URL/{word}/{rest}", timeout=0.3)
        response.raise_for_status()
        return response.json()["path"]


    @app.get("/unreachable")
    def ask_nobody():
        return requests.get("http://127.0.0.1:9/").text


    @app.get("/refused")
    def refused():
        try:
            if requests.get("URL/status/404").status_code == 404:
                raise Refused("refused")
        except requests.ConnectionError:
            return "caught"


    @app.get("/closed")
    def is_closed():
        raise Closed("closed")
"""
ERRORS = """
    import requests


    class Refused(requests.ConnectionError):
        pass


    class Closed(Exception):
        pass
"""
ASK = """

from fastapi.testclient import TestClient

PATHS = ["asked/echo/a", "asked/status/500", "asked/slow/a", "asked/drop/a", "asked/notjson/a", "unreachable", "refused", "closed"]


def call():
    with TestClient(app, raise_server_exceptions=False) as client:
        answers = [client.get(path) for path in PATHS]
        return [[answer.status_code, answer.text] for answer in answers]
"""


def asking(texts: Mapping[str, str]) -> dict[str, str]:
    return {**texts, "app/routes.py": texts["app/routes.py"] + ASK}


def test_each_error_comes_to_the_same_handler(tmp_path: Path) -> None:
    """An own error that is derived from one of theirs is still raised, caught, and answered as such."""
    with http_server() as url:
        texts = {"app/routes.py": changed(MAIN).replace("URL", url), "app/errors.py": changed(ERRORS)}
        outcome = migrate(texts)
        assert outcome.text.count("await http_client().get(") == 3, outcome.reasons
        assert (
            "    except (\n        requests.ConnectionError,\n        httpx.NetworkError,\n" in outcome.text
        )
        old = run(tmp_path / "old", asking(outcome.before), "call")
        assert old[0][1:4] == [[502, '{"status":500}'], [504, '"slow"'], [504, '"unreachable"']]
        assert run(tmp_path / "new", asking(outcome.texts), "call") == old


def test_where_nothing_raises_theirs_any_more_they_go() -> None:
    main = MAIN.replace("from app.errors import Closed, Refused\n", "").partition('    @app.get("/refused")')[
        0
    ]
    first, _, rest = main.partition("    @app.exception_handler(Closed)")
    text = migrate({"app/routes.py": changed(first + rest.partition('"closed", 503)\n')[2])}).text
    assert "requests." not in text
    several = "@app.exception_handler(json.JSONDecodeError)\nasync def any_of_them(request: Request, exc: Exception):"
    assert several in text
    assert "exc: httpx.HTTPStatusError" in text
    assert (
        "@app.exception_handler(httpx.TimeoutException)\n@app.exception_handler(TimeoutError)\nasync def slow("
        in text
    )


STAYS = {
    "one without an equal": ("@app.exception_handler(requests.exceptions.SSLError)\ndef answer(request, exc):\n    return JSONResponse(1)", "has no equal"),
    "two of which httpx has one": ("@app.exception_handler(requests.ConnectionError)\ndef answer(request, exc):\n    return JSONResponse(1)\n\n\n@app.exception_handler(requests.exceptions.ChunkedEncodingError)\ndef other(request, exc):\n    return JSONResponse(2)", "one error for"),
    "one of httpx": ("import httpx\n\n\n@app.exception_handler(httpx.HTTPError)\ndef answer(request, exc):\n    return JSONResponse(1)", "is for httpx.HTTPError"),
    "one that looks into it": ("@app.exception_handler(requests.Timeout)\ndef answer(request, exc):\n    return JSONResponse('slow' in str(exc))", "the text of the error"),
    "an answer that may be none": ("@app.exception_handler(requests.RequestException)\ndef answer(request, exc):\n    return JSONResponse(exc.response is None)", "the text of the error"),
    "JSON of others": ("@app.exception_handler(requests.RequestException)\ndef answer(request, exc):\n    return JSONResponse(1)\n\n\n@router.post('/')\ndef read(text: str):\n    return json.loads(text)", "read at app/routes.py"),
    "a table of them": ("app = FastAPI(exception_handlers={requests.Timeout: print})", "is handed on"),
    "an own one that is handed on": ("class Slow(requests.Timeout):\n    pass\n\n\nERRORS = [Slow]", "is handed on"),
}  # fmt: skip


@pytest.mark.parametrize("what", STAYS)
def test_what_stays(what: str) -> None:
    body, why = STAYS[what]
    head = HEAD.replace("router =", "app = FastAPI()\nrouter =").replace("APIRouter,", "APIRouter, FastAPI,")
    asked = "\n\n\n@router.get('/')\ndef call(url: str):\n    return requests.get(url).json()\n"
    outcome = migrate(
        {
            "app/routes.py": f"import json\nfrom fastapi.responses import JSONResponse\n{head.lstrip()}{body}{asked}"
        }
    )
    assert "http_client" not in outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons
