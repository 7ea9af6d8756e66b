"""Blocking pieces of one expression -> calls in the thread pool, one hop where the pieces belong together."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ..analysis.flow.runs import local_names, region
from ..analysis.nodes import walk
from ..analysis.scopes import COMPREHENSIONS, names_in, target_names
from ..analysis.stopping import is_bare_next
from ..analysis.syntax import holds, span_of
from ..model import (
    Code,
    Edit,
    InsertStatements,
    OffloadCall,
    OffloadExpression,
    ReplaceCall,
    ReplaceExpression,
    Span,
)
from .enclosing import Piece
from .frame import RUNNER, Frame, Refusal
from .handles import opens_for
from .hazards import (
    RUNS_RUNNING_LOOP,
    is_context_change,
    is_thread_local,
    needs_current_exception,
    obstacle,
    runs_running_loop,
    stops_outside,
)
from .naming import Namer
from .places import caught_names, place_above
from .uploads import is_upload_method

# What only reads the blocking value joins it in the thread: `json.loads(open(p).read())`.
_PARSERS = frozenset(
    {
        "json.load",
        "json.loads",
        "orjson.loads",
        "yaml.safe_load",
        "yaml.load",
        "toml.loads",
        "tomllib.load",
        "tomllib.loads",
        "pickle.load",
        "pickle.loads",
        "base64.b64encode",
        "csv.reader",
        "csv.DictReader",
        "list",
        "dict",
        "set",
        "tuple",
        "sorted",
        "len",
        "sum",
        "max",
        "min",
        "any",
        "all",
        "str",
        "bytes",
        "int",
        "float",
        "bool",
    }
)
_FRAME_FUNCTIONS = frozenset({"eval", "exec", "locals", "vars", "dir", "globals", "super"})


class Expressions(msgspec.Struct, frozen=True):
    """The edits of one statement's own expressions, in as few hops as they allow."""

    edits: tuple[Edit, ...]
    hops: int


def offload_expressions(
    frame: Frame, statement: ast.stmt, pieces: Sequence[Piece], namer: Namer
) -> Expressions | Refusal:
    whole = [piece for piece in pieces if not piece.is_plain]
    top = [
        piece
        for piece in pieces
        if not any(holds(other.node, piece.node) for other in whole if other is not piece)
    ]
    return _with_uploads(frame, top, namer) or _plan(frame, statement, top, namer)


def _with_uploads(frame: Frame, pieces: Sequence[Piece], namer: Namer) -> Expressions | None:
    """`store(name, f.file.read())` -> `await run_in_threadpool(store, name, await f.read())`."""
    uploads = [
        piece for piece in pieces if isinstance(piece.node, ast.Call) and is_upload_method(frame, piece.node)
    ]
    others = [piece for piece in pieces if piece not in uploads]
    if not uploads or not others:
        return None
    plans = [_single(frame, piece, namer) for piece in (*uploads, *others)]
    edits = [edit for plan in plans if isinstance(plan, Expressions) for edit in plan.edits]
    calls = [edit.span for edit in edits if isinstance(edit, OffloadCall)]
    if len(calls) != len(others) or len(edits) != len(pieces) or _nested(calls):
        return None
    return Expressions(tuple(edits), len(others))


def _nested(spans: Sequence[Span]) -> bool:
    return any(one.contains(other) for one in spans for other in spans if one is not other)


def _plan(frame: Frame, root: ast.AST, pieces: Sequence[Piece], namer: Namer) -> Expressions | Refusal:
    if len(pieces) == 1:
        return _single(frame, pieces[0], namer)
    common = _common(root, pieces) if pieces else root
    together = _together(frame, common, pieces, namer) if pieces else Expressions((), 0)
    if not isinstance(together, Refusal):
        return together
    parts = [(child, [p for p in pieces if holds(child, p.node)]) for child in ast.iter_child_nodes(common)]
    plans = [_plan(frame, child, inside, namer) for child, inside in parts]
    plans += [_single(frame, piece, namer) for piece in pieces if piece.node is common]
    edits: list[Edit] = []
    for plan in plans:
        if isinstance(plan, Refusal):
            return plan
        edits.extend(plan.edits)
    return Expressions(tuple(edits), sum(plan.hops for plan in plans if isinstance(plan, Expressions)))


def _together(frame: Frame, common: ast.AST, pieces: Sequence[Piece], namer: Namer) -> Expressions | Refusal:
    """`db.query(User).filter(a()).order_by(b())` of `.all()`, which is awaited, is no value of its own."""
    node, above = common, frame.file.parents[common]
    while isinstance(above, (ast.Attribute, ast.Call)) and node in (
        getattr(above, "value", None),
        getattr(above, "func", None),
    ):
        node, above = above, frame.file.parents[above]
        if span_of(node) in frame.awaited:
            return Refusal("is what something is called on that is awaited", common)
    return _as_function(frame, common, pieces, namer)


def _single(frame: Frame, piece: Piece, namer: Namer) -> Expressions | Refusal:
    node = piece.node
    if piece.is_unread:
        return Refusal(f"what {piece.name} gives is read later", node)
    if piece.is_plain and isinstance(node, ast.Call):
        refusal = call_obstacle(frame, node)
        if refusal:
            return Refusal(f"{piece.name} {refusal}", node)
        if is_upload_method(frame, node):
            upload = node.func.value.value.id  # type: ignore[attr-defined]
            callee = Code(f"{upload}.{node.func.attr}")  # type: ignore[attr-defined]
            return Expressions(
                (ReplaceCall(span_of(node), callee, awaited=True),), 0
            )  # small ones lie in memory
        is_named = all(keyword.arg not in (None, "func") for keyword in node.keywords)
        if is_named and not opens_for(node):  # which a thread that has answered may still hold open
            return Expressions((OffloadCall(span_of(node), RUNNER),), 1)
    found = _as_function(frame, node, [piece], namer)
    return Refusal(f"{piece.name} {found.text}", node) if isinstance(found, Refusal) else found


def call_obstacle(frame: Frame, call: ast.Call) -> str:
    """Why a call cannot be passed to a thread with its arguments."""
    if is_bare_next(call) or stops_outside(frame, call, [call]):
        return "raises StopIteration, which cannot leave a thread"
    if is_context_change(frame, call):
        return "changes context variables, which a thread would lose"
    if any(is_thread_local(frame, node) for node in ast.walk(call.func)):
        return "uses thread-local state"
    if isinstance(call.func, ast.Name) and call.func.id in _FRAME_FUNCTIONS:
        return "looks at the frame it is called in"
    if runs_running_loop(frame, call):
        return RUNS_RUNNING_LOOP
    if needs_current_exception(frame, call, [call]):
        return "needs the exception that is being handled"
    return ""


def _as_function(frame: Frame, node: ast.AST, pieces: Sequence[Piece], namer: Namer) -> Expressions | Refusal:
    """A lambda; in a loop or handler whose variables it reads, a function above, with them as parameters."""
    wide = _widened(frame, node)
    refusal = Refusal("", node)
    for candidate in (wide, node) if wide is not node else (node,):
        if text := _lambda_obstacle(frame, candidate):
            refusal = Refusal(text, node)
        elif not captured_for_a_while(frame, candidate):
            return Expressions((OffloadExpression(span_of(candidate), RUNNER),), 1)
        else:
            return _above_loop(frame, candidate, pieces, namer)
    return refusal


def _lambda_obstacle(frame: Frame, node: ast.AST) -> str:
    if not _is_value(frame, node):
        return "is not one expression"
    if isinstance(frame.file.parents[node], ast.Await):
        return "gives something that is awaited"
    if reason := obstacle(frame, [node]):
        return reason
    if any(isinstance(part, ast.NamedExpr) for part in walk(node)):
        return "binds a name that a lambda would keep to itself"
    return ""


def _above_loop(frame: Frame, node: ast.AST, pieces: Sequence[Piece], namer: Namer) -> Expressions | Refusal:
    statement = frame.file.statement(node)
    captured = captured_for_a_while(frame, node)
    if captured & local_names(frame.function) - region(frame.function, statement, statement).bound_before:
        return Refusal("may read a variable before it is bound", node)
    parameters = sorted(captured)
    name = namer.name([node], (), pieces)
    source = frame.file.source(node)
    value = f"(\n        {source}\n    )" if "\n" in source else source
    function = Code(f"def {name}({', '.join(parameters)}):\n    return {value}\n")
    call = Code(f"await {RUNNER.text}({', '.join([name, *parameters])})", RUNNER.needs)
    if _binds_tighter(frame, node):
        call = Code(f"({call.text})", call.needs)
    anchor = place_above(frame, statement)
    return Expressions(
        (InsertStatements(span_of(anchor), function), ReplaceExpression(span_of(node), call)), 1
    )


def _binds_tighter(frame: Frame, node: ast.AST) -> bool:
    """Whether what stands around `node` would take the `await` apart."""
    parent = frame.file.parents[node]
    if isinstance(parent, (ast.Attribute, ast.Subscript)):
        return parent.value is node
    if isinstance(parent, ast.BinOp):
        return isinstance(parent.op, ast.Pow)
    return isinstance(parent, ast.Await) or (isinstance(parent, ast.Call) and parent.func is node)


def captured_for_a_while(frame: Frame, node: ast.AST) -> set[str]:
    """The names that `node` reads and a loop, comprehension or handler around it binds."""
    names = names_in([node])
    loop = frame.outermost_loop(node)
    bound = names_in([loop] if loop is not None else []).bound
    for above in frame.within(node):
        if isinstance(above, COMPREHENSIONS):
            bound |= {name for generator in above.generators for name in target_names(generator.target)}
    return (names.read | names.free) & (bound | caught_names(frame, node))


def _is_value(frame: Frame, node: ast.AST) -> bool:
    """Whether a whole expression stands here, whose value a call could give."""
    if not isinstance(node, ast.expr) or isinstance(
        node, (ast.Starred, ast.Slice, ast.FormattedValue, ast.GeneratorExp)
    ):
        return False
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return False
    return not (isinstance(node, ast.JoinedStr) and isinstance(frame.file.parents[node], ast.FormattedValue))


def _widened(frame: Frame, node: ast.AST) -> ast.AST:
    parent = frame.file.parents[node]
    while isinstance(parent, ast.Call) and node in parent.args and frame.file.source(parent.func) in _PARSERS:
        node, parent = parent, frame.file.parents[parent]
    return node


def _common(root: ast.AST, pieces: Sequence[Piece]) -> ast.AST:
    """The smallest node below `root` that holds all pieces."""
    while not any(piece.node is root for piece in pieces):
        inner = [n for n in ast.iter_child_nodes(root) if all(holds(n, piece.node) for piece in pieces)]
        if not inner:
            break
        root = inner[0]
    return root
