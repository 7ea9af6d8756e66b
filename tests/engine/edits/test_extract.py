"""Runs of statements that become a nested function: its place, its result, its comments and blank lines."""

from __future__ import annotations

import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import Edit, ExtractToThread, OffloadCall, Span, TurnAsync

from .marks import POOL, function_span, marked


def extract(
    spans: list[Span],
    *,
    results: tuple[str, ...] = (),
    parameters: tuple[str, ...] = (),
    returns: bool = False,
    global_names: tuple[str, ...] = (),
) -> ExtractToThread:
    """`spans` are the run (first and last statement), with the statement that the function stands above in
    front."""
    before, first, last = spans if len(spans) == 3 else (spans[0], spans[0], spans[-1])
    return ExtractToThread(first, last, before, "read", parameters, results, returns, POOL, global_names)


def extracted(text: str, **options: object) -> str:
    source, spans = marked(text)
    result = rewrite(source, [extract(spans, **options)])  # type: ignore[arg-type]
    ast.parse(result)
    return result


def test_the_single_result_of_a_with_block_is_returned_from_inside_it() -> None:
    assert extracted(
        "def h(path):\n    # the stored report\n    «with open(path) as f:\n        data = json.load(f)»\n"
        "    return data\n",
        results=("data",),
    ) == (
        "def h(path):\n    # the stored report\n    def read():\n        with open(path) as f:\n"
        "            return json.load(f)\n\n    data = await run_in_threadpool(read)\n    return data\n"
    )


def test_several_results_keep_the_block_as_it_is() -> None:
    assert extracted(
        "def h(path):\n    «with open(path) as f:\n        head = f.readline()\n        rest = f.read()»\n",
        results=("head", "rest"),
    ) == (
        "def h(path):\n    def read():\n        with open(path) as f:\n            head = f.readline()\n"
        "            rest = f.read()\n        return head, rest\n\n"
        "    head, rest = await run_in_threadpool(read)\n"
    )


@pytest.mark.parametrize(
    ("run", "body", "call"),
    [
        ("x = f()", "return f()", "x = {}"),
        ("x: int = f()", "return f()", "x: int = {}"),
        ("x = f(), 1", "return f(), 1", "x = {}"),
        ("x = (\n        f()\n    )", "return (\n            f()\n        )", "x = {}"),
        ("x = f(\n        # why\n    )", "return f(\n            # why\n        )", "x = {}"),
        ("with a: x = f()", "with a: return f()", "x = {}"),
        ("with a, b as c: y = 1; x = f()", "with a, b as c: y = 1; return f()", "x = {}"),
        (
            "with a:\n        with b:\n            x = f()",
            "with a:\n            with b:\n                return f()",
            "x = {}",
        ),
        # more than one name is bound, or not as the last thing
        ("x = y = f()", "x = y = f()\n        return x", "x = {}"),
        ("x, y = f()", "x, y = f()\n        return x", "x = {}"),
        ("x += f()", "x += f()\n        return x", "x = {}"),
        ("x: int", "x: int\n        return x", "x = {}"),
        ("self.x = x = f()", "self.x = x = f()\n        return x", "x = {}"),
        ("g(x := f())", "g(x := f())\n        return x", "x = {}"),
        ("if a: x = f()", "if a: x = f()\n        return x", "x = {}"),
        ("for x in f(): pass", "for x in f(): pass\n        return x", "x = {}"),
        ("try: x = f()\n    finally: g()", "try: x = f()\n        finally: g()\n        return x", "x = {}"),
        ("with a as x: g()", "with a as x: g()\n        return x", "x = {}"),
    ],
)
def test_what_is_returned(run: str, body: str, call: str) -> None:
    after = call.replace("{}", "await run_in_threadpool(read)")
    assert extracted(f"def h():\n    «{run}»\n    return x\n", results=("x",)) == (
        f"def h():\n    def read():\n        {body}\n\n    {after}\n    return x\n"
    )


def test_a_result_that_was_a_parameter_is_not_returned_from_inside_a_with() -> None:
    assert extracted(
        "def h(x):\n    «with suppress(E):\n        x = f(x)»\n    return x\n",
        results=("x",),
        parameters=("x",),
    ) == (
        "def h(x):\n    def read(x):\n        with suppress(E):\n            x = f(x)\n        return x\n\n"
        "    x = await run_in_threadpool(read, x)\n    return x\n"
    )


def test_parameters_are_passed_in_order_and_globals_named_again() -> None:
    assert extracted(
        "def h(total, n):\n    global seen\n    «seen = n»\n    «total += f(n)»\n    return total\n",
        results=("total",),
        parameters=("total", "n"),
        global_names=("seen",),
    ) == (
        "def h(total, n):\n    global seen\n\n    def read(total, n):\n        global seen\n"
        "        seen = n\n"
        "        total += f(n)\n        return total\n\n    total = await run_in_threadpool(read, total, n)\n"
        "    return total\n"
    )


def test_a_run_that_returns_is_returned() -> None:
    assert extracted("def h():\n    a = 1\n    «if f(a): return 1»\n    «return 2»\n", returns=True) == (
        "def h():\n    a = 1\n\n    def read():\n        if f(a): return 1\n        return 2\n\n"
        "    return await run_in_threadpool(read)\n"
    )


def test_a_run_without_results_is_only_awaited() -> None:
    assert extracted("def h():\n    «f()  # c»\n    g()\n".replace("f()  # c»", "f()»  # c")) == (
        "def h():\n    def read():\n        f()  # c\n\n    await run_in_threadpool(read)\n    g()\n"
    )


def test_the_function_stands_above_a_try_and_the_call_inside_it() -> None:
    assert extracted(
        "def h(p):\n    x = 1\n    # may fail\n    «try:\n        # read it\n"
        "        ««data = open(p).read()»»  # all\n"
        "    except OSError:  # gone\n        data = ''»\n    return data\n",
        results=("data",),
    ) == (
        "def h(p):\n    x = 1\n\n    def read():\n        return open(p).read()  # all\n\n    # may fail\n"
        "    try:\n"
        "        # read it\n        data = await run_in_threadpool(read)\n    except OSError:  # gone\n"
        "        data = ''\n    return data\n"
    )


def test_the_function_stands_above_a_loop_and_takes_its_variable() -> None:
    assert extracted(
        "def h(ps):\n    «for p in ps:\n        if p:\n            ««n = size(p)»»\n"
        "            await use(n)»\n",
        results=("n",),
        parameters=("p",),
    ) == (
        "def h(ps):\n    def read(p):\n        return size(p)\n\n    for p in ps:\n        if p:\n"
        "            n = await run_in_threadpool(read, p)\n            await use(n)\n"
    )


def test_blank_lines_and_comments_around_the_run() -> None:
    assert extracted(
        "def h():\n    a()\n    # alone\n\n    # of the run\n    «b()»\n\n    «c()»  # behind\n"
        "    # after\n    d()\n"
    ) == (
        "def h():\n    a()\n    # alone\n\n    # of the run\n    def read():\n        b()\n\n"
        "        c()  # behind\n\n    await run_in_threadpool(read)\n    # after\n    d()\n"
    )


def test_comments_on_several_steps_of_the_run_stay_with_their_steps() -> None:
    assert extracted(
        "def h():\n    a()\n    # alone\n\n    # first\n    «b()»\n\n    # second\n    «c()»\n    d()\n"
    ) == (
        "def h():\n    a()\n    # alone\n\n    def read():\n        # first\n        b()\n\n"
        "        # second\n        c()\n\n    await run_in_threadpool(read)\n    d()\n"
    )


def test_a_block_of_its_own_gets_the_blank_line_that_formatters_ask_for() -> None:
    assert extracted("def h():\n    if a:\n        «f()»\n    else:\n        g()\n") == (
        "def h():\n    if a:\n\n        def read():\n            f()\n\n"
        "        await run_in_threadpool(read)\n"
        "    else:\n        g()\n"
    )


def test_comments_at_the_end_of_the_run_move_with_their_block() -> None:
    assert extracted("def h():\n    «with a:\n        f()»\n        # inside\n    # outside\n") == (
        "def h():\n    def read():\n        with a:\n            f()\n            # inside\n\n"
        "    await run_in_threadpool(read)\n    # outside\n"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("unit", ["    ", "  ", "\t"])
def test_indentation_and_line_ends_of_the_file(unit: str, newline: str) -> None:
    def laid(text: str) -> str:
        return text.replace("\t", unit).replace("\n", newline)

    source, spans = marked(
        laid("def h():\n\tif a: pass\n\t«with b:\n\t\tx = f(\n\t\t\tc,\n\t\t)»\n\treturn x\n")
    )
    assert rewrite(source, [extract(spans, results=("x",))]) == laid(
        "def h():\n\tif a: pass\n\n\tdef read():\n\t\twith b:\n\t\t\treturn f(\n\t\t\t\tc,\n\t\t\t)\n\n"
        "\tx = await run_in_threadpool(read)\n\treturn x\n"
    )


def test_strings_of_several_lines_keep_their_text() -> None:
    assert extracted('def h():\n    «f("""\n  a\n""")»\n') == (
        'def h():\n    def read():\n        f("""\n  a\n""")\n\n    await run_in_threadpool(read)\n'
    )


def test_statements_that_share_a_line_are_taken_apart() -> None:
    assert extracted("def h():\n    a(); «x = f()»; b()  # c\n", results=("x",)) == (
        "def h():\n    a()\n\n    def read():\n        return f()\n\n"
        "    x = await run_in_threadpool(read)\n    b()  # c\n"
    )
    assert extracted("def h():\n    if a: «x = f()»  # c\n    b()\n", results=("x",)) == (
        "def h():\n    if a:\n\n        def read():\n            return f()  # c\n\n"
        "        x = await run_in_threadpool(read)\n    b()\n"
    )


def test_a_case_of_a_match_is_a_block() -> None:
    assert extracted(
        "def h(a):\n    match a:\n        case [b, *_] if b: «f(b)»\n        case {'k': v, **rest}:\n"
        "            pass\n"
    ) == (
        "def h(a):\n    match a:\n        case [b, *_] if b:\n\n            def read():\n"
        "                f(b)\n\n"
        "            await run_in_threadpool(read)\n        case {'k': v, **rest}:\n            pass\n"
    )


def test_edits_in_and_around_the_run_are_carried_out_too() -> None:
    source, (first, call) = marked("def h():\n    «x = «f()».y»\n    return x\n")
    edits: list[Edit] = [
        extract([first], results=("x",)),
        OffloadCall(call, POOL),
        TurnAsync(function_span(source, "h")),
    ]
    for order in (edits, edits[::-1]):
        assert rewrite(source, order) == (
            "async def h():\n    def read():\n        return (await run_in_threadpool(f)).y\n\n"
            "    x = await run_in_threadpool(read)\n    return x\n"
        )


def test_two_functions_above_one_statement_stand_apart() -> None:
    source, (loop, one, two) = marked(
        "def h():\n    «for a in b:\n        «f(a)»\n        await c\n        «g(a)»\n        await c»\n"
    )
    edits = [
        ExtractToThread(one, one, loop, "first", ("a",), (), False, POOL),
        ExtractToThread(two, two, loop, "second", ("a",), (), False, POOL),
    ]
    assert rewrite(source, edits) == (
        "def h():\n    def first(a):\n        f(a)\n\n    def second(a):\n        g(a)\n\n    for a in b:\n"
        "        await run_in_threadpool(first, a)\n        await c\n"
        "        await run_in_threadpool(second, a)\n"
        "        await c\n"
    )


def test_runs_that_overlap_are_an_error() -> None:
    source, (a, b, c) = marked("def h():\n    «a()»\n    «b()»\n    «c()»\n")
    with pytest.raises(RewriteError, match="two edits claim"):
        rewrite(source, [extract([a, b]), extract([b, c])])


@pytest.mark.parametrize(
    "text",
    [
        "def h():\n    «a()»\n    if b:\n        «c()»\n",
        "def h():\n    if a: pass\n    «elif b: c()»\n",
        "def h():\n    if a:\n        «b()»\n    else:\n        ««c()»»\n",
        "def h():\n    «a = («b»)»\n",
    ],
)
def test_what_is_no_run_of_one_block_is_an_error(text: str) -> None:
    with pytest.raises(RewriteError):
        extracted(text)


def test_a_function_below_its_use_is_an_error() -> None:
    source, (first, second) = marked("def h():\n    «a()»\n    «b()»\n")
    with pytest.raises(RewriteError, match="below"):
        rewrite(source, [extract([second, first, first])])


def test_blank_lines_that_are_indented_stay_above_what_follows() -> None:
    """They had come along as the last lines of the function."""
    assert extracted(
        "def h(a):\n    «for n in a:\n        if n:\n            f(n)»\n"
        "            \n        \n    return a\n"
    ) == (
        "def h(a):\n    def read():\n        for n in a:\n            if n:\n                f(n)\n\n"
        "    await run_in_threadpool(read)\n\n\n    return a\n"
    )
