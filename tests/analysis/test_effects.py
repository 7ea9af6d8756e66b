"""What runs without being called by name, and what runs later than it is called: never on the loop."""

from __future__ import annotations

import ast

import pytest
from small_projects import APP, Migrated, migrate, migrate_main, source

HELPERS = """
from contextlib import contextmanager

import requests


def charge(amount):
    return requests.get(f"http://pay/{amount}").json()


def prices(n):
    for number in range(n):
        yield charge(number)


def lazily(n):
    return (charge(number) for number in range(n))


def mapped(n):
    return map(charge, range(n))


@contextmanager
def opened(n):
    charge(n)
    yield n


class Pages:
    def __init__(self, n):
        self.n = n

    def each(self):
        yield charge(self.n)

    @contextmanager
    def opened(self):
        yield charge(self.n)

    def __iter__(self):
        return self

    def __next__(self):
        return charge(self.n)

    def __enter__(self):
        return charge(self.n)

    def __exit__(self, *error):
        charge(0)

    def __len__(self):
        return charge(self.n)

    def __bool__(self):
        return charge(self.n)

    def __contains__(self, x):
        return charge(x)

    def __str__(self):
        return charge(self.n)

    def __eq__(self, other):
        return charge(self.n)

    def __add__(self, other):
        return charge(other)

    def __getitem__(self, key):
        return charge(key)

    def __setitem__(self, key, value):
        charge(key)

    def __delitem__(self, key):
        charge(key)

    def __getattr__(self, name):
        return charge(name)

    @property
    def total(self):
        return charge(self.n)

    @total.setter
    def total(self, value):
        charge(value)


class Wait:
    def __init__(self):
        charge(1)
"""
IMPORTS = "from app.bank import Pages, Wait, charge, lazily, mapped, opened, prices\n"


def migrated(body: str, before: str = "", how: str = "def") -> Migrated:
    handler = (
        f'@app.get("/pay")\n{how} pay(n: int):\n    ' + source(body).strip().replace("\n", "\n    ") + "\n"
    )
    bank = HELPERS.replace("http://pay/{amount}", "http://pay/{amount}")
    return migrate(
        {"app/__init__.py": "", "app/bank.py": bank, "app/main.py": APP + IMPORTS + before + handler}
    )


def on_the_loop(done: Migrated) -> set[str]:
    """Names that the frame of `pay` itself calls, iterates or enters, threads apart."""
    tree = ast.parse(done.function("app/main.py", "pay")).body[0]
    assert isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef))
    found: set[str] = set()
    pending: list[ast.AST] = [*tree.body]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Call):
            found.add(ast.unparse(node.func))
        if isinstance(node, ast.For) or (isinstance(node, ast.comprehension) and not node.is_async):
            found.add(f"for {ast.unparse(node.iter)}")
        if isinstance(node, ast.With):
            found.update(f"with {ast.unparse(item.context_expr)}" for item in node.items)
        pending.extend(ast.iter_child_nodes(node))
    return found


# read later -----------------------------------------------------------------------------------------

READ = {
    "loop": "out = []\nfor p in {}:\n    out.append(p)\nreturn out",
    "list": "return list({})",
    "sorted": "return sorted({})",
    "join": "return ','.join({})",
    "comprehension": "return [p for p in {}]",
    "dict comprehension": "return {{p: 1 for p in {}}}",
    "generator expression": "return max(p for p in {})",
    "star": "return [*{}]",
    "unpacking": "a, b = {}\nreturn a",
    "membership": "return 3 in {}",
    "enumerate": "return [i for i, p in enumerate({})]",
    "zip": "return dict(zip([1], {}))",
    "chain": "import itertools\nreturn list(itertools.chain({}, [1]))",
    "next": "it = {}\nreturn next(it)",
    "kept and read twice": "it = {}\na = list(it)\nb = sum(it)\nreturn a, b",
    "kept in a list": "kept = []\nit = {}\nkept.append(it)\nreturn list(kept[0])",
    "either": "return list({} if n else [])",
    "handed to a function": "def use(it):\n    return list(it)\nreturn use({})",
}
LAZY = [
    "prices(n)",
    "lazily(n)",
    "mapped(n)",
    "Pages(n).each()",
    "map(charge, range(n))",
    "filter(charge, [n])",
]


@pytest.mark.parametrize("how", READ)
@pytest.mark.parametrize("lazy", LAZY)
def test_what_is_read_later_is_read_in_the_thread(lazy: str, how: str) -> None:
    done = migrated(READ[how].format(lazy))
    if how == "either":
        assert done.is_unchanged
        return
    assert done.turned == ["app/main.py:pay"]
    names = {lazy.partition("(")[0], "next", "sum", "list", "sorted", "max", "use", "enumerate", "dict"}
    assert not on_the_loop(done) & names, done.function("app/main.py", "pay")
    assert not any(name.startswith("for ") for name in on_the_loop(done))


def test_a_loop_that_awaits_reads_each_item_in_a_thread() -> None:
    body = "import asyncio\nfor p in prices(n):\n    await asyncio.sleep(p)"
    done = migrated(body, how="async def")
    assert "async for p in iterate_in_threadpool(prices(n)):" in done.function("app/main.py", "pay")


@pytest.mark.parametrize("lazy", LAZY)
@pytest.mark.parametrize("body", ["return {}", "it = {}\nreturn it", "return list({} or [])"])
def test_what_is_returned_unread_stays(lazy: str, body: str) -> None:
    assert migrated(body.format(lazy)).is_unchanged


def test_a_generator_kept_in_a_global_is_made_where_it_was() -> None:
    done = migrated("global kept\nkept = prices(n)\nreturn 1")
    assert "prices" not in on_the_loop(done)
    assert "def _pay(n: int):\n    global kept\n    kept = prices(n)\n" in done.texts["app/main.py"]


def test_a_generator_of_harmless_items_stays_where_it_is() -> None:
    done = migrate_main(
        "def numbers(n):\n    yield from range(n)\n\n"
        '@app.get("/pay")\ndef pay(n: int):\n    return list(numbers(n))\n'
    )
    assert "    return list(numbers(n))\n" in done.function("app/main.py", "pay")


CURSORS = {
    "pymongo": ("from pymongo import MongoClient\nrows = MongoClient()['a']['b']", "rows.find({})"),
    "response lines": ("import requests", "requests.get('http://x', stream=True).iter_lines()"),
    "pages of boto": ("import boto3\ns3 = boto3.client('s3')", "s3.get_paginator('x').paginate(Bucket='b')"),
    "glob": ("from pathlib import Path", "Path('.').glob('*')"),
}


@pytest.mark.parametrize("kind", CURSORS)
@pytest.mark.parametrize("body", ["return list({})", "return [row for row in {}]", "return sorted({})"])
def test_rows_of_a_library_are_fetched_in_the_thread(kind: str, body: str) -> None:
    before, rows = CURSORS[kind]
    done = migrated(body.format(rows), before + "\n")
    assert done.turned == ["app/main.py:pay"]
    is_read_before = ".to_list()" in done.function("app/main.py", "pay")
    assert is_read_before or not on_the_loop(done) & {"list", "sorted"}
    assert not any(name.startswith("for ") for name in on_the_loop(done))


@pytest.mark.parametrize("told", ["stream=True", "stream=n", "**n"])
def test_what_may_be_a_stream_is_read_in_the_thread(told: str) -> None:
    done = migrated(
        f"s = client.chat.completions.create(model='x', messages=[], {told})\n"
        "return ''.join(c.text for c in s)",
        "import openai\nclient = openai.OpenAI()\nclients = [client]\n",
    )
    assert "await run_in_threadpool(lambda: ''.join(c.text for c in s))" in done.function(
        "app/main.py", "pay"
    )


# context managers -----------------------------------------------------------------------------------

ENTERED = {
    "with": "with {}:\n    return n",
    "with as": "with {} as x:\n    return x",
    "kept": "cm = {}\nwith cm as x:\n    return x",
    "stack": "import contextlib\nwith contextlib.ExitStack() as s:\n    return s.enter_context({})",
}


@pytest.mark.parametrize("how", ENTERED)
@pytest.mark.parametrize("manager", ["opened(n)", "Pages(n).opened()", "Pages(n)"])
def test_a_manager_is_entered_and_left_in_the_thread(manager: str, how: str) -> None:
    done = migrated(ENTERED[how].format(manager))
    assert done.turned == ["app/main.py:pay"]
    assert not any(name.startswith("with ") for name in on_the_loop(done)), done.function(
        "app/main.py", "pay"
    )


@pytest.mark.parametrize("manager", ["opened(n)", "Pages(n).opened()", "Pages(n)"])
def test_a_manager_around_an_await_stays_and_is_reported(manager: str) -> None:
    done = migrated(f"import asyncio\nwith {manager}:\n    await asyncio.sleep(1)", how="async def")
    assert done.is_unchanged
    assert [reason.code for reason in done.report.refusals] == ["AF908"]


# without a call -------------------------------------------------------------------------------------

ENCODER = "import json\nclass Shown(json.JSONEncoder):\n    def default(self, each):\n        return {}\n"
IMPLIED = {
    "constructor": "Wait()",
    "property": "pages.total",
    "setter": "pages.total = 3",
    "missing attribute": "pages.nothing",
    "len": "len(pages)",
    "truth of if": "if pages:\n    print(n)",
    "truth of not": "x = not pages",
    "truth of and": "x = pages and n",
    "truth of a conditional": "x = 1 if pages else 2",
    "truth of while": "while pages:\n    break",
    "truth of a filter": "x = [1 for y in [1] if pages]",
    "assert": "assert pages",
    "membership": "x = 3 in pages",
    "f-string": "x = f'{pages}'",
    "str": "x = str(pages)",
    "print": "print(pages)",
    "equality": "x = pages == 3",
    "sum": "x = pages + 3",
    "sum of the other side": "x = 3\nx += 1\ny = pages + x",
    "item": "x = pages[3]",
    "set item": "pages[3] = 1",
    "delete item": "del pages[3]",
    "loop": "for page in pages:\n    break",
    "star": "x = [*pages]",
    "star of a call": "print(*pages)",
    "unpacking": "a, b = pages",
    "key function": "x = sorted([n], key=charge)",
    "key method": "rows = [n]\nrows.sort(key=charge)",
    "key of max": "x = max([n], key=lambda row: charge(row))",
    "reduce": "import functools\nx = functools.reduce(lambda a, b: charge(a), [n])",
    "substitution": "import re\nx = re.sub('a', lambda m: charge(1), 'a')",
    "default of a dict": "from collections import defaultdict\nd = defaultdict(lambda: charge(1))\nx = d[1]",
    "default of JSON": "import json\nx = json.dumps({'n': object()}, default=charge)",
    "encoder of JSON": f"{ENCODER.format('charge(1)')}x = json.dumps({{'n': object()}}, cls=Shown)",
    "method of an encoder": f"{ENCODER.format('charge(1)')}x = Shown().encode(object())",
    "a function's own method": "x = charge.__call__(n)",
    "own module by its name": "import sys\nx = sys.modules[__name__].charge(n)",
    "library function as key": "import os\nx = sorted(['a'], key=os.path.getmtime)",
    "library function in map": "import requests\nx = list(map(requests.get, ['a']))",
}
SEEN = {"sum of the other side": "y = pages + x"}


@pytest.mark.parametrize("what", IMPLIED)
def test_what_runs_without_a_call_runs_in_a_thread(what: str) -> None:
    done = migrated("pages = Pages(n)\n" + IMPLIED[what] + "\nreturn 1")
    assert done.turned == ["app/main.py:pay"]
    assert "run_in_threadpool" in done.texts["app/main.py"]
    last = IMPLIED[what].splitlines()[-1]
    lines = [
        line.strip() for line in done.function("app/main.py", "pay").splitlines() if line.startswith("    ")
    ]
    own = [line for line in lines if "run_in_threadpool" not in line]
    inner = done.function("app/main.py", "pay").count("    def ")
    assert last not in own or inner, done.function("app/main.py", "pay")


def already_async(what: str) -> Migrated:
    return migrate_main(
        f"{HELPERS}\n@app.get('/')\nasync def pay(n: int):\n    pages = Pages(n)\n    {IMPLIED[what]}\n"
    )


@pytest.mark.parametrize("what", ["property", "missing attribute", "item", "membership", "equality"])
def test_what_is_read_on_the_loop_is_read_in_a_thread(what: str) -> None:
    function = already_async(what).function("app/main.py", "pay")
    assert f"await run_in_threadpool(lambda: {IMPLIED[what].removeprefix('x = ')})" in function


@pytest.mark.parametrize("what", ["set item", "delete item", "setter"])
def test_what_is_changed_on_the_loop_is_changed_in_a_thread(what: str) -> None:
    function = already_async(what).function("app/main.py", "pay")
    assert f"        {IMPLIED[what]}\n\n    await run_in_threadpool(" in function


def test_what_runs_without_a_call_on_the_loop_is_reported() -> None:
    done = already_async("assert")
    assert done.is_unchanged
    assert [finding.code for finding in done.report.findings] == ["AF201"]
    assert [reason.code for reason in done.report.refusals] == ["AF908"]


@pytest.mark.parametrize(
    ("call", "waits"),
    [
        ("lock.acquire()", True),
        ("lock.acquire(True)", True),
        ("lock.acquire(timeout=3)", True),
        ("lock.acquire(blocking=wanted)", True),
        ("lock.acquire(*how)", True),
        ("lock.acquire(False)", False),
        ("lock.acquire(blocking=False)", False),
        ("jobs.put(1)", True),
        ("jobs.put(False)", True),
        ("jobs.put(1, False)", False),
        ("jobs.get(block=False)", False),
        ("psutil.cpu_percent()", False),
        ("psutil.cpu_percent(None)", False),
        ("psutil.cpu_percent(interval=1)", True),
        ("psutil.cpu_percent(**how)", True),
        ("psutil.Process().cpu_percent()", False),
        ("psutil.Process().cpu_percent(0.5)", True),
        ("psutil.Process().num_fds()", False),
        ("psutil.Process().open_files()", True),
    ],
)
def test_an_argument_that_is_written_out_says_whether_a_call_waits(call: str, waits: bool) -> None:
    done = migrate_main(f"""
import queue
import threading

import psutil

lock = threading.Lock()
jobs = queue.Queue()

@app.get('/')
async def take(wanted: bool, how: str):
    return {call}
""")
    assert bool(done.report.findings) is waits


FAST = {
    "attrgetter": "from operator import attrgetter\nreturn sorted([n], key=attrgetter('real'))",
    "str in map": "return ' '.join(map(str, [n]))",
    "encoder of JSON": f"{ENCODER.format('str(each)')}return json.dumps([n, object()], cls=Shown)",
    "an encoder that nobody asks": f"{ENCODER.format('charge(1)')}return json.dumps([n]), Shown.__name__",
    "len as key": "return max(['a'], key=len)",
    "lambda as key": "return sorted([n], key=lambda x: -x)",
    "isinstance": "return isinstance(n, Pages)",
    "method of a sum": "return ('a' + n).upper()",
    "method of an amount": "from decimal import Decimal\nreturn (2 * Decimal(n)).quantize(Decimal(1))",
}


@pytest.mark.parametrize("what", FAST)
def test_harmless_callbacks_stay_on_the_loop(what: str) -> None:
    done = migrated(FAST[what])
    assert done.turned == ["app/main.py:pay"]
    assert "run_in_threadpool" not in done.texts["app/main.py"]


RAISED = {
    "an error of FastAPI": ("fastapi.exceptions", "HTTPException", "status_code=404", True),
    "an error of Python": ("builtins", "ValueError", "name", True),
    "a class of FastAPI": ("fastapi.responses", "PlainTextResponse", "name", True),
    "a class that opens a connection": ("smtplib", "SMTP", "name", False),
    "a class of which nothing is known": ("shelf.books", "Library", "name", False),
}


@pytest.mark.parametrize("what", RAISED)
@pytest.mark.parametrize("is_named", [False, True])
def test_the_constructor_above_does_what_making_one_of_that_class_does(what: str, *, is_named: bool) -> None:
    module, base, given, is_harmless = RAISED[what]
    above, given = (f"{base}.__init__", f"self, {given}") if is_named else ("super().__init__", given)
    done = migrate_main(f"""
from {module} import {base}


class Missing({base}):
    def __init__(self, name=""):
        {above}({given})


@app.get("/")
def show(name: str):
    made = Missing(name)
    return str(made)
""")
    assert ("run_in_threadpool" not in done.texts["app/main.py"]) is is_harmless


@pytest.mark.parametrize("call", ["shelf.captureException()", "desk.captureException()", "desk.LastError()"])
def test_what_is_named_after_an_error_is_not_one_for_that(call: str) -> None:
    done = migrate_main(f"""
import shelf

desk = shelf.Desk()


@app.get("/")
def show():
    {call}
    return {{}}
""")
    assert "run_in_threadpool" in done.texts["app/main.py"]


PRICED = """
class Till:
    name = "x"

    @property
    def price(self):
        return len(open("price").read())
"""


@pytest.mark.parametrize("getter", ["attrgetter(n)", "attrgetter('name', n)", "methodcaller(n)"])
def test_a_computed_name_may_be_that_of_a_property_that_blocks(getter: str) -> None:
    body = f"from operator import attrgetter, methodcaller\nreturn sorted({{tills}}, key={getter})"
    ours, numbers = (migrated(body.format(tills=tills), PRICED) for tills in ("[Till(), Till()]", "[1, 2]"))
    assert "run_in_threadpool" in ours.texts["app/main.py"]
    assert "run_in_threadpool" not in numbers.texts["app/main.py"]


def test_a_coroutine_function_in_map_is_no_call_to_await() -> None:
    done = migrated(
        "import asyncio\nreturn await asyncio.gather(*map(work, [n]))",
        "async def work(x):\n    return x\n",
        how="async def",
    )
    assert done.is_unchanged


def test_an_unknown_function_in_map_moves_with_the_whole_body() -> None:
    done = migrated("return list(map(thing, [n]))", "from somewhere import thing\n")
    assert "    return await run_in_threadpool(_pay, n)\n" in done.function("app/main.py", "pay")


BUILT = {
    "unknown root": "(Path(n).parents[2] / 'a').exists()",
    "attribute of a library": "(somewhere.root / 'a').exists()",
    "text on the left": "('a' / Path(n)).exists()",
    "table times a number": "(somewhere.table * 2).exists()",
    "number times a table": "(2 * somewhere.table()).exists()",
    "operator of the project": "(Root() / 'a').exists()",
    "sum of the project": "(Root() + 'a').exists()",
}


@pytest.mark.parametrize("what", BUILT)
def test_what_an_operator_gives_is_not_what_its_harmless_side_is(what: str) -> None:
    """A path under an unknown folder is no text, though `'a'` is one."""
    done = migrated(
        f"return {BUILT[what]}",
        "from pathlib import Path\nimport somewhere\n\n\n"
        "class Root:\n    def __truediv__(self, other):\n        return Path(other)\n\n"
        "    def __add__(self, other):\n        return Path(other)\n",
    )
    assert "run_in_threadpool" in done.function("app/main.py", "pay")


NUMBERS = {
    "two amounts": "Decimal('2') * Decimal(n)",
    "an amount and a number": "3 - Decimal(n)",
    "an amount that may be missing": "(Decimal(n) if n else None) + Decimal('1')",
    "an amount of the project": "price(n) * Decimal('1.2') / 100",
}


@pytest.mark.parametrize("what", NUMBERS)
def test_what_is_reckoned_with_amounts_is_an_amount(what: str) -> None:
    """`(price * rate).quantize(..)` blocks nothing, so the function around it can turn."""
    done = migrated(
        f"return ({NUMBERS[what]}).quantize(Decimal('0.01'))",
        "from decimal import Decimal\n\n\ndef price(n) -> Decimal:\n    return Decimal(n)\n",
    )
    assert "run_in_threadpool" not in done.function("app/main.py", "pay")


def test_an_amount_beside_what_nobody_knows_is_unknown() -> None:
    done = migrated(
        "return (Decimal(n) * somewhere.table).quantize(1)", "from decimal import Decimal\nimport somewhere\n"
    )
    assert "run_in_threadpool" in done.function("app/main.py", "pay")


LOG = """
import inspect
import sys


class Log:
    def debug(self, text):
        with open("log", "a") as out:
            out.write(f"{self.who()} {text}")

    def who(self):
        return FRAME.f_code.co_filename


log = Log()
"""


@pytest.mark.parametrize("looked_at", ["sys._getframe(2)", "inspect.stack()[2].frame"])
def test_who_looks_at_the_frame_of_its_caller_is_called_in_this_file(looked_at: str) -> None:
    """Handed to the thread pool by its name, a logger would put the thread pool's file into the line."""
    done = migrated("log.debug(n)\nreturn 1", LOG.replace("FRAME", looked_at))
    assert "    await run_in_threadpool(lambda: log.debug(n))\n" in done.function("app/main.py", "pay")


def test_what_a_frame_holds_is_no_work() -> None:
    read = (
        "import inspect\n\ndef who():\n    frame = inspect.currentframe()\n"
        "    caller = frame.f_back if frame else None\n"
        "    return caller.f_globals.get('__name__', 'app') if caller else caller.f_code.co_name\n\n"
    )
    done = migrate_main(f"{read}@app.get('/pay')\ndef pay():\n    return who()\n")
    assert done.function("app/main.py", "pay") == "@app.get('/pay')\nasync def pay():\n    return who()\n"


def test_a_frame_inside_of_what_is_called_is_the_same_in_the_thread() -> None:
    done = migrated("log.debug(n)\nreturn 1", LOG.replace("FRAME", "sys._getframe(1)"))
    assert "    await run_in_threadpool(log.debug, n)\n" in done.function("app/main.py", "pay")


ENDLESS = {
    "an object that is its own": "class Till:\n    pass\nTill.__call__ = Till()\n",
    "two objects, each that of the other": (
        "class Till:\n    pass\nclass Bank:\n    __call__ = Till()\nTill.__call__ = Bank()\n"
    ),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_call_that_leads_to_objects_without_an_end_is_unknown(what: str) -> None:
    done = migrate_main(ENDLESS[what] + '@app.get("/pay")\ndef pay():\n    return Till()()\n')
    assert on_the_loop(done) == {"run_in_threadpool"}


@pytest.mark.parametrize(
    "written", ["Annotated[()]", '"Annotated[()]"', "type[()]", "Union[()]", "tuple[()]"]
)
def test_a_generic_of_nothing_hides_no_file(written: str) -> None:
    done = migrate_main(
        f"""
        from typing import Annotated, Union

        from app.bank import charge

        def total(rows: {written}):
            return charge(len(rows.all()))

        @app.get("/pay")
        def pay(n: int):
            return charge(n)
        """,
        bank=HELPERS,
    )
    assert done.turned == ["app/main.py:pay"]


OWN_DICT = """
import requests


class Link:
    def __init__(self, url):
        self.url = url

    def __dict__(self):
        return requests.get(self.url).json()


def packed():
    return [link.__dict__() for link in [Link("http://a"), Link("http://b")]]
"""


PACKED = """
from app.helpers import packed


@app.get("/packed")
def show():
    return packed()
"""


def test_a_method_that_is_called_like_the_dictionary_of_attributes_is_a_method() -> None:
    done = migrate_main(PACKED, helpers=OWN_DICT)
    assert "async def show():\n    return await run_in_threadpool(packed)" in done.texts["app/main.py"]


def test_the_attributes_of_an_object_are_called_by_mistake() -> None:
    text = "class Link:\n    pass\n\n\ndef packed():\n    return Link().__dict__()\n"
    done = migrate_main(PACKED, helpers=text)
    assert "async def show():\n    return packed()" not in done.texts["app/main.py"]
