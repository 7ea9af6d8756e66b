"""Which of its values a name can have where it is read, by the branches and loops around both."""

from __future__ import annotations

import textwrap

import pytest
from async_fix.codemods.analysis.index.bindings import How
from async_fix.codemods.analysis.index.reader import index
from async_fix.codemods.analysis.link.bound_at import reaching_at

CASES = {
    "it is bound anew in the same block": (
        """
        with db() as s:
            x = 1
            x = 2
            x  # <
        """,
        {2},
    ),
    "the other branch is not taken": (
        """
        x = 1
        if a:
            x = 2
        else:
            x  # <
        """,
        {1},
    ),
    "both branches bind it": (
        """
        x = 1
        if a:
            x = 2
        elif b:
            x = 3
        else:
            x = 4
        x  # <
        """,
        {2, 3, 4},
    ),
    "the branch that does not bind it leaves": (
        """
        x = 1
        if a:
            raise ValueError
        else:
            x = 2
        x  # <
        """,
        {2},
    ),
    "the branch that binds it leaves": (
        """
        x = 1
        if a:
            x = 2
            return x
        x  # <
        """,
        {1},
    ),
    "only one branch binds it": (
        """
        x = 1
        if a:
            x = 2
        x  # <
        """,
        {1, 2},
    ),
    "an inner branch binds it only at times": (
        """
        x = 1
        if a:
            if b:
                x = 2
        else:
            x = 3
        x  # <
        """,
        {1, 2, 3},
    ),
    "a loop comes back to the other branch": (
        """
        x = 1
        for a in b:
            if a:
                x = 2
            else:
                x  # <
        """,
        {1, 2},
    ),
    "a loop goes on where it was left": (
        """
        x = 1
        for a in b:
            if a:
                x = 2
                continue
            x  # <
        """,
        {1, 2},
    ),
    "every round of the loop begins with it": (
        """
        x = 1
        for a in b:
            x = 2
            x  # <
            x = 3
        """,
        {2},
    ),
    "a loop may have no round": (
        """
        x = 1
        for a in b:
            x = 2
        x  # <
        """,
        {1, 2},
    ),
    "a block may be left before it": (
        """
        x = 1
        try:
            x = 2
            x = 3
        except OSError:
            x  # <
        """,
        {1, 2, 3},
    ),
    "what runs in the end follows a return": (
        """
        x = 1
        try:
            if a:
                x = 2
                return
        finally:
            x  # <
        """,
        {1, 2},
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_the_values_that_a_name_can_have(what: str) -> None:
    source, expected = CASES[what]
    text = "def f(a, b, db):\n" + textwrap.indent(textwrap.dedent(source).strip("\n"), "    ") + "\n"
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "# <" in each)
    scope = index(text, "app.py", "app").scopes[1]
    found = [binding for binding in scope.bindings if binding.name == "x"]
    kept = reaching_at(found, scope, line)
    lines = text.splitlines()
    assert {int(lines[binding.line - 1].partition("=")[2]) for binding in kept} == expected


def test_what_a_definition_reads_of_its_own_name_was_there_before() -> None:
    text = """
from auth import user, Base


def user(
    me: int = Depends(user),  # <
) -> int:
    return me


class Base(
    Base,  # <
): ...


user  # <
"""
    scope = index(text, "app.py", "app").scopes[0]
    lines = [number for number, each in enumerate(text.splitlines(), 1) if "# <" in each]
    kept = [
        [binding.how for binding in reaching_at([b for b in scope.bindings if b.name == name], scope, line)]
        for name, line in zip(("user", "Base", "user"), lines, strict=True)
    ]
    assert kept == [[How.IMPORT], [How.IMPORT], [How.DEF]]
