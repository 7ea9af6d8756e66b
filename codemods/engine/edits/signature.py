"""The signature for a moved body: the same names and types, without defaults, metadata and comments."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from .whitespace import NOTHING, Whitespace, bare

_ALL_NAMES = frozenset({"locals", "vars", "dir", "eval", "exec", "breakpoint", "set_trace"})
"""What may read any parameter."""


def without_defaults(params: cst.Parameters) -> cst.Parameters:
    """Comments, defaults and what `Annotated` says to FastAPI stay with the function that it calls."""
    found = params.with_changes(
        posonly_params=[_without_default(param) for param in params.posonly_params],
        params=[_without_default(param) for param in params.params],
        kwonly_params=[_without_default(param) for param in params.kwonly_params],
    ).visit(_NoComments())
    assert isinstance(found, cst.Parameters)
    return found


def only_read(params: cst.Parameters, body: cst.BaseSuite, *, keeps_first: bool) -> cst.Parameters:
    """Without the parameters that the body does not name: `user=Depends(login)`, which only lets in.

    `keeps_first`: the first one is the instance or the class.
    """
    read = _Read()
    body.visit(read)
    if read.names & _ALL_NAMES:
        return params
    posonly, plain = list(params.posonly_params), list(params.params)
    first = (posonly or plain)[:1] if keeps_first else []

    def left(among: Sequence[cst.Param]) -> list[cst.Param]:
        return [param for param in among if param in first or param.name.value in read.names]

    kept = (left(posonly), left(plain), left(params.kwonly_params))
    if kept == (posonly, plain, list(params.kwonly_params)):
        return params
    unset = cst.MaybeSentinel.DEFAULT
    found = params.with_changes(
        posonly_params=kept[0],
        posonly_ind=params.posonly_ind if kept[0] else unset,
        params=kept[1],
        star_arg=unset if isinstance(params.star_arg, cst.ParamStar) and not kept[2] else params.star_arg,
        kwonly_params=kept[2],
    )
    return _with_last_comma(found, _last(params))


def aligned(params: cst.Parameters, old: str, new: str) -> cst.Parameters:
    """Parameters that stood under the first one, behind `def old(`, under the first one behind `def new(`."""
    found = params.visit(_Aligned(len(f"def {old}("), len(new) - len(old)))
    assert isinstance(found, cst.Parameters)
    return found


def on_one_line(function: cst.FunctionDef, length: int, *, is_shorter: bool) -> cst.FunctionDef:
    """The signature on one line where it fits, unless a last comma asks for one line each, which it no longer
    does where parameters went."""
    params = function.params
    if _has_last_comma(params) and not is_shorter:
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
    if len(text) <= length:
        return joined
    return function.with_changes(params=_ended(params)) if is_shorter else function


def _ended(params: cst.Parameters) -> cst.Parameters:
    """The only parameter that is left on a line of its own ends with a comma, as formatters have it."""
    last = _last(params)
    is_alone = last is not None and isinstance(last.whitespace_after_param, cst.ParenthesizedWhitespace)
    count = len((*params.posonly_params, *params.params, *params.kwonly_params))
    if last is None or not is_alone or count > 1 or _has_last_comma(params) or last.star:
        return params
    ended = params.deep_replace(last, last.with_changes(comma=cst.Comma()))
    assert isinstance(ended, cst.Parameters)
    return ended


def _has_last_comma(params: cst.Parameters) -> bool:
    last = _last(params)
    return last is not None and isinstance(last.comma, cst.Comma)


def _last(params: cst.Parameters) -> cst.Param | None:
    positional = (*params.posonly_params, *params.params)
    ordered = (*positional, params.star_arg, *params.kwonly_params, params.star_kwarg)
    return next((param for param in reversed(ordered) if isinstance(param, cst.Param)), None)


def _with_last_comma(params: cst.Parameters, like: cst.Param | None) -> cst.Parameters:
    """The last parameter ends as the last one did before others went."""
    last = _last(params)
    if last is None or like is None or last is like:
        return params
    ended = params.deep_replace(
        last, last.with_changes(comma=like.comma, whitespace_after_param=like.whitespace_after_param)
    )
    assert isinstance(ended, cst.Parameters)
    return ended


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


class _Read(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def visit_Name(self, node: cst.Name) -> None:
        self.names.add(node.value)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        """`"Reader | None"`: a type may be written as a text."""
        self.names.update(re.findall(r"\w+", node.raw_value))


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
