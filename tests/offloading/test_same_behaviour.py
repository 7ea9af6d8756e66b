"""A function does the same before and after: result or exception, and every side effect in its order."""

from __future__ import annotations

import ast
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from types import SimpleNamespace

import pytest
from generated import functions
from hop_programs import offload
from hypothesis import HealthCheck, given, settings

BLOCKING = {
    **{name: f"app.x:{name}" for name in ("load", "save", "step", "fetch_all")},
    "opened": "builtins.open",
}


class _Trace(list[object]):
    """Ends what never ends: a loop over a list that grows."""

    def append(self, item: object) -> None:
        if len(self) > 200:
            raise OverflowError("endless")
        super().append(item)


class _World:
    """What the functions call; each call leaves a trace."""

    def __init__(self) -> None:
        self.trace = _Trace()
        self.ticks = 0
        self.names: dict[str, object] = {
            "g": 5,
            "suppress": contextlib.suppress,
            **{
                name: getattr(self, name)
                for name in ("load", "save", "step", "note", "tick", "opened", "fetch_all", "ask")
            },
            "anyio": SimpleNamespace(open_file=self._open_file),
            "run_in_threadpool": self._run,
            "iterate_in_threadpool": self._iterate,
        }

    def load(self, value: int = 0) -> int:
        self.trace.append(("load", value))
        if value % 5 == 4:
            raise ValueError(value)
        return value + 1

    def step(self, value: int) -> int:
        self.trace.append(("step", value))
        return value * 2 + 1

    def save(self, value: object) -> None:
        self.trace.append(("save", value))

    def note(self, value: int) -> int:
        self.trace.append(("note", value))
        return value

    def tick(self) -> bool:
        self.ticks += 1
        return self.ticks % 3 != 0 and self.ticks < 60

    def fetch_all(self, value: int) -> list[int]:
        self.trace.append(("fetch_all", value))
        return [value, value + 1]

    def opened(self, value: int) -> _File:
        self.trace.append(("open", value))
        return _File(value, self.trace)

    async def ask(self, value: int) -> int:
        self.trace.append(("ask", value))
        return value + 3

    async def _open_file(self, value: int) -> _AsyncFile:
        return _AsyncFile(self.opened(value))

    async def _run(self, function: Callable[..., object], *args: object, **kwargs: object) -> object:
        return function(*args, **kwargs)

    async def _iterate(self, items: Iterable[object]) -> AsyncIterator[object]:
        for item in items:
            yield item


class _AsyncFile:
    def __init__(self, file: _File) -> None:
        self.file = file

    async def __aenter__(self) -> _AsyncFile:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.file.__exit__()

    async def read(self) -> int:
        return self.file.read()


class _File:
    def __init__(self, value: int, trace: _Trace) -> None:
        self.value, self.trace = value, trace

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self.trace.append(("close", self.value))

    def read(self) -> int:
        self.trace.append(("read", self.value))
        return self.value

    def __repr__(self) -> str:
        return f"file {self.value}"

    def __add__(self, other: object) -> int:
        return self.value

    __radd__ = __add__


def outcome(source: str, arguments: tuple[int, int, list[int]]) -> list[object]:
    world = _World()
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    exec(compile(tree, "<function>", "exec"), world.names)
    xs = [*arguments[2]]
    try:
        found = world.names["h"](arguments[0], arguments[1], xs)  # type: ignore[operator]
        result: object = asyncio.run(found) if asyncio.iscoroutine(found) else found
    except NameError:
        # a name of a closure is called free, not local
        result = "NameError"
    except Exception as error:
        result = (type(error), "" if isinstance(error, TypeError) else str(error))
    return [repr(result), [repr(item) for item in world.trace], xs, world.names["g"]]


ARGUMENTS: tuple[tuple[int, int, list[int]], ...] = (
    (1, 2, [1, 2]),
    (4, 0, []),
    (3, 2, [4, 1, 5]),
)


@pytest.mark.parametrize("is_async", [False, True])
def test_generated_functions_do_the_same(is_async: bool) -> None:
    compared = 0

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(functions(is_async=is_async))
    def check(source: str) -> None:
        nonlocal compared
        try:
            compile(source, "<function>", "exec")
        except SyntaxError:
            return
        for whole in (True, False):
            done = offload(source, blocking=BLOCKING, allow_whole_body=whole)
            if done.reason or (done.whole_body and not whole):
                continue
            for arguments in ARGUMENTS:
                assert outcome(done.text, arguments) == outcome(source, arguments), (
                    f"{source}\n-->\n{done.text}"
                )
            compared += done.hops > 0

    check()
    assert compared >= 40, "nearly all were refused, which proves nothing"
