"""What the proofs over names let pass, and what not: bound somewhere, and above where it is read."""

from __future__ import annotations

import textwrap
from functools import cache

import pytest
from async_fix.codemods import catalogue
from async_fix.codemods.analysis.index.reader import index
from async_fix.codemods.analysis.link.program import Program
from async_fix.codemods.engine.prove.names import names_are_bound_before, names_stay_bound

BEFORE = """
import known
ROWS = []
def work(n):
    return known.f(n)
"""
UNBOUND = {
    "a call": ("return made(n)", "made"),
    "a value": ("return made", "made"),
    "an attribute of it": ("return made.a.b", "made"),
    "a method of it": ("return made.a.b()", "made"),
    "in a function inside": ("def inner():\n        return made\n    return inner", "made"),
    "a decorator": ("@made\n    def inner(): ...\n    return inner", "made"),
    "a default": ("def inner(n=made): ...\n    return inner", "made"),
    "a name of another function": ("return m\ndef other(m): ...", "m"),
    "a name of a class": ("return limit\nclass Till:\n    limit = 1", "limit"),
}
BOUND = {
    "by an import": "import made\n    return made",
    "below, in the module": "return made\nimport made",
    "by another name": "import x as made\n    return made.a()",
    "by a parameter": "return (lambda made: made)(n)",
    "by a loop": "return [made for made in n]",
    "by a handler": "try:\n        n()\n    except n as made:\n        return made",
    "by a pattern": "match n:\n        case {'a': made, **rest}:\n            return made, rest",
    "by a walrus": "return (made := n) + made",
    "by global": "global made\n    made = 1\n    return made",
    "by Python": "return __file__, __path__, __annotations__, __name__, __doc__",
    "by Python in a class": "class A:\n        def f(self):\n            return __class__\n    return A",
    "as a builtin": "return print, open(n)",
}


@pytest.mark.parametrize("hazard", UNBOUND)
def test_a_name_that_nothing_binds_is_named_with_its_line(hazard: str) -> None:
    body, name = UNBOUND[hazard]
    (failure,) = names_stay_bound(*programs(BEFORE, body), ["m.py"])
    assert (failure.path, failure.proof) == ("m.py", "names stay bound")
    assert failure.text.startswith("line ")
    assert f": {name} is bound" in failure.text


@pytest.mark.parametrize("hazard", BOUND)
def test_a_name_that_something_binds_is_none(hazard: str) -> None:
    assert not [*names_stay_bound(*programs(BEFORE, BOUND[hazard]), ["m.py"])]


def test_what_was_unbound_before_and_what_a_star_may_bind_is_no_fault_of_the_change() -> None:
    odd = f"{BEFORE}\nprint(made)\n"
    assert not [*names_stay_bound(*programs(odd, "return made"), ["m.py"])]
    assert not [*names_stay_bound(*programs(BEFORE, "return made", "from somewhere import *\n"), ["m.py"])]


def test_all_files_that_changed_or_are_new_are_looked_at() -> None:
    before, after = (
        linked({"m.py": BEFORE}),
        linked({"a.py": "one()\n", "m.py": f"{BEFORE}\ntwo()\nthree.x\n"}),
    )
    found = [(failure.path, failure.text) for failure in names_stay_bound(before, after, ["m.py", "a.py"])]
    assert found == [
        ("a.py", "line 1: one is bound nowhere"),
        ("m.py", "line 8: three is bound nowhere"),
        ("m.py", "line 7: two is bound nowhere"),
    ]
    assert [each.path for each in names_stay_bound(before, after, ["a.py"])] == ["a.py"]


TOO_EARLY = {
    "an import": "known.f(n)\n    import known",
    "an import of a name": "known.f(n)\n    from x import known",
    "an import in a branch": "known.f(n)\n    if n:\n        import known",
    "a value": "print(known)\n    known = n",
    "a loop": "known.f()\n    for known in n: ...",
    "with": "known.f()\n    with n as known: ...",
    "a function": "known.f()\n    def known(): ...",
    "a class": "known.f()\n    class known: ...",
    "a deletion": "known.f()\n    del known",
    "in a comprehension": "rows = [known.f(each) for each in n]\n    import known",
    "behind a loop that binds it": "known.f()\n    for each in n:\n        import known",
    "below its type alone": "known: int\n    known.f()\n    known = n",
    "in another loop": "for each in n:\n        known.f()\n    for each in n:\n        import known",
}
IN_TIME = {
    "above": "import known\n    known.f()",
    "in a branch above": "if n:\n        import known\n    known.f()",
    "above and below": "import known\n    known.f()\n    import known",
    "on the same line": "import known; known.f()",
    "in the same loop": "for each in n:\n        if each:\n            known.f()\n        import known",
    "in a loop around both": "while n:\n        for each in n:\n            known.f()\n        import known",
    "nowhere else": "known.f()",
    "in a function that runs later": "def inner():\n        known.f()\n    import known\n    inner()",
    "in a lambda": "later = lambda: known.f()\n    import known\n    later()",
    "in a function inside": "known.f()\n    def inner():\n        import known",
    "in a class inside": "known.f()\n    class A:\n        known = 1",
    "where a class reads what the module has": "class A:\n        print(known)\n        known = 1",
    "where it is global": "global known\n    known.f()\n    import known",
    "a parameter": "n()\n    n = 1",
    "where only a type is asked": "known.f()\n    assert isinstance(known, dict)",
}


@pytest.mark.parametrize("hazard", TOO_EARLY)
def test_a_name_that_is_read_above_what_binds_it(hazard: str) -> None:
    (failure,) = names_are_bound_before(*programs(BEFORE, TOO_EARLY[hazard]), ["m.py"])
    line = 6 if hazard in ("in another loop", "below its type alone") else 5
    assert failure.text == f"line {line}: known is read above what binds it"
    assert (failure.path, failure.proof) == ("m.py", "names are bound before")


@pytest.mark.parametrize("hazard", IN_TIME)
def test_a_name_that_may_be_bound_when_it_is_read(hazard: str) -> None:
    assert not [*names_are_bound_before(*programs(BEFORE, IN_TIME[hazard]), ["m.py"])]


def test_a_module_that_reads_a_name_above_what_binds_it() -> None:
    after = linked({"m.py": "print(LATER)\nLATER = open\nopen = print(open)\n"})
    (failure,) = names_are_bound_before(linked({}), after, ["m.py"])
    assert failure.text == "line 1: LATER is read above what binds it"


def test_what_was_read_too_early_before_moves_along() -> None:
    early = f"{BEFORE}\ndef odd():\n    print(rate)\n    rate = 1\n"
    before, after = linked({"m.py": early}), linked({"m.py": BEFORE, "tasks.py": early})
    assert not [*names_are_bound_before(before, after, ["tasks.py", "m.py"])]
    assert [*names_are_bound_before(linked({"m.py": BEFORE}), after, ["tasks.py", "m.py"])]


def programs(before: str, body: str, first: str = "") -> tuple[Program, Program]:
    """One before, and the one after, in which the function has another body."""
    return linked({"m.py": before}), linked({"m.py": first + before.replace("return known.f(n)", body)})


def linked(texts: dict[str, str]) -> Program:
    facts = [index(textwrap.dedent(text), path, path.removesuffix(".py")) for path, text in texts.items()]
    return Program(facts, known())


@cache
def known() -> catalogue.Catalogue:
    return catalogue.load(())


def test_a_line_that_read_what_it_binds_may_be_wrapped() -> None:
    """It fails, and goes on failing: `note` is the name of the class, written in small letters."""
    early = f"{BEFORE}\ndef odd(db):\n    note = db.query(note).first()\n    return note\n"
    late = early.replace("db.query(note).first()", "(\n        db.scalars(note)\n    ).first()")
    assert not [*names_are_bound_before(linked({"m.py": early}), linked({"m.py": late}), ["m.py"])]
    fine = early.replace("db.query(note)", "db.query()")
    (failure,) = names_are_bound_before(linked({"m.py": fine}), linked({"m.py": late}), ["m.py"])
    assert "note is read above what binds it" in failure.text
