"""New text in the quotes of the file it lands in."""

from __future__ import annotations

import pytest
from async_fix.codemods.engine.rewrite import rewrite
from async_fix.codemods.engine.text.quotes import in_single, prefers_single
from async_fix.codemods.model import AppendCode, Code, InsertStatements, ReplaceExpression, Span


@pytest.mark.parametrize(
    "text",
    [
        "a = 'x'\n",
        "'''doc'''\na = 'x'\n",
        '"""doc"""\na = \'x\'\nb = "it\'s"\n',
        "a = f'{b} c'\n",
        "a = 'x'\nb = \"\\n\"\n",
        "a = '{}'\nb = ''\n",
    ],
)
def test_files_in_single_quotes(text: str) -> None:
    assert prefers_single(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = 1\n",
        'a = "x"\n',
        "a = 'x'\nb = \"y\"\n",
        "a = 'say \"x\"'\n",
        '"""doc"""\n',
        "a = 'x\n",
    ],
)
def test_other_files(text: str) -> None:
    assert not prefers_single(text)


def test_a_few_exceptions_do_not_count() -> None:
    assert prefers_single("a = ['x'" + ", 'y'" * 40 + ', "z"]\n')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('f("a", b="")', "f('a', b='')"),
        ('f(f"{a} b", rb"c")', "f(f'{a} b', rb'c')"),
        ("""f("it's", "a\\n", '"', \"\"\"doc\"\"\")""", """f("it's", "a\\n", '"', \"\"\"doc\"\"\")"""),
        ("""f(f"{a['b']}")""", """f(f"{a['b']}")"""),
        ('# "a"\nx = 1', '# "a"\nx = 1'),
        ('x = "a', 'x = "a'),
        ('é = "ü", "ß"', "é = 'ü', 'ß'"),
    ],
)
def test_new_text(text: str, expected: str) -> None:
    assert in_single(text) == expected


def test_edits_follow_the_file() -> None:
    new = InsertStatements(Span(1, 0, 1, 7), Code('log("new")\n'))
    assert rewrite("a = 'x'\n", [new]) == "log('new')\na = 'x'\n"
    assert rewrite('a = "x"\n', [new]) == 'log("new")\na = "x"\n'
    assert rewrite("a = 123\n", [new]) == 'log("new")\na = 123\n'
    assert rewrite("a = 'x'\n", [AppendCode(Code('b = "y"\n'))]) == "a = 'x'\n\nb = 'y'\n"


def test_a_field_of_an_f_string_keeps_the_other_quotes() -> None:
    edit = ReplaceExpression(Span(1, 7, 1, 8), Code('c["d"]'))
    assert rewrite("a = f'{b}'\n", [edit]) == "a = f'{c[\"d\"]}'\n"
