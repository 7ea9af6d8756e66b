"""How long the project's formatter or linter lets a line be."""

from __future__ import annotations

import configparser
import re
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_DEFAULT = 88
_FORMATTER_HOOK = re.compile(r"^[\s-]*id:\s*[\"']?(?:black|ruff-format)\b", re.MULTILINE)


def line_limit(*folders: Path) -> int | None:
    """What the first of the folders says that says something."""
    return next((limit for folder in folders if (limit := _limit_of(folder)) is not None), None)


def _limit_of(project_root: Path) -> int | None:
    """Ruff's, Black's or Flake8's own figure, in this order; 88 if a formatter is set up; else None."""
    ruff = _ruff(project_root)
    black = _table(_toml(project_root / "pyproject.toml"), "tool", "black")
    for table in (ruff, black):
        length = _number((table or {}).get("line-length"))
        if length is not None:
            return length
    flake8 = _flake8(project_root)
    if flake8 is not None:
        return flake8
    formatted = ruff is not None or black is not None or _has_formatter_hook(project_root)
    return _DEFAULT if formatted else None


def _ruff(root: Path) -> dict[str, Any] | None:
    for name in (".ruff.toml", "ruff.toml"):
        if (root / name).is_file():
            return _extended(root / name, _toml(root / name))
    pyproject = root / "pyproject.toml"
    table = _table(_toml(pyproject), "tool", "ruff")
    return None if table is None else _extended(pyproject, table)


def _extended(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """The table with the line length of the files that it extends."""
    seen = {path.resolve()}
    current = table
    while "line-length" not in current and isinstance(current.get("extend"), str):
        path = (path.parent / current["extend"]).resolve()
        if path in seen:
            break
        seen.add(path)
        data = _toml(path)
        current = (_table(data, "tool", "ruff") or {}) if path.name == "pyproject.toml" else data
    return {**table, **{key: value for key, value in current.items() if key == "line-length"}}


def _flake8(root: Path) -> int | None:
    for name in ("setup.cfg", "tox.ini", ".flake8"):
        try:
            text = (root / name).read_text(encoding="utf-8")
            parser = configparser.RawConfigParser()
            parser.read_string(text)
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue
        for option in ("max-line-length", "max_line_length"):
            length = _number(parser.get("flake8", option, fallback=None))
            if length is not None:
                return length
    return None


def _has_formatter_hook(root: Path) -> bool:
    try:
        return bool(_FORMATTER_HOOK.search((root / ".pre-commit-config.yaml").read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        return False


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _table(data: dict[str, Any], *keys: str) -> dict[str, Any] | None:
    current: Any = data
    for key in keys:
        current = current.get(key) if isinstance(current, dict) else None
    return current if isinstance(current, dict) else None


def _number(value: object) -> int | None:
    text = str(value).partition("#")[0].strip()
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None
