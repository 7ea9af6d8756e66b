"""Operators, strings and tests that run a method which blocks, in handlers that are `async def` already."""

from __future__ import annotations

import pytest
from answers import assert_answers_stay
from async_fix.codemods.model import RemedyKind
from small_projects import migrate_main

STORE = """
import time


class Store:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        time.sleep(0)
        return self.n + other

    def __neg__(self):
        time.sleep(0)
        return -self.n

    def __matmul__(self, other):
        time.sleep(0)
        return self.n

    def __str__(self):
        time.sleep(0)
        return str(self.n)

    def __bool__(self):
        time.sleep(0)
        seen.append(self.n)
        return self.n > 0


seen = []
some, none = Store(2), Store(0)


@app.get("/")
async def show(other: int = 3):
    {BODY}
"""


@pytest.mark.parametrize(
    "body",
    [
        "return some + other",
        "total = -some + other * (some @ other)\n    return total",
        "return f'{some} of {other}'",
        "text = f'a{other}' f'{some!s:>5}{some:>{other}}' if other > 9 else f'{some}'\n    return text",
        "return ' %s' % some",
        "return [not some, not none]",
        "found = none or other\n    return found",
        "return [1] if some else []",
        "return [1] if some and other else []",
        "return [n for n in (1, 2) if some or other]",
        "return [other if other else (none or 2), not (none or other), (none and 1) or 4]",
    ],
)
def test_what_they_run_goes_to_a_thread(body: str) -> None:
    done = migrate_main(STORE.replace("{BODY}", body))
    assert "await run_in_threadpool(" in done.function("app/main.py", "show")
    assert RemedyKind.LEAVE not in {finding.remedy for finding in done.report.findings}
    assert_answers_stay(done, "/")


@pytest.mark.parametrize(
    "body",
    [
        "if some:\n        return 1",
        "if none or other:\n        return 1",
        "assert some and other",
        "while none and other:\n        pass",
    ],
)
def test_where_nothing_can_stand_around_it_it_is_told(body: str) -> None:
    """`if await run_in_threadpool(lambda: none or other)` would ask `none` again, on the event loop."""
    done = migrate_main(STORE.replace("{BODY}", body))
    assert [finding.remedy for finding in done.report.findings] == [RemedyKind.LEAVE]
    assert "await" not in done.function("app/main.py", "show")
