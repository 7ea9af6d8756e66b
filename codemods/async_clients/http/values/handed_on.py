"""Does the wrapper of a decorator hand on what it is given, and nothing else: `func(*args, **kwargs)`?"""

from __future__ import annotations

import ast

from ....analysis.link.program import CallKey, Key, Program
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax

_CHANGES = frozenset({"clear", "pop", "popitem", "setdefault", "update"})


def hands_all_on(file: FileSyntax, program: Program, wrapper: Key, call: CallKey) -> bool:
    node, made = file.function(program.scope(wrapper).span), file.call(program.call(call).span)
    if node is None or made is None:
        return False
    arguments = node.args
    own = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    own += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    own += [f"{each.arg}={each.arg}" for each in arguments.kwonlyargs]
    own += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    given = [ast.unparse(each) for each in made.args]
    given += [
        f"{each.arg}={ast.unparse(each.value)}" if each.arg else f"**{ast.unparse(each.value)}"
        for each in made.keywords
    ]
    names = {argument.arg for argument in walk(node.args) if isinstance(argument, ast.arg)}
    return given == own and not any(_changes(file, each, names) for each in walk(node))


def _changes(file: FileSyntax, node: ast.AST, names: set[str]) -> bool:
    """`kwargs["user"] = user`, `limit = 5`"""
    if not isinstance(node, ast.Name) or node.id not in names:
        return False
    above = file.parents[node]
    if isinstance(above, ast.Subscript):
        return above.value is node and not isinstance(above.ctx, ast.Load)
    is_changed = isinstance(above, ast.Attribute) and above.attr in _CHANGES
    return is_changed or not isinstance(node.ctx, ast.Load)
