"""Generators and context managers that turn, run before and after: the same answers in the same order."""

from __future__ import annotations

import pytest
from answers import assert_answers_stay
from small_projects import migrate_main

HEAD = """
import contextlib
import itertools
import time

seen = []

def rows(n):
    for i in range(n):
        time.sleep(0)
        seen.append(f"row {i}")
        yield i
    seen.append("rows end")

def quick(n):
    seen.append("quick")
    yield n

@contextlib.contextmanager
def held(n):
    time.sleep(0)
    seen.append(f"enter {n}")
    try:
        yield n
    except ValueError as error:
        seen.append(str(error))
    finally:
        time.sleep(0)
        seen.append(f"exit {n}")

class Lock:
    def __init__(self, n):
        self.n = n

    def __enter__(self):
        time.sleep(0)
        seen.append(f"lock {self.n}")
        return self.n

    def __exit__(self, *error):
        time.sleep(0)
        seen.append(f"unlock {self.n}")
"""
BODIES = {
    "enumerate": "return list(enumerate(rows(n), start=2))",
    "enumerate in a comprehension": "return {k: v for k, v in enumerate(rows(n))}",
    "map": "return sorted(map(str, rows(n)), reverse=True)",
    "filter": "return sum(filter(None, rows(n)))",
    "two in a chain": "return list(itertools.chain(rows(n), [7], rows(2)))",
    "one in a chain before one that waits for nothing": "return list(itertools.chain(rows(n), quick(n)))",
    "one in the other": "return dict(enumerate(map(str, rows(n))))",
    "starred": "return [9, *rows(n), *map(str, rows(2))]",
    "starred arguments": "return max(-1, *rows(n))",
    "a stack": (
        "with contextlib.ExitStack() as stack:\n    stack.callback(seen.append, 'last')\n"
        "    found = [stack.enter_context(held(i)) for i in range(n)]\n"
        "    found.append(stack.enter_context(contextlib.nullcontext(5)))\n    return found"
    ),
    "a stack with classes": (
        "with contextlib.ExitStack() as stack:\n    first = stack.enter_context(Lock(n))\n"
        "    second = stack.enter_context(held(n + 1))\n    seen.append('within')\n    return [first, second]"
    ),
    "a stack that is closed": (
        "with contextlib.ExitStack() as stack:\n    stack.enter_context(Lock(n))\n    stack.close()\n"
        "    seen.append('after')\nreturn n"
    ),
    "a stack that meets an error": (
        "with contextlib.ExitStack() as stack:\n    stack.enter_context(Lock(n))\n"
        "    stack.enter_context(held(n))\n    raise ValueError('broken')\nreturn 'gone on'"
    ),
}


@pytest.mark.parametrize("how", BODIES)
def test_the_same_before_and_after(how: str) -> None:
    lines = "\n".join(f"    {line}" for line in BODIES[how].split("\n"))
    done = migrate_main(f"{HEAD}\n@app.get('/')\ndef show(n: int):\n{lines}\n")
    assert "app/main.py:show" in done.turned
    assert "run_in_threadpool" not in done.function("app/main.py", "show")
    assert_answers_stay(done, "/?n=3")


def test_one_that_waits_for_nothing_is_not_overtaken_in_a_chain() -> None:
    """Collected before the chain, `rows` would run before `quick`."""
    done = migrate_main(
        f"{HEAD}\n@app.get('/')\ndef show(n: int):\n    return list(itertools.chain(quick(n), rows(n)))\n"
    )
    assert "app/main.py:rows" not in done.turned
    assert_answers_stay(done, "/?n=3")
