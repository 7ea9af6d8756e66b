"""The headers of a request: those that `Request` is given, those that are added, and the one urllib adds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.index.expr import Const, DictDisplay
from ...twin import Call, NoTwinError
from ..values.given import Given
from ..values.scalars import Can
from ..values.values import Values
from .content_type import TYPE, names_type
from .parts import Draft, Part

_NAME = "headers"
_FORM = f'"{TYPE}": "application/x-www-form-urlencoded"'
_ENCODING = "accept-encoding"
_SENT = Can.TEXT | Can.NONE
"""None fails in both."""


class Headers:
    def __init__(
        self, source: Call, given: Given | None, added: tuple[ast.Call, ...], values: Values
    ) -> None:
        """`source` is the call that is `given` headers; `added` are calls of `add_header`.

        Raises `NoTwinError` where httpx would send others."""
        self._source = source
        self._given = given
        self._added = added
        self._values = values
        written = {*self._keys()}
        keys = {key.lower() for key in written}
        if _ENCODING in keys:
            raise NoTwinError("it asks for an encoding itself, which httpx would decode")
        if len(keys) < len(written):
            raise NoTwinError("a header is written in two ways, of which urllib makes one")
        self._may_name_type = TYPE.lower() in keys

    @property
    def is_written_out(self) -> bool:
        """Is every value seen, and in ASCII?"""
        values = [each.args[1] for each in self._added]
        if self._given is not None:
            if not isinstance(self._given.value, ast.Dict):
                return False
            values += self._given.value.values
        return all(isinstance(value, ast.Constant) and str(value.value).isascii() for value in values)

    def part(self, draft: Draft, *, has_body: bool) -> Part | None:
        """None where there are none. Raises `NoTwinError` where the type of the body is not seen."""
        given = self._given
        entries = [", ".join(f"{draft.text(e.args[0])}: {draft.text(e.args[1])}" for e in self._added)]
        if has_body and not self._names_type():
            if self._may_name_type or (given is not None and not _has_keys(given)):
                raise NoTwinError("whether its headers name a Content-Type is not seen")
            entries.append(_FORM)
        entries = [entry for entry in entries if entry]
        values = [argument for each in self._added for argument in each.args]
        if given is not None:
            values.append(given.value)
            text = draft.text(given.value)
            return draft.moved(_NAME, _NAME, _joined(given.value, text, entries), *values)
        return draft.moved(_NAME, _NAME, f"{{{', '.join(entries)}}}", *values) if entries else None

    def _names_type(self) -> bool:
        """Is a type for the body given in any case?"""
        source, given = self._source, self._given
        added = (each.args[0] for each in self._added)
        if any(isinstance(name, ast.Constant) and str(name.value).lower() == TYPE.lower() for name in added):
            return True
        return given is not None and names_type(self._values, source.scope, given.fact, source.call.lineno)

    def _keys(self) -> Iterator[str]:
        scope, given = self._source.scope, self._given
        if given is not None:
            line = self._source.call.lineno
            if self._values.mapping(scope, given.fact, line)[0] & ~_SENT:
                raise NoTwinError("what the values of headers= can be is not known")
            yield from self._values.keys(scope, given.fact, line)
        for each in self._added:
            key = self._source.world.call_key(self._source.file.path, each)
            assert key is not None
            name, value = self._source.world.effects.program.call(key).args
            if not isinstance(name, Const):
                raise NoTwinError("the name of a header is not written out")
            if self._values.scalar(scope, value, each.lineno) & ~_SENT:
                raise NoTwinError("what the value of a header can be is not known")
            yield name.text


def _has_keys(headers: Given) -> bool:
    """Is every key written out?"""
    return isinstance(headers.fact, DictDisplay) and all(isinstance(key, Const) for key in headers.fact.keys)


def _joined(headers: ast.expr, text: str, entries: list[str]) -> str:
    if not entries:
        return text
    if not isinstance(headers, ast.Dict):
        return f"{{**{text}, {', '.join(entries)}}}"
    inner = text[1:-1].strip().rstrip(",").rstrip()
    if "\n" in text:
        return "{\n    " + ",\n    ".join([inner, *entries]) + ",\n}"
    return f"{{{', '.join([*([inner] if inner else []), *entries])}}}"
