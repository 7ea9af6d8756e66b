"""`def f(a, b)` -> `def f(a)`, `def f(b)` -> `def f(a: A, b)`: the others keep their lines."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from ...model import AddParameter, RemoveParameter
from .code import Writer
from .failure import RewriteError
from .whitespace import NOTHING, SPACE, bare

_NAMED = ("params", "kwonly_params")
_Star = str | cst.Param | cst.ParamStar | cst.MaybeSentinel


def without_parameter(edit: RemoveParameter, function: cst.FunctionDef) -> cst.FunctionDef:
    """Raises `RewriteError` when the function has no such parameter."""
    params = function.params
    places = [("posonly_params", n) for n in range(len(params.posonly_params))]
    places += [("params", n) for n in range(len(params.params))]
    places += [("kwonly_params", n) for n in range(len(params.kwonly_params))]
    groups = {group: list(getattr(params, group)) for group in ("posonly_params", "params", "kwonly_params")}
    at = next((place for place in places if groups[place[0]][place[1]].name.value == edit.name), None)
    if at is None:
        raise RewriteError(f"it has no parameter {edit.name}", edit.span)
    gone = groups[at[0]].pop(at[1])
    star: _Star = params.star_arg
    if isinstance(star, cst.ParamStar) and not groups["kwonly_params"]:
        star = cst.MaybeSentinel.DEFAULT
    if at == places[-1] and params.star_kwarg is None:
        if isinstance(star, cst.Param) and not groups["kwonly_params"]:
            star = _ending_as(star, gone) if at[0] == "kwonly_params" else star
        else:
            _end_with(groups, gone)
    slash = params.posonly_ind if groups["posonly_params"] else cst.MaybeSentinel.DEFAULT
    changed = function.with_changes(params=params.with_changes(**groups, star_arg=star, posonly_ind=slash))
    if any(groups.values()):
        return changed
    return changed.with_changes(whitespace_before_params=NOTHING)


def with_parameter(edit: AddParameter, function: cst.FunctionDef, writer: Writer) -> cst.FunctionDef:
    """Where `before` stands. Raises `RewriteError` when there is no parameter called so that may be named."""
    found = cst.parse_statement(f"def f({writer.text(edit.code)}): pass")
    assert isinstance(found, cst.FunctionDef)
    new = found.params.params[0]
    place = ((group, n) for group in _NAMED for n, each in enumerate(getattr(function.params, group)))
    group, at = next(
        (p for p in place if getattr(function.params, p[0])[p[1]].name.value == edit.before), ("", 0)
    )
    if not group:
        raise RewriteError(f"it has no parameter {edit.before}", edit.span)
    params = list(getattr(function.params, group))
    above = params[at - 1].comma if at else _opening(function, group)
    space = bare(above.whitespace_after) if isinstance(above, cst.Comma) else SPACE
    space = SPACE if isinstance(space, cst.SimpleWhitespace) else space
    params.insert(at, new.with_changes(comma=cst.Comma(whitespace_after=space)))
    return function.with_changes(params=function.params.with_changes(**{group: params}))


def _opening(function: cst.FunctionDef, group: str) -> cst.Comma:
    """What stands before the first parameter of the group."""
    star = function.params.star_arg
    if group == "kwonly_params" and isinstance(star, cst.ParamStar):
        return star.comma
    return cst.Comma(whitespace_after=function.whitespace_before_params)


def _end_with(groups: dict[str, list[cst.Param]], gone: cst.Param) -> None:
    """The parameter that is the last one now ends as the last one did: with its comma, or without."""
    last: Sequence[str] = [group for group in ("posonly_params", "params", "kwonly_params") if groups[group]]
    if last:
        groups[last[-1]][-1] = _ending_as(groups[last[-1]][-1], gone)


def _ending_as(before: cst.Param, gone: cst.Param) -> cst.Param:
    """A comment behind it stays."""
    comma = gone.comma
    if isinstance(comma, cst.Comma) and isinstance(before.comma, cst.Comma):
        old, new = before.comma.whitespace_after, comma.whitespace_after
        if isinstance(old, cst.ParenthesizedWhitespace) and isinstance(new, cst.ParenthesizedWhitespace):
            space = old.with_changes(indent=new.indent, last_line=new.last_line)
            comma = before.comma.with_changes(whitespace_after=space)
    return before.with_changes(comma=comma, whitespace_after_param=gone.whitespace_after_param)
