"""An assignment that becomes an `async with` around what follows it."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import AwaitExpression, Edit, EnterUntil, ExtractToThread, InsertStatements

from .marks import IMPORTED_POOL, POOL, marked


def entered(body: str, *edits: Edit) -> str:
    source, spans = marked(f"async def h():\n    {body}\n")
    result = rewrite(source, [EnterUntil(spans[0], spans[-1]), *edits])
    ast.parse(result)
    return result.removeprefix("async def h():\n    ").removesuffix("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«s = make()»\n    «a()»\n    b()", "async with make() as s:\n        a()\n    b()"),
        # a `with` says no type
        ("«s: Session = make()»\n    «a()»", "async with make() as s:\n        a()"),
        ("«s = make()»\n    «return a()»", "async with make() as s:\n        return a()"),
        # no blank line opens a block; the others stay
        (
            "a()\n\n    «s = make()»\n\n    b()\n\n    «c()»\n\n    d()",
            "a()\n\n    async with make() as s:\n        b()\n\n        c()\n\n    d()",
        ),
        # comments stay with what they stand at
        (
            "# who\n    «s = make()»  # why\n    # first\n    «a()»  # one\n    # last\n    b()",
            "# who\n    async with make() as s:  # why\n        # first\n        a()  # one\n    # last\n    b()",
        ),
        # blocks and continuation lines move along
        (
            "«s = make(\n        1,\n    )\n    »«if s:\n        a(\n            s,\n        )»".replace(
                "\n    »", "»\n    "
            ),
            "async with make(\n        1,\n    ) as s:\n        if s:\n            a(\n                s,\n            )",
        ),
        # several statements in one line
        ("«s = make()»; «a()»; b()", "async with make() as s:\n        a()\n    b()"),
        ("if x: «s = make()»; «a()»", "if x:\n        async with make() as s:\n            a()"),
    ],
)
def test_what_follows_stands_below_it(before: str, after: str) -> None:
    assert entered(before) == after


def test_others_change_what_stands_below() -> None:
    source, spans = marked(
        "async def h():\n    «s = make()»\n    «x = load()»\n    «y = save(x)»\n    «««s.ask()».a(y)»»\n    b()\n"
    )
    extract = ExtractToThread(
        first=spans[1], last=spans[2], before=spans[1], name="save_x", parameters=(), results=("y",),
        returns=False, runner=IMPORTED_POOL, global_names=(),
    )  # fmt: skip
    edits = [EnterUntil(spans[0], spans[3]), extract, AwaitExpression(spans[5])]
    assert rewrite(source, edits).partition("async def h():\n")[2] == (
        "    async with make() as s:\n"
        "\n"
        "        def save_x():\n"
        "            x = load()\n"
        "            return save(x)\n"
        "\n"
        "        y = await run_in_threadpool(save_x)\n"
        "        (await s.ask()).a(y)\n"
        "    b()\n"
    )


def test_it_may_end_where_another_change_ends() -> None:
    source, spans = marked("async def h():\n    «s = make()»\n    «load(s)»\n    «save(s)»\n")
    extract = ExtractToThread(
        first=spans[1], last=spans[2], before=spans[1], name="f", parameters=(), results=(), returns=False,
        runner=POOL, global_names=(),
    )  # fmt: skip
    text = rewrite(source, [EnterUntil(spans[0], spans[2]), extract])
    assert text.endswith("        await run_in_threadpool(f)\n")


@pytest.mark.parametrize(
    "body",
    [
        "«s = make()»\n    if x:\n        «a()»",
        "if x:\n        «s = make()»\n    «a()»",
        "«make()»\n    «a()»",
        "«s: int»\n    «a()»",
    ],
)
def test_there_must_be_an_assignment_and_something_below(body: str) -> None:
    with pytest.raises(RewriteError):
        entered(body)


def test_nothing_may_be_put_between() -> None:
    source, spans = marked("async def h():\n    «s = make()»\n    «a()»\n")
    edits = [EnterUntil(spans[0], spans[1]), InsertStatements(spans[0], POOL, after=True)]
    with pytest.raises(RewriteError):
        rewrite(source, edits)
