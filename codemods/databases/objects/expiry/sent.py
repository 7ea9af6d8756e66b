"""Objects that a route sends without a response model: FastAPI reads their `__dict__`, in which a commit has
left nothing.

db.commit()
return note     # answers {}, and so it does when the session is async

The same where it is inside of what is sent, or is given to `jsonable_encoder()` or `vars()`; and where the
response model is its own class of SQLModel, which pydantic 2 takes for valid without reading an attribute.
"""

from __future__ import annotations

import ast

from ....analysis.handed_over import parameter_taking
from ....analysis.judge.callers.callers import Callers
from ....analysis.judge.callers.registering import registers
from ....analysis.link.kinds import Inst, Kind, Kinds, Obj, classes_in
from ....analysis.link.program import Key
from ....analysis.nodes import target_of
from ....analysis.view import View, Views
from ...names import names_in
from ..mapped.relationships import Relationships
from ..values.wholes import ENCODERS

_WITHIN = (ast.Dict, ast.List, ast.Tuple)
_DISPLAYS = frozenset({"builtins.dict", "builtins.list"})
_DEPTH = 5
_SQLMODEL = "sqlmodel.SQLModel"
_AS_A_DICTIONARY = frozenset({"keys", "__iter__"})
_COMPUTES = ("computed_field", "field_serializer", "model_serializer", "def dict(", "def model_dump")


class Sent:
    def __init__(
        self,
        views: Views,
        callers: Callers,
        relationships: Relationships,
        routes: frozenset[Key],
        *,
        old_pydantic: bool,
    ) -> None:
        self.views = views
        self.callers = callers
        self.mapped = relationships.mapped
        self.routes = routes
        others = (_SQLMODEL,) if old_pydantic else ()
        self.read_otherwise = ("sqlalchemy.orm.MappedAsDataclass", *others)
        self._as_it_is: dict[tuple[Key, Kinds], bool] = {}

    def is_sent(self, view: View, node: ast.Name) -> bool:
        """Is it sent as it is, and by nobody looked at?"""
        kinds = view.kinds(node)
        return self.is_plain(kinds) and self.goes_out(view, node, kinds)

    def goes_out(
        self, view: View, node: ast.expr, kinds: Kinds, depth: int = 0, within: Key | None = None
    ) -> bool:
        """Is all that is done with the value that it is put into others, and sent with them; or given back by
        the function `within`? `kinds` are the objects in it."""
        if depth > _DEPTH:
            return False
        below, above = node, view.file.parents[node]
        while isinstance(above, (*_WITHIN, ast.keyword)) or _chooses(above, below):
            below, above = above, view.file.parents[above]  # type: ignore[assignment]
        if isinstance(above, ast.Return):
            owner = view.owner(node)
            return owner == within or self._sends_as_it_is(owner, kinds)
        if isinstance(above, ast.Attribute):
            return above.attr == "__dict__" and below is node
        if isinstance(above, (ast.Assign, ast.AnnAssign)):
            return self._goes_out_by_name(view, above, kinds, depth, within)
        return isinstance(above, ast.Call) and self._goes_through(view, above, below, kinds, depth, within)

    def _goes_out_by_name(
        self, view: View, assigned: ast.Assign | ast.AnnAssign, kinds: Kinds, depth: int, within: Key | None
    ) -> bool:
        """`answer = {"note": note}`, `answer["note"] = note`: all that is done with `answer`."""
        target = target_of(assigned)
        owner = target.value if isinstance(target, ast.Subscript) else target
        function = view.function(assigned)
        if not isinstance(owner, ast.Name) or function is None:
            return False
        reads = [n for n in names_in(function, owner.id) if isinstance(n.ctx, ast.Load) and n is not owner]
        later = [n for n in reads if n.lineno > (assigned.end_lineno or assigned.lineno)]
        return bool(later) and all(
            _is_stored_into(view, each) or self.goes_out(view, each, kinds, depth + 1, within)
            for each in later
        )

    def _goes_through(
        self, view: View, call: ast.Call, given: ast.AST, kinds: Kinds, depth: int, within: Key | None
    ) -> bool:
        """What reads nothing but the `__dict__`, a display, or a function that gives it back in another."""
        name = view.external(call.func)
        if name in ENCODERS:
            return bool(call.args) and given is call.args[0]
        value = given.value if isinstance(given, ast.keyword) else given
        keys = view.functions_called(call)
        is_kept = name in _DISPLAYS or (
            len(keys) == 1
            and isinstance(value, ast.expr)
            and self._gives_back(view, call, value, keys[0], kinds, depth)
        )
        return is_kept and self.goes_out(view, call, kinds, depth + 1, within)

    def _gives_back(
        self, view: View, call: ast.Call, value: ast.expr, key: Key, kinds: Kinds, depth: int
    ) -> bool:
        other = self.views.of(key.path)
        function = other.file.function(view.program.scope(key).span)
        name = parameter_taking(view, call, value, key)
        if function is None or name is None:
            return False
        reads = names_in(function, name)
        return bool(reads) and all(
            isinstance(each.ctx, ast.Load) and self.goes_out(other, each, kinds, depth + 1, key)
            for each in reads
        )

    def _sends_as_it_is(self, route: Key, kinds: Kinds) -> bool:
        if (route, kinds) not in self._as_it_is:
            inference = self.views.inference
            scope, parent = inference.program.scope(route), inference.program.parent(route)
            models = inference.responses.models(route)
            self._as_it_is[route, kinds] = (
                route in self.routes
                and all(not each or self._takes_for_valid(each, kinds) for each in models)
                and all(registers(inference, parent, each, scope.span.line) for each in scope.decorators)
                and not self.callers.calls(route)
            )
        return self._as_it_is[route, kinds]

    def _takes_for_valid(self, model: Kinds, kinds: Kinds) -> bool:
        """Does a response model name the class of the objects, and nothing that would be filled from them?"""
        is_a = self.views.inference.classes.is_a
        named = frozenset(classes_in(model))
        return (
            bool(named)
            and all(cls in self.mapped.classes and is_a(cls, _SQLMODEL) for cls in named)
            and frozenset(classes_in(kinds)) <= named
            and _is_spelled_out(model)
        )

    def is_plain(self, kinds: Kinds) -> bool:
        return bool(kinds) and all(map(self._is_plain, kinds))

    def _is_plain(self, kind: Kind) -> bool:
        if isinstance(kind, Inst) and kind.name == "builtins.dict":
            return all(self.mapped.holds(each) is None or self.is_plain(each) for each in kind.args)
        if isinstance(kind, Inst) and kind.name == "builtins.list" and kind.args:
            return self.is_plain(kind.args[0])
        return isinstance(kind, Obj) and self._has_nothing_but_its_dict(kind.key)

    def _has_nothing_but_its_dict(self, cls: Key) -> bool:
        classes, program = self.views.inference.classes, self.views.inference.program
        steps = [step for step in classes.mro(cls) if isinstance(step, Key)]
        return (
            cls in self.mapped.classes
            and not any(classes.is_a(cls, name) for name in self.read_otherwise)
            and not any(program.scope(step).decorators for step in steps)
            and not (classes.is_a(cls, _SQLMODEL) and any(map(self._computes, steps)))
            and _AS_A_DICTIONARY.isdisjoint(b.name for step in steps for b in program.scope(step).bindings)
        )

    def _computes(self, cls: Key) -> bool:
        """Has it a `@computed_field`, or another method that pydantic calls for what is sent?"""
        file = self.views.of(cls.path).file
        return any(map(file.mentions, _COMPUTES))


def _is_spelled_out(kinds: Kinds) -> bool:
    return all(
        isinstance(kind, Obj) or (isinstance(kind, Inst) and all(map(_is_spelled_out, kind.args)))
        for kind in kinds
    )


def _chooses(above: ast.AST, below: ast.AST) -> bool:
    """`note or {}`, `note if found else {}`; a truth that nothing is read for."""
    return isinstance(above, ast.BoolOp) or (isinstance(above, ast.IfExp) and below is not above.test)


def _is_stored_into(view: View, node: ast.Name) -> bool:
    """`answer["more"] = 1`"""
    above = view.file.parents[node]
    return isinstance(above, ast.Subscript) and isinstance(above.ctx, ast.Store)
