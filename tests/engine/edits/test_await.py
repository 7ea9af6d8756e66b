"""Parentheses around an `await` stand only where Python would take the expression apart without them."""

from __future__ import annotations

import ast
import sys

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import (
    AwaitExpression,
    Code,
    Edit,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    ReplaceExpression,
)

from .marks import POOL, marked


def awaited(text: str) -> str:
    source, spans = marked(text)
    result = rewrite(source, [AwaitExpression(span) for span in spans])
    ast.parse(result)
    return result


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«f()».x", "(await f()).x"),
        ("«f()»[0]", "(await f())[0]"),
        ("«f()»()", "(await f())()"),
        ("«f()».x.y[1]()", "(await f()).x.y[1]()"),
        ("«f()» ** 2", "(await f()) ** 2"),
        ("«f(«g()».x)».y", "(await f((await g()).x)).y"),
        ("«a.b().c()».d()", "(await a.b().c()).d()"),
        ("«a.b()».c().d()", "(await a.b()).c().d()"),
        ("««a.b()».c()».d()", "(await (await a.b()).c()).d()"),
        ("f(«g()»)(h)", "f(await g())(h)"),
    ],
)
def test_parentheses_that_precedence_asks_for(before: str, after: str) -> None:
    assert awaited(f"x = {before}\n") == f"x = {after}\n"


@pytest.mark.parametrize(
    ("before", "twice", "after"),
    [
        ("«f(a)»", False, "await f(a).g()"),
        ("«f(a)»", True, "await (await f(a)).g()"),
        ("h(«f(a)», 1)", True, "h(await (await f(a)).g(), 1)"),
        ("«f»[0]", False, "(await f.g())[0]"),
        ("(«f»)", False, "(await f.g())"),
        ("«x or f»", False, "await (x or f).g()"),
    ],
)
def test_a_method_of_what_is_awaited(before: str, twice: bool, after: str) -> None:
    source, spans = marked(f"x = {before}\n")
    assert rewrite(source, [AwaitExpression(spans[0], "g", twice)]) == f"x = {after}\n"


@pytest.mark.parametrize(
    "place",
    [
        "x = {}",
        "return {}",
        "{}",
        "x, y = {}, z",
        "x += {}",
        "x: int = {}",
        "g({})",
        "g(a={})",
        "g(*{})",
        "g(**{})",
        "x = not {}",
        "x = -{}",
        "x = 2 ** {}",
        "x = {} * 2",
        "x = a - {}",
        "x = {} == 1",
        "x = a < {} < b",
        "x = {} in y",
        "x = a and {} or b",
        "x = {} if {} else {}",
        "x = y[{}]",
        "x = y[{}:{}]",
        "x = [{}, {}]",
        "x = {{'a': {}}}",
        "x = {{**{}}}",
        "x = [*{}]",
        "x = [{} for i in j]",
        "x = [i for i in {}]",
        "x = [i for i in j if {}]",
        "x = {{i: {} for i in j}}",
        "if {}: pass",
        "while {}: pass",
        "for i in {}: pass",
        "with {} as y: pass",
        "with {}, {}: pass",
        "assert {}, {}",
        "raise {} from {}",
        "if (n := {}) > 1: pass",
        "x = f'{{{}}} {{{}!r:>10}}'",
        "x = f'''{{{}:{{{}}}}}'''",
        "x = lambda: {}",
        "match {}:\n    case 1 if {}: pass",
        "del y[{}]",
    ],
)
def test_no_parentheses(place: str) -> None:
    before, after = (
        place.replace("{}", each).replace("{{", "{").replace("}}", "}") for each in ("«f()»", "await f()")
    )
    assert awaited(before + "\n") == after + "\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = («f()»).x", "x = (await f()).x"),
        ("x = ((«f()»))", "x = ((await f()))"),
        ("return(«f()»)", "return(await f())"),
        ("x = (\n    «f()»  # why\n)", "x = (\n    await f()  # why\n)"),
        ("if not(«f()»): pass", "if not(await f()): pass"),
    ],
)
def test_parentheses_that_are_there_are_used_again(before: str, after: str) -> None:
    assert awaited(before + "\n") == after + "\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = y if«[a][0]»else 2", "x = y if(await [a][0])else 2"),
        ("return«[a][0]»", "return(await [a][0])"),
        ("x = «a or b»", "x = await (a or b)"),
        ("x = («a or b»).c", "x = (await (a or b)).c"),
        ("x = («a if b else c») ** 2", "x = (await (a if b else c)) ** 2"),
    ],
)
def test_words_and_operators_do_not_run_into_the_await(before: str, after: str) -> None:
    assert awaited(before + "\n") == after + "\n"


@pytest.mark.parametrize("text", ["x = await «f()»", "x = «await f()»", "x = (await «f()»).y"])
def test_what_is_awaited_already_is_an_error(text: str) -> None:
    with pytest.raises(RewriteError, match="awaited already"):
        awaited(text + "\n")


def test_an_f_string_that_shows_its_source_is_an_error() -> None:
    with pytest.raises(RewriteError, match="f-string"):
        awaited("x = f'{«f()»=}'\n")


@pytest.mark.parametrize("quote", ['"', '"""'])
def test_new_text_with_the_quotes_of_the_f_string_around_it_is_an_error(quote: str) -> None:
    source, spans = marked(f"x = f{quote}{{«f()»}}{quote}\n")
    with pytest.raises(RewriteError, match="f-string"):
        rewrite(source, [ReplaceCall(spans[0], Code(f"g({quote}a{quote})"))])
    assert rewrite(source, [ReplaceCall(spans[0], Code("g('a')"))]) == f"x = f{quote}{{g('a')()}}{quote}\n"


def test_a_chain_tells_its_calls_apart_though_they_start_together() -> None:
    source, spans = marked("x = «««a.b()».c()».d()»\n")
    for span, after in zip(
        spans, ["await a.b().c().d()", "(await a.b().c()).d()", "(await a.b()).c().d()"], strict=True
    ):
        assert rewrite(source, [AwaitExpression(span)]) == f"x = {after}\n"


@pytest.mark.parametrize("letters", ["é", "日本語", "🎉", "e\u0301"])
def test_columns_behind_characters_that_are_not_ascii(letters: str) -> None:
    text = f'x = "{letters}", f("{letters}"), «g("{letters}")».y  # {letters}\n'
    assert awaited(text) == f'x = "{letters}", f("{letters}"), (await g("{letters}")).y  # {letters}\n'


def test_backslash_continuations_stay() -> None:
    assert awaited("x = a + \\\n    «f()».x + \\\n  b\n") == "x = a + \\\n    (await f()).x + \\\n  b\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«f(x)».y", "(await run_in_threadpool(lambda: f(x))).y"),
        ("(«a + b»).y", "(await run_in_threadpool(lambda: a + b)).y"),
        ("«(a, b)»", "await run_in_threadpool(lambda: (a, b))"),
        ("«a, b»", "await run_in_threadpool(lambda: (a, b))"),
        ("«a if b else c»", "await run_in_threadpool(lambda: a if b else c)"),
        (
            "«json.loads(open(p).read())»['k']",
            "(await run_in_threadpool(lambda: json.loads(open(p).read())))['k']",
        ),
        ("not («a or b()»)", "not (await run_in_threadpool(lambda: a or b()))"),
    ],
)
def test_an_expression_goes_into_a_lambda(before: str, after: str) -> None:
    source, spans = marked(f"x = {before}\n")
    assert rewrite(source, [OffloadExpression(spans[0], POOL)]) == f"x = {after}\n"


def test_an_expression_of_several_lines_goes_into_a_lambda_of_its_own_lines() -> None:
    source, spans = marked(
        "def h():\n    if a:\n        return «load(\n            p,  # where\n            # how\n"
        "            q,\n        )»\n"
    )
    assert rewrite(source, [OffloadExpression(spans[0], POOL)]) == (
        "def h():\n    if a:\n        return await run_in_threadpool(\n            lambda: load(\n"
        "                p,  # where\n                # how\n                q,\n            )\n        )\n"
    )


def test_the_lines_of_parentheses_become_those_of_the_call() -> None:
    source, spans = marked("x = (\n    «a()  # one\n    or b()»\n)\n")
    assert rewrite(source, [OffloadExpression(spans[0], POOL)]) == (
        "x = await run_in_threadpool(\n    lambda: a()  # one\n    or b()\n)\n"
    )


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [
        ("if «r.ok»: pass", "not r.is_error", "if not r.is_error: pass"),
        ("x = «r.ok» == y", "not r.is_error", "x = (not r.is_error) == y"),
        ("x = («r.ok»)", "not r.is_error", "x = (not r.is_error)"),
        ("x = «r.ok».z", "(not r.is_error)", "x = (not r.is_error).z"),
        ("x = not «r.ok»", "a or b", "x = not (a or b)"),
        ("x = g(«r.ok»)", "a or b", "x = g(a or b)"),
        ("x = 1 if «r[0]»else 2", "r.good", "x = 1 if (r.good)else 2"),
        ("try: pass\nexcept «(A, B)»: pass", "C", "try: pass\nexcept C: pass"),
        ("try: pass\nexcept «A»: pass", "(B, C)", "try: pass\nexcept (B, C): pass"),
        ("x = sum«(f(y) for y in z)»", "[a for a in b]", "x = sum([a for a in b])"),
        ("@«app.on_event('startup')»\ndef f(): pass", "app.on('up')", "@app.on('up')\ndef f(): pass"),
    ],
)
def test_an_expression_is_replaced_by_text(before: str, code: str, after: str) -> None:
    source, spans = marked(before + "\n")
    assert rewrite(source, [ReplaceExpression(spans[0], Code(code))]) == after + "\n"


def test_edits_inside_a_replaced_expression_are_not_kept() -> None:
    source, (outer, inner) = marked("x = «f(«g()»)»\n")
    edits: list[Edit] = [AwaitExpression(inner), ReplaceExpression(outer, Code("h()"))]
    assert rewrite(source, edits) == "x = h()\n"


def test_edits_inside_each_other_compose_from_the_inside() -> None:
    source, (outer, middle, inner) = marked("x = «get(«load(«token()».value)»)».json()\n")
    edits: list[Edit] = [
        ReplaceCall(outer, Code("client().get"), awaited=True),
        OffloadCall(middle, POOL),
        AwaitExpression(inner),
    ]
    for order in (edits, edits[::-1]):
        assert rewrite(source, order) == (
            "x = (await client().get(await run_in_threadpool(load, (await token()).value))).json()\n"
        )


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_syntax_of_newer_pythons() -> None:
    assert awaited('def h[T: int](a: T) -> T:\n    return f"{«f("a")».x}"\n') == (
        'def h[T: int](a: T) -> T:\n    return f"{(await f("a")).x}"\n'
    )
    assert awaited("type A[T] = list[T]\nx = «f()»\n") == "type A[T] = list[T]\nx = await f()\n"
