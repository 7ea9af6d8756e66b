"""A parameter goes or comes; the others keep their lines."""

from __future__ import annotations

import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import AddParameter, Code, Edit, ImportNeed, RemoveParameter, TurnAsync, slot

from .marks import function_span


def without(source: str, name: str = "x", *more: Edit) -> str:
    text = f"{source}\n    pass\n"
    result = rewrite(text, [RemoveParameter(function_span(text, "f"), name), *more], line_length=40)
    ast.parse(result)
    return result.removesuffix("\n    pass\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(x):", "def f():"),
        ("def f(x: T = D()):", "def f():"),
        ("def f(a, x):", "def f(a):"),
        ("def f(x, a):", "def f(a):"),
        ("def f(a, x, b=1) -> None:", "def f(a, b=1) -> None:"),
        ("def f(a, *, x):", "def f(a):"),
        ("def f(a, *, x, b):", "def f(a, *, b):"),
        ("def f(a, *, b, x):", "def f(a, *, b):"),
        ("def f(x, /):", "def f():"),
        ("def f(x, /, a):", "def f(a):"),
        ("def f(a, x, *args):", "def f(a, *args):"),
        ("def f(a, *args, x):", "def f(a, *args):"),
        ("def f(a, x, **kw):", "def f(a, **kw):"),
        ("def f(a, x,):", "def f(a,):"),
        ("def f(\n    a,\n    x,\n):", "def f(\n    a,\n):"),
        ("def f(\n    a,\n    x,\n    b,\n):", "def f(\n    a,\n    b,\n):"),
        ("def f(\n    x: T,\n):", "def f():"),
        ("def f(\n    a: Something, x: SomethingElse\n) -> None:", "def f(a: Something) -> None:"),
        ("def f(a,\n      x,\n      b):", "def f(a,\n      b):"),
        ("def f(a,\n      x):", "def f(a):"),
        ("def f(\n    a,  # first\n    x,\n):", "def f(\n    a,  # first\n):"),
    ],
)
def test_layouts(before: str, after: str) -> None:
    assert without(before) == after


def test_a_signature_that_turns_async_must_have_room_for_the_word() -> None:
    before = "def f(\n    alpha: int, beta: str, x: T\n) -> str:"
    text = f"{before}\n    pass\n"
    assert without(before) == "def f(alpha: int, beta: str) -> str:"
    turned = without(before, "x", TurnAsync(function_span(text, "f")))
    assert turned == "async def f(\n    alpha: int, beta: str\n) -> str:"


def test_a_parameter_that_is_not_there() -> None:
    with pytest.raises(RewriteError, match="no parameter y"):
        without("def f(x):", "y")


NEW = Code("n: T")


def with_new(source: str, before: str, code: Code = NEW) -> str:
    text = f"{source}\n    pass\n"
    result = rewrite(text, [AddParameter(function_span(text, "f"), code, before)], line_length=40)
    ast.parse(result)
    return result.removesuffix("\n    pass\n")


@pytest.mark.parametrize(
    ("source", "before", "after"),
    [
        ("def f(x):", "x", "def f(n: T, x):"),
        ("def f(x=1, *, y):", "x", "def f(n: T, x=1, *, y):"),
        ("def f(self, x):", "x", "def f(self, n: T, x):"),
        ("def f(*, x):", "x", "def f(*, n: T, x):"),
        ("def f(y, *, z, x):", "x", "def f(y, *, z, n: T, x):"),
        ("def f(*y, x):", "x", "def f(*y, n: T, x):"),
        ("def f(a, x):", "a", "def f(n: T, a, x):"),
        ("def f(\n    x: X,\n    y: Y,\n):", "x", "def f(\n    n: T,\n    x: X,\n    y: Y,\n):"),
        ("def f(\n    self,\n    x,  # why\n):", "x", "def f(\n    self,\n    n: T,\n    x,  # why\n):"),
        ("def f(x,\n      y):", "x", "def f(n: T, x,\n      y):"),
    ],
)
def test_a_new_parameter(source: str, before: str, after: str) -> None:
    assert with_new(source, before) == after


def test_a_new_parameter_brings_its_import() -> None:
    code = Code(f"n: {slot(0)}", (ImportNeed("lib", "T"),))
    assert with_new("def f(x):", "x", code).startswith("from lib import T\n")


@pytest.mark.parametrize("source", ["def f(y):", "def f(*x):", "def f(**x):", "def f(x, /):"])
def test_there_is_no_such_place(source: str) -> None:
    with pytest.raises(RewriteError):
        with_new(source, "x")


def test_a_method_that_turns_gets_another_name() -> None:
    text = "class C:\n    def f(self, *error):\n        pass\n"
    result = rewrite(text, [TurnAsync(function_span(text, "f"), "g")], line_length=40)
    assert result == "class C:\n    async def g(self, *error):\n        pass\n"
