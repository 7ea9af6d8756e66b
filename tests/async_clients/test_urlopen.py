"""`urlopen` and the call of httpx against one server: same answers, same errors, same defaults."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import run
from servers import http_server
from urlopen_programs import migrated

BASE = 'base = f"http://127.0.0.1:{port}"\n'

SENT = {
    "a URL of a class": 'with urlopen(f"{Config.host}:{port}/echo") as r:\n    return json.load(r)',
    "a URL that goes on": 'url: str = HOST\nurl += f":{port}/echo"\nwith urlopen(url) as r:\n    return json.load(r)',
    "a URL that is cut": 'url = f"{HOST}:{port}/echo/"\nwith urlopen(url.rstrip("/")) as r:\n    return json.load(r)',
    "a URL that a function may replace": 'with urlopen(or_own(HOST) + f":{port}/echo") as r:\n    return json.load(r)',
    "headers that have a type": 'headers: dict[str, str] = {"Content-Type": q}\nwith urlopen(Request(f"{base}/echo", data=b"1", headers=headers)) as r:\n    return json.load(r)',
    "a URL": 'with urlopen(f"{base}/echo?a=1&b=%20") as r:\n    return json.load(r)',
    "a time limit": 'with urlopen(f"{base}/echo", timeout=2) as r:\n    return json.load(r)',
    "all by their place": 'with urlopen(f"{base}/echo", None, 2) as r:\n    return json.load(r)',
    "a form by its place": 'with urlopen(f"{base}/echo", urllib.parse.urlencode({"a": q}).encode()) as r:\n    return json.load(r)',
    "a request in the call": 'with urlopen(Request(f"{base}/echo", headers={"X-Key": q}), timeout=2) as r:\n    return json.load(r)',
    "a request before it": 'req = Request(f"{base}/echo", headers={"X-Key": q, "Accept-Language": "de"})\nwith urlopen(req, timeout=2) as r:\n    return json.load(r)',
    "headers that are added": 'req = Request(f"{base}/echo")\nreq.add_header("X-Key", q)\nreq.add_header("x-more", "1")\nwith urlopen(req) as r:\n    return json.load(r)',
    "headers beside added ones": 'req = Request(f"{base}/echo", headers={"X-Key": q})\nreq.add_header("X-More", "1")\nwith urlopen(req) as r:\n    return json.load(r)',
    "headers of a name": 'headers = {"X-Key": q}\nreq = Request(f"{base}/echo", headers=headers)\nreq.add_header("X-More", "1")\nwith urlopen(req) as r:\n    return json.load(r)',
    "a body of JSON": 'req = Request(f"{base}/echo", data=json.dumps({"q": q}).encode(), headers={"Content-Type": "application/json"})\nwith urlopen(req) as r:\n    return json.load(r)',
    "a body that names no type": 'req = Request(f"{base}/echo", data=b"a=1&b=2", method="POST")\nwith urlopen(req) as r:\n    return json.load(r)',
    "a body beside headers without a type": 'req = Request(f"{base}/echo", data=b"a=1", headers={"X-Key": q})\nwith urlopen(req) as r:\n    return json.load(r)',
    "headers of a function": 'with urlopen(Request(f"{base}/echo", data=b"1", headers=typed(q))) as r:\n    return json.load(r)',
    "headers that grow": 'headers = {"Content-Type": "a/b"}\nif n:\n    headers["X-Key"] = q\nwith urlopen(Request(f"{base}/echo", data=b"1", headers=headers)) as r:\n    return json.load(r)',
    "a header that is added again": 'req = Request(f"{base}/echo", headers={"X-Key": "old"})\nreq.add_header("X-Key", q)\nwith urlopen(req) as r:\n    return json.load(r)',
    "a body for a URL of unknown kind": 'url = note(base) + "/echo"\nwith urlopen(Request(url, data=b"a=1")) as r:\n    return json.load(r)',
    "POST without a body": 'with urlopen(Request(f"{base}/echo", method="POST")) as r:\n    return json.load(r)',
    "PUT": 'with urlopen(Request(f"{base}/echo", data=b"1", method="PUT")) as r:\n    return json.load(r)',
    "PATCH": 'with urlopen(Request(f"{base}/echo", b"[]", {"Content-Type": "application/json"}, method="PATCH")) as r:\n    return json.load(r)',
    "DELETE": 'with urlopen(Request(f"{base}/echo", method="DELETE")) as r:\n    return json.load(r)',
    "DELETE with a body": 'with urlopen(Request(f"{base}/echo", data=b"1", method="DELETE")) as r:\n    return json.load(r)',
    "GET with a body": 'with urlopen(Request(f"{base}/echo", data=b"{}", headers={"Content-Type": "application/json"}, method="GET")) as r:\n    return json.load(r)',
    "HEAD": 'with urlopen(Request(f"{base}/status/200", method="HEAD")) as r:\n    return [r.status, r.headers.get("X-Left")]',
    "GET behind a redirect": 'with urlopen(f"{base}/redirect") as r:\n    return [r.status, json.load(r)["path"]]',
    "POST behind a redirect": 'with urlopen(f"{base}/redirect", b"a=1") as r:\n    return json.load(r)["method"]',
}

READ = {
    "json.load": 'with urlopen(f"{base}/echo") as r:\n    return json.load(r)["path"]',
    "json.loads": 'with urlopen(f"{base}/echo") as r:\n    return json.loads(r.read())["path"]',
    "decoded": 'with urlopen(f"{base}/text") as r:\n    return r.read().decode("utf-8")',
    "decoded as it says": 'with urlopen(f"{base}/text") as r:\n    return r.read().decode(r.headers.get_content_charset() or "latin-1")',
    "decoded as it says, or else": 'with urlopen(f"{base}/echo") as r:\n    return r.headers.get_content_charset("ascii") + r.read().decode()[:1]',
    "its length": 'with urlopen(f"{base}/text") as r:\n    return len(r.read())',
    "its status": 'with urlopen(f"{base}/status/{n}") as r:\n    return [r.status, r.getcode(), r.code, r.reason, r.msg]',
    "a header": 'with urlopen(f"{base}/status/200") as r:\n    return [r.headers.get("x-left"), r.getheader("X-Left"), r.getheader("No", "d"), r.headers.get("No")]',
    "unread": 'with urlopen(f"{base}/status/200"):\n    return "up"',
    "not named": 'urlopen(f"{base}/status/200")\nreturn "up"',
    "assigned": 'r = urlopen(f"{base}/echo")\nfound = json.load(r)\nreturn [r.status, found["path"]]',
    "in a chain": 'return urlopen(f"{base}/text").read().decode("utf-8")',
    "loaded in the call": 'return json.load(urllib.request.urlopen(f"{base}/echo", timeout=2))["path"]',
    "status in a chain": 'return urllib.request.urlopen(f"{base}/status/200").status == 200',
    "one behind the other": 'with urlopen(f"{base}/echo") as r:\n    a = json.load(r)["path"]\nwith urlopen(f"{base}/text") as r:\n    b = r.read().decode()\nreturn [a, b]',
    "one in the other": 'with urlopen(f"{base}/echo") as a:\n    with urlopen(f"{base}/text") as b:\n        return [json.load(a)["path"], b.read().decode()]',
    "names used again": 'req = Request(f"{base}/echo")\nresp = urlopen(req)\na = json.loads(resp.read())["path"]\nreq = Request(f"{base}/text", headers={"A": a})\nresp = urlopen(req)\nreturn [a, resp.read().decode()]',
    "a name of something else before": 'r = "text"\nr = urlopen(f"{base}/{r}")\nreturn r.read().decode()',
    "closed": 'r = urlopen(f"{base}/text")\nfound = r.read().decode()\nr.close()\nreturn found',
    "closed at once": 'urlopen(f"{base}/text", timeout=2).close()\nreturn "sent"',
    "written to the log first": 'req = Request(f"{base}/text")\nprint("asked", base)\nwith urlopen(req) as r:\n    return r.read().decode()',
    "in a loop": 'found = []\nfor path in ("echo", "text"):\n    with urlopen(f"{base}/{path}") as r:\n        found.append(r.read().decode()[:3])\nreturn found',
}

ERRORS = """
except urllib.error.HTTPError as e:
    return ["status", e.code, e.reason]
except (urllib.error.URLError, TimeoutError, ConnectionError):
    return ["connection"]
except ValueError:
    return ["value"]
"""

ONE_CLAUSE = """
except Exception:
    return ["failed"]
"""

FAILURES = {
    "300": 'with urlopen(f"{base}/status/300") as r:\n    return r.status',
    "304": 'with urlopen(f"{base}/status/304") as r:\n    return r.status',
    "404": 'with urlopen(f"{base}/status/404") as r:\n    return r.status',
    "503 in a chain": 'return urlopen(f"{base}/status/503").read().decode()',
    "503 for a POST": 'req = Request(f"{base}/status/503", data=json.dumps({"q": q}).encode())\nwith urlopen(req) as r:\n    return json.load(r)',
    "a redirect of a PUT": 'with urlopen(Request(f"{base}/redirect", method="PUT")) as r:\n    return r.status',
    "a redirect of a DELETE": 'with urlopen(Request(f"{base}/redirect", method="DELETE")) as r:\n    return r.status',
    "nobody listens": 'with urlopen("http://127.0.0.1:9/", timeout=2) as r:\n    return r.status',
    "no such host": 'with urlopen("http://nowhere.invalid/", timeout=2) as r:\n    return r.status',
    "dropped": 'with urlopen(f"{base}/drop", timeout=2) as r:\n    return r.status',
    "too slow": 'with urlopen(f"{base}/slow", timeout=0.1) as r:\n    return r.status',
    "not JSON": 'with urlopen(f"{base}/notjson") as r:\n    return json.load(r)',
    "not text": 'with urlopen(f"{base}/text") as r:\n    return r.read().decode("ascii")',
    "204 is fine": 'with urlopen(f"{base}/status/204") as r:\n    return r.status',
    "fine": 'with urlopen(f"{base}/echo") as r:\n    return r.status',
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http_server() as url:
        yield int(url.rpartition(":")[2])


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_is_the_same(name: str, port: int, tmp_path: Path) -> None:
    typed = 'HOST = "http://127.0.0.1"\n\n\nclass Config:\n    host = HOST\n\n\ndef or_own(url: str):\n    if not url:\n        url = "http://127.0.0.1"\n    return url\n\n\ndef typed(key: str):\n    headers = {"Content-Type": "a/b", "X-Key": key}\n    return headers'
    _agree(BASE + SENT[name], tmp_path, port, before=typed)


@pytest.mark.parametrize("n", [200, 201, 204])
@pytest.mark.parametrize("name", READ)
def test_a_response_is_read_the_same(name: str, n: int, port: int, tmp_path: Path) -> None:
    _agree(BASE + READ[name], tmp_path, port, "x", n)


@pytest.mark.parametrize("clauses", [ERRORS, ONE_CLAUSE])
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_caught_by_the_same_clause(name: str, clauses: str, port: int, tmp_path: Path) -> None:
    _agree(f"{BASE}try:\n{_deeper(FAILURES[name])}{clauses}", tmp_path, port)


CODES = {
    "the body of an error": "except urllib.error.HTTPError as e:\n    return [e.code, json.loads(e.read().decode())]",
    "the body of an error, tried": "except urllib.error.HTTPError as e:\n    try:\n        return json.loads(e.read())['reason']\n    except Exception:\n        return 'none'",
    "an error that is mapped": "except urllib.error.HTTPError as e:\n    raise HTTPException(e.code, e.msg)",
    "an error that is told": "except urllib.error.HTTPError as e:\n    return f'{e.code} {e.reason} {e.status}'",
    "an error with its cause": "except urllib.error.HTTPError as e:\n    raise HTTPException(502) from e",
    "an error that goes on": "except urllib.error.HTTPError as e:\n    if e.code == 404:\n        return None\n    raise HTTPException(503)",
}


@pytest.mark.parametrize("name", CODES)
def test_an_error_is_looked_at_the_same(name: str, port: int, tmp_path: Path) -> None:
    for status in (404, 500):
        body = f'{BASE}try:\n    with urlopen(f"{{base}}/status/{status}") as r:\n        return r.status\n{CODES[name]}'
        _agree(body, tmp_path / str(status), port)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_of_a_helper_is_caught_by_the_same_clause(name: str, port: int, tmp_path: Path) -> None:
    helper = f"def ask(port: int, q: str):\n{_deeper(BASE + FAILURES[name])}"
    _agree(f"try:\n    return ask(port, q){ERRORS}", tmp_path, port, before=helper)


def test_what_cannot_be_sent_fails_outside_of_the_same_try(port: int, tmp_path: Path) -> None:
    body = """
req = Request(f"{base}/echo", data=json.dumps(note({1})).encode(), headers={"Content-Type": "a/b"})
try:
    with urlopen(req) as r:
        return json.load(r)
except Exception:
    return "caught"
"""
    _agree(BASE + body.replace("note({1})", "{1: {2}}"), tmp_path, port)


def test_the_next_user_does_not_get_the_cookies_of_the_last_one(port: int, tmp_path: Path) -> None:
    body = 'urlopen(f"{base}/status/200")\nreturn json.load(urlopen(f"{base}/echo"))["headers"]'
    _agree(BASE + body, tmp_path, port, times=2)


def _agree(body: str, folder: Path, *args: object, before: str = "", times: int = 1) -> None:
    outcome = migrated(body, before)
    assert "await http_client" in outcome.text, (outcome.text, outcome.reasons)
    assert "urlopen(" not in outcome.text
    old = run(folder / "old", outcome.before, "call", *args, times=times)
    new = run(folder / "new", outcome.texts, "call", *args, times=times)
    assert new == old


def _deeper(body: str) -> str:
    return "\n".join(f"    {line}" for line in body.splitlines())
