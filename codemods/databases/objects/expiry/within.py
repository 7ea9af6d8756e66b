"""What the statement of a commit reads itself when that is done: nothing can be loaded again in between.

notes = [add(db, user, title) for title in titles]
return {"note": add(db, user, title).title, "user": user.name}
if add(db, user, title).is_new:
    print(user.name)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ....analysis.flow.runs import region
from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode, holds, span_of
from ....analysis.view import View

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_HANDS_ON = (ast.Call, ast.keyword, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Starred)


def read_in_turns(view: View, call: ast.expr) -> Iterator[ast.expr]:
    """In a comprehension around the call: what the next turn reads, and what all turns give to somebody."""
    for around in _expressions_around(view, call):
        if isinstance(around, _COMPREHENSIONS) and not holds(around.generators[0].iter, call):
            first = around.generators[0].iter
            yield from (node for node in _names(around) if not holds(first, node))
            if not isinstance(view.file.parents[around], ast.Expr):
                yield from [around.key, around.value] if isinstance(around, ast.DictComp) else [around.elt]


def read_behind(
    view: View, function: FunctionNode, statement: ast.stmt, call: ast.expr
) -> Iterator[ast.expr]:
    """What is read once the call is done, or was handed to what reads it then."""
    head = _head(statement, call)
    if head is None:
        return
    done = span_of(call)[2:4]
    chosen = [each for each in _expressions_around(view, call) if isinstance(each, ast.IfExp)]
    for node in walk(head):
        if not isinstance(node, (ast.Name, ast.Call)) or holds(call, node) or holds(node, call):
            continue
        is_read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        is_later = span_of(node)[:2] >= done
        is_later = is_later or any(holds(each.test, call) and holds(each.body, node) for each in chosen)
        if (is_read and is_later) or (not is_later and isinstance(view.file.parents[node], _HANDS_ON)):
            yield node
    for block in _blocks(statement):
        needed = region(function, block[0], block[-1]).live_in
        yield from (node for each in block for node in _names(each) if node.id in needed)


def _head(statement: ast.stmt, call: ast.expr) -> ast.AST | None:
    """The part of the statement that runs at once. What a `with` commits is done behind its body."""
    if isinstance(statement, (ast.If, ast.While)):
        return statement.test
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return statement.iter
    if isinstance(statement, ast.Match):
        return statement.subject
    return None if hasattr(statement, "body") else statement


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    if isinstance(statement, (ast.If, ast.While, ast.For, ast.AsyncFor)):
        yield statement.body
        if statement.orelse:
            yield statement.orelse
    elif isinstance(statement, ast.Match):
        yield from (case.body for case in statement.cases)


def _expressions_around(view: View, call: ast.expr) -> Iterator[ast.AST]:
    for around in view.file.above(call):
        if isinstance(around, ast.stmt):
            return
        yield around


def _names(node: ast.AST) -> Iterator[ast.Name]:
    for each in walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            yield each
