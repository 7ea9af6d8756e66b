"""When the whole body of a handler may move to a plain function that one thread runs."""

from __future__ import annotations

import ast

from ..analysis.flow.runs import uses_frames, uses_super
from ..analysis.nodes import walk
from ..analysis.scopes import FUNCTIONS, parameter_names
from ..analysis.syntax import span_of
from ..model import MoveBody
from .frame import RUNNER, Frame, Refusal
from .hazards import obstacle
from .naming import Namer


def whole_body(frame: Frame, namer: Namer) -> MoveBody | Refusal:
    function = frame.function
    nodes = list(frame.nodes)
    if frame.native:
        return Refusal("it awaits or yields", function)
    positional = [*function.args.posonlyargs, *function.args.args]
    if isinstance(frame.file.parents[function], ast.ClassDef) and not positional:
        return Refusal("it is a method without an instance", function)
    if uses_super(nodes) or uses_frames(nodes):
        return Refusal("it looks at its own frame", function)
    arguments = function.args
    named = [
        node
        for part in function.body
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and node.id == function.name
    ]
    is_local = function.name in parameter_names(arguments) or any(
        isinstance(node.ctx, ast.Store) and node in frame.nodes for node in named
    )
    if named and not is_local:
        return Refusal("it names itself", function)
    if arguments.kwarg is not None or any(argument.arg == "func" for argument in arguments.kwonlyargs):
        return Refusal("its keyword arguments could collide with those of the thread pool", function)
    if isinstance(function, ast.AsyncFunctionDef):
        reason = obstacle(frame, list(function.body))
        if reason:
            return Refusal(f"its body {reason}", function)
    return MoveBody(span_of(function), namer.free(_name(frame)), RUNNER)


def _name(frame: Frame) -> str:
    """`_show`; and `_show_2` for the second handler of that name, since the first must keep its own body."""
    function = frame.function
    others = (
        node
        for node in walk(frame.file.tree)
        if isinstance(node, FUNCTIONS) and node.name == function.name and node.lineno < function.lineno
    )
    number = 1 + sum(_scope(frame, other) is _scope(frame, function) for other in others)
    return f"_{function.name}" if number == 1 else f"_{function.name}_{number}"


def _scope(frame: Frame, node: ast.AST) -> ast.AST:
    around = (above for above in frame.file.above(node) if isinstance(above, (*FUNCTIONS, ast.ClassDef)))
    return next(around, frame.file.tree)
