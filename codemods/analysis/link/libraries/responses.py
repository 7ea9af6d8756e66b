"""What FastAPI makes of the answer of a handler: its response models, and the fields of a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ...index.bindings import How
from ...index.expr import Call, Const, Expr
from ...index.facts import CallSite
from ..kinds import NOTHING, Cls, Fn, Inst, Kinds, Obj, ordered, union
from ..names import Bound
from ..program import CallKey, Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

RESPONSE = "starlette.responses.Response"
_REGISTER = ("add_api_route", "APIRoute")


class Responses:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def models(self, handler: Key) -> tuple[Kinds, ...]:
        """Kinds of the value that is sent, for each registration; nothing where no model is given."""
        return tuple(
            NOTHING
            if given is None or _is_none(given)
            else self.inference.annotations.instances(where, given)
            for where, given in self._given(handler)
        )

    def of(self, handler: Key) -> Kinds:
        """What any registration sends."""
        return union(list(self.models(handler)))

    def rendered_by(self, handler: Key) -> Iterator[Key]:
        """The classes of the project that make a response of what the handler gives: `response_class=Page`;
        none where it gives responses itself."""
        made = self.inference.function_result(handler)
        if any(isinstance(kind, Obj) and self.inference.classes.is_a(kind.key, RESPONSE) for kind in made):
            return
        calls = [each.index for each in self.program.scope(handler).decorators if isinstance(each, Call)]
        for call in (*(CallKey(handler.path, index) for index in calls), *self.by_hand.get(handler, ())):
            site = self.program.call(call)
            given = dict(site.keywords).get("response_class")
            where = Key(call.path, site.scope)
            kinds = self.inference.kinds(where, given, site.span.line) if given is not None else NOTHING
            yield from (kind.key for kind in ordered(kinds) if isinstance(kind, Cls))

    def _given(self, handler: Key) -> list[tuple[Key, Expr | None]]:
        """What registrations name, else the return annotation."""
        scope, parent = self.program.scope(handler), self.program.parent(handler)
        found: list[tuple[Key, Expr | None]] = []
        for decorator in scope.decorators:
            if isinstance(decorator, Call):
                site = self.program.call(CallKey(handler.path, decorator.index))
                if (given := dict(site.keywords).get("response_model")) is not None:
                    found.append((parent, given))
        for call in self.by_hand.get(handler, ()):
            named = dict(self.program.call(call).keywords).get("response_model")
            where = Key(call.path, self.program.call(call).scope)
            found.append((parent, scope.returns) if named is None else (where, named))
        return found or [(parent, scope.returns)]

    @cached_property
    def by_hand(self) -> Mapping[Key, list[CallKey]]:
        """`router.add_api_route("/x", handler, response_model=..)` and `router.get("/x", ..)(handler)`."""
        found: dict[Key, list[CallKey]] = defaultdict(list)
        for name in _REGISTER:
            for call in self.program.calls_by_name.get(name, ()):
                site = self.program.call(call)
                endpoint = site.args[1] if len(site.args) > 1 else dict(site.keywords).get("endpoint")
                self._add(found, call, site, endpoint)
        for call in self.program.calls_by_name.get("", ()):
            site = self.program.call(call)
            if isinstance(site.func, Call) and site.args:
                inner = CallKey(call.path, site.func.index)
                if "response_model" in dict(self.program.call(inner).keywords):
                    self._add(found, inner, site, site.args[0])
        return found

    def _add(
        self, found: dict[Key, list[CallKey]], call: CallKey, site: CallSite, endpoint: Expr | None
    ) -> None:
        where = Key(call.path, site.scope)
        kinds = self.inference.kinds(where, endpoint, site.span.line) if endpoint is not None else NOTHING
        for kind in kinds:
            if isinstance(kind, Fn):
                found[kind.key].append(call)


def _is_none(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.type == "NoneType"


def fields(inference: Inference, model: Obj) -> Iterator[tuple[str, Kinds]]:
    """Those of `Page[PostOut]` hold posts where the class says `list[T]`."""
    seen: set[str] = set()
    for step in inference.classes.mro(model.key):
        if not isinstance(step, Key):
            continue
        types = inference.classes.hierarchy.types(model.key, step, model.args)
        for name, bindings in inference.program.modules[step.path].names[step.scope].items():
            for binding in bindings:
                if binding.how is How.ANNOTATION and name not in seen and binding.value is not None:
                    seen.add(name)
                    yield name, _field(inference, step, name, binding.value, types)  # type: ignore[arg-type]


def all_fields(inference: Inference, schema: Kinds) -> dict[str, Kinds]:
    """The fields of a model, or of what a container of it holds."""
    found: dict[str, Kinds] = {}
    for kind in schema:
        if isinstance(kind, Obj):
            found.update(fields(inference, kind))
        elif isinstance(kind, Inst):
            for inner in kind.args:
                found.update(all_fields(inference, inner))
    return found


def _field(inference: Inference, cls: Key, name: str, annotation: Expr, types: Mapping[str, Kinds]) -> Kinds:
    """The annotation is read outside the class: a field `Post: Post` means the class of the module."""
    if getattr(annotation, "id", "") == name:
        return inference.annotations.instances(Key(cls.path, 0), annotation)
    kinds = inference.annotations.instances(cls, annotation, types)
    names = inference.program.modules[cls.path].names[cls.scope]
    return kinds or inference.binding(Bound(cls, names[name][0]))
