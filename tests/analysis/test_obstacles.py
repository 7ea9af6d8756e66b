"""Functions that cannot be `async def`, each with the hazard that forbids it; the handler gets by without."""

from __future__ import annotations

import pytest
from small_projects import APP, Migrated, migrate, migrate_main

CHARGE = """
import requests

def charge(amount):
    return requests.get(f"http://pay/{amount}").json()
"""
HANDLER = """
@app.get("/pay")
def pay(n: int):
    return charge(n)
"""

STAYS = {
    # name: (source beside charge() and the handler, reason code, words of the reason)
    "key of sorted": ("def rank(rows):\n    return sorted(rows, key=charge)", "AF906", "handed on"),
    "key of list.sort": ("def rank(rows):\n    rows.sort(key=charge)", "AF906", "handed on"),
    "map": ("def total(rows):\n    return sum(map(charge, rows))", "AF906", "handed on"),
    "filter": ("def paid(rows):\n    return list(filter(charge, rows))", "AF906", "handed on"),
    "partial": ("import functools\nlater = functools.partial(charge, 1)", "AF906", "handed on"),
    "thread": (
        "import threading\ndef go():\n    threading.Thread(target=charge, args=(1,)).start()",
        "AF906",
        "handed on",
    ),
    "a method of the project's that is called as those of frameworks are": (
        "class Till:\n    def add_task(self, f):\n        self.last = f(1)\n"
        "def go(till: Till):\n    till.add_task(charge)",
        "AF906",
        "handed on",
    ),
    "a method of nobody knows what": ("def go(jobs):\n    jobs.add_task(charge, 1)", "AF906", "handed on"),
    "executor": ("def go(pool):\n    return pool.submit(charge, 1)", "AF906", "handed on"),
    "to_thread": (
        "import asyncio\nasync def go():\n    return await asyncio.to_thread(charge, 1)",
        "AF906",
        "",
    ),
    "signal": ("import signal\nsignal.signal(signal.SIGTERM, charge)", "AF906", "handed on"),
    "atexit": ("import atexit\natexit.register(charge, 1)", "AF906", "handed on"),
    "table of functions": ("TABLE = {'charge': charge}", "AF906", "handed on"),
    "put into a table": ("TABLE = {}\nTABLE.update({'charge': charge})", "AF906", "handed on"),
    "put into a table by a function": (
        "import operator\nTABLE = {}\noperator.setitem(TABLE, 'charge', charge)",
        "AF906",
        "handed on",
    ),
    "in a display that is given": ("print({'charge': charge})", "AF906", "handed on"),
    "another name": ("import atexit\nalso = charge\natexit.register(also, 1)", "AF906", "handed on"),
    "returned": ("def which():\n    return charge", "AF906", "handed on"),
    "either of two": ("def go(x):\n    return (charge if x else print)(1)", "AF906", "handed on"),
    "class attribute": ("class Till:\n    run = charge", "AF906", "handed on"),
    "a route, or somebody else": (
        "from somewhere import stranger\nadd = app.add_api_route if stranger else stranger\n"
        "add('/again', charge)",
        "AF906",
        "handed on",
    ),
    "a route, and a table as well": (
        "app.get('/again')(charge)\nTABLE = [charge]\napp.post('/again')(charge)",
        "AF906",
        "handed on",
    ),
    "getattr": (
        "from app import main\ndef go():\n    return getattr(main, 'charge')(1)",
        "AF906",
        "by its name",
    ),
    "computed getattr": (
        "from app import main\ndef go(x):\n    return getattr(main, x)(1)",
        "AF906",
        "by its name",
    ),
    "module level": ("PRICE = charge(3)", "AF911", "<module> of app/main.py"),
    "main guard": ("if __name__ == '__main__':\n    print(charge(3))", "AF911", "<module>"),
    "class body": ("class Till:\n    price = charge(3)", "AF911", "Till"),
    "default argument": ("def go(price=charge(3)):\n    return price", "AF911", "<module>"),
    "decorator argument": (
        "def tag(x):\n    def mark(f):\n        return f\n    return mark\n"
        "@tag(charge(1))\ndef go():\n    return 1",
        "AF911",
        "",
    ),
    "lambda": ("go = lambda: charge(3)", "AF911", "<lambda>"),
    "generator": ("def all_of(rows):\n    for row in rows:\n        yield charge(row)", "AF911", "all_of"),
    "sync caller": ("def script():\n    return charge(3)", "AF911", "script"),
    "generator expression": (
        "def all_of(rows):\n    return (charge(row) for row in rows)",
        "AF909",
        "generator",
    ),
    "property": (
        "class Till:\n    @property\n    def price(self):\n        return charge(3)",
        "AF911",
        "Till.price",
    ),
    "constructor": (
        "class Till:\n    def __init__(self):\n        self.price = charge(3)",
        "AF911",
        "__init__",
    ),
}


@pytest.mark.parametrize("hazard", STAYS)
def test_a_helper_stays_and_the_handler_calls_it_in_a_thread(hazard: str) -> None:
    source, code, words = STAYS[hazard]
    last = "app.add_api_route('/last', print)\n"  # the last call of the file takes coroutine functions
    done = migrate_main(CHARGE + source + HANDLER + last)
    assert done.turned == ["app/main.py:pay"]
    reason = done.reason("app.main:charge")
    assert (reason.code, words in reason.text) == (code, True), reason
    assert "    return await run_in_threadpool(charge, n)\n" in done.function("app/main.py", "pay")


DECORATED = {
    "lru_cache": ("import functools", "functools.lru_cache", "lru_cache would keep a coroutine"),
    "click": ("import click", "click.command()", "click.command"),
    "celery": ("from celery import Celery\ncelery = Celery()", "celery.task", "celery.Celery.task"),
    "shared task": ("from celery import shared_task", "shared_task(bind=True)", "celery.shared_task"),
    "singledispatch": ("import functools", "functools.singledispatch", "singledispatch"),
    "unknown": ("from somewhere import magic", "magic", "somewhere.magic"),
    "nobody's": ("", "nowhere.magic", ""),
    "class": (
        "class Timed:\n    def __init__(self, f):\n        self.f = f\n"
        "    def __call__(self, *a):\n        return self.f(*a)",
        "Timed",
        "",
    ),
    "registry": (
        "ALL = {}\ndef known(f):\n    ALL[f.__name__] = f\n    return f",
        "known",
        "keeps it for others",
    ),
    "list of hooks": (
        "ALL = []\ndef known(f):\n    ALL.append(f)\n    return f",
        "known",
        "keeps it for others",
    ),
    "registry in an attribute": (
        "class Bus:\n    def on(self, f):\n        self.hook = f\n        return f\nbus = Bus()",
        "bus.on",
        "keeps it for others",
    ),
    "a method of a library's class that the project derives": (
        "from somewhere import Bus\nclass Own(Bus):\n    pass\nbus = Own()",
        "bus.on('paid')",
        "",
    ),
    "one of two, of which the other is known": (
        "try:\n    from tenacity import retry\nexcept ImportError:\n    from unknown import retry",
        "retry",
        "unknown.retry",
    ),
    "a name for one that is not known": ("import magic\nspell = magic.Wand(3)", "spell", "magic.Wand"),
    "a name with two meanings": (
        "import os\nfrom tenacity import retry, stop_after_attempt\nfrom unknown import again\n"
        "if os.name == 'nt':\n    twice = retry(stop=stop_after_attempt(2))\nelse:\n    twice = again(2)",
        "twice",
        "",
    ),
    "called at once": ("def once(f):\n    f(0)\n    return f", "once", "keeps it for others"),
    "called by whom it is given": (
        "def run(g):\n    g(0)\ndef once(f):\n    run(f)\n    return f",
        "once",
        "keeps it for others",
    ),
    "called by its __call__": (
        "def run(g):\n    g.__call__(0)\ndef once(f):\n    run(g=f)\n    return f",
        "once",
        "keeps it for others",
    ),
    "kept by whom it is given": (
        "ALL = []\ndef show(g):\n    print(g.__name__)\n    ALL.append(g)\n"
        "def known(f):\n    show(f)\n    return f",
        "known",
        "keeps it for others",
    ),
    "kept among others": (
        "ALL = []\ndef keep(*gs):\n    ALL.extend(gs)\ndef known(f):\n    keep(1, f)\n    return f",
        "known",
        "keeps it for others",
    ),
    "looked at or kept": (
        "ALL = []\ndef show(g):\n    print(g.__name__)\nhand = show if ALL else ALL.append\n"
        "def known(f):\n    hand(f)\n    return f",
        "known",
        "keeps it for others",
    ),
    "kept by what a function makes": (
        "ALL = {}\ndef known(name):\n    def mark(f):\n        ALL[name] = f\n        return f\n"
        "    return mark",
        "known('bill')",
        "@known keeps it for others",
    ),
    "a lambda around it": (
        "def timed(f):\n    return lambda *a: f(*a) or 0",
        "timed",
        "calls it synchronously",
    ),
    "handed round and round": (
        "def here(g):\n    there(g)\ndef there(g):\n    here(g)\ndef once(f):\n    here(f)\n    return f",
        "once",
        "keeps it for others",
    ),
    "an object of ours": (
        "class Timed:\n    def __init__(self, f):\n        self.f = f\n"
        "    def __call__(self, *a):\n        return self.f(*a)\ndef timed(f):\n    return Timed(f)",
        "timed",
        "calls it synchronously",
    ),
    "what nobody knows": (
        "from somewhere import magic\ndef timed(f):\n    return magic(f)",
        "timed",
        "calls it synchronously",
    ),
    "a generator of nobody knows what": (
        "import contextlib\n\ndef rows(n):\n    yield n\n",
        "contextlib.contextmanager",
        "contextmanager",
    ),
    "one of two, of which the other is harmless": (
        "import os\nALL = []\nif os.name == 'nt':\n    def known(f):\n        return f\nelse:\n"
        "    def known(f):\n        ALL.append(f)\n        return f",
        "known",
        "keeps it for others",
    ),
    "one of two, of which the other has a way for both": (
        "import inspect\nimport os\nALL = []\nif os.name == 'nt':\n    def known(f):\n"
        "        if inspect.iscoroutinefunction(f):\n            return f\n"
        "        def inner(*a):\n            return f(*a)\n        return inner\nelse:\n"
        "    def known(f):\n        ALL.append(f)\n        return f",
        "known",
        "keeps it for others",
    ),
    "one of two, of which the other can await": (
        "import os\nALL = []\nif os.name == 'nt':\n    def known(f):\n        def inner(*a):\n"
        "            return f(*a)\n        return inner\nelse:\n"
        "    def known(f):\n        ALL.append(f)\n        return f",
        "known",
        "keeps it for others",
    ),
}


@pytest.mark.parametrize("hazard", DECORATED)
def test_a_decorator_that_wants_a_plain_function(hazard: str) -> None:
    before, decorator, words = DECORATED[hazard]
    source = f"{before}\n@{decorator}\ndef bill(n):\n    return charge(n)\n"
    only_looks = "print(repr(app))\n"  # and is the last call of the file
    done = migrate_main(CHARGE + source + HANDLER.replace("charge(n)", "bill(n)") + only_looks)
    assert "app/main.py:bill" not in done.turned
    reason = done.reason("app.main:bill")
    assert (reason.code, words in reason.text) == ("AF904", True), reason


def test_the_users_catalogue_says_which_decorators_accept_coroutine_functions() -> None:
    bill = "from somewhere import magic\n@magic\ndef bill(n):\n    return charge(n)\n"
    files = {
        "app/__init__.py": "",
        "app/main.py": APP + CHARGE + bill + HANDLER.replace("charge(n)", "bill(n)"),
    }
    told = "[[tool.async-fix.catalogue]]\n[tool.async-fix.catalogue.somewhere]\ntransparent = 'magic'\n"
    assert migrate(files).reason("app.main:bill").code == "AF904"
    assert "app/main.py:bill" in migrate({**files, "pyproject.toml": told}).turned


def test_handlers_of_a_router_that_a_library_derives_turn() -> None:
    router = "from fastapi_utils.inferring_router import InferringRouter\nroutes = InferringRouter()\n"
    done = migrate_main(CHARGE + router + HANDLER.replace("@app", "@routes"))
    assert "app/main.py:pay" in done.turned


def test_endpoints_of_starlette_and_what_requires_a_login_turn() -> None:
    done = migrate_main(
        CHARGE
        + """
from starlette.authentication import requires
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Route

class Home(HTTPEndpoint):
    @requires("admin")
    def get(self, request):
        return charge(1)

app.router.routes.append(Route("/home", Home))
"""
    )
    assert "app/main.py:Home.get" in done.turned


def test_a_decorator_that_makes_a_coroutine_function_of_it_is_enough() -> None:
    done = migrate_main(
        CHARGE
        + """
import asyncio
def in_thread(f):
    async def inner(*a):
        return await asyncio.to_thread(f, *a)
    return inner

@in_thread
def bill(n):
    return charge(n)

@app.get("/pay")
async def pay(n: int):
    return await bill(n)
"""
    )
    assert done.is_unchanged


TURNS = {
    "asks for coroutine functions": (
        "import inspect\ndef timed(f):\n    if inspect.iscoroutinefunction(f):\n"
        "        async def outer(*a):\n"
        "            return await f(*a)\n        return outer\n"
        "    def inner(*a):\n        return f(*a)\n    return inner",
        "timed",
    ),
    "marks it": ("def public(f):\n    f.is_public = True\n    return f", "public"),
    "marks it by setattr": ("def public(f):\n    setattr(f, 'is_public', True)\n    return f", "public"),
    "has others look at it": (
        "def told(g):\n    return shown(g, 1)\ndef shown(g, n):\n    return f'{g.__name__} {repr(g)} {n}'\n"
        "def public(f):\n    print(told(g=f))\n    return f",
        "public",
    ),
    "others keep what they call so": (
        "ALL = []\ndef kept(f):\n    ALL.append(f)\ndef public(f):\n    f.is_public = True\n    return f",
        "public",
    ),
    "looks at it in all ways": (
        "import functools\nimport inspect\nimport typing\ndef public(f):\n"
        "    if not hasattr(f, 'told') and callable(f) and isinstance(f, typing.Callable):\n"
        "        print(id(f), repr(f), getattr(f, '__name__', ''), inspect.signature(f), inspect.getdoc(f))\n"
        "        print(typing.get_type_hints(f), inspect.getsource(f), typing.cast(object, f).told)\n"
        "    return f",
        "public",
    ),
    "reads its name": ("def public(f):\n    print(f.__name__)\n    return f", "public"),
    "tenacity": ("from tenacity import retry, stop_after_attempt", "retry(stop=stop_after_attempt(3))"),
    "loguru": ("from loguru import logger", "logger.catch"),
    "loguru with options": ("from loguru import logger", "logger.catch(reraise=True)"),
    "a name for tenacity": (
        "from tenacity import retry, stop_after_attempt\ntwice = retry(stop=stop_after_attempt(2))",
        "twice",
    ),
    "patch": ("from unittest.mock import patch", "patch('app.other.rate', 3)"),
    "patch.dict": ("from unittest.mock import patch", "patch.dict('os.environ', RATE='3')"),
}


@pytest.mark.parametrize("kind", TURNS)
def test_a_decorator_that_takes_coroutine_functions(kind: str) -> None:
    before, decorator = TURNS[kind]
    source = f"{before}\n@{decorator}\ndef bill(n):\n    return charge(n)\n"
    done = migrate_main(CHARGE + source + HANDLER.replace("charge(n)", "bill(n)"))
    assert done.turned == ["app/main.py:bill", "app/main.py:charge", "app/main.py:pay"]
    assert "    return await bill(n)\n" in done.function("app/main.py", "pay")


def test_a_key_of_the_overrides_is_not_handed_on() -> None:
    handler = (
        "from fastapi import Depends\n@app.get('/pay')\ndef pay(paid=Depends(charge)):\n    return paid\n"
    )
    done = migrate_main(CHARGE + "app.dependency_overrides[charge] = dict\n" + handler)
    assert done.turned == ["app/main.py:charge", "app/main.py:pay"]


def test_the_first_call_of_a_file_takes_what_it_takes() -> None:
    alias = "from typing import Annotated\nfrom fastapi import Depends\nfrom app.pay import charge\n"
    alias += "Paid = Annotated[dict, Depends(charge)]\n"
    handler = "from app.alias import Paid\n@app.get('/pay')\ndef pay(paid: Paid):\n    return paid\n"
    marks = "def public(f):\n    setattr(f, 'is_public', True)\n    return f\n"
    charge = "from app.marks import public\n" + CHARGE.replace("def charge", "@public\ndef charge")
    done = migrate_main(handler, pay=charge, alias=alias, marks=marks)
    assert done.turned == ["app/main.py:pay", "app/pay.py:charge"]


def test_what_stands_in_for_a_dependency_is_called_by_fastapi() -> None:
    handler = (
        "from fastapi import Depends\n@app.get('/pay')\ndef pay(paid=Depends(len)):\n    return charge(1)\n"
    )
    done = migrate_main(CHARGE + "app.dependency_overrides[len] = charge\n" + handler)
    assert done.turned == ["app/main.py:charge", "app/main.py:pay"]


def test_the_place_where_it_is_handed_on_is_told() -> None:
    source = CHARGE + "def rank(rows):\n    return sorted(rows, key=charge)\n"
    till = "class Till:\n    def bill(self, n):\n        return charge(n)\ntill = Till()\n"
    thread = "from threading import Thread\ndef go(x):\n    Thread(target=x.bill).start()\n"
    done = migrate_main(source + till + thread + HANDLER.replace("charge(n)", "till.bill(n)"))
    lines = done.old["app/main.py"].splitlines()
    for function, text, name in (("charge", "key=charge", "charge"), ("Till.bill", "=x.bill", "x.bill")):
        place = done.reason(f"app.main:{function}").location
        assert place is not None
        line = next(number for number, line in enumerate(lines, 1) if text in line)
        assert (place.line, place.column) == (line, lines[line - 1].index(text) + text.index(name) + 1)


METHODS = {
    "call on an unknown object": ("def go(till):\n    return till.charge(1)", "AF916"),
    "thread on an unknown object": (
        "from threading import Thread\ndef go(till):\n    Thread(target=till.charge, args=(1,)).start()",
        "AF916",
    ),
    "methodcaller": ("from operator import methodcaller\ngo = methodcaller('charge', 1)", "AF906"),
    "computed getattr": ("def go(name):\n    return getattr(till, name)(1)", "AF906"),
    "through the class": ("def go():\n    return Till.charge(till, 1)", "AF911"),
    "alias in a subclass": ("class Other(Till):\n    pay = Till.charge", "AF906"),
}


@pytest.mark.parametrize("hazard", METHODS)
def test_a_method_stays(hazard: str) -> None:
    source, code = METHODS[hazard]
    till = CHARGE.replace("def charge(amount)", "class Till:\n    def charge(self, amount)").replace(
        "    return", "        return"
    )
    done = migrate_main(till + "till = Till()\n" + source + HANDLER.replace("charge(n)", "till.charge(n)"))
    assert done.turned == ["app/main.py:pay"]
    assert done.reason("app.main:Till.charge").code == code


def beside(other: str, main: str = "") -> Migrated:
    """A class of the application, and another file that calls a method of that name on what nobody knows."""
    till = CHARGE.replace("def charge(amount)", "class Till:\n    def charge(self, amount)").replace(
        "    return", "        return"
    )
    main = till + "till = Till()\n" + main + HANDLER.replace("charge(n)", "till.charge(n)")
    return migrate_main(main, other=other)


STRANGE = "import vendor\n\n\ndef upgrade():\n    return {each.charge(1) for each in vendor.things}\n"
OURS = {
    "it imports the project": (f"import app.main\n{STRANGE}", ""),
    "inside a function": (STRANGE.replace("    return", "    from app import main\n    return"), ""),
    "it is imported": (STRANGE, "from app import other\n"),
    "it is given something": (STRANGE.replace("upgrade()", "upgrade(each)"), ""),
    "it may import anything": (STRANGE.replace("import vendor", "import importlib\n\nimport vendor"), ""),
    "it makes objects of what was stored": (STRANGE.replace("vendor", "pickle"), ""),
    "a lambda is given something": ("import vendor\nvendor.each(lambda each: each.charge(1))\n", ""),
}


def test_a_file_apart_has_no_object_of_the_project() -> None:
    assert beside(STRANGE).turned == ["app/main.py:Till.charge", "app/main.py:pay"]


@pytest.mark.parametrize("hazard", OURS)
def test_a_file_that_may_have_an_object_of_the_project(hazard: str) -> None:
    done = beside(*OURS[hazard])
    assert done.turned == ["app/main.py:pay"]
    assert done.reason("app.main:Till.charge").code == "AF916"


@pytest.mark.parametrize("name", ["till", "Till"])
def test_an_object_that_tests_replace_keeps_its_methods(name: str) -> None:
    """The double of a class has all its methods, and gives nothing that can be awaited."""
    till = CHARGE.replace("def charge(amount)", "class Till:\n    def charge(self, amount)").replace(
        "    return", "        return"
    )
    done = migrate_main(
        till + "till = Till()\n" + HANDLER.replace("charge(n)", "till.charge(n)"),
        **{"test_pay": f"def test_it(mocker):\n    mocker.patch('app.main.{name}')\n"},
    )
    assert done.turned == ["app/main.py:pay"]
    assert done.reason("app.main:Till.charge").code == "AF907"


def test_what_tests_replace_stays() -> None:
    done = migrate_main(
        CHARGE + HANDLER, **{"test_pay": "def test_it(mocker):\n    mocker.patch('app.main.charge')\n"}
    )
    assert done.turned == ["app/main.py:pay"]
    assert done.reason("app.main:charge").code == "AF907"
