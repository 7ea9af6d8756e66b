"""Is an object of the database there, as it is here, when a task loads it again?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from ....analysis.nodes import walk
from ....analysis.scopes import parameter_names
from ....analysis.syntax import last_name, span_of
from ....model import Reason
from ...finding.work import Work, called
from ...sites import COMMIT_AFTER, MUTATES, ORM_OBJECT, ValueKind
from ..objects.held import parts
from ..objects.objects import changed_by, root_of

_REMOVES = re.compile(r"(^|_)(delete|remove|purge|expunge|destroy)(_|$)")
_SAVES = ("commit", "refresh")


def not_saved(work: Work, name: str, node: ast.expr, *, in_list: bool = False) -> Reason | None:
    """Why the object of that name, as it is at `node`, may not be what a task finds; or those in the list."""
    return next(_reasons(work, name, node, in_list), None)


def _reasons(work: Work, name: str, node: ast.expr, in_list: bool) -> Iterator[Reason]:
    place = span_of(node)[:2]
    calls = [part for part in work.frame if isinstance(part, ast.Call)]
    saved = [span_of(call)[:2] for call in calls if called(call) in _SAVES and span_of(call)[:2] < place]
    values, loop = _values(work, name, node), _loop_of(work, name, node)
    if loop is not None:
        yield from _reasons_of_element(work, name, loop)
    elif name in parameter_names(work.function.args):
        if not work.is_handler or values:
            yield work.reason(ORM_OBJECT, f"where {name} comes from cannot be told", node)
    elif len(values) != 1 and not all(_is_there(work, value, saved) for value in values):
        yield work.reason(ORM_OBJECT, f"{name} is set more than once", node)
    elif (
        len(values) == 1 and _is_made(values[0]) and not any(span_of(values[0])[:2] < save for save in saved)
    ):
        yield work.reason(COMMIT_AFTER, f"{name} is not saved yet", node, "commit before the slow work")
    is_there = loop is not None or work.context.is_present(name, span_of(node))
    if not (is_there or _is_asked_for(work, name, node)):
        yield work.reason(ORM_OBJECT, f"{name} may be None, which has no key", node)
    if in_list and work.types.is_changed(name):
        yield work.reason(ORM_OBJECT, f"{name} is put together here", node)
    names = parts(work.frame, name)
    for part in work.frame:
        changed_part = changed_by(part)
        if changed_part is None:
            continue
        is_in = in_list and isinstance(part, ast.Attribute) and _may_be_in(work, root_of(part), name)
        if root_of(changed_part) in names or is_in:
            changed = span_of(part)[:2]
            if changed > place:
                yield work.reason(MUTATES, f"{name} is changed after the slow work", part)
            if not any(changed < save for save in saved):
                text = f"{name} is changed, and the change is not committed yet"
                yield work.reason(COMMIT_AFTER, text, part, "commit before the slow work")
    loops = [above for above in work.file.above(node) if isinstance(above, (ast.For, ast.While))]
    for call in calls:
        is_later = span_of(call)[:2] > place or any(call in ast.walk(each) for each in loops)
        if is_later and node not in walk(call) and work.context.changes_row(call, name):
            text = f"{name} may be changed or removed afterwards: {ast.unparse(call.func)}()"
            yield work.reason(MUTATES, text, call)
    gone = next((call for call in calls if _REMOVES.search(last_name(call.func))), None)
    if gone is not None:
        text = f"{name} may be gone when the task runs: {ast.unparse(gone.func)}()"
        yield work.reason(ORM_OBJECT, text, gone)


def _loop_of(work: Work, name: str, node: ast.expr) -> ast.For | None:
    """The loop that sets it there: `for order in orders`."""
    return next(
        (
            above
            for below, above in pairwise([node, *work.file.above(node)])
            if isinstance(above, ast.For)
            and below in above.body
            and isinstance(above.target, ast.Name)
            and above.target.id == name
        ),
        None,
    )


def _reasons_of_element(work: Work, name: str, loop: ast.For) -> Iterator[Reason]:
    """It is what its list holds."""
    again = [part for statement in loop.body for part in ast.walk(statement) if isinstance(part, ast.Name)]
    if any(part.id == name and not isinstance(part.ctx, ast.Load) for part in again):
        yield work.reason(ORM_OBJECT, f"{name} is set more than once", loop)
    if isinstance(loop.iter, ast.Name) and work.context.loader(loop.iter.id) is not None:
        yield from _reasons(work, loop.iter.id, loop.iter, in_list=True)
    elif not isinstance(loop.iter, (ast.Call, ast.Await)) or _is_made(loop.iter):
        yield work.reason(ORM_OBJECT, f"where {name} comes from cannot be told", loop)


def _may_be_in(work: Work, root: str, name: str) -> bool:
    """May it be an object of the list, by its class?"""
    one, many = work.context.loader(root) if root else None, work.context.loader(name)
    if one is None or many is None:
        return bool(root) and work.context.kind(root) is ValueKind.UNKNOWN
    return one.model == many.model


def _is_asked_for(work: Work, name: str, node: ast.expr) -> bool:
    """`if user:` around it; a name that is set once stays what it is."""
    chain = [node, *work.file.above(node)]
    return any(
        isinstance(above, ast.If)
        and below in above.body
        and ast.unparse(above.test) in (name, f"{name} is not None")
        for below, above in pairwise(chain)
    )


def _values(work: Work, name: str, node: ast.expr) -> list[ast.expr]:
    """What the name may be bound to at `node`: the last value alone where that is surely the one."""
    stores = [part for part in work.frame if isinstance(part, ast.Name) and part.id == name]
    stores = [part for part in stores if not isinstance(part.ctx, ast.Load)]
    before = [part for part in stores if span_of(part)[:2] < span_of(node)[:2]]
    last = max(before, key=span_of, default=None)
    is_sure = last is not None and _is_always_before(work, work.file.statement(last), node, stores)
    return [_bound_to(work, part) for part in ([last] if is_sure and last is not None else stores)]


def _is_always_before(work: Work, statement: ast.stmt, node: ast.expr, stores: list[ast.Name]) -> bool:
    """Does the statement stand above `node` in one block, and does nothing beside `node` bind the name?"""
    parent, around = work.file.parents[statement], {node, *work.file.above(node)}
    blocks = [block for _, block in ast.iter_fields(parent) if isinstance(block, list) and statement in block]
    below = next((each for block in blocks for each in block if each in around), None)
    is_plain = isinstance(statement, (ast.Assign, ast.AnnAssign)) and below is not None
    return is_plain and not set(stores) & set(ast.walk(below))  # type: ignore[arg-type]


def _is_there(work: Work, value: ast.expr, saved: list[tuple[int, int]]) -> bool:
    """Is it asked for, or made and surely saved?

    if user is None: user = User(..); db.add(user); db.commit()
    """
    if not _is_made(value):
        return True
    saves = [statement for statement in _below(work, work.file.statement(value)) if _has(statement, saved)]
    return isinstance(value, ast.Call) and bool(saves)


def _below(work: Work, statement: ast.stmt) -> Iterator[ast.stmt]:
    """What is run behind the statement, whatever happens: the rest of its block, and of those around it."""
    for node in (statement, *work.file.above(statement)):
        parent = work.file.parents.get(node)
        fields = ast.iter_fields(parent) if parent is not None and node is not work.function else ()
        for block in (value for _, value in fields if isinstance(value, list) and node in value):
            yield from block[block.index(node) + 1 :]


def _has(statement: ast.stmt, saved: list[tuple[int, int]]) -> bool:
    """Is the statement itself one of these calls?"""
    value = statement.value if isinstance(statement, ast.Expr) else None
    call = value.value if isinstance(value, ast.Await) else value
    return call is not None and span_of(call)[:2] in saved


def _bound_to(work: Work, name: ast.Name) -> ast.expr:
    above = work.file.parents[name]
    is_value = isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is not None
    return above.value if is_value else name  # type: ignore[attr-defined]


def _is_made(value: ast.expr) -> bool:
    """`User(..)`, or what is no call of a session or of the project."""
    value = value.value if isinstance(value, ast.Await) else value
    return not isinstance(value, ast.Call) or called(value)[:1].isupper()
