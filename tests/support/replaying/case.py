"""Reads a project's `case.toml`: how the project is started, what the world answers, what is asked."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .stubs import Answer

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Exchange:
    """One request, one WebSocket conversation, or the call of a function (`call = "module:function"`).

    `changed` is what the client is told afterwards that it was not before. Two changes are wanted: a failure
    in work that becomes a task is not the client's any more, and a forgotten `await` is no failure any more.
    `behind` are the mails that a thread of the application sends at its leisure: they are waited for.
    """

    name: str
    method: str = "GET"
    path: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    data: Mapping[str, str] | None = None
    content: str | None = None
    files: Sequence[Mapping[str, str]] = ()
    compare_headers: Sequence[str] = ("content-type",)
    compare_body: bool | Sequence[str] = True
    save: Mapping[str, str] = field(default_factory=dict)
    websocket: str = ""
    send: Sequence[str] = ()
    receive: int = 0
    call: str = ""
    args: Sequence[Any] = ()
    changed: Mapping[str, Any] = field(default_factory=dict)
    behind: int = 0


@dataclass(frozen=True)
class Case:
    folder: Path
    app: str
    command: Sequence[str]
    source: str
    """The folder that the project's code is imported from."""
    environment: Mapping[str, str]
    recorded_headers: Sequence[str]
    needs_redis: bool
    forgets_awaits: bool
    probe_latency: float
    probe_also: Sequence[str]
    probe_crowd: int
    """How many requests read at once, and must be told what one alone is told."""
    answers: Sequence[Answer]
    exchanges: Sequence[Exchange]


def read_case(path: Path) -> Case:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    probe = raw.get("probe", {})
    return Case(
        folder=path.resolve().parent,
        app=raw["case"]["app"],
        command=raw["case"]["command"],
        source=raw["case"].get("source", "."),
        environment=raw.get("environment", {}),
        recorded_headers=raw["case"].get("recorded_headers", []),
        needs_redis=raw["case"].get("redis", False),
        forgets_awaits=raw["case"].get("forgets_awaits", False),
        probe_latency=probe.get("latency", 0.2),
        probe_also=probe.get("also", []),
        probe_crowd=probe.get("crowd", 0),
        answers=[Answer(**answer) for answer in raw.get("stub", [])],
        exchanges=[
            Exchange(**{**exchange, "name": _name(exchange, number)})
            for number, exchange in enumerate(raw["exchange"], start=1)
        ],
    )


def _name(exchange: Mapping[str, Any], number: int) -> str:
    place = exchange.get("call") or exchange.get("websocket") or exchange["path"]
    asked = f"{exchange.get('method', 'GET')} {place}" if "path" in exchange else place
    return f"{number:03d} {exchange.get('name', asked)}"


def filled(value: Any, known: Mapping[str, str]) -> Any:
    """`value` with every `{name}` of `known` replaced, in strings at any depth."""
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace("{" + name + "}", text)
        return value
    if isinstance(value, Mapping):
        return {key: filled(item, known) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [filled(item, known) for item in value]
    return value
