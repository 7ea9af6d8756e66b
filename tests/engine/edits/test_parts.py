"""What an edit makes of a part of an expression stands in the new text that another edit puts there."""

# ruff: noqa: E501 (small programs, each on one line)
from __future__ import annotations

import pytest
from async_fix.codemods.engine.rewrite import rewrite
from async_fix.codemods.model import AwaitExpression, Code, OffloadCall, ReplaceExpression

from .marks import POOL, marked


def replaced(source: str, new: str, *, awaits: bool = False) -> str:
    text, (whole, *parts) = marked(f"async def h():\n    {source}\n")
    inner = [AwaitExpression(part) if awaits else OffloadCall(part, POOL) for part in parts]
    return rewrite(text, [ReplaceExpression(whole, Code(new)), *inner]).split("\n    ", 1)[1].strip()


@pytest.mark.parametrize(
    ("source", "new", "becomes"),
    [
        ("«query(«f(x)»).first()»", "await s(select(f(x)))", "await s(select(await run_in_threadpool(f, x)))"),
        ("«query(k == «f(x)»)»", "one(f( x ) == k)", "one(await run_in_threadpool(f, x) == k)"),
        (
            "«query(«f(x)», «g(y)»)»",
            "s(g(y), f(x))",
            "s(await run_in_threadpool(g, y), await run_in_threadpool(f, x))",
        ),
        ("«query(«f(x)».y)»", "s(f(x).y)", "s((await run_in_threadpool(f, x)).y)"),
        ("«query(«f(x)», «f(x)»)»", "s(f(x) + f(x))", "s(await run_in_threadpool(f, x) + await run_in_threadpool(f, x))"),
    ],
)  # fmt: skip
def test_a_part_that_is_kept_goes_to_its_thread(source: str, new: str, becomes: str) -> None:
    assert replaced(source, new) == becomes


def test_a_part_is_awaited() -> None:
    assert replaced("«query(«f(«g(x)»)»)»", "s(f(g(x)))", awaits=True) == "s(await f(await g(x)))"


@pytest.mark.parametrize(
    ("source", "new"),
    [
        ("«query(«f(x)»)»", "s(h(x))"),
        ("«query(«f(x)»)»", "s(await f(x))"),
        ("«query(«f(x)»)»", "s(f(x), f(x))"),
        ("«query(«f(x)», f(x))»", "s(f(x), f(x))"),
        ("«query(«f(x)»)»", "s(lambda: f(x))"),
        ("«query(«f(x)»)»", "s('f(x)')"),
    ],
)
def test_what_the_new_text_has_otherwise_stays_as_it_says(source: str, new: str) -> None:
    """Gone, awaited already, more often than it was, not all of them changed, or run by something else."""
    assert replaced(source, new) == new
