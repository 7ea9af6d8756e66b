"""What has no async twin -> the thread pool, in as few hops as the code allows.

def report(path):                       async def report(path):
    with open(path) as f:                   def read_data():
        data = json.load(f)                     with open(path) as f:
    return data                                     return json.load(f)

                                            data = await run_in_threadpool(read_data)
                                            return data
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

import msgspec

from .analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from .model import Edit, ExtractToThread, OffloadCall, OffloadExpression, Reason, Span
from .offloading.blocks import Blocks, Draft
from .offloading.enclosing import Piece
from .offloading.frame import Frame, Refusal
from .offloading.hazards import runs_a_loop
from .offloading.naming import Namer
from .offloading.neighbours import ASSIGNMENTS
from .offloading.sites import ASYNC, OffloadSite, pieces
from .offloading.whole_body import whole_body

__all__ = ["ASYNC", "OffloadPlan", "OffloadSite", "plan_offload"]

_MOST_HOPS = 3
_MANY_LINES = 10
_LONG_LAMBDA = 6
"""Lines, from which on a function with a name reads better."""


class OffloadPlan(msgspec.Struct, frozen=True):
    edits: tuple[Edit, ...]
    hops: int
    """On the longest path; a loop counts once."""
    whole_body: bool


def plan_offload(
    file: FileSyntax,
    function: FunctionNode,
    sites: Sequence[OffloadSite],
    awaited: Sequence[Span] = (),
    *,
    changing: frozenset[Span] = frozenset(),
    looking: frozenset[Span] = frozenset(),
    held: frozenset[str] = frozenset(),
    tuples: frozenset[Span] = frozenset(),
    swallowing: frozenset[Span] = frozenset(),
    taken_names: frozenset[str] = frozenset(),
    allow_whole_body: bool = True,
    unresolved: int = 0,
    prefer_whole_body: bool = False,
) -> OffloadPlan | Reason:
    """The edits that take `sites` off the event loop when `function` is `async def`.

    `awaited` are the expressions and statements that will be awaited natively, or that another change takes;
    those that the source awaits already are found here. `changing` are the calls that leave context variables
    changed, which a thread would lose, `looking` those of what looks at the exception that is handled; `held`
    are variables with what belongs to one thread, `swallowing` managers that may end exceptions, `tuples`
    calls that give one. `unresolved` counts calls that might block as well: a function that was `def` may
    then only move as a whole.
    `prefer_whole_body`: nobody knows what some of the `sites` do, and one thread does them together today.
    """
    frame = Frame(file, function, awaited, changing, looking, held, swallowing, tuples)
    unknown = unresolved if isinstance(function, ast.FunctionDef) else 0
    if not sites and not unknown:
        return OffloadPlan((), 0, whole_body=False)
    in_place = _in_place(frame, sites, taken_names)
    together = prefer_whole_body and not _is_one_call(frame, in_place)
    wanted = bool(unknown) or together or _reads_better_whole(frame, in_place)
    is_later = isinstance(in_place, Refusal) and in_place.is_later
    stays = Refusal(f"{unknown} calls may block and cannot be told apart", function)
    if not is_later and ((wanted and allow_whole_body) or _outside(frame, in_place) == []):
        move = whole_body(frame, Namer(frame, taken_names))
        if not isinstance(move, Refusal):
            return OffloadPlan((move,), 1, whole_body=True)
        stays = Refusal(f"{stays.text}, and its body cannot move: {move.text}", move.node)
    if isinstance(in_place, Refusal):
        return frame.reason(in_place)
    if unknown:
        return frame.reason(stays)
    return OffloadPlan(tuple(in_place.edits), _hops(frame, in_place), whole_body=False)


def _in_place(frame: Frame, sites: Sequence[OffloadSite], taken: frozenset[str]) -> Draft | Refusal:
    found = pieces(frame, sites)
    if isinstance(found, Refusal):
        return found
    refusal = _needs_one_thread(frame, found)
    draft = Draft()
    return refusal or Blocks(frame, found, Namer(frame, taken)).plan(draft) or draft


def _reads_better_whole(frame: Frame, draft: Draft | Refusal) -> bool:
    """Many hops, or one inner function or lambda that would indent nearly every line of the handler once
    more, but for what it assigns before."""
    if isinstance(draft, Refusal) or draft.hops.in_loop or _hops(frame, draft) > _MOST_HOPS:
        return True
    lambdas = (edit.span for edit in draft.edits if isinstance(edit, OffloadExpression))
    if any(span.end_line - span.line >= _LONG_LAMBDA for span in lambdas):
        return True
    outside, last = _outside(frame, draft), frame.function.body[-1]
    return outside is not None and all(
        isinstance(part, ASSIGNMENTS) or (part is last and isinstance(part, ast.Return)) for part in outside
    )


def _is_one_call(frame: Frame, draft: Draft | Refusal) -> bool:
    """`return self.service.index(trans)`: nothing else would have to be done in the same thread, as the
    `Post.query` of `Post.query.get(id)` would, which may be work of its own."""
    if not (isinstance(draft, Draft) and len(draft.edits) == 1 and isinstance(draft.edits[0], OffloadCall)):
        return False
    span = draft.edits[0].span
    called = [node.func for node in frame.nodes if isinstance(node, ast.Call) and span_of(node) == span]
    owners = [func.value for func in called if isinstance(func, ast.Attribute)]
    return all(last_name(each.value) == "self" for each in owners if isinstance(each, ast.Attribute))


def _outside(frame: Frame, draft: Draft | Refusal) -> list[ast.stmt] | None:
    """What one inner function leaves of the handler; None where it is short, or more than calls stand beside
    it."""
    edits = draft.edits if isinstance(draft, Draft) else []
    others = [each for each in edits if not isinstance(each, OffloadCall)]
    edit = others[0] if len(others) == 1 else None
    if not isinstance(edit, ExtractToThread) or edit.last.end_line - edit.first.line < _MANY_LINES:
        return None
    body = frame.function.body
    start = 1 if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else 0
    return [part for part in body[start:] if not edit.first <= span_of(part) <= edit.last]


def _needs_one_thread(frame: Frame, found: Sequence[Piece]) -> Refusal | None:
    """State of one thread, or a loop of its own, that some hops would tear apart."""
    moved = {node for piece in found for node in ast.walk(piece.node)}
    for node in frame.nodes:
        if isinstance(node, ast.Name) and node.id in frame.thread_locals:
            return Refusal(f"{node.id} is thread-local state", node)
        if isinstance(frame.function, ast.FunctionDef) and runs_a_loop(node) and _stays(frame, node, moved):
            return Refusal("an event loop of its own cannot run inside another one", node)
        if isinstance(node, ast.YieldFrom):
            return Refusal("`yield from` is not possible in an async function", node)
    returns_value = any(isinstance(node, ast.Return) and node.value is not None for node in frame.nodes)
    if returns_value and any(isinstance(node, ast.Yield) for node in frame.nodes):
        return Refusal("an async generator cannot return a value", frame.function)
    return None


def _stays(frame: Frame, node: ast.AST, moved: Collection[ast.AST]) -> bool:
    """Neither does it go to a thread, nor is it awaited from now on."""
    return node not in moved and not frame.is_native(node)


def _hops(frame: Frame, draft: Draft) -> int:
    return draft.hops.longest(frame.function.body)
