"""What becomes of `urlopen`, as people read it, and the differences that the finding states."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import textwrap

import pytest
from client_programs import migrate
from urlopen_programs import migrated, program

SHAPES = {
    "the request goes into the call": (
        """
        req = Request("http://x", headers={"A": q})
        with urlopen(req, timeout=5) as resp:
            return resp.read()
        """,
        """
        resp = await http_client().get("http://x", headers={"A": q}, timeout=5)
        resp.raise_for_status()
        return resp.content
        """,
    ),
    "nothing is left of a body that does nothing": (
        """
        with urlopen("http://x"):
            pass
        with urlopen("http://y") as seen:
            seen.read()
        with urlopen("http://z") as told:
            told.read()  # to the end
        return q
        """,
        """
        response = await http_client().get("http://x")
        response.raise_for_status()
        seen = await http_client().get("http://y")
        seen.raise_for_status()
        told = await http_client().get("http://z")
        told.raise_for_status()
        told.content  # to the end
        return q
        """,
    ),
    "what is alone in its block stays": (
        """
        with urlopen("http://x") as resp:
            if q:
                resp.read()
        return q
        """,
        """
        resp = await http_client().get("http://x")
        resp.raise_for_status()
        if q:
            resp.content
        return q
        """,
    ),
    "a comment stays where it was": (
        """
        # ask the shop
        req = Request("http://x")
        try:
            with urlopen(req) as resp:  # noqa: S310
                # all of it
                return resp.read()
        except urllib.error.URLError:
            return None
        """,
        """
        # ask the shop
        try:
            resp = await http_client().get("http://x")  # noqa: S310
            resp.raise_for_status()
            # all of it
            return resp.content
        except httpx.HTTPError:
            return None
        """,
    ),
    "what may fail outside of the try is still made there": (
        """
        req = Request("http://x", data=json.dumps(q).encode(), headers={"Content-Type": "a/b"})
        try:
            with urlopen(req) as resp:
                return resp.read()
        except Exception:
            return None
        """,
        """
        content = json.dumps(q).encode()
        try:
            resp = await http_client().post(
                "http://x", content=content, headers={"Content-Type": "a/b"}
            )
            resp.raise_for_status()
            return resp.content
        except Exception:
            return None
        """,
    ),
    "a try that catches nothing of it": (
        """
        req = Request("http://x", data=json.dumps(q).encode(), headers={"Content-Type": "a/b"})
        try:
            with urlopen(req) as resp:
                return resp.read()
        except urllib.error.HTTPError as e:
            return e.code
        """,
        """
        try:
            resp = await http_client().post(
                "http://x", content=json.dumps(q).encode(), headers={"Content-Type": "a/b"}
            )
            resp.raise_for_status()
            return resp.content
        except httpx.HTTPStatusError as e:
            return e.response.status_code
        """,
    ),
    "headers in lines of their own": (
        """
        req = Request(
            "http://x",
            headers={
                "Authorization": f"Bearer {q} and much more of it that no line can hold",
                "Accept": "application/json, text/csv, text/plain",
            },
        )
        req.add_header("X-More", q)
        with urlopen(req) as resp:
            return resp.read()
        """,
        """
        resp = await http_client().get(
            "http://x",
            headers={
                "Authorization": f"Bearer {q} and much more of it that no line can hold",
                "Accept": "application/json, text/csv, text/plain",
                "X-More": q,
            },
        )
        resp.raise_for_status()
        return resp.content
        """,
    ),
    "lines under a bracket": (
        """
        req = Request("http://x/" + q,
                      headers={"Accept": "text/csv"})
        with urlopen(req) as resp:
            return resp.read()
        """,
        """
        resp = await http_client().get("http://x/" + q, headers={"Accept": "text/csv"})
        resp.raise_for_status()
        return resp.content
        """,
    ),
    "a response without a name": (
        """
        response = q
        urlopen("http://x", timeout=2).close()
        with urlopen("http://x/up"):
            return response
        """,
        """
        response = q
        response_2 = await http_client().get("http://x", timeout=2)
        response_2.raise_for_status()
        response_2 = await http_client().get("http://x/up")
        response_2.raise_for_status()
        return response
        """,
    ),
    "an expression": (
        'return json.load(urlopen(f"http://x/{q}"))["name"]',
        'return (await http_client().get(f"http://x/{q}")).raise_for_status().json()["name"]',
    ),
    "the reason of an error": (
        """
        try:
            with urlopen("http://x") as resp:
                return resp.read()
        except urllib.error.URLError as e:
            raise HTTPException(502, f"no answer: {e.reason}")
        """,
        """
        try:
            resp = await http_client().get("http://x")
            resp.raise_for_status()
            return resp.content
        except httpx.HTTPError as e:
            raise HTTPException(502, f"no answer: {e}")
        """,
    ),
    "clauses that name the network": (
        """
        try:
            with urlopen("http://x") as resp:
                return resp.read()
        except (urllib.error.URLError, TimeoutError, OSError):
            return None
        """,
        """
        try:
            resp = await http_client().get("http://x")
            resp.raise_for_status()
            return resp.content
        except (TimeoutError, OSError, httpx.HTTPError):
            return None
        """,
    ),
}

DIFFERENCES = {
    'with urlopen("http://x") as r:\n    return r.read()': (
        "User-Agent",
        "certifi",
        "20 redirects",
        "Authorization",
        "compressed",
    ),
    'with urlopen("http://x") as r:\n    return r.status': ("only received the head",),
    'with urlopen("http://x", b"1") as r:\n    return r.read()': ("307 or 308",),
    'with urlopen(Request("http://x", method="HEAD")) as r:\n    return r.status': (
        "HEAD stays one",
        "only received the head",
    ),
    'with urlopen(Request("http://x", headers={"A": q})) as r:\n    return r.read()': ("Latin-1",),
    'with urlopen(Request(q, b"1")) as r:\n    return r.read()': ("none of http", "307 or 308"),
    'try:\n    with urlopen("http://x") as r:\n        return r.read()\nexcept urllib.error.URLError:\n    return 1': (
        "raised it past the clause",
    ),
    'try:\n    with urlopen("http://x") as r:\n        return r.read()\nexcept Exception as e:\n    return str(e)': (
        "text of the error",
    ),
}
RARE = (
    "only received the head",
    "307 or 308",
    "HEAD stays one",
    "Latin-1",
    "none of http",
    "raised it past",
    "text of the error",
)


@pytest.mark.parametrize("name", SHAPES)
def test_it_reads_as_people_would_write_it(name: str) -> None:
    before, after = SHAPES[name]
    outcome = migrated(before, parameters="q: str")
    body = outcome.body.partition("async def call(q: str):\n")[2]
    assert textwrap.dedent(body).strip() == textwrap.dedent(after).strip()


@pytest.mark.parametrize("body", DIFFERENCES)
def test_what_differs_is_told(body: str) -> None:
    told = " ".join(note.text for note in migrated(body, parameters="q: str").notes)
    assert all(words in told for words in DIFFERENCES[body])
    assert not any(words in told for words in RARE if words not in " ".join(DIFFERENCES[body]))


def test_httpx2_takes_the_certificates_of_the_system() -> None:
    outcome = migrate(program('with urlopen("http://x") as r:\n    return r.read()'), "httpx2")
    assert not any("certifi" in note.text for note in outcome.notes)
