"""Values that block each time they are used: open files, readers over them, lazy directory listings."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.scopes import FUNCTIONS, own_nodes, target_names
from ..model import Span
from .frame import Frame

_OPENERS = frozenset(
    {
        "builtins.open",
        "io.open",
        "os.fdopen",
        "codecs.open",
        "pathlib.Path.open",
        "gzip.open",
        "bz2.open",
        "lzma.open",
        "tarfile.open",
        "zipfile.ZipFile",
        "tempfile.NamedTemporaryFile",
        "tempfile.TemporaryFile",
        "tempfile.SpooledTemporaryFile",
        "PIL.Image.open",
    }
)
_LAZY = frozenset(
    {
        "pathlib.Path.iterdir",
        "pathlib.Path.glob",
        "pathlib.Path.rglob",
        "pathlib.Path.walk",
        "os.walk",
        "os.scandir",
        "glob.iglob",
        "csv.reader",
        "csv.DictReader",
    }
)
_WRAPPERS = frozenset(
    {
        "csv.reader",
        "csv.DictReader",
        "csv.writer",
        "csv.DictWriter",
        "io.TextIOWrapper",
        "io.BufferedReader",
        "zipfile.ZipFile",
        "enumerate",
        "zip",
        "map",
        "filter",
        "islice",
        "itertools.islice",
    }
)
_HANDED_ON = ("Response", "UploadFile")
_IN_MEMORY = frozenset({"fileno", "isatty", "readable", "writable", "seekable", "getvalue"})


def is_opener(name: str) -> bool:
    return name in _OPENERS


def is_lazy(name: str, call: ast.Call, frame: Frame) -> bool:
    """Whether the work is done when the result is iterated, not when it is called."""
    return name in _LAZY or is_generator(call, frame)


def is_generator(call: ast.Call, frame: Frame) -> bool:
    return isinstance(call.func, ast.Name) and any(
        isinstance(statement, FUNCTIONS)
        and statement.name == call.func.id
        and any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(statement))
        for statement in frame.file.tree.body
    )


class Handles:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._done: set[str] = set()

    def consumer(self, value: ast.expr) -> ast.expr | ast.For | None:
        """What reads `value` in the same expression, or the loop over it; None when it is kept."""
        parent = self._frame.file.parents[value]
        if isinstance(parent, ast.For) and parent.iter is value:
            return parent
        if isinstance(parent, ast.comprehension) and parent.iter is value:
            comprehension = self._frame.file.parents[parent]
            assert isinstance(comprehension, ast.expr)
            return comprehension
        above: ast.AST | None = None
        if isinstance(parent, ast.Attribute) and parent.attr not in _IN_MEMORY:
            above = self._frame.file.parents[parent]
            if not (isinstance(above, ast.Call) and above.func is parent):
                return None
        elif isinstance(parent, ast.Call) and value in parent.args and not _is_handed_on(parent):
            above = parent
        if not isinstance(above, ast.Call):
            return None
        if self._written(above) in _WRAPPERS and not self.is_assigned(above):
            return self.consumer(above) or above
        return above

    def is_assigned(self, value: ast.expr) -> bool:
        return bool(self._target(value))

    def uses(self, span: Span, name: str) -> Iterator[tuple[ast.AST, str, str]]:
        """Where the variable of the result of the call at `span` is read: node, name and kind of each."""
        call = self._frame.file.call(span)
        if call is None:
            return
        written = self._written(call)
        if not (is_opener(name) or is_lazy(name, call, self._frame) or written in _WRAPPERS):
            return
        variable = self._target(call)
        if not variable or variable in self._done or not self._is_only(variable):
            return
        self._done.add(variable)
        for node in sorted(self._frame.nodes, key=_position):
            if isinstance(node, ast.For) and isinstance(node.iter, ast.Name) and node.iter.id == variable:
                yield node, name, "for"
            elif (
                isinstance(node, ast.comprehension)
                and isinstance(node.iter, ast.Name)
                and node.iter.id == variable
            ):
                yield node.iter, name, "for"
            elif isinstance(node, ast.Call) and self._is_use(node, variable):
                yield node, self._written(node), "call"

    def _is_use(self, call: ast.Call, variable: str) -> bool:
        if self._frame.is_native(call) or isinstance(self._frame.file.parents[call], ast.Await):
            return False
        method = call.func
        if (
            isinstance(method, ast.Attribute)
            and isinstance(method.value, ast.Name)
            and method.value.id == variable
        ):
            return method.attr not in _IN_MEMORY
        return not _is_handed_on(call) and any(
            isinstance(a, ast.Name) and a.id == variable for a in call.args
        )

    def _target(self, value: ast.expr) -> str:
        parent = self._frame.file.parents[value]
        target: ast.expr | None = None
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
            target = parent.targets[0]
        elif isinstance(parent, (ast.NamedExpr, ast.AnnAssign)):
            target = parent.target
        elif isinstance(parent, ast.withitem):
            target = parent.optional_vars
        return target.id if isinstance(target, ast.Name) else ""

    def _is_only(self, variable: str) -> bool:
        """Every value of the variable is such a value."""
        for node in self._frame.nodes:
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.For, ast.AsyncFor)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(variable in target_names(target) for target in targets):
                    value = getattr(node, "value", None)
                    if not isinstance(value, (ast.Call, ast.Constant)):
                        return False
        return True

    def _written(self, call: ast.Call) -> str:
        return self._frame.file.source(call.func)


def _is_handed_on(call: ast.Call) -> bool:
    callee = call.func
    name = (
        callee.attr
        if isinstance(callee, ast.Attribute)
        else callee.id
        if isinstance(callee, ast.Name)
        else ""
    )
    return name.endswith(_HANDED_ON) or name in {"isinstance", "print", "append", "id", "repr", "str"}


def _position(node: ast.AST) -> tuple[int, int]:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
