"""What each key of the config may hold."""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pathspec

from ...model import DRIVERS
from ..codes import pages

_PATTERN = re.compile(r"[\w*?]+(\.[\w*?]+)*\Z")
_POLICIES = ("ignore", "auto", "async", "thread", "task")
_SEVERITIES = ("error", "warning", "note")
STRATEGIES = ("native", "beside", "run-sync", "thread", "leave")
CODEMODS = ("async-routes", "await-calls", "async-clients", "databases", "extract-tasks", "offload")
"""Each is a file or a folder of that name beside this package."""


class BadValueError(Exception):
    """One line that names the key and the allowed values; `inside` leads to the culprit in a table."""

    def __init__(self, message: str, inside: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.inside = tuple(inside)


def decode(key: str, value: object) -> Any:
    """The value in the form that `Config` keeps. Raises `BadValueError`."""
    if key not in KEYS:
        raise BadValueError(f"unknown key {key} ({_closest(key.lower().replace('_', '-'), KEYS)})")
    return KEYS[key](key, value)


def _closest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"


def _choice(*allowed: str) -> Callable[[str, object], str]:
    def decoded(key: str, value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            near = difflib.get_close_matches(value, allowed, n=1) if isinstance(value, str) else []
            hint = f"; did you mean {near[0]}?" if near else ""
            raise _bad(key, "is", value, f"one of {', '.join(allowed)}{hint}")
        return value

    return decoded


def _choices(*allowed: str) -> Callable[[str, object], tuple[str, ...]]:
    one = _choice(*allowed)

    def decoded(key: str, value: object) -> tuple[str, ...]:
        return tuple(one(key, item) for item in _strings(key, value))

    return decoded


def _strings(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise _bad(key, "is", value, "a list of strings")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise _bad(key, "holds", item, "a list of strings that are not empty")
    return tuple(value)


def _globs(key: str, value: object) -> tuple[str, ...]:
    patterns = _strings(key, value)
    for pattern in patterns:
        try:
            pathspec.GitIgnoreSpec.from_lines([pattern])
        except ValueError:
            raise BadValueError(
                f"{key} holds {_shown(pattern)}; it must be a list of patterns as in .gitignore"
            ) from None
    return patterns


def _dotted_names(key: str, value: object) -> tuple[str, ...]:
    for name in _strings(key, value):
        if not _PATTERN.match(name):
            raise BadValueError(
                f"{key} holds {_shown(name)}; it must be a list of dotted names, with * and ? for any text"
            )
    return _strings(key, value)


def _code_prefixes(key: str, value: object) -> tuple[str, ...]:
    for prefix in _strings(key, value):
        if not _is_prefix(prefix):
            upper = prefix.upper()
            near = [upper] if _is_prefix(upper) else difflib.get_close_matches(upper, list(pages()), n=1)
            hint = f"did you mean {near[0]}?" if near else "`async-fix rules` lists them"
            raise BadValueError(
                f"{key} holds {_shown(prefix)}; it must be a list of codes or their beginnings ({hint})"
            )
    return _strings(key, value)


def _is_prefix(prefix: str) -> bool:
    return any(code.startswith(prefix) for code in pages())


def _module(key: str, value: object) -> str:
    if isinstance(value, str):
        parts = value.split(".")
        if all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
            return value
    raise _bad(key, "is", value, "a dotted module name such as domain.tasks")


def _policies(key: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise _bad(key, "is", value, "a table of dotted names and their policies")
    return dict(_flattened(key, value, ()))


def _flattened(key: str, table: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """A dotted name without quotes is a table in a table to TOML."""
    for part, policy in table.items():
        inside = (*above, part)
        name = ".".join(inside)
        if isinstance(policy, Mapping):
            yield from _flattened(key, policy, inside)
        elif not _PATTERN.match(name.replace(":", ".")):
            raise _bad(key, "names", name, "a dotted name, with * and ? for any text", inside)
        elif policy not in _POLICIES:
            raise _bad(f"{key}: {name}", "is", policy, f"one of {', '.join(_POLICIES)}", inside)
        else:
            yield name, policy


def _databases(key: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise _bad(key, "is", value, "a table of databases, such as app.db:engine, and their strategies")
    found = dict(_flattened_names(value, ()))
    return {name: _choice(*STRATEGIES)(f"{key}: {name}", strategy) for name, strategy in found.items()}


def _flattened_names(table: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """A dotted name without quotes is a table in a table to TOML."""
    for part, inner in table.items():
        if isinstance(inner, Mapping):
            yield from _flattened_names(inner, (*above, part))
        else:
            yield ".".join((*above, part)), inner


def _severities(key: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise _bad(key, "is", value, "a table of codes or their beginnings, and their severities")
    for prefix, severity in value.items():
        if not _is_prefix(prefix):
            raise _bad(
                key, "names", prefix, "a code or its beginning (`async-fix rules` lists them)", (prefix,)
            )
        if severity not in _SEVERITIES:
            raise _bad(f"{key}: {prefix}", "is", severity, f"one of {', '.join(_SEVERITIES)}", (prefix,))
    return dict(value)


def _catalogue(key: str, value: object) -> tuple[Mapping[str, Any] | str, ...]:
    """Tables in the form of the catalogue's files, and the paths of files of that form."""
    entries = [value] if isinstance(value, (Mapping, str)) else value
    if not isinstance(entries, (list, tuple)) or not all(isinstance(e, (Mapping, str)) for e in entries):
        raise _bad(key, "is", value, f"a table [tool.async-fix.{key}], or the path of a TOML file or several")
    return tuple(dict(entry) if isinstance(entry, Mapping) else entry for entry in entries)


def _bad(key: str, verb: str, value: object, wanted: str, inside: Sequence[str] = ()) -> BadValueError:
    return BadValueError(f"{key} {verb} {_shown(value)}; it must be {wanted}", inside)


def _shown(value: object) -> str:
    """As it would stand in TOML, short enough for one line."""
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else "a table" if isinstance(value, Mapping) else str(value)
    text = text.replace("\n", "\\n")
    return text if len(text) <= 60 else f"{text[:57]}..."


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _bad(key, "is", value, "true or false")
    return value


def _folder(key: str, value: object) -> str:
    if not isinstance(value, str) or value != value.strip() or not value.isprintable():
        raise _bad(key, "is", value, "the path of a folder such as var/uploads, or empty")
    return value


KEYS: Mapping[str, Callable[[str, object], Any]] = {
    "broker": _choice("redis", "rabbitmq", "nats"),
    "catalogue": _catalogue,
    "celery": _choice("keep", "taskiq"),
    "database": _choice(*STRATEGIES),
    "databases": _databases,
    "database-driver": _choice("auto", *DRIVERS),
    "exclude": _globs,
    "file-metadata": _choice("loop", "thread"),
    "functions": _policies,
    "http-client": _choice("auto", "httpx", "httpx2"),
    "ignore": _code_prefixes,
    "offload-only": _choice("convert", "keep-def"),
    "password-hashing": _choice("offload", "allow"),
    "paths": _strings,
    "results": _choice("offload", "poll", "wait"),
    "select": _code_prefixes,
    "severity": _severities,
    "skip": _choices(*CODEMODS),
    "src": _strings,
    "tasks-module": _module,
    "tests": _globs,
    "trusted": _dotted_names,
    "unsafe": _flag,
    "uploads": _folder,
    "with-tests": _flag,
}
