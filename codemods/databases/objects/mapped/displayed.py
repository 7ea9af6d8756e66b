"""Relationships that only the text of an object reads, which nobody asks for: `__repr__` in a debugger.

    def __repr__(self):
        return f"<Entry {self.name} of {self.user.name}>"

Where the program shows no object of the class, that keeps no database sync: it is told, and fails where the
relationship is not loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from ....analysis.link.kinds import classes_in
from ....analysis.link.program import Key
from ....analysis.view import View, Views

_SHOWING = frozenset(f"builtins.{name}" for name in ("ascii", "format", "print", "repr", "str"))
_LOGGING = frozenset({"critical", "debug", "error", "exception", "info", "log", "warning"})


class Displayed:
    def __init__(self, views: Views) -> None:
        self.views = views
        self.program = views.inference.program

    def is_nowhere(self, view: View, node: ast.expr) -> bool:
        """Does `node` stand in the `__repr__` of a class of which no object is shown?"""
        cls = self._told_by(view, node)
        return cls is not None and not self._is_one_of(cls, self._classes)

    def _told_by(self, view: View, node: ast.expr) -> Key | None:
        """The class in whose `__repr__` it stands."""
        function = view.owner(node)
        is_told = self.program.scope(function).name == "__repr__"
        return self.program.enclosing_class(function) if is_told else None

    def _is_one_of(self, cls: Key, shown: Iterable[Key]) -> bool:
        return any(cls in self.views.inference.classes.mro(each) for each in shown)

    @cached_property
    def _classes(self) -> frozenset[Key]:
        """Those of which an object is shown; a `__repr__` shows what it names when its own object is."""
        paths = (path for path, module in self.program.modules.items() if not module.facts.is_test)
        found = [each for path in sorted(paths) for each in self._shown_in(self.views.of(path))]
        shown = {cls for teller, cls in found if teller is None}
        told = [(teller, cls) for teller, cls in found if teller is not None]
        while more := {cls for teller, cls in told if self._is_one_of(teller, shown)} - shown:
            shown |= more
        return frozenset(shown)

    def _shown_in(self, view: View) -> Iterator[tuple[Key | None, Key]]:
        for node in view.file.of_kind(ast.FormattedValue, ast.Call, ast.BinOp):
            for value in (part for each in _shown(view, node) for part in _parts(each)):
                for cls in classes_in(view.kinds(value)):
                    yield self._told_by(view, value), cls


def _shown(view: View, node: ast.AST) -> Iterator[ast.expr]:
    """What a text is made of here."""
    if isinstance(node, ast.FormattedValue):
        yield node.value
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        yield from node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
    elif isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name == "format" or name in _LOGGING or view.external(node.func) in _SHOWING:
            yield from (each.value if isinstance(each, ast.Starred) else each for each in node.args)
            yield from (keyword.value for keyword in node.keywords)


def _parts(value: ast.expr) -> Iterator[ast.expr]:
    """What a display is made of, else the value itself."""
    inner = value.values if isinstance(value, ast.Dict) else getattr(value, "elts", None)
    if inner is not None:
        for each in inner:
            yield from _parts(each)
    elif not isinstance(value, ast.Constant):
        yield value
