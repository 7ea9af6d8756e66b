"""Errors that a response raises after its request, and what is said and asked of it elsewhere."""

from __future__ import annotations

import pytest
from client_programs import changed, migrate


def test_a_clause_around_the_response_alone() -> None:
    outcome = migrate("""
        @router.get("/")
        def call(base: str):
            r = requests.get(base)
            try:
                r.raise_for_status()
            except requests.HTTPError as exc:
                raise HTTPException(502) from exc
            return r.text
    """)
    assert outcome.body == changed("""
        @router.get("/")
        async def call(base: str):
            r = await http_client().get(base)
            try:
                r.raise_for_status()
            except httpx.HTTPStatusError as exc:
                raise HTTPException(502) from exc
            return r.text
    """)


def test_a_clause_of_a_caller_behind_one_around_the_request() -> None:
    """The first `try` lets no error of the request through, and none of the response into it."""
    outcome = migrate("""
        def ask(base: str):
            try:
                r = requests.get(base)
            except requests.RequestException:
                return None
            r.raise_for_status()
            return r.json()


        @router.get("/")
        def call(base: str):
            try:
                return ask(base)
            except requests.HTTPError:
                raise HTTPException(502)
    """)
    assert "except (httpx.HTTPError, httpx.InvalidURL):" in outcome.text
    assert "except httpx.HTTPStatusError:" in outcome.text


def test_json_that_cannot_be_read() -> None:
    outcome = migrate("""
        @router.get("/")
        def call(base: str):
            r = requests.get(base)
            try:
                return r.json()
            except requests.exceptions.JSONDecodeError:
                return r.text
    """)
    assert "except (json.JSONDecodeError, UnicodeDecodeError):" in outcome.text


def test_a_base_class_around_a_response_whose_json_is_read_elsewhere() -> None:
    outcome = migrate("""
        @router.get("/")
        def call(base: str):
            r = requests.get(base)
            try:
                r.raise_for_status()
            except requests.RequestException:
                return None
            return r.json()
    """)
    assert "except (httpx.HTTPError, httpx.InvalidURL):" in outcome.text


def test_a_clause_around_the_response_that_cannot_be_mapped_keeps_the_call() -> None:
    outcome = migrate("""
        @router.get("/")
        def call(base: str):
            r = requests.get(base)
            try:
                r.raise_for_status()
            except OSError:
                return None
            return r.text
    """)
    assert "await run_in_threadpool(requests.get, base)" in outcome.text
    assert "`except OSError` catches errors of requests, not of httpx" in "".join(outcome.reasons)


def test_a_request_that_stays_keeps_the_class_around_its_response() -> None:
    outcome = migrate("""
        @router.get("/")
        def call(base: str, body: bytes):
            r = requests.get(base)
            other = requests.get(base, hooks={"response": print})
            try:
                r.raise_for_status()
                other.raise_for_status()
            except requests.HTTPError:
                return None
            return r.text
    """)
    assert "await run_in_threadpool(requests.get, base, hooks=" in outcome.text
    assert "except (requests.HTTPError, httpx.HTTPStatusError):" in outcome.text


def test_the_clause_of_another_response_is_left_alone() -> None:
    outcome = migrate("""
        @router.get("/")
        def call(base: str, body: bytes):
            r = requests.get(base)
            r.raise_for_status()
            other = requests.get(base, hooks={"response": print})
            try:
                other.raise_for_status()
            except requests.HTTPError:
                return None
            return r.text
    """)
    assert "except requests.HTTPError:" in outcome.text
    assert "httpx" not in outcome.body


def test_what_only_reads_a_response_raises_nothing() -> None:
    outcome = migrate("""
        @router.get("/")
        def call(base: str, other):
            r = requests.get(base)
            try:
                other(r.text)
            except requests.HTTPError:
                return None
            return r.text
    """)
    assert "except requests.HTTPError:" in outcome.text


ROUTE = """
@router.get("/")
def call(base: str):
    """
STREAMED = """size = 0
    with requests.get(base, stream=True) as r:
        {}
        for piece in r.iter_content(100):
            size += len(piece)
    return size
"""


@pytest.mark.parametrize(
    "request_of",
    ["r = requests.get(base)\n    {}\n    return r.text", STREAMED],
    ids=["as a whole", "piece by piece"],
)
def test_an_answer_that_leads_nowhere_is_told_of_where_its_status_is_raised(request_of: str) -> None:
    told = [
        any("304" in note.text for note in migrate(ROUTE + request_of.replace("{}", line)).notes)
        for line in ("r.raise_for_status()", "print(r.status_code)")
    ]
    assert told == [True, False]
