"""A run of statements -> a nested function and the awaited call of it.

with open(path) as f:          ->      def read_data():
    data = json.load(f)                    with open(path) as f:
                                               return json.load(f)

                                       data = await run_in_threadpool(read_data)
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import msgspec

from ...model import ExtractToThread
from .code import STATEMENT_LINES, BodyStatement, Writer
from .rows import Laid
from .whitespace import SPACE


class Extracted(msgspec.Struct, frozen=True):
    definition: cst.FunctionDef
    call: cst.SimpleStatementLine


class _Returned(msgspec.Struct, frozen=True):
    """The last statement returns what it assigned before; `annotation` is the one that the name had."""

    body: list[BodyStatement]
    annotation: cst.Annotation | None


def extracted(edit: ExtractToThread, run: Laid, writer: Writer) -> Extracted:
    body = list(run.body)
    annotation = None
    if not edit.returns and edit.results:
        is_value = edit.is_tuple or len(edit.results) == 1
        found = _returning(body, edit.results, edit.parameters) if is_value else None
        if found is not None:
            body, annotation = found.body, found.annotation
        else:
            body.append(writer.statement(f"return {', '.join(edit.results)}"))
    if edit.global_names:
        body.insert(0, writer.statement(f"global {', '.join(edit.global_names)}"))
    definition = cst.FunctionDef(
        name=cst.Name(edit.name),
        params=cst.Parameters([cst.Param(cst.Name(name)) for name in edit.parameters]),
        body=cst.IndentedBlock(body, footer=run.footer),
        returns=cst.Annotation(cst.parse_expression(edit.gives)) if edit.gives else None,
    )
    return Extracted(definition, _call(edit, annotation, writer))


def _call(
    edit: ExtractToThread, annotation: cst.Annotation | None, writer: Writer
) -> cst.SimpleStatementLine:
    call = f"await {writer.text(edit.runner)}({', '.join([edit.name, *edit.parameters])})"
    if edit.returns:
        return writer.statement(f"return {call}")
    if not edit.results:
        return writer.statement(call)
    if annotation is not None:
        value = cst.parse_expression(call)
        return cst.SimpleStatementLine([cst.AnnAssign(cst.Name(edit.results[0]), annotation, value)])
    return writer.statement(f"{', '.join(edit.results)} = {call}")


def _returning(
    body: Sequence[BodyStatement], results: Sequence[str], parameters: Sequence[str]
) -> _Returned | None:
    """None when the last statement does more than to assign the results."""
    last = body[-1]
    if isinstance(last, cst.SimpleStatementLine):
        found = _return(last.body[-1], results)
        if found is None:
            return None
        statement = last.with_changes(body=[*last.body[:-1], found[0]])
        return _Returned([*body[:-1], statement], found[1])
    # a manager that swallows the exception would give None for a parameter that kept its value
    if isinstance(last, cst.With) and not set(results) & set(parameters):
        return _returning_from_with(body, last, results, parameters)
    return None


def _returning_from_with(
    body: Sequence[BodyStatement], last: cst.With, results: Sequence[str], parameters: Sequence[str]
) -> _Returned | None:
    block = last.body
    if isinstance(block, cst.SimpleStatementSuite):
        found = _return(block.body[-1], results)
        if found is None:
            return None
        suite = block.with_changes(body=[*block.body[:-1], found[0]])
        return _Returned([*body[:-1], last.with_changes(body=suite)], found[1])
    statements = [each for each in block.body if isinstance(each, STATEMENT_LINES)]
    inner = _returning(statements, results, parameters)
    if inner is None:
        return None
    changed = last.with_changes(body=block.with_changes(body=inner.body))
    return _Returned([*body[:-1], changed], inner.annotation)


def _return(
    statement: cst.BaseSmallStatement, results: Sequence[str]
) -> tuple[cst.Return, cst.Annotation | None] | None:
    """`result = value` -> `return value`, with the annotation of the name."""
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        target, value, annotation = statement.targets[0].target, statement.value, None
    elif isinstance(statement, cst.AnnAssign) and statement.value is not None:
        target, value, annotation = statement.target, statement.value, statement.annotation
    else:
        return None
    targets = [each.value for each in target.elements] if isinstance(target, cst.Tuple) else [target]
    if [each.value if isinstance(each, cst.Name) else "" for each in targets] != [*results]:
        return None
    return cst.Return(value, whitespace_after_return=SPACE, semicolon=statement.semicolon), annotation
