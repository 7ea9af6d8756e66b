"""The `try`, `with` and loops around a run: which stay, which must go along, which forbid the move."""

from __future__ import annotations

import ast

import msgspec

from ...analysis.nodes import TRIES, walk
from ...analysis.scopes import FUNCTIONS
from ...model import Reason
from ..finding.work import Work, called
from ..sites import COMMIT_AFTER, CONTROL_FLOW, SHAPES_RESPONSE, HelperSignature, ValueKind
from .runs import Run, blocks_after, mentions

_BROAD = frozenset({"Exception", "BaseException"})
_OF_THE_REQUEST = frozenset(
    {"HTTPException", "StarletteHTTPException", "RequestValidationError", "WebSocketDisconnect"}
)
_OF_THE_DATABASE = frozenset({"IntegrityError", "NoResultFound", "MultipleResultsFound", "SQLAlchemyError"})


class Climb(msgspec.Struct, frozen=True):
    """The run must take the statement around it along."""

    around: ast.stmt
    reason: Reason
    """Why it may not stay, when the statement cannot go along."""


def around(work: Work, run: Run) -> Reason | Climb | None:
    """What the nearest statements around the run ask for."""
    child: ast.AST = run.moved[0]
    for node in work.file.above(run.moved[0]):
        if node is work.function:
            return None
        found: Reason | Climb | None = None
        if isinstance(node, TRIES) and any(child is s for s in node.body) and not _is_later(work, run):
            found = _around_try(work, run, node)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            found = _around_with(work, run, node)
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            return work.reason(CONTROL_FLOW, "it runs in an inner function", node)
        if found is not None:
            return found
        child = node
    return None


def _is_later(work: Work, run: Run) -> bool:
    """Is it run by somebody else, so that no `try` here sees it fail?"""
    return work.inner is not None and set(run.moved) <= set(work.inner.statements)


def _around_try(work: Work, run: Run, node: ast.Try) -> Reason | Climb | None:
    stores = any(map(work.keeps, run.nodes))
    has_helper = any(site.helpers for site in work.slow if run.holds(site.span))
    for handler in () if _keeps_failures(work, run) else node.handlers:
        names = _caught(handler)
        if names and names <= _OF_THE_REQUEST | (frozenset() if has_helper or stores else _OF_THE_DATABASE):
            continue
        if _is_about_others(work, run, node, handler):
            continue
        if _shapes(work, node, handler):
            text = "its failure decides what the client is told"
            return work.reason(SHAPES_RESPONSE, text, handler)
        if (names & _BROAD or not names) and _only_tells(work, handler):
            depends = None if _is_plain_raise(handler.body[-1]) else _if_it_succeeds(work, run, node)
            if depends is not None:
                return depends
            if work.behind or work.takes_more:
                return Climb(
                    node, work.reason(SHAPES_RESPONSE, "its failure is handled in the function", handler)
                )
            continue
        if all(_is_plain_raise(s) or work.logs.is_log(s) for s in handler.body) and _is_plain_raise(
            handler.body[-1]
        ):
            continue
        return Climb(node, work.reason(SHAPES_RESPONSE, "its failure is handled in the function", handler))
    read = {part.id for part in run.nodes if isinstance(part, ast.Name)} & work.locals
    read = {name for name in read if work.own_session(name) is None}
    for statement in node.finalbody:
        if mentions(statement, read):
            reason = work.reason(CONTROL_FLOW, "`finally` puts away what the block works with", statement)
            return Climb(node, reason)
    for statement in node.orelse:
        if not work.logs.is_log(statement):
            return work.reason(SHAPES_RESPONSE, "`else` runs only when it succeeded", statement)
    return None


def _helpers(work: Work, run: Run) -> list[HelperSignature]:
    """Those that are called, where the run is nothing but a call of them."""
    called = [site.helpers for site in work.slow if run.holds(site.span)]
    is_call = len(run.moved) == 1 and isinstance(run.moved[0], ast.Expr)
    return [helper for helpers in called for helper in helpers] if is_call and all(called) else []


def _keeps_failures(work: Work, run: Run) -> bool:
    """Is it only the call of a helper that logs what goes wrong in it?"""
    helpers = _helpers(work, run)
    return bool(helpers) and all(helper.keeps_failures for helper in helpers)


def _is_about_others(work: Work, run: Run, node: ast.Try, handler: ast.ExceptHandler) -> bool:
    """Does it catch errors of the project's own, none of which comes from the work that moves?"""
    raised = [work.own_errors] if work.own_errors is not None else [h.own_errors for h in _helpers(work, run)]
    types = handler.type
    caught = work.context.own_errors(types, node.body) if raised and types is not None else frozenset()
    return bool(raised and caught) and all(
        errors is not None and caught.isdisjoint(errors) for errors in raised
    )


def _caught(handler: ast.ExceptHandler) -> frozenset[str]:
    """Last parts of the names of the classes; empty for a bare `except`."""
    if handler.type is None:
        return frozenset()
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(p.attr if isinstance(p, ast.Attribute) else getattr(p, "id", "?") for p in parts)


def _shapes(work: Work, node: ast.Try, handler: ast.ExceptHandler) -> bool:
    """Whether the handler leaves the function or the loop, or binds something that is read later."""
    body = handler.body
    for part in (inner for statement in body for inner in walk(statement)):
        if isinstance(part, (ast.Return, ast.Break, ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(part, ast.Raise) and not _is_plain_raise(part):
            return True
        if isinstance(part, ast.Continue) and not (part is body[-1] and _ends_loop(work, node)):
            return True
    bound = {
        part.id
        for statement in body
        for part in walk(statement)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
    inside = {part for part in ast.walk(handler) if isinstance(part, ast.Name)}
    return any(
        isinstance(part, ast.Name)
        and isinstance(part.ctx, ast.Load)
        and part.id in bound
        and part not in inside
        for part in walk(work.function)
    )


def _ends_loop(work: Work, node: ast.Try) -> bool:
    parent = work.file.parents[node]
    return isinstance(parent, (ast.For, ast.While)) and parent.body[-1] is node


def _is_plain_raise(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) and node.exc is None


def _only_tells(work: Work, handler: ast.ExceptHandler) -> bool:
    return all(work.logs.is_log(s) or _is_plain_raise(s) or isinstance(s, ast.Continue) for s in handler.body)


def _if_it_succeeds(work: Work, run: Run, node: ast.Try | ast.With | ast.AsyncWith) -> Reason | None:
    """`sent = True` behind the work, in a statement that goes on when the work fails."""
    inside = {part for statement in node.body for part in walk(statement)}
    outside = {part.id for part in walk(work.function) if isinstance(part, ast.Name) and part not in inside}
    for statement in blocks_after(run):
        if statement not in inside:
            return None
        if not (work.logs.is_log(statement) or work.does_slow_work(statement)) and (
            not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign))
            or not work.is_cheap(statement)
            or not outside.isdisjoint(_stored(statement))
        ):
            text = f"`{ast.unparse(statement).splitlines()[0]}` runs only when it succeeded"
            return work.reason(SHAPES_RESPONSE, text, statement)
    return None


def _stored(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> set[str]:
    """The names that it binds, and those of the objects that it changes."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}


def _around_with(work: Work, run: Run, node: ast.With | ast.AsyncWith) -> Reason | Climb | None:
    for item in node.items:
        manager = item.context_expr
        name = item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""
        if isinstance(manager, ast.Call) and called(manager) == "suppress":
            caught = {getattr(a, "attr", getattr(a, "id", "?")) for a in manager.args}
            if caught & _BROAD:
                if (depends := _if_it_succeeds(work, run, node)) is not None:
                    return depends
                continue
            return Climb(node, work.reason(SHAPES_RESPONSE, "its failure is handled in the function", node))
        text = work.file.source(manager)
        is_session = bool(name) and work.context.kind(name) is ValueKind.SESSION
        if (is_session and "begin" in text) or _is_transaction(work, manager):
            return work.reason(
                COMMIT_AFTER, f"`with {text}` commits after the slow work", node, "commit first"
            )
        if is_session:
            continue
        return Climb(
            node,
            work.reason(CONTROL_FLOW, f"it stands under `with {text}`, which would end before it runs", node),
        )
    return None


def _is_transaction(work: Work, manager: ast.expr) -> bool:
    """`db.begin()`, `db.begin_nested()`"""
    method = manager.func if isinstance(manager, ast.Call) else None
    if not isinstance(method, ast.Attribute) or method.attr not in ("begin", "begin_nested"):
        return False
    session = method.value
    return isinstance(session, ast.Name) and work.context.kind(session.id) is ValueKind.SESSION
