"""The small faults that are tried, and functions that have one."""

from __future__ import annotations

import ast
import copy
import functools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from itertools import chain
from pathlib import Path
from types import CodeType
from typing import TypeVar

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}
_Node = TypeVar("_Node", bound=ast.AST)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


Function = tuple[str, int]
"""Name and first line of an outermost function."""


@dataclass(frozen=True)
class Mutant:
    path: Path
    line: int
    name: str
    """Of the outermost function, or of the constant of the module, that holds the fault."""
    function: Function | None
    """None for a constant."""
    lines: tuple[int, ...]
    """Of the statement, or the first ones of the functions that read the constant."""
    around: tuple[int, ...]
    """Those of the function, or of all that read the constant."""
    before: str
    after: str
    code: CodeType
    """Of the function, or of what gives the value of the constant."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.name}: {self.before}  -->  {self.after}"


def mutants(path: Path, seed: int, each: int | None = None) -> Iterator[Mutant]:
    """Those of one file, or a sample of `each` of them: the same one whichever files are tried beside it."""
    tree = ast.parse(path.read_bytes())
    found = [
        functools.partial(_mutant, path, tree, function, place, change)
        for function in _outermost(tree)
        for place in _statements(function)
        for change in _changes(*place)
    ]
    found += [
        functools.partial(_constant, path, tree, statement, change)
        for statement in tree.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None
        for node in _expressions(statement.value, apart=("slice",))  # `tuple[int, str]`, for readers alone
        for change in _shorter(node)
    ]
    numbers: Sequence[int] = range(len(found))
    if each is not None and each < len(found):
        numbers = sorted(random.Random(f"{seed} {path.name}").sample(numbers, each))
    return (found[number]() for number in numbers)


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    """The outermost functions by name and first line."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            if each.co_flags & CO_OPTIMIZED:
                yield (each.co_name, each.co_firstlineno), each
            else:  # the body of a class
                yield from _codes(each)


def _outermost(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS):
            yield child
        elif isinstance(child, ast.ClassDef):
            yield from _outermost(child)


def _statements(function: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
    """As places in the blocks that hold them."""
    for node in ast.walk(function):
        for _, block in ast.iter_fields(node):
            if isinstance(block, list):
                yield from ((block, n) for n, each in enumerate(block) if isinstance(each, ast.stmt))


_Change = Callable[[], Callable[[], None]]
"""Carries it out in the tree; what that gives takes it back."""


def _mutant(
    path: Path,
    tree: ast.Module,
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    place: tuple[list[ast.stmt], int],
    change: _Change,
) -> Mutant:
    block, number = place
    line, before = block[number].lineno, _shown(block[number])
    lines, around = _lines(block[number]), _inside(function)
    take_back = change()
    try:
        code = compile(ast.fix_missing_locations(tree), str(path), "exec", dont_inherit=True)
        found = next(found for found in _codes(code) if found[0][1] == _first_line(function))
        return Mutant(
            path, line, found[0][0], found[0], lines, around, before, _shown(block[number]), found[1]
        )
    finally:
        take_back()


def _constant(path: Path, tree: ast.Module, statement: ast.Assign | ast.AnnAssign, change: _Change) -> Mutant:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    name, before = ast.unparse(target), ast.unparse(statement)
    readers = [
        function
        for function in _outermost(tree)
        if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function))
    ]
    take_back = change()
    try:
        assert statement.value is not None
        code = compile(ast.fix_missing_locations(ast.Expression(statement.value)), str(path), "eval")
        lines, around = tuple(map(_first_line, readers)), tuple(chain(*map(_inside, readers)))
        after = ast.unparse(statement)
        return Mutant(path, statement.lineno, name, None, lines, around, before, after, code)
    finally:
        take_back()


def _first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([function.lineno, *(each.lineno for each in function.decorator_list)])


def _inside(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[int, ...]:
    return tuple(range(_first_line(function), (function.end_lineno or function.lineno) + 1))


def _lines(statement: ast.stmt) -> tuple[int, ...]:
    """Without those of the statements inside."""
    first, inside = statement.lineno, getattr(statement, "body", ())
    end = (inside[0].lineno if inside else statement.end_lineno or first) + (not inside)
    return tuple(range(first, max(end, first + 1)))


def _shown(statement: ast.stmt) -> str:
    return ast.unparse(_head(statement)).partition("\n    ...")[0]


def _head(statement: ast.stmt) -> ast.stmt:
    """Without the statements inside."""
    if not hasattr(statement, "body"):
        return statement
    head = copy.copy(statement)
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        if hasattr(head, name):
            setattr(head, name, [ast.Expr(ast.Constant(...))] if name == "body" else [])
    return head


def _changes(block: list[ast.stmt], number: int) -> Iterator[_Change]:
    statement = block[number]
    is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    if isinstance(statement, (ast.Expr, ast.AugAssign, ast.Raise)) and not is_docstring:
        yield _item(block, number, ast.Pass())
    elif isinstance(statement, (ast.Continue, ast.Break)):
        yield _item(block, number, ast.Break() if isinstance(statement, ast.Continue) else ast.Continue())
    for node in _expressions(statement):
        yield from _of_node(node)


def _expressions(within: ast.AST, apart: Sequence[str] = ("annotation", "returns")) -> Iterator[ast.AST]:
    """Those of a statement without what is inside it; `apart` are parts that say types."""
    todo: list[ast.AST] = [within]
    while todo:
        node = todo.pop()
        yield node
        types = [getattr(node, name, None) for name in apart]
        todo += [
            child
            for child in ast.iter_child_nodes(node)
            if child not in types
            and not isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case, ast.JoinedStr))
        ]


def _of_node(node: ast.AST) -> Iterator[_Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARISONS:
        yield _set(node, "ops", [_COMPARISONS[type(node.ops[0])]()])
    elif isinstance(node, ast.BoolOp):
        for number in range(len(node.values)):
            yield _item(node.values, number, ast.Constant(isinstance(node.op, ast.And)))
        yield _set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield _set(node, "op", _OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield _set(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield _set(node, "value", node.value + 1)
    elif isinstance(node, ast.Name) and node.id in _CALLS:
        yield _set(node, "id", _CALLS[node.id])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _set(node, "operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.comprehension):
        for number in range(len(node.ifs)):
            yield _set(node, "ifs", [*node.ifs[:number], *node.ifs[number + 1 :]])
    if isinstance(node, (ast.If, ast.IfExp, ast.While)) and not isinstance(
        node.test, (ast.Compare, ast.Constant, ast.UnaryOp)
    ):
        yield _set(node, "test", ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, (ast.Compare, ast.Call)):  # `kind in (A, B)`, `isinstance(node, (A, B))`
        for each in [*node.args] if isinstance(node, ast.Call) else node.comparators:
            yield from _shorter(each)


def _shorter(node: ast.AST) -> Iterator[_Change]:
    """A display of names or constants without one of them; what values are bound to is none."""
    is_target = isinstance(getattr(node, "ctx", None), ast.Store)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)) and len(node.elts) > 1 and not is_target:
        for number, each in enumerate(node.elts):
            if isinstance(each, (ast.Constant, ast.Name, ast.Attribute)):
                yield _set(node, "elts", [*node.elts[:number], *node.elts[number + 1 :]])


def _set(node: ast.AST, field: str, value: object) -> _Change:
    def change() -> Callable[[], None]:
        old = getattr(node, field)
        setattr(node, field, value)
        return lambda: setattr(node, field, old)

    return change


def _item(items: list[_Node], number: int, value: _Node) -> _Change:
    def change() -> Callable[[], None]:
        old, items[number] = items[number], value
        return lambda: items.__setitem__(number, old)

    return change
