"""Uploads, whose own methods already wait in a thread: `f.file.read()` -> `await f.read()`."""

from __future__ import annotations

import ast

from ..analysis.nodes import walk
from .frame import Frame

_ARGUMENTS = {"read": (0, 1), "seek": (1, 1), "write": (1, 1), "close": (0, 0)}


def is_upload_method(frame: Frame, call: ast.Call) -> bool:
    """A call on the file of an `UploadFile` parameter that its own awaitable method can replace."""
    method = call.func
    if not (
        isinstance(method, ast.Attribute)
        and method.attr in _ARGUMENTS
        and isinstance(method.value, ast.Attribute)
    ):
        return False
    upload = method.value.value
    fewest, most = _ARGUMENTS[method.attr]
    if method.value.attr != "file" or call.keywords or not fewest <= len(call.args) <= most:
        return False
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return False
    if method.attr != "read" and not isinstance(frame.file.parents[call], ast.Expr):
        # the file's methods return a number, those of the upload nothing
        return False
    return isinstance(upload, ast.Name) and _is_upload_parameter(frame, upload.id)


def _is_upload_parameter(frame: Frame, name: str) -> bool:
    arguments = frame.function.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if argument.arg == name and argument.annotation is not None:
            rebound = any(
                isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
                for node in frame.nodes
            )
            return not rebound and _is_upload(frame, argument.annotation)
    return False


def _is_upload(frame: Frame, annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return _is_upload(frame, ast.parse(annotation.value, mode="eval").body)
        except SyntaxError:
            return False
    if isinstance(annotation, ast.BinOp):
        sides = [side for side in (annotation.left, annotation.right) if not _is_none(side)]
        return len(sides) == 1 and _is_upload(frame, sides[0])
    if isinstance(annotation, ast.Subscript):
        around = ast.unparse(annotation.value).rpartition(".")[2]
        first = annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
        return around in {"Optional", "Annotated"} and _is_upload(frame, first)
    if isinstance(annotation, ast.Attribute):
        return annotation.attr == "UploadFile" and ast.unparse(annotation.value).split(".")[0] in {
            "fastapi",
            "starlette",
        }
    return isinstance(annotation, ast.Name) and annotation.id in _upload_names(frame)


def _upload_names(frame: Frame) -> set[str]:
    return {
        alias.asname or alias.name
        for node in walk(frame.file.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"fastapi", "starlette"}
        for alias in node.names
        if alias.name == "UploadFile"
    }


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
