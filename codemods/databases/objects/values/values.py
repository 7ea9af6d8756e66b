"""What values are made of, and whether all of it is known."""

from __future__ import annotations

import ast
from collections.abc import Container

from ....analysis.absent import is_absent
from ....analysis.link.kinds import Fn, Inst, Kind, Kinds, Obj, Unknown, ordered
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, walk
from ....analysis.syntax import last_name
from ....analysis.view import View

_EMPTY = frozenset({"builtins.list", "builtins.set", "builtins.tuple"})
"""What they give when they are given nothing."""
_RUNNERS = frozenset({"run_in_threadpool", "to_thread", "run_sync"})


def hides(kinds: Kinds) -> bool:
    """A container of nobody knows what."""
    return any(
        isinstance(kind, Inst)
        and kind.name in ("builtins.list", "builtins.tuple")
        and any(
            not inner or any(isinstance(k, Unknown) for k in inner)
            for inner in kind.args[:1] or (frozenset(),)
        )
        for kind in kinds
    )


def wraps(kind: Kind, mapped: Container[Key]) -> bool:
    """A dictionary, a model, or a container of models: they may be mapped objects all the same."""
    if isinstance(kind, Inst):
        return kind.name == "builtins.dict" or any(wraps(k, mapped) for inner in kind.args for k in inner)
    return isinstance(kind, Obj) and kind.key not in mapped


def parts_of(node: ast.expr) -> list[ast.expr] | None:
    """The values that a display or a choice is made of; none for a constant."""
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return [node.elt]
    if isinstance(node, ast.DictComp):
        return [node.value]
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return node.elts
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return [] if isinstance(node, ast.Constant) else None


def is_empty(view: View, node: ast.expr) -> bool:
    """`[]`, `list()`"""
    if isinstance(node, ast.Call):
        return not (node.args or node.keywords) and view.external(node.func) in _EMPTY
    return isinstance(node, (ast.List, ast.Tuple)) and not node.elts


def is_nothing(view: View, node: ast.expr) -> bool:
    """`None`, `[]`"""
    return is_empty(view, node) or (isinstance(node, ast.Constant) and node.value is None)


def entries_of(view: View, node: ast.expr) -> list[tuple[str | None, ast.expr]] | None:
    """The keys and values of a dictionary that is written down, as `{..}` or as `dict(..)`; what is unpacked
    into it has no key."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [(_text(key) if key is not None else None, value) for key, value in pairs]
    if isinstance(node, ast.Call) and view.external(node.func) == "builtins.dict":
        named = [(keyword.arg, keyword.value) for keyword in node.keywords]
        return [*((None, argument) for argument in node.args), *named]
    return None


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def functions_run(view: View, call: ast.Call) -> list[Key]:
    """Those whose answer it gives: what is called, and what `run_in_threadpool(load, 1)` has called."""
    is_handed = last_name(call.func) in _RUNNERS and bool(call.args)
    handed = view.kinds(call.args[0]) if is_handed else frozenset()
    return [*view.functions_called(call), *(kind.key for kind in ordered(handed) if isinstance(kind, Fn))]


def fails(view: View, node: ast.expr) -> bool:
    """`crud.lost(db)`, there or by name: of what fails before, nothing is read."""
    if isinstance(node, ast.Name):
        function = view.function(node)
        assigned = [pair for n in walk(function) for pair in bound_plainly(n)] if function is not None else []
        values = [value for target, value in assigned if getattr(target, "id", "") == node.id]
        return bool(values) and all(not isinstance(v, ast.Name) and fails(view, v) for v in values)
    return isinstance(node, ast.Call) and is_absent(view, node.func)
