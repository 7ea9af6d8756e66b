"""Which libraries a task may work with, told by the names that code mentions.

def send_code(to, code): brevo.send(to, code)            a task that sends codes works with Brevo,
def renew(business): stripe.Subscription.retrieve(..)    and not with Stripe, which the file imports as well
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from ....analysis.index.bindings import How, Import
from ....analysis.link.program import Program
from ....analysis.nodes import children, walk
from ....analysis.syntax import Syntax

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class _Part(NamedTuple):
    """A function, or what runs of a file when it is imported."""

    name: str
    """Code that mentions it may run it: the function, or the class around it. Empty for what runs anyway."""
    mentions: frozenset[str]
    libraries: frozenset[str]


class UsedLibraries:
    def __init__(self, program: Program, syntax: Syntax) -> None:
        self.program = program
        self.syntax = syntax
        self._parts: dict[str, tuple[_Part, ...]] = {}

    def of(self, names: Iterable[str], paths: Collection[str]) -> frozenset[str]:
        """Packages that these functions of the files, and all that they may come to there, work with."""
        return frozenset().union(*(part.libraries for part in self._run(names, paths)))

    def mentioned_at_import(self, paths: Collection[str]) -> frozenset[str]:
        """What the files mention when they are imported, they and the functions that they may call then."""
        return frozenset().union(*(part.mentions for part in self._run((), paths)))

    def _run(self, names: Iterable[str], paths: Collection[str]) -> Iterator[_Part]:
        mentioned = {"", *names}
        left = [part for path in paths for part in self._parts_of(path)]
        while run := [part for part in left if part.name in mentioned]:
            left = [part for part in left if part.name not in mentioned]
            mentioned.update(*(part.mentions for part in run))
            yield from run

    def imported(self, path: str) -> Iterator[tuple[str, str]]:
        """The names at the top of the file that are of packages, each with its package."""
        for binding in self.program.modules[path].facts.scopes[0].bindings:
            if binding.how is How.IMPORT and isinstance(binding.value, Import):
                yield binding.name, self.program.absolute(binding.value, path).partition(".")[0]

    def _parts_of(self, path: str) -> tuple[_Part, ...]:
        if path not in self._parts:
            packages = dict(self.imported(path))
            tree = self.syntax.file(path).tree
            at_import: list[ast.AST] = []
            functions: list[tuple[str, ast.AST]] = []
            left: list[tuple[str, ast.AST]] = [("", tree)]
            while left:
                around, node = left.pop()
                if isinstance(node, _FUNCTIONS):
                    functions.append(("" if node.decorator_list else around or node.name, node))
                    continue
                at_import.append(node)
                inside = node.name if isinstance(node, ast.ClassDef) else around
                left += [(inside, child) for child in children(node)]
            parts = [_part("", at_import, packages)]
            parts += [_part(name, walk(function), packages) for name, function in functions]
            self._parts[path] = tuple(parts)
        return self._parts[path]


def _part(name: str, nodes: Iterable[ast.AST], packages: dict[str, str]) -> _Part:
    mentions: set[str] = set()
    libraries: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            mentions.add(node.id)
        elif isinstance(node, ast.Attribute):
            mentions.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            mentions.add(node.value)  # `getattr(mails, "send")`
        elif name and isinstance(node, ast.Import):
            libraries.update(alias.name.partition(".")[0] for alias in node.names)
        elif name and isinstance(node, ast.ImportFrom):
            libraries.add((node.module or "").partition(".")[0])
            mentions.update(alias.name for alias in node.names)
    libraries.update(packages[each] for each in mentions & packages.keys())
    return _Part(name, frozenset(mentions), frozenset(libraries))
