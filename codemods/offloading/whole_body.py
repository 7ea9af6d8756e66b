"""When the whole body of a handler may move to a plain function that one thread runs."""

from __future__ import annotations

import ast

from ..analysis.flow.runs import uses_frames, uses_super
from ..analysis.scopes import parameter_names
from ..analysis.syntax import span_of
from ..model import MoveBody
from .frame import RUNNER, Frame, Refusal
from .hazards import obstacle
from .naming import Namer


def whole_body(frame: Frame, name: str, namer: Namer) -> MoveBody | Refusal:
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
    return MoveBody(span_of(function), namer.free(name or f"_{function.name}"), RUNNER)
