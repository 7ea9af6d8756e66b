"""When the whole body of a handler may move to a plain function that one thread runs."""

from __future__ import annotations

import ast

from ..analysis.flow.runs import uses_frames, uses_super
from ..analysis.nodes import walk
from ..analysis.scopes import FUNCTIONS, parameter_names
from ..analysis.syntax import FunctionNode, span_of
from ..model import MoveBody
from .frame import RUNNER, Frame, Refusal
from .hazards import obstacle
from .naming import Namer

_SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Module)


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
        for node in walk(part)
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
    return MoveBody(span_of(function), _name(frame, namer), RUNNER)


def _name(frame: Frame, namer: Namer) -> str:
    """`_show`; and `_show_2` for the second handler of that name, since the first must keep its own body.

    Each function beside it is given a name here, moved or not, so that no two of them come to have the same.
    """
    first: dict[str, FunctionNode] = {}
    again: list[FunctionNode] = []
    for node in _beside(frame):
        if first.setdefault(node.name, node) is not node:
            again.append(node)
    names = {node: namer.free(_hidden(name)) for name, node in first.items()}
    names |= {node: namer.numbered(_hidden(node.name)) for node in again}
    return names[frame.function]


def _hidden(name: str) -> str:
    """`_handle` for a handler that has no name: `def _():`."""
    return f"_{name}" if name.strip("_") else "_handle"


def _beside(frame: Frame) -> list[FunctionNode]:
    """The functions of the scope that the function stands in, itself among them, from the top."""
    nodes = frame.file.of_kind(*FUNCTIONS)
    scope = _scope(frame, frame.function)
    return sorted((node for node in nodes if _scope(frame, node) is scope), key=span_of)


def _scope(frame: Frame, function: FunctionNode) -> ast.AST:
    """The one that the function stands in."""
    return next(above for above in frame.file.above(function) if isinstance(above, _SCOPES))
