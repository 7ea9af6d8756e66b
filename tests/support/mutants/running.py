"""Runs tests over mutants, each in a fork of a process that has collected the tests and has run none."""

from __future__ import annotations

import functools
import gc
import importlib
import os
import pickle
import select
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any, TypeVar

import pytest

from .mutating import Mutant

_T = TypeVar("_T")
_Line = tuple[Path, int]
_TESTS = Path(__file__).resolve().parents[2]
_FIRST_PASS = 3600.0
_HANGS_AFTER = 60.0


class Fate(Enum):
    SEEN = "seen"
    """A test failed."""
    BROKE_OFF = "broke off"
    """The run hung, or died: a user would notice, but no test said so."""
    SURVIVES = "survives"
    """All tests that run it passed."""
    UNDECIDED = "undecided"
    """Those passed that had time; more of them run it."""
    NOT_REACHED = "not reached"
    NOT_PUT_IN = "not put in"
    """Nothing that runs has the code that would be changed."""


class Runner:
    """A pytest plugin that takes the place of its loop over the tests."""

    def __init__(self, mutants: Sequence[Mutant], seconds: float) -> None:
        """A mutant that tests of so many seconds of the processor have not seen is given up."""
        self.fates: list[tuple[Mutant, Fate]] = []
        self._mutants = mutants
        self._seconds = seconds
        self._failed: list[str] = []
        self._in_setup: Callable[[], None] = lambda: None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = session.items
        gc.unfreeze()  # or nobody would find the functions that are loaded already
        for path in {mutant.path for mutant in self._mutants}:
            _load(path)
        reached = _forked(lambda: self._reached(items), _FIRST_PASS)
        if reached is None or self._failed:
            raise pytest.UsageError("the tests do not pass without a mutant")
        seen_by: dict[object, Counter[int]] = defaultdict(Counter)
        for number, mutant in enumerate(self._mutants, 1):
            seen = seen_by[mutant.path, mutant.around]
            tests = _tests(mutant, reached)
            # what saw faults of this function may see more of them: the time is short
            tests.sort(key=lambda n: -seen[n])
            seeing = functools.partial(self._seeing, mutant, [items[n] for n in tests])
            fate, by = Fate.NOT_REACHED, None
            if tests:
                fate, by = _forked(seeing, _HANGS_AFTER + 10 * self._seconds) or (Fate.BROKE_OFF, None)
            self.fates.append((mutant, fate))
            if by is not None:
                seen[tests[by]] += 1
            if fate is not Fate.SEEN:
                print(f"{number}/{len(self._mutants)} {fate.value}: {mutant}", flush=True)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)
        if report.when == "setup":
            self._in_setup()

    def _reached(self, items: Sequence[pytest.Item]) -> Mapping[_Line, Sequence[int]] | None:
        """For each line the numbers of the tests that run it."""
        files = _files({mutant.path for mutant in self._mutants})
        run: list[set[_Line]] = []
        # a fixture may serve all tests of its file, and is set up once
        shared: dict[Path, set[_Line]] = defaultdict(set)
        kept = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]
        kept = [each for each in kept if _TESTS in Path(_code_file(each)).parents]
        for number, item in enumerate(items):
            for each in kept:
                each.cache_clear()
            with _Lines(files) as lines:
                self._in_setup = functools.partial(_take, shared[item.path], lines.run)
                _run(items, number)
            run.append(lines.run)
            if self._failed:
                print(*self._failed, file=sys.__stderr__)
                return None
        found: dict[_Line, list[int]] = defaultdict(list)
        for number, item in enumerate(items):
            for line in run[number] | shared[item.path]:
                found[line].append(number)
        return dict(found)

    def _seeing(self, mutant: Mutant, items: Sequence[pytest.Item]) -> tuple[Fate, int | None]:
        """With the number of the first test that fails, as far as the time goes."""
        if not _put_in(mutant):
            return Fate.NOT_PUT_IN, None
        start = time.process_time()
        for number in range(len(items)):
            if time.process_time() - start > self._seconds:
                return Fate.UNDECIDED, None
            _run(items, number)
            if self._failed:
                return Fate.SEEN, number
        return Fate.SURVIVES, None


def _tests(mutant: Mutant, reached: Mapping[_Line, Sequence[int]]) -> list[int]:
    """Those that run its line; first those that run what few others run around it: there they look."""
    weights: Counter[int] = Counter()
    for line in mutant.around:
        running = reached.get((mutant.path, line), ())
        distance = min((abs(line - each) for each in mutant.lines), default=0)
        weights.update(dict.fromkeys(running, 1_000_000 // (max(1, len(running)) * (1 + distance))))
    tests = {number for line in mutant.lines for number in reached.get((mutant.path, line), ())}
    return sorted(tests, key=lambda number: (-weights[number], number))


def _put_in(mutant: Mutant) -> bool:
    if mutant.function is not None:
        found = [
            function
            for function in _functions(mutant.path)
            if (function.__code__.co_name, function.__code__.co_firstlineno) == mutant.function
        ]
        for function in found:
            function.__code__ = mutant.code
        return bool(found)
    loaded: list[object] = [*sys.modules.values()]  # some put something else there
    modules = [vars(each) for each in loaded if isinstance(each, ModuleType)]
    files = ((names, Path(names.get("__file__") or "").resolve()) for names in modules)
    home = next(names for names, file in files if file == mutant.path)
    if mutant.name not in home:
        return False
    old, new = home[mutant.name], eval(mutant.code, home)
    for names in modules:  # that import it
        names.update({name: new for name, value in names.items() if value is old})
    return True


def _take(into: set[_Line], lines: set[_Line]) -> None:
    into |= lines


def _run(items: Sequence[pytest.Item], number: int) -> None:
    item, following = items[number], items[number + 1] if number + 1 < len(items) else None
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


class _Lines:
    """The lines of some files that are run while it is entered."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.run: set[_Line] = set()
        self._files = files

    def __enter__(self) -> _Lines:
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        if (path := self._files.get(frame.f_code.co_filename)) is None:
            return None
        add = self.run.add
        add((path, frame.f_lineno))

        def at_line(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
            add((path, frame.f_lineno))
            return at_line

        return at_line


def _load(path: Path) -> None:
    """Imports the module, which may be loaded late, if the package around it is known."""
    is_package = path.stem == "__init__"
    if package := _package(path.parent.parent if is_package else path.parent):
        importlib.import_module(f"{package}.{path.parent.name if is_package else path.stem}")


def _package(folder: Path) -> str:
    for name, module in list(sys.modules.items()):
        if folder in map(Path.resolve, _folders(module)):
            return name
    if (folder / "__init__.py").exists() and (parent := _package(folder.parent)):
        importlib.import_module(f"{parent}.{folder.name}")
        return f"{parent}.{folder.name}"
    return ""


def _folders(package: ModuleType) -> Iterator[Path]:
    """Its own, and that of its first file, which an editable install may link to."""
    if hasattr(package, "__path__"):
        yield from map(Path, package.__path__)
        yield (Path(package.__file__ or "").resolve()).parent


def _files(paths: Iterable[Path]) -> dict[str, Path]:
    """The files of modules by what their code says."""
    wanted = set(paths)
    found = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    return {file: path for file in found if (path := Path(file).resolve()) in wanted}


def _functions(path: Path) -> Iterator[FunctionType]:
    files = _files({path})
    gc.unfreeze()  # what a test may have frozen
    objects = (each for each in gc.get_objects() if isinstance(each, FunctionType))
    return (function for function in objects if function.__code__.co_filename in files)


def _code_file(kept: Any) -> str:
    return getattr(getattr(kept.__wrapped__, "__code__", None), "co_filename", "")


def _forked(function: Callable[[], _T], seconds: float) -> _T | None:
    """What it gives in a fork of this process; None when that takes longer, or does not come to its end."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        _answer(function, reader, writer)
    os.close(writer)
    data = b""
    with os.fdopen(reader, "rb") as pipe:
        if select.select([pipe], [], [], seconds)[0]:
            data = pipe.read()
        else:
            os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return pickle.loads(data) if data else None


def _answer(function: Callable[[], object], reader: int, writer: int) -> None:
    os.close(reader)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    try:
        data = pickle.dumps(function())
    except BaseException:
        data = b""
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(data)
    os._exit(0)
