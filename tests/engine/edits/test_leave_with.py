"""A `with` that becomes an assignment: what was below it stands beside it."""

from __future__ import annotations

# ruff: noqa: E501 (small programs, each on one line)
import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import Code, Edit, LeaveWith, ReplaceCall

from .marks import marked

CHECK = Code("r.check()")


def left(body: str, *edits: Edit) -> str:
    source, spans = marked(f"async def h():\n    {body}\n")
    calls = [ReplaceCall(span, Code("get"), awaited=True) for span in spans[1:]]
    result = rewrite(source, [LeaveWith(spans[0], CHECK, "r"), *calls, *edits])
    ast.parse(result)
    return result.removeprefix("async def h():\n    ").removesuffix("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "«with «open(u)» as r:\n        a(r)\n        return r»",
            "r = await get(u)\n    r.check()\n    a(r)\n    return r",
        ),
        ("«with open(u) as r:\n        a(r)»\n    b()", "r = open(u)\n    r.check()\n    a(r)\n    b()"),
        ("«with open(u):\n        a()»", "r = open(u)\n    r.check()\n    a()"),
        # comments and blank lines stay with what they stand at
        (
            "a()\n\n    # who\n    «with open(u) as r:  # why\n        # first\n        a(r)  # one\n\n        b()»\n        # last\n    c()",
            "a()\n\n    # who\n    r = open(u)  # why\n    r.check()\n    # first\n    a(r)  # one\n\n    b()\n    # last\n    c()",
        ),
        # blocks and continuation lines move along, the inside of a text does not
        (
            'if x:\n        «with open(\n            u,\n        ) as r:\n            if r:\n                a(\n                    r,\n                )\n            b("""\n  t\n""")»',
            'if x:\n        r = open(\n            u,\n        )\n        r.check()\n        if r:\n            a(\n                r,\n            )\n        b("""\n  t\n""")',
        ),
        (
            "try:\n        «with open(u) as r:\n            a(r)»\n    except E:\n        b()",
            "try:\n        r = open(u)\n        r.check()\n        a(r)\n    except E:\n        b()",
        ),
    ],
)
def test_what_was_inside_stands_beside_it(before: str, after: str) -> None:
    assert left(before) == after


@pytest.mark.parametrize(
    "before", ["«with open(u) as r: a(r)»", "«with open(u) as r, b() as c:\n        a(r)»"]
)
def test_other_forms_are_left(before: str) -> None:
    with pytest.raises(RewriteError, match="opens several things, or holds its body in its line"):
        left(before)
