"""Bytes and uploads that a block reads: few bytes go along as base64, others and uploads in a file.

data = await file.read()            async with stored_upload(file) as file_path:
save_avatar(user, data)                 await save_avatar_task.kiq(user, file_path)

                                    @broker.task
                                    def save_avatar_task(user: int, file_path: str) -> None:
                                        with opened_upload(file_path) as file:
                                            data = file.read()
                                            save_avatar(user, data)
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import indent

import msgspec

from ...analysis.nodes import LOOPS, walk
from ...analysis.scopes import own_nodes, parameter_names, target_names
from ...analysis.syntax import span_of
from ...model import Code, ImportNeed
from ..finding.work import Work
from ..generated.code import CodeBuilder
from ..sent.small import DECODE, ENCODE, is_small, that_ran_before
from ..sent.ways import Carried
from ..sites import ValueKind
from ..words import UPLOAD_FIELDS
from .runs import Run


class Carriage(msgspec.Struct, frozen=True):
    """How one value gets to the task: `parameter` is what the task is given for it."""

    name: str
    """Of the value in the function, and in the task."""
    parameter: str
    way: Carried
    fields: tuple[str, ...] = ()
    """What is read of an upload beside its content."""

    @property
    def is_stored(self) -> bool:
        return self.way is not Carried.SMALL

    @property
    def opened(self) -> str:
        """The file in the task."""
        return f"{self.name}_file" if self.way is Carried.BYTES else self.name

    def argument(self, builder: CodeBuilder) -> str:
        return self.parameter if self.is_stored else f"{builder.need(ENCODE)}({self.name}).decode()"


def carriage(work: Work, run: Run, name: str, taken: set[str]) -> Carriage | None:
    """None for what cannot get there; `taken` are names that mean something else in the task."""
    kind = work.context.kind(name)
    first = next((node for node in run.nodes if _is(node, name)), None)
    if work.stays_sync or work.inner is not None or not isinstance(first, ast.Name):
        return None
    if kind is ValueKind.BYTES and work.context.annotation(name) == Code("bytes"):
        if work.carried.holds(Carried.SMALL) and is_small(work, first):
            return _free(work, Carriage(name, f"encoded_{name}", Carried.SMALL), taken)
        if work.carried.holds(Carried.BYTES):
            return _free(work, Carriage(name, f"{name}_path", Carried.BYTES), taken)
    if kind is ValueKind.UPLOAD and work.carried.holds(Carried.UPLOADS):
        fields = _fields(work, run, name) if _is_given(work, name) else None
        if fields is not None and _is_at_its_start(work, run, name) and _is_left_alone(work, run, name):
            return _free(work, Carriage(name, f"{name}_path", Carried.UPLOADS, fields), taken)
    return None


def _free(work: Work, found: Carriage, taken: set[str]) -> Carriage | None:
    new = {found.parameter, found.opened} - {found.name}
    return found if new.isdisjoint(taken | work.locals) else None


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_given(work: Work, name: str) -> bool:
    """A parameter, or what a loop takes from a list: no other name for an upload that is read elsewhere."""
    bound = [node for node in work.frame if _is(node, name) and not isinstance(node.ctx, ast.Load)]  # type: ignore[attr-defined]
    if name in parameter_names(work.function.args):
        return not bound
    loops = (work.file.parents[node] for node in bound)
    return all(isinstance(loop, (ast.For, ast.AsyncFor)) for loop in loops) and len(bound) == 1


def _fields(work: Work, run: Run, name: str) -> tuple[str, ...] | None:
    """The fields that the run reads, where it only reads the upload; None for anything else."""
    inside = set(run.frame)
    found: dict[str, None] = {}
    for node in run.nodes:
        if not _is(node, name):
            continue
        above = work.file.parents[node]
        if node not in inside or not isinstance(above, ast.Attribute):
            return None
        if above.attr in UPLOAD_FIELDS:
            found[above.attr] = None
        elif above.attr != "file" and not work.reads_upload(work.file.parents[work.file.parents[above]]):
            return None
    return tuple(found)


def _is_at_its_start(work: Work, run: Run, name: str) -> bool:
    """Has nobody read it before, or is it wound back since; and reads nothing between the statements?"""
    start = span_of(run.moved[0])[:2]
    reading = [node for node in work.frame if _is(node, name) and not _only_asks(work, node)]
    if any(span_of(statement).contains(span_of(node)) for statement in run.staying for node in reading):
        return False
    before = [span_of(node) for node in reading if span_of(node)[:2] < start]
    back = [span_of(s) for s in that_ran_before(work, run.moved[0]) if _winds_back(s, name)]
    return not before or any(span.contains(max(before)) for span in back)


def _is_left_alone(work: Work, run: Run, name: str) -> bool:
    """Does nobody else read it, behind the run or in another function, nor the run another time?"""
    own = set(own_nodes(work.function))
    if any(_is(node, name) and node not in own for node in walk(work.function)):
        return False
    for around in work.file.above(run.moved[0]):
        if around is work.function:
            break
        if isinstance(around, (ast.For, ast.AsyncFor)) and name in target_names(around):
            break
        if isinstance(around, LOOPS):
            return False
    end = span_of(run.moved[-1])[2:]
    later = [node for node in work.frame if _is(node, name) and span_of(node)[:2] >= end]
    return all(_only_asks(work, node) or _is_closed(work, node) for node in later)


def _only_asks(work: Work, node: ast.AST) -> bool:
    """`file.filename`, `if not file`"""
    above = work.file.parents[node]
    if isinstance(above, ast.Attribute):
        return above.attr in UPLOAD_FIELDS or above.attr == "headers"
    if isinstance(above, ast.Compare):
        return all(isinstance(each, (ast.Is, ast.IsNot)) for each in above.ops)
    return isinstance(above, (ast.If, ast.BoolOp, ast.UnaryOp)) or getattr(above, "target", None) is node


def _is_closed(work: Work, node: ast.AST) -> bool:
    return any(closes_upload(work, each) for each in work.file.above(node) if isinstance(each, ast.stmt))


def closes_upload(work: Work, statement: ast.stmt) -> bool:
    """`await file.close()`, `file.file.close()`: what the task reads is not closed by it."""
    if not work.carried.holds(Carried.UPLOADS) or not isinstance(statement, ast.Expr):
        return False
    text = ast.unparse(statement.value).removeprefix("await ")
    name = text.partition(".")[0]
    return text in (f"{name}.close()", f"{name}.file.close()") and (
        work.context.kind(name) is ValueKind.UPLOAD
    )


def _winds_back(statement: ast.stmt, name: str) -> bool:
    text = ast.unparse(statement)
    return text in (f"await {name}.seek(0)", f"{name}.file.seek(0)")


def stored(carried: Sequence[Carriage], queue: str, builder: CodeBuilder, module: str) -> str:
    """`queue` below what stores uploads for it, of which `module` holds the functions."""
    files = [each for each in carried if each.is_stored]
    if not files:
        return queue
    store = builder.need(ImportNeed(module, "stored_upload"))
    managers = ", ".join(f"{store}({each.name}) as {each.parameter}" for each in files)
    return f"async with {managers}:\n{indent(queue, '    ')}"


def unpacked(
    carried: Sequence[Carriage], body: str, to_thread: str, builder: CodeBuilder, module: str
) -> str:
    """The body of a task below what gives it its values; `to_thread` has files read in a thread."""
    files = [each for each in carried if each.is_stored]
    read = [
        f"    {each.name} = "
        + (f"await {to_thread}({each.opened}.read)" if to_thread else f"{each.opened}.read()")
        for each in files
        if each.way is Carried.BYTES
    ]
    decoded = [
        f"    {each.name} = {builder.need(DECODE)}({each.parameter})"
        for each in carried
        if not each.is_stored
    ]
    body = "\n".join([*read, body])
    if files:
        opened = builder.need(ImportNeed(module, "opened_upload"))
        managers = ", ".join(f"{opened}({each.parameter}) as {each.opened}" for each in files)
        body = f"    with {managers}:\n{indent(body, '    ')}"
    return "\n".join([*decoded, body])
