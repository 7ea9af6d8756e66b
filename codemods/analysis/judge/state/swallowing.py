"""Context managers of the project that may end exceptions, so that what stands behind their `with` runs then.

@contextmanager                         class Quiet:
def quiet():                                def __exit__(self, kind, error, traceback):
    try:                                        return kind is not None
        yield
    except OSError:
        log.warning("not reached")
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ....model import Span
from ...flow.control import may_swallow
from ...index.expr import Call, Expr
from ...link.infer import Inference
from ...link.kinds import Cls, Fn, Kind, Obj
from ...link.program import CallKey, Key
from ...nodes import walk
from ...syntax import FileSyntax, FunctionNode, Syntax, span_of


class Swallowing:
    def __init__(self, inference: Inference, syntax: Syntax) -> None:
        self.inference = inference
        self.program = inference.program
        self.syntax = syntax
        self._known: dict[Key, bool] = {}

    def entered(self, function: Key) -> frozenset[Span]:
        """Those that the function enters by `with`, as they are written there."""
        module = self.program.modules[function.path]
        return frozenset(
            each.span
            for scope in module.frame(function.scope)
            for each in module.implicits_by_scope.get(scope, ())
            if each.kind == "with" and self._is_one(Key(function.path, scope), each.expr, each.span.line)
        )

    def _is_one(self, scope: Key, manager: Expr, line: int) -> bool:
        kinds = self.inference.kinds(scope, manager, line)
        if isinstance(manager, Call):
            kinds |= self.inference.callees(CallKey(scope.path, manager.index))
        return any(map(self._ends, self._leaving(kinds)))

    def _leaving(self, kinds: frozenset[Kind]) -> Iterator[Key]:
        """What runs when the `with` ends."""
        classes = self.inference.classes
        for kind in kinds:
            if isinstance(kind, Fn) and self.inference.results.context_wrapper(kind.key) is not None:
                yield kind.key
            elif isinstance(kind, (Cls, Obj)):
                found = (
                    classes.method(step, "__exit__")
                    for step in classes.mro(kind.key)
                    if isinstance(step, Key)
                )
                yield from [key for key in found if key is not None][:1]

    def _ends(self, function: Key) -> bool:
        if function not in self._known:
            self._known[function] = False  # one that enters itself ends nothing by that
            file = self.syntax.file(function.path)
            node = file.function(self.program.scope(function).span)
            self._known[function] = node is not None and (
                _says_so(node) or any(self._ends_at(function, file, each) for each in walk(node))
            )
        return self._known[function]

    def _ends_at(self, function: Key, file: FileSyntax, node: ast.AST) -> bool:
        """A `yield` in a `try` with a clause that comes to its end, or in a `with` that does the same."""
        if not isinstance(node, ast.Yield):
            return False
        child: ast.AST = node
        for above in file.above(node):
            if isinstance(above, (ast.FunctionDef, ast.Lambda)):
                return False
            if isinstance(above, ast.Try) and child in above.body:
                if any(not _raises(handler.body) for handler in above.handlers):
                    return True
            elif isinstance(above, ast.With):
                own = self.entered(function)
                entered = [item.context_expr for item in above.items]
                if any(may_swallow(each) or span_of(each) in own for each in entered):
                    return True
            child = above
        return False


def _says_so(node: FunctionNode) -> bool:
    """Does `__exit__` give anything but None or False?"""
    given = [each.value for each in walk(node) if isinstance(each, ast.Return) and each.value is not None]
    return node.name == "__exit__" and not all(
        isinstance(value, ast.Constant) and not value.value for value in given
    )


def _raises(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise)
