"""`next()` over a generator expression takes what it needs of it and drops the rest: all of that at once."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

PROGRAM = """
import requests


@app.get("/")
async def first(urls: str):
{body}
"""


def first(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    done = migrate_main(PROGRAM.replace("{body}", lines))
    return done.function("app/main.py", "first").partition(":\n")[2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "return next((u for u in urls if requests.get(u)), None)",
            "    return await run_in_threadpool(lambda: next((u for u in urls if requests.get(u)), None))\n",
        ),
        (
            "return next(requests.get(url).text for url in urls)",
            "    return await run_in_threadpool(lambda: next(requests.get(url).text for url in urls))\n",
        ),
    ],
)
def test_it_goes_to_a_thread_as_a_whole(before: str, after: str) -> None:
    assert first(before) == after


def test_the_end_that_is_caught_goes_along() -> None:
    taken = "return next(requests.get(url).text for url in urls)"
    text = first(f"try:\n    {taken}\nexcept StopIteration:\n    return None")
    assert "        except StopIteration:\n" in text
    assert text.rstrip().split("\n")[-1].startswith("    return await run_in_threadpool(")


@pytest.mark.parametrize(
    "body",
    [
        "pages = (requests.get(url).text for url in urls)\nreturn next(pages)",
        "return (requests.get(url).text for url in urls)",
        "return next(iter(urls))",
    ],
)
def test_a_generator_that_is_read_later_stays(body: str) -> None:
    assert "run_in_threadpool" not in first(body)


HELPER = """
import requests

def find(n: int):
    return next(each for each in requests.get("https://x.example"{}).json() if each == n)

@app.get("/find")
def show(n: int):
    try:
        {}
    except (KeyError, StopIteration):
        return "none"
"""


@pytest.mark.parametrize("more", ["", ", cert=object()"])
@pytest.mark.parametrize("call", ["return find(n)", "found = [find(n), find(2)]\n        return found[0]"])
def test_a_helper_that_takes_the_first_is_called_where_the_end_is_caught(call: str, more: str) -> None:
    function = migrate_main(HELPER.format(more, call)).function("app/main.py", "show")
    assert '            return "none"\n\n    return await run_in_threadpool(find_n)\n' in function


def test_a_step_beside_it_is_what_the_end_is_caught_for() -> None:
    call = "n = next(iter([n]))\n        return find(n)"
    assert "return await find(n)" in migrate_main(HELPER.format("", call)).function("app/main.py", "show")
