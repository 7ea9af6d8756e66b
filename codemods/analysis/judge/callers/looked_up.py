"""Values of which a text is looked up where they are named: rows and dictionaries, and no object of a class
that gives nothing for a text.

for error in answer.errors():
    say(error["msg"], error.get("input"))      # no call of `get` of a repository
"""

from __future__ import annotations

from collections.abc import Iterator

from ...index.bindings import How
from ...index.expr import Comprehension, Const, Expr, Fact, Item, Name
from ...index.facts import ModuleFacts
from ...link.infer import Inference
from ...link.program import Key, Program

_PLAIN_BASES = frozenset(
    {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol"}
)

_QUESTIONS = frozenset({"callable", "getattr", "hasattr", "type"})


class LookedUp:
    def __init__(self, inference: Inference) -> None:
        self._classes = inference.classes
        self._program: Program = inference.program
        self._names: dict[str, frozenset[tuple[int, str]]] = {}

    def is_no_owner(self, method: Key, scope: Key, value: Expr) -> bool:
        """Is the value, of which a text is looked up elsewhere, surely no object that has this method?"""
        if not isinstance(value, Name):
            return False
        module = self._program.modules[scope.path]
        home = module.home(scope.scope, value.id)
        # whoever asks `isinstance(row, dict)` expects other things as well
        times = sum(each.how is not How.ANNOTATION for each in home.found) if home is not None else 0
        if home is None or times + (home.position >= 0) != 1:
            return False  # it may be one thing here, and another there
        if scope.path not in self._names:
            asked = frozenset(self._asked_about(module.facts))
            self._names[scope.path] = frozenset(self._looked_up(module.facts)) - asked
        return (home.scope, value.id) in self._names[scope.path] and not self._gives_items(method)

    def _looked_up(self, facts: ModuleFacts) -> Iterator[tuple[int, str]]:
        """The names, each with the scope that has it."""
        module = self._program.modules[facts.path]
        for number, expr in _expressions(facts):
            for scope, part in _parts(expr, number):
                if isinstance(part, Item) and isinstance(part.value, Name) and _is_text(part.key):
                    home = module.home(scope, part.value.id)
                    if home is not None:
                        yield home.scope, part.value.id

    def _asked_about(self, facts: ModuleFacts) -> Iterator[tuple[int, str]]:
        """`hasattr(row, "get")`: what is asked what it can do may be one thing now, and another then."""
        module = self._program.modules[facts.path]
        for call in facts.calls:
            if isinstance(call.func, Name) and call.func.id in _QUESTIONS:
                for value in call.args[:1]:
                    home = module.home(call.scope, value.id) if isinstance(value, Name) else None
                    if home is not None and isinstance(value, Name):
                        yield home.scope, value.id

    def _gives_items(self, method: Key) -> bool:
        """Has an object with this method, of whatever class, or may it have, a `__getitem__`?"""
        cls = self._program.enclosing_class(method)
        if cls is None:
            return False  # no module has one
        family = (cls, *self._classes.subclasses.get(cls, ()))
        return any(
            self._classes.method(each, "__getitem__") is not None
            or any(not isinstance(base, Key) and base not in _PLAIN_BASES for base in self._classes.mro(each))
            for each in family
        )


def _expressions(facts: ModuleFacts) -> Iterator[tuple[int, Fact]]:
    for call in facts.calls:
        yield from ((call.scope, each) for each in (call.func, *call.args, *(v for _, v in call.keywords)))
    for number, scope in enumerate(facts.scopes):
        values = (*(binding.value for binding in scope.bindings), *scope.returned)
        yield from ((number, value) for value in values if isinstance(value, Fact))


def _parts(expr: object, scope: int) -> Iterator[tuple[int, Fact]]:
    """The expression and all that is written in it, each with its scope; calls are facts of their own."""
    if isinstance(expr, tuple):
        for each in expr:
            yield from _parts(each, scope)
    elif isinstance(expr, Fact):
        yield scope, expr
        inner = expr.scope if isinstance(expr, Comprehension) else scope
        for name in expr.__struct_fields__:
            yield from _parts(getattr(expr, name), inner)


def _is_text(key: Expr) -> bool:
    return isinstance(key, Const) and key.type == "str"
