"""`x.f(a)` -> `x`: the rest of the chain, its parentheses and other edits in it stay."""

from __future__ import annotations

import pytest
from async_fix.codemods.engine.rewrite import rewrite
from async_fix.codemods.model import AwaitExpression, DropCall

from .marks import marked


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = «x.f(a)»\n", "y = x\n"),
        ("y = «x(1).f(a)».g()\n", "y = x(1).g()\n"),
    ],
)
def test_the_call_goes(source: str, expected: str) -> None:
    text, spans = marked(source)
    assert rewrite(text, [DropCall(spans[0])]) == expected


def test_a_chain_keeps_its_lines() -> None:
    text, spans = marked("y = («x\n    .g(1)\n    .f(a)»\n)\n")
    assert rewrite(text, [DropCall(spans[0])]) == "y = (x\n    .g(1)\n)\n"


def test_what_is_awaited_inside_stays() -> None:
    text, spans = marked("async def h():\n    return ««g(1)».f(a)»\n")
    edits = [DropCall(spans[0]), AwaitExpression(spans[1])]
    assert rewrite(text, edits) == "async def h():\n    return (await g(1))\n"
