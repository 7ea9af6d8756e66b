"""What holds for all tests."""

from __future__ import annotations

import gc

import pytest


def pytest_collection_finish() -> None:
    """The tests themselves never become garbage: no search for it need look at all of them again, and what a
    run of the tool leaves is mostly none (on the command line it does not search at all)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees what another one, or the user, has found before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
