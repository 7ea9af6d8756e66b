"""Takes the migration out of a file again: no `async`, no `await`, calls where the hops were.

What is left must be the old code, but for functions in which an async twin or a task stands for something.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence

_RUNNERS = {"run_in_threadpool"}
_READERS = {"iterate_in_threadpool"}
_FILES = {"anyio.open_file"}
"""`open`, each read and write of which is one hop."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def stripped(text: str) -> dict[str, str]:
    """The functions and methods of a file by their names, as text without comments."""
    tree = _Stripper().visit(ast.parse(text))
    found: dict[str, str] = {}
    _collect(tree.body, "", found)
    return found


def _collect(body: Sequence[ast.stmt], outer: str, found: dict[str, str]) -> None:
    siblings = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.ClassDef):
            _collect(node.body, f"{outer}{node.name}.", found)
        elif isinstance(node, ast.FunctionDef):
            found[f"{outer}{node.name}"] = ast.unparse(_body(_whole(node, siblings).body))


def _whole(node: ast.FunctionDef, siblings: dict[str, ast.FunctionDef]) -> ast.FunctionDef:
    """`def h(x): return _h(x)` with `def _h` beside it: the body that moved."""
    last = node.body[-1]
    if isinstance(last, ast.Return) and isinstance(last.value, ast.Call):
        name = getattr(last.value.func, "id", None) or getattr(last.value.func, "attr", "")
        moved = siblings.get(name)
        if moved is not None and name != node.name and name.lstrip("_").startswith(node.name.lstrip("_")):
            head = node.body[:-1]
            return ast.FunctionDef(node.name, node.args, [*head, *moved.body], [], None)
    return node


def _body(body: Sequence[ast.stmt]) -> ast.Module:
    return ast.fix_missing_locations(ast.Module(_inlined(list(body)), []))


def _inlined(body: list[ast.stmt]) -> list[ast.stmt]:
    """Inner functions that are called once, right where they were cut out, are put back."""
    inner = {
        node.name: node
        for node in body
        if isinstance(node, ast.FunctionDef) and not node.decorator_list and _calls(body, node.name) == 1
    }
    out: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in inner:
            continue
        out += _put_back(node, inner)
    return out or [ast.Pass()]


def _put_back(node: ast.stmt, inner: dict[str, ast.FunctionDef]) -> list[ast.stmt]:
    value = getattr(node, "value", None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in inner:
        moved = _inlined(
            [n for n in inner[value.func.id].body if not isinstance(n, (ast.Nonlocal, ast.Global))]
        )
        if isinstance(node, ast.Return) or not isinstance(moved[-1], ast.Return):
            return moved
        if isinstance(node, ast.Assign):
            given = moved[-1].value
            same = given is not None and ast.unparse(given) == ast.unparse(node.targets[0])
            return (
                moved[:-1] if same else [*moved[:-1], ast.Assign(node.targets, given or ast.Constant(None))]
            )
    for name in ("body", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if isinstance(part, list) and part and isinstance(part[0], ast.stmt):
            # what is called below may be defined above a loop or a `try`
            setattr(node, name, [each for one in _inlined(part) for each in _put_back(one, inner)])
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        part.body = [each for one in _inlined(part.body) for each in _put_back(one, inner)]
    return [node]


def _calls(body: Sequence[ast.stmt], name: str) -> int:
    names = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name))
    return sum(node.id == name for node in names)


class _Stripper(ast.NodeTransformer):
    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.FunctionDef(**dict(ast.iter_fields(node))), node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.For(**dict(ast.iter_fields(node))), node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.With(**dict(ast.iter_fields(node))), node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.is_async = 0
        return node

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        if ast.unparse(node.func) in _FILES:
            return ast.copy_location(ast.Call(ast.Name("open"), node.args, node.keywords), node)
        if name in _READERS and node.args:
            return node.args[0]
        if name in _RUNNERS and node.args:
            function, *rest = node.args
            if isinstance(function, ast.Lambda) and not rest:
                return function.body
            return ast.copy_location(ast.Call(function, rest, node.keywords), node)
        return node


def differing(old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """Functions that are there before and after and are not the same: name, old and new text."""
    before, after = stripped(old), stripped(copy.copy(new))
    for name, text in before.items():
        if name in after and after[name] != text:
            yield name, text, after[name]
