"""`async-fix config`: what is in force, and where each value comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..shared.guard import emit, fail
from ..shared.options import formats


@click.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@formats("text", "json")
def config(path: Path, format_: str) -> None:
    """Show the config in force for PATH: each key, its value, and where that comes from.

    It is read from the nearest `async-fix.toml`, or `[tool.async-fix]` in a `pyproject.toml`, up to the
    repository's root.
    """
    from ...codemods.engine.settings.values import KEYS
    from ..shared.run import read_config

    if not path.exists():
        fail(f"{path}: no such file or directory")
    found = read_config([path])
    values = {key: getattr(found, key.replace("-", "_")) for key in sorted(KEYS)}
    if format_ == "json":
        from ..formats.as_json import pretty

        emit(pretty({key: {"value": value, "origin": found.origins[key]} for key, value in values.items()}))
        return
    width = max(map(len, values))
    texts = {key: _toml(value) for key, value in values.items()}
    middle = min(max(map(len, texts.values())), 40)
    for key, text in texts.items():
        emit(f"{key:<{width}} = {text:<{middle}}  # {found.origins[key]}")


def _toml(value: Any) -> str:
    """The value as it may stand in the file, on one line."""
    if isinstance(value, Mapping):
        pairs = ", ".join(
            f"{json.dumps(key, ensure_ascii=False)} = {_toml(inner)}" for key, inner in value.items()
        )
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(
        value, ensure_ascii=False, default=str
    )  # the two agree on strings, numbers and booleans
