"""Statements that are put in, replaced or removed; functions, loops and managers that turn async."""

from __future__ import annotations

import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import (
    AddDecorator,
    AsyncStatement,
    AwaitExpression,
    Code,
    Edit,
    InsertStatements,
    NameFirst,
    ReplaceExpression,
    ReplaceStatements,
    Span,
    TurnAsync,
    WaitTogether,
)

from .marks import function_span, marked


def replaced(text: str, code: str) -> str:
    source, spans = marked(text)
    result = rewrite(source, [ReplaceStatements(spans[0], spans[-1], Code(code))])
    ast.parse(result)
    return result


def inserted(text: str, code: str, *, after: bool = False) -> str:
    source, spans = marked(text)
    result = rewrite(source, [InsertStatements(spans[0], Code(code), after)])
    ast.parse(result)
    return result


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [
        # the comments of the run go, the blank lines and what stands alone stay
        ("a()\n    # why\n    «b()»\n    c()", "d()", "a()\n    d()\n    c()"),
        (
            "a()\n\n    # alone\n\n    # why\n    «b()»\n    c()",
            "d()",
            "a()\n\n    # alone\n\n    d()\n    c()",
        ),
        (
            "a()\n\n    «b()»\n    # inside\n    «c()»\n    # next\n    d()",
            "e()",
            "a()\n\n    e()\n    # next\n    d()",
        ),
        # LibCST counts a blank line that is indented as the last block is to that block
        ("«if a:\n        b()»\n        \n    c()", "d()", "d()\n\n    c()"),
        ("«if a:\n        b()»\n    c()", "d()", "d()\n    c()"),
        # what stands behind a line stays behind the line
        ("«b()»  # type: ignore", "d()", "d()  # type: ignore"),
        ("«b()»  # why", "d()\ne()", "d()\n    e()  # why"),
        ("«b()»  # why", "d()  # new", "# why\n    d()  # new"),
        ("«b()»  # why", "d()\nif e:\n    f()", "d()  # why\n    if e:\n        f()"),
        ("a()\n    «b()»  # why\n    c()", "", "a()\n    # why\n    c()"),
        # several for one, one for several, none
        (
            "«b()»",
            "# new\nx = 1\n\n# other\ny = 2\n# end\n",
            "# new\n    x = 1\n\n    # other\n    y = 2\n    # end",
        ),
        ("«if a:\n        b()»\n    «c()»\n    d()", "e()", "e()\n    d()"),
        ("a()\n\n    «b()»\n    c()", "", "a()\n\n    c()"),
        ("«a()»\n\n    b()", "", "b()"),
        ("a()\n    «b()»", "", "a()"),
        ("«b()»", "", "pass"),
        ("«a()»\n    «b()»", "", "pass"),
        ("a(); «b()»; c()  # d", "x = 1", "a()\n    x = 1\n    c()  # d"),
        ("a(); «b()»  # d", "", "a()\n    # d"),
        ("if x: «b()»  # d", "y()", "if x:\n        y()  # d"),
        ("if x: «b()»\n    else: c()", "", "if x:\n        pass\n    else: c()"),
        (
            "«b()»",
            "def f():\n    return (\n        1\n    )\n",
            "def f():\n        return (\n            1\n        )",
        ),
        ("«async with a: b()»", "async with c:\n    await d()", "async with c:\n        await d()"),
    ],
)
def test_a_run_is_replaced(before: str, code: str, after: str) -> None:
    assert replaced(f"async def h():\n    {before}\n", code) == f"async def h():\n    {after}\n"


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [
        ("«a = 1»\n", "", ""),
        ("import x\n\n# about a\n«a = 1»\nb = 2\n", "c = 3", "import x\n\nc = 3\nb = 2\n"),
        ("#!/bin/python\n# license\n«a = 1»\nb = 2\n", "", "#!/bin/python\n# license\nb = 2\n"),
        ("x = 0\n«a = 1»\nb = 2\n", "def f():\n    pass", "x = 0\n\n\ndef f():\n    pass\n\n\nb = 2\n"),
        ("def f(): pass\n\n\n«a = 1»", "b = 2", "def f(): pass\n\n\nb = 2"),
        ("x = 1; «a = 1»; b = 2\n", "c = 3", "x = 1\nc = 3\nb = 2\n"),
    ],
)
def test_a_run_of_the_module_is_replaced(before: str, code: str, after: str) -> None:
    assert replaced(before, code) == after


def test_edits_inside_what_is_replaced_are_not_kept() -> None:
    source, (statement, call) = marked("def h():\n    «x = «f()».y»\n    return x\n")
    edits: list[Edit] = [AwaitExpression(call), ReplaceStatements(statement, statement, Code("x = 1"))]
    assert rewrite(source, edits) == "def h():\n    x = 1\n    return x\n"


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [
        ("a()\n    «b()»", "x = 1", "a()\n    x = 1\n    b()"),
        ("a()\n\n    # why\n    «b()»", "x = 1", "a()\n\n    x = 1\n    # why\n    b()"),
        ("a()\n    «b()»", "def f():\n    pass", "a()\n\n    def f():\n        pass\n\n    b()"),
        ("«b()»", "def f():\n    pass", "def f():\n        pass\n\n    b()"),
        ("«for i in j:\n        b()»", "x = 1\ny = 2", "x = 1\n    y = 2\n    for i in j:\n        b()"),
        ("a(); «b()»; c()", "x = 1", "a()\n    x = 1\n    b()\n    c()"),
        ("if a: «b()»", "x = 1", "if a:\n        x = 1\n        b()"),
        ("«b()»", "# only a comment\n", "# only a comment\n    b()"),
    ],
)
def test_statements_above(before: str, code: str, after: str) -> None:
    assert inserted(f"def h():\n    {before}\n", code) == f"def h():\n    {after}\n"


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [
        ("«b()»  # c\n\n    d()", "x = 1", "b()  # c\n    x = 1\n\n    d()"),
        ("«b()»\n    d()", "def f():\n    pass", "b()\n\n    def f():\n        pass\n\n    d()"),
        (
            "«with a:\n        b()»\n        # in\n    # out",
            "x = 1",
            "with a:\n        b()\n        # in\n    x = 1\n    # out",
        ),
        ("«a()»; b()", "x = 1", "a()\n    x = 1\n    b()"),
        (
            "try:\n        «a()»\n    finally:\n        b()",
            "x()",
            "try:\n        a()\n        x()\n    finally:\n        b()",
        ),
    ],
)
def test_statements_below(before: str, code: str, after: str) -> None:
    assert inserted(f"def h():\n    {before}\n", code, after=True) == f"def h():\n    {after}\n"


def test_statements_of_the_module() -> None:
    assert inserted("import a\nx = 1\n\n\n# of f\n«def f(): pass»\n", "y = 2") == (
        "import a\nx = 1\n\n\ny = 2\n\n\n# of f\ndef f(): pass\n"
    )
    assert inserted("# license\n«x = 1»\n", "y = 2") == "# license\ny = 2\nx = 1\n"
    assert inserted("@a\n«def f():\n    pass»\nx = 1\n", "y = 2", after=True) == (
        "@a\ndef f():\n    pass\n\n\ny = 2\nx = 1\n"
    )


def test_several_insertions_at_one_place_keep_their_order() -> None:
    source, (span,) = marked("def h():\n    «a()»\n")
    edits = [InsertStatements(span, Code(f"x = {n}"), after=n > 2) for n in (1, 2, 3, 4)]
    assert rewrite(source, edits) == "def h():\n    x = 1\n    x = 2\n    a()\n    x = 3\n    x = 4\n"


def test_new_text_takes_the_indentation_and_the_line_ends_of_the_file() -> None:
    code = 'def f():\n    x = (\n        """a\n    b""",\n    )\n    return x\n'
    assert inserted("def h():\r\n\t«a()»\r\n", code) == (
        "def h():\r\n\tdef f():\r\n\t\tx = (\r\n"
        '\t\t\t"""a\r\n    b""",\r\n\t\t)\r\n\t\treturn x\r\n\r\n\ta()\r\n'
    )


def test_what_is_inserted_inside_a_run_that_is_replaced_goes_above_it() -> None:
    source, spans = marked("def h():\n    «a()»\n    with c:\n        «d()»\n    «e()»\n    f()\n")
    edits: list[Edit] = [InsertStatements(span, Code(f"x = {n}")) for n, span in enumerate(spans)]
    edits.append(ReplaceStatements(spans[0], spans[2], Code("g()")))
    assert rewrite(source, edits) == "def h():\n    x = 0\n    x = 1\n    x = 2\n    g()\n    f()\n"


@pytest.mark.parametrize("text", ["if a: pass\n«elif b: pass»\n", "x = («y»)\n", "for «x» in y: pass\n"])
def test_what_is_no_statement_of_a_block_is_an_error(text: str) -> None:
    with pytest.raises(RewriteError):
        inserted(text, "x = 1")
    with pytest.raises(RewriteError):
        replaced(text, "x = 1")


@pytest.mark.parametrize("code", ["x =", "if a:", "  x = 1"])
def test_new_text_that_does_not_parse_is_an_error(code: str) -> None:
    with pytest.raises(RewriteError):
        inserted("«a()»\n", code)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): return 1\n", "async def f(): return 1\n"),
        (
            "@a\n# c\n@b(1)\n# d\ndef f(x, *, y=1) -> int:  # e\n    'doc'\n",
            "@a\n# c\n@b(1)\n# d\nasync def f(x, *, y=1) -> int:  # e\n    'doc'\n",
        ),
        ("class A:\n  def f(self): pass\n", "class A:\n  async def f(self): pass\n"),
        ("if x:\n\tdef  f( ):\n\t\tpass\n", "if x:\n\tasync def  f( ):\n\t\tpass\n"),
        (
            "def g():\n    def f():\n        pass\n    return f\n",
            "def g():\n    async def f():\n        pass\n    return f\n",
        ),
        ("def f(): g();\n", "async def f(): g();\n"),
        ("def f(a,\n      b): pass\n", "async def f(a,\n            b): pass\n"),
    ],
)
def test_a_function_turns_async(before: str, after: str) -> None:
    assert rewrite(before, [TurnAsync(function_span(before, "f"))]) == after


def test_nested_functions_turn_each_for_itself() -> None:
    source = "def f():\n    def g():\n        pass\n    def k(): pass\n"
    assert rewrite(source, [TurnAsync(function_span(source, "g"))]) == source.replace("def g", "async def g")
    both = [TurnAsync(function_span(source, name)) for name in "fg"]
    assert rewrite(source, both) == source.replace("def g", "async def g").replace("def f", "async def f")


@pytest.mark.parametrize("source", ["async def f(): pass\n", "async def f():\n    async with a: pass\n"])
def test_what_is_async_already_is_an_error(source: str) -> None:
    with pytest.raises(RewriteError, match="async already"):
        rewrite(source, [TurnAsync(function_span(source, "f"))])


def test_loops_and_managers_turn_async() -> None:
    source, spans = marked(
        "async def f():\n    «with (a as b, c):  # x\n        «for i in «rows()»:\n            pass\n"
        "        else:\n            pass»»\n"
    )
    edits: list[Edit] = [
        AsyncStatement(spans[0]),
        AsyncStatement(spans[1]),
        ReplaceExpression(spans[2], Code("iterate(rows())")),
    ]
    assert rewrite(source, edits) == (
        "async def f():\n    async with (a as b, c):  # x\n        async for i in iterate(rows()):\n"
        "            pass\n        else:\n            pass\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "«while a: pass»\n",
        "«x = 1»\n",
        "«try: pass\nfinally: pass»\n",
        "async def f():\n    «async with a: pass»\n",
    ],
)
def test_other_statements_do_not_turn(text: str) -> None:
    source, spans = marked(text)
    with pytest.raises(RewriteError):
        rewrite(source, [AsyncStatement(spans[0])])


@pytest.mark.parametrize("code", ["@broker.task(retry=1)", "broker.task(retry=1)"])
def test_a_decorator_comes_closest_to_the_def(code: str) -> None:
    source = "# c\n@a  # d\n# e\ndef f(): pass\n"
    span = function_span(source, "f")
    assert rewrite(source, [AddDecorator(span, Code(code)), TurnAsync(span)]) == (
        "# c\n@a  # d\n@broker.task(retry=1)\n# e\nasync def f(): pass\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«return «f(x)»»", "n = await f(x)\n    g(n)\n    return n"),
        ("# why\n    «return «f(x)»»  # what", "# why\n    n = await f(x)\n    g(n)\n    return n  # what"),
        ("«return {'a': «f(x)», 'b': y}»", "n = await f(x)\n    g(n)\n    return {'a': n, 'b': y}"),
        ("«for y in «f(x)»:\n        y()»", "n = await f(x)\n    g(n)\n    for y in n:\n        y()"),
        ("if x: «return «f(x)»»", "if x:\n        n = await f(x)\n        g(n)\n        return n"),
        ("«return «f(\n        x,\n    )»»", "n = await f(\n        x,\n    )\n    g(n)\n    return n"),
    ],
)
def test_what_an_expression_gives_has_a_name_above_its_statement(before: str, after: str) -> None:
    source, (statement, inner) = marked(f"async def h():\n    {before}\n")
    edits: list[Edit] = [NameFirst(inner, statement, "n", Code("g(n)")), AwaitExpression(inner)]
    result = rewrite(source, edits)
    ast.parse(result)
    assert result == f"async def h():\n    {after}\n"


def test_a_name_for_what_an_elif_asks_stands_nowhere() -> None:
    source, (inner,) = marked("if a:\n    b()\nelif «f()»:\n    c()\n")
    statement = Span(3, 0, 4, 7)
    with pytest.raises(RewriteError):
        rewrite(source, [NameFirst(inner, statement, "n", Code("g(n)"))])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# why\n    «a = f(x)»\n    «b = f(y)»\n    c()", "# why\n    a, b = await g(f(x), f(y))\n    c()"),
        ("«a = f(x)»; «b = f(y)»; c()", "a, b = await g(f(x), f(y))\n    c()"),
        (
            "«a = f(x).n()»\n    «b = f(y)»  # why\n\n    c()",
            "a_2, b = await g(f(x), f(y))\n    a = a_2.n()\n\n    c()",
        ),
    ],
)
def test_neighbours_are_awaited_together(before: str, after: str) -> None:
    source, (first, last) = marked(f"async def h():\n    {before}\n")
    names = ("a_2" if ".n()" in before else "a", "b")
    calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and ast.unparse(n.func) == "f"]
    spans = [Span(n.lineno, n.col_offset, n.end_lineno or 0, n.end_col_offset or 0) for n in calls]
    edits: list[Edit] = [WaitTogether(first, last, names, Code("g")), *map(AwaitExpression, spans)]
    assert rewrite(source, edits) == f"async def h():\n    {after}\n"


@pytest.mark.parametrize("second", ["b()", "b: int = f(y)", "if b:\n        c = f(y)", "b = [f(y)]"])
def test_what_is_awaited_otherwise_cannot_be_awaited_together(second: str) -> None:
    source, (first, last) = marked(f"async def h():\n    «a = await f(x)»\n    «{second}»\n")
    with pytest.raises(RewriteError):
        rewrite(source, [WaitTogether(first, last, ("a", "b"), Code("g"))])
