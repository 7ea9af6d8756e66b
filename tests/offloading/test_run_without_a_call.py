"""Methods that block and run without a call, in handlers that are `async def` already: those of operators,
strings and tests, and those that go through an object where no loop says so."""

from __future__ import annotations

import pytest
from answers import assert_answers_stay
from async_fix.codemods.model import RemedyKind
from small_projects import Migrated, migrate_main

PROGRAM = """
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


seen = []
some, none = Store(2), Store(0)


@app.get("/")
async def show(other: int = 3):
    {BODY}
"""
RUN = [
    "return some + other",
    "total = some\n    total += other\n    return total",
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
    "return [*Pages()]",
    "return [0, *Answer(), 4]",
    "return sorted({*Answer(), *Pages()})",
    "return max(*Pages())",
    "first, *rest = Pages()\n    return [first, rest]",
    "a, b, c = Answer()\n    return [a, b, c]",
    "[a, (b, *c)] = 1, Answer()\n    return [a, b, c]",
    "first = rest = a, b, c = Answer()\n    return [a, b, c]",
    "return (lambda n=asked(3): n)()",
]
TOLD = [
    "if some:\n        return 1",
    "if none or other:\n        return 1",
    "assert some and other",
    "while none and other:\n        pass",
]
QUIET = [
    "a, b = 1, 2\n    return [a, b]",
    "pages = Pages()\n    return [type(pages).__name__]",
    "return (lambda n=3: asked)() is asked",
]


def migrated(body: str) -> Migrated:
    return migrate_main(PROGRAM.replace("{BODY}", body))


@pytest.mark.parametrize("body", RUN)
def test_it_goes_to_a_thread_or_is_awaited(body: str) -> None:
    done = migrated(body)
    assert "await " in done.function("app/main.py", "show")
    assert RemedyKind.LEAVE not in {finding.remedy for finding in done.report.findings}
    assert_answers_stay(done, "/")


@pytest.mark.parametrize("body", TOLD)
def test_where_nothing_can_stand_around_it_it_is_told(body: str) -> None:
    """`if await run_in_threadpool(lambda: none or other)` would ask `none` again, on the event loop."""
    done = migrated(body)
    assert [finding.remedy for finding in done.report.findings] == [RemedyKind.LEAVE]
    assert "await" not in done.function("app/main.py", "show")


@pytest.mark.parametrize("body", QUIET)
def test_what_runs_nothing_stays(body: str) -> None:
    assert migrated(body).report.findings == ()
