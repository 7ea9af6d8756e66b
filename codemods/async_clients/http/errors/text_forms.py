"""The forms in which code reads the text of an error, and holds it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from ....analysis.link.kinds import Cls, Fn
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.syntax import FileSyntax, last_name
from ....analysis.view import View
from ...twin import World

_LOGGERS = {"debug", "info", "warning", "error", "exception", "critical", "log", "print", "capture_exception"}
ADDS = {"append", "add", "insert", "extend"}
_OTHERS = ("fastapi.", "starlette.", "pydantic.")
_OF_ALL_ERRORS = {"args", "with_traceback", "add_note"}
_SAME_ON_RESPONSE = {"status_code", "text", "content", "json", "headers"}


class LookedIntoError(Exception):
    """Something may depend on the text."""


class Held(msgspec.Struct, frozen=True):
    """An expression that holds the text, in the frame of a function."""

    function: Key
    node: ast.AST
    key: str | int | None = None
    """The key, index or attribute under which it lies there, where that is known."""
    raised: bool = False
    """What holds it is an exception that is raised here."""


def read_of(node: ast.AST, name: str | None) -> Iterator[ast.Name]:
    """Where a name is read below a node."""
    for each in walk(node):
        if isinstance(each, ast.Name) and each.id == name and not is_store(each):
            yield each


def is_logged(view: View, node: ast.AST) -> bool:
    """Is it given to a logger? A function of the project with such a name may do anything."""
    for above in view.file.above(node):
        if isinstance(above, ast.Call) and last_name(above.func) in _LOGGERS:
            return not any(isinstance(kind, (Cls, Fn)) for kind in view.callees(above))
        if isinstance(above, ast.stmt):
            return False
    return False


def has_it_alone(read: ast.AST) -> bool:
    """`error.response`, `error.errno`: most errors of httpx lack that, and a log that asks for it fails."""
    is_own = isinstance(read, ast.Attribute) and not read.attr.startswith("__")
    return is_own and getattr(read, "attr", "") not in _OF_ALL_ERRORS


def is_same_response(file: FileSyntax, error: ast.Name) -> bool:
    """`error.response.status_code`, or `getattr()` of it, and `error.response is not None` before it"""
    response = file.parents[error]
    read = file.parents[response]
    if not isinstance(response, ast.Attribute) or response.attr != "response":
        return False
    if isinstance(read, ast.Compare):
        return all(isinstance(operator, (ast.Is, ast.IsNot)) for operator in read.ops)
    if isinstance(read, ast.Call) and getattr(read.func, "id", "") == "getattr" and response in read.args[:1]:
        return len(read.args) > 1 and constant(read.args[1]) in _SAME_ON_RESPONSE
    return isinstance(read, ast.Attribute) and read.attr in _SAME_ON_RESPONSE


def is_told_apart(view: View, error: ast.Name) -> bool:
    """`isinstance(error, HTTPException)`: a class that no error of an HTTP client is of."""
    call = view.file.parents[error]
    if not isinstance(call, ast.Call) or view.external(call.func) != "builtins.isinstance":
        return False
    classes = call.args[1].elts if isinstance(call.args[1], ast.Tuple) else [call.args[1]]
    return call.args[0] is error and all(
        view.classes_named(each) or view.external(each).startswith(_OTHERS) for each in classes
    )


def text_of(file: FileSyntax, error: ast.expr) -> ast.AST:
    """`str(error)`, `f"{error}"`, `"%s" % error`: of the error itself nothing else is asked."""
    node: ast.AST = error
    above = file.parents[node]
    if isinstance(above, ast.Tuple):
        node, above = above, file.parents[above]
    is_text = (
        isinstance(above, ast.FormattedValue)
        or (is_part(above, node) and isinstance(above, ast.BinOp) and isinstance(above.op, ast.Mod))
        or (isinstance(above, ast.Call) and node in above.args and _writes(above.func))
    )
    if not is_text:
        raise LookedIntoError
    return above


def _writes(func: ast.expr) -> bool:
    return is_template(func) or (isinstance(func, ast.Name) and func.id in ("str", "repr"))


def is_template(func: ast.expr) -> bool:
    """`"{}: {}".format`, `", ".join`"""
    if not isinstance(func, ast.Attribute) or func.attr not in ("format", "join"):
        return False
    return isinstance(func.value, ast.Constant) and isinstance(func.value.value, str)


def is_part(above: ast.AST, node: ast.AST) -> bool:
    """Does `above` hold all of the node in what it gives?"""
    if isinstance(above, ast.BinOp):
        return isinstance(above.op, ast.Add) or (isinstance(above.op, ast.Mod) and node is above.right)
    return isinstance(above, ast.IfExp) and node is not above.test


def is_kept(file: FileSyntax, node: ast.AST) -> bool:
    """`self.message = node`, `super().__init__(f"failed: {node}")`"""
    above = file.parents[node]
    while isinstance(above, (ast.FormattedValue, ast.JoinedStr, ast.keyword)) or is_part(above, node):
        node, above = above, file.parents[above]
    if isinstance(above, ast.Call):
        return isinstance(above.func, ast.Attribute) and above.func.attr == "__init__"
    return isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is node


def only_keeps(world: World, cls: Key, call: ast.Call, given: ast.AST, keyword: str | None) -> bool:
    """Does the `__init__` of a class only keep what it is given, or hand it to that of its base?"""
    init = world.effects.inference.classes.method(cls, "__init__")
    node = world.node(init) if init is not None else None
    if init is None or node is None:
        return True
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    if given in call.args:
        keyword = dict(enumerate(names[1:])).get(call.args.index(given))
    file = world.syntax.file(init.path)
    uses = [n for n in walk(node) if isinstance(n, ast.Name) and n.id == keyword]
    return keyword is not None and all(is_kept(file, use) for use in uses)


def constant(node: ast.expr | None) -> str | int | None:
    """A key or an index that is written out."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, (str, int)) else None


def is_store(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def part_read(file: FileSyntax, held: Held, above: ast.Subscript | ast.Attribute) -> Iterator[Held]:
    """`found["error"]`, `found.get("error")`, `found.error`, `text[:80]`: is it the text that is read?"""
    if held.node is not above.value:
        raise LookedIntoError
    outer = file.parents[above]
    is_set = not isinstance(above.ctx, ast.Load)
    node: ast.AST = above
    if isinstance(above, ast.Subscript):
        key = constant(above.slice)
    elif isinstance(outer, ast.Call) and outer.func is above:
        if above.attr in ADDS and isinstance(file.parents[outer], ast.Expr):
            return
        if above.attr != "get" or not outer.args:
            raise LookedIntoError
        key, node = constant(outer.args[0]), outer
    else:
        key = above.attr
    if not is_set and (held.key is None or key is None or key == held.key):
        yield replace(held, node=node, key=None)
