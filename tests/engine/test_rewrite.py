"""A whole file and its edits: what stays byte for byte, where imports go, and what is refused."""

from __future__ import annotations

import ast

import pytest
from async_fix.codemods.engine.rewrite import RewriteError, rewrite
from async_fix.codemods.model import (
    AppendCode,
    AwaitExpression,
    Code,
    Edit,
    ImportNeed,
    InsertStatements,
    MoveBody,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    Span,
    TurnAsync,
    slot,
)

from .edits.marks import IMPORTED_POOL, POOL, function_span, marked

ODD = (
    "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n'''doc'''\nimport  os ;import sys\n\n\n\nx=1;y = 2   \n"
    "if  x :\n   pass\n\t\n@ dec\ndef untouched( a,b ):\n  return{'a':b}# no space\n\n\n"
)


def test_no_edits_change_nothing() -> None:
    for source in ("", ODD, "x = (", "\ufeffx = 1", "\f\nx = 1\r"):
        assert rewrite(source, []) == source


def test_where_no_formatter_is_set_up_a_line_is_wrapped_that_nobody_could_read() -> None:
    arguments = ", ".join(f'"argument number {number}"' for number in range(3))
    for more, is_wrapped in (("", False), (', "one more", "and another"', True)):
        source, (call,) = marked(f"async def f():\n    return \xabrun({arguments}{more})\xbb\n")
        done = rewrite(source, [OffloadCall(call, POOL)])
        assert ("await run_in_threadpool(\n" in done) == is_wrapped
        assert max(map(len, done.splitlines())) <= 120


def test_an_import_gets_no_longer_by_a_name_that_takes_the_place_of_another() -> None:
    kept = f"{'a' * 27}, {'b' * 27}"
    source, (call,) = marked(f"from sql import {kept}, make_engine\n\nx = «make_engine()»\ny = {kept}\n")
    edit = ReplaceExpression(call, Code(f"{slot(0)}()", (ImportNeed("sql", "query"),)))
    assert rewrite(source, [edit]) == f"from sql import {kept}, query\n\nx = query()\ny = {kept}\n"


def test_lines_around_a_changed_statement_stay_as_they_are() -> None:
    source, (call,) = marked(f"{ODD}def h():\n    return «f()».x   # two  spaces\n\n\n{ODD}z = 1")
    assert rewrite(source, [AwaitExpression(call)]) == source.replace("f().x", "(await f()).x")


def test_in_a_class_of_many_methods_only_one_changes() -> None:
    methods = [f"    def m{n}(self, x = {n}):\n\n      return  self.f({n} , x) # {n}\n\n" for n in range(30)]
    source = "class A( B ):\n" + "".join(methods)
    edits: list[Edit] = [TurnAsync(function_span(source, "m17"))]
    assert rewrite(source, edits) == source.replace("def m17", "async def m17")


def test_several_statements_of_one_file() -> None:
    source, spans = marked("a = «f()»\n\n\n# b\nb = 2 ; c = «g()»\nd = 3\ne = \\\n «h()»; i = «j()»")
    assert rewrite(source, [AwaitExpression(span) for span in spans]) == (
        "a = await f()\n\n\n# b\nb = 2 ; c = await g()\nd = 3\ne = \\\n await h(); i = await j()"
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_stay(newline: str) -> None:
    text = "import a\n\n\ndef h():\n    # c\n    «x = «f(\n        1,\n    )»»\n    return '''\n'''\n"
    source, (statement, call) = marked(text)
    edits: list[Edit] = [
        OffloadCall(call, IMPORTED_POOL),
        InsertStatements(statement, Code("y = 1\nz = '''\n'''")),
    ]
    assert rewrite(source.replace("\n", newline), edits) == (
        "import a\nfrom fastapi.concurrency import run_in_threadpool\n\n\ndef h():\n    y = 1\n"
        "    z = '''\n'''\n    # c\n"
        "    x = await run_in_threadpool(\n        f,\n        1,\n    )\n    return '''\n'''\n"
    ).replace("\n", newline)


def test_mixed_line_ends_stay_mixed() -> None:
    source, (call,) = marked("a = 1\r\nb = [\n  «f()»,\r\n  2,\r]\r\nc = 3\n")
    assert rewrite(source, [AwaitExpression(call)]) == source.replace("f()", "await f()")


def test_a_byte_order_mark_and_a_missing_last_line_end_stay() -> None:
    source, (call,) = marked("x = «f()»")
    assert rewrite("\ufeff" + source, [AwaitExpression(call)]) == "\ufeffx = await f()"


def test_columns_count_bytes_and_lines_end_only_where_python_ends_them() -> None:
    source, (call,) = marked("a = 'é\u2028\x0b\x1c日'; b = «f('ü')».x  # ∑\n")
    assert rewrite(source, [AwaitExpression(call)]) == source.replace("f('ü')", "(await f('ü'))")


def test_imports_are_added_in_their_place_and_those_left_over_go() -> None:
    source, (call,) = marked(
        "import os\nimport time\n\nfrom fastapi import FastAPI\n\n\ndef h(x):\n    «time.sleep(x)»\n"
        "    os.x\n"
    )
    edit = ReplaceCall(call, Code(f"{slot(0)}.sleep", (ImportNeed("asyncio"),)), awaited=True)
    assert rewrite(source, [edit]) == (
        "import asyncio\nimport os\n\nfrom fastapi import FastAPI\n\n\ndef h(x):\n"
        "    await asyncio.sleep(x)\n    os.x\n"
    )


def test_an_import_that_is_there_is_used_under_its_name() -> None:
    source, (call,) = marked("from fastapi.concurrency import run_in_threadpool as pool\n\nx = «f(1)»\n")
    assert rewrite(source, [OffloadCall(call, IMPORTED_POOL)]).endswith("\nx = await pool(f, 1)\n")


def test_a_name_with_another_meaning_is_not_bound_again() -> None:
    source, (call,) = marked("def run_in_threadpool(): ...\n\n\nx = «f(1)»\n")
    result = rewrite(source, [OffloadCall(call, IMPORTED_POOL)])
    assert result.count("run_in_threadpool():") == 1
    assert "await concurrency.run_in_threadpool(f, 1)" in result


def test_imports_of_edits_that_are_not_kept_are_not_added() -> None:
    source, (outer, inner) = marked("x = «g(«f(1)»)»\n")
    edits: list[Edit] = [OffloadCall(inner, IMPORTED_POOL), ReplaceExpression(outer, Code("2"))]
    assert rewrite(source, edits) == "x = 2\n"


def test_a_need_that_the_text_does_not_name_is_not_imported() -> None:
    source, (name,) = marked("x = «y»\n")
    assert rewrite(source, [ReplaceExpression(name, Code("z", (ImportNeed("json"),)))]) == "x = z\n"


def test_an_import_that_others_take_from_the_file_stays() -> None:
    source, (call,) = marked("import time\n\nx = «time.time()»\n")
    edit = ReplaceExpression(call, Code("1"))
    assert rewrite(source, [edit]) == "x = 1\n"
    assert rewrite(source, [edit], exported=frozenset({"time"})) == "import time\n\nx = 1\n"


@pytest.mark.parametrize(
    ("line", "stays"),
    [("from .clock import now", True), ("from app.clock import now", True), ("from time import now", False)],
)
def test_a_package_keeps_what_it_imports_from_its_own_project(line: str, stays: bool) -> None:
    source, (call,) = marked(f"{line}\n\nx = «now()»\n")
    edit = ReplaceExpression(call, Code("1"))
    found = rewrite(source, [edit], is_package=True, module="app", first_party=frozenset({"app"}))
    assert (line in found) is stays


def test_lines_that_got_too_long_are_wrapped_and_others_are_not() -> None:
    long = "y = g(" + "a" * 70 + ")\n"
    source, (call,) = marked(f"x = «f({'a' * 20}, {'b' * 20})»\n{long}")
    assert rewrite(source, [OffloadCall(call, POOL)], line_length=60) == (
        f"x = await run_in_threadpool(\n    f, {'a' * 20}, {'b' * 20}\n)\n{long}"
    )
    assert rewrite(source, [OffloadCall(call, POOL)]).splitlines()[0] == (
        f"x = await run_in_threadpool(f, {'a' * 20}, {'b' * 20})"
    )


@pytest.mark.parametrize(
    ("source", "codes", "after"),
    [
        ("", ["x = 1"], "x = 1\n"),
        ("x = 1", ["y = 2"], "x = 1\n\ny = 2\n"),
        ("x = 1\n\n\n\n", ["y = 2"], "x = 1\n\ny = 2\n"),
        ("x = 1\n", ["def f():\n    pass\n"], "x = 1\n\n\ndef f():\n    pass\n"),
        ("def f(): pass\n# end\n", ["x = 1"], "def f(): pass\n# end\n\n\nx = 1\n"),
        ("# only\n", ["@a\nclass A: ...", "x = 1\n"], "# only\n\n\n@a\nclass A: ...\n\n\nx = 1\n"),
        (
            "if a:\r\n\tb()\r\n",
            ["def f():\n    return (\n        1\n    )\n"],
            "if a:\r\n\tb()\r\n\r\n\r\ndef f():\r\n\treturn (\r\n\t\t1\r\n\t)\r\n",
        ),
    ],
)
def test_code_is_put_at_the_end(source: str, codes: list[str], after: str) -> None:
    assert rewrite(source, [AppendCode(Code(code)) for code in codes]) == after


def test_appended_code_brings_its_imports() -> None:
    code = Code(f"@{slot(0)}.task\ndef f() -> None: ...\n", (ImportNeed("domain.broker", "broker"),))
    assert rewrite("import os\n", [AppendCode(code)], first_party=frozenset({"domain"})) == (
        "import os\n\nfrom domain.broker import broker\n\n\n@broker.task\ndef f() -> None: ...\n"
    )


def test_one_edit_given_twice_is_carried_out_once() -> None:
    source, (call,) = marked("x = «f()»\n")
    assert rewrite(source, [AwaitExpression(call), AwaitExpression(call)]) == "x = await f()\n"


def test_two_edits_of_one_expression_are_an_error() -> None:
    source, (call,) = marked("x = 1\ny = «f()»\n")
    with pytest.raises(RewriteError, match="two edits claim") as found:
        rewrite(source, [AwaitExpression(call), OffloadExpression(call, POOL)])
    assert found.value.span == call
    assert str(found.value).startswith("line 2: ")


def test_two_edits_of_one_statement_are_an_error() -> None:
    source, (one,) = marked("x = 1\n«y()»\n")
    with pytest.raises(RewriteError, match="two edits claim"):
        rewrite(source, [ReplaceStatements(one, one, Code("a()")), ReplaceStatements(one, one, Code("b()"))])


@pytest.mark.parametrize("kind", [AwaitExpression, TurnAsync])
@pytest.mark.parametrize(
    "span",
    [
        Span(1, 0, 1, 3),
        Span(2, 0, 2, 0),
        Span(3, 4, 3, 7),
        Span(3, 3, 3, 8),
        Span(3, 5, 3, 7),
        Span(9, 0, 9, 1),
        Span(3, 4, 9, 1),
    ],
)
def test_a_key_that_does_not_resolve_is_an_error(kind: type[AwaitExpression | TurnAsync], span: Span) -> None:
    with pytest.raises(RewriteError):
        rewrite("# a\n\nx = ff()\n", [kind(span)])


@pytest.mark.parametrize("text", ["x = «f»()\n", "«x = f()»\n", "x = «f().y»\n"])
def test_a_span_of_another_kind_of_node_is_an_error(text: str) -> None:
    source, (span,) = marked(text)
    with pytest.raises(RewriteError, match="no call"):
        rewrite(source, [OffloadCall(span, POOL)])
    with pytest.raises(RewriteError, match="no function"):
        rewrite(source, [MoveBody(span, "_f", POOL)])


def test_a_form_feed_before_code_is_an_error() -> None:
    source, (call,) = marked("def h():\n    a()\n\f    «f()»\n")
    with pytest.raises(RewriteError, match="unchanged"):
        rewrite(source, [AwaitExpression(call)])


def test_line_ends_that_libcst_would_change_are_an_error() -> None:
    with pytest.raises(RewriteError, match="unchanged"):
        rewrite("def h():\r    a()\r", [TurnAsync(Span(1, 0, 2, 7))])


def test_a_form_feed_between_other_statements_stays() -> None:
    source, (call,) = marked("a = 1\n\f\nb = «f()»\n\f\nc = 1\n")
    assert rewrite(source, [AwaitExpression(call)]) == source.replace("f()", "await f()")


def test_a_file_that_does_not_parse_is_an_error() -> None:
    with pytest.raises(RewriteError, match="does not parse"):
        rewrite("x = (\n", [AwaitExpression(Span(1, 0, 1, 1))])


def test_a_result_that_does_not_parse_is_an_error() -> None:
    source, (name,) = marked("«x» = 1\n")
    with pytest.raises(RewriteError, match="does not"):
        rewrite(source, [ReplaceExpression(name, Code("f()"))])


def test_the_order_of_the_edits_does_not_matter() -> None:
    source, (one, two, three) = marked("import m\n\n\ndef h(a):\n    x = «m.f(«g(a)»)».y\n    «k(x)»\n")
    edits: list[Edit] = [
        TurnAsync(function_span(source, "h")),
        OffloadCall(one, IMPORTED_POOL),
        AwaitExpression(two),
        ReplaceStatements(three, three, Code(f"{slot(0)}.l(x)", (ImportNeed("n"),))),
    ]
    results = {rewrite(source, edits[n:] + edits[:n]) for n in range(len(edits))}
    assert len(results) == 1
    compile(results.pop(), "h", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize(
    "below",
    [
        "\n  # of what follows\n\n@g\ndef k(): ...\n",
        "\n\n  # of nobody\n",
        "  # directly below\n\nk = 1\n",
        "\n    # of the block\n\n  # of what follows\nk = 1\n",
        "\n  # less\n    # as much\n",
    ],
)
def test_comments_that_are_indented_oddly_stay_where_they_are(below: str) -> None:
    source, (call,) = marked(f"def f():\n    return «old()»\n{below}")
    edit = ReplaceExpression(call, Code("new()"))
    assert rewrite(source, [edit]) == f"def f():\n    return new()\n{below}"
