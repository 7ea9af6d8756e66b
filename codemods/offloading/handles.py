"""Values that block each time they are used: open files, readers over them, lazy directory listings."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.judge.effects.lazy import Given
from ..analysis.nodes import bound_plainly, target_of
from ..analysis.scopes import local_names, target_names
from ..analysis.syntax import last_name, span_of
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
_OPENING = frozenset(name.rpartition(".")[2] for name in _OPENERS)
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
        "elasticsearch.helpers.parallel_bulk",
        "elasticsearch.helpers.scan",
        "elasticsearch.helpers.streaming_bulk",
        "ftplib.FTP.mlsd",
        "os.fwalk",
        "psycopg.Connection.notifies",
        "psycopg.Copy.rows",
        "psycopg.Cursor.stream",
        "urllib3.response.BaseHTTPResponse.read_chunked",
        "urllib3.response.BaseHTTPResponse.stream",
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
    }
)
ONLY_MADE = frozenset({"csv.writer", "csv.DictWriter"})
"""Those of them that do nothing with the file before a method of theirs is called."""
_READ_LATER = frozenset(
    {
        "accumulate", "batched", "chain", "chain.from_iterable", "compress", "cycle", "dropwhile",
        "enumerate", "filter", "filterfalse", "groupby", "islice", "iter", "map", "pairwise", "starmap",
        "takewhile", "tee", "zip", "zip_longest",
    }
)  # fmt: skip
"""They read what they are given when somebody reads what they give."""
_READERS = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all"}
)
_STREAMED = frozenset({"EventSourceResponse", "StreamingResponse"})
_HANDED_ON = ("Response", "UploadFile")
_IN_MEMORY = frozenset(
    {
        "fileno", "getinfo", "getvalue", "infolist", "isatty", "namelist", "readable", "seekable", "writable",
    }
)  # fmt: skip


def is_opener(name: str) -> bool:
    return name in _OPENERS


def opens_for(call: ast.Call) -> bool:
    """Is a file opened for the call alone, which nobody closes but the end of the call?

    `open(path, "wb").write(content)`, `json.dump(found, open(path, "w"))`.
    """
    receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    given = (*receiver, *call.args, *(keyword.value for keyword in call.keywords))
    return any(isinstance(each, ast.Call) and last_name(each.func) in _OPENING for each in given)


def is_lazy(name: str) -> bool:
    """Whether the work is done when the result is iterated, not when it is called."""
    last = name.rpartition(".")[2]
    return name in _LAZY or last.startswith("iter_") or last.endswith("_iter") or last == "paginate"


class Handles:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._done: set[str] = set()

    def consumer(self, value: ast.expr) -> ast.expr | ast.For | ast.Assign | None:
        """What reads `value` in the same expression, the loop over it, or the statement that takes it apart;
        None when it is kept."""
        parent = self._frame.file.parents[value]
        if isinstance(parent, ast.Assign) and takes_apart(parent):
            # `a, b = tee(rows)` takes a tuple apart, and reads nothing yet
            is_tuple = isinstance(value, ast.Call) and last_name(value.func) == "tee"
            return None if is_tuple else parent
        if isinstance(parent, ast.For) and parent.iter is value:
            return parent
        if isinstance(parent, ast.comprehension) and parent.iter is value:
            comprehension = self._frame.file.parents[parent]
            assert isinstance(comprehension, ast.expr)
            return comprehension
        if isinstance(parent, ast.Compare) and value in parent.comparators:
            return parent
        if isinstance(parent, ast.Starred) and isinstance(self._frame.file.parents[parent], ast.expr):
            return self._frame.file.parents[parent]  # type: ignore[return-value]
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

    def outermost(self, value: ast.Call) -> ast.Call:
        """`iter(filter(None, rows()))` of `rows()`: what is read in its place."""
        parent = self._frame.file.parents[value]
        if not isinstance(parent, ast.Call) or value not in parent.args:
            return value
        is_lazy_call = self._written(parent).removeprefix("itertools.") in _READ_LATER
        return self.outermost(parent) if is_lazy_call else value

    def iterator(self, value: ast.expr) -> ast.expr | ast.For | None:
        """The consumer, where it surely iterates over `value`: what is taken apart may be a tuple."""
        found = self.consumer(value)
        if isinstance(found, ast.Call):
            return found if self._written(found) in _READERS else None
        return None if isinstance(found, ast.Assign) else found

    def _is_streamed(self, value: ast.expr) -> bool:
        """Does a response send it? Starlette reads an iterator in the thread pool, item by item."""
        above = self._frame.file.parents[value]
        call = self._frame.file.parents[above] if isinstance(above, ast.keyword) else above
        return isinstance(call, ast.Call) and call.func is not value and last_name(call.func) in _STREAMED

    def is_assigned(self, value: ast.expr) -> bool:
        return bool(self._target(value))

    def escape(self, value: ast.expr, *, is_plain: bool) -> ast.AST | None:
        """Where a value that its own expression does not read goes, other than to the `uses` of it.

        `is_plain`: it is an iterator of a library, so that a response may go on where others have begun.
        """
        variable = self._target(value)
        if variable not in local_names(self._frame.function) or not self._is_only(variable):
            return value
        for node in sorted(self._frame.nodes, key=_position):
            if isinstance(node, ast.Name) and node.id == variable and isinstance(node.ctx, ast.Load):
                parent = self._frame.file.parents[node]
                is_read = isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is node
                is_read = is_read or (is_plain and self._is_streamed(node))
                if isinstance(parent, ast.Attribute):
                    parent = self._frame.file.parents[parent]
                if not is_read and not (isinstance(parent, ast.Call) and self._is_use(parent, variable)):
                    return node
        return None

    def uses(self, span: Span, name: str, given: Given = Given.VALUE) -> Iterator[tuple[ast.AST, str, str]]:
        """Where the variable of the result of the call at `span` is read: node, name and kind of each."""
        call = self._frame.file.call(span)
        if call is None:
            return
        written = self._written(call)
        is_handle = (
            given in (Given.GENERATOR, Given.LAZY) or is_opener(name) or is_lazy(name) or written in _WRAPPERS
        )
        if not is_handle and given is not Given.PERHAPS_LAZY:
            return
        variable = self._target(self.outermost(call) if is_handle else call)
        if not variable or variable in self._done or not self._is_only(variable):
            return
        self._done.add(variable)
        for node in sorted(self._frame.nodes, key=_position):
            if isinstance(node, ast.Name) and node.id == variable:
                parent = self._frame.file.parents[node]
                if isinstance(parent, ast.For) and parent.iter is node:
                    yield parent, name, "for"
                elif isinstance(parent, ast.comprehension) and parent.iter is node:
                    yield node, name, "for"
            elif isinstance(node, ast.Call) and is_handle and self._is_use(node, variable):
                yield node, self._written(node), "call"

    def _is_use(self, call: ast.Call, variable: str) -> bool:
        if span_of(call) in self._frame.native or isinstance(self._frame.file.parents[call], ast.Await):
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
        target = target_of(parent)
        if isinstance(parent, ast.NamedExpr):
            target = parent.target
        elif isinstance(parent, ast.withitem):
            target = parent.optional_vars
        return target.id if isinstance(target, ast.Name) else ""

    def _is_only(self, variable: str) -> bool:
        """Every value of the variable is such a value."""
        for node in self._frame.nodes:
            bound: list[tuple[ast.expr, ast.expr | None]] = [*bound_plainly(node)]
            if isinstance(node, (ast.AugAssign, ast.For, ast.AsyncFor)):
                bound = [(node.target, getattr(node, "value", None))]
            for target, value in bound:
                if variable in target_names(target) and not isinstance(value, (ast.Call, ast.Constant)):
                    return False
        return True

    def _written(self, call: ast.Call) -> str:
        return self._frame.file.source(call.func)


def takes_apart(statement: ast.Assign) -> bool:
    """`first, second = value`"""
    return len(statement.targets) == 1 and isinstance(statement.targets[0], (ast.List, ast.Tuple))


def _is_handed_on(call: ast.Call) -> bool:
    name = last_name(call.func)
    return name.endswith(_HANDED_ON) or name in {"isinstance", "print", "append", "id", "repr", "str"}


def _position(node: ast.AST) -> tuple[int, int]:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
