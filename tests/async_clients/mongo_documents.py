"""What a small MongoDB does with documents: enough of its filters, orders and changes for small programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Document = dict[str, Any]

_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda value, other: value is not None and value > other,
    "$in": lambda value, other: value in other,
    "$ne": lambda value, other: value != other,
    "$exists": lambda value, other: (value is not None) == other,
}


def matches(document: Document, asked: Document) -> bool:
    for name, wanted in asked.items():
        value = document.get(name)
        if isinstance(wanted, dict) and next(iter(wanted), "").startswith("$"):
            if not all(_COMPARED[operator](value, other) for operator, other in wanted.items()):
                return False
        elif value != wanted:
            return False
    return True


def sort(found: list[Document], order: Mapping[str, int]) -> list[Document]:
    for name, direction in reversed(order.items()):
        found = sorted(found, key=lambda each: str(each.get(name, "")), reverse=direction < 0)
    return found


def projected(document: Document, wanted: Mapping[str, int] | None) -> Document:
    if not wanted:
        return document
    hidden = {name for name, shown in wanted.items() if not shown}
    shown = {name for name, given in wanted.items() if given} or document.keys()
    return {name: value for name, value in document.items() if name not in hidden and name in {*shown, "_id"}}


def grouped(found: list[Document], given: Document) -> list[Document]:
    groups: dict[Any, Document] = {}
    for document in found:
        key = document.get(given["_id"][1:]) if isinstance(given["_id"], str) else given["_id"]
        group = groups.setdefault(key, {"_id": key, **{name: 0 for name in given if name != "_id"}})
        for name, step in given.items():
            if name != "_id":
                summed = step["$sum"]
                group[name] += document.get(summed[1:], 0) if isinstance(summed, str) else summed
    return list(groups.values())


def change(document: Document, given: Document) -> None:
    document.update(given.get("$set", {}))
    for name, step in given.get("$inc", {}).items():
        document[name] = document.get(name, 0) + step
    if not any(name.startswith("$") for name in given):
        key = document["_id"]
        document.clear()
        document.update({"_id": key, **given})
