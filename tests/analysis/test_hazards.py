"""Every hazard of colouring from both sides: a helper that must stay `def`, and one that must turn.

Each program is run before and after, and answers the same.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from answers import assert_answers_stay
from small_projects import Migrated, migrate_main

CHARGE = """
import time

def charge(amount):
    time.sleep(0)
    return amount
"""
HANDLER = """
@app.get("/pay")
def pay(n: int):
    return bill(n)
"""
PLAIN = "def bill(n):\n    return charge(n)\n"
WRAPS = "def wraps(f):\n    def inner(*a):\n        return int(f(*a))\n    return inner\n"
TRACED = (
    "@traced\nclass Till:\n    def go(self, n):\n        return charge(n)\n"
    "def bill(n):\n    return Till().go(n)\n"
)
FREE = TRACED.replace("charge(n)", "n")
BELOW = TRACED.replace("@traced\nclass Till", "class Till(Traced)")

LOGGED = (
    "import logging\nimport threading\nlocal = threading.local()\n"
    "class Numbers(logging.Filter):\n    def filter(self, record):\n"
    "        record.n = getattr(local, 'n', 0)\n        return True\n"
    "logging.getLogger('bills').addFilter(Numbers())\n"
)
HAZARDS = {
    # hazard: (bill() stays, bill() turns)
    "a property that blocks, and one that does not": (
        "class Till:\n    @property\n    def price(self):\n        return charge(1)\n"
        "def bill(n):\n    return Till().price\n",
        "class Till:\n    @property\n    def price(self):\n        return 3\n"
        "def bill(n):\n    return charge(Till().price)\n",
    ),
    "a property that is called at once": (
        "class Till:\n    @property\n    def pay(self):\n        charge(1)\n        return str\n"
        "def bill(n):\n    return Till().pay(n)\n",
        "class Till:\n    @property\n    def pay(self):\n        return str\n"
        "def bill(n):\n    return charge(Till().pay(n))\n",
    ),
    "a dunder that len() calls": (
        "class Till:\n    def __len__(self):\n        return charge(1)\n"
        "def bill(n):\n    return len(Till())\n",
        "class Till:\n    def __len__(self):\n        return 1\n"
        "def bill(n):\n    return charge(len(Till()))\n",
    ),
    "__str__ by a format string": (
        "class Till:\n    def __str__(self):\n        return str(charge(1))\n"
        "def bill(n):\n    return '%s' % Till() + '{}'.format(n)\n",
        "class Till:\n    def __str__(self):\n        return ''\n"
        "def bill(n):\n    return charge('%s' % Till())\n",
    ),
    "_missing_ of an Enum": (
        "import enum\nclass Kind(enum.Enum):\n    A = 1\n    @classmethod\n    def _missing_(cls, value):\n"
        "        charge(value)\n        return cls.A\ndef bill(n):\n    return Kind(n).value\n",
        "import enum\nclass Kind(enum.Enum):\n    A = 1\n    @classmethod\n    def _missing_(cls, value):\n"
        "        return cls.A\ndef bill(n):\n    return charge(Kind(n).value)\n",
    ),
    "__missing__ of a dictionary that blocks, and one that does not": (
        "class Tills(dict):\n    def __missing__(self, key):\n        return charge(key)\n"
        "def bill(n):\n    return Tills()[n]\n",
        "class Tills(dict):\n    def __missing__(self, key):\n        return key\n"
        "def bill(n):\n    return charge(Tills()[n])\n",
    ),
    "what a Mapping brings along asks a dictionary that blocks, and one that does not": (
        "from collections.abc import Mapping\nclass Tills(Mapping):\n    def __getitem__(self, key):\n"
        "        return charge(key)\n    def __iter__(self):\n        return iter([1, 2])\n"
        "    def __len__(self):\n        return 2\n"
        "def bill(n):\n    return [value for _, value in Tills().items()]\n",
        "from collections.abc import Mapping\nclass Tills(Mapping):\n    def __getitem__(self, key):\n"
        "        return key\n    def __iter__(self):\n        return iter([1, 2])\n"
        "    def __len__(self):\n        return 2\n"
        "def bill(n):\n    return [charge(value) for _, value in Tills().items()]\n",
    ),
    "`in` of a MutableMapping that blocks, and get() of a plain one": (
        "from collections.abc import MutableMapping\nclass Tills(MutableMapping):\n"
        "    def __getitem__(self, key):\n        return charge(key)\n"
        "    def __iter__(self):\n        return iter(())\n    __len__ = __setitem__ = __delitem__ = None\n"
        "def bill(n):\n    return n in Tills()\n",
        "class Tills:\n    def __getitem__(self, key):\n        return time.sleep(1)\n"
        "    def get(self, key):\n        return key\n"
        "def bill(n):\n    return charge(Tills().get(n))\n",
    ),
    "__getattr__ for what is missing": (
        "class Till:\n    def __getattr__(self, name):\n        return charge(name)\n"
        "def bill(n):\n    return Till().anything\n",
        "class Till:\n    def __getattr__(self, name):\n        raise AttributeError(name)\n"
        "def bill(n):\n    return charge(getattr(Till(), 'anything', n))\n",
    ),
    "a property that attrgetter reads, and a plain attribute": (
        "from operator import attrgetter\nclass Till:\n    @property\n    def price(self):\n"
        "        return charge(1)\n"
        "def bill(n):\n    return len(sorted([Till(), Till()], key=attrgetter('price')))\n",
        "from operator import attrgetter\nclass Till:\n    price = 1\n"
        "def bill(n):\n    return charge(len(sorted([Till(), Till()], key=attrgetter('price'))))\n",
    ),
    "an item that itemgetter reads from an object, and from a dictionary": (
        "from operator import itemgetter\nclass Till:\n    def __getitem__(self, name):\n"
        "        return charge(1)\n"
        "def bill(n):\n    return len(sorted([Till(), Till()], key=itemgetter('price')))\n",
        "from operator import itemgetter\n"
        "def bill(n):\n    return charge(len(sorted([{'price': 2}], key=itemgetter('price'))))\n",
    ),
    "a metaclass that blocks in an operator, and one in a method": (
        "class Meta(type):\n    def __len__(cls):\n        return charge(1)\nclass Till(metaclass=Meta):\n"
        "    pass\ndef bill(n):\n    return len(Till)\n",
        "class Meta(type):\n    def find(cls, n):\n        return charge(n)\nclass Till(metaclass=Meta):\n"
        "    pass\ndef bill(n):\n    return Till.find(n)\n",
    ),
    "a proxy of nobody knows what, and one of an object that is known": (
        "class Till:\n    def bill(self, n):\n        return charge(n)\nclass Proxy:\n"
        "    def __init__(self, make):\n        self.make = make\n"
        "    def __getattr__(self, name):\n        return getattr(self.make(), name)\n"
        "tills = [Till]\ndef proxy(number):\n    return Proxy(eval('tills')[number])\n"
        "def bill(n):\n    return proxy(0).bill(n)\n",
        "class Till:\n    def bill(self, n):\n        return charge(n)\nclass Proxy:\n"
        "    def __init__(self, till: Till):\n        self.till = till\n"
        "    def __getattr__(self, name):\n        return getattr(self.till, name)\n"
        "def bill(n):\n    return Proxy(Till()).bill(n)\n",
    ),
    "a queue that others fill, and one that is filled here": (
        "import queue\nclass Till:\n    def bill(self, n):\n        return charge(n)\n"
        "def fill(jobs, till):\n    jobs.put(till)\n"
        "def bill(n):\n    jobs = queue.SimpleQueue()\n    fill(jobs, Till())\n"
        "    return jobs.get_nowait().bill(n)\n",
        "import queue\nclass Till:\n    def bill(self, n):\n        return charge(n)\n"
        "def bill(n):\n    jobs = queue.SimpleQueue()\n    jobs.put(Till())\n"
        "    return jobs.get_nowait().bill(n)\n",
    ),
    "overrides of which one is handed on, and overrides that move together": (
        "class Till:\n    def go(self, n):\n        return n\nclass Other(Till):\n    def go(self, n):\n"
        "        return charge(n)\ndef till(n) -> Till:\n    return Other() if n else Till()\n"
        "def keys(rows):\n    return sorted(rows, key=Till().go)\n"
        "def bill(n):\n    return till(n).go(n)\n",
        "class Till:\n    def go(self, n):\n        return n\nclass Other(Till):\n    def go(self, n):\n"
        "        return charge(n)\ndef till(n) -> Till:\n    return Other() if n else Till()\n"
        "def bill(n):\n    return till(n).go(n)\n",
    ),
    "a Protocol that a class with a property fills in, and one with methods": (
        "from typing import Protocol\nclass Payer(Protocol):\n    def pay(self, n): ...\n"
        "class Till:\n    def pay(self, n):\n        return charge(n)\nclass Free:\n    @property\n"
        "    def pay(self):\n        return str\ndef payer(n) -> Payer:\n    return Till() if n else Free()\n"
        "def bill(n):\n    return payer(n).pay(n)\n",
        "from typing import Protocol\nclass Payer(Protocol):\n    def pay(self, n): ...\n"
        "class Till:\n    def pay(self, n):\n        return charge(n)\nclass Free:\n"
        "    def pay(self, n):\n        return n\ndef payer(n) -> Payer:\n"
        "    return Till() if n else Free()\ndef bill(n):\n    return payer(n).pay(n)\n",
    ),
    "a decorator that hands it on, and one that calls it": (
        "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def inner(n):\n"
        "        return sum(map(f, [n, n]))\n    return inner\n@twice\n" + PLAIN,
        "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def inner(n):\n"
        "        return f(n) + f(n)\n    return inner\n@twice\n" + PLAIN,
    ),
    "a decorator that keeps it, and one that marks it": (
        "ALL = []\ndef marked(f):\n    ALL.append(f)\n    return f\n@marked\n" + PLAIN,
        "def marked(f):\n    f.is_marked = True\n    return f\n@marked\n" + PLAIN,
    ),
    "functools.partial of it, and of another": (
        PLAIN + "from functools import partial\nPAY = [partial(bill, 1)]\n",
        PLAIN + "from functools import partial\ndef other(n):\n    return n\nPAY = [partial(other, 1)]\n",
    ),
    "a default argument, and a default that is a value": (
        PLAIN + "def other(rate=bill(0)):\n    return rate\n",
        PLAIN + "def other(rate=0):\n    return rate\n",
    ),
    "a thread that runs it, and one that runs another": (
        PLAIN + "import threading\ndef start():\n    threading.Thread(target=bill, args=(1,)).start()\n",
        PLAIN + "import threading\ndef start():\n    threading.Thread(target=print, args=(1,)).start()\n",
    ),
    "a context variable in a callback, and one that a helper sets": (
        "import contextvars\nuser = contextvars.ContextVar('user')\ndef keep(n):\n    user.set(charge(n))\n"
        "    return n\ndef bill(n):\n    return [*map(keep, [n]), user.get()]\n",
        "import contextvars\nuser = contextvars.ContextVar('user')\ndef keep(n):\n    user.set(charge(n))\n"
        "    return n\ndef bill(n):\n    return [keep(n), user.get()]\n",
    ),
    "a loop of its own in a callback, and one that only waits for a coroutine": (
        "import asyncio\nasync def work(n):\n    await asyncio.sleep(0)\n    return n\n"
        "def run(n):\n    return asyncio.run(work(n))\ndef bill(n):\n    return max([n], key=run)\n",
        "import asyncio\nasync def work(n):\n    await asyncio.sleep(0)\n    return n\n"
        "def bill(n):\n    return asyncio.run(work(n))\n",
    ),
    "recursion that computes, and a helper that does not": (
        "def paths(n):\n    return paths(n - 1) + paths(n - 2) if n > 1 else 1\n"
        "def bill(n):\n    return paths(n)\n",
        "def half(n):\n    return n // 2\ndef bill(n):\n    return charge(half(n))\n",
    ),
    "a registry of functions that wait, and one of functions that do not": (
        "HOOKS = []\ndef on(f):\n    HOOKS.append(f)\n    return f\n@on\ndef hook(n):\n    return charge(n)\n"
        "def bill(n):\n    return [each(n) for each in HOOKS]\n",
        "HOOKS = []\ndef on(f):\n    HOOKS.append(f)\n    return f\n@on\ndef hook(n):\n    return n\n"
        "def bill(n):\n    return charge([each(n) for each in HOOKS])\n",
    ),
    "a callback from a registry that waits, and one that does not": (
        "HOOKS = []\ndef on(f):\n    HOOKS.append(f)\n    return f\n@on\ndef hook(n):\n    return charge(n)\n"
        "def bill(n):\n    return [*map(HOOKS[0], [n])]\n",
        "HOOKS = []\ndef on(f):\n    HOOKS.append(f)\n    return f\n@on\ndef hook(n):\n    return n\n"
        "def bill(n):\n    return charge([*map(HOOKS[0], [n])])\n",
    ),
    "a registry of wrappers around what waits, and around what does not": (
        "HOOKS = []\ndef on(f):\n    def wrapper(n):\n        return f(n)\n    HOOKS.append(wrapper)\n"
        "    return wrapper\n@on\ndef hook(n):\n    return charge(n)\n"
        "def bill(n):\n    return [each(n) for each in HOOKS]\n",
        "HOOKS = []\ndef on(f):\n    def wrapper(n):\n        return f(n)\n    HOOKS.append(wrapper)\n"
        "    return wrapper\n@on\ndef hook(n):\n    return n\n"
        "def bill(n):\n    return charge([each(n) for each in HOOKS])\n",
    ),
    "a decorator that is a class, and is called elsewhere": (
        "class Task:\n    def __init__(self, f):\n        self.f = f\n    def __call__(self, n):\n"
        "        return self.f(n)\n    def later(self, n):\n        return self.f(n)\n@Task\ndef job(n):\n"
        "    return charge(n)\ndef run(task: Task, n):\n    return task.later(n)\n"
        "def bill(n):\n    return run(job, n)\n",
        "class Task:\n    def __init__(self, f):\n        self.f = f\n    def __call__(self, n):\n"
        "        return self.f(n)\n    def later(self, n):\n        return self.f(n)\n@Task\ndef job(n):\n"
        "    return n\ndef run(task: Task, n):\n    return task.later(n)\n"
        "def bill(n):\n    return charge(run(job, n))\n",
    ),
    "a method that an unknown object may have": (
        "class Till:\n    def bill(self, n):\n        return charge(n)\n"
        "def other(till):\n    return till.bill(1)\ndef bill(n):\n    return Till().bill(n)\n",
        "class Till:\n    def bill(self, n):\n        return charge(n)\n"
        "def other(till: Till):\n    return till\ndef bill(n):\n    return Till().bill(n)\n",
    ),
    "methods that a decorator of the class wraps, and only looks at": (
        WRAPS + "def traced(cls):\n    for name, method in list(vars(cls).items()):\n"
        "        if callable(method):\n            setattr(cls, name, wraps(method))\n    return cls\n"
        + TRACED,
        "def traced(cls):\n    for name, method in list(vars(cls).items()):\n"
        "        setattr(cls, '_' + name, name)\n    return cls\n" + TRACED,
    ),
    "methods that __init_subclass__ wraps, and only counts": (
        WRAPS + "class Traced:\n    def __init_subclass__(cls):\n"
        "        for name in vars(cls).keys() & {'go'}:\n"
        "            setattr(cls, name, wraps(vars(cls)[name]))\n" + BELOW,
        WRAPS + "class Traced:\n    def __init_subclass__(cls):\n"
        "        setattr(cls, 'gone', wraps(str))\n" + BELOW,
    ),
    "methods that a metaclass wraps, and only names": (
        WRAPS + "class Meta(type):\n    def __new__(mcs, name, bases, body):\n"
        "        for key in [k for k in body if k == 'go']:\n            body[key] = wraps(body[key])\n"
        "        return super().__new__(mcs, name, bases, body)\n"
        "class Traced(metaclass=Meta):\n    pass\n" + BELOW,
        WRAPS + "class Meta(type):\n    def __new__(mcs, name, bases, body):\n"
        "        body['title'] = name.lower()\n"
        "        return super().__new__(mcs, name, bases, body)\n"
        "class Traced(metaclass=Meta):\n    pass\n" + BELOW,
    ),
    "a class below it that a decorator puts in its place, with a property, and with a method": (
        "def traced(cls):\n    class Traced(cls):\n        @property\n        def go(self):\n"
        "            charge(1)\n            return super().go\n    return Traced\n" + FREE,
        "def traced(cls):\n    class Traced(cls):\n        def go(self, n):\n"
        "            charge(1)\n            return super().go(n)\n    return Traced\n" + FREE,
    ),
    "a method put on its class later": (
        "class Till:\n    def go(self, n):\n        return n\ndef other(self, n):\n    return charge(n)\n"
        "Till.go = other\ndef bill(n):\n    return Till().go(n)\n",
        "class Till:\n    def go(self, n):\n        return n\n"
        "def bill(n):\n    return charge(Till().go(n))\n",
    ),
    "lru_cache": (
        "from functools import lru_cache\n@lru_cache\n" + PLAIN,
        "from functools import lru_cache\n@lru_cache\ndef rate(n):\n    return n\n"
        "def bill(n):\n    return charge(rate(n))\n",
    ),
    "a generator that another one is made of, and one that is read": (
        "def rows(n):\n    yield charge(n)\ndef bill(n):\n    return list(zip(rows(n), rows(n)))\n",
        "def rows(n):\n    yield charge(n)\ndef bill(n):\n    return [row for row in rows(n)]\n",
    ),
    "yield from whose value is used, and one that is not": (
        "def rows(n):\n    yield charge(n)\ndef more(n):\n    last = yield from rows(n)\n    yield last\n"
        "def bill(n):\n    return [row for row in more(n)]\n",
        "def rows(n):\n    yield charge(n)\ndef more(n):\n    yield from rows(n)\n"
        "def bill(n):\n    return [row for row in more(n)]\n",
    ),
    "@contextmanager on an exit stack that is kept, and on one that is not": (
        "import contextlib\n@contextlib.contextmanager\ndef held(n):\n    charge(n)\n    yield n\n"
        "def bill(n):\n    stack = contextlib.ExitStack()\n    return stack.enter_context(held(n))\n",
        "import contextlib\n@contextlib.contextmanager\ndef held(n):\n    charge(n)\n    yield n\n"
        "def bill(n):\n    with contextlib.ExitStack() as stack:\n"
        "        return stack.enter_context(held(n))\n",
    ),
    "@contextmanager by hand, and in a `with`": (
        "import contextlib\n@contextlib.contextmanager\ndef held(n):\n    charge(n)\n    yield n\n"
        "def bill(n):\n    return held(n).__enter__()\n",
        "import contextlib\n@contextlib.contextmanager\ndef held(n):\n    charge(n)\n    yield n\n"
        "def bill(n):\n    with held(n) as x:\n        return x\n",
    ),
    "a class that is entered by hand, and by a `with`": (
        "class Held:\n    def __enter__(self):\n        charge(1)\n"
        "    def __exit__(self, *a):\n        pass\n"
        "def bill(n):\n    Held().__enter__()\n    return n\n",
        "class Held:\n    def __enter__(self):\n        charge(1)\n"
        "    def __exit__(self, *a):\n        pass\n"
        "def bill(n):\n    with Held():\n        return n\n",
    ),
    "a generator expression, and a comprehension": (
        "def bill(n):\n    return any(charge(i) for i in range(n))\n",
        "def bill(n):\n    return any([charge(i) for i in range(n)])\n",
    ),
    "a lambda": (
        "def bill(n):\n    later = lambda: charge(n)\n    return later()\n",
        "def bill(n):\n    twice = lambda x: x + x\n    return charge(twice(n))\n",
    ),
    "nonlocal in a function that is handed on": (
        "def bill(n):\n    total = 0\n    def add(x):\n        nonlocal total\n        total += charge(x)\n"
        "    list(map(add, [n]))\n    return total\n",
        "def bill(n):\n    total = 0\n    def add(x):\n        nonlocal total\n        total += charge(x)\n"
        "    add(n)\n    return total\n",
    ),
    "recursion through a callback": (
        "def bill(n):\n    return sorted([n - 1], key=bill) if n else charge(n)\n",
        "def bill(n):\n    return bill(n - 1) if n else charge(n)\n",
    ),
    "mutual recursion with a sync caller": (
        "def bill(n):\n    return other(n)\ndef other(n):\n    return bill(n - 1) if n else charge(n)\n"
        "print(other(0))\n",
        "def bill(n):\n    return other(n)\ndef other(n):\n    return bill(n - 1) if n else charge(n)\n",
    ),
    "a lock held over an await": (
        "import threading\nlock = threading.Lock()\ndef bill(n):\n    with lock:\n        return charge(n)\n",
        "import threading\nlock = threading.Lock()\nseen = []\ndef bill(n):\n    with lock:\n"
        "        seen.append(n)\n    return charge(n)\n",
    ),
    "a lock that is acquired and released": (
        "import threading\nlock = threading.RLock()\ndef bill(n):\n    lock.acquire()\n    try:\n"
        "        return charge(n)\n    finally:\n        lock.release()\n",
        "import threading\nlock = threading.RLock()\ndef count(n):\n    lock.acquire()\n    lock.release()\n"
        "    return n\ndef bill(n):\n    return charge(count(n))\n",
    ),
    "a lock that a helper takes and keeps": (
        "import threading\nlock = threading.Lock()\ndef take():\n    lock.acquire()\n"
        "def bill(n):\n    take()\n    x = charge(n)\n    lock.release()\n    return x\n",
        "import threading\nlock = threading.Lock()\nlock.acquire()\ndef give():\n    lock.release()\n"
        "def bill(n):\n    give()\n    return charge(n)\n",
    ),
    "a manager of ours that takes a lock": (
        "import threading\nfrom contextlib import contextmanager\ngate = threading.RLock()\n@contextmanager\n"
        "def alone():\n    gate.acquire()\n    try:\n        yield\n    finally:\n        gate.release()\n"
        "def bill(n):\n    with alone():\n        return charge(n)\n",
        "from contextlib import contextmanager\nseen = []\n@contextmanager\n"
        "def alone():\n    seen.append(1)\n    yield\n"
        "def bill(n):\n    with alone():\n        return charge(n)\n",
    ),
    "an object of ours that takes a lock": (
        "import threading\ngate = threading.RLock()\nclass Alone:\n    def __enter__(self):\n"
        "        gate.acquire()\n    def __exit__(self, *error):\n        gate.release()\n"
        "def bill(n):\n    with Alone():\n        return charge(n)\n",
        "seen = []\nclass Alone:\n    def __enter__(self):\n        seen.append(1)\n"
        "    def __exit__(self, *error):\n        seen.clear()\n"
        "def bill(n):\n    with Alone():\n        return charge(n)\n",
    ),
    "threading.local that is only read": (
        "import threading\nclass Own(threading.local):\n    rate = 3\nown = Own()\n"
        "def bill(n):\n    return charge(n) + own.rate\n",
        "import threading\nclass Own(threading.local):\n    rate = 3\nclass Plain:\n    rate = 3\n"
        "own = Plain()\ndef bill(n):\n    return charge(n) + own.rate\n",
    ),
    "threading.local": (
        "import threading\nlocal = threading.local()\ndef bill(n):\n    local.n = n\n"
        "    return charge(n) + local.n\n",
        "import threading\nlocal = threading.local()\ndef forget():\n    local.n = 0\n"
        "def bill(n):\n    return charge(n)\n",
    ),
    "threading.local in helpers": (
        "import threading\nlocal = threading.local()\ndef keep(n):\n    local.n = n\ndef kept():\n"
        "    return local.n\ndef bill(n):\n    keep(n)\n    return charge(n) + kept()\n",
        "from types import SimpleNamespace\nlocal = SimpleNamespace()\ndef keep(n):\n    local.n = n\n"
        "def kept():\n    return local.n\ndef bill(n):\n    keep(n)\n    return charge(n) + kept()\n",
    ),
    "threading.local that a filter of the log reads": (
        LOGGED + "def bill(n):\n    local.n = n\n    return charge(n)\n",
        LOGGED + "def bill(n):\n    return charge(n)\n",
    ),
    "a class derived of threading.local": (
        "import threading\nclass State(threading.local):\n    n = 0\nstate = State()\n"
        "def bill(n):\n    state.n = n\n    return charge(n) + state.n\n",
        "class State:\n    n = 0\nstate = State()\n"
        "def bill(n):\n    state.n = n\n    return charge(n) + state.n\n",
    ),
    "a click command calls it as well": (
        "import click\n@click.command()\ndef command():\n    print(bill(3))\n" + PLAIN,
        "import click\n@click.command()\ndef command():\n    print(3)\n" + PLAIN,
    ),
    "a Celery task calls it as well": (
        "from celery import shared_task\n@shared_task\ndef job(n):\n    return bill(n)\n" + PLAIN,
        "from celery import shared_task\n@shared_task\ndef job(n):\n    return n\n" + PLAIN,
    ),
    "module level calls it as well": ("RATE = bill(1) if False else 0\n" + PLAIN, "RATE = 1\n" + PLAIN),
    "globals() with its name": (
        PLAIN + "def go():\n    return globals()['bill'](3)\n",
        PLAIN + "def other(n):\n    return n\ndef go():\n    return globals()['other'](3)\n",
    ),
    "globals() with a computed name": (
        PLAIN + "def go(name):\n    return globals()[name](3)\n",
        PLAIN + "def go(flag):\n    return globals()['go' if flag else 'stop']\n",
    ),
    "globals() handed on, and asked for a name": (
        PLAIN + "def go(code):\n    exec(code, globals())\n",
        PLAIN + "if 'DEBUG' not in globals():\n    DEBUG = False\n",
    ),
    "vars() of its module": (
        PLAIN + "def go():\n    from app import main\n    return vars(main).get('bill')(3)\n",
        PLAIN + "def go():\n    from app import main\n    return vars(main).get('go')\n",
    ),
    "getattr with one of several names": (
        PLAIN + "def go():\n    from app import main\n    for name in ('bill', 'go'):\n"
        "        getattr(main, name)(1)\n",
        PLAIN + "def go():\n    from app import main\n    for name in ('stop', 'go'):\n"
        "        getattr(main, name)(1)\n",
    ),
    "getattr with a name put together": (
        PLAIN + "def go():\n    from app import main\n    for end in ('ll', 'x'):\n"
        "        getattr(main, f'bi{end}')(1)\n",
        PLAIN + "def go():\n    from app import main\n    for end in ('ll', 'x'):\n"
        "        getattr(main, f'wi{end}')(1)\n",
    ),
}


def migrated(source: str) -> Migrated:
    return migrate_main(CHARGE + source + HANDLER)


@pytest.mark.parametrize("hazard", HAZARDS)
def test_it_stays_and_the_handler_calls_it_in_a_thread(hazard: str) -> None:
    done = migrated(HAZARDS[hazard][0])
    assert "app/main.py:bill" not in done.turned
    handler = done.function("app/main.py", "pay")
    assert "await run_in_threadpool(bill, n)" in handler or "await run_in_threadpool(_pay, n)" in handler
    _is_answered_as_before(hazard, done)


@pytest.mark.parametrize("hazard", HAZARDS)
def test_it_turns_where_the_hazard_is_not(hazard: str) -> None:
    done = migrated(HAZARDS[hazard][1])
    assert {"app/main.py:bill", "app/main.py:pay"} <= {*done.turned}
    assert "await bill(n)" in done.function("app/main.py", "pay")
    _is_answered_as_before(hazard, done)


def _is_answered_as_before(hazard: str, done: Migrated) -> None:
    if "Celery" not in hazard or find_spec("celery") is not None:
        assert_answers_stay(done, "/pay?n=2")
