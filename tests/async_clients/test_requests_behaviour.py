"""The old call and the new one against one server: same answers, same errors, same defaults."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import changed, migrate
from running import run
from servers import http_server

ERRORS = """
    except requests.HTTPError as error:
        return ["status", error.response.status_code]
    except requests.Timeout:
        return ["timeout"]
    except requests.ConnectionError:
        return ["connection"]
    except requests.RequestException:
        return ["other"]
"""

CALLS = {
    "HEAD behind a redirect": 'requests.head(f"{base}/redirect", allow_redirects=True).status_code',
    "redirects as they are": 'requests.get(f"{base}/redirect", allow_redirects=True).json()["path"]',
    "no files": 'requests.post(f"{base}/echo", data={"a": "1"}, files=None).json()["body"]',
    "get": 'requests.get(f"{base}/echo").json()',
    "params": 'requests.get(f"{base}/echo", {"q": "a b&c/ü~*", "n": 3, "f": 1.5}).json()',
    "params with None": 'requests.get(f"{base}/echo", params={"q": "x", "page": None}).json()',
    "params with bools": 'requests.get(f"{base}/echo", params={"dry": True, "n": 1}).json()',
    "list in params": 'requests.get(f"{base}/echo", params={"id": [1, 2]}).json()',
    "params None": 'requests.get(f"{base}/echo?a=1", params=None).json()',
    "json": 'requests.post(f"{base}/echo", json={"a": [1, "ü"], "b": None}).json()',
    "json positional": 'requests.post(f"{base}/echo", None, {"a": 1}).json()',
    "empty json": 'requests.post(f"{base}/echo", json={}).json()',
    "no json": 'requests.post(f"{base}/echo", json=None).json()',
    "form": 'requests.post(f"{base}/echo", data={"a": "1 ü", "b": 2}).json()',
    "form with None": 'requests.post(f"{base}/echo", data={"a": "1", "b": None}).json()',
    "form of lines with None": 'requests.post(\n    f"{base}/echo",\n    data={\n        "a": "1",\n        "b": None,\n        **{"c": "d"},\n    },\n).json()',
    "form with bools": 'requests.post(f"{base}/echo", data={"a": False}).json()',
    "text body": 'requests.post(f"{base}/echo", data="héllo").json()',
    "bytes body": 'requests.put(f"{base}/echo", data=b"\\x00\\x01").json()',
    "body of delete": 'requests.delete(f"{base}/echo", json={"a": 1}).json()',
    "headers": 'requests.get(f"{base}/echo", headers={"X-Key": "k", "Accept-Language": "de"}).json()',
    "headers with None": 'requests.get(f"{base}/echo", headers={"X-Key": "k", "X-No": None}).json()',
    "pair as auth": 'requests.get(f"{base}/echo", auth=("u", "p")).json()',
    "HTTPBasicAuth": 'requests.get(f"{base}/echo", auth=requests.auth.HTTPBasicAuth("u", "p")).json()',
    "files": 'requests.post(f"{base}/echo", files={"f": ("a.csv", b"1,2", "text/csv")}, data={"k": "v"}).json()',
    "patch": 'requests.patch(f"{base}/echo", json=[1]).json()',
    "options": 'requests.options(f"{base}/echo").status_code',
    "request": 'requests.request("PUT", f"{base}/echo", json=1).json()',
    "follows redirects": 'requests.get(f"{base}/redirect").json()["path"]',
    "head does not follow": 'requests.head(f"{base}/redirect").status_code',
    "head that follows": 'requests.head(f"{base}/redirect", allow_redirects=True).status_code',
    "get that does not follow": 'requests.get(f"{base}/redirect", allow_redirects=False).status_code',
    "timeout pair": 'requests.get(f"{base}/echo", timeout=(1, 2)).status_code',
    "ok of 200": 'requests.get(f"{base}/status/200").ok',
    "ok of 404": 'requests.get(f"{base}/status/404").ok',
    "not ok": 'not requests.get(f"{base}/status/500").ok',
    "reason": 'requests.get(f"{base}/status/404").reason',
    "url": 'requests.get(f"{base}/redirect").url[-5:]',
    "text": 'requests.get(f"{base}/text").text',
    "content": 'len(requests.get(f"{base}/text").content)',
    "a header": 'requests.get(f"{base}/status/200").headers["x-left"]',
    "a cookie": 'requests.get(f"{base}/status/200").cookies["sid"]',
    "verify=False": 'requests.get(f"{base}/echo", verify=False).json()',
    "stream=False": 'requests.get(f"{base}/echo", stream=False).json()',
}

BODIES = {
    "truth": """
        r = requests.get(f"{base}/status/{code}")
        if r:
            return "up"
        return "down" if not r else "?"
    """,
    "codes": """
        r = requests.get(f"{base}/status/{code}")
        return [r.status_code == requests.codes.not_found, r.ok and not r.is_redirect]
    """,
    "other names of codes": """
        r = requests.get(f"{base}/status/{code}")
        return [r.status_code == requests.codes.all_good, r.status_code == requests.codes.NOT_FOUND]
    """,
    "whether it was sent on": """
        r = requests.get(f"{base}/redirect")
        return [code, len(r.history), bool(r.history), "sent on" if r.history else "direct"]
    """,
    "two of one name": """
        r = requests.get(f"{base}/echo")
        first = r.json()["path"]
        r = requests.get(f"{base}/status/{code}")
        return [first, r.status_code, r.reason]
    """,
    "another value of that name behind it": """
        page = ""
        if code != 500:
            response = requests.get(f"{base}/status/{code}")
            if response.ok:
                page = response.reason
        response = str(code) + page
        return [response, response.upper()]
    """,
    "another value of that name above it": """
        r = str(code)
        told = [r, r.upper()]
        for number in range(2):
            r = requests.get(f"{base}/status/{code}")
            told.append(r.ok)
            r = number
            told.append(r)
        with open("/dev/null") as r:
            told.append(r.name)
        return told
    """,
    "its content, by the same name": """
        r = requests.get(f"{base}/status/{code}")
        if not r.ok:
            r = r.reason
            return r.upper()
        told = [r.ok]
        r = r.text
        return [told, r.upper()]
    """,
    "a branch that leaves with another value of that name": """
        r = requests.get(f"{base}/status/{code}")
        if r.ok:
            r = r.text
            return r.upper()
        else:
            r: str = r.reason
            if code == 404:
                return r.upper()
            raise ValueError(r.upper())
    """,
    "a branch of a `try` that leaves with another value": """
        try:
            r = requests.get(f"{base}/status/{code}")
            if not r.ok:
                r = r.reason
                return r.upper()
            return [r.ok, r.json()]
        except ValueError:
            return "no JSON"
    """,
    "a loop with that name behind it": """
        r = requests.get(f"{base}/status/{code}")
        told = [r.reason]
        for r in range(3):
            told.append(r)
        return told
    """,
    "None first": """
        r = None
        if code != 404:
            r = requests.get(f"{base}/status/{code}")
        return r is not None and r.ok
    """,
    "truth of what may be None": """
        r = None
        if code != 404:
            r = requests.get(f"{base}/status/{code}")
        found = [bool(r), r.status_code if r else 0, not not r, 1 if not r and code else 2, (not r) is (code == 500)]
        return [*found, 1 if r and r.status_code < 300 else 2, 1 if code == 500 or r else 2]
    """,
    "closed": """
        r: requests.Response = requests.get(f"{base}/status/{code}")
        r.encoding = "utf-8"
        text = r.text
        r.close()
        return text
    """,
    "walrus": """
        if (r := requests.get(f"{base}/status/{code}")).status_code == 200:
            return r.json()
        return r.status_code
    """,
    "what gets its name, read at once": """
        if (r := requests.get(f"{base}/status/{code}")).ok:
            return [r.json(), (again := requests.get(f"{base}/status/{code}")).reason, again.ok]
        return [r.status_code, not (last := requests.get(f"{base}/status/{code}")).ok, last.reason]
    """,
    "what gets its name, as a truth": """
        if (r := requests.get(f"{base}/status/{code}")) and r.status_code < 300:
            return r.json()
        found = []
        while not (again := requests.get(f"{base}/status/{code if len(found) < 2 else 200}")):
            found.append(again.status_code)
        return [found, r.status_code, (last := requests.get(f"{base}/status/{code}")) is None, last.ok]
    """,
    "an encoding that is set before the text": """
        r = requests.get(f"{base}/status/{code}")
        if r.encoding is None or r.encoding.lower() != "utf-8":
            r.encoding = "utf-8"
        return r.text
    """,
}

FAILURES = {
    "404": 'r = requests.get(f"{base}/status/404")',
    "503": 'r = requests.get(f"{base}/status/503")',
    "nobody listens": 'r = requests.get("http://127.0.0.1:9/", timeout=2)',
    "no such host": 'r = requests.get("http://nowhere.invalid/", timeout=2)',
    "dropped": 'r = requests.get(f"{base}/drop", timeout=2)',
    "too slow": 'r = requests.get(f"{base}/slow", timeout=0.1)',
    "no scheme": 'r = requests.get("127.0.0.1/x", timeout=2)',
    "not JSON": 'r = requests.get(f"{base}/notjson").json()',
    "fine": 'r = requests.get(f"{base}/echo")',
}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server() as url:
        yield url


@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_the_same(name: str, base: str, tmp_path: Path) -> None:
    _agree(f'@router.get("/")\ndef call(base: str):\n    return {CALLS[name]}\n', tmp_path, base)


@pytest.mark.parametrize("code", [200, 404, 500])
@pytest.mark.parametrize("name", BODIES)
def test_a_response_is_read_the_same(name: str, code: int, base: str, tmp_path: Path) -> None:
    body = "    ".join(["", *changed(BODIES[name]).splitlines(keepends=True)])
    _agree(f'@router.get("/")\ndef call(base: str, code: int):\n{body}', tmp_path, base, code)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_caught_by_the_same_clause(name: str, base: str, tmp_path: Path) -> None:
    check = "" if ".json()" in FAILURES[name] else "\n        r.raise_for_status()"
    _agree(
        f'@router.get("/")\ndef call(base: str):\n    try:\n        {FAILURES[name]}{check}{ERRORS}    return ["fine"]\n',
        tmp_path,
        base,
    )


@pytest.mark.parametrize("path", ["status/404", "status/503", "notjson", "echo"])
def test_a_failure_is_caught_by_the_same_clause_around_the_response_alone(
    path: str, base: str, tmp_path: Path
) -> None:
    _agree(
        f'@router.get("/")\ndef call(base: str):\n    r = requests.get(f"{{base}}/{path}")\n'
        f'    try:\n        r.raise_for_status()\n        r.json(){ERRORS}    return ["fine"]\n',
        tmp_path,
        base,
    )


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_of_a_helper_is_caught_by_the_same_clause(name: str, base: str, tmp_path: Path) -> None:
    check = "" if ".json()" in FAILURES[name] else "\n    r.raise_for_status()"
    program = (
        f"def ask(base):\n    {FAILURES[name]}{check}\n    return r\n\n\n" if ".json()" in FAILURES[name] else
        f"def ask(base):\n    {FAILURES[name]}{check}\n    return r.status_code\n\n\n"
    )  # fmt: skip
    handler = (
        '@router.get("/")\ndef call(base: str):\n    try:\n        ask(base)'
        + ERRORS
        + '    return ["fine"]\n'
    )
    _agree(program + handler, tmp_path, base)


def test_the_next_user_does_not_get_the_cookies_of_the_last_one(base: str, tmp_path: Path) -> None:
    source = """
        @router.get("/")
        def call(base: str):
            requests.get(f"{base}/status/200")
            return requests.get(f"{base}/echo").json()["headers"]
    """
    _agree(source, tmp_path, base, times=2)


def _agree(source: str, folder: Path, *args: object, times: int = 1) -> None:
    outcome = migrate(source)
    assert "await http_client" in "".join(outcome.texts.values()), (outcome.text, outcome.reasons)
    old = run(folder / "old", outcome.before, "call", *args, times=times)
    new = run(folder / "new", outcome.texts, "call", *args, times=times)
    assert new == old
