"""Statements of rare shapes that an edit made too long: they come out as Ruff would lay them out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from async_fix.codemods.engine.text.wrap import wrap_long_lines

RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
LIMIT = 40

STATEMENTS = {
    "what is asserted is too long, not the message": (
        "assert f(a), b",
        "assert await f(aaaaaaaaaaaaaa, bbbbbbbbbb, cccccccc), b",
    ),
    "both parts of an assertion are short enough by themselves": (
        "assert f(a), g(b)",
        "assert await f(aaaaaaaaaaaaa), ggggggggg(bbbbbbbbbbbb, ccc)",
    ),
    "several values, none in brackets": (
        "x = f(a), b",
        "x = await f(aaaaaaaaaaaaaaaa), bbbbbbbbbbbbbbbb",
    ),
    "several values, the first too long by itself": (
        "x = f(a), b",
        "x = await f(aaaaaaaaaaaaaaaa, bbbbbbbbbbbb, ccccccccccccc), ddddddddddddddddddddddddddddd",
    ),
    "several values, the last a call": (
        "x = a, f(b)",
        "x = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, f(bbbbbbb)",
    ),
    "the only value of a tuple": ("x = f(a),", "x = await ffffffffffffffffff(aaaaaaaaaaaaaaaa),"),
    "several values are returned": (
        "return a, f(b)",
        "return aaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbb(cccccccccccccccccccccc, ddd)",
    ),
    "is among": (
        "if f(a) in b: ...",
        "if await fffffffffffffffff(aaaaaaaaaa) in bbbbbbbb: ...",
    ),
    "is not among": ("x = a not in b", "x = aaaaaaaaaaaaaaaaaaaaa not in await bbbbbbbbbbbbbbbbbbbb(c)"),
    "is another": ("x = a is not b", "x = await aaaaaaaaaaaaaaaaaaaaa(b) is not bbbbbbbbbbbbbbbbbbbb"),
    "a negation among conditions": (
        "if a in b and c: ...",
        "if await aaaaaaaaaa(bbb) in bbbbbbbbb and not ccccccccc: ...",
    ),
    "a lambda with a default in brackets": (
        "x = f(a, lambda a=(1): g(a))",
        "x = fffff(aaaaaaaaaaaaa, lambda a=(1): ggggggggggggg(aaaaaaaaaa, bb) or 1)",
    ),
    "a lambda with a condition, given by name": (
        "x = f(key=lambda a: a if b else c)",
        "x = f(kkkkkkkk=lambda aaaaa: aaaaaaaaaa if bbbbbbbbbbbbbbb else ccccccccc)",
    ),
    "an async comprehension": (
        "x = [a async for a in b]",
        "x = [aaaaaaaa async for aaaaaaaa in bbbbbbbbbbb(ccccccc)]",
    ),
    "a condition of a comprehension": (
        "x = [f(a) for a in b]",
        "x = [await ffffffffffffffff(aaaaaaaaaa) for aaaaaaaaaa in bbbbbb if c not in d]",
    ),
    "an item of what is awaited": (
        "x = f(a).bbb[1]",
        "x = fffff(aaaaaaaaaaaaaaaaaaa).bbbbbbbbbbbbbbbbb[cccccccccccccccc]",
    ),
    "the call of what a call gives": (
        "x = f(a)(b)(c)",
        "x = (await ffffffffffffffffff(aaaaaaaaaaaaa))(bbbbbbbbbbbbb)(ccccccccc)",
    ),
    "a value given by name with an operator in it": (
        "x = f(a=b)",
        "x = await f(aaaaaaaaaaaaaaaaaaaaaaaaaaaa=bbbbbbbbbbbbbbbbbbbbbbbbb or ccccccccccccccccc)",
    ),
    "operators of unlike rank": (
        "x = a | b & c",
        "x = await aaaaaaaaaaaaaaaaaaaa(b) | ccccccccccccccccccc & dd",
    ),
    "a list to which a name is added": ("x = [a] + b", "x = [aaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbb] + c"),
    "a key with an operator in it": (
        "x = f({a + b: c, d: e})",
        "x = f({aaaaaaa + bbbbb: ccccccccc(ddddddd, eeeeee), d: e})",
    ),
    "nothing can be done": ("x = f()", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = await f()"),
}


@pytest.mark.skipif(RUFF is None, reason="needs ruff")
@pytest.mark.parametrize("hazard", STATEMENTS)
def test_a_statement_of_a_rare_shape(hazard: str) -> None:
    before, after = (f"{text}\n" for text in STATEMENTS[hazard])
    wrapped = wrap_long_lines(laid_out(before), laid_out(after, 200), LIMIT)
    assert wrapped == laid_out(after)


def laid_out(text: str, limit: int = LIMIT) -> str:
    options = ["--isolated", "--config", f"line-length={limit}", "--stdin-filename", "a.py", "-"]
    command = [str(RUFF), "format", *options]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


STAY = {
    "several managers": (
        "with f(a) as x, g(b) as y:\n    pass\n",
        "async with f(aaaaaaaaaaaaaaaa) as x, g(bbbbbbbbbb) as y:\n    pass\n",
    ),
    "an assertion of several conditions with a message": (
        "assert a and b, c\n",
        "assert aaaaaaaaaaaaaaaa and bbbbbbbbbbbbbbbbbbbbbb, d\n",
    ),
    "nothing to break but behind the first too long line": (
        "assert a.b(c), d\n",
        "assert await aaaaaaaaaaaaaaaaa.bbbbbbbbbbbb(cccccccccc, ddddddd), e\n",
    ),
    "parameters of a lambda that fill the line": (
        "x = f(lambda a, b=1: g(a))\n",
        "x = f(lambda aaaaaaaaaa, bbbbbbb=1: ggggggg(aaaaaaaaaa, bb))\n",
    ),
    "strings side by side below an operator": (
        "x = f(a + 'b' 'c')\n",
        "x = ffffffffff(aaaaaaaaaaaaaaaaaaaaaaaaaaa + 'b' 'c')\n",
    ),
    "strings side by side among arguments": (
        "x = f(a, g('b' 'c'))\n",
        "x = f(a, gggggg('bbbbbbbbbbbbbbbbbbbb' 'ccccccccccccccccccc'))\n",
    ),
    "strings side by side, given by name": (
        "x = f(a, b='b' 'c')\n",
        "x = f(a, b='bbbbbbbbbbbbbbbbbbbb' 'ccccccccccccccccccc', c=1)\n",
    ),
    "an operand whose name fills the line": (
        "x = f(a + b(c))\n",
        "x = f(a + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(ccccccc))\n",
    ),
    "a function whose name fills the line": (
        "def f(a): ...\n",
        "async def ffffffffffffffffffffffffffffffffffff(aaaaaa): ...\n",
    ),
    "attributes behind the only brackets": (
        "x = f(a).bbb\n",
        "x = fffff(aaaaaaaaaaaaaa).bbbbbbbbbbbbbbbbbbbbbbb.cccccccccccccccc\n",
    ),
    "several arguments on one line of a call laid out by hand": (
        "x = f(a,\n      b, c,\n      d)\n",
        "x = f(a,\n      bbbbbbbbbbbbbbbbbbb, await ccccccccccccc(c),\n      d)\n",
    ),
    "a display in a display that no bracket helps": (
        "x = f({a: b})\n",
        "x = f({aaaaaaaaaaaaaaaaaaaaaaaaa: bbbbbbbbbbbbbbbbbbbbbb(cccccccccc)})\n",
    ),
    "a line of a statement laid out by hand that begins in the middle of brackets": (
        "x = f(a, g(\n    b), c)\n",
        "x = f(a, g(\n    b), await ccccccccccccccccccccccccccccccccccccccccc(d))\n",
    ),
    "an argument laid out by hand with a word for a tool": (
        "x = f(a,\n      b, c)  # type: ignore\n",
        "x = f(a,\n      await bbbbbbbbbbbbbbbbbbbb(c, dddddddd), c)  # type: ignore\n",
    ),
    "a sum laid out by hand, outside of all brackets": (
        "x = a + \\\n    b\n",
        "x = a + \\\n    await bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(c)\n",
    ),
}


@pytest.mark.parametrize("hazard", STAY)
def test_a_long_line_is_better_than_a_guess(hazard: str) -> None:
    before, after = STAY[hazard]
    assert wrap_long_lines(before, after, LIMIT) == after


def test_a_line_that_holds_all_arguments_of_a_call_laid_out_by_hand_takes_one_each() -> None:
    before = "x = f(\n  a, b,\n  c\n)\ny = f(\n  a, b\n)\n"
    after = before.replace("y = f(\n  a, b", "y = f(\n  await aaaaaaaaaaaaaa(a), await bbbbbbbbbb(b)")
    assert wrap_long_lines(before, after, LIMIT) == (
        "x = f(\n  a, b,\n  c\n)\ny = f(\n  await aaaaaaaaaaaaaa(a),\n  await bbbbbbbbbb(b),\n)\n"
    )


def test_a_backslash_on_a_line_of_its_own_is_no_statement() -> None:
    before = "x = 1\n\\\n\ny = f(a)\n"
    after = before.replace("f(a)", "await f(aaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbb)")
    assert wrap_long_lines(before, after, LIMIT) == (
        "x = 1\n\\\n\ny = await f(\n    aaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbb\n)\n"
    )


def test_a_grammar_that_this_python_does_not_know_is_not_laid_out() -> None:
    """Nobody could say whether the code is still the same."""
    before = "def f[T](a: T): ...\n"
    after = "async def f[T](aaaaaaaaaaaaaaaaa: T, bbbbbbbbbbb: T): ...\n"
    laid_out = "async def f[T](\n    aaaaaaaaaaaaaaaaa: T, bbbbbbbbbbb: T\n): ...\n"
    assert wrap_long_lines(before, after, LIMIT) == (laid_out if sys.version_info >= (3, 12) else after)
