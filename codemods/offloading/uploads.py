"""Uploads, whose own methods already wait in a thread: `f.file.read()` -> `await f.read()`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from ..analysis.nodes import walk
from .enclosing import Piece
from .frame import Frame
from .places import bound_by

_ARGUMENTS = {"read": (0, 1), "seek": (1, 1), "write": (1, 1), "close": (0, 0)}


def is_upload_method(frame: Frame, call: ast.Call) -> bool:
    """A call on the file of an `UploadFile` that its own awaitable method can replace."""
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
    return isinstance(upload, ast.Name) and (
        _is_upload_parameter(frame, upload.id) or _is_one_here(frame, upload)
    )


def all_uploads(frame: Frame, pieces: Sequence[Piece]) -> bool:
    """Does nothing of them wait but uploads, by themselves?"""
    calls = [piece.node for piece in pieces if isinstance(piece.node, ast.Call)]
    return len(calls) == len(pieces) and all(is_upload_method(frame, call) for call in calls)


def _is_upload_parameter(frame: Frame, name: str) -> bool:
    annotation = _annotation(frame, name)
    return annotation is not None and _is_upload(frame, annotation)


def _annotation(frame: Frame, name: str) -> ast.expr | None:
    """That of a parameter which is never rebound."""
    arguments = frame.function.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if argument.arg == name and not _binds(frame.nodes, name):
            return argument.annotation
    return None


def _is_one_here(frame: Frame, upload: ast.Name) -> bool:
    """`if isinstance(upload, UploadFile):`, or `for upload in uploads:` with `uploads: list[UploadFile]`."""
    child: ast.AST = upload
    for above in frame.within(upload):
        if isinstance(above, (ast.If, ast.For)) and child in above.body:
            if isinstance(above, ast.If) and _asks_whether(frame, above.test, upload.id):
                return not any(_binds(walk(part), upload.id) for part in above.body)
            if isinstance(above, ast.For) and _binds(walk(above.target), upload.id):
                return (
                    isinstance(above.target, ast.Name)
                    and not any(_binds(walk(part), upload.id) for part in above.body)
                    and isinstance(above.iter, ast.Name)
                    and _are_uploads(frame, _annotation(frame, above.iter.id))
                )
        child = above
    return False


def _asks_whether(frame: Frame, test: ast.expr, name: str) -> bool:
    return (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Name)
        and test.func.id == "isinstance"
        and len(test.args) == 2
        and isinstance(test.args[0], ast.Name)
        and test.args[0].id == name
        and _is_upload(frame, test.args[1])
    )


def _are_uploads(frame: Frame, annotation: ast.expr | None) -> bool:
    if not isinstance(annotation, ast.Subscript):
        return False
    around = ast.unparse(annotation.value).rpartition(".")[2]
    if around == "Annotated" and isinstance(annotation.slice, ast.Tuple):
        return _are_uploads(frame, annotation.slice.elts[0])
    return around in {"list", "List", "Sequence"} and _is_upload(frame, annotation.slice)


def _binds(nodes: Iterable[ast.AST], name: str) -> bool:
    return any(name in bound_by(node) for node in nodes)


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
