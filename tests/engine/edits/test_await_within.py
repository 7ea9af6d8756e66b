"""A call gives way to what it runs; a `finally` that nothing is left of goes."""

from __future__ import annotations

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import AwaitExpression, AwaitWithin, DropFinally

from .marks import marked


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("    y = «run(«f(x)»)»\n", "    y = await f(x)\n"),
        ("    y = «run(«f(x)»)».z\n", "    y = (await f(x)).z\n"),
        ("    y = («run(«f(x)»)»)\n", "    y = (await f(x))\n"),
        ("    y = «submit(«f(x)», loop).result()»\n", "    y = await f(x)\n"),
        ("    y = «run(«f if x else g»)»\n", "    y = await (f if x else g)\n"),
        (
            "    y = «run(\n        «f(\n            x,\n        )»\n    )»\n",
            "    y = await f(\n        x,\n    )\n",
        ),
    ],
)
def test_what_is_inside_is_awaited(source: str, expected: str) -> None:
    text, spans = marked(f"async def h():\n{source}")
    assert rewrite(text, [AwaitWithin(spans[0], spans[1])]) == f"async def h():\n{expected}"


def test_edits_inside_are_kept() -> None:
    text, spans = marked("async def h():\n    «run(«f(«g(x)»)»)»\n")
    edits = [AwaitWithin(spans[0], spans[1]), AwaitExpression(spans[2])]
    assert rewrite(text, edits) == "async def h():\n    await f(await g(x))\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("«try:\n    # first\n    a()\n\n    b()\nfinally:\n    c()»\nd()\n", "# first\na()\n\nb()\nd()\n"),
        (
            "if x:\n    «try:\n        a()\n        # last\n    finally:\n        c()»\n",
            "if x:\n    a()\n    # last\n",
        ),
        ("«try:\n    a()\nexcept E:\n    b()\nfinally:\n    c()»\n", "try:\n    a()\nexcept E:\n    b()\n"),
    ],
)
def test_without_its_finally(source: str, expected: str) -> None:
    text, spans = marked(source)
    assert rewrite(text, [DropFinally(spans[0])]) == expected


def test_a_try_on_one_line_is_left() -> None:
    text, spans = marked("«try: a()\nfinally: b()»\n")
    with pytest.raises(RewriteError, match="in the line of the `try`"):
        rewrite(text, [DropFinally(spans[0])])


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("x = «list(«f(a)»)»\n", "x = await f(a).g()\n"),
        ("x = len(«list(«f»)»)\n", "x = len(await f.g())\n"),
        ("x = «list(«f(a)»)»[0]\n", "x = (await f(a).g())[0]\n"),
        ("x = «list((«f(\n    a\n)»))»\n", "x = (await f(\n    a\n).g())\n"),
        (
            "x = «list(\n    «f(a)\n    .h()»\n)»\n",
            "x = (\n    await f(a)\n    .h()\n    .g()\n)\n",
        ),
        ("x = «list((\n    «f(a)\n    .h()»\n))»\n", "x = (\n    await f(a)\n    .h()\n    .g()\n)\n"),
        ("x = len(«list(«f(a)\n    .h()»)»)\n", "x = len((await f(a)\n    .h()\n    .g()))\n"),
    ],
)
def test_a_method_of_what_is_left(before: str, expected: str) -> None:
    text, spans = marked(before)
    assert rewrite(text, [AwaitWithin(spans[0], spans[1], "g")]) == expected
