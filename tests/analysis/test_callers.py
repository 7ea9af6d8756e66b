"""Who calls a function, who hands it on, and which names the tests replace."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_fix.codemods.analysis.judge.callers.callers import Callers
from async_fix.codemods.analysis.link.program import Key
from small_projects import source, start

BANK = """
class Till:
    def __init__(self, n):
        self.n = n

    def pay(self, n):
        return n

    def __call__(self):
        return self.pay(1)

class Loud(Till):
    def pay(self, n):
        return super().pay(n)

def charge(n):
    return n
"""
USES = """
import app.bank
from app import bank as money
from app.bank import Till, charge as take

def one():
    return take(1)

def two():
    return app.bank.charge(2), money.charge(3)

def three(till: Till):
    return till.pay(3)

def four():
    return Till(4)

def five(till: Till):
    return till()

def six(some):
    return some.pay(6)

def seven(some):
    return some.pay()

first = take(0)
later = lambda: take(8)
all_of = (take(x) for x in range(3))
rows = ([take(x) for x in row] for row in [])

class Kept:
    price = take(9)
"""


def callers(folder: Path, **tests: str) -> tuple[Callers, dict[str, Key]]:
    files = {"app/__init__.py": "", "app/bank.py": source(BANK), "app/uses.py": source(USES)}
    files |= {f"tests/test_{name}.py": source(text) for name, text in tests.items()}
    analysis = start(files, folder).before
    program = analysis.program
    return analysis.callers, {str(program.id(key)): key for key in program.functions()}


CALLED = {
    "app.bank:charge": ["<module>", "<module>", "<module>", "<lambda>", "Kept", "one", "two", "two"],
    "app.bank:Till.pay": ["Loud.pay", "Till.__call__", "three"],
    "app.bank:Loud.pay": ["Till.__call__", "three"],
    "app.bank:Till.__init__": ["four"],
}


@pytest.mark.parametrize("function", CALLED)
def test_owners_of_the_calls(tmp_path: Path, function: str) -> None:
    found, keys = callers(tmp_path)
    owners = [found.program.scope(caller.owner).qualname for caller in found.calls(keys[function])]
    assert sorted(owners) == sorted(CALLED[function])


def test_calls_in_a_generator_expression_are_told(tmp_path: Path) -> None:
    found, keys = callers(tmp_path)
    inside = [c for c in found.calls(keys["app.bank:charge"]) if c.in_generator]
    lines = [source(USES).splitlines()[found.program.call(c.call).span.line - 1] for c in inside]
    assert [line.partition(" = ")[0] for line in lines] == ["all_of", "rows"]


def test_namesakes_on_unknown_objects_must_fit(tmp_path: Path) -> None:
    found, keys = callers(tmp_path)
    calls = [found.program.call(call) for call in found.unresolved_namesakes(keys["app.bank:Till.pay"])]
    assert [len(call.args) for call in calls] == [1]


FITS = {
    # what is written after `some.pay`: may it be a call of `pay(self, n)`?
    "(1)": True,
    "(n=1)": True,
    "(*xs)": True,
    "(**xs)": True,
    "()": False,
    "(1, 2)": False,
    "(m=1)": False,
    "(1, m=1)": False,
}


@pytest.mark.parametrize("call", FITS)
def test_calls_of_unknown_objects_by_their_arguments(tmp_path: Path, call: str) -> None:
    found, keys = callers(tmp_path, x=f"def test_x(some, xs):\n    some.pay{call}")
    calls = [c for c in found.unresolved_namesakes(keys["app.bank:Till.pay"]) if c.path.startswith("tests/")]
    assert bool(calls) is FITS[call]


WIDE = "a, b=2, *more, c=3, **rest"


@pytest.mark.parametrize(
    ("parameters", "call", "fits"),
    [
        (WIDE, "(1, 2, 3)", True),
        (WIDE, "(1, d=4)", True),
        (WIDE, "(a=1)", True),
        (WIDE, "(c=1)", False),
        ("a, b", "(*xs)", True),
        ("a, *, b=2", "(1, 2)", False),
        ("*names, id: int", "('a', 'b', id=1)", True),
        ("name: str, id: int", "(*xs, 'b')", True),
        ("n, id: int", "(1, 'b')", False),
    ],
)
def test_defaults_and_stars_of_the_method_count(
    tmp_path: Path, parameters: str, call: str, fits: bool
) -> None:
    wide = f"class Wide:\n    def pay(self, {parameters}): ...\n"
    found, keys = callers(tmp_path, x=f"{wide}\ndef test_x(some, xs):\n    some.pay{call}")
    calls = found.unresolved_namesakes(keys["tests.test_x:Wide.pay"])
    assert bool([call for call in calls if call.path.startswith("tests/")]) is fits


ANOTHER = """
from somewhere import Base

class Other:
    def go(self):
        self.pay(1)  # what a class beside it may have

class Half(Base):
    pass

def test_x(other: Other, half: Half, text: str, some):
    half.pay(2)
    text.pay(3)
    other.pay(4)
    some.pay(5)
    pay(6)
"""


def test_an_object_that_has_no_such_method_is_another_than_is_said(tmp_path: Path) -> None:
    found, keys = callers(tmp_path, x=ANOTHER)
    calls = found.unresolved_namesakes(keys["app.bank:Till.pay"])
    sites = [found.program.call(call) for call in calls if call.path == "tests/test_x.py"]
    assert [ANOTHER.splitlines()[site.span.line].strip() for site in sites] == ["other.pay(4)", "some.pay(5)"]


HEAD = "from app.bank import Till, charge\nimport app.bank\nfrom operator import methodcaller\n"
NAMED = {
    # a text that names a function or gives a computed one: (the function, is it found?)
    "methodcaller('pay')": ("app.bank:Till.pay", True),
    "methodcaller('other')": ("app.bank:Till.pay", False),
    "getattr(Till, 'pay')": ("app.bank:Till.pay", True),
    "getattr(Till(1), 'pay')": ("app.bank:Till.pay", True),
    "getattr(some, 'pay')": ("app.bank:Till.pay", True),
    "getattr(some, 'other')": ("app.bank:Till.pay", False),
    "getattr(Till(1), name)": ("app.bank:Till.pay", True),
    "getattr(Other(), name)": ("app.bank:Till.pay", False),
    "getattr(Proxy(Till(1)), name)": ("app.bank:Till.pay", True),
    "getattr(Proxy(Proxy(Till(1))), name)": ("app.bank:Till.pay", True),
    "getattr(Proxy(Other()), name)": ("app.bank:Till.pay", False),
    "getattr(Other(), 'pay')": ("app.bank:Till.pay", False),
    "getattr(app.bank, 'charge')": ("app.bank:charge", True),
    "getattr(app.bank, name)": ("app.bank:charge", True),
    "getattr(some, 'charge')": ("app.bank:charge", False),
    "getattr(some)": ("app.bank:Till.pay", False),
}


@pytest.mark.parametrize("text", NAMED)
def test_functions_that_are_reached_by_a_text(tmp_path: Path, text: str) -> None:
    function, is_found = NAMED[text]
    other = "class Other:\n    def pay(self): ...\n"
    other += "class Proxy:\n    def __init__(self, inner):\n        self.inner = inner\n"
    other += "    def __getattr__(self, name):\n        return getattr(self.inner, name)\n"
    found, keys = callers(tmp_path, x=f"{HEAD}{other}def test_x(some, name):\n    {text}")
    assert [at.place.path for at in found.lookups.of(keys[function])] == ["tests/test_x.py"] * is_found


ALIKE = {
    "for each in (Till(1), Other()): each.pay(2)": {"Other.pay"},
    "{'a': Till, 'b': Other}[some](1).pay(2)": {"Other.pay"},
    "till = Till(1) if some else Other()\n    till.pay(1)": {"Other.pay"},
    "(Till(1) if some else Other()).pay(1)\n    (Other() if some else Third()).pay(1)": {
        "Other.pay",
        "Third.pay",
    },
    "Till(1).pay(1)\n    Other().pay(1)": set(),
    "some.pay(1)": set(),
    "run(Till(1).pay, Other().pay)": set(),
    "(Till(1).pay, Other())": set(),
}


@pytest.mark.parametrize("code", ALIKE)
def test_functions_of_which_one_call_runs_any(tmp_path: Path, code: str) -> None:
    other = "".join(f"class {name}:\n    def pay(self, n): ...\n" for name in ("Other", "Third"))
    found, keys = callers(tmp_path, x=f"{HEAD}{other}def test_x(some):\n    {code}\n")
    alike = {f"tests.test_x:{name}" for name in ALIKE[code]}
    together = found.together(keys["app.bank:Till.pay"])
    assert together == {keys[name] for name in {"app.bank:Till.pay", "app.bank:Loud.pay", *alike}}
    assert all(found.together(key) == together for key in together)


OBJECTS = {"[Till(1)][0]()": 1, "[each() for each in (Till(1),)]": 1, "Till(1)": 0, "some[0]()": 0}


@pytest.mark.parametrize("code", OBJECTS)
def test_an_object_is_called_by_any_name_or_none(tmp_path: Path, code: str) -> None:
    found, keys = callers(tmp_path, x=f"{HEAD}def test_x(some):\n    {code}\n")
    calls = found.calls(keys["app.bank:Till.__call__"])
    assert len([each for each in calls if each.call.path == "tests/test_x.py"]) == OBJECTS[code]


TYPED = {
    # the annotation of the parameter, what is given for it: may it be a call of this method?
    ("Session", "'text'"): False,
    ("Session", "3"): False,
    ("Session", "[1]"): False,
    ("Session", "{'a': 1}"): False,
    ("Session", "f'{some}'"): False,
    ("sqlmodel.Session", "'text'"): False,
    ("Session", "None"): True,
    ("Session", "some"): True,
    ("Session", "*xs"): True,
    ("int", "'text'"): False,
    ("int | None", "'text'"): False,
    ("float", "'text'"): False,
    ("int", "True"): True,
    ("Till", "'text'"): True,
    ("int", "'17'"): True,
    ("int", "17"): True,
    ("int", "some"): True,
    ("int", "None"): True,
    ("int | str", "'text'"): True,
    ("Any", "'text'"): True,
    ("str", "'text'"): True,
    ("Unknown", "'text'"): True,
    ("Session | dict", "{'a': 1}"): True,
    ("", "'text'"): True,
}


@pytest.mark.parametrize(("annotation", "given"), TYPED)
def test_a_text_is_given_to_no_method_that_takes_a_session_or_a_number(
    tmp_path: Path, annotation: str, given: str
) -> None:
    """`row.get("name", 0)` stands in nobody's way."""
    parameter = f"db: {annotation}" if annotation else "db"
    head = "import sqlmodel\nfrom app.bank import Till\nfrom typing import Any\n"
    head += "from sqlalchemy.orm import Session\n"
    wide = f"{head}class Wide:\n    def pay(self, {parameter}): ...\n"
    found, keys = callers(tmp_path, x=f"{wide}\ndef test_x(some, xs):\n    some.pay({given})")
    calls = found.unresolved_namesakes(keys["tests.test_x:Wide.pay"])
    fits = [call for call in calls if call.path.startswith("tests/")]
    assert bool(fits) is TYPED[annotation, given]


HANDED = {
    "Thread(target=some.pay)": True,
    "run(1, callback=some.pay)": True,
    "pool.submit(some.pay, 1)": True,
    "map(some.pay, [1])": True,
    "filter(some.pay, [1])": True,
    "reduce(some.pay, [1])": True,
    "starmap(some.pay, [(1,)])": True,
    "functools.partial(some.pay, 1)": True,
    "Thread(None, some.pay)": True,
    "Process(None, some.pay)": True,
    "Timer(1, some.pay)": True,
    "pool.apply_async(some.pay)": True,
    "await_later(run_in_threadpool(some.pay))": True,
    "asyncio.to_thread(some.pay)": True,
    "pool.run_sync(some.pay)": True,
    "pool.run_in_executor(None, some.pay)": True,
    "pool.add_done_callback(some.pay)": True,
    "pool.add_job(some.pay)": True,
    "atexit.register(some.pay)": True,
    "sorted([1], key=some.pay)": True,
    "run(1, func=some.pay)": True,
    "run(1, target=some.pay)": True,
    "run(1, function=some.pay)": True,
    "run(1, default_factory=some.pay)": True,
    "print(some.pay); some.pay = pay; Thread(target=some.pay)": True,
    "print(some.pay)": False,
    "run(1, colour=some.pay)": False,
    "Thread(target=Other().pay)": False,
    "x = some.pay": False,
    "x = some.pay; pool.submit()": False,
    "Thread(target=pay)": False,
}


@pytest.mark.parametrize("line", HANDED)
def test_methods_of_unknown_objects_that_are_handed_on(tmp_path: Path, line: str) -> None:
    other = "class Other:\n    def pay(self): ...\n"
    found, keys = callers(tmp_path, x=f"{HEAD}{other}def test_x(some, pool):\n    {line}")
    paths = [path for path, _ in found.unresolved_references(keys["app.bank:Till.pay"])]
    assert paths == ["tests/test_x.py"] * HANDED[line]


def test_a_function_read_as_a_value_is_told_apart_from_its_namesakes(tmp_path: Path) -> None:
    lines = ["TABLE = {'a': charge}", "def other():", "    def charge(): ...", "    return [charge]"]
    either = ["if TABLE:", "    from app.bank import charge", "else:", "    def charge(): ...", "[charge]"]
    x, y = "from app.bank import charge\n" + "\n".join(lines) + "\n", "\n".join(either)
    found, keys = callers(tmp_path, x=x, y=y)
    places = [(path, reference.span.line) for path, reference in found.references(keys["app.bank:charge"])]
    assert [place for place in places if place[0].startswith("tests/")] == [
        ("tests/test_x.py", 2),
        ("tests/test_y.py", 5),
    ]


PATCHES = {
    "by text": (
        "from unittest.mock import patch\n@patch('app.bank.charge')\ndef test_x(m): ...",
        "app.bank.charge",
    ),
    "where it is used": ("def test_x(mocker):\n    mocker.patch('app.uses.take')", "app.uses.take"),
    "by attribute": (
        "from app import uses\ndef test_x(monkeypatch):\n    monkeypatch.setattr(uses, 'take', 1)",
        "app.uses.take",
    ),
    "by dotted text": (
        "def test_x(monkeypatch):\n    monkeypatch.setattr('app.bank.charge', 1)",
        "app.bank.charge",
    ),
    "in a with": (
        "from unittest import mock\ndef test_x():\n    with mock.patch('app.uses.take'):\n        ...",
        "app.uses.take",
    ),
}


@pytest.mark.parametrize("how", PATCHES)
def test_what_tests_replace(tmp_path: Path, how: str) -> None:
    text, name = PATCHES[how]
    found, keys = callers(tmp_path, x=text)
    assert found.patches.first_of(keys["app.bank:charge"]) == name
    assert found.patches.first_of(keys["app.bank:Till.pay"]) is None


def test_a_method_of_a_class_is_replaced(tmp_path: Path) -> None:
    text = (
        "from unittest.mock import patch\nfrom app.bank import Till\n"
        "def test_x():\n    with patch.object(Till, 'pay'):\n        ..."
    )
    found, keys = callers(tmp_path, x=text)
    assert found.patches.first_of(keys["app.bank:Till.pay"]) == "app.bank.Till.pay"
    assert found.patches.first_of(keys["app.bank:charge"]) is None


@pytest.mark.parametrize("name", ["app.bank.Till", "app.desk.till", "app.desk.Till"])
def test_what_stands_for_an_object_stands_for_its_methods(tmp_path: Path, name: str) -> None:
    (tmp_path / "app").mkdir(exist_ok=True)
    (tmp_path / "app" / "desk.py").write_text("from app.bank import Till\n\ntill = Till()\n")
    text = f"from unittest.mock import patch\n\n\n@patch('{name}')\ndef test_x(m): ...\n"
    found, keys = callers(tmp_path, x=text)
    assert found.patches.first_of(keys["app.bank:Till.pay"]) == name
    assert found.patches.first_of(keys["app.bank:charge"]) is None


@pytest.mark.parametrize("name", ["app.uses.money", "app.uses.app"])
def test_what_stands_for_a_module_stands_for_all_that_it_has(tmp_path: Path, name: str) -> None:
    text = f"from unittest.mock import patch\n\n\n@patch('{name}')\ndef test_x(m): ...\n"
    found, keys = callers(tmp_path, x=text)
    assert found.patches.first_of(keys["app.bank:Till.pay"]) == name
    assert found.patches.first_of(keys["app.bank:charge"]) == name


@pytest.mark.parametrize(
    ("written", "defined"),
    [
        ("app.uses.money.charge", "app.bank.charge"),
        ("app.uses.app.bank.charge", "app.bank.charge"),
        ("app.uses.Till.pay", "app.bank.Till.pay"),
        ("app.desk.uses.money.Till.pay", "app.bank.Till.pay"),
        ("app.desk.till.pay", "*.pay"),
    ],
)
def test_a_name_on_the_way_to_another(tmp_path: Path, written: str, defined: str) -> None:
    (tmp_path / "app").mkdir(exist_ok=True)
    (tmp_path / "app" / "desk.py").write_text(
        "from app import uses\nfrom app.bank import Till\n\ntill = Till()\n"
    )
    text = f"def test_x(monkeypatch):\n    monkeypatch.setattr('{written}', 1)\n"
    found, keys = callers(tmp_path, x=text)
    name = "app.bank:charge" if "charge" in written else "app.bank:Till.pay"
    assert found.patches.first_of(keys[name]) == defined
    others = [
        key
        for other, key in keys.items()
        if other.startswith("app.bank:") and other not in (name, "app.bank:Loud.pay")
    ]
    assert all(found.patches.first_of(key) is None for key in others)


@pytest.mark.parametrize(
    "name", ["app.uses.nobody.charge", "app.nowhere.money.charge", "requests.get", "charge"]
)
def test_a_way_that_leads_nowhere(tmp_path: Path, name: str) -> None:
    text = f"from unittest.mock import patch\n\n\n@patch('{name}')\ndef test_x(m): ...\n"
    found, keys = callers(tmp_path, x=text)
    assert found.patches.names == {name}
    assert all(found.patches.first_of(key) is None for key in keys.values())


def test_an_attribute_of_an_object_may_be_that_of_any_class(tmp_path: Path) -> None:
    text = (
        "def test_x(monkeypatch, till):\n    monkeypatch.setattr(till, 'pay', 1)\n"
        "    monkeypatch.setattr(till, 'charge', 1)"
    )
    found, keys = callers(tmp_path, x=text)
    assert found.patches.first_of(keys["app.bank:Till.pay"]) == "*.pay"
    assert found.patches.first_of(keys["app.bank:charge"]) is None


def test_nothing_is_replaced_outside_of_tests(tmp_path: Path) -> None:
    found, keys = callers(tmp_path, x="def test_x(): ...")
    assert not found.patches.names
    assert all(found.patches.first_of(key) is None for key in keys.values())
