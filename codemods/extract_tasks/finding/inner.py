"""An inner function that is handed on: its statements where it is handed on, to move as a block.

def job() -> None:                      ->    await send_join_email_task.kiq(to)
    name = to.split("@")[0]
    send_welcome(to, name)

background_tasks.add_task(job)
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cached_property

import msgspec
from msgspec.structs import replace

from ...analysis.nodes import walk
from ...analysis.scopes import local_names, own_nodes, parameter_names
from ...analysis.syntax import FileSyntax, FunctionNode, span_of
from ...model import Code, Edit, Reason, ReplaceStatements, Span
from ..blocks.runs import Run
from ..sites import CONTROL_FLOW, MUTATES, NOT_IMPORTABLE, NOT_SENDABLE, RESULT_USED, SlowSite
from .handed_on import Shape
from .peeled import definition_of, is_settled
from .work import Work


class Inner(msgspec.Struct, frozen=True):
    """What is known of the inner function in the work in which its statements stand in its place."""

    name: str
    definition: Span
    carriers: tuple[Span, ...]
    """The statements that hand it on: `add_task(job)`, or those that make and start a thread."""
    given: Mapping[str, str]
    """Parameter -> the text of its argument, where that is not a name like it."""
    statements: tuple[ast.stmt, ...]

    def is_whole(self, run: Run) -> bool:
        """Does the run take all of it, and nothing that was made up to bind a parameter?"""
        moved = set(run.moved)
        return moved.issuperset(self.statements) and not any(span_of(s) in self.carriers for s in moved)

    def edits(self, run: Run, queue: Code) -> tuple[Edit, ...]:
        """`queue` where it is handed on; the function goes, and so does what only it needed."""
        gone = [span_of(s) for s in run.moved if not self.definition.contains(span_of(s))]
        gone += [self.definition, *self.carriers[:-1]]
        last = self.carriers[-1]
        return (*(ReplaceStatements(s, s, Code("")) for s in gone), ReplaceStatements(last, last, queue))

    def passed(self, argument: str) -> str:
        """What the function passes for a parameter of the task: `user.email` for `email`."""
        root, dot, rest = argument.partition(".")
        return f"{self.given.get(root, root)}{dot}{rest}"


def in_place(work: Work, site: SlowSite, shape: Shape, carriers: Run) -> tuple[Work, Run] | Reason:
    """The work and the run of the statements of the inner function that is handed on."""
    inner, around = site.inner, work.function
    name = shape.callee.id if isinstance(shape.callee, ast.Name) else ""
    definition = definition_of(around, name)
    refused = work.reason(
        NOT_SENDABLE, f"{name or 'what is handed on'} is made inside the function", shape.whole
    )
    if inner is None or definition is None or definition.decorator_list or carriers.staying:
        return refused
    if inner.process_state:
        text = f"{name}() needs {inner.process_state}; a worker does not have it"
        return work.reason(NOT_IMPORTABLE, text, shape.whole)
    if inner.memory:
        text = f"{name}() changes {inner.memory}, and a worker would change its own"
        return work.reason(MUTATES, text, shape.whole)
    given = _given(definition, shape)
    if given is None:
        return refused
    names = _names_that_clash(around, definition, given)
    if names:
        text = f"{name}() and the function around it have names in common ({names[0]})"
        return work.reason(CONTROL_FLOW, text, definition)
    if not is_settled(work.file, around, shape.whole, definition):
        text = f"what {name}() reads is set or changed after it is handed on"
        return work.reason(CONTROL_FLOW, text, shape.whole)
    if any(
        isinstance(node, (ast.Yield, ast.YieldFrom, ast.Nonlocal, ast.Global)) for node in walk(definition)
    ):
        return refused
    if any(map(_gives_a_value, own_nodes(definition))):
        # it would be kept as the result of the task, which not every value can be
        return work.reason(RESULT_USED, f"{name}() gives a value", shape.whole)
    spans = tuple(map(span_of, carriers.moved))
    texts = {p: text for p, value in given.items() if (text := work.file.source(value)) != p}
    file = _InPlace(work.file.path, work.file.text, span_of(definition), spans, tuple(texts.items()))
    function = file.function(span_of(around))
    if function is None:
        return refused
    own = Inner(name, span_of(definition), spans, texts, file.statements)
    others = [each for each in work.slow if each is not site]
    changed = replace(work, file=file, function=function, slow=[*others, *inner.slow], inner=own)
    return changed, Run(file, function, file.block, file.statements)


def _gives_a_value(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Return) else None
    return value is not None and not (isinstance(value, ast.Constant) and value.value is None)


def _given(definition: FunctionNode, shape: Shape) -> Mapping[str, ast.expr] | None:
    """Parameter -> argument; None where they are not named one by one, or where a default is left."""
    arguments = definition.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    if arguments.vararg or arguments.kwarg or len(shape.positional) > len(names):
        return None
    found = dict(zip(names, shape.positional, strict=False))
    found |= {keyword.arg: keyword.value for keyword in shape.keywords if keyword.arg}
    is_plain = not any(isinstance(n, (ast.Starred, ast.NamedExpr)) for v in found.values() for n in walk(v))
    return found if is_plain and set(found) == set(parameter_names(arguments)) else None


def _names_that_clash(
    around: FunctionNode, definition: FunctionNode, given: Mapping[str, ast.expr]
) -> list[str]:
    """Names that the inner function binds, and that mean something else around it."""
    own = local_names(definition) - {n for n, v in given.items() if isinstance(v, ast.Name) and v.id == n}
    inside = set(walk(definition))
    named = {n.id for n in walk(around) if isinstance(n, ast.Name) and n not in inside}
    return sorted(own & (named | set(parameter_names(around.args))))


class _InPlace(FileSyntax, frozen=True, dict=True):
    """The file as if the statements of the inner function stood where it is handed on."""

    definition: Span
    carriers: tuple[Span, ...]
    given: tuple[tuple[str, str], ...]

    @cached_property
    def tree(self) -> ast.Module:
        return self._made[0]

    @property
    def block(self) -> list[ast.stmt]:
        """The block that the statements stand in now."""
        return self._made[1]

    @property
    def statements(self) -> tuple[ast.stmt, ...]:
        return self._made[2]

    @cached_property
    def _made(self) -> tuple[ast.Module, list[ast.stmt], tuple[ast.stmt, ...]]:
        tree, last = ast.parse(self.text), self.carriers[-1]
        found = {span_of(node): node for node in walk(tree) if isinstance(node, ast.stmt)}
        definition = found[self.definition]
        assert isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef))
        blocks = [block for node in walk(tree) for block in _blocks(node)]
        own = next(block for block in blocks if found[last] in block)
        own[own.index(found[last]) : own.index(found[last]) + 1] = [*self._bindings(last), *definition.body]
        gone = [found[span] for span in (self.definition, *self.carriers[:-1])]
        for block in blocks:
            block[:] = [statement for statement in block if statement not in gone]
        return tree, own, tuple(definition.body)

    def _bindings(self, place: Span) -> list[ast.stmt]:
        """`email = user.email` for a parameter, at the place of the call."""
        made = [ast.parse(f"{name} = {text}").body[0] for name, text in self.given]
        for node in (part for statement in made for part in ast.walk(statement)):
            if "lineno" in node._attributes:
                node.lineno, node.col_offset = place.line, place.col  # type: ignore[attr-defined]
                node.end_lineno, node.end_col_offset = place.end_line, place.end_col  # type: ignore[attr-defined]
        return made


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    values = (value for _, value in ast.iter_fields(node) if isinstance(value, list))
    return [value for value in values if value and isinstance(value[0], ast.stmt)]
