"""Which session gave what an expression holds, as it is spelled where the expression stands.

book = self.books.get(1)    # BookRepository.get() asks self.session: that is self.books.session here
"""

from __future__ import annotations

import ast

from ....analysis.handed_over import Arguments
from ....analysis.link.names import Parameter
from ....analysis.link.program import Key
from ....analysis.nodes import bound_plainly, walk
from ....analysis.view import View, Views
from ...spelling import session_of_class, session_of_function
from ...words import SESSIONS
from .newborn import adds, makes

_DEPTH = 5


class SessionsBehind:
    def __init__(self, views: Views, arguments: Arguments) -> None:
        self.views = views
        self.arguments = arguments

    def of(self, view: View, node: ast.expr, depth: int = 0) -> str | None:
        """None where that is more than one, or cannot be told."""
        if isinstance(node, ast.Name) and depth < _DEPTH:
            values = _values(view, node)
            is_made = bool(values) and all(makes(view, value) for value in values)
            given_by = self._taking(view, node) if is_made else values
            return _only({self.of(view, value, depth + 1) for value in given_by})
        if isinstance(node, (ast.Await, ast.Subscript)):
            return self.of(view, node.value, depth)
        if not isinstance(node, ast.Call):
            return None
        if isinstance(node.func, ast.Attribute) and view.instance(node.func.value) in SESSIONS:
            return view.source(node.func.value)
        keys = view.functions_called(node)
        if len(keys) == 1:
            return self._through(view, node, keys[0], depth)
        inner = node.func.value if isinstance(node.func, ast.Attribute) else next(iter(node.args), None)
        return self.of(view, inner, depth) if inner is not None and not keys else None

    def _taking(self, view: View, node: ast.Name) -> list[ast.expr]:
        """`self.books.add(book)`: the calls that give an object which is made here to a session."""
        function = view.function(node)
        return [
            each
            for each in (walk(function) if function is not None else ())
            if isinstance(each, ast.Call)
            and each.lineno <= node.lineno
            and adds(self.views, view, each, node.id)
        ]

    def _through(self, view: View, call: ast.Call, key: Key, depth: int) -> str | None:
        """The session of the function that is called, by what it is given or by its receiver."""
        other = self.views.of(key.path)
        function = other.file.function(view.program.scope(key).span)
        if function is None or depth > _DEPTH:
            return None
        own = session_of_function(other, function) or session_of_class(other, function)
        if own is not None:
            return self._outside(view, call, key, own.text)
        given = {
            self.of(other, each.value, depth + 1)
            for each in walk(function)
            if isinstance(each, ast.Return) and each.value is not None and other.owner(each) == key
        }
        inner = _only(given)
        return self._outside(view, call, key, inner) if inner is not None else None

    def _outside(self, view: View, call: ast.Call, key: Key, session: str) -> str | None:
        """`self.session` of a method is `books.session` for who calls `books.get()`."""
        root, _, rest = session.partition(".")
        parameters = view.program.scope(key).parameters
        position = next((n for n, parameter in enumerate(parameters) if parameter.name == root), None)
        if position is None:
            return None
        given = self.arguments.value(view, call, Parameter(key, position))
        if given is None or not _is_plain(given):
            return None
        return ".".join(filter(None, (view.source(given), rest)))


def _values(view: View, node: ast.Name) -> list[ast.expr]:
    """All that the name is bound to in its function; `rows, total = search()` is bound to the call."""
    function = view.function(node)
    found: list[ast.expr] = []
    for each in walk(function) if function is not None else ():
        if bound := bound_plainly(each):
            targets, value = [target for target, _ in bound], bound[0][1]
        elif isinstance(each, (ast.For, ast.comprehension)):
            targets, value = [each.target], each.iter
        else:
            continue
        if any(isinstance(n, ast.Name) and n.id == node.id for target in targets for n in walk(target)):
            found.append(value)
    return found


def _only(found: set[str | None]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None


def _is_plain(node: ast.expr) -> bool:
    """Names and attributes, which give the same when they are read again."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_plain(node.value))
