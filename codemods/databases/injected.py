"""The dependency whose result FastAPI hands over for a parameter.

user: User = Depends(get_user)
user: Annotated[User, Depends(get_user)]
user: CurrentUser                           # CurrentUser = Annotated[User, Depends(get_user)]
"""

from __future__ import annotations

import ast

from ..analysis.index.expr import Call
from ..analysis.link.kinds import Fn, Kind, Obj
from ..analysis.link.names import Parameter
from ..analysis.link.program import CallKey, Key
from ..analysis.nodes import bound_plainly
from ..analysis.view import View, Views

_DEPENDS = ("Depends", "Security")


def injected(views: Views, view: View, parameter: Parameter) -> Key | None:
    """None where it is no dependency, or none that is a function or object of the project."""
    found = dependency(views, view, parameter)
    if found is None:
        return None
    own, node = found
    given = (
        node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "dependency"), None)
    )
    called = [_called(own, kind) for kind in own.kinds(given)] if given is not None else []
    return called[0] if len(called) == 1 else None


def dependency(views: Views, view: View, parameter: Parameter) -> tuple[View, ast.Call] | None:
    """`Depends(get_user)`, `Depends(Bearer())`, and where it is written."""
    own = views.of(parameter.function.path)
    written = view.program.scope(parameter.function).parameters[parameter.position]
    default = written.default
    if isinstance(default, Call):
        return _depends(own, own.node_of(CallKey(own.path, default.index)))
    function = own.file.function(view.program.scope(parameter.function).span)
    arguments = function.args if function is not None else None
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs] if arguments else []
    return next((_of_annotation(views, own, a.annotation) for a in every if a.arg == written.name), None)


def _of_annotation(views: Views, view: View, node: ast.expr | None) -> tuple[View, ast.Call] | None:
    if isinstance(node, ast.Subscript) and view.external(node.value).endswith(".Annotated"):
        extras = node.slice.elts[1:] if isinstance(node.slice, ast.Tuple) else []
        found = [each for extra in extras if (each := _depends(view, extra)) is not None]
        return found[-1] if found else None
    need = view.import_of(node) if isinstance(node, ast.Name) else None
    path = view.program.module_path(need.module, view.path) if need is not None else None
    if need is None or path is None:
        return None
    other = views.of(path)
    for target, value in (pair for statement in other.file.tree.body for pair in bound_plainly(statement)):
        if ast.unparse(target) == need.name:
            return _of_annotation(views, other, value) if isinstance(value, ast.Subscript) else None
    return None


def _depends(view: View, node: ast.expr | None) -> tuple[View, ast.Call] | None:
    is_it = isinstance(node, ast.Call) and view.external(node.func).rpartition(".")[2] in _DEPENDS
    return (view, node) if is_it and isinstance(node, ast.Call) else None


def _called(view: View, kind: Kind) -> Key | None:
    """An object is called by its `__call__`."""
    if isinstance(kind, Fn):
        return kind.key
    return view.inference.classes.method(kind.key, "__call__") if isinstance(kind, Obj) else None
