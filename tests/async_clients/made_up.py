"""Arguments for any function, made up from its signature, and what it gives as something to compare."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_BY_NAME: Mapping[str, Any] = {
    "messages": [{"role": "user", "content": "hi"}],
    "method": "GET",
    "path": "/x",
    "target": "/x",
    "text": "hi",
    "url": "/x",
}
_BY_TYPE: tuple[tuple[str, Any], ...] = (
    (r"(Optional\[)?(typing\.)?['\"]?str\b", "x"),
    (r"(Optional\[)?int\b", 1),
    (r"(Optional\[)?float\b", 0.5),
    (r"(Optional\[)?bool\b", True),
    (r"(Optional\[)?(typing\.)?(Dict|Mapping|dict)\b", {}),
    (r"(Optional\[)?(typing\.)?(List|Sequence|Iterable|list)\b", []),
)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+|127\.0\.0\.1:\d+|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT")
_KIND = re.compile("Async|Sync")


def arguments(function: Callable[..., Any], *, optional: bool) -> tuple[list[Any], dict[str, Any]]:
    """Those that it needs, and the `optional` ones that a plain value can be made up for."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        is_needed = parameter.default is parameter.empty
        value = _BY_NAME.get(parameter.name, _of_type(str(parameter.annotation)))
        if is_needed and parameter.kind is not parameter.KEYWORD_ONLY:
            positional.append("x" if value is None else value)
        elif is_needed or (optional and value is not None and parameter.name != "stream"):
            keywords[parameter.name] = "x" if value is None else value
    return positional, keywords


def _of_type(annotation: str) -> Any:
    return next((value for pattern, value in _BY_TYPE if re.match(pattern, annotation)), None)


def defaults(function: Callable[..., Any]) -> list[tuple[str, str, str]]:
    """The parameters, with what they are when they are not given."""
    return [
        (parameter.name, parameter.kind.name, told(parameter.default))
        for parameter in inspect.signature(function).parameters.values()
    ]


def plain(value: Any) -> Any:
    """What a call gave: the name of its class, and its data as text."""
    name = _KIND.sub("", type(value).__name__)
    for attribute in ("model_dump", "to_dict"):
        if callable(getattr(value, attribute, None)):
            return [name, told(getattr(value, attribute)())]
    for attribute in ("body", "data"):
        if hasattr(value, attribute):
            return [name, told(getattr(value, attribute))]
    if isinstance(value, Iterator):
        return ["iterator", [plain(each) for each in value]]
    return [name, told(value)]


def failure(error: Exception) -> list[str]:
    return [type(error).__name__, told(error)]


def told(value: object) -> str:
    """Without what differs from run to run, and between a class and its twin."""
    text = str(value) if isinstance(value, Exception) else repr(value)
    return _ADDRESS.sub("", _KIND.sub("", text))


def outcome_of(call: Callable[[], Any]) -> Any:
    try:
        return plain(call())
    except Exception as error:
        return failure(error)


async def awaited(form: str, call: Callable[[], Any]) -> Any:
    try:
        found = call()
        if "await" in form:
            assert inspect.isawaitable(found), "there is nothing to await"
            found = await found
        return plain(iter([each async for each in found]) if "async-for" in form else found)
    except Exception as error:
        return failure(error)
