"""The variables of the process: does a function of the application set one while it answers?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...analysis.link.program import CallKey, Program
from ...analysis.nodes import bound_plainly, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, Syntax, last_name

_SETS = ("load_dotenv", "putenv", "unsetenv")
_READS = {"copy", "get", "items", "keys", "values"}


def setter(program: Program, syntax: Syntax) -> str | None:
    """A function that sets a variable, which a client may read without being told of it."""
    for name in _SETS:
        for key in calls_in_functions(program, name):
            return program.scope(program.owner_of(key.path, program.call(key).scope)).name
    imported = {"environ", *program.aliases.get("environ", ())}
    for path, module in program.modules.items():
        file = syntax.file(path)
        if module.facts.is_test or "environ" not in file.text:
            continue
        words = imported.union(_named_so(file, imported)) - {""}
        for function in walk(file.tree):
            if isinstance(function, FUNCTIONS) and any(
                last_name(node) in words and _is_changed(file, node) for node in walk(function)
            ):
                return function.name
    return None


def _named_so(file: FileSyntax, words: set[str]) -> Iterator[str]:
    """`env = os.environ`"""
    for statement in file.tree.body:
        yield from (
            last_name(target) for target, value in bound_plainly(statement) if last_name(value) in words
        )


def _is_changed(file: FileSyntax, node: ast.AST) -> bool:
    """`os.environ["KEY"] = key`, `os.environ.update(...)`; with a name of its own it may be, too."""
    parent = file.parents[node]
    if isinstance(parent, ast.Subscript):
        return parent.value is node and not isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Attribute):
        return parent.attr not in _READS
    return isinstance(parent, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.Return))


def calls_in_functions(program: Program, name: str) -> Iterator[CallKey]:
    """The calls of it in functions of the application, after whatever else it is imported as."""
    for word in (name, *sorted(program.aliases.get(name, ()))):
        for key in program.calls_by_name.get(word, ()):
            owner = program.owner_of(key.path, program.call(key).scope)
            if owner.scope and not program.modules[key.path].facts.is_test:
                yield key
