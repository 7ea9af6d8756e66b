"""`[tool.async-fix]` in `pyproject.toml`, or `async-fix.toml`: read, checked, each value with its origin."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from . import own_entries
from .toml_lines import Lines, key_lines, line_of
from .values import KEYS, BadValueError, decode

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TABLE = ("tool", "async-fix")


class ConfigError(Exception):
    """A key or a value that cannot be used; one line with the place, the key and what is allowed."""

    def __init__(self, message: str, path: Path | None = None, line: int = 0) -> None:
        place = f"{path}:{line}: " if path and line else f"{path}: " if path else ""
        super().__init__(f"{place}{message}")
        self.message = message
        self.path = path
        self.line = line


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force. Every field but the last two is a key of the table, with hyphens for underscores."""

    paths: tuple[str, ...] = ()
    """The API layer, where the command line names none; from the current folder or absolute."""
    src: tuple[str, ...] = ()
    """Import roots, relative to `folder`, or to the project's root where no file was read."""
    exclude: tuple[str, ...] = ()
    """Patterns as in `.gitignore`: these files are not even read."""
    tests: tuple[str, ...] = ("test_*.py", "*_test.py", "tests.py", "conftest.py", "test/", "tests/")
    """Patterns as in `.gitignore`: callers that are converted along, never part of the API layer."""
    tasks_module: str = "domain.tasks"
    broker: str = "redis"
    """The server that holds what is queued, if the project has no broker: `redis`, `rabbitmq`, `nats`."""
    celery: str = "keep"
    """Tasks of Celery that async code starts and forgets: `keep` them, or have `taskiq` run them."""
    with_tests: bool = False
    """Write tests for the tasks that are made."""
    results: str = "offload"
    """Slow work whose result the answer needs: `offload` it to a thread, or have a worker do it and `wait`,
    or `poll`: answer 202 at once, and the result at a second endpoint."""
    uploads: str = ""
    """A folder that the application and the workers share: uploads that tasks read are stored there. Without
    it, threads read them."""
    http_client: str = "auto"
    database: str = "native"
    """`native` converts a sync database whole; `beside` makes async twins of what the handlers share with
    others; `run-sync` runs their bodies as they are below an async session; `thread` runs what a route does
    on it as one function in a thread; `leave` leaves those routes `def`."""
    databases: Mapping[str, str] = msgspec.field(default_factory=dict)
    """`module:name` of an engine -> the strategy of its database; `database` is for all others."""
    database_driver: str = "auto"
    """The async driver, where the project has none for its database: by what it has, or by name."""
    password_hashing: str = "offload"
    offload_only: str = "convert"
    """A handler that would only call the thread pool: `convert` it, or `keep-def`."""
    file_metadata: str = "thread"
    """What only asks, or changes, what a folder says of a file: in a `thread`, or on the `loop` at once."""
    trusted: tuple[str, ...] = ()
    """Dotted names with `*` and `?` of libraries' calls and of functions that are known to be fast."""
    functions: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Dotted name with `*` and `?` -> what becomes of these functions; the first name that fits counts.

    `thread`: it never turns async, and is called in a thread; `task`: it is slow work; `async`: it turns even
    when it would only call the thread pool; `ignore`: its findings are not shown, and it is left alone;
    `auto`: as if not named.
    """
    catalogue: tuple[Mapping[str, Any], ...] = ()
    """Entries in the form of the catalogue's own files, some of them from files that are named."""
    unsafe: bool = False
    """Changes too that alter behaviour in a way that is stated: requests that wait at the same time."""
    skip: tuple[str, ...] = ()
    """Codemods that are not to be used; what they would have done goes to the next one, or stays."""
    severity: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Code or its beginning -> `error`, `warning` or `note`; the longest that fits counts."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    folder: Path | None = None
    """Where the file lies that was read."""
    origins: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Every key, with hyphens -> `default`, `<file>:<line>` or `command line`."""


def policy(function: str, functions: Mapping[str, str]) -> str:
    """What `functions` of the config says of a function, by its id or its dotted name; `auto` for nothing."""
    name = function.replace(":", ".")
    fitting = (each for pattern, each in functions.items() if fnmatchcase(name, pattern.replace(":", ".")))
    return next(fitting, "auto")


_MOVING = ("native", "beside", "run-sync")


def in_use(config: Config) -> str:
    """The one strategy by which databases go async; else the one of all that are not named."""
    found = {config.database, *config.databases.values()}
    return next((name for name in _MOVING if name in found), config.database)


def _check_databases(config: Config) -> None:
    found = {config.database, *config.databases.values()}
    moving = [name for name in _MOVING if name in found]
    if len(moving) > 1:
        text = " and ".join(moving)
        hint = 'give the other databases "thread" or "leave", and run once for each'
        raise ConfigError(f"database: {text} cannot be carried out in one run; {hint}")


def load_config(start: Path, overrides: Mapping[str, object] | None = None) -> Config:
    """The config nearest to `start`, walking up to the repository's root. Raises `ConfigError`.

    `overrides` are options of the command line; those that are None were not given.
    """
    config = Config(origins=dict.fromkeys(KEYS, "default"))
    start = start.absolute()
    for folder in (start, *start.parents):
        found = _read(folder)
        if found is not None:
            config = found
            break
        if (folder / ".git").exists():
            break
    for name, value in (overrides or {}).items():
        if value is not None:
            key = name.replace("_", "-")
            try:
                given = decode(key, value)
                if key == "databases":
                    given = {**config.databases, **given}
                config = _with(config, key, given, "command line")
            except BadValueError as error:
                raise ConfigError(str(error)) from None
    _check_databases(config)
    return config


def _read(folder: Path) -> Config | None:
    own, shared = folder / "async-fix.toml", folder / "pyproject.toml"
    if own.is_file():
        text, data = _parse(own)
        return _from_table(data, (), own, key_lines(text))
    if not shared.is_file():
        return None
    text, data = _parse(shared)
    lines = key_lines(text)
    tool = data.get("tool", {})
    if not isinstance(tool, dict) or _TABLE[1] not in tool:
        return None
    if not isinstance(tool[_TABLE[1]], dict):
        raise ConfigError("tool.async-fix must be a table", shared, line_of(lines, _TABLE))
    return _from_table(tool[_TABLE[1]], _TABLE, shared, lines)


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError("not UTF-8", path, error.object[: error.start].count(b"\n") + 1) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path) from None
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        last = text.count("\n") + 1
        raise ConfigError(f"not valid TOML: {message}", path, int(line.group(1)) if line else last) from None


def _from_table(table: Mapping[str, Any], prefix: tuple[str, ...], path: Path, lines: Lines) -> Config:
    config = Config(folder=path.parent, origins=dict.fromkeys(KEYS, "default"))
    for key, value in table.items():
        try:
            decoded = decode(key, value)
        except BadValueError as error:
            raise ConfigError(str(error), path, line_of(lines, (*prefix, key, *error.inside))) from None
        if key == "catalogue":
            try:
                decoded = own_entries.entries(decoded, path, lines, (*prefix, key), _parse)
            except own_entries.EntryError as error:
                raise ConfigError(error.message, error.path, error.line) from None
        if path.parent != Path.cwd():
            decoded = _from_here(key, decoded, path.parent)
        config = _with(config, key, decoded, f"{path.name}:{line_of(lines, (*prefix, key))}")
    return config


def _from_here(key: str, value: Any, folder: Path) -> Any:
    return tuple(str(folder / path) for path in value) if key == "paths" else value


def _with(config: Config, key: str, value: Any, origin: str) -> Config:
    return replace(config, **{key.replace("-", "_"): value}, origins={**config.origins, key: origin})
