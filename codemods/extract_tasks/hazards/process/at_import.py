"""What runs of a file when it is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from ....analysis.judge.reaching.reach import Reach, leads_to
from ....analysis.link.import_graph import ImportGraph
from ....analysis.link.program import Key
from ....analysis.nodes import walk
from ....analysis.scopes import own_nodes
from ....analysis.syntax import last_name
from ....analysis.view import View, Views
from ...words import words

_SERVERS = words("granian hypercorn uvicorn")
_SERVE = words("run serve")
_STARTS = words("loop_forever loop_start run_polling start start_http_server start_polling")


class Started:
    """`uvicorn.run(app)`, `scheduler.start()`: what begins to run on its own, and a second one by a second
    import."""

    def __init__(self, reach: Reach, views: Views, graph: ImportGraph) -> None:
        self.reach = reach
        self.views = views
        self.graph = graph
        self._in_file = cache(self._find_in_file)
        self._known: dict[Key, bool] = {}

    def by(self, module: str) -> str:
        """The statement by which an import of the module, or of what it loads, starts something; empty for
        none."""
        return next(filter(None, map(self._in_file, sorted(self.graph.loads(module)))), "")

    def _find_in_file(self, path: str) -> str:
        view = self.views.of(path)
        for statement in run_at_import(view.file.tree.body):
            called = {key for call in calls_of(statement) for key in view.functions_run(call)}
            if _starts(view, statement) or any(map(self._comes_to_one, called)):
                return view.in_a_line(statement)
        return ""

    def _comes_to_one(self, function: Key) -> bool:
        return leads_to(function, self._by_function, self.reach.callees, self._known)

    def _by_function(self, function: Key) -> bool:
        view = self.views.of(function.path)
        node = view.file.function(view.program.scope(function).span)
        return any(_starts(view, part) for part in own_nodes(node)) if node is not None else False


def _starts(view: View, statement: ast.AST) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    if last_name(call.func) in _SERVE:
        return view.external(call.func).partition(".")[0] in _SERVERS
    return last_name(call.func) in _STARTS and not view.functions_run(call)


def calls_of(statement: ast.stmt) -> Iterator[ast.Call]:
    """Those that run with the statement."""
    if isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign)):
        yield from (node for node in walk(statement) if isinstance(node, ast.Call))


def run_at_import(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, (ast.Try, ast.With)):
            yield from run_at_import(statement.body)
        elif isinstance(statement, ast.If):
            if "__name__" not in ast.unparse(statement.test):
                yield from run_at_import((*statement.body, *statement.orelse))
        else:
            yield statement
