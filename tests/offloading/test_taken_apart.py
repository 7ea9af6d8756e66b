"""An object that asks a service when it is gone through, where no loop says so."""

from __future__ import annotations

import pytest
from answers import assert_answers_stay
from async_fix.codemods.model import RemedyKind
from small_projects import migrate_main

PAGES = """
import time


class Pages:
    def __iter__(self):
        for number in range(3):
            time.sleep(0)
            yield number


class Answer:
    def __iter__(self):
        time.sleep(0)
        return iter([1, 2, 3])


def asked(n=0):
    time.sleep(0)
    return n


@app.get("/")
async def show():
    {BODY}
"""


@pytest.mark.parametrize(
    "body",
    [
        "return [*Pages()]",
        "return [0, *Answer(), 4]",
        "return sorted({*Answer(), *Pages()})",
        "return max(*Pages())",
        "first, *rest = Pages()\n    return [first, rest]",
        "a, b, c = Answer()\n    return [a, b, c]",
        "[a, (b, *c)] = 1, Answer()\n    return [a, b, c]",
        "first = rest = a, b, c = Answer()\n    return [a, b, c]",
        "return (lambda n=asked(3): n)()",
    ],
)
def test_it_goes_to_a_thread(body: str) -> None:
    done = migrate_main(PAGES.replace("{BODY}", body))
    assert "await " in done.function("app/main.py", "show")
    assert RemedyKind.LEAVE not in {finding.remedy for finding in done.report.findings}
    assert_answers_stay(done, "/")


@pytest.mark.parametrize(
    "body",
    [
        "a, b = 1, 2\n    return [a, b]",
        "pages = Pages()\n    return [type(pages).__name__]",
        "return (lambda n=3: asked)() is asked",
    ],
)
def test_what_is_not_gone_through_stays(body: str) -> None:
    assert migrate_main(PAGES.replace("{BODY}", body)).report.findings == ()
