"""One `with` that becomes several, each in the one before it."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import SplitWith

from .marks import marked


def split(text: str, *runs: int) -> str:
    source, spans = marked(text)
    result = rewrite(source, [SplitWith(spans[0], runs)])
    ast.parse(result)
    return result


@pytest.mark.parametrize(
    ("before", "runs", "after"),
    [
        (
            "«with a() as x, b() as y:\n    f(x, y)»\n",
            (1, 1),
            "with a() as x:\n    with b() as y:\n        f(x, y)\n",
        ),
        ("«with a(), b(), c():\n    f()»\n", (2, 1), "with a(), b():\n    with c():\n        f()\n"),
        (
            "«with a(), b(), c():\n    f()»\n",
            (1, 1, 1),
            "with a():\n    with b():\n        with c():\n            f()\n",
        ),
        (
            "«with (\n    a() as x,\n    b(),\n):\n    f()»\n",
            (1, 1),
            "with a() as x:\n    with b():\n        f()\n",
        ),
        ("«with a(), b(): f()»\n", (1, 1), "with a():\n    with b(): f()\n"),
        # comments stay at their lines, the inside of a text does not move
        (
            "# why\n«with a(), b():  # both\n    # first\n    f('''\n  x''')\n\n    # last\n    g()»\n    # end\nh()\n",
            (1, 1),
            "# why\nwith a():\n    with b():  # both\n        # first\n        f('''\n  x''')\n\n        # last\n        g()\n        # end\nh()\n",
        ),
    ],
)
def test_the_innermost_has_the_body(before: str, runs: tuple[int, ...], after: str) -> None:
    assert split(before, *runs) == after


def test_what_enters_other_things_is_an_error() -> None:
    with pytest.raises(RewriteError):
        split("«with a(), b():\n    f()»\n", 1)
