"""The tree of a file is made once for each text that it has, and told apart by the text."""

from __future__ import annotations

import ast

from async_fix.codemods.analysis.nodes import walk
from async_fix.codemods.analysis.syntax import Syntax

BEFORE = {"app/main.py": "x = f(1)\n", "app/other.py": "def f(n):\n    return n\n"}
AFTER = {**BEFORE, "app/main.py": "x = g(1)\n"}


def test_an_outcome_shares_the_trees_of_unchanged_files() -> None:
    before, after = Syntax(BEFORE.__getitem__), Syntax(AFTER.__getitem__)
    assert before.file("app/other.py") is after.file("app/other.py")
    assert before.file("app/main.py") is not after.file("app/main.py")
    assert ast.unparse(after.file("app/main.py").tree) == "x = g(1)"
    assert ast.unparse(before.file("app/main.py").tree) == "x = f(1)"


def test_files_of_one_text_are_still_two_files() -> None:
    syntax = Syntax({"a.py": "x = 1\n", "b.py": "x = 1\n"}.__getitem__)
    assert syntax.file("a.py").path == "a.py"
    assert syntax.file("b.py").path == "b.py"


SHAPES = """\
@decorated
async def f(a, /, b: int = 1, *c, d, e=2, **g) -> None:
    global h
    async with a as b, c:
        return {**a, 1: [x async for x in y if z]}
    match a:
        case Point(x=0, y=[1, *rest]) | {"k": v, **others}:
            import a.b as c, d
    try:
        del a[1:2].b
    except (A, B) as error:
        raise error from None
    finally:
        lambda q=1, *, r: f"{a!r:>{b}}" or not a < b <= c
    return (yield) if await a else -a + b
"""


def test_walk_gives_the_nodes_of_ast_in_their_order() -> None:
    tree = ast.parse(SHAPES)
    (function,) = tree.body
    for node in (tree, function, function.body[1]):  # type: ignore[attr-defined]
        expected = [each for each in ast.walk(node) if not isinstance(each, ast.expr_context)]
        assert list(walk(node)) == list(walk(node)) == expected
