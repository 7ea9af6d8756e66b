"""Parameters of tests and fixtures: pytest fills them by name from the fixtures around."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ...index.expr import Call, Const
from ..kinds import ASYNC_GENERATOR, COROUTINE, GENERATOR, NOTHING, Ext, Inst, Kinds, ordered, union
from ..program import CallKey, Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

_MOCKERS = tuple(
    Inst(f"pytest_mock.{name}") for name in ("MockerFixture", "plugin.MockerFixture", "MockFixture")
)
_MOCK: Kinds = frozenset({Ext("unittest.mock")})
"""What pytest-mock hands over has what the module has: https://pytest-mock.readthedocs.io/en/latest/usage.html"""
_OF_PLUGINS: Mapping[str, Kinds] = {"mocker": _MOCK}


def by_its_type(annotated: Kinds) -> Kinds:
    """`mocker: MockerFixture`"""
    return _MOCK if annotated and annotated.issubset(_MOCKERS) else annotated


def is_fixture(program: Program, function: Key) -> bool:
    return function in program.decorators_by_name.get("fixture", ())


def name_of(program: Program, fixture: Key) -> str:
    """By which tests ask for it: of `@pytest.fixture(name="session")`, else that of the function."""
    scope = program.scope(fixture)
    for decorator in scope.decorators:
        if isinstance(decorator, Call):
            given = dict(program.call(CallKey(fixture.path, decorator.index)).keywords).get("name")
            if isinstance(given, Const) and given.text:
                return given.text
    return scope.name


class Fixtures:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    @cached_property
    def _by_name(self) -> Mapping[str, list[Key]]:
        """By the name under which tests ask for them."""
        found: dict[str, list[Key]] = {}
        for key in self.program.decorators_by_name.get("fixture", ()):
            found.setdefault(name_of(self.program, key), []).append(key)
        return found

    def named(self, name: str, path: str) -> Key | None:
        """The fixture that a test in `path` gets: of its own file, else of the nearest conftest above."""
        best: tuple[int, Key] | None = None
        for key in self._by_name.get(name, ()):
            folder, file = os.path.split(key.path)
            if key.path == path:
                return key
            if file == "conftest.py" and (not folder or path.startswith(f"{folder}/")):
                best = max(best or (-1, key), (len(folder), key))
        return best[1] if best else None

    def parameter(self, function: Key, name: str) -> Kinds:
        """What the fixture `name` gives to a test or fixture; nothing when the parameter is none."""
        scope = self.program.scope(function)
        if not (scope.name.startswith("test") or is_fixture(self.program, function)):
            return NOTHING
        fixture = self.named(name, function.path)
        if fixture is None or fixture == function:
            return _OF_PLUGINS.get(name, NOTHING) if fixture is None else NOTHING
        parts = [
            kind.args[0]
            if isinstance(kind, Inst) and kind.name in (GENERATOR, ASYNC_GENERATOR, COROUTINE) and kind.args
            else frozenset({kind})
            for kind in ordered(self.inference.function_result(fixture))
        ]
        return union(parts)
