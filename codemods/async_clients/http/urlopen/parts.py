"""The arguments of the new call: those of the old one where they stand, or text that comes from elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ....analysis.judge.effects.effects import Effects
from ....analysis.judge.effects.site import Site, SiteKind
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import span_of
from ....analysis.view import View
from ....async_generators.bodies import free_name
from ....model import Argument, Code, Edit, ReplaceStatements
from ...twin import Call, NoTwinError
from .made import Made, is_guarded

_MAY_FAIL = (ast.Call, ast.Subscript)


class Part(msgspec.Struct, frozen=True):
    """One argument: its keyword, if it has one, its text, and where it stands among those of the old call."""

    keyword: str
    text: str
    index: int | None = None

    @property
    def argument(self) -> Argument:
        return Argument(self.index, self.keyword, Code(self.text) if self.index is None else None)


def written(parts: Sequence[Part]) -> str:
    """The arguments as text: in a line, which is wrapped where it is too long, or each below the other."""
    each = [f"{part.keyword}={part.text}" if part.keyword else part.text for part in parts]
    line = ", ".join(each)
    if "\n" not in line:
        return line
    indented = ["    " + text.replace("\n", "\n    ") for text in each]
    return "\n" + "".join(f"{text},\n" for text in indented)


class Draft:
    """Collects what the call is written with. What may fail where the request is made, and would be caught
    where it is opened, is still done there, under a name of its own."""

    def __init__(self, call: Call, made: Made | None, view: View, *, is_text: bool) -> None:
        """`is_text`: the call is written anew."""
        self.view = view
        self._call = call
        self._made = made
        self._is_text = is_text or made is not None
        self._is_guarded = made is not None and is_guarded(call, made)
        self._lines: list[str] = []

    def part(self, keyword: str, value: ast.expr, index: int) -> Part:
        """An argument of the old call itself."""
        return Part(keyword, self.text(value)) if self._is_text else Part(keyword, "", index)

    def moved(self, name: str, keyword: str, text: str, *values: ast.expr) -> Part:
        """One that is made of values which stood elsewhere; `name` is what it may be called there."""
        for value in values:
            self._check(value)
        if self._is_guarded and any(isinstance(n, _MAY_FAIL) for value in values for n in walk(value)):
            own = free_name(self._call.node, name)
            self._lines.append(f"{own} = {text}")
            text = own
        return Part(keyword, text)

    def text(self, value: ast.expr) -> str:
        self._check(value)
        return self.view.flat(value, self.view.source(value))

    def edits(self) -> tuple[Edit, ...]:
        """What becomes of the statements that made the request. Raises `NoTwinError`."""
        statements = self._made.statements if self._made is not None else ()
        if not statements:
            return ()
        first, last = span_of(statements[0]), span_of(statements[-1])
        if any("#" in self.view.file.line(number) for number in range(first.line, last.end_line + 1)):
            raise NoTwinError("there is a comment in its request")
        text = self.view.file.comments_above(statements[0]) + "\n".join(self._lines)
        return (ReplaceStatements(first, last, Code(text)),)

    def _check(self, value: ast.expr) -> None:
        """What is written elsewhere must neither wait nor change itself. Raises `NoTwinError`."""
        world, source = self._call.world, self.view.source(value)
        if "#" in source or '"""' in source or "'''" in source:
            raise NoTwinError("its request is too long to write anew")
        for node in walk(value):
            if isinstance(node, (ast.Await, ast.NamedExpr, ast.Lambda, ast.Yield)):
                raise NoTwinError("its request is too long to write anew")
            key = world.call_key(self.view.path, node) if isinstance(node, ast.Call) else None
            sites = world.effects.of_call(key) if key is not None else ()
            if not all(_is_quick(world.effects, site, set()) for site in sites):
                raise NoTwinError("its request is made with what may wait itself")


def _is_quick(effects: Effects, site: Site, seen: set[Key]) -> bool:
    """Does it neither wait nor compute for long, nor anything that it calls?"""
    if site.target is None or site.kind is not SiteKind.PROJECT:
        return site.kind is SiteKind.FAST
    if site.target in seen:
        return True
    seen.add(site.target)
    is_async = effects.program.scope(site.target).is_async
    return not is_async and all(_is_quick(effects, each, seen) for each in effects.sites(site.target))
