"""The signature for a moved body: the same names and types, without defaults, metadata and comments."""

from __future__ import annotations

import libcst as cst

from .whitespace import NOTHING, Whitespace, bare


def without_defaults(params: cst.Parameters) -> cst.Parameters:
    """Comments, defaults and what `Annotated` says to FastAPI stay with the function that it calls."""
    found = params.with_changes(
        posonly_params=[_without_default(param) for param in params.posonly_params],
        params=[_without_default(param) for param in params.params],
        kwonly_params=[_without_default(param) for param in params.kwonly_params],
    ).visit(_NoComments())
    assert isinstance(found, cst.Parameters)
    return found


def aligned(params: cst.Parameters, old: str, new: str) -> cst.Parameters:
    """Parameters that stood under the first one, behind `def old(`, under the first one behind `def new(`."""
    found = params.visit(_Aligned(len(f"def {old}("), len(new) - len(old)))
    assert isinstance(found, cst.Parameters)
    return found


def on_one_line(function: cst.FunctionDef, length: int) -> cst.FunctionDef:
    """The signature on one line where it fits, unless a last comma asks for one line each."""
    params = function.params
    if _has_last_comma(params):
        return function
    star = params.star_arg
    joined = function.with_changes(
        whitespace_before_params=NOTHING,
        params=params.with_changes(
            posonly_params=[_unbroken(param) for param in params.posonly_params],
            posonly_ind=cst.MaybeSentinel.DEFAULT,
            params=[_unbroken(param) for param in params.params],
            star_arg=_unbroken(star) if isinstance(star, cst.Param) else cst.MaybeSentinel.DEFAULT,
            kwonly_params=[_unbroken(param) for param in params.kwonly_params],
            star_kwarg=_unbroken(params.star_kwarg) if params.star_kwarg else None,
        ),
    )
    header = joined.with_changes(body=cst.SimpleStatementSuite([]), leading_lines=[], decorators=[])
    text = cst.Module([]).code_for_node(header).strip().removesuffix(" pass")
    return joined if len(text) <= length else function


def _has_last_comma(params: cst.Parameters) -> bool:
    positional = (*params.posonly_params, *params.params)
    ordered = (*positional, params.star_arg, *params.kwonly_params, params.star_kwarg)
    written = [param for param in ordered if isinstance(param, cst.Param)]
    return bool(written) and isinstance(written[-1].comma, cst.Comma)


def _without_default(param: cst.Param) -> cst.Param:
    annotation = param.annotation
    if annotation is not None:
        annotation = annotation.with_changes(annotation=_type_alone(annotation.annotation))
    return param.with_changes(default=None, equal=cst.MaybeSentinel.DEFAULT, annotation=annotation)


def _type_alone(annotation: cst.BaseExpression) -> cst.BaseExpression:
    """`Annotated[Db, Depends(get_db)]` -> `Db`."""
    match annotation:
        case cst.Subscript(
            value=cst.Name("Annotated") | cst.Attribute(attr=cst.Name("Annotated")),
            slice=[cst.SubscriptElement(slice=cst.Index(value=alone)), *_],
        ):
            return alone
        case _:
            return annotation


def _unbroken(param: cst.Param) -> cst.Param:
    return param.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_param=NOTHING)


class _NoComments(cst.CSTTransformer):
    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> Whitespace:
        return bare(updated_node)


class _Aligned(cst.CSTTransformer):
    def __init__(self, column: int, by: int) -> None:
        super().__init__()
        self._column = column
        self._by = by

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        last = updated_node.last_line
        if updated_node.indent and len(last.value) == self._column:
            return updated_node.with_changes(
                last_line=last.with_changes(value=" " * (self._column + self._by))
            )
        return updated_node
