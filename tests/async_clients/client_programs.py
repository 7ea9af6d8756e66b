"""Small programs in memory: what becomes of their files, and why a call has no twin."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from async_fix.codemods import catalogue
from async_fix.codemods.engine.analysis import Analysis, analyse
from async_fix.codemods.engine.indexing import FileInfo, index_all
from async_fix.codemods.engine.plan import support
from async_fix.codemods.engine.prove import names, soundness, spelling
from async_fix.codemods.engine.rewrite import rewrite
from async_fix.codemods.engine.settings.config import Config
from async_fix.codemods.engine.settings.resolved import Settings
from async_fix.codemods.extract_tasks.generated.place import TasksPlace
from async_fix.codemods.model import HttpClient, Note, RemedyKind

PLACE = support.Place("app/http_client.py", "app.http_client")
FIRST_PARTY = frozenset({"app", "domain"})

HEAD = """
import requests
from fastapi import APIRouter, HTTPException

router = APIRouter()


"""


CLIENTS_HEAD = """
import json
import os
from pathlib import Path

import httpx
import requests
from fastapi import APIRouter, HTTPException

router = APIRouter()


"""


@dataclass(frozen=True)
class Outcome:
    """`texts` are the files afterwards, `reasons` why a call goes to the thread pool or the handler stays."""

    texts: Mapping[str, str]
    before: Mapping[str, str]
    reasons: tuple[str, ...]
    clients: tuple[HttpClient, ...]
    notes: tuple[Note, ...]

    @property
    def text(self) -> str:
        return self.texts["app/routes.py"]

    @property
    def body(self) -> str:
        """The routes without their head."""
        return self.text.partition("router = APIRouter()\n\n\n")[2]


def migrate(
    source: str | Mapping[str, str],
    library: str = "httpx",
    declared: str = "",
    *,
    unsafe: bool = False,
    commands: frozenset[str] = frozenset(),
) -> Outcome:
    """The whole engine but reading, proving the outcome and writing. A text is that of `app/routes.py`."""
    if isinstance(source, str):
        source = {"app/routes.py": HEAD + textwrap.dedent(source).strip() + "\n"}
    return _migrated(tuple(source.items()), library, declared, unsafe, commands)


@lru_cache(maxsize=256)  # many a program is asked in several ways
def _migrated(
    source: tuple[tuple[str, str], ...], library: str, declared: str, unsafe: bool, commands: frozenset[str]
) -> Outcome:
    before = {path: textwrap.dedent(text).lstrip("\n") for path, text in source}
    before.setdefault("app/__init__.py", "")
    found = _analysed(before, library, declared, unsafe, commands)
    groups = found.plan.groups
    assert not found.plan.refused, found.plan.refused
    texts = dict(before)
    clients, _, _ = support.wanted(groups)
    for place, own in support.client_modules(PLACE, clients):
        texts[place.path] = support.http_client_text(before.get(place.path), own)
    for path, edits in support.by_path(groups).items():
        info = _info(path)
        texts[path] = rewrite(texts[path], edits, module=info.module, first_party=FIRST_PARTY, line_length=88)
    assert not list(spelling.compiles(texts))
    again = _analysed(texts, library, declared, unsafe, commands)
    assert not [g.title for g in again.plan.groups], "the second run changes something"
    failures = [
        *names.names_stay_bound(found.program, again.program, texts),
        *names.names_are_bound_before(found.program, again.program, texts),
        *soundness.nothing_blocks(again.reach, [found.program.id(key) for key in found.judgement.turned]),
    ]
    assert not failures, failures
    notes = tuple(dict.fromkeys(note for group in groups for note in group.notes))
    return Outcome(texts, before, _reasons(found), tuple(clients), notes)


def _analysed(
    texts: Mapping[str, str], library: str, declared: str, unsafe: bool, commands: frozenset[str]
) -> Analysis:
    facts, problems = index_all([_info(path) for path in sorted(texts)], texts)
    assert not problems, problems
    api = frozenset(path for path in texts if path.startswith("app/routes"))
    place = TasksPlace("domain/tasks.py", "domain.tasks")
    settings = Settings(
        Config(unsafe=unsafe), api, library, PLACE, place, declared=declared, commands=commands
    )
    return analyse(facts, texts.__getitem__, catalogue.load(), settings)


def _info(path: str) -> FileInfo:
    module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    return FileInfo(path, module, "", path.endswith("__init__.py"), path.startswith("tests/"))


def _reasons(found: Analysis) -> tuple[str, ...]:
    reasons: list[str] = []
    for _, verdict in sorted(found.judgement.verdicts.items()):
        if verdict.reason is not None:
            reasons.append(verdict.reason.text)
        for mended in verdict.plan.mended if verdict.plan is not None else ():
            if mended.remedy is not RemedyKind.TWIN and ", because " in mended.text:
                reasons.append(mended.text.partition(", because ")[2])
            elif mended.reason is not None:
                reasons.append(mended.reason.text)
    return tuple(reasons)


def changed(source: str) -> str:
    return textwrap.dedent(source).strip() + "\n"


def routes(body: str, more: str = "", parameters: str = "base: str") -> dict[str, str]:
    """A file with one handler below the imports of all HTTP clients."""
    handler = f'@router.get("/")\ndef call({parameters}):\n{textwrap.indent(changed(body), "    ")}'
    before = changed(more) + "\n\n" if more else ""
    return {"app/routes.py": CLIENTS_HEAD.lstrip("\n") + before + handler}
