"""Where an object comes from: the statements that select it, or the place where it was made."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec

from ....analysis.handed_over import Arguments
from ....analysis.index.bindings import How
from ....analysis.link.bound_at import reaching_at
from ....analysis.link.kinds import Fn, Inst, Obj, ordered
from ....analysis.link.libraries.rows import QUERY, SELECT
from ....analysis.link.names import Parameter, lookup
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import walk
from ....analysis.syntax import FunctionNode
from ....analysis.view import View, Views
from ...injected import injected
from ...names import ADDING, names_in
from ...queries.chains import ASKS_ELSE
from ...words import SELECTS, SESSIONS
from .expired import Expired
from .fields import Fields
from .held import gives_same

_RESULTS = frozenset({"exec", "execute", "scalars", "scalar"})
_DEPTH = 8


class Origin(msgspec.Struct, frozen=True):
    view: View
    node: ast.Call | None
    """`db.query(E)`, `select(E)` or `session.get(E, pk)`; None when it is no query."""
    returned: ast.Return | None = None
    """For an object that no query of this program selects: the statement of a helper that returns it by
    name."""


class Origins:
    def __init__(self, views: Views, arguments: Arguments, *, keep: bool) -> None:
        self.views = views
        self.arguments = arguments
        self.fields = Fields(views, arguments.callers)
        self.expired = Expired(views, keep=keep)
        self._open: set[tuple[str, int, str | int]] = set()
        """Names and parameters that are being followed: one that is built on itself adds nothing."""
        self._known: dict[tuple[ast.expr, int], Sequence[Origin]] = {}
        """Functions that call each other several times would be followed along every way between them."""
        self._circles = 0
        """How often a name was met that is being followed: what is found then is not all."""

    def of(self, view: View, node: ast.expr, depth: int = 0) -> Sequence[Origin]:
        """Every origin of the objects that `node` gives, once; an `Origin` without a node for each that is no
        query."""
        if (node, depth) in self._known:
            return self._known[node, depth]
        circles = self._circles
        found = tuple(dict.fromkeys(self._of(view, node, depth)))
        if not self._open or circles == self._circles:
            self._known[node, depth] = found
        return found

    def _of(self, view: View, node: ast.expr, depth: int) -> Sequence[Origin]:
        if depth > _DEPTH:
            return [Origin(view, None)]
        if isinstance(node, ast.Await):
            return self.of(view, node.value, depth)
        if isinstance(node, ast.Name):
            return self._of_name(view, node, depth)
        if isinstance(node, ast.BoolOp):
            return [o for value in node.values for o in self.of(view, value, depth + 1)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [*self.of(view, node.left, depth + 1), *self.of(view, node.right, depth + 1)]
        if isinstance(node, ast.IfExp):
            return [*self.of(view, node.body, depth + 1), *self.of(view, node.orelse, depth + 1)]
        if (same := gives_same(view, node)) is not None:
            return self.of(view, same, depth + 1)
        if isinstance(node, ast.Call):
            return self._of_call(view, node, depth)
        if isinstance(node, ast.Constant) and node.value is None:
            return []
        if isinstance(node, ast.Attribute):
            return self._of_attribute(view, node, depth) or [Origin(view, None)]
        return [Origin(view, None)]

    def _of_name(self, view: View, node: ast.Name, depth: int) -> list[Origin]:
        function = view.function(node)
        mark = (view.path, view.owner(node).scope, node.id)
        if mark in self._open:  # `users = users or ..`
            self._circles += 1
            return self._of_parameter(view, node, depth)
        self._open.add(mark)
        found: list[Origin] = []
        for value in self._values(view, function, node) if function is not None else ():
            found += self.of(view, value, depth + 1) if value is not None else [Origin(view, None)]
        for value, index in self._unpacked(function, node.id) if function is not None else ():
            found += self._item(view, value, index, depth + 1)
        found += self._of_parameter(view, node, depth)
        self._open.discard(mark)
        return found or [Origin(view, None)]

    def _values(self, view: View, function: FunctionNode, read: ast.Name) -> Iterator[ast.expr | None]:
        """All that the name is bound to where it is read, or is put into what it holds; None for what is not
        followed."""
        elsewhere = _bound_elsewhere(view, read)
        for node in names_in(function, read.id):
            above = view.file.parents[node]
            if isinstance(node.ctx, ast.Store) and node.lineno in elsewhere:
                continue
            around = view.file.parents[above]
            if isinstance(node.ctx, ast.Load):
                adds = isinstance(above, ast.Attribute) and above.attr in ADDING
                if adds and isinstance(around, ast.Call) and around.func is above and _may_hold(view, node):
                    yield from around.args[-1:]
            elif isinstance(above, ast.Assign):
                yield above.value
            elif isinstance(above, (ast.For, ast.comprehension)):
                yield above.iter
            elif isinstance(above, ast.Tuple) and isinstance(around, (ast.For, ast.comprehension)):
                yield around.iter
            elif isinstance(above, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
                if above.value is not None:
                    yield above.value
            elif not (isinstance(above, ast.Tuple) and isinstance(around, ast.Assign)):
                yield None

    def _unpacked(self, function: FunctionNode, name: str) -> Iterator[tuple[ast.expr, int]]:
        """`items, total = search(..)`"""
        for node in walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                for index, target in enumerate(node.targets[0].elts):
                    if isinstance(target, ast.Name) and target.id == name:
                        yield node.value, index

    def _item(self, view: View, node: ast.expr, index: int, depth: int) -> Sequence[Origin]:
        if isinstance(node, ast.Await):
            node = node.value
        if isinstance(node, ast.Tuple) and index < len(node.elts):
            return self.of(view, node.elts[index], depth)
        keys = view.functions_called(node) if isinstance(node, ast.Call) else []
        found: list[Origin] = []
        for key in keys if len(keys) == 1 and depth <= _DEPTH else ():
            other = self.views.of(key.path)
            function = other.file.function(view.program.scope(key).span)
            for each in walk(function) if function is not None else ():
                if isinstance(each, ast.Return) and each.value is not None and other.owner(each) == key:
                    found += self._item(other, each.value, index, depth + 1)
        return found or [Origin(view, None)]

    def _of_attribute(self, view: View, node: ast.Attribute, depth: int) -> list[Origin]:
        """`page.items`: what the class is made with at every place."""
        found: list[Origin] = []
        for kind in view.kinds(node.value):
            if not isinstance(kind, Obj):
                return []
            given = self.fields.of(kind.key, node.attr)
            if given is None:
                return []
            for each in given:
                found += self.of(each.view, each.value, depth + 1)
        return found

    def _of_parameter(self, view: View, node: ast.Name, depth: int) -> list[Origin]:
        """What callers hand over, or `Depends` injects; nothing if the name has another value by now."""
        parameter = parameter_at(view, node)
        if parameter is None:
            return []
        mark = (view.path, parameter.function.scope, parameter.position)
        if mark in self._open:
            self._circles += 1
            return []
        self._open.add(mark)
        given = self.arguments.of(parameter)
        key = injected(self.views, view, parameter) if given is None else None
        found = [Origin(view, None)] if given is None and key is None else []
        for each in given or ():
            found += self.of(each.view, each.value, depth + 1)
        if key is not None:
            found += self._returned(key, depth)
        self._open.discard(mark)
        return found

    def _of_call(self, view: View, node: ast.Call, depth: int) -> Sequence[Origin]:
        member = view.member(node)
        if member is not None and member.owner in SESSIONS:
            if member.attr in ("get", "get_one"):
                return [Origin(view, node)]
            if member.attr == "query":
                return [Origin(view, node)]
            if member.attr in _RESULTS and node.args:
                return self.of(view, node.args[0], depth + 1)
        if member is not None and member.attr in ASKS_ELSE:
            return [Origin(view, None)]
        theirs = member is not None and member.owner.startswith(("sqlalchemy.", "sqlmodel."))
        if theirs and isinstance(node.func, ast.Attribute):
            return self.of(view, node.func.value, depth)
        if view.external(node.func) in SELECTS:
            return [Origin(view, node)]
        for argument in node.args:
            if view.instance(argument) in (QUERY, SELECT):
                return self.of(view, argument, depth)
        callees = ordered(view.callees(node))
        if not callees or not all(isinstance(kind, Fn) for kind in callees):
            return [Origin(view, None)]
        return [o for kind in callees if isinstance(kind, Fn) for o in self._returned(kind.key, depth)]

    def _returned(self, key: object, depth: int) -> list[Origin]:
        view = self.views.of(key.path)  # type: ignore[attr-defined]
        function = view.file.function(view.program.scope(key).span)  # type: ignore[arg-type]
        found: list[Origin] = []
        if function is None:
            return [Origin(view, None)]
        for node in walk(function):
            if isinstance(node, ast.Return) and node.value is not None and view.owner(node) == key:
                if isinstance(node.value, ast.Name) and self.expired.at(view, function, node.value.id, node):
                    found.append(Origin(view, None, node))
                    continue
                for origin in self.of(view, node.value, depth + 1):
                    here = (
                        origin.node is None and origin.returned is None and isinstance(node.value, ast.Name)
                    )
                    found.append(Origin(view, None, node) if here else origin)
        return found or [Origin(view, None)]


def _may_hold(view: View, node: ast.Name) -> bool:
    """A list or set, not `query.update(..)` or an object of the project's own."""
    kinds = view.kinds(node)
    return not any(isinstance(kind, Obj) for kind in kinds) and not any(
        isinstance(kind, Inst) and kind.name.startswith(("sqlalchemy.", "sqlmodel.")) for kind in kinds
    )


def _bound_elsewhere(view: View, read: ast.Name) -> set[int]:
    """The lines on which the name is given another value than it can have where it is read; none where that
    is built on itself."""
    module = view.program.modules[view.path]
    home = module.home(view.owner(read).scope, read.id) if isinstance(read.ctx, ast.Load) else None
    if home is None or not home.is_own:
        return set()
    here = {b.line for b in reaching_at(home.found, module.facts.scopes[home.scope], read.lineno)}
    others = {binding.line for binding in home.found} - here
    function = view.function(read) if others else None
    reads = (n for n in names_in(function, read.id) if isinstance(n.ctx, ast.Load)) if function else ()
    return set() if any(view.file.statement(each).lineno in here for each in reads) else others


def parameter_at(view: View, node: ast.Name) -> Parameter | None:
    """The parameter whose value the name may still have."""
    found = lookup(view.program, view.owner(node), node.id, node.lineno)
    if isinstance(found, Parameter):
        return found
    for each in found or ():
        if each.binding.how is How.PARAMETER:
            return Parameter(each.home, each.binding.scope)
    return None


def is_of_another(views: Views, origin: Origin, cls: Key) -> bool:
    """A query for other objects, whose way leads here through a helper that many use."""
    if origin.node is None or not origin.node.args:
        return False
    asked = [key for argument in origin.node.args for key in origin.view.classes_named(argument)]
    classes = views.inference.classes
    return bool(asked) and not any(cls in classes.mro(key) or key in classes.mro(cls) for key in asked)


__all__ = ["CallKey", "Origin", "Origins", "is_of_another"]
