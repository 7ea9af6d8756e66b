"""What a route gives back when all its work on a session is done in a thread: the response model reads the
objects there, before the loop gets the answer.

    return db.get(User, id)      ->      return UserOut.model_validate(db.get(User, id), from_attributes=True)

FastAPI validates what it is given in the same way, on the loop when the route is `async def`; an instance of
the model passes as it is: https://docs.pydantic.dev/latest/concepts/models/#arbitrary-class-instances
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..analysis.index.bindings import How
from ..analysis.index.expr import Call
from ..analysis.judge.callers.registering import registers
from ..analysis.judge.effects.lazy import Given, Laziness
from ..analysis.judge.effects.mapped import Mapped
from ..analysis.link.classes.constructed import at_construction
from ..analysis.link.kinds import NONE, Inst, Kind, Kinds, Obj, Unknown
from ..analysis.link.libraries.responses import fields
from ..analysis.link.program import Key
from ..analysis.nodes import walk
from ..analysis.scopes import own_nodes
from ..analysis.syntax import FunctionNode, last_name, span_of
from ..analysis.view import View, Views
from ..model import Code, Edit, ImportNeed, Reason, ReplaceExpression, slot
from .connections.drivers import Declared
from .objects.mapped.relationships import Relationships
from .objects.reading.schemas import Schemas

SESSION_IS_SYNC = "AF901"
_LISTS = frozenset({"list", "List", "Sequence"})
_CONTAINERS = frozenset(
    f"builtins.{name}" for name in ("dict", "frozenset", "list", "object", "set", "tuple")
)
_OF_DATABASES = ("sqlalchemy.", "sqlmodel.")
_ADAPTER = ImportNeed("pydantic", "TypeAdapter")
_UNREAD = ast.Constant(None)


class Answers:
    def __init__(self, views: Views, mapped: Mapped, declared: Declared) -> None:
        self.views = views
        self.mapped = mapped
        self.old = declared.old_pydantic
        self.is_new = declared.new_pydantic
        self.inference = views.inference
        self.classes = views.inference.classes
        self.program = views.inference.program
        self.schemas = Schemas(views, Relationships(views, mapped), old=False)
        self._lazy = Laziness(views.inference)

    def of(self, route: Key) -> tuple[Edit, ...] | Reason:
        """What must change for all reading of objects to be over when the route has returned."""
        view = self.views.of(route.path)
        scope = self.program.scope(route)
        function = view.file.function(scope.span)
        assert function is not None
        place = self.program.location(route)
        returned = sorted(_returned(function), key=lambda node: (node.lineno, node.col_offset))
        if len(returned) != len(scope.returned) or self._lazy.of_function(route) is not Given.VALUE:
            return Reason(SESSION_IS_SYNC, "what it returns is read piece by piece, on the loop", place)
        edits: list[Edit] = []
        annotations = list(self._annotations(view, route, function))
        for number, annotation in enumerate(annotations):
            before, edits = edits, []
            for node, value in zip(returned, scope.returned, strict=True):
                kinds = self.inference.kinds(route, value, node.lineno)
                is_read = annotation is not _UNREAD
                found = self._answer(view, function, node, kinds, annotation) if is_read else None
                if isinstance(found, Reason):
                    return found
                edits += [found] if found is not None else []
            if number and edits != before:
                return Reason(SESSION_IS_SYNC, "its routes have different response models", place)
        if len(annotations) == 1 and edits and len(edits) == len(returned):
            edits += _said_anew(view, function.returns, annotations[0])
        return tuple(edits)

    def _annotations(self, view: View, route: Key, function: FunctionNode) -> Iterator[ast.expr | None]:
        """What each registration of the route validates the answer with; None where that cannot be seen, and
        `_UNREAD` where it reads no attributes of it."""
        decorators = self.program.scope(route).decorators
        if not decorators:
            yield None
        pairs = zip(function.decorator_list, decorators, strict=True)
        calls = [
            (node, each) for node, each in pairs if isinstance(node, ast.Call) and isinstance(each, Call)
        ]
        parent = self.program.parent(route)
        known = [pair for pair in calls if registers(self.inference, parent, pair[1], pair[0].lineno)]
        for node, _ in known or calls:
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            found = given.get("response_model", function.returns)
            if None in given:
                yield None
            else:
                yield found if found is not None and self._reads(view, found) else _UNREAD

    def _reads(self, view: View, annotation: ast.expr) -> bool:
        """Is there a class in it that takes what it needs from the attributes of an object?"""
        return any(
            isinstance(node, (ast.Name, ast.Attribute)) and view.classes_named(node)
            for node in ast.walk(annotation)
        )

    def _answer(
        self, view: View, function: FunctionNode, value: ast.expr, kinds: Kinds, annotation: ast.expr | None
    ) -> Edit | Reason | None:
        if self._is_relationship(view, value):
            kinds = frozenset({Inst("builtins.list")})
        elif not kinds or any(isinstance(kind, Unknown) for kind in kinds):
            return None if isinstance(value, ast.Constant) else self._unclear(view, value)
        if not any(map(self._may_hold, kinds)):
            return None
        if annotation is None or any(map(self._is_response, kinds)):
            return self._unclear(view, value)
        tables = {k for node in ast.walk(annotation) for k in view.classes_named(node)} & self.mapped.classes
        if tables:
            return None if self._objects(kinds) == tables and not self.old else self._unclear(view, value)
        used = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
        if used & _bound(function):
            return Reason(
                SESSION_IS_SYNC, f"{view.source(annotation)} means something else inside", view.place(value)
            )
        if self.old:
            return self._by_pydantic_1(view, value, kinds, annotation)
        models = {key for node in ast.walk(annotation) for key in view.classes_named(node)}
        if not self.is_new and any(map(self._has_orm_mode, models)):
            text = "its response model is written for pydantic 1, and which version is used is not declared"
            return Reason(SESSION_IS_SYNC, text, view.place(value), hint="pin pydantic")
        return ReplaceExpression(span_of(value), self._validated(view, value, kinds, annotation))

    def _validated(self, view: View, value: ast.expr, kinds: Kinds, annotation: ast.expr) -> Code:
        given = view.source(value)
        if self._is_model(view, annotation):
            return Code(f"{view.source(annotation)}.model_validate({given}, from_attributes=True)")
        element = _element(annotation)
        if element is not None and self._is_model(view, element) and all(map(_is_list, kinds)):
            text = f"{view.source(element)}.model_validate(each, from_attributes=True)"
            return Code(f"[{text} for each in {given}]")
        text = f"{slot(0)}({view.source(annotation)}).validate_python({given}, from_attributes=True)"
        return Code(text, (_ADAPTER,))

    def _by_pydantic_1(
        self, view: View, value: ast.expr, kinds: Kinds, annotation: ast.expr
    ) -> Edit | Reason | None:
        """An instance of the model is taken apart and validated anew, which must change nothing."""
        element = _element(annotation)
        model = view.classes_named(element or annotation)
        objects = self._objects(kinds)
        if len(model) != 1 or not objects or all(map(_is_list, kinds)) != (element is not None):
            return self._unclear(view, value)
        if not (self._has_orm_mode(model[0]) or self.classes.is_a(model[0], "sqlmodel.SQLModel")):
            return self._unclear(view, value)
        if self._has_validators(model[0]):
            text = f"{view.source(element or annotation)} has validators, which would run twice"
            return Reason(SESSION_IS_SYNC, text, view.place(value))
        text, given = view.source(element or annotation), view.source(value)
        # what FastAPI calls as well: it takes dictionaries, too
        made = f"[{text}.validate(each) for each in {given}]" if element else f"{text}.validate({given})"
        return ReplaceExpression(span_of(value), Code(made))

    def _unclear(self, view: View, value: ast.expr) -> Reason:
        text = "its response model may read objects of a sync session on the loop"
        return Reason(SESSION_IS_SYNC, text, view.place(value), hint="annotate what is returned")

    # what values are ----------------------------------------------------------------------------------------

    def _may_hold(self, kind: Kind, depth: int = 3) -> bool:
        """Objects of a session, or something of which nobody knows what it holds."""
        if isinstance(kind, Obj):
            return kind.key in self.mapped.classes or not self._is_pydantic(kind.key)
        if isinstance(kind, Inst):
            if kind.name in _CONTAINERS:
                inner = [k for kinds in kind.args for k in kinds]
                return not kind.args or not depth or any(self._may_hold(k, depth - 1) for k in inner)
            return kind.name.startswith(_OF_DATABASES)
        return True

    def _objects(self, kinds: Kinds) -> set[Key]:
        """The mapped classes of an object or of what a list holds; empty when there is anything else."""
        found: set[Key] = set()
        for kind in kinds:
            if isinstance(kind, Obj) and kind.key in self.mapped.classes:
                found.add(kind.key)
            elif _is_list(kind) and isinstance(kind, Inst) and kind.args:
                inner = self._objects(kind.args[0])
                if not inner:
                    return set()
                found |= inner
            elif not (isinstance(kind, Inst) and kind.name == NONE):
                return set()
        return found

    def _is_relationship(self, view: View, value: ast.expr) -> bool:
        """`user.notes`: several objects, whatever is known of them."""
        return isinstance(value, ast.Attribute) and any(
            isinstance(kind, Obj) and kind.key in self.mapped.classes for kind in view.kinds(value.value)
        )

    def _is_response(self, kind: Kind) -> bool:
        if isinstance(kind, Obj):
            return any(
                isinstance(step, str) and step.endswith("Response") for step in self.classes.mro(kind.key)
            )
        return isinstance(kind, Inst) and kind.name.endswith("Response")

    def _is_pydantic(self, cls: Key) -> bool:
        return self.classes.is_a(cls, "pydantic.BaseModel") or self.classes.is_a(cls, "sqlmodel.SQLModel")

    def _is_model(self, view: View, annotation: ast.expr) -> bool:
        """`UserOut`, or `Page[UserOut]`."""
        base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        found = view.classes_named(base)
        return len(found) == 1 and self._is_pydantic(found[0])

    def _has_orm_mode(self, model: Key) -> bool:
        for step in self.classes.mro(model):
            if isinstance(step, Key):
                names = self.program.modules[step.path].names
                for binding in names[step.scope].get("Config", ()):
                    if binding.how is How.CLASS and "orm_mode" in names[binding.scope]:
                        return True
        return False

    def _has_validators(self, model: Key, seen: frozenset[Key] = frozenset()) -> bool:
        """It, or a model among its fields."""
        if model in seen:
            return False
        held = [kind for _, field in fields(self.schemas.inference, Obj(model)) for kind in _all(field)]
        return any(True for _ in at_construction(self.inference, model)) or any(
            self._has_validators(kind.key, seen | {model}) for kind in held if isinstance(kind, Obj)
        )


def _said_anew(view: View, returns: ast.expr | None, made: ast.expr | None) -> Iterator[Edit]:
    """`-> User` of a route that gives what the response model has made of it."""
    if returns is None or made is None or made is returns or last_name(returns) in ("Any", "object"):
        return
    yield ReplaceExpression(span_of(returns), Code(view.source(made)))


def _returned(function: FunctionNode) -> Iterator[ast.expr]:
    for node in own_nodes(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def _element(annotation: ast.expr) -> ast.expr | None:
    """`UserOut` of `list[UserOut]`."""
    if not isinstance(annotation, ast.Subscript):
        return None
    name = last_name(annotation.value)
    return annotation.slice if name in _LISTS else None


def _bound(function: FunctionNode) -> set[str]:
    nodes = list(walk(function))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names | {n.arg for n in nodes if isinstance(n, ast.arg)}


def _is_list(kind: Kind) -> bool:
    return isinstance(kind, Inst) and kind.name == "builtins.list"


def _all(kinds: Kinds) -> Iterator[Kind]:
    for kind in kinds:
        yield kind
        for inner in kind.args if isinstance(kind, Inst) else ():
            yield from _all(inner)
