"""Which functions turn together, where the frontier runs, and what is bridged there."""

from __future__ import annotations

import sys

import pytest
from async_fix.codemods.analysis import awaiting
from small_projects import APP, Migrated, migrate, migrate_main

FETCH = 'requests.get(f"http://pay/{amount}").json()'
CHARGE = f"""
import requests

def charge(amount):
    return {FETCH}
"""
HANDLER = """
@app.get("/pay")
def pay(n: int):
    return charge(n)
"""


def calls(done: Migrated, text: str) -> bool:
    return any(text in new for new in done.texts.values())


# callers --------------------------------------------------------------------------------------------


def test_every_call_in_every_file_is_awaited() -> None:
    done = migrate(
        {
            "app/__init__.py": "",
            "app/bank.py": CHARGE,
            "app/main.py": APP
            + """
from app.bank import charge as take
from app import bank

@app.get("/pay")
def pay(n: int):
    if not take(n):
        return -take(n) ** 2
    rest = f"{take(n)}", (yes := take(n))
    return bank.charge(n)["total"], [take(x) for x in range(n)], rest, yes

@app.get("/ready")
async def ready():
    assert bank.charge(0)
    return take(0) or take(1)
""",
        }
    )
    assert done.turned == ["app/bank.py:charge", "app/main.py:pay"]
    assert done.function("app/main.py", "pay").splitlines()[2:] == [
        "    if not await take(n):",
        "        return -(await take(n)) ** 2",
        '    rest = f"{await take(n)}", (yes := await take(n))',
        '    return (await bank.charge(n))["total"], [await take(x) for x in range(n)], rest, yes',
    ]
    assert done.function("app/main.py", "ready").splitlines()[2:] == [
        "    assert await bank.charge(0)",
        "    return await take(0) or await take(1)",
    ]


def test_a_coroutine_function_outside_of_the_api_awaits_what_turned() -> None:
    """Its call would give a coroutine that nobody awaits."""
    nightly = "from app.bank import charge\n\nasync def nightly():\n    return charge(1)\n"
    main = APP + "from app.bank import charge\n" + HANDLER
    files = {"app/__init__.py": "", "app/bank.py": CHARGE, "app/main.py": main, "scripts/nightly.py": nightly}
    done = migrate(files)
    assert done.turned == ["app/bank.py:charge", "app/main.py:pay"]
    assert "return await charge(1)" in done.texts["scripts/nightly.py"]


def test_what_blocks_at_startup_is_mended_where_requests_run_it_too() -> None:
    done = migrate_main(
        """
import time

async def once():
    time.sleep(1)

async def again():
    time.sleep(1)

@app.on_event("startup")
async def begin():
    await once()
    await again()

@app.get("/again")
async def reload():
    await again()
"""
    )
    assert "    await asyncio.sleep(1)\n" in done.function("app/main.py", "again")
    assert "    time.sleep(1)\n" in done.function("app/main.py", "once")


def test_a_helper_that_asks_for_the_running_loop_further_below_stays_on_it() -> None:
    done = migrate_main(
        """
import asyncio

def now():
    return asyncio.get_running_loop().time()

def log(n):
    open("log", "a").write(f"{now()} {n}")

@app.get("/pay")
async def pay(n: int):
    log(n)
"""
    )
    assert done.is_unchanged


def test_each_helper_of_a_chain_is_told_what_keeps_it() -> None:
    """Or the second hint would come only after the first was followed."""
    bill = "from somewhere import magic\n@magic\ndef bill(n):\n    return charge(n)\n"
    done = migrate_main(CHARGE + bill + "HOOKS = [charge]\n" + HANDLER.replace("charge(n)", "bill(n)"))
    assert done.reason("app.main:charge").code == "AF906"
    assert done.reason("app.main:bill").code == "AF904"


@pytest.mark.parametrize(
    "path",
    ["scripts/nightly.py", "app/tasks.py", "tests/test_pay.py"],
)
def test_a_helper_shared_with_a_sync_caller_stays_and_is_bridged(path: str) -> None:
    done = migrate(
        {
            "app/__init__.py": "",
            "app/bank.py": CHARGE,
            "app/main.py": APP + "from app.bank import charge\n" + HANDLER,
            path: "from app.bank import charge\n\ndef nightly():\n    return charge(1)\n",
        }
    )
    assert done.turned == ["app/main.py:pay"]
    assert "return await run_in_threadpool(charge, n)" in done.function("app/main.py", "pay")
    assert done.reason("app.bank:charge").code == "AF911"
    assert done.reason("app.bank:charge").location is not None
    assert "charge() -> requests.get" in done.chains


def test_the_bridge_stands_at_the_last_place_that_can_await() -> None:
    """`nightly` needs `charge`; `bill` above it has only handlers above itself."""
    done = migrate_main(
        CHARGE
        + """
def nightly():
    return charge(1)

def bill(n):
    print(requests.get("http://rates").json())
    return charge(n)
"""
        + HANDLER.replace("charge(n)", "bill(n)")
    )
    assert done.turned == ["app/main.py:pay"]
    assert "return await run_in_threadpool(bill, n)" in done.function("app/main.py", "pay")
    assert done.reason("app.main:bill").code == "AF910"


def test_recursion_turns_with_itself() -> None:
    done = migrate_main(
        CHARGE
        + """
def walk(n):
    if n < 2:
        return charge(n)
    return walk(n - 1) + walk(n - 2)
"""
        + HANDLER.replace("charge(n)", "walk(n)")
    )
    assert done.turned == ["app/main.py:charge", "app/main.py:pay", "app/main.py:walk"]
    assert "return await walk(n - 1) + await walk(n - 2)" in done.function("app/main.py", "walk")


EVEN = """
def even(n):
    return charge(n) if n == 0 else odd(n - 1)

def odd(n):
    return even(n - 1)
"""


def test_mutual_recursion_turns_as_one() -> None:
    done = migrate_main(CHARGE + EVEN + HANDLER.replace("charge(n)", "even(n)"))
    assert done.turned == [f"app/main.py:{name}" for name in ("charge", "even", "odd", "pay")]
    assert len(done.report.groups) == 1


def test_mutual_recursion_stays_as_one() -> None:
    done = migrate_main(CHARGE + EVEN + "HOOKS = [odd]\n" + HANDLER.replace("charge(n)", "even(n)"))
    assert done.turned == ["app/main.py:pay"]
    assert "return await run_in_threadpool(even, n)" in done.function("app/main.py", "pay")


def test_a_refused_helper_does_not_take_its_caller_along() -> None:
    """`charge` cannot turn because of the generator expression; `pay` can call it in a thread."""
    done = migrate_main(CHARGE + HANDLER.replace("charge(n)", "any(charge(x) for x in range(n))"))
    assert done.turned == ["app/main.py:pay"]
    assert "await run_in_threadpool(lambda: any(charge(x) for x in range(n)))" in done.texts["app/main.py"]


TAKEN = {
    "sum(charge(x) for x in range(n))": "sum([await charge(x) for x in range(n)])",
    "max((charge(x) for x in range(n)), default=0)": "max([await charge(x) for x in range(n)], default=0)",
    "','.join(str(charge(x)) for x in 'ab' if charge(x))": (
        "','.join([str(await charge(x)) for x in 'ab' if await charge(x)])"
    ),
    "sorted(x for x in charge(n))": "sorted(x for x in await charge(n))",
    "list(charge(x) for x in 'ab')": "[await charge(x) for x in 'ab']",
    "len(set(charge(x) for x in 'ab' if x))": "len({await charge(x) for x in 'ab' if x})",
    "sum(\n        charge(x)\n        for x in range(n)\n    )": (
        "sum(\n        [\n            await charge(x)\n            for x in range(n)\n        ]\n    )"
    ),
}
NOT_TAKEN = [
    "all(charge(x) for x in range(n))",
    "next(charge(x) for x in range(n))",
    "(charge(x) for x in range(n))",
    "sum((charge(x) for x in range(n)), charge(1))",
    "sorted((charge(x) for x in range(n)), key=str.lower if charge(n) else None)",
]


@pytest.mark.parametrize("expression", TAKEN)
def test_a_generator_expression_that_is_taken_at_once_awaits_as_a_list(expression: str) -> None:
    done = migrate_main(CHARGE + HANDLER.replace("charge(n)", expression))
    assert f"    return {TAKEN[expression]}\n" in done.texts["app/main.py"]


@pytest.mark.parametrize("is_old", [True] if sys.version_info < (3, 11) else [True, False])
@pytest.mark.parametrize(
    ("expression", "is_inner"),
    [
        ("[[charge(y) for y in 'ab'] for x in 'cd']", True),
        ("dict((x, sum(charge(y) for y in 'ab')) for x in 'cd')", True),
        ("[charge(y) for x in ['a', 'b'] for y in [x for x in x]]", False),
        ("[[x for x in charge(y)] for y in 'ab']", False),
    ],
)
def test_none_that_awaits_stands_in_another_one_before_python_3_11(
    expression: str, is_inner: bool, is_old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would not compile; in a thread it does."""
    if is_old:
        monkeypatch.setattr(awaiting, "_DEEPEST", 1)
    text = migrate_main(CHARGE + HANDLER.replace("charge(n)", expression)).texts["app/main.py"]
    goes_to_thread = is_inner and is_old
    assert ("run_in_threadpool(lambda: " in text) == goes_to_thread
    assert ("await charge(" in text) != goes_to_thread


@pytest.mark.parametrize("expression", NOT_TAKEN)
def test_one_that_is_read_bit_by_bit_stays(expression: str) -> None:
    done = migrate_main(CHARGE + HANDLER.replace("charge(n)", expression))
    assert "app/main.py:charge" not in done.turned
    assert "[await charge" not in done.texts.get("app/main.py", "")


# families -------------------------------------------------------------------------------------------

ABSTRACT = f"""
from abc import ABC, abstractmethod
import requests

class Bank(ABC):
    @abstractmethod
    def charge(self, amount): ...

class Remote(Bank):
    def charge(self, amount):
        return {FETCH}

class Fake(Bank):
    def charge(self, amount):
        return 3

def bank() -> Bank:
    return Remote()
"""
PROTOCOL = (
    ABSTRACT.replace("from abc import ABC, abstractmethod", "from typing import Protocol")
    .replace("    @abstractmethod\n", "")
    .replace("class Bank(ABC)", "class Bank(Protocol)")
    .replace("(Bank)", "")
)
FAMILIES = {"abstract base": ABSTRACT, "protocol without a base": PROTOCOL}
BANK = HANDLER.replace("charge(n)", "bank().charge(n)")


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_family_moves_together(kind: str) -> None:
    done = migrate_main(FAMILIES[kind] + BANK)
    assert done.turned == [f"app/main.py:{name}.charge" for name in ("Bank", "Fake", "Remote")] + [
        "app/main.py:pay"
    ]
    assert "return await bank().charge(n)" in done.function("app/main.py", "pay")


STOPS = {
    "a decorated override": (
        "    def charge(self, amount):\n        return 3",
        "    @lru_cache\n    def charge(self, amount):\n        return 3",
    ),
    "a generator": ("        return 3", "        yield 3"),
    "a property": (
        "    def charge(self, amount):\n        return 3",
        "    @property\n    def charge(self):\n        return int",
    ),
    "a sync caller of the base": (
        "def bank()",
        "def nightly(some: Bank):\n    return some.charge(1)\n\ndef bank()",
    ),
    "a sync caller of another member": (
        "def bank()",
        "def nightly():\n    return Fake().charge(1)\n\ndef bank()",
    ),
    "an unknown base": (
        "class Fake",
        "from somewhere import Base\nclass Odd(Base, Remote):\n"
        "    def charge(self, amount):\n        return 4\n\nclass Fake",
    ),
}


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("hazard", STOPS)
def test_a_family_stays_together(hazard: str, kind: str) -> None:
    old, new = STOPS[hazard]
    assert old in FAMILIES[kind]
    done = migrate_main("from functools import lru_cache\n" + FAMILIES[kind].replace(old, new) + BANK)
    assert not [name for name in done.turned if name.endswith(".charge")]


@pytest.mark.parametrize(("decorator", "turns"), [("", True), ("@lru_cache\n    ", False)])
def test_a_coroutine_function_awaits_only_families_that_can_turn_as_a_whole(
    decorator: str, turns: bool
) -> None:
    """Below code that runs on the loop already nothing is wanted by a handler; the override refuses all the
    same."""
    bank = "class Bank:\n    def charge(self, amount):\n        return " + FETCH
    heir = f"class Fake(Bank):\n    {decorator}def charge(self, amount):\n        return 2"
    user = '@app.get("/")\nasync def show(n: int, bank: Bank = Bank()):\n    return bank.charge(n)'
    imports = "from functools import lru_cache\nimport requests"
    done = migrate_main("\n\n\n".join(("", imports, bank, heir, user, "")))
    assert ("app/main.py:Bank.charge" in done.turned) is turns
    assert ("app/main.py:Fake.charge" in done.turned) is turns
    if not turns:
        assert done.reason("app.main:Bank.charge").code == "AF914"


@pytest.mark.parametrize(("decorator", "turns"), [("", True), ("@lru_cache\n    ", False)])
def test_a_dependency_turns_with_its_family(decorator: str, turns: bool) -> None:
    """It blocks on nothing and nobody calls it by its own name: who calls it or its base awaited both."""
    bank = f"class Bank:\n    {decorator}def charge(self, amount: int):\n        return 1"
    heir = "class Fake(Bank):\n    def charge(self, amount: int):\n        return 2"
    handlers = """@app.get("/fake")
def fake(charged=Depends(Fake().charge)):
    return charged


def charged_by(bank: Bank, n: int):
    return bank.charge(n)


@app.get("/any")
def any_bank(n: int):
    return charged_by(Fake() if n else Bank(), n)"""
    imports = "from functools import lru_cache\nfrom fastapi import Depends"
    done = migrate_main("\n\n\n".join(("", imports, bank, heir, handlers, "")))
    assert ("app/main.py:Bank.charge" in done.turned) is turns
    assert ("app/main.py:Fake.charge" in done.turned) is turns
    assert ("await bank.charge(n)" in done.texts["app/main.py"]) is turns


def test_what_blocks_is_found_behind_each_helper_that_leads_to_it() -> None:
    """The handler comes to `stored` by a short way as well: of `load`, further down, `pack` hears late."""
    source = """
import asyncio
import shutil

import requests


def stored():
    return shutil.copy("a", "b")


def load():
    return stored()


def pack():
    return load()


@app.get("/")
async def show():
    first = pack()
    await asyncio.sleep(0)
    return first, stored(), rate()


@app.get("/rate")
def rate():
    return requests.get("http://rates").json()
"""
    body = migrate_main(source).function("app/main.py", "show")
    assert "await run_in_threadpool(pack)" in body
    assert "await run_in_threadpool(stored)" in body
    assert "await rate()" in body


def test_nobody_fills_in_the_abstract_method() -> None:
    """What runs in its place is unknown, so all of the handler moves to a thread."""
    source = "from typing import Protocol\nclass Bank(Protocol):\n    def charge(self, amount): ...\n"
    done = migrate_main(
        source + HANDLER.replace("n: int", "n: int, bank: Bank").replace("charge(n)", "bank.charge(n)")
    )
    assert "run_in_threadpool" in done.function("app/main.py", "pay") or done.is_unchanged


EXTERNAL = {
    "threading.Thread": "run",
    "logging.Handler": "emit",
    "json.JSONEncoder": "default",
    "somewhere.Tool": "_run",
}


@pytest.mark.parametrize("base", EXTERNAL)
def test_an_override_of_a_class_outside_the_project_stays(base: str) -> None:
    name = EXTERNAL[base]
    done = migrate_main(
        f"""
import requests
import {base.partition(".")[0]}

class Own({base}):
    def {name}(self, amount=1):
        return {FETCH}

own = Own()
"""
        + HANDLER.replace("charge(n)", f"own.{name}(n)")
    )
    assert done.reason(f"app.main:Own.{name}").code == "AF914"
    assert done.turned in ([], ["app/main.py:pay"])


@pytest.mark.parametrize(
    "base", ["pydantic.BaseModel", "Exception", "enum.Enum", "typing.NamedTuple", "dict"]
)
def test_a_method_of_ones_own_on_such_a_class_turns(base: str) -> None:
    imported = f"import {base.partition('.')[0]}\n" if "." in base else ""
    done = migrate_main(
        f"""
import requests
{imported}
class Own({base}):
    def charge(self, amount):
        return {FETCH}

def own() -> Own: ...
"""
        + HANDLER.replace("charge(n)", "own().charge(n)")
    )
    assert done.turned == ["app/main.py:Own.charge", "app/main.py:pay"]


SUPER = f"""
import requests

class Bank:
    def charge(self, amount):
        return {FETCH}

class Loud(Bank):
    def charge(self, amount):
        print(amount)
        return super().charge(amount)["total"]

def bank() -> Bank:
    return Loud()
"""


def test_super_is_awaited() -> None:
    done = migrate_main(SUPER + BANK)
    assert done.turned == ["app/main.py:Bank.charge", "app/main.py:Loud.charge", "app/main.py:pay"]
    assert 'return (await super().charge(amount))["total"]' in done.function("app/main.py", "Loud.charge")


def test_classmethods_staticmethods_and_private_methods_turn() -> None:
    done = migrate_main(
        f"""
import requests

class Bank:
    @classmethod
    def charge(cls, amount):
        return {FETCH}

    @staticmethod
    def refund(amount):
        return {FETCH}

    def settle__(self, amount):
        return self.__signed(amount)

    def __signed(self, amount):
        return {FETCH}

@app.get("/pay")
def pay(n: int):
    return Bank.charge(n), Bank().refund(n), Bank().settle__(n)
"""
    )
    methods = ["__signed", "charge", "refund", "settle__"]
    assert done.turned == [*(f"app/main.py:Bank.{name}" for name in methods), "app/main.py:pay"]
    assert "return await self.__signed(amount)" in done.function("app/main.py", "Bank.settle__")
    calls = "await Bank.charge(n), await Bank().refund(n), await Bank().settle__(n)"
    assert f"return {calls}" in done.function("app/main.py", "pay")


# frames ---------------------------------------------------------------------------------------------


def test_a_nested_function_turns_with_the_function_around_it() -> None:
    done = migrate_main(
        CHARGE
        + HANDLER.replace(
            "    return charge(n)", "    def inner():\n        return charge(n)\n    return inner()"
        )
    )
    assert done.turned == ["app/main.py:charge", "app/main.py:pay", "app/main.py:pay.inner"]
    assert "    return await inner()\n" in done.function("app/main.py", "pay")


def test_a_handler_called_as_a_function_is_awaited_there() -> None:
    done = migrate_main(CHARGE + HANDLER + '@app.get("/again")\ndef again():\n    return pay(2)\n')
    assert "return await pay(2)" in done.function("app/main.py", "again")


def test_a_handler_called_by_a_sync_function_stays() -> None:
    done = migrate_main(CHARGE + HANDLER + "def nightly():\n    return pay(2)\n")
    assert "app/main.py:pay" not in done.turned
    assert done.reason("app.main:pay").code == "AF911"


def test_nothing_blocks_so_only_the_handler_turns() -> None:
    done = migrate_main("def total(n):\n    return n + 1\n" + HANDLER.replace("charge(n)", "total(n)"))
    assert done.turned == ["app/main.py:pay"]
    assert "    return total(n)\n" in done.function("app/main.py", "pay")


def test_a_def_dependency_that_only_waits_in_a_thread_stays() -> None:
    done = migrate_main(
        """
from fastapi import Depends

def settings():
    return open("settings.json").read()

@app.get("/pay")
def pay(s: str = Depends(settings)):
    return s
"""
    )
    assert done.turned == ["app/main.py:pay"]
    assert done.reason("app.main:settings").code == "AF902"


def test_a_coroutine_that_a_dependency_makes_and_does_not_await_is_no_work_of_its_own() -> None:
    """It turned in the second run, when that coroutine was mended, and so the change of both was dropped."""
    done = migrate_main(
        """
from fastapi import Depends

async def read(path="x"):
    return open(path).read()

def settings():
    return read()

@app.get("/pay")
async def pay(s=Depends(settings)):
    return 1
"""
    )
    assert done.turned == ["app/main.py:settings"]
    assert "run_in_threadpool" in done.function("app/main.py", "read")


CAST = """
from typing import cast

from company.models import Visit
from fastapi import Depends
from app.own import converted

def visit():
    return Visit.of_today()

def label() -> str:
    return "x"

def guest(it=cast(Visit, Depends(visit))):
    return it.guest

def title(it=cast(str, Depends(label))):
    return it.title()

@app.get("/pay")
def pay(it=cast("Visit", Depends(visit)), by=Depends(guest), name=Depends(title)):
    return it.price

@app.get("/own")
def own(it=converted(Visit, Depends(visit))):
    return it.price
"""


def test_what_a_dependency_gives_is_the_same_in_a_cast() -> None:
    """An object of a library that is not known may load when it is read: not on the loop."""
    own = "def converted(kind, value):\n    return None\n"
    done = migrate_main(CAST, **{"app/own.py": own})
    assert "run_in_threadpool(_pay, it)" in done.function("app/main.py", "pay")
    assert done.reason("app.main:guest").code == "AF902"
    assert "app/main.py:title" in done.turned, "text is read at once"


WAITING = """
from fastapi import Depends
import time

def settings():
    return PART

def waited(n):
    time.sleep(n)
    return n

def read(path):
    return open(path).read()

@app.get("/pay")
def pay(s: str = Depends(settings)):
    return s
"""
BOTH = """
def both(path):
    return waited(1), read(path)
"""


@pytest.mark.parametrize("part", ["waited(1)", "both('a')"])
def test_a_def_dependency_turns_for_what_a_helper_can_await(part: str) -> None:
    """A thread less for each request; and what the helper shares with handlers turns for all of them."""
    done = migrate_main(WAITING.replace("PART", part) + (BOTH if "both" in part else ""))
    assert "app/main.py:settings" in done.turned
    assert f"return await {part}" in done.function("app/main.py", "settings")


@pytest.mark.parametrize(
    "part", ["read('a')", "[waited(n) for n in map(waited, [1])]", "list(map(waited, [1]))"]
)
def test_a_def_dependency_whose_helpers_wait_in_a_thread_stays(part: str) -> None:
    done = migrate_main(WAITING.replace("PART", part))
    assert done.turned == ["app/main.py:pay"]


def test_handlers_of_files_that_were_not_given_stay() -> None:
    routes = """
import time
from fastapi import APIRouter

router = APIRouter()

@router.get("/slow")
def slow():
    time.sleep(1)

@router.get("/blocks")
async def blocks():
    time.sleep(1)
"""
    files = {
        "app/__init__.py": "",
        "app/api/__init__.py": "",
        "app/api/mine.py": routes,
        "app/theirs.py": routes,
        "app/main.py": f"{APP}from app import theirs\nfrom app.api import mine\n"
        "app.include_router(mine.router)\napp.include_router(theirs.router)\n",
    }
    done = migrate(files, api=("app/api",))
    assert done.turned == ["app/api/mine.py:slow"]
    assert [path for path in files if done.texts[path] != done.old[path]] == ["app/api/mine.py"]


@pytest.mark.parametrize(
    "library",
    ["from dishka.integrations.fastapi import FromDishka", "from wireup import Injected as FromDishka"],
)
def test_what_a_container_fills_in_is_what_stands_between_the_brackets(library: str) -> None:
    done = migrate_main(
        f"""
        import time
        {library}

        class Store:
            def load(self, key):
                time.sleep(0.1)
                return key

        @app.get("/")
        async def load(key: str, store: FromDishka[Store]):
            return store.load(key)
        """
    )
    assert "return await store.load(key)" in done.texts["app/main.py"]
