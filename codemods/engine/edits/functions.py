"""`def` -> `async def`, `with` -> `async with`, `for` -> `async for`; decorators and bases that are added."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from ...model import AddBase, AddDecorator, AsyncClause, AsyncStatement, Code, TurnAsync
from .code import Writer
from .failure import RewriteError
from .whitespace import SPACE, bare

_Turning = cst.FunctionDef | cst.With | cst.For | cst.CompFor


def turned(edit: TurnAsync | AsyncStatement | AsyncClause, node: _Turning) -> _Turning:
    if node.asynchronous is not None:
        raise RewriteError("it is async already", edit.span)
    if isinstance(edit, TurnAsync) and edit.name:
        return node.with_changes(asynchronous=cst.Asynchronous(), name=cst.Name(edit.name))
    return node.with_changes(asynchronous=cst.Asynchronous())


def decorated(edit: AddDecorator, function: cst.FunctionDef, writer: Writer) -> cst.FunctionDef:
    text = writer.text(edit.code).strip().removeprefix("@")
    new = cst.Decorator(writer.expression(Code(text)))
    return function.with_changes(decorators=[*function.decorators, new])


def with_base(edit: AddBase, cls: cst.ClassDef, writer: Writer) -> cst.ClassDef:
    """Before all others, with their commas."""
    comma = cst.Comma(whitespace_after=SPACE)
    if len(cls.bases) > 1 and isinstance(cls.bases[0].comma, cst.Comma):
        comma = cls.bases[0].comma.with_changes(whitespace_after=bare(cls.bases[0].comma.whitespace_after))
    return cls.with_changes(bases=[cst.Arg(writer.expression(edit.code), comma=comma), *cls.bases])


def is_in_class(around: Sequence[cst.CSTNode]) -> bool:
    """Whether what stands there is a member of a class."""
    scopes = [node for node in around if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda))]
    return bool(scopes) and isinstance(scopes[-1], cst.ClassDef)


def class_path(around: Sequence[cst.CSTNode]) -> str:
    """How the function or module that holds the classes around a member names the innermost of them."""
    names: list[str] = []
    for node in around:
        if isinstance(node, cst.ClassDef):
            names.append(node.name.value)
        elif isinstance(node, (cst.FunctionDef, cst.Lambda)):
            names.clear()
    return ".".join(names)


def decorator_names(function: cst.FunctionDef) -> set[str]:
    return {d.decorator.value for d in function.decorators if isinstance(d.decorator, cst.Name)}
