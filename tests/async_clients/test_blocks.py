"""Clients that live as long as a `with`: they turn with all that is done in it, or not at all."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from collections.abc import Iterator
from pathlib import Path

import pytest
from async_fix.codemods.async_clients.http.generated import session_module
from async_fix.codemods.model import HttpClient, Lifetime
from client_programs import CLIENTS_HEAD, Outcome, migrate, routes
from running import run
from servers import http_server


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server() as url:
        yield url


def same(outcome: Outcome, base: str, folder: Path, times: int = 2) -> None:
    old = run(folder / "old", outcome.before, "call", base, times=times)
    assert run(folder / "new", outcome.texts, "call", base, times=times) == old


HTTPX = {
    "an authentication that httpx has": """
        with httpx.Client(auth=httpx.BasicAuth("u", "p")) as client:
            return client.get(f"{base}/echo").json()["headers"]
        """,
    "an authentication that is set": """
        with httpx.Client() as client:
            client.auth = ("u", "p")
            first = client.get(f"{base}/echo").json()["headers"]
            client.auth = httpx.BasicAuth("u", "q")
            return [first, client.get(f"{base}/echo").json()["headers"]]
        """,
    "one request": """
        with httpx.Client(timeout=5.0) as client:
            found = client.post(f"{base}/echo", json={"a": 1}, params={"page": 2})
            found.raise_for_status()
        return found.json()
        """,
    "no redirects are followed": """
        with httpx.Client() as client:
            return client.get(f"{base}/redirect").status_code
        """,
    "options of the client": """
        with httpx.Client(base_url=base, headers={"X-Key": "k"}, auth=("u", "p"), follow_redirects=True) as client:
            client.headers["X-More"] = "m"
            return [client.get("/redirect").json(), dict(client.cookies)]
        """,
    "no certificates": """
        with httpx.Client(verify=False) as client:
            return client.request("DELETE", f"{base}/echo", json=[1]).json()
        """,
    "cookies stay in the block": """
        with httpx.Client() as client:
            client.get(f"{base}/status/200")
            return client.get(f"{base}/echo").json()["headers"]
        """,
    "errors": """
        try:
            with httpx.Client(timeout=0.1) as client:
                client.get(f"{base}/status/200").raise_for_status()
                client.get(f"{base}/slow")
        except httpx.TimeoutException:
            raise HTTPException(504)
        """,
    "an error of the connection": """
        with httpx.Client() as client:
            return client.get(f"{base}/drop").text
        """,
    "two blocks of one name": """
        with httpx.Client() as client:
            first = client.get(f"{base}/echo").json()["path"]
        with httpx.Client(headers={"X-Second": "2"}) as client:
            return [first, client.get(f"{base}/echo").json()["headers"]]
        """,
    "a form and a text with names": """
        form = {"a": "1", "b": base[:4]}
        with httpx.Client() as client:
            text = base.upper().encode()
            sent = [client.post(f"{base}/echo", data=form), client.post(f"{base}/echo", content=text)]
            return [each.json()["body"] for each in sent]
        """,
    "many requests": """
        with httpx.Client() as client:
            return [client.get(f"{base}/echo/{number}").json()["path"] for number in range(3)]
        """,
}


@pytest.mark.parametrize("name", HTTPX)
def test_a_client_of_httpx(name: str, base: str, tmp_path: Path) -> None:
    outcome = migrate(routes(HTTPX[name]))
    assert "async with httpx.AsyncClient(" in outcome.text
    assert ("verify=tls_context" in outcome.text) is (name != "no certificates")
    assert ("app/http_sessions.py" in outcome.texts) is (name != "no certificates")
    assert "app/http_client.py" not in outcome.texts
    same(outcome, base, tmp_path)


SESSIONS = {
    "one request": """
        with requests.Session() as session:
            found = session.post(f"{base}/echo", data={"a": "1"}, timeout=2)
            return [found.ok, found.json(), found.reason]
        """,
    "redirects are followed, with their cookies": """
        with requests.Session() as session:
            return [session.get(f"{base}/redirect").json(), session.cookies.get("hop")]
        """,
    "set up": """
        with requests.Session() as session:
            session.headers.update({"X-Key": "k"})
            session.headers["Accept-Language"] = "de"
            session.auth = ("u", "p")
            session.cookies.set("lang", "de")
            session.headers["X-Path"] = os.environ["PATH"]
            session.headers["X-Base"] = f"of {base}"
            return session.get(f"{base}/echo").json()
        """,
    "errors": """
        try:
            with requests.Session() as session:
                session.get(f"{base}/status/404").raise_for_status()
        except requests.HTTPError as error:
            return error.response.status_code
        """,
    "parameters that anybody may have written": """
        given = json.loads('{"q": "a b", "page": null, "all": true, "tags": ["x", null, "y"], "none": []}')
        with requests.Session() as session:
            found = session.get(f"{base}/echo", params=given).json()["query"]
            return found + session.get(f"{base}/echo", params=json.loads("null")).json()["query"]
        """,
    "parameters for a URL that has some": """
        with requests.Session() as session:
            url = base + os.environ.get("NO_SUCH", "/echo?x=1&x=2")
            found = session.get(url, params={"a": "1"}).json()["query"]
            return found + session.get(url, params=json.loads('{"b": null, "c": 1.5}')).json()["query"]
        """,
    "errors that are not JSON": """
        try:
            with requests.Session() as session:
                return session.get(f"{base}/notjson").json()
        except requests.RequestException:
            raise HTTPException(502)
        """,
    "an error around the block": """
        try:
            with requests.Session() as session:
                session.get(f"{base}/slow", timeout=0.1)
        except requests.Timeout:
            raise HTTPException(504)
        """,
}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session(name: str, base: str, tmp_path: Path) -> None:
    outcome = migrate(routes(SESSIONS[name]))
    assert "    async with http_session() as session:\n" in outcome.text
    same(outcome, base, tmp_path)


def test_functions_that_write_parameters_stand_beside_what_opens_a_session() -> None:
    names = [name for name in SESSIONS if name.startswith("parameters")]
    outcome = migrate(routes("".join(SESSIONS[name].replace("return", "seen =") for name in names)))
    assert "from app.http_sessions import http_session, sent_params, with_params\n" in outcome.text
    assert "app/http_client.py" not in outcome.texts
    text = outcome.texts["app/http_sessions.py"]
    once = ("import Mapping\n", "import Any\n", "import urlencode\n", "import httpx\n", "def sent_params(")
    assert [text.count(each) for each in once] == [1] * len(once)
    more = migrate(routes(SESSIONS["one request"])).texts["app/http_sessions.py"]
    wanted = [HttpClient("", "httpx", "with_params", Lifetime.BLOCK)]
    grown = session_module.render(more, wanted)
    assert grown.startswith(more.partition("\n\n")[0] + "\n\nfrom collections.abc import Mapping\n")
    assert session_module.render(grown, wanted) == grown


STREAMS = {
    "not read": """
        with httpx.stream("GET", f"{base}/text"):
            return "reached"
        """,
    "as text": """
        found = ""
        with httpx.stream("GET", f"{base}/text") as answer:
            for part in answer.iter_text():
                found += part
        return found
        """,
    "in a loop": """
        found = b""
        with httpx.Client() as client, client.stream("GET", f"{base}/text") as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes(3):
                found += chunk
        return [answer.status_code, answer.headers["content-type"], found.decode()]
        """,
    "joined": """
        with httpx.stream("POST", f"{base}/echo", json={"a": 1}) as answer:
            return b"".join(answer.iter_raw()).decode()
        """,
    "as a list": """
        with httpx.Client() as client:
            with client.stream("GET", f"{base}/text") as answer:
                return list(answer.iter_lines())
        """,
    "read at once": """
        with httpx.stream("GET", f"{base}/status/418") as answer:
            if answer.is_error:
                answer.read()
                return [answer.status_code, answer.text]
        """,
    "into a file": """
        with httpx.stream("GET", f"{base}/text") as answer:
            with open("copy.txt", "wb") as file:
                for chunk in answer.iter_bytes(4):
                    file.write(chunk)
        return answer.num_bytes_downloaded
        """,
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_response_that_is_streamed(
    name: str, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = migrate(routes(STREAMS[name]))
    assert "async with" in outcome.text
    assert "run_in_threadpool" not in outcome.text
    same(outcome, base, tmp_path)
    if name == "into a file":
        assert Path("copy.txt").read_text() == "grüße"


def test_a_client_that_is_handed_to_helpers(base: str, tmp_path: Path) -> None:
    """All that take it turn, and so does their annotation."""
    helpers = """
        def fetch(client: httpx.Client, url: str) -> dict:
            return client.get(url).json()


        def both(urls: list[str], client: httpx.Client) -> list[dict]:
            return [fetch(client, url) for url in urls]
        """
    body = """
        with httpx.Client(headers={"X-Key": "k"}) as client:
            return both([f"{base}/echo/1", f"{base}/echo/2"], client=client)
        """
    outcome = migrate(routes(body, helpers))
    assert "async def fetch(client: httpx.AsyncClient, url: str) -> dict:\n" in outcome.text
    assert "async def both(urls: list[str], client: httpx.AsyncClient) -> list[dict]:\n" in outcome.text
    same(outcome, base, tmp_path)


def test_a_client_of_a_module_that_streams(base: str, tmp_path: Path) -> None:
    body = """
        with client.stream("GET", f"{base}/text") as answer:
            return list(answer.iter_text())
        """
    outcome = migrate(routes(body, "client = httpx.Client()\n"))
    assert 'async with client().stream("GET", f"{base}/text") as answer:' in outcome.text
    same(outcome, base, tmp_path)


IN_BLOCK = "with httpx.Client() as client:\n    return {}\n"
STAYS = {
    "handed to a library": ("with httpx.Client() as client:\n    json.dumps(client)\n    return client.get(base).text\n", "", "handed on"),
    "given back": ("return make().get(base).text\n", "def make():\n    with httpx.Client() as client:\n        return client\n", "handed on by make"),
    "kept": ("with httpx.Client() as client:\n    KEPT.append(client)\n    return client.get(base).text\n", "KEPT = []\n", "handed on"),
    "kept in an object": ("with httpx.Client() as client:\n    HOLDER.client = client\n    return client.get(base).text\n", "class Holder:\n    client = None\n\n\nHOLDER = Holder()\n", ""),
    "a transport": ("with httpx.Client(transport=httpx.HTTPTransport()) as client:\n    return client.get(base).text\n", "", "takes differently"),
    "options that are handed on": ("with httpx.Client(**OPTIONS) as client:\n    return client.get(base).text\n", "OPTIONS = {}\n", "takes differently"),
    "certificates from a file": ('with httpx.Client(verify="/ca.pem") as client:\n    return client.get(base).text\n', "", "verify of the client"),
    "HTTP/2": ("with httpx.Client(http2=True) as client:\n    return client.get(base).text\n", "", "takes differently"),
    "an authentication of its own": ("with httpx.Client(auth=Own()) as client:\n    return client.get(base).text\n", "class Own(httpx.Auth):\n    def sync_auth_flow(self, request):\n        yield request\n", "auth of the client"),
    "hooks": ("with httpx.Client() as client:\n    client.event_hooks = {}\n    return client.get(base).text\n", "", "event_hooks"),
    "a request that is sent": (IN_BLOCK.format("client.get(base).text + client.send(None).text"), "", "exact twin"),
    "a body from a file": (IN_BLOCK.format("client.post(base, content=open(base, 'rb')).text"), "", "may be a file"),
    "a body of any kind": ("body = BODIES.pop()\n" + IN_BLOCK.format("client.post(base, data=body).text"), "BODIES = []\n", "may be a file"),
    "pairs": ("pairs = [(base, base)]\n" + IN_BLOCK.format("client.post(base, data=pairs).text"), "", "may be a file"),
    "a form that may be a generator": ("form = {}\nif base:\n    form = (each for each in base)\n" + IN_BLOCK.format("client.post(base, data=form).text"), "", "may be a file"),
    "files with a name": ("sent = {'f': open(base, 'rb')}\n" + IN_BLOCK.format("client.post(base, files=sent).text"), "", "may be a file"),
    "a stream without `with`": (IN_BLOCK.format('client.stream("GET", base).__enter__().read()'), "", "not opened by a `with`"),
    "a stream that is handed on": ('with httpx.stream("GET", base) as answer:\n    return json.dumps(answer)\n', "", "handed on"),
    "a stream in parts": ('with httpx.stream("GET", base) as (a, b):\n    return a\n', "", "not opened by a `with`"),
    "a stream in an object": (
        'with httpx.stream("GET", base) as HOLDER.answer:\n    return list(HOLDER.answer.iter_bytes())\n',
        "class Holder:\n    answer = None\n\n\nHOLDER = Holder()\n", "not opened by a `with`"),
    "a name of a stream that is bound again": (
        'with httpx.stream("GET", base) as answer:\n    found = answer.read()\nanswer = 3\nreturn found\n', "", "bound to something else"),
    "the reading of a stream": ('with httpx.stream("GET", base) as answer:\n    read = answer.read\n    return read()\n', "", "answer.read is handed on"),
    "an authentication that is set": (
        "with httpx.Client() as client:\n    client.auth = Own()\n    return client.get(base).text\n",
        "class Own(httpx.Auth):\n    def sync_auth_flow(self, request):\n        yield request\n", "auth of the client"),
    "a stream in an expression": ('with httpx.stream("GET", base) as answer:\n    return any(len(part) for part in answer.iter_bytes())\n', "", "iterated in an expression"),
    "adapters": ('with requests.Session() as s:\n    s.mount("http://", requests.adapters.HTTPAdapter(max_retries=3))\n    return s.get(base).text\n', "", "mount"),
    "no certificates in a session": ("with requests.Session() as s:\n    s.verify = False\n    return s.get(base).text\n", "", "verify"),
    "a header of a session that may be None": ('with requests.Session() as s:\n    s.headers["X-Key"] = find()\n    return s.get(base).text\n', "def find() -> str | None:\n    return None\n", "else than text"),
    "headers of a session that may be None": ('with requests.Session() as s:\n    s.headers.update({"X-Key": find()})\n    return s.get(base).text\n', "def find() -> str | None:\n    return None\n", "else than text"),
    "a header of a session that is a number": ('with requests.Session() as s:\n    s.headers["X-Key"] = len(base)\n    return s.get(base).text\n', "", "else than text"),
    "a cookie of a session that may be None": ('with requests.Session() as s:\n    s.cookies.set("a", find())\n    return s.get(base).text\n', "def find() -> str | None:\n    return None\n", "else than text"),
    "all headers of a session": ('with requests.Session() as s:\n    s.headers = {"a": "b"}\n    return s.get(base).text\n', "", "replaced"),
    "all cookies of a session": ("with requests.Session() as s:\n    s.get(base)\n    return s.cookies.get_dict()\n", "", "httpx has not"),
    "a streamed answer of a session": ("with requests.Session() as s:\n    return s.get(base, stream=True).text\n", "", "streamed"),
    "beside another manager": ("with httpx.Client() as client, open(base) as f:\n    return client.get(f.read()).text\n", "", "something else"),
    "a helper that may be given another": (
        "with httpx.Client() as client:\n    return fetch(client, base) + fetch(OTHER, base)\n",
        "OTHER = json.loads('1')\n\n\ndef fetch(client, url):\n    return client.get(url).text\n", "something else"),
    "a helper that may be given none": (
        "with httpx.Client() as client:\n    return fetch(base, client)\n",
        "def fetch(url, client=None):\n    return client.get(url).text\n", "without the client"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_a_client_that_stays(name: str) -> None:
    body, more, why = STAYS[name]
    outcome = migrate(routes(body, more))
    assert "AsyncClient" not in "".join(outcome.texts.values())
    assert "http_session()" not in outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


def test_tests_that_hand_a_double_to_a_helper_keep_it_sync() -> None:
    body = "with httpx.Client() as client:\n    return fetch(client, base)\n"
    files = routes(body, "def fetch(client, url):\n    return client.get(url).text\n")
    files["tests/test_it.py"] = "from app.routes import fetch\n\n\ndef test():\n    assert fetch(None, '')\n"
    outcome = migrate(files)
    assert "AsyncClient" not in outcome.text
    assert any("tests call fetch" in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize(
    "patched", ["httpx.Client", "app.routes.httpx.Client", "httpx.HTTPTransport.handle_request"]
)
def test_a_client_that_tests_replace_stays(patched: str) -> None:
    files = routes(IN_BLOCK.format("client.get(base).text"))
    files["tests/test_it.py"] = (
        f'from unittest.mock import patch\n\n\ndef test():\n    with patch("{patched}"):\n        pass\n'
    )
    assert "AsyncClient" not in migrate(files).text


def test_a_second_run_adds_the_session_to_the_module() -> None:
    """What an earlier run made is used and extended, not taken for a module of the project's own."""
    first = migrate(routes(IN_BLOCK.format("client.get(base).text")))
    files = dict(first.texts) | {
        "app/routes_more.py": CLIENTS_HEAD.lstrip("\n")
        + '@router.get("/2")\ndef two(base: str):\n    with requests.Session() as s:\n        return s.get(base).text\n'
    }
    text = migrate(files).texts["app/http_sessions.py"]
    assert text.startswith(first.texts["app/http_sessions.py"])
    assert "def http_session() -> httpx.AsyncClient:" in text


def test_a_module_of_the_project_is_not_touched() -> None:
    files = routes(IN_BLOCK.format("client.get(base).text")) | {"app/http_sessions.py": "X = 1\n"}
    outcome = migrate(files)
    assert outcome.texts["app/http_sessions.py"] == "X = 1\n"
    assert any("of its own" in reason for reason in outcome.reasons)


DOWNLOADS = {
    "into a file": """
        with requests.get(f"{base}/text", stream=True, timeout=5) as answer:
            answer.raise_for_status()
            with open("copy.txt", "wb") as file:
                for chunk in answer.iter_content(chunk_size=4):
                    file.write(chunk)
        return [answer.status_code, answer.headers["content-type"], answer.ok]
        """,
    "joined": """
        with requests.post(f"{base}/echo", json={"a": 1}, stream=True) as answer:
            return json.loads(b"".join(answer.iter_content(1024)))
        """,
    "with an error": """
        try:
            with requests.get(f"{base}/status/404", stream=True) as answer:
                answer.raise_for_status()
                return [len(part) for part in list(answer.iter_content(None))]
        except requests.HTTPError as error:
            return error.response.status_code
        """,
    "without a connection": """
        try:
            with requests.request("GET", f"{base}/drop", stream=True) as answer:
                for chunk in answer.iter_content(9):
                    print(chunk)
        except requests.RequestException as error:
            raise HTTPException(502) from error
        """,
    "of a session": """
        with requests.Session() as session:
            session.get(f"{base}/status/200")
            with session.get(f"{base}/echo", params={"a": "b"}, stream=True) as answer:
                return json.loads(b"".join(answer.iter_content(64)))
        """,
}


@pytest.mark.parametrize("name", DOWNLOADS)
def test_a_download_of_requests(
    name: str, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = migrate(routes(DOWNLOADS[name]))
    assert ".aiter_bytes(" in outcome.text, outcome.reasons
    assert "import requests" not in outcome.text
    assert any("pieces of another size" in str(note) for note in outcome.notes)
    same(outcome, base, tmp_path)
    if name == "into a file":
        assert Path("copy.txt").read_text() == "grüße"


OPENED = "with requests.get(base, stream=True) as answer:\n    "
DOWNLOADS_THAT_STAY = {
    "without `with`": ("answer = requests.get(base, stream=True)\nreturn list(answer.iter_content(9))\n", "not opened by a `with`"),
    "without a name": ("with requests.get(base, stream=True):\n    return 1\n", "no name"),
    "byte by byte": (OPENED + "return list(answer.iter_content())\n", "of its own"),
    "as text": (OPENED + "return list(answer.iter_content(9, decode_unicode=True))\n", "of its own"),
    "line by line": (OPENED + "return list(answer.iter_lines())\n", "iter_lines"),
    "whole": (OPENED + "return answer.json()\n", "json"),
    "raw": (OPENED + "return answer.raw.read()\n", "raw"),
    "handed on": (OPENED + "return json.loads(answer)\n", "handed on"),
    "by a variable": ("with requests.get(base, stream=len(base) > 3) as answer:\n    return answer.ok\n", "not written out"),
    "time-outs": ("try:\n    " + OPENED.replace("\n    ", "\n        ") + "return list(answer.iter_content(9))\nexcept requests.Timeout:\n    return None\n", "told apart"),
    "the text of an error": ("try:\n    " + OPENED.replace("\n    ", "\n        ") + "answer.raise_for_status()\n        return list(answer.iter_content(9))\nexcept requests.HTTPError as error:\n    return error.response.text\n", "text of a streamed"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOWNLOADS_THAT_STAY)
def test_a_download_that_stays(name: str) -> None:
    body, why = DOWNLOADS_THAT_STAY[name]
    outcome = migrate(routes(body))
    assert "http_client" not in outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons
