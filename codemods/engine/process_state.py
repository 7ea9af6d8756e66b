"""What a function changes for the whole process, where requests had the event loop to themselves meanwhile.

os.chdir(folder)                    os.chdir(folder)
subprocess.run(["git", "pull"])     await run_in_threadpool(..)    # another request changes it again here

So is a file that has the same name for all requests, where it is written and used afterwards.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ..analysis.judge.reaching.reach import Reach
from ..analysis.link.program import Key
from ..analysis.scopes import own_nodes
from ..analysis.syntax import FunctionNode, span_of
from ..model import Span

_ENVIRONMENT = "the environment"
_BY_CALL = {
    "contextlib.redirect_stderr": "where errors are printed to",
    "contextlib.redirect_stdout": "where is printed to",
    "locale.setlocale": "the locale",
    "os.chdir": "the working directory",
    "os.putenv": _ENVIRONMENT,
    "os.umask": "the mode of new files",
    "os.unsetenv": _ENVIRONMENT,
    "socket.setdefaulttimeout": "the time-out of sockets",
}
_BY_NAME = {"os.environ": _ENVIRONMENT, "sys.argv": "the arguments of the process"}
_CHANGES = frozenset({"clear", "pop", "setdefault", "update"})


class ProcessChange(NamedTuple):
    what: str
    span: Span


def process_changes(reach: Reach, function: Key, node: FunctionNode) -> Iterator[ProcessChange]:
    for site in reach.own(function):
        what = _BY_CALL.get(site.name.removesuffix(".__init__"))
        if what is not None:
            yield ProcessChange(what, Span(*site.span))
    yield from _files_for_all(reach, function, node)
    for each in own_nodes(node):
        if isinstance(each, (ast.Attribute, ast.Subscript)) and not isinstance(each.ctx, ast.Load):
            changed: ast.expr | None = each.value if isinstance(each, ast.Subscript) else each
        else:
            changed = _changed_by_call(each)
        what = _BY_NAME.get(ast.unparse(changed)) if isinstance(changed, ast.Attribute) else None
        if what is not None:
            yield ProcessChange(what, span_of(each))


def _files_for_all(reach: Reach, function: Key, node: FunctionNode) -> Iterator[ProcessChange]:
    """`open("upload.pdf", "wb")`, where the function speaks of `"upload.pdf"` once more."""
    opened = {site.span for site in reach.own(function) if site.name == "builtins.open"}
    texts = [
        each for each in own_nodes(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    for call in own_nodes(node):
        if not isinstance(call, ast.Call) or not call.args or span_of(call) not in opened:
            continue
        path, *modes = [*call.args, *(each.value for each in call.keywords if each.arg == "mode")]
        writes = any(isinstance(mode, ast.Constant) and str(mode.value)[:1] in "wx" for mode in modes)
        if writes and sum(isinstance(path, ast.Constant) and path.value == each.value for each in texts) > 1:
            yield ProcessChange(f"the file {ast.unparse(path)}", span_of(call))


def _changed_by_call(node: ast.AST) -> ast.expr | None:
    """`os.environ.update(..)`"""
    func = node.func if isinstance(node, ast.Call) else None
    return func.value if isinstance(func, ast.Attribute) and func.attr in _CHANGES else None
