"""Calls of `urlopen` without an exact equal: they go to the thread pool, and say why."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import pytest
from client_programs import migrate
from urlopen_programs import migrated, program

URLS = {
    "again(n)": "not seen to begin",
    "Config.path": "not seen to begin",
    "q": "not seen to begin",
    "str(q)": "not seen to begin",
    '"file:///etc/hosts"': "not seen to begin",
    '"data:text/plain,x"': "not seen to begin",
    '"ftp://host/x"': "not seen to begin",
    'f"{q}/x"': "not seen to begin",
    'q + "/x"': "not seen to begin",
    '"http" + q': "not seen to begin",
    'f"http{q}"': "not seen to begin",
    '"http://x" if n else q': "not seen to begin",
    'q or "http://x"': "not seen to begin",
    'os.environ["URL"]': "not seen to begin",
    'os.getenv("URL")': "not seen to begin",
    'os.getenv("URL", "file:///x")': "not seen to begin",
    'note("http://x" if n else q)': "not seen to begin",
    "Request(q)": "not seen to begin",
    "REQUEST": "not seen to begin",
    "make(q)": "not seen to begin",
    'urllib.parse.urljoin("http://x", q)': "not seen to begin",
}

ARGUMENTS = {
    '"http://x", context=note(1)': "context=",
    '"http://x", cafile=q': "cafile=",
    '"http://x", data=q': "something else than bytes",
    '"http://x", data=note(1)': "something else than bytes",
    '"http://x", data=q.encode() if n else None': "something else than bytes",
    '"http://x", data=open(q, "rb")': "something else than bytes",
    "*given": "star",
    '"http://x", **given': "star",
    'Request("http://x"), data=b"1"': "gets its data when it is opened",
    'Request("http://x", method=q)': "method is not written out",
    'Request("http://x", method="post")': "method is not written out",
    'Request("http://x", method="TRACE")': "method is not written out",
    'Request("http://x", origin_req_host=q)': "origin_req_host=",
    'Request("http://x", unverifiable=True)': "unverifiable=",
    'Request("http://x", headers=given)': "headers=",
    'Request("http://x", headers={"X": n})': "headers=",
    'Request("http://x", headers={"X": note(n)})': "headers=",
    'Request("http://x", headers={"Accept-Encoding": "gzip"})': "encoding itself",
    'Request("http://x", headers={"X-A": q, "x-a": q})': "written in two ways",
    'Request("http://x", data=b"1", headers=dict(A=q))': "Content-Type",
    'Request("http://x", data=b"1", headers=sometimes(q))': "Content-Type",
    'Request("http://x", headers=compressed())': "encoding itself",
    'Request("http://x", headers={"X": requests.get("http://y").text})': "wait",
    'Request("http://x", headers={"X": slow()})': "wait",
    'Request("http://x", headers={"X": also_slow()})': "wait",
}

REQUESTS = {
    'if n:\n    q = "http://x"\nwith urlopen(q) as r:\n    return r.read()': "not seen to begin",
    'for q in ("http://x",):\n    with urlopen(q) as r:\n        return r.read()': "not seen to begin",
    "from elsewhere import URL\n\nwith urlopen(URL) as r:\n    return r.read()": "not seen to begin",
    'for headers in ({"A": q},):\n    req = Request("http://x", data=b"1", headers=headers)\n    with urlopen(req) as r:\n        return r.read()': "headers=",
    'req = Request("http://x", data=b"1", headers=Config.headers)\nwith urlopen(req) as r:\n    return r.read()': "Content-Type",
    'req = Request("http://x")\nnote(req)\nwith urlopen(req) as r:\n    return r.read()': "more than one call, or not opened",
    'req = Request("http://x")\nwith urlopen(req) as r:\n    return [r.read(), req.full_url]': "more than one call, or not opened",
    'while urlopen(Request(f"http://x/{slow()}")).status:\n    n = 1': "wait",
    'req = Request("http://x")\nwhile urlopen(req).status:\n    n = 1': "more than one call, or not opened",
    'req = Request("http://x")\nwith urlopen(req) as r:\n    note(r.status)\nreq = Request("http://y")\nnote(req)': "more than one call, or not opened",
    'req = Request("http://x", b"1", {"A": """\n"""})\nwith urlopen(req) as r:\n    return r.read()': "too long",
    'req = Request("http://x")\nn = n + 1\nwith urlopen(req) as r:\n    return r.read()': "more than one call, or not opened",
    'req = Request("http://x")\nif n:\n    with urlopen(req) as r:\n        return r.read()': "more than one call, or not opened",
    'req = Request("http://x")\nfor _ in range(n):\n    with urlopen(req) as r:\n        note(r.read())': "more than one call, or not opened",
    'req = Request("http://x")\nreq.method = "PUT"\nwith urlopen(req) as r:\n    return r.read()': "more than one call, or not opened",
    'req = Request("http://x")\nreq.add_unredirected_header("A", "b")\nwith urlopen(req) as r:\n    return r.read()': "more than one call, or not opened",
    'req = Request("http://x")\nreq.add_header("Accept-encoding", "gzip")\nwith urlopen(req) as r:\n    return r.read()': "encoding itself",
    'req = Request("http://x", headers={"A": q})\nreq.add_header("a", "b")\nwith urlopen(req) as r:\n    return r.read()': "written in two ways",
    'req = Request("http://x")\nreq.add_header(q, "b")\nwith urlopen(req) as r:\n    return r.read()': "name of a header",
    'req = Request("http://x")\nreq.add_header("A", n)\nwith urlopen(req) as r:\n    return r.read()': "value of a header",
    'req = Request("http://x")  # the shop\nwith urlopen(req) as r:\n    return r.read()': "comment in its request",
    'headers = {"A": q}\nif n:\n    headers["Content-Type"] = q\nreq = Request("http://x", data=b"1", headers=headers)\nwith urlopen(req) as r:\n    return r.read()': "Content-Type",
    'headers = {"A": q}\nif n:\n    headers = {"Content-Type": q}\nreq = Request("http://x", data=b"1", headers=headers)\nwith urlopen(req) as r:\n    return r.read()': "Content-Type",
    'req = Request("http://x")\nwith urlopen(url=req) as r:\n    return r.read()': "more than one call, or not opened",
    'req = Request("http://x") if n else q\nwith urlopen(req) as r:\n    return r.read()': "not seen to begin",
}

USES = {
    'return note(urlopen("http://x"))': "handed on",
    'with urlopen("http://x") as r:\n    return note(r)': "handed on",
    'with urlopen("http://x") as r:\n    return [line for line in r]': "handed on",
    'with urlopen("http://x") as r:\n    return r.read(10)': "read of the response",
    'with urlopen("http://x") as r:\n    return r.readline()': "readline of the response",
    'with urlopen("http://x") as r:\n    return [r.read(), r.read()]': "more than once",
    'with urlopen("http://x") as r:\n    return [r.read(), json.load(r)]': "more than once",
    'with urlopen("http://x") as r:\n    while n:\n        n = len(r.read())': "in a loop",
    'with urlopen("http://x") as r:\n    try:\n        return r.read()\n    except OSError:\n        return 1': "another `try`",
    'try:\n    r = urlopen("http://x")\nexcept ValueError:\n    return 1\nreturn r.read()': "not seen everywhere",
    'with urlopen("http://x") as r:\n    return json.load(r, parse_int=str)': "handed on",
    'with urlopen("http://x") as r:\n    return json.load(fp=r)': "handed on",
    'with urlopen("http://x") as r:\n    return dict(r.headers)': "headers of the response",
    'with urlopen("http://x") as r:\n    return r.headers["ETag"]': "headers of the response",
    'with urlopen("http://x") as r:\n    return r.headers.items()': "all headers",
    'with urlopen("http://x") as r:\n    return r.headers.get(q)': "which header",
    'with urlopen("http://x") as r:\n    return r.headers.get("Content-Length")': "which header",
    'with urlopen("http://x") as r:\n    return r.getheader("Set-Cookie")': "which header",
    'with urlopen("http://x") as r:\n    return r.info().get("A")': "info of the response",
    'with urlopen("http://x") as r:\n    return r.geturl()': "geturl of the response",
    'with urlopen("http://x") as r:\n    return r.url': "url of the response",
    'with urlopen("http://x") as r:\n    return r.fp': "fp of the response",
    'with urlopen("http://x") as r:\n    found = r.read()\nreturn [found, r.status]': "not seen everywhere",
    'with urlopen("http://x") as r, open(q) as f:\n    return r.read()': "several things",
    'with urlopen("http://x") as r: return r.read()': "in the same line",
    'with urlopen("http://x") as given["r"]:\n    return 1': "no name",
    'r = urlopen("http://x")\nif n:\n    r = urlopen("http://y")\nreturn r.read()': "not seen everywhere",
    'if n:\n    r = urlopen("http://x")\nelse:\n    r = urlopen("http://y")\nreturn r.read()': "not seen everywhere",
    'for _ in range(n):\n    if n > 3:\n        note(r.status)\n    r = urlopen("http://x")': "not seen everywhere",
    'r = urlopen("http://x")\nfor r in range(n):\n    note(r)': "bound to something else",
    'with urlopen("http://x") as r:\n    return [r.status for r in given]': "bound to something else",
    'with urlopen("http://x") as r:\n    try:\n        return r.status\n    except ValueError as r:\n        return 1': "bound to something else",
    'q = urlopen("http://x")\nreturn q.read()': "a parameter too",
    'with urlopen("http://x") as r:\n    return (lambda: r.status)()': "not seen everywhere",
    'a = b = urlopen("http://x")\nreturn a.read()': "handed on",
    'return urlopen("http://x") or None': "handed on",
    'return urlopen("http://x").readlines()': "readlines of the response",
}

CATCHES = {
    "except OSError:\n    return 1": "OSError",
    "except TimeoutError:\n    return 1": "TimeoutError",
    "except socket.timeout:\n    return 1": "timeout",
    "except (urllib.error.HTTPError, OSError):\n    return 1": "OSError",
    "except urllib.error.URLError:\n    return 1\nexcept TimeoutError:\n    return 2": "TimeoutError",
    "except urllib.error.URLError:\n    return 1\nexcept requests.RequestException:\n    return 2": "requests.",
    "except urllib.error.ContentTooShortError:\n    return 1": "ContentTooShortError has no equal",
    "except urllib.error.HTTPError as e:\n    return e.read(9)": "text of the error",
    "except urllib.error.HTTPError as e:\n    return [e.read(), e.read()]": "text of the error",
    "except urllib.error.HTTPError as e:\n    return json.load(e)": "text of the error",
    "except urllib.error.URLError as e:\n    return e.read()": "text of the error",
    "except urllib.error.HTTPError as e:\n    return e.headers['A']": "text of the error",
    "except urllib.error.HTTPError as e:\n    return note(e)": "text of the error",
    "except urllib.error.HTTPError as e:\n    return 'Not Found' in str(e)": "text of the error",
    "except urllib.error.URLError as e:\n    return e.code": "text of the error",
    "except urllib.error.URLError as e:\n    return isinstance(e.reason, TimeoutError)": "text of the error",
    "except urllib.error.URLError as e:\n    return 'timed out' in str(e.reason)": "text of the error",
    "except urllib.error.URLError as e:\n    return getattr(e, 'code', 0)": "text of the error",
    "except (urllib.error.URLError, ValueError) as e:\n    return f'{e.reason}'": "text of the error",
    "except Exception as e:\n    return getattr(e, 'code', 0)": "text of the error",
    "except Exception as e:\n    return f'{e.reason}'": "text of the error",
    "except note as e:\n    return 1": "cannot be told",
}

SLOW = 'class Config:\n    path = "/x"\n    headers = {"A": "b"}\n\n\ndef again(n):\n    return again(n - 1) if n else "http://x"\n\n\ndef also_slow():\n    return "a" + slow()\n\n\ndef sometimes(kind):\n    headers = {"A": "b"}\n    if kind:\n        headers["Content-Type"] = kind\n    return headers\n\n\ndef compressed():\n    return {"Accept-Encoding": "gzip"}\n\n\ndef slow():\n    return requests.get("http://y").text\n\n\ndef make(url):\n    return Request(url)\n\n\nREQUEST = Request("http://x")\n'
PARAMETERS = "q: str, n: int, given: dict = {}"


def stays(body: str, why: str, before: str = "", parameters: str = PARAMETERS) -> None:
    outcome = migrated(body, before, parameters=parameters)
    assert "raise_for_status" not in outcome.text, outcome.text
    assert any(why in reason for reason in outcome.reasons), outcome.reasons


@pytest.mark.parametrize("url", URLS)
def test_what_may_be_no_http(url: str) -> None:
    stays(f"with urlopen({url}) as r:\n    return r.read()", URLS[url], SLOW)


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_what_would_be_sent_differently(arguments: str) -> None:
    stays(f"with urlopen({arguments}) as r:\n    return r.read()", ARGUMENTS[arguments], SLOW)


@pytest.mark.parametrize("body", REQUESTS)
def test_a_request_that_is_more_than_its_call(body: str) -> None:
    stays(body, REQUESTS[body], SLOW)


@pytest.mark.parametrize("body", USES)
def test_a_use_of_the_response_without_an_equal(body: str) -> None:
    stays(body, USES[body])


@pytest.mark.parametrize("clauses", CATCHES)
def test_a_clause_without_an_equal(clauses: str) -> None:
    stays(f'try:\n    with urlopen("http://x") as r:\n        return r.read()\n{clauses}', CATCHES[clauses])


@pytest.mark.parametrize("clauses", CATCHES)
def test_a_clause_without_an_equal_in_a_caller(clauses: str) -> None:
    helper = 'def ask():\n    with urlopen("http://x") as r:\n        return r.read()\n'
    stays(f"try:\n    return ask()\n{clauses}", CATCHES[clauses], helper)


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ("note(q)", ""),
        ("urlopen(q)", "may raise errors of urllib"),
        ("unknown(q)", "may raise errors of urllib"),
    ],
)
def test_an_error_of_another_call_keeps_its_attributes(held: str, why: str) -> None:
    body = f'try:\n    {held}\n    with urlopen("http://x") as r:\n        return r.read()\nexcept urllib.error.HTTPError as e:\n    return e.code'
    before = "from somewhere import unknown\n"
    if why:
        stays(body, why, before)
    else:
        assert "e.response.status_code" in migrated(body, before).text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("urllib.request.install_opener(urllib.request.build_opener())", "an opener of its own"),
        ("socket.setdefaulttimeout(3)", "a time limit for all sockets"),
        ("import ssl\n\nssl._create_default_https_context = ssl._create_unverified_context", "certificates"),
    ],
)
def test_what_changes_all_calls_of_the_project(text: str, why: str) -> None:
    source = program('with urlopen("http://x") as r:\n    return r.read()')
    outcome = migrate({**source, "app/setup.py": f"import socket\nimport urllib.request\n{text}\n"})
    assert "urlopen(" in outcome.text
    assert any(why in reason for reason in outcome.reasons)


@pytest.mark.parametrize("line", ["import gzip", "from zlib import decompress"])
def test_a_module_that_decompresses_bodies_itself(line: str) -> None:
    stays('with urlopen("http://x") as r:\n    return r.read()', "decompresses", line)


@pytest.mark.parametrize(
    "target",
    [
        "urllib.request.urlopen",
        "app.routes.urlopen",
        "http.client.HTTPConnection",
        "socket.create_connection",
    ],
)
def test_what_tests_replace(target: str) -> None:
    test = f'from unittest.mock import patch\n\n\n@patch("{target}")\ndef test_it(_):\n    pass\n'
    source = program('with urlopen("http://x") as r:\n    return r.read()')
    outcome = migrate({**source, "tests/test_it.py": test})
    assert "urlopen(" in outcome.text
    assert any("tests replace" in reason for reason in outcome.reasons)


@pytest.mark.parametrize(("library", "stays"), [("vcr", True), ("httpretty", True), ("responses", False)])
def test_a_library_that_answers_in_tests(library: str, stays: bool) -> None:
    source = program('with urlopen("http://x") as r:\n    return r.read()')
    outcome = migrate({**source, "tests/test_it.py": f"import {library}\n"})
    assert ("raise_for_status" not in outcome.text) is stays


def test_a_handler_of_the_application_for_errors_of_urllib() -> None:
    source = program('with urlopen("http://x") as r:\n    return r.read()')
    main = """
        from urllib.error import HTTPError

        from fastapi import FastAPI

        app = FastAPI()


        @app.exception_handler(HTTPError)
        def handle(request, error):
            return error.code
    """
    outcome = migrate({**source, "app/main.py": main})
    assert any("an exception handler is registered" in reason for reason in outcome.reasons)


def test_a_first_version_of_httpx_gives_nothing_back() -> None:
    source = program('return urlopen("http://x").read()')
    assert "raise_for_status" not in migrate(source, declared="httpx<0.25").text
    assert "raise_for_status" in migrate(source, declared="httpx>=0.25").text


def test_a_response_of_another_connection_stays() -> None:
    outcome = migrated(
        'c = http.client.HTTPConnection("x")\nc.request("GET", "/")\nreturn c.getresponse().read()',
        "import http.client",
    )
    assert "http_client" not in outcome.text
