"""What the proofs over texts alone let pass, and what not: comments that move, lines that are added to."""

from __future__ import annotations

from collections import Counter

import pytest
from async_fix.codemods.engine.prove.failure import within
from async_fix.codemods.engine.prove.lines import lines_stay, signatures_stay
from async_fix.codemods.engine.prove.spelling import (
    comments_survive,
    compiles,
    imports_stay_used,
    merged_comments,
    statements_stay,
)
from async_fix.codemods.model import (
    AddBase,
    AddDecorator,
    AddParameter,
    AppendCode,
    AsyncStatement,
    AwaitExpression,
    Code,
    Edit,
    FunctionId,
    ImportNeed,
    InsertStatements,
    MoveBody,
    OffloadCall,
    RemoveParameter,
    ReplaceStatements,
    Span,
    TurnAsync,
)

POOL = ImportNeed("fastapi.concurrency", "run_in_threadpool")
SHOP = '''
"""The shop."""


class Till:
    """Takes money."""

    def pay(self):
        """Pays."""
        return 1  # at once


def pay():
    return 2  # at once
'''
STAYING = {
    # hazard: new texts of two files
    "all moves to another file": {"shop.py": "x = 1\n", "till.py": SHOP},
    "a function turns": {"shop.py": SHOP.replace("def pay()", "async def pay()")},
    "code is laid out anew": {
        "shop.py": SHOP.replace("    return 2  # at once", "    # at once\n    return 2")
    },
    "a docstring is indented anew": {
        "shop.py": SHOP.replace('"""Pays."""', '"""\n        Pays.\n        """')
    },
    "a text holds a number sign": {"shop.py": SHOP + "y = '# no comment'\n"},
}
LOST = {
    # hazard: (text, new text, what is named)
    "one of two that are alike": ("return 2  # at once", "return 2", "# at once"),
    "the docstring of the module": ('"""The shop."""\n', "", "The shop."),
    "the docstring of a class": ('    """Takes money."""\n', "", "Takes money."),
    "the docstring of a method": ('        """Pays."""\n', "", "Pays."),
    "a docstring that is assigned from now on": ('        """Pays."""', '        x = """Pays."""', "Pays."),
    "a comment that is text from now on": ("return 2  # at once", "return '2  # at once'", "# at once"),
}


@pytest.mark.parametrize("hazard", STAYING)
def test_comments_may_move(hazard: str) -> None:
    old = {"shop.py": SHOP, "till.py": "x = 1\n", "apart.py": "# another\n"}
    assert not [*comments_survive(old, STAYING[hazard], Counter())]


@pytest.mark.parametrize("hazard", LOST)
def test_a_lost_comment_is_named_with_its_file(hazard: str) -> None:
    text, broken, named = LOST[hazard]
    old = {"apart.py": "# another\n", "shop.py": SHOP}
    new = {"apart.py": "# another\n", "made.py": "", "shop.py": SHOP.replace(text, broken)}
    (failure,) = comments_survive(old, new, Counter())
    assert (failure.path, failure.text) == ("shop.py", named)


def test_a_comment_above_statements_that_move_to_one_place_is_there_once_for_all() -> None:
    """Alike but for their quotes; a third one, with another comment, is not among them."""
    block = "# told\nsend('x')  # later\n"
    old = {"a.py": block, "b.py": block.replace("'", '"'), "c.py": block.replace("told", "kept")}
    edits: dict[str, list[Edit]] = {
        path: [TurnAsync(Span(1, 0, 1, 6)), ReplaceStatements(Span(2, 0, 2, 9), Span(2, 0, 2, 9), Code("x"))]
        for path in old
    }
    assert merged_comments(old, edits) == Counter({"# told": 1, "# later": 1})
    assert not [
        *comments_survive(
            old,
            {**dict.fromkeys(old, "x\n"), "t.py": block + "# kept\n# later\n"},
            merged_comments(old, edits),
        )
    ]
    assert [*comments_survive(old, {**dict.fromkeys(old, "x\n"), "t.py": block}, merged_comments(old, edits))]


def test_a_comment_further_up_or_down_does_not_move_with_the_statements() -> None:
    text = "# first\ny = 1  # apart\nsend('x')  # later\n# below\n"
    edits: list[Edit] = [ReplaceStatements(Span(3, 0, 3, 9), Span(3, 0, 3, 9), Code("x"))]
    two = {"a.py": text, "b.py": text}
    assert merged_comments(two, dict.fromkeys(two, edits)) == Counter({"# later": 1})
    at_the_top = dict.fromkeys(two, "# told\nsend('x')\n# below\n")
    edits = [ReplaceStatements(Span(2, 0, 2, 9), Span(2, 0, 2, 9), Code("x"))]
    assert merged_comments(at_the_top, dict.fromkeys(two, edits)) == Counter({"# told": 1})


@pytest.mark.parametrize(
    "text", ["x = (", "await f()", "def f(a, a): ...", "return", "x = 1\0", "def f():\n  x\n y"]
)
def test_what_python_cannot_read_is_named_by_its_file(text: str) -> None:
    assert [failure.path for failure in compiles({"a.py": "x = 1\n", "b.py": text})] == ["b.py"]


ADDED: dict[str, Edit] = {
    "a decorator": AddDecorator(Span(1, 0, 2, 9), Code("@x")),
    "statements": InsertStatements(Span(2, 4, 2, 9), Code("z = 1")),
    "code at the end": AppendCode(Code("z = 1")),
}


@pytest.mark.parametrize("kind", ADDED)
def test_an_edit_that_adds_lines_lets_none_change(kind: str) -> None:
    old, edits = {"m.py": "def h():\n    y = 1\n"}, {"m.py": [ADDED[kind]]}
    assert not [*lines_stay(old, {"m.py": "@x\ndef h():\n    z = 1\n    y = 1\nz = 1\n"}, edits)]
    assert [*lines_stay(old, {"m.py": "@x\ndef h():\n    y = 2\n"}, edits)]
    assert [*lines_stay(old, {"m.py": "@x\ndef g():\n    y = 1\n"}, edits)]


NESTED = """
match x:
    case 1:
        def matched(n=3): ...
try:
    def tried(n=3): ...
except ValueError:
    def caught(n=3): ...
else:
    def otherwise(n=3): ...
for y in x:
    def looped(n=3): ...
with x:
    class Shelf:
        if y:
            def entered(self, n=3): ...
def outer(n=3):
    def inner(n=3): ...
async def waiting(n=3): ...
def twice(n=3): ...
def twice(m=3): ...
"""
FUNCTIONS = (
    *("matched(n", "tried(n", "caught(n", "otherwise(n", "looped(n", "entered(self, n", "outer(n"),
    *("twice(n", "twice(m", "waiting(n"),
)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_default_that_changed_is_seen_wherever_the_function_stands(function: str) -> None:
    new = NESTED.replace(f"{function}=3", f"{function}=4")
    (failure,) = signatures_stay({"m.py": NESTED}, {"a_new_one.py": "", "m.py": new}, {})
    name = function.partition("(")[0]
    assert failure.text == {"entered": "Shelf.entered"}.get(name, name)


KEEPING: dict[str, Edit] = {
    "a function that turns": TurnAsync(Span(2, 0, 3, 9)),
    "a body that moves": MoveBody(Span(2, 0, 3, 9), "_h", POOL),
    "a call further down": OffloadCall(Span(3, 4, 3, 9), POOL),
}
CHANGING: dict[str, Edit] = {
    "a function that gets another name": TurnAsync(Span(2, 0, 3, 9), "g"),
    "a call among the defaults": OffloadCall(Span(2, 8, 2, 9), POOL),
    "a call in a decorator": OffloadCall(Span(1, 1, 1, 4), POOL),
}


@pytest.mark.parametrize("kind", [*KEEPING, *CHANGING])
def test_only_an_edit_of_the_head_may_change_a_signature(kind: str) -> None:
    old = {"m.py": "@x()\ndef h(n=3):\n    y = 1\n"}
    edits = {"m.py": [(KEEPING | CHANGING)[kind]]}
    for new in (
        "@x()\ndef h(n=4):\n    y = 1\n",
        "def h(n=3):\n    y = 1\n",
        "@x()\ndef h(n=3) -> int:\n    y = 1\n",
    ):
        assert bool([*signatures_stay(old, {"m.py": new}, edits)]) is (kind in KEEPING)


def test_a_signature_with_an_edit_may_change_where_all_of_the_function_is_one_line() -> None:
    old, new = {"m.py": "def h(n=f()): return n\n"}, {"m.py": "def h(n=g(f)): return n\n"}
    assert not [*signatures_stay(old, new, {"m.py": [OffloadCall(Span(1, 8, 1, 11), POOL)]})]
    assert [*signatures_stay(old, new, {})]


_CODE = '''\
import os
from till import (
    Till,
)
# told

@served(
    1,
)
def pay(
    n,
    m=2,
):
    """Pays."""
    total = f(
        g(n),
    )
    if (
        total
    ):
        send(total)
    return total

class Shop(Base):
    limit = 3
def one(n):
    "One."; x = 0
with a:
    b()
match a:
    case 1 if b(
        2
    ):
        b()
try:
    b()
except b(
    3
):
    b()
'''
# no line is like another one
LINES = [line and f"{line}  # {number}" for number, line in enumerate(_CODE.splitlines(), 1)]
PAY, SHOP_CLASS = Span(10, 0, 22, 16), Span(24, 0, 25, 13)
ONE, WITH = Span(26, 0, 27, 17), Span(28, 0, 29, 7)
TOTAL, CONDITION = Span(15, 4, 17, 5), Span(18, 4, 21, 19)
MAY_CHANGE: dict[str, tuple[Edit, set[int]]] = {
    # an edit -> the lines that it is about
    "a function that turns": (TurnAsync(PAY), {10, 11, 12, 13}),
    "a body that moves": (MoveBody(PAY, "_pay", POOL), {10, 11, 12, 13}),
    "a body on the line of its docstring": (MoveBody(ONE, "_one", POOL), {26, 27}),
    "a parameter less": (RemoveParameter(PAY, "m"), {10, 11, 12, 13}),
    "a parameter more": (AddParameter(PAY, Code("k"), "n"), {10, 11, 12, 13}),
    "a base more": (AddBase(SHOP_CLASS, Code("More")), {24}),
    "a statement that waits": (AsyncStatement(WITH), {28}),
    "a call in a statement of several lines": (AwaitExpression(Span(16, 8, 16, 12)), {15, 16, 17}),
    "a call in a condition": (AwaitExpression(Span(19, 8, 19, 13)), {18, 19, 20}),
    "a call in a decorator": (AwaitExpression(Span(8, 4, 8, 5)), {7, 8, 9, 10, 11, 12, 13}),
    "a call in a case": (AwaitExpression(Span(31, 14, 33, 5)), {*range(30, 35)}),
    "a call in a clause": (AwaitExpression(Span(37, 7, 39, 1)), {35, 37, 38, 39}),
    "a call in a block": (AwaitExpression(Span(21, 8, 21, 19)), {21}),
    "statements": (ReplaceStatements(TOTAL, CONDITION, Code("x")), {15, 16, 17, 18, 19, 20, 21}),
    "one statement": (ReplaceStatements(TOTAL, TOTAL, Code("x")), {15, 16, 17}),
    "a whole function": (ReplaceStatements(PAY, PAY, Code("x")), {*range(7, 23)}),
    "no line that is there": (AppendCode(Code("x")), set()),
}
UNCHECKED = {1, 2, 3, 4, 5}
"""Imports, and comments, for which there is another proof."""


@pytest.mark.parametrize("kind", MAY_CHANGE)
def test_an_edit_may_change_the_lines_that_it_is_about_and_no_others(kind: str) -> None:
    edit, about = MAY_CHANGE[kind]
    old = {"m.py": "\n".join(LINES) + "\n"}
    lost = {number for number, line in enumerate(LINES, 1) if line and _is_lost(old, number, [edit])}
    assert lost == {number for number, line in enumerate(LINES, 1) if line} - about - UNCHECKED


def test_all_edits_of_a_file_count_and_those_of_another_one_do_not() -> None:
    old = {"m.py": "\n".join(LINES) + "\n"}
    assert not [*lines_stay(old, {"m.py": "\n".join(filter(None, LINES))}, {})], "blank lines may go"
    several = [AppendCode(Code("x")), ReplaceStatements(TOTAL, TOTAL, Code("x")), TurnAsync(PAY)]
    assert not any(_is_lost(old, number, several) for number in (10, 15, 16))
    new = {"m.py": old["m.py"].replace("def pay", "async def pay")}
    assert [*lines_stay(old, new, {"other.py": [TurnAsync(PAY)]})]


def _is_lost(old: dict[str, str], number: int, edits: list[Edit]) -> bool:
    changed = [*LINES[: number - 1], "something_else", *LINES[number:]]
    # what is new comes first, and a file that was not there
    new = {"a_new_one.py": "x = 1\n", "m.py": "\n".join(changed) + "\n"}
    found = [*lines_stay(old, new, {"m.py": edits})]
    assert all(failure.line == number for failure in found)
    return bool(found)


TOP_LEVEL = {
    # a text and the same with one statement changed that no edit is about
    "a space in brackets": ("f( 1 )", "f(1)"),
    "a comment in a statement": ("f(\n    1,  # one\n)", "f(\n    1,\n)"),
    "quotes": ("x = 'é'; y = 'z'", "x = 'é'; y = \"z\""),
    "a blank line within": ("class A:\n    a = 1\n\n    b = 2", "class A:\n    a = 1\n    b = 2"),
    "the first one": ("a = 1\nb = 2", "a = 3\nb = 2"),
    "their order": ("a = 1\nb = 2", "b = 2\na = 1"),
    "one of two that are alike": ("go()\ngo()", "go()"),
}


@pytest.mark.parametrize("hazard", TOP_LEVEL)
def test_a_statement_at_the_top_that_no_edit_is_about_stays_letter_for_letter(hazard: str) -> None:
    text, broken = TOP_LEVEL[hazard]
    old = {"m.py": f"import os\n{text}\nlast()\n"}
    edits = {"m.py": [AwaitExpression(Span(2 + text.count("\n") + 1, 0, 2 + text.count("\n") + 1, 6))]}
    changed = {"made.py": "", "m.py": f"import sys\n{broken}\nawait last()\n"}
    (failure,) = statements_stay(old, changed, edits)
    assert (failure.path, failure.proof) == ("m.py", "what no edit is about stays")
    assert not [*statements_stay(old, {"m.py": f"from os import path\n{text}\n\nawait last()\n"}, edits)]


def test_all_of_several_statements_that_are_replaced_may_change() -> None:
    old = {"m.py": "session = make()\nsession.auth = 1\nsession.headers = 2\nlast()\n"}
    edits = {"m.py": [ReplaceStatements(Span(1, 0, 1, 16), Span(3, 0, 3, 19), Code("def session(): ..."))]}
    assert not [*statements_stay(old, {"m.py": "def session():\n    made.auth = 1\n\nlast()\n"}, edits)]
    assert [*statements_stay(old, {"m.py": "def session(): ...\nlast(1)\n"}, edits)]


USED = "import os\nimport sys\nprint(os, sys)\n"


@pytest.mark.parametrize("path", ["m.py", "made.py", "package/__init__.py"])
@pytest.mark.parametrize("exported", [frozenset(), frozenset({"sys"})], ids=["", "exported"])
def test_an_import_without_a_use_is_seen_where_it_had_one(path: str, exported: frozenset[str]) -> None:
    new = {path: "import os\nimport sys\nprint(os)\n"}
    old = {} if path == "made.py" else {path: USED}
    found = [failure.path for failure in imports_stay_used(old, new, lambda _: exported)]
    assert found == (["m.py"] if path == "m.py" and not exported else [])
    assert not [*imports_stay_used(old, {path: "import os\nprint(os)\n"}, lambda _: exported)]
    unused = {path: "import os\nimport sys\nprint(os)\n"}
    assert not [
        *imports_stay_used(unused, {path: "import os\nimport sys\nprint(os, 1)\n"}, lambda _: exported)
    ]


def test_comments_of_imports_that_went_go_with_them() -> None:
    old = {"m.py": "import os  # type: ignore\nimport sys  # kept\nx = os, sys\n"}
    assert not [*comments_survive(old, {"m.py": "import sys  # kept\nx = sys\n"}, Counter())]


@pytest.mark.parametrize(
    ("function", "others", "is_within"),
    [
        ("m:a", {"m:a"}, True),
        ("m:a.<locals>.b", {"m:a"}, True),
        ("m:a.<locals>.b.<locals>.c", {"m:a.<locals>.b"}, True),
        ("m:a", {"m:a.<locals>.b"}, False),
        ("m:ab", {"m:a"}, False),
        ("m:a.<locals>.b", {"m:b", "m:a.b"}, False),
        ("m:a", set(), False),
    ],
)
def test_a_function_is_within_itself_and_those_around_it(
    function: str, others: set[str], is_within: bool
) -> None:
    assert within(FunctionId(function), {FunctionId(each) for each in others}) is is_within


GUARDED = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n{body}\n\ndef pay(db: Session): ...\n"


@pytest.mark.parametrize(
    ("body", "after", "is_proven"),
    [
        ("    from a import Session\n", "def pay(db: Session): ...\n", True),
        (
            "    from a import Session\n    from b import Till\n",
            "if TYPE_CHECKING:\n    from b import Till\n\n\ndef pay(db: Session): ...\n",
            True,
        ),
        ("    from a import Session\n    Tills = list[str]\n", "def pay(db: Session): ...\n", False),
    ],
)
def test_blocks_for_type_checkers_lose_imports_and_nothing_else(
    body: str, after: str, is_proven: bool
) -> None:
    old, new = {"a.py": GUARDED.format(body=body)}, {"a.py": after}
    lost = [*statements_stay(old, new, {}), *lines_stay(old, new, {})]
    assert (not lost) == is_proven
