"""HTTP clients that are made when the application starts, or closed when it stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_programs import changed, migrate
from recording_server import recording_server
from running import run

HEAD = """
    from contextlib import asynccontextmanager

    import httpx
    import requests
    from fastapi import Depends, FastAPI, Request
    from fastapi.testclient import TestClient

    URL = "BASE"

"""
CALL = '''


def call():
    """The whole application, each time on an event loop of its own."""
    found = []
    for _ in range(TIMES):
        with TestClient(app) as client:
            found.append([client.get(path).json() for path in ("/", "/")])
    return found
'''
APP = """

    @asynccontextmanager
    async def lifespan(app):
        START
        yield
        STOP


    app = FastAPI(lifespan=lifespan)


    @app.get("/")
    def show(request: Request) -> list:
        answer = CLIENT.get(f"{URL}/echo", params={"a": 1}, timeout=5)
        return [answer.status_code, len(answer.text) > 0]
"""
OBJECT = """

    class Upstream:
        def __init__(self):
            self.http = None

        def start(self):
            self.http = MADE

        def stop(self):
            self.http.close()


    upstream = Upstream()
"""


def app(start: str, stop: str, client: str) -> str:
    return APP.replace("START", start).replace("STOP", stop).replace("CLIENT", client)


ON_STATE = app("app.state.http = MADE", "app.state.http.close()", "request.app.state.http")
FORMS = {
    "on the application": (ON_STATE, "httpx.Client(timeout=5)", "    await app.state.http.aclose()\n"),
    "on the application, with headers": (
        app(
            'app.state.http = MADE\n        app.state.http.headers.update({"A": "b"})\n'
            '        app.state.http.headers["C"] = "d"',
            "app.state.http.close()",
            "request.app.state.http",
        ),
        "httpx.Client(timeout=5)",
        '    app.state.http.headers.update({"A": "b"})\n    app.state.http.headers["C"] = "d"\n',
    ),
    "on an object": (
        OBJECT + app("upstream.start()", "upstream.stop()", "upstream.http"),
        "httpx.Client()",
        "    async def stop(self):\n        await self.http.aclose()\n",
    ),
    "a session": (ON_STATE, "requests.Session()", "    await app.state.http.aclose()\n"),
    "of a module": (
        "\n    http = MADE\n" + app("pass", "http.close()", "http"),
        "httpx.Client()",
        "    await http().aclose()\n",
    ),
    "a session of a module, closed by a function": (
        "\n    http = MADE\n    http.headers['X-Key'] = 'k'\n\n\n    def close():\n        http.close()\n"
        + app("pass", "close()", "http"),
        "requests.Session()",
        "async def close():\n    await http().aclose()\n",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_it_answers_and_is_closed_where_it_was(name: str, tmp_path: Path) -> None:
    program, made, expected = FORMS[name]
    with recording_server() as server:
        text = (changed(HEAD) + changed(program) + CALL).replace("MADE", made).replace("BASE", server.url)
        text = text.replace("TIMES", "1" if name == "of a module" else "2")  # what is closed stays closed
        outcome = migrate({"app/routes.py": text})
        assert expected in outcome.text, outcome.reasons
        assert "run_in_threadpool" not in outcome.text
        assert ("app/http_client.py" in outcome.texts) is ("of a module" in name)
        (old,) = run(tmp_path / "old", outcome.before, "call")
        sent = server.taken()
        (new,) = run(tmp_path / "new", outcome.texts, "call")
        assert server.taken() == sent
    assert new == old


CLOSED = app("pass", "http.close()", "http")
STAYS = {
    "closed by a route": (
        "httpx.Client()",
        app("pass", "pass", "http") + '\n\n    @app.get("/stop")\n    def stop():\n        http.close()\n',
    ),
    "closed by a route that is added": (
        "httpx.Client()",
        app("pass", "pass", "http")
        + '\n\n    def stop():\n        http.close()\n\n\n    app.add_api_route("/stop", stop)\n',
    ),
    "its closing is asked about": ("httpx.Client()", app("pass", "print(http.close())", "http")),
    "closed by a script": (
        "httpx.Client()",
        CLOSED + "\n\n    if __name__ == '__main__':\n        http.close()\n",
    ),
    "made of settings that an async one takes otherwise": ("httpx.Client(transport=None)", CLOSED),
}


@pytest.mark.parametrize("name", STAYS)
def test_what_is_not_only_closed_at_the_end_stays(name: str) -> None:
    made, program = STAYS[name]
    outcome = migrate({"app/routes.py": changed(HEAD) + changed(f"\n    http = {made}\n" + program)})
    assert "aclose" not in outcome.text
    assert "AsyncClient" not in outcome.text


SET_UP = """

    class Upstream:
        def __init__(self, key: str):
            self.http = requests.Session()
            self.http.headers["X-Key"] = key

        def ask(self):
            return self.http.get(f"{URL}/echo", params={"a": 1}, timeout=5).json()


    @asynccontextmanager
    async def lifespan(app):
        app.state.upstream = Upstream("k")
        yield


    app = FastAPI(lifespan=lifespan)


    def upstream(request: Request) -> Upstream:
        return request.app.state.upstream


    @app.get("/")
    def show(upstream: Upstream = Depends(upstream)) -> list:
        answer = upstream.ask()
        return [answer["query"], {k: v for k, v in answer["headers"].items() if k.lower() == "x-key"}]
"""


def test_what_an_object_sets_up_when_the_application_starts(tmp_path: Path) -> None:
    with recording_server() as server:
        text = (changed(HEAD) + changed(SET_UP) + CALL).replace("BASE", server.url).replace("TIMES", "2")
        outcome = migrate({"app/routes.py": text})
        assert "        self.http = per_event_loop(make_http)\n" in outcome.text, outcome.reasons
        (old,) = run(tmp_path / "old", outcome.before, "call")
        (new,) = run(tmp_path / "new", outcome.texts, "call")
    assert new == old


def test_what_requests_make_as_well_stays() -> None:
    more = '\n\n    @app.get("/more")\n    def more():\n        return Upstream("m").ask()\n'
    outcome = migrate({"app/routes.py": changed(HEAD) + changed(SET_UP + more)})
    assert "per_event_loop" not in outcome.text
    assert "self.http = requests.Session()\n" in outcome.text
