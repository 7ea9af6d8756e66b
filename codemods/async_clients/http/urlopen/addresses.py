"""Does a URL begin with `http://`? `urlopen` opens `file:`, `ftp:` and `data:` as well, and httpx does not.

A name is followed to where it is bound, a parameter to what the calls give, a setting to its default.
"""

from __future__ import annotations

from collections.abc import Iterable

from ....analysis.index.bindings import How, Import
from ....analysis.index.expr import Attr, Binary, Call, Const, Either, Expr, Joined, Name, last_name
from ....analysis.link import names
from ....analysis.link.kinds import Fn
from ....analysis.link.program import CallKey, Key
from ..values.scalars import DEPTH
from ..values.values import Values

_SCHEMES = ("http://", "https://")
_SAME_BEGINNING = {"format", "removesuffix", "rstrip", "strip"}
"""Methods of a text that leave its beginning."""
_WITH_DEFAULT = {"get", "getenv"}


class Addresses:
    def __init__(self, values: Values) -> None:
        self._values = values
        self._program = values.program
        self._inference = values.inference

    def is_http(self, key: Key, url: Expr, line: int, depth: int = 0) -> bool:
        """Does every value that it can have begin so?"""
        if depth > DEPTH:
            return False
        if isinstance(url, Const):
            return url.type == "str" and url.text.lower().startswith(_SCHEMES)
        if isinstance(url, Joined):
            parts = [part for part in url.parts if part != Const("str")]
            return bool(parts) and self.is_http(key, parts[0], line, depth + 1)
        if isinstance(url, Binary):
            return url.operator in ("+", "%") and self.is_http(key, url.left, line, depth + 1)
        if isinstance(url, Either):
            return all(self.is_http(key, option, line, depth + 1) for option in url.options)
        if isinstance(url, Name):
            found = names.lookup(self._program, key, url.id, line)
            if isinstance(found, names.Parameter):
                return self._parameter(found.function, found.position, depth)
            return self._bound(found or (), depth)
        if isinstance(url, Attr):
            owners = self._inference.kinds(key, url.value, line)
            return bool(owners) and all(
                self._bound(self._values.attribute(owner, url.attr), depth) for owner in owners
            )
        return isinstance(url, Call) and self._call(key, url, depth)

    def _bound(self, found: Iterable[names.Bound], depth: int) -> bool:
        parts: list[bool] = []
        for home, binding in found:
            value = binding.value
            if binding.how in (How.ANNOTATION, How.AUGMENTED, How.ISINSTANCE):
                continue  # `url += "/path"` leaves the beginning
            if binding.how is How.PARAMETER:
                parts.append(self._parameter(home, binding.scope, depth))
            elif isinstance(value, Import):
                inner = names.imported(self._program, value, home.path)
                parts.append(isinstance(inner, list) and depth < DEPTH and self._bound(inner, depth + 1))
            elif binding.how is How.ASSIGN and not binding.path and value is not None:
                parts.append(self.is_http(home, value, binding.line, depth + 1))
            else:
                parts.append(False)
        return bool(parts) and all(parts)

    def _parameter(self, function: Key, position: int, depth: int) -> bool:
        """What all calls give; a function that others call as well may get anything."""
        parameter, callers = self._program.scope(function).parameters[position], self._values.callers
        node = self._values.syntax.file(function.path).function(self._program.scope(function).span)
        given = [*self._values.passed(function, position)]
        if node is None or node.decorator_list or not given or any(callers.references(function)):
            return False
        default = parameter.default
        return all(self.is_http(key, value, line, depth + 1) for key, value, line in given) and (
            default is None or self.is_http(self._program.parent(function), default, 0, depth + 1)
        )

    def _call(self, key: Key, url: Call, depth: int) -> bool:
        """`os.getenv("URL", "http://localhost")`, `url.rstrip("/")`, a function of the project."""
        site = self._program.call(CallKey(key.path, url.index))
        name = last_name(site.func)
        if name in _WITH_DEFAULT and len(site.args) == 2:
            return self.is_http(key, site.args[1], site.span.line, depth + 1)
        if name in _SAME_BEGINNING and isinstance(site.func, Attr):
            return self.is_http(key, site.func.value, site.span.line, depth + 1)
        callees = self._inference.callees(CallKey(key.path, url.index))
        functions = [kind.key for kind in callees if isinstance(kind, Fn)]
        return len(functions) == len(callees) > 0 and all(self._answer(each, depth) for each in functions)

    def _answer(self, function: Key, depth: int) -> bool:
        scope = self._program.scope(function)
        lines = list(zip(scope.returned, scope.returned_lines, strict=False))
        return bool(lines) and all(self.is_http(function, value, line, depth + 1) for value, line in lines)
