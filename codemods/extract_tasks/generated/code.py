"""Pieces of new text that need imports, put together to one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from ...model import Code, ImportNeed, slot

_FIRST = ord(slot(0))
_LAST = 0xF8FF


class CodeBuilder:
    """Collects the needs of several pieces and renumbers their slots."""

    def __init__(self, needs: Iterable[ImportNeed] = ()) -> None:
        self.needs = list(needs)

    def copy(self) -> CodeBuilder:
        """What is built from here on in two ways."""
        return CodeBuilder(self.needs)

    def need(self, need: ImportNeed) -> str:
        """The slot that stands for `need`."""
        if need not in self.needs:
            self.needs.append(need)
        return slot(self.needs.index(need))

    def add(self, code: Code, late: Collection[ImportNeed] = ()) -> str:
        """The text of `code` with slots of this builder, and the names of what is imported beside it."""

        def spell(need: ImportNeed) -> str:
            return spelled(need) if need in late else self.need(need)

        return "".join(
            spell(code.needs[ord(character) - _FIRST]) if _is_slot(character, code) else character
            for character in code.text
        )

    def add_type(self, annotation: Code) -> str:
        """The text of the type of a parameter. Pydantic's `EmailStr` is a `str` when it arrives, and for one
        that was checked already the queue would look on the disk for what checks it, on the event loop."""
        text = annotation.text
        for index, need in enumerate(annotation.needs):
            if need.module.startswith("pydantic"):
                told = slot(index) if need.name == "EmailStr" else f"{slot(index)}.EmailStr"
                text = text.replace(told, "str")
        return self.add(Code(text, annotation.needs))

    def code(self, text: str) -> Code:
        return Code(text, tuple(self.needs))


def _is_slot(character: str, code: Code) -> bool:
    return _FIRST <= ord(character) <= _LAST and ord(character) - _FIRST < len(code.needs)


def spelled(need: ImportNeed) -> str:
    """How code names it after an import of its own."""
    return need.name or need.alias or need.module


def import_line(module: str, name: str) -> str:
    return f"import {module}" if name == module else f"import {module} as {name}"


def member_order(name: str) -> tuple[int, object]:
    """Of names that are imported from one module, as ruff and isort sort them."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, natural(name)


def natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", text.lower())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


def plain(code: Code) -> str:
    """The text as it reads where everything is imported plainly."""
    return _filled(code, spelled)


def in_full(code: Code) -> str:
    """The text with each name in its module, so that two of one name differ."""
    return _filled(code, lambda need: f"{need.module}.{need.name}" if need.name else need.module)


def _filled(code: Code, spell: Callable[[ImportNeed], str]) -> str:
    text = code.text
    for index, need in enumerate(code.needs):
        text = text.replace(slot(index), spell(need))
    return text
