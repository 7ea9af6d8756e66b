"""The eyes of an oracle of another kind: with the migration taken out again, the new code is the old code,
but for what the plan says of it. Projects at random are asked in `test_random_projects`."""

from __future__ import annotations

import pytest
from async_fix.codemods.model import Code, Edit, ReplaceCall, Span, TurnAsync
from stripping import Explained

OLD = """
def h(x):
    a = load(x)
    for n in rows(a):
        try:
            save(n)
        finally:
            close(n, k=1)
    with opened(x) as f:
        b = f.read()
    return a + b
"""
AFTER = {
    "calls": (
        "    a = load(x)\n",
        "    a = await run_in_threadpool(load, x)\n",
    ),
    "an expression": ("    a = load(x)\n", "    a = await run_in_threadpool(lambda: load(x))\n"),
    "an iteration": ("    for n in rows(a):\n", "    async for n in iterate_in_threadpool(rows(a)):\n"),
    "keywords": ("close(n, k=1)", "await run_in_threadpool(close, n, k=1)"),
    "statements": (
        "    with opened(x) as f:\n        b = f.read()\n",
        "    def read_b():\n        with opened(x) as f:\n            return f.read()\n\n"
        "    b = await run_in_threadpool(read_b)\n",
    ),
}
BROKEN = {
    "another argument": ("    a = load(x)\n", "    a = await run_in_threadpool(load, a)\n"),
    "a keyword that is lost": ("close(n, k=1)", "await run_in_threadpool(close, n)"),
    "a call that is lost": ("            save(n)\n", "            pass\n"),
    "a call that happens twice": (
        "            save(n)\n",
        "            save(n)\n            await save(n)\n",
    ),
    "another order": ("    a = load(x)\n", "    b = 0\n    a = await load(x)\n"),
    "a finally that is lost": ("        finally:\n", "        except ValueError:\n"),
}


def differing(old: str, new: str) -> list[str]:
    """The functions of which edits that say the same do not explain what became of them."""
    found = Explained()
    found.add("m.py", old, new, [])
    return [name.partition(": ")[2] for name, _, _ in found.unexplained]


def changed(old: str, new: str) -> str:
    assert old in OLD
    return OLD.replace(old, new).replace("def h(", "async def h(")


@pytest.mark.parametrize("name", AFTER)
def test_what_is_only_awaited_is_the_same(name: str) -> None:
    assert differing(OLD, changed(*AFTER[name])) == []


def test_a_body_that_moved_is_the_same() -> None:
    body = OLD.partition("\n")[2].partition("\n")[2]
    after = f"async def h(x):\n    return await run_in_threadpool(_h, x)\n\n\ndef _h(x):\n{body}"
    assert differing(OLD, after) == []


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_something_else_is_seen(name: str) -> None:
    assert differing(OLD, changed(*BROKEN[name])) == ["h"]


FETCH = "def h(u):\n    return get(u, 1)\n"
GET = Span(2, 11, 2, 20)
TWIN = ReplaceCall(GET, Code("client().get"), awaited=True)
TURNS = TurnAsync(Span(1, 0, 2, 20))


@pytest.mark.parametrize(
    ("body", "edits", "how"),
    [
        ("await client().get(u, 1)", [TURNS, TWIN], "with_twins"),
        ("await client().get(u, n=1)", [TURNS, ReplaceCall(GET, TWIN.callee, ())], "other_code"),
        ("await client().get(u, 2)", [TURNS, TWIN], "unexplained"),
        ("await client().post(u, 1)", [TURNS, TWIN], "unexplained"),
        ("await client().get(u, 1)", [TURNS], "unexplained"),
    ],
)
def test_what_the_plan_does_not_explain_is_seen(body: str, edits: list[Edit], how: str) -> None:
    found = Explained()
    found.add("m.py", FETCH, f"async def h(u):\n    return {body}\n", edits)
    assert [name for name, value in vars(found).items() if value] == [how]
