"""Clients that a function makes for itself, without a `with`: open to their last use, or left as they are."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_programs import migrate, routes
from running import run
from servers import http_server


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with http_server() as url:
        yield url


TURNS = {
    "set up, then asked": """
        s = requests.Session()
        s.headers.update({"X-Key": f"of {base}"})
        s.auth = ("u", "p")
        answer = s.get(f"{base}/echo", params={"q": "a"}, timeout=3)
        answer.raise_for_status()
        return answer.json()
        """,
    "asked twice, with its cookies": """
        s = requests.session()

        # log in
        s.post(f"{base}/status/200", data={"a": "1"})

        answer = s.get(f"{base}/echo")  # with the cookie
        return [answer.json(), answer.ok]
        """,
    "to the end": """
        s = requests.Session()
        return s.get(f"{base}/echo").json()
        """,
    "on some paths": """
        s = requests.Session()
        if len(base) > 3:
            found = s.get(f"{base}/status/404")
        else:
            found = s.get(f"{base}/status/500")
        return found.status_code
        """,
    "two, used in turn": """
        a = requests.Session()
        a.headers["X-Key"] = "a"
        first = a.get(f"{base}/echo").json()
        b = requests.Session()
        second = b.get(f"{base}/echo").json()
        third = a.get(f"{base}/echo").json()
        fourth = b.get(f"{base}/status/404").status_code
        return [first, second, third, fourth]
        """,
    "in a loop": """
        found = []
        for number in (1, 2):
            s = requests.Session()
            for path in ("echo", "text"):
                found.append(s.get(f"{base}/{path}", params={"n": number}).text)
        return found
        """,
    "below a clause": """
        try:
            s = requests.Session()
            s.headers["X-Key"] = "k"
            s.get(f"{base}/slow", timeout=0.1)
        except requests.Timeout:
            raise HTTPException(504)
        """,
    "closed at its end": """
        s = requests.Session()
        found = s.get(f"{base}/echo").json()
        s.close()
        return found
        """,
    "closed in a clause": """
        s = requests.Session()
        try:
            found = s.get(f"{base}/echo")
            return found.json()
        finally:
            s.close()
        """,
    "closed in a clause behind others": """
        client = httpx.Client(timeout=0.1)
        try:
            found = client.get(f"{base}/slow")
        except httpx.TimeoutException:
            return "late"
        finally:
            client.close()
        return found.json()
        """,
    "of httpx": """
        client = httpx.Client(base_url=base, headers={"X-Key": "k"}, timeout=5)
        found = client.get("/redirect")
        client.close()
        return [found.status_code, found.has_redirect_location]
        """,
    "beside files": """
        token = f"of {Path('token.txt').read_text()}"
        s = requests.Session()
        s.headers["X-Token"] = token
        found = s.get(f"{base}/echo")
        with open("copy.json", "w") as file:
            file.write(found.text)
        return found.json()
        """,
    "a setting that is read from a file": """
        s = requests.Session()
        s.headers["X-Token"] = f"of {Path('token.txt').read_text()}"
        return s.get(f"{base}/echo").json()
        """,
}


@pytest.mark.parametrize("name", TURNS)
def test_a_client_that_is_made_for_a_call(
    name: str, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("token.txt").write_text("secret")
    outcome = migrate(routes(TURNS[name]))
    assert "    async with http" in outcome.text, outcome.reasons
    assert "close()" not in outcome.text
    assert "finally" not in outcome.text
    old = run(tmp_path / "old", outcome.before, "call", base, times=2)
    assert run(tmp_path / "new", outcome.texts, "call", base, times=2) == old


def test_what_reads_the_answer_stands_outside() -> None:
    body = migrate(routes(TURNS["asked twice, with its cookies"])).text.partition("async def call")[2]
    assert body == (
        "(base: str):\n"
        "    async with http_session() as s:\n"
        "        # log in\n"
        '        await s.post(f"{base}/status/200", data={"a": "1"})\n'
        "\n"
        '        answer = await s.get(f"{base}/echo")  # with the cookie\n'
        "    return [answer.json(), not answer.is_error]\n"
    )


STAYS = {
    "bound again": "s = requests.Session()\na = s.get(base).text\ns = requests.Session()\nreturn a + s.get(base).text\n",
    "another name": "s = requests.Session()\nt = s\nreturn t.get(base).text\n",
    "used where it may be bound": "if base:\n    s = requests.Session()\nreturn s.get(base).text\n",
    "used in the next round": "for n in (1, 2):\n    if n > 1:\n        return s.get(base).text\n    s = requests.Session()\n    s.get(base)\n",
    "captured": "s = requests.Session()\ndef ask():\n    return s.get(base).text\nreturn ask()\n",
    "captured by a lambda": "s = requests.Session()\nask = lambda: s.get(base).text\nreturn ask()\n",
    "deleted": "s = requests.Session()\na = s.get(base).text\ndel s\nreturn a\n",
    "global": "global s\ns = requests.Session()\nreturn s.get(base).text\n",
    "given back": "s = requests.Session()\ns.get(base)\nreturn json.dumps(s)\n",
    "kept": "s = requests.Session()\nKEPT.append(s)\nreturn s.get(base).text\n",
    "streamed": "s = requests.Session()\nr = s.get(base, stream=True)\nreturn b''.join(r.iter_content(9))\n",
    "with adapters": 's = requests.Session()\ns.mount("http://", requests.adapters.HTTPAdapter(max_retries=3))\nreturn s.get(base).text\n',
    "with settings that have no equal": "s = requests.Session()\ns.verify = False\nreturn s.get(base).text\n",
    "closed in a clause with more": "s = requests.Session()\ntry:\n    return s.get(base).text\nfinally:\n    s.close()\n    print(base)\n",
    "closed in a clause with a comment": "s = requests.Session()\ntry:\n    return s.get(base).text\nfinally:\n    # done\n    s.close()\n",
    "closed on some paths": "s = requests.Session()\nfound = s.get(base).text\nif found:\n    s.close()\nreturn found\n",
    "closed, and then asked": "s = requests.Session()\ns.close()\nreturn s.get(base).text\n",
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_a_client_that_cannot_be_followed_stays(name: str) -> None:
    outcome = migrate(routes(STAYS[name], "KEPT = []\ns = None\n"))
    assert "AsyncClient" not in "".join(outcome.texts.values())
    assert "http_session" not in outcome.text
    assert "run_in_threadpool" in outcome.text
