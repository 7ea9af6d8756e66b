"""What holds for all tests."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import applied
import certifi
import pytest

if TYPE_CHECKING:
    from xdist.scheduler import Scheduling

_NUMBERS = count()
PROJECTS = {path.parent.name for path in Path(__file__).parents[1].glob("testdata/projects/*/case.toml")}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """The tests of a file meet in one worker, which makes what they share once; those of `behaviour` that ask
    one project do so as well. (Marks for it have no effect with pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            named = re.search(r"\[(\w+)", nodeid) if file.startswith("tests/behaviour/") else None
            return named[1] if named and named[1] in PROJECTS else file

    # else the files with the fewest tests come last, which are those whose tests take longest
    config.option.loadscopereorder = False
    return Together(config, log)


def pytest_collection_finish() -> None:
    """The tests themselves never become garbage: no search for it need look at all of them again. Most of
    what they make are syntax trees, which are no circles: it is searched seldom, and by the tool never."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An HTTP client reads all authorities whom it trusts when it is made, which takes longer than most
    tests, and all that is asked is asked without TLS. One will do; processes that are started inherit it."""
    first, end, _ = Path(certifi.where()).read_text(encoding="utf-8").partition("-----END CERTIFICATE-----\n")
    one = tmp_path_factory.mktemp("authorities") / "one.pem"
    one.write_text(first + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(one))
        yield


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[None]:
    """No test sees what another one, or the user, has found before; what is the same for all tests of one
    project they share, but for those that change the tool itself."""
    if "monkeypatch" in request.fixturenames:
        applied.forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / f"cache_{next(_NUMBERS)}"))
        yield
    if "monkeypatch" in request.fixturenames:
        applied.forget()


_FROZEN: set[str] = set()
"""Modules."""
_LEFT_OPEN = re.compile(r"ignore$|ignore:.*(ResourceWarning|Unraisable)")


@pytest.fixture(autouse=True)
def nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test leaves open, and ignores, is dropped within it. It would fail another one, all the more
    if something is parsed just then: Python 3.11 loses count there (python/cpython#106905)."""
    yield
    ignored = (text for mark in request.node.iter_markers("filterwarnings") for text in mark.args)
    if any(map(_LEFT_OPEN.match, ignored)):
        gc.collect()
        if not sys.modules.keys() <= _FROZEN:
            # what was imported meanwhile never becomes garbage: no other search need look at all of it
            _FROZEN.update(sys.modules)
            gc.freeze()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As that of pytest, which looks through the folders of all tests before for a number that is free."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    folder = tmp_path_factory.getbasetemp() / f"{name}_{next(_NUMBERS)}"
    folder.mkdir(mode=0o700)
    return folder
