"""Parameters of tests and fixtures: pytest fills them by name from the fixtures around."""

from __future__ import annotations

import os.path
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ...index.bindings import How, Import
from ...index.expr import Call, Const, Display
from .. import names
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
        self._by_file: dict[str, dict[str, Key]] = {}

    def named(self, name: str, path: str) -> Key | None:
        """The fixture that a test in `path` gets: what its file has, else the nearest conftest above, else a
        plugin."""
        places = (path, *self._conftests_above(path), *self._plugins)
        return next((found[name] for place in places if name in (found := self._of(place))), None)

    def _conftests_above(self, path: str) -> Iterator[str]:
        folder = path
        while folder:
            folder = os.path.dirname(folder)
            conftest = os.path.join(folder, "conftest.py")
            if conftest in self.program.modules:
                yield conftest

    @cached_property
    def _plugins(self) -> tuple[str, ...]:
        """`pytest_plugins = ["tests.fixtures.db"]`, which all tests have:
        https://docs.pytest.org/en/stable/how-to/writing_plugins.html#requiring-loading-plugins-in-a-test-module-or-conftest-file"""
        found: dict[str, None] = {}
        for path, module in self.program.modules.items():
            for binding in module.names[0].get("pytest_plugins", ()) if module.facts.is_test else ():
                given = binding.value.items if isinstance(binding.value, Display) else (binding.value,)
                texts = [each.text for each in given if isinstance(each, Const)]
                found.update((place, None) for t in texts if (place := self.program.module_path(t, path)))
        return tuple(found)

    def _of(self, path: str) -> Mapping[str, Key]:
        """What a file has of its own and by imports, by the name under which tests ask for it."""
        if path not in self._by_file:
            found = self._by_file[path] = {}  # modules may import each other
            for key in self._written[path]:
                found.setdefault(name_of(self.program, key), key)
            for name, key in self._imported(path):
                found.setdefault(name, key)
        return self._by_file[path]

    @cached_property
    def _written(self) -> Mapping[str, dict[Key, None]]:
        """By the file in which they stand."""
        found: Mapping[str, dict[Key, None]] = defaultdict(dict)
        for key in self.program.decorators_by_name.get("fixture", ()):
            found[key.path][key] = None
        return found

    def _imported(self, path: str) -> Iterator[tuple[str, Key]]:
        module = self.program.modules[path]
        for bound, bindings in module.names[0].items():
            for binding in bindings:
                key = self._meant(binding.value, path) if isinstance(binding.value, Import) else None
                if key is not None:
                    name = name_of(self.program, key)
                    yield bound if name == self.program.scope(key).name else name, key
        for star in module.star_imports:
            source = self.program.module_path(self.program.absolute(star, path), path)
            if source is not None:
                for name, key in self._of(source).items():
                    if names.exports(self.program, source, self.program.scope(key).name):
                        yield name, key

    def _meant(self, imported: Import, path: str, seen: frozenset[str] = frozenset()) -> Key | None:
        """The fixture that an import statement names, through the modules that hand it on."""
        found = names.imported(self.program, imported, path)
        for home, binding in found if isinstance(found, list) and path not in seen else ():
            key = Key(home.path, binding.scope)
            if binding.how is How.DEF and key in self._written[key.path]:
                return key
            if isinstance(binding.value, Import):
                return self._meant(binding.value, home.path, seen | {path})
        return None

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
