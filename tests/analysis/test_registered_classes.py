"""Classes that a method of an object registers, as their decorator, are below their base like others."""

from __future__ import annotations

import pytest
from small_projects import migrate_main

BASE = """
class Channel:
    def deliver(self, text: str) -> None:
        raise NotImplementedError


class Registry:
    def __init__(self):
        self.channels = {}

    def register(self, name: str):
        def add(cls: type[Channel]) -> type[Channel]:
            self.channels[name] = cls()
            return cls

        return add

    def get(self, name: str) -> Channel:
        return self.channels[name]


registry = Registry()
"""
CHANNEL = """
from app.base import Channel, registry


@registry.register("{0}")
class {0}(Channel):
    def deliver(self, text: str) -> None:
        {1}
"""
MAIN = """
from app.base import registry


@app.post("/tell")
def tell(name: str, text: str):
    registry.get(name).deliver(text)
    return {}
"""
FILE = CHANNEL.format("Outbox", 'open("outbox.txt", "a").write(text)')
MEMORY = CHANNEL.format("Memory", "registry.last = text")


@pytest.mark.parametrize("first", [FILE, MEMORY])
def test_what_the_first_and_the_last_of_them_do_counts(first: str) -> None:
    done = migrate_main(MAIN, base=BASE, alpha=first, omega=MEMORY if first == FILE else FILE)
    assert "await run_in_threadpool(registry.get(name).deliver, text)" in done.texts["app/main.py"]


def test_where_none_of_them_blocks_nothing_goes_to_a_thread() -> None:
    done = migrate_main(MAIN, base=BASE, alpha=MEMORY)
    assert "    registry.get(name).deliver(text)\n" in done.texts["app/main.py"]
    assert done.turned == ["app/main.py:tell"]
