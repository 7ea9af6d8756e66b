"""What wraps a generator reads it when it is read itself: `iter(rows())` is as much of it as `rows()`."""

from __future__ import annotations

import pytest
from answers import assert_answers_stay
from small_projects import Migrated, migrate_main

PROGRAM = """
import itertools
import time

seen = []

def rows(n=3):
    for each in range(n):
        time.sleep(0)
        seen.append(each)
        yield each

@app.get("/")
def show():
{body}
"""


def shown(body: str) -> Migrated:
    return migrate_main(PROGRAM.format(body="\n".join(f"    {line}" for line in body.splitlines())))


@pytest.mark.parametrize(
    "body",
    [
        "for each in iter(rows()):\n    seen.append(-each)\nreturn seen",
        "return next(iter(filter(None, rows())), 7)",
        "assert next(iter(rows()), 7) == 0\nreturn seen",
        "kept = iter(rows())\nreturn [next(kept), next(kept)]",
        "kept = filter(None, rows())\nfor each in kept:\n    seen.append(-each)\nreturn seen",
        "kept = iter(rows())\nfor each in kept:\n    seen.append(next(kept, 9))\nreturn seen",
        "kept = map(str, rows())\ntry:\n    return next(kept)\nexcept StopIteration:\n    return 0",
        "return [[*group] for _, group in itertools.groupby(rows())]",
        "first, second = itertools.tee(rows())\nreturn [*first, *second]",
        "return list(itertools.takewhile(str, itertools.chain(rows(), rows(1))))",
    ],
)
def test_it_is_read_in_a_thread(body: str) -> None:
    done = shown(body)
    assert "await run_in_threadpool(" in done.function("app/main.py", "show")
    assert_answers_stay(done, "/")


@pytest.mark.parametrize(
    "body",
    [
        "return map(str, rows())",
        'return {"rows": enumerate(rows())}',
        "kept = iter(rows())\nseen.append(list(kept))\nkept = 3\nreturn kept",
        "kept = itertools.islice(open(__file__), 3)\nhead = next(kept)\nreturn [head, *kept]",
    ],
)
def test_where_nobody_can_wait_for_it_the_handler_stays(body: str) -> None:
    done = shown(body)
    assert done.is_unchanged
    assert "is read where nobody can wait for it" in done.reason("app.main:show").text
