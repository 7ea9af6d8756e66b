"""A lock that is held for a moment is waited for on the event loop; one that is held for longer never is."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

HEAD = """
import threading

from app.counters import Counter, Hits, lock

counter = Counter()
hits = Hits()
seen = {}
"""
COUNTERS = """
import time
import threading

lock = threading.Lock()
other = threading.Lock()


class Counter:
    _lock: threading.RLock

    def __init__(self, save=None):
        self._lock = threading.RLock()
        self.save, self.total = save, 0

    def add(self, n):
        with self._lock:
            self.total += n
            return self._told()

    def _told(self):
        with self._lock:
            return str(self.total)


class Hits:
    _lock = threading.Lock()

    def hit(self):
        with self._lock:
            time.sleep(1)
"""
HANDLERS = """
@app.get("/add")
def add(n: int):
    with lock:
        seen[n] = n
    return counter.add(n)
"""


KEPT = """
class Kept(Counter):
    def keep(self, held=None):
        """


def migrated(more: str, **others: str) -> str:
    return migrate_main(HEAD + HANDLERS, counters=COUNTERS + more, **others).texts["app/main.py"]


@pytest.mark.parametrize(
    "more",
    [
        "",
        "def later():\n    time.sleep(1)\n    with lock:\n        print(1)\n",
        f"{KEPT}with self._lock:\n            return self.total\n",
        "def reset():\n    with other:\n        time.sleep(1)\n        with lock:\n            print(1)\n",
    ],
)
def test_what_is_done_below_a_lock_that_nobody_holds_for_long_stays_on_the_loop(more: str) -> None:
    text = migrated(more)
    assert "async def add" in text
    assert "run_in_threadpool" not in text


@pytest.mark.parametrize(
    "more",
    [
        f"{KEPT}with self._lock:\n            time.sleep(1)\n",
        f"{KEPT}with self._lock:\n            self.save(self.total)\n",
        f"{KEPT}with self._lock:\n            yield self\n",
        f"{KEPT}self._lock.acquire()\n        time.sleep(1)\n",
        f"{KEPT}return hold(self._lock)\n",
        f"{KEPT}mine = self._lock\n        with mine:\n            time.sleep(1)\n",
        f"{KEPT}self._lock = held\n",
        f"{KEPT}with getattr(self, '_lock'):\n            time.sleep(1)\n",
        f"{KEPT}mine = self._lock = threading.RLock()\n",
        "def export(counter):\n    with counter._lock:\n        time.sleep(1)\n",
        f"{KEPT}with self._lock, other:\n            print(1)\n\n\n"
        "def export():\n    with other:\n        time.sleep(1)\n",
    ],
)
def test_a_lock_that_somebody_may_hold_for_longer_is_waited_for_in_a_thread(more: str) -> None:
    assert "    return await run_in_threadpool(counter.add, n)" in migrated(more)


SLEEP = "\n\n\ndef export():\n    with {}:\n        time.sleep(1)\n"
ALONE = """from functools import wraps

from app.counters import lock


def alone(function):
    @wraps(function)
    def run(*args):
        with lock:
            return function(*args)

    return run


@alone
def export():
    time.sleep(1)
"""


@pytest.mark.parametrize(
    "export",
    [
        "from app.counters import lock" + SLEEP.format("lock"),
        "from app.counters import lock as held" + SLEEP.format("held"),
        "from app import counters" + SLEEP.format("counters.lock"),
        ALONE,
    ],
)
def test_a_lock_of_a_module_is_followed_to_others(export: str) -> None:
    text = migrated("", export=f"import time\n{export}")
    assert "    return counter.add(n)" in text
    assert "    await run_in_threadpool(" in text
