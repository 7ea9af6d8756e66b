"""A response of requests that functions of the project give back, or are given: all of them, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import HEAD, changed, migrate
from running import run
from servers import http_server

FLOWS = {
    "given back, and read at once": """
        def ask(base: str, code: int) -> requests.Response:
            return requests.get(f"{base}/status/{code}")

        @router.get("/")
        def call(base: str, code: int):
            return ask(base, code).status_code
    """,
    "given back by a name, and kept by another": """
        def ask(base: str, code: int):
            r = requests.get(f"{base}/status/{code}")
            if r.status_code == 500:
                raise HTTPException(502)
            return r

        @router.get("/")
        def call(base: str, code: int):
            answer = ask(base, code)
            path = answer.url.rpartition("/")[2]
            return [answer.ok, answer.reason, path, answer.json() if answer else None]
    """,
    "through two functions": """
        def _request(method: str, url: str) -> requests.Response:
            return requests.request(method, url)

        def ask(url: str) -> requests.Response:
            return _request("GET", url)

        @router.get("/")
        def call(base: str, code: int):
            answer: requests.Response = ask(f"{base}/status/{code}")
            return "fine" if answer.ok else answer.reason
    """,
    "given to a function": """
        def read(answer: requests.Response):
            if not answer.ok:
                return answer.reason
            return answer.json()

        @router.get("/")
        def call(base: str, code: int):
            answer = requests.get(f"{base}/status/{code}")
            return [read(answer), read(answer=requests.get(f"{base}/echo?x=1"))["path"]]
    """,
    "given back and given on": """
        class Client:
            def __init__(self, base: str):
                self.base = base

            def get(self, path: str) -> requests.Response:
                return self._checked(requests.get(self.base + path))

            @staticmethod
            def _checked(answer: requests.Response) -> requests.Response:
                answer.raise_for_status()
                return answer

        @router.get("/")
        def call(base: str, code: int):
            try:
                return Client(base).get(f"/status/{code}").status_code
            except requests.HTTPError as error:
                return [error.response.status_code]
    """,
    "None as well": """
        from typing import Optional

        def ask(base: str, code: int) -> Optional[requests.Response]:
            if code == 404:
                return None
            return requests.get(f"{base}/status/{code}")

        @router.get("/")
        def call(base: str, code: int):
            answer = ask(base, code)
            if answer is None:
                return "none"
            return answer.status_code if answer else answer.reason
    """,
    "None at the end": """
        def ask(base: str, code: int):
            if code != 404:
                return requests.get(f"{base}/status/{code}")

        @router.get("/")
        def call(base: str, code: int):
            answer = ask(base, code)
            if not answer:
                return [answer is None, answer.reason if answer is not None else ""]
            return answer.text
    """,
    "None as a default": """
        def read(code, answer=None):
            return [code, answer.reason if answer is not None else "", 1 if answer else 2]

        @router.get("/")
        def call(base: str, code: int):
            return [read(code), read(code, requests.get(f"{base}/status/{code}"))]
    """,
    "one of two requests": """
        def ask(base: str, code: int):
            if code == 404:
                return requests.post(f"{base}/status/{code}", json={"a": 1})
            return requests.get(f"{base}/status/{code}")

        @router.get("/")
        def call(base: str, code: int):
            answer = ask(base, code)
            return [answer.ok, answer.text]
    """,
    "a name that holds its content afterwards": """
        def ask(base: str, code: int):
            return requests.get(f"{base}/status/{code}")

        @router.get("/")
        def call(base: str, code: int):
            answer = ask(base, code)
            told = answer.ok
            answer = answer.text
            return [told, answer]
    """,
    "a clause around what is given back": """
        def ask(base: str, code: int):
            return requests.get(f"{base}/status/{code}")

        @router.get("/")
        def call(base: str, code: int):
            answer = ask(base, code)
            try:
                answer.raise_for_status()
            except requests.HTTPError as error:
                return [error.response.status_code]
            return "fine"
    """,
    "JSON that cannot be read, by a caller": """
        def ask(base: str):
            return requests.get(f"{base}/notjson")

        def read(answer):
            return answer.json()

        @router.get("/")
        def call(base: str, code: int):
            try:
                return read(ask(base))
            except requests.RequestException:
                return "not read"
    """,
    "a function that is async already": """
        async def ask(base: str, code: int) -> requests.Response:
            return requests.get(f"{base}/status/{code}")

        @router.get("/")
        async def call(base: str, code: int):
            answer = await ask(base, code)
            return [answer.ok, (await ask(base, 200)).status_code]
    """,
}

ASK = """
def ask(base: str):
    return requests.get(base)


"""
HANDLER = """
@router.get("/")
def call(base: str):
    {}
"""

STAY = {
    "something else is given back as well": (
        'def ask(base: str):\n    if not base:\n        return {}\n    return requests.get(base)\n\n\n',
        "return ask(base).text", "something else stands for the response as well"),
    "a request that has no equal": (
        "def ask(base: str):\n    if not base:\n        return requests.get(base, hooks={})\n"
        "    return requests.get(base)\n\n\n",
        "return ask(base).text", "hooks"),
    "the function is handed on": (
        ASK, "return [r.text for r in map(ask, [base])]", "whose calls are not all seen"),
    "what only requests has": (ASK, "return ask(base).apparent_encoding", "apparent_encoding"),
    "its reason, read at once": (ASK, "return ask(base).reason", "reason of the response is read at once"),
    "its truth, asked for at once": (ASK, "return 1 if ask(base) else 2", "is asked for at once"),
    "kept in a list": (ASK, "return len([ask(base), 1])", "the response is handed on"),
    "kept by an object": (
        "class Last:\n    answer = None\n\n\n" + ASK,
        "Last.answer = ask(base)\n    return 1", "the response is handed on"),
    "given to a library": (ASK, "print(ask(base))\n    return 1", "the response is handed on"),
    "given to what reads it in its own way": (
        "def told(answer):\n    return answer.raw\n\n\n" + ASK, "return told(ask(base))", "raw"),
    "given to what others are given to": (
        "def told(answer):\n    return answer.text\n\n\n" + ASK,
        "return told(ask(base)) + told(HTTPException(1))", "something else stands for the response"),
    "behind a decorator": (
        "import functools\n\n\n@functools.lru_cache\n" + ASK.lstrip("\n"),
        "return ask(base).text", "decorator"),
    "closed by a caller": (ASK, "r = ask(base)\n    r.close()\n    return 1", "the response is closed"),
    "a redirect that is not followed": (
        "def ask(base: str):\n    return requests.get(base, allow_redirects=False)\n\n\n",
        "return ask(base).text", "may be a redirect"),
    "kept by the module": (
        "last = None\n\n\n" + ASK.strip() + "\n\n\n",
        "global last\n    last = ask(base)\n    return 1", "last is handed on"),
    "put in its place": (
        "class Api:\n    def ask(self, base: str):\n        return requests.get(base)\n\n\n"
        "api = Api()\napi.ask = print\n\n\n",
        "return api.ask(base).text", ""),
    "by a generator": (
        "def ask(base: str):\n    r = requests.get(base)\n    yield r.text\n    return r\n\n\n",
        "return list(ask(base))", "generator"),
    "a name that may hold another thing": (
        ASK, "r = ask(base)\n    if base:\n        r = base\n    return r.text", "handed on by call"),
    "a name that an error has as well": (
        ASK,
        "r = ask(base)\n    try:\n        print(base)\n    except OSError as r:\n        return r.reason\n"
        "    return r.reason",
        "r is bound more than once"),
    "a name that an inner function gives to another thing": (
        ASK,
        "r = ask(base)\n    f = lambda r: r.reason\n    return [f(r), r.reason]",
        "r is bound more than once"),
    "a class of errors that has no equal around what is given back": (
        ASK,
        "r = ask(base)\n    try:\n        r.raise_for_status()\n    except OSError:\n        return 0",
        "`except OSError` catches errors of requests"),
}  # fmt: skip


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server() as url:
        yield url


@pytest.mark.parametrize("code", [200, 404, 500])
@pytest.mark.parametrize("name", FLOWS)
def test_a_response_that_is_handed_on_is_read_the_same(
    name: str, code: int, base: str, tmp_path: Path
) -> None:
    outcome = migrate(FLOWS[name])
    assert "await http_client" in outcome.text, (outcome.text, outcome.reasons)
    assert "run_in_threadpool" not in outcome.text
    assert "requests" not in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", base, code)
    new = run(tmp_path / "new", outcome.texts, "call", base, code)
    assert new == old


@pytest.mark.parametrize("name", STAY)
def test_it_stays_a_response_of_requests(name: str) -> None:
    functions, body, reason = STAY[name]
    outcome = migrate(functions + HANDLER.format(body))
    assert "http_client" not in outcome.text
    assert reason in " ".join(outcome.reasons), outcome.reasons


def test_a_function_that_tests_replace_stays() -> None:
    """What a test gives in its place has the attributes of requests."""
    test = """
        from unittest.mock import Mock, patch

        from fastapi import FastAPI
        from fastapi.testclient import TestClient

        from app.routes import router

        app = FastAPI()
        app.include_router(router)


        def test_call():
            with patch("app.routes.ask", return_value=Mock(ok=True, text="x")):
                assert TestClient(app).get("/?base=x").json() == "x"
    """
    routes = HEAD.lstrip("\n") + changed(ASK) + changed(HANDLER.format("return ask(base).text"))
    outcome = migrate({"app/routes.py": routes, "tests/test_routes.py": test})
    assert "run_in_threadpool" in outcome.text
    assert "in whose place another is put" in " ".join(outcome.reasons)


def test_the_other_requests_of_one_that_stays_stay_with_it() -> None:
    """A script needs `ask` as it is, and both come to `read`."""
    script = """
        from app.routes import ask

        print(ask("http://x").text)
    """
    routes = HEAD.lstrip("\n") + changed("""
        def ask(base: str):
            return read(requests.get(base))


        def read(answer: requests.Response):
            return answer if answer.ok else None


        def other(base: str):
            return read(requests.get(base))


        @router.get("/")
        def call(base: str):
            return [ask(base).text, other(base).text]
    """)
    outcome = migrate({"app/routes.py": routes, "script.py": script})
    assert "http_client" not in outcome.text
    assert "answer.ok" in outcome.text


def test_the_responses_of_a_session() -> None:
    outcome = migrate("""
        session = requests.Session()


        def ask(base: str) -> requests.Response:
            return session.get(base)


        @router.get("/")
        def call(base: str):
            answer = ask(base)
            return answer.text if answer.ok else None
    """)
    assert "async def ask(base: str) -> httpx.Response:\n    return await session().get(base)" in outcome.text
    assert "return None if answer.is_error" in outcome.text or "not answer.is_error" in outcome.text


def test_responses_of_two_clients_that_come_to_one_place_stay() -> None:
    outcome = migrate("""
        session = requests.Session()
        other = requests.Session()


        def ask(base: str) -> requests.Response:
            return session.get(base) if base else other.get(base)


        def more(base: str) -> requests.Response:
            if base:
                return session.get(base)
            return other.get(base)


        @router.get("/")
        def call(base: str):
            return [ask(base).text, more(base).text]
    """)
    assert "AsyncClient" not in "".join(outcome.texts.values())
