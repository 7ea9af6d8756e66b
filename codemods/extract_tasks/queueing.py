"""The edits that leave `x_task.kiq` where a helper was called or handed on."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..analysis.nodes import BINDINGS
from ..analysis.scopes import parameter_names
from ..analysis.syntax import span_of
from ..model import (
    Argument,
    Code,
    Edit,
    ImportNeed,
    ReplaceCall,
    ReplaceExpression,
    ReplaceStatements,
    TaskDefinition,
    slot,
)
from .arguments import Accepted
from .behind import is_last_effect
from .blocks.runs import Run
from .finding.handed_on import How, Shape
from .finding.work import Work, root_name
from .generated.names import TaskNames
from .hazards.order.turns import has_its_turn
from .sent.small import ENCODE


def queueing(
    work: Work,
    names: TaskNames,
    run: Run,
    shape: Shape,
    task: TaskDefinition,
    keys: Sequence[Accepted],
    packed: Sequence[ast.expr] = (),
) -> tuple[Edit, ...]:
    """`packed` are the arguments that are sent as base64."""
    queue = Code(f"{slot(0)}.kiq", (ImportNeed(names.module, task.name),))
    is_given = root_name(shape.carrier.func) in parameter_names(work.function.args)
    is_behind = shape.how is How.BACKGROUND and (
        work.stays_sync or not (is_given and is_last_effect(work, run)) or has_its_turn(run)
    )
    if keys:
        is_behind = is_behind or any(each.loaded is not None for each in keys)
        return (_with_keys(work, shape, queue, keys, is_behind=is_behind),)
    if work.behind and shape.how is not How.BACKGROUND:
        return _queued_behind(work, run, shape, queue)
    if shape.is_peeled:
        return _unwrapped(work, shape, queue, is_behind=is_behind)
    if is_behind:
        return (ReplaceExpression(span_of(shape.callee), queue),)
    if (
        shape.thread
        or isinstance(run.moved[0], BINDINGS)
        or (shape.how is How.FORGOTTEN and shape.whole is not shape.carrier)
    ):
        written = ", ".join(_written(work, shape))
        return run.edits(Code(f"await {queue.text}({written})", queue.needs))
    carrier = shape.carrier
    is_awaited = isinstance(work.file.parents[carrier], ast.Await)
    if not shape.offset and not packed:
        return (ReplaceCall(span_of(carrier), queue, None, awaited=not is_awaited),)
    kept: list[ast.expr | ast.keyword] = [*carrier.args, *carrier.keywords]
    given = tuple(_argument(work, n, kept[n], packed) for n in range(shape.offset, len(kept)))
    return (ReplaceCall(span_of(carrier), queue, given, awaited=not is_awaited),)


def _argument(work: Work, number: int, node: ast.expr | ast.keyword, packed: Sequence[ast.expr]) -> Argument:
    value = node.value if isinstance(node, ast.keyword) else node
    if value not in packed:
        return Argument(index=number)
    keyword = (node.arg or "") if isinstance(node, ast.keyword) else ""
    return Argument(keyword=keyword, code=Code(f"{slot(0)}({work.file.source(value)}).decode()", (ENCODE,)))


def _with_keys(work: Work, shape: Shape, queue: Code, keys: Sequence[Accepted], *, is_behind: bool) -> Edit:
    """The call, behind the response or awaited, with `user.id` in place of `user`, without sessions."""
    carrier, given = shape.carrier, list[Argument]()
    for number, node in enumerate([*carrier.args, *carrier.keywords]):
        value = node.value if isinstance(node, ast.keyword) else node
        own = next((each for each in keys if each.argument is value), None)
        if number < shape.offset or (own is not None and own.is_session):
            continue
        if own is not None and own.loaded is not None:
            key = own.loaded
            code = Code(key.argument(work.file.source(value), work.locals))
            given.append(Argument(keyword=key.parameter if isinstance(node, ast.keyword) else "", code=code))
        else:
            given.append(Argument(index=number))
    is_handed_on = shape.how is How.BACKGROUND and is_behind
    if not is_handed_on and not work.behind:
        is_awaited = isinstance(work.file.parents[carrier], ast.Await)
        return ReplaceCall(span_of(carrier), queue, tuple(given), awaited=not is_awaited)
    function = work.file.source(carrier.func) if is_handed_on else f"{work.behind}.add_task"
    return ReplaceCall(span_of(carrier), Code(function), (Argument(code=queue), *given))


def _queued_behind(work: Work, run: Run, shape: Shape, queue: Code) -> tuple[Edit, ...]:
    """`background_tasks.add_task(x_task.kiq, ..)`; arguments that stand in a call keep their lines."""
    if shape.how is How.CALL and isinstance(run.moved[0], ast.Expr) and not shape.is_peeled:
        count = len(shape.carrier.args) + len(shape.carrier.keywords)
        given = (Argument(code=queue), *(Argument(index=number) for number in range(count)))
        return (ReplaceCall(span_of(shape.carrier), Code(f"{work.behind}.add_task"), given),)
    text = f"{work.behind}.add_task({', '.join([queue.text, *_written(work, shape)])})"
    return run.edits(Code(text, queue.needs))


def _written(work: Work, shape: Shape) -> list[str]:
    given = [work.file.source(value) for value in shape.positional]
    return given + [f"{keyword.arg}={work.file.source(keyword.value)}" for keyword in shape.keywords]


def _unwrapped(work: Work, shape: Shape, queue: Code, *, is_behind: bool) -> tuple[Edit, ...]:
    """The call without what it is wrapped in; a `partial` or a lambda would drop the coroutine of `kiq`."""
    given = _written(work, shape)
    text = f"await {queue.text}({', '.join(given)})"
    if is_behind:
        text = f"{work.file.source(shape.carrier.func)}({', '.join([queue.text, *given])})"
    edits: list[Edit] = [ReplaceExpression(span_of(shape.whole), Code(text, queue.needs))]
    if shape.definition is not None:
        span = span_of(shape.definition)
        edits.append(ReplaceStatements(span, span, Code("")))
    return tuple(edits)
