"""The statements of a task, cut out of their file once: all that differs under another name is the name."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from ..model import Code, ImportNeed
from .blocks.carried import unpacked
from .blocks.changed import changed_in
from .blocks.parameters import Inputs
from .blocks.runs import Run
from .finding.unwrapped import HandedOn
from .finding.work import Work
from .generated.code import CodeBuilder, plain, spelled
from .generated.layout import function_text
from .generated.loading import in_thread, with_loaded
from .generated.names import TaskNames
from .sent.ways import Carried
from .task_imports import late_imports, set_up_imports


class Cut(msgspec.Struct, frozen=True):
    builder: CodeBuilder
    """What the decorator, the parameters and the body need."""
    decorator: str
    parameters: Sequence[str]
    body: str
    inputs: Inputs
    late: tuple[ImportNeed, ...]
    """What the task imports when it runs."""
    set_up: str
    taken: frozenset[str]
    """The names in it."""
    is_async: bool
    length: int

    def under(self, name: str) -> Code:
        """The task with this name."""
        builder, inputs, body = self.builder.copy(), self.inputs, self.body
        in_loop = any(each.loader.opened.is_async for each in inputs.loaded)
        if in_loop and not self.is_async:
            body = in_thread(body, name, builder)
        opened = inputs.session, inputs.opened
        body = with_loaded(inputs.loaded, body, self.taken, builder, opened, self.late)
        revived = ((each.parameter, each.revived) for each in inputs.parameters)
        anew = [(own, code) for own, code in revived if code is not None]
        body = "".join(f"    {own} = {builder.add(code, self.late)}\n" for own, code in anew) + body
        first = self.set_up + late_imports(self.late)
        text = f"{first}\n{body}" if first else body
        turns = self.is_async or in_loop
        return builder.code(
            function_text(self.decorator, name, self.parameters, text, is_async=turns, length=self.length)
        )


def cut_out(work: Work, run: Run, inputs: Inputs, handed_on: HandedOn | None, names: TaskNames) -> Cut:
    """Raises `UnusualLayoutError`."""
    # with LibCST, which takes its time to be imported: only where something moves
    from .blocks.source import TO_THREAD, Replacements, body_of

    made = [need for code in inputs.made.values() for need in code.needs]
    made += inputs.opened.needs if inputs.opened is not None else ()
    made += [need for each in inputs.parameters if each.revived is not None for need in each.revived.needs]
    late_made = filter(work.context.imports_late, made)
    late = tuple(dict.fromkeys((*inputs.late.values(), *late_made)))
    models = [need for each in inputs.loaded for need in each.needs]
    models += inputs.opened.needs if inputs.opened is not None else ()
    set_up = set_up_imports(work, (*inputs.imports.values(), *late, *made, *models))

    awaited = frozenset(work.file.source(call) for call in work.to_await(run.nodes))
    is_async = work.awaits(run.frame) or bool(awaited)
    in_threads = frozenset(work.file.source(call) for call in work.to_thread(run.nodes) if is_async)
    changed = changed_in(work, run)
    fields = {(each.root, each.attribute): each.parameter for each in inputs.parameters if each.attribute}
    fields |= inputs.kept

    builder = CodeBuilder()
    decorator = f"@{builder.need(names.broker)}.task"
    parameters = [f"{each.parameter}: {builder.add_type(each.annotation)}" for each in inputs.parameters]
    found = {own: builder.need(need) for own, need in inputs.imports.items()}
    found |= {own: spelled(need) for own, need in inputs.late.items()}
    found |= dict.fromkeys(inputs.loggers, "logger")
    if is_async and (inputs.carried or in_threads):
        found[TO_THREAD] = f"{builder.need(ImportNeed('asyncio'))}.to_thread"
    found |= {spelled(need): builder.need(need) for code in changed.values() for need in code.needs}
    told = {work.file.source(each.expression): each.parameter for each in inputs.told}
    told |= {text: plain(code) for text, code in changed.items()}
    is_inner = work.inner is not None
    files = frozenset(each.name for each in inputs.carried if each.way is Carried.UPLOADS)
    replacements = Replacements(
        found, fields, awaited, in_threads, None if is_inner else handed_on, files, told
    )
    body = body_of(run, replacements, is_whole=is_inner)
    body = unpacked(inputs.carried, body, found.get(TO_THREAD, ""), builder, names.uploads)
    for own, code in reversed(list(inputs.made.items())):
        body = f"    {own} = {builder.add(code, late)}\n{body}"
    return Cut(
        builder,
        decorator,
        parameters,
        body,
        inputs,
        late,
        set_up,
        frozenset(
            {each.id for each in run.nodes if isinstance(each, ast.Name)}
            | {each.parameter for each in inputs.parameters}
        ),
        is_async,
        names.line_length,
    )
