"""`apply` over a folder. Many tests ask one project in several ways: what becomes of it is found once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from async_fix.codemods.engine import pipeline
from async_fix.codemods.engine.run import Run
from async_fix.codemods.engine.settings.config import Config, load_config
from async_fix.codemods.model import Report


@dataclass(frozen=True)
class _Asked:
    texts: frozenset[tuple[str, bytes]]
    api: tuple[str, ...]
    settings: str
    config: Config = field(compare=False)
    folder: Path = field(compare=False)


def applied(folder: Path, api: Sequence[str], config: Config | None = None) -> tuple[Run, Report]:
    """Nothing is written. The run may be that of another folder in which the same is."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = frozenset((str(path.relative_to(folder)), path.read_bytes()) for path in files)
    config = config or load_config(folder)
    return _applied(_Asked(texts, tuple(api), repr(config), config, folder))


def forget() -> None:
    """A test that patches the tool asks anew."""
    _applied.cache_clear()


@lru_cache(maxsize=128)
def _applied(asked: _Asked) -> tuple[Run, Report]:
    run = pipeline.start([asked.folder / path for path in asked.api], asked.config)
    return run, pipeline.apply(run)
