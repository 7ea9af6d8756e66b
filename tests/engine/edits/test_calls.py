"""Calls that are handed to the thread pool, and calls with another callee and other arguments."""

from __future__ import annotations

import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import Argument, Code, OffloadCall, ReplaceCall

from .marks import POOL, marked


def offloaded(text: str) -> str:
    source, spans = marked(text)
    return rewrite(source, [OffloadCall(span, POOL) for span in spans])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«f()»", "await run_in_threadpool(f)"),
        ("«shutil.copy(a, dst=b)»", "await run_in_threadpool(shutil.copy, a, dst=b)"),
        ("«f(a,)»", "await run_in_threadpool(f, a,)"),
        ("«f(*a, b)»", "await run_in_threadpool(f, *a, b)"),
        ("«f(a for a in b)»", "await run_in_threadpool(f, (a for a in b))"),
        ("«f (a)»", "await run_in_threadpool(f, a)"),
        ("«load(x)»['k']", "(await run_in_threadpool(load, x))['k']"),
        ("«(load)(x)»", "await run_in_threadpool((load), x)"),
        ("«f(n := 1)»", "await run_in_threadpool(f, n := 1)"),
        ("f'{«load(x)».name}'", "f'{(await run_in_threadpool(load, x)).name}'"),
        ("sorted(«os.listdir(d)»)", "sorted(await run_in_threadpool(os.listdir, d))"),
        ("(«f(a)»)", "(await run_in_threadpool(f, a))"),
    ],
)
def test_a_call_goes_to_the_pool(before: str, after: str) -> None:
    assert offloaded(f"x = {before}\n") == f"x = {after}\n"


@pytest.mark.parametrize("arguments", ["func=1", "a, func=b", "**options", "a, **options"])
def test_a_keyword_that_the_pool_could_take_is_an_error(arguments: str) -> None:
    with pytest.raises(RewriteError, match="thread pool"):
        offloaded(f"x = «f({arguments})»\n")


@pytest.mark.parametrize("arguments", ["", "a", "a, b"])
@pytest.mark.parametrize("comments", ["  # why", "\n    # why", "  # why\n    # indeed"])
def test_comments_between_a_function_and_its_arguments_stay(comments: str, arguments: str) -> None:
    text = offloaded(f"x = (\n    «f{comments}\n    ({arguments})»\n)\n")
    assert text.count(f"{comments}\n") == 1
    assert ast.unparse(ast.parse(f"async def g():\n    {text.strip()}")).endswith(
        f"x = await run_in_threadpool({', '.join(filter(None, ('f', arguments)))})"
    )


def test_arguments_on_lines_of_their_own_keep_them_and_their_comments() -> None:
    assert offloaded("x = «f(  # why\n    a,  # one\n    # about b\n    b=2,  # two\n)»\n") == (
        "x = await run_in_threadpool(  # why\n    f,\n    a,  # one\n    # about b\n    b=2,  # two\n)\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("«f(\n    a, b\n)»", "await run_in_threadpool(\n    f, a, b\n)"),
        ("«f(\n    a\n)»", "await run_in_threadpool(\n    f, a\n)"),
        ("«f(\n    a,\n)»", "await run_in_threadpool(\n    f,\n    a,\n)"),
        (
            "«f(\n    g(\n        1\n    )\n)»",
            "await run_in_threadpool(\n    f,\n    g(\n        1\n    ),\n)",
        ),
        ("«f(  # nothing\n)»", "await run_in_threadpool(f  # nothing\n)"),
        ("«f(\n    a  # one\n)»", "await run_in_threadpool(\n    f, a  # one\n)"),
    ],
)
def test_lines_of_the_argument_list(before: str, after: str) -> None:
    assert offloaded(f"x = {before}\n") == f"x = {after}\n"


def test_a_chain_in_parentheses_moves_into_those_of_the_call() -> None:
    before = "x = (\n    «db.query(A)\n    .filter(b)  # mine\n    .all()»\n)\n"
    assert offloaded(before) == (
        "x = await run_in_threadpool(\n    db.query(A)\n    .filter(b)  # mine\n    .all\n)\n"
    )
    bare = "x = (\n    «db.query(A)\n    .all  # mine\n    ()»  # last\n)\n"
    assert offloaded(bare) == (
        "x = await run_in_threadpool(\n    db.query(A)\n    .all  # mine\n    # last\n)\n"
    )
    with_arguments = "x = (\n    «db.query(A)\n    .get(1, key=2)»  # last\n)\n"
    assert offloaded(with_arguments) == (
        "x = await run_in_threadpool(\n    db.query(A)\n    .get,\n    1,\n    key=2,  # last\n)\n"
    )


def test_statements_around_keep_their_form() -> None:
    before = "def h(p):\n    if not «p.exists()»: return 1; a = 2  # c\n    with «lock(p)»: pass\n"
    assert offloaded(before) == (
        "def h(p):\n    if not await run_in_threadpool(p.exists): return 1; a = 2  # c\n"
        "    with await run_in_threadpool(lock, p): pass\n"
    )


def replaced(text: str, callee: str, *arguments: Argument, keep: bool = False, awaited: bool = False) -> str:
    source, spans = marked(text)
    edit = ReplaceCall(spans[0], Code(callee), None if keep else arguments, awaited)
    return rewrite(source, [edit])


def test_only_the_callee_changes() -> None:
    before = "«time.sleep(  # a while\n    2\n)»\n"
    assert replaced(before, "asyncio.sleep", keep=True, awaited=True) == (
        "await asyncio.sleep(  # a while\n    2\n)\n"
    )


def test_a_callee_that_binds_loosely_gets_parentheses() -> None:
    assert replaced("x = «f(a)»\n", "await g", keep=True) == "x = (await g)(a)\n"


@pytest.mark.parametrize(
    ("before", "arguments", "after"),
    [
        ("get(url, p)", [Argument(0), Argument(1, keyword="params")], "c.get(url, params=p)"),
        ("get(url)", [Argument(code=Code('"GET"')), Argument(0)], 'c.get("GET", url)'),
        ("get(a=1, b=2)", [Argument(1), Argument(0, keyword="c")], "c.get(b=2, c=1)"),
        ("get(k=1, *a)", [Argument(0), Argument(1)], "c.get(*a, k=1)"),
        ("get(url, data=d)", [Argument(0)], "c.get(url)"),
        ("get(url,)", [], "c.get()"),
        ("get()", [Argument(keyword="a", code=Code("1"))], "c.get(a=1)"),
        ("get(a for a in b)", [Argument(0), Argument(code=Code("1"))], "c.get((a for a in b), 1)"),
        (
            "get(a, b)",
            [Argument(0), Argument(code=Code("x or y"), keyword="k"), Argument(code=Code("*z"))],
            "c.get(a, k=x or y, *z)",
        ),
    ],
)
def test_arguments_are_kept_moved_named_and_new(before: str, arguments: list[Argument], after: str) -> None:
    assert replaced(f"x = «{before}»\n", "c.get", *arguments) == f"x = {after}\n"


def test_comments_stay_with_their_arguments() -> None:
    before = "x = «get(\n    url,  # where\n    timeout=3,  # how long\n)»\n"
    arguments = [Argument(0), Argument(1, keyword="wait"), Argument(keyword="new", code=Code("1"))]
    assert replaced(before, "c.get", *arguments, awaited=True) == (
        "x = await c.get(\n    url,  # where\n    wait=3,  # how long\n    new=1,\n)\n"
    )
    assert replaced(before, "c.get", Argument(1), Argument(0, keyword="u")) == (
        "x = c.get(\n    timeout=3,  # how long\n    u=url,  # where\n)\n"
    )


def test_an_argument_behind_a_comment_comes_behind_it() -> None:
    before = "x = «get(\n    url,\n    # more of them?\n)»\n"
    assert replaced(before, "c.get", Argument(0), Argument(keyword="new", code=Code("1"))) == (
        "x = c.get(\n    url,\n    # more of them?\n    new=1,\n)\n"
    )


def test_an_argument_that_is_not_there_is_an_error() -> None:
    with pytest.raises(RewriteError, match="no such argument"):
        replaced("«f(a)»\n", "g", Argument(1))


def test_a_keyword_for_a_starred_argument_is_an_error() -> None:
    with pytest.raises(RewriteError, match="starred"):
        replaced("«f(*a)»\n", "g", Argument(0, keyword="k"))


@pytest.mark.parametrize("text", ["a, b", "a +", ""])
def test_new_text_that_is_not_one_argument_is_an_error(text: str) -> None:
    with pytest.raises(RewriteError):
        replaced("«f(a)»\n", "g", Argument(code=Code(text)))


def test_an_edit_inside_the_callee_that_goes_is_an_error() -> None:
    source, (outer, inner) = marked("x = ««a.b()».c()»\n")
    with pytest.raises(RewriteError, match="callee"):
        rewrite(source, [OffloadCall(inner, POOL), ReplaceCall(outer, Code("q"))])


def test_another_callee_keeps_what_becomes_of_its_owner() -> None:
    source, (whole, inner) = marked("x = ««made()».http.get(1)»\n")
    edits = [OffloadCall(inner, POOL), ReplaceCall(whole, Code("made().http.send"), awaited=True)]
    assert rewrite(source, edits) == "x = await (await run_in_threadpool(made)).http.send(1)\n"
    with pytest.raises(RewriteError, match="another edit changes the callee"):
        rewrite(source, [edits[0], ReplaceCall(whole, Code("twin().http.send"), awaited=True)])
