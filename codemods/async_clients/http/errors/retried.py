"""Decorators that run a function again after errors of certain classes: as clauses around its whole body.

@retry(retry=retry_if_exception_type(requests.Timeout))             tenacity
@backoff.on_exception(backoff.expo, requests.Timeout)
def fetch():                                                        def fetch():
    ...                                                     is          try:
                                                                            ...
                                                                        except requests.Timeout:
                                                                            raise
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.index.bindings import Import
from ....analysis.link.program import Program
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, FunctionNode

_CLASSES = {
    ("tenacity", "retry_if_exception_type"): (0, "exception_types"),
    ("tenacity", "retry_if_not_exception_type"): (0, "exception_types"),
    ("tenacity", "retry_unless_exception_type"): (0, "exception_types"),
    ("backoff", "on_exception"): (1, "exception"),
}
"""Where each takes the classes: the place, and the keyword."""


class Retried:
    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[ast.AST, tuple[ast.Try, ...]] = {}

    def around(self, file: FileSyntax, function: FunctionNode) -> tuple[ast.Try, ...]:
        """One `try` for each, always the same."""
        if function not in self._known:
            self._known[function] = tuple(self._tries(file, function))
        return self._known[function]

    def is_caught(self, file: FileSyntax, node: ast.expr) -> bool:
        """Is it what such a decorator takes for the classes?"""
        call = file.parents[node]
        if isinstance(call, ast.keyword):
            call = file.parents[call]
        return isinstance(call, ast.Call) and self._classes(file, call) is node and _is_decorator(file, call)

    def _tries(self, file: FileSyntax, function: FunctionNode) -> Iterator[ast.Try]:
        for call in (node for decorator in function.decorator_list for node in walk(decorator)):
            classes = self._classes(file, call) if isinstance(call, ast.Call) else None
            if classes is not None:
                handler = ast.ExceptHandler(classes, None, [ast.copy_location(ast.Raise(), call)])
                found = ast.Try(function.body, [ast.copy_location(handler, call)], [], [])
                yield ast.copy_location(found, call)

    def _classes(self, file: FileSyntax, call: ast.Call) -> ast.expr | None:
        place, keyword = _CLASSES.get(callee(self.program, file, call.func), (0, ""))
        named = next((each.value for each in call.keywords if keyword and each.arg == keyword), None)
        starred = any(isinstance(each, ast.Starred) for each in call.args)
        by_place = call.args[place] if keyword and place < len(call.args) and not starred else None
        return named or by_place


def callee(program: Program, file: FileSyntax, func: ast.expr) -> tuple[str, str]:
    """The package that it comes from, and its name there."""
    names = program.modules[file.path].names[0]
    owner = func.value if isinstance(func, ast.Attribute) else func
    bound = names.get(owner.id, ()) if isinstance(owner, ast.Name) else ()
    imported = next((each.value for each in bound if isinstance(each.value, Import)), None)
    if imported is None:
        return "", ""
    name = func.attr if isinstance(func, ast.Attribute) else imported.name
    return imported.module.partition(".")[0], name or ""


def _is_decorator(file: FileSyntax, node: ast.AST) -> bool:
    child = node
    for above in file.above(node):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return child in above.decorator_list
        if isinstance(above, ast.stmt):
            return False
        child = above
    return False
