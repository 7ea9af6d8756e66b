"""Functions that a decorator of the project marks, for those who look for the mark among all members.

def route(path):                                        for name, method in inspect.getmembers(self):
    def mark(function):                                     if hasattr(method, "__route__"): ...
        function.__route__ = path
        return function
    return mark
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.bindings import How
from ...index.expr import Name
from ..kinds import Cls, Fn, Inst, Kind, Kinds, Mod, Obj, one, ordered, unknown
from ..program import Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

LISTERS = frozenset({"inspect.getmembers", "inspect.getmembers_static"})


def members(inference: Inference, owners: Kinds) -> Kinds:
    """Pairs of a name and a member; of the members, only those that are marked are known."""
    found = frozenset(each for owner in ordered(owners) for each in marked(inference, owner))
    pair = Inst("builtins.tuple", (one(Inst("builtins.str")), found | unknown("a member of any name")))
    return one(Inst("builtins.list", (one(pair),)))


def marked(inference: Inference, owner: Kind) -> Iterator[Fn]:
    """Those of a class, with the classes above and below it, or of a module."""
    program, homes = inference.program, list[Key]()
    if isinstance(owner, (Cls, Obj)):
        homes = sorted(inference.classes.line(owner.key))
    elif isinstance(owner, Mod) and (path := program.module_path(owner.name, owner.near)) is not None:
        homes = [Key(path, 0)]
    for home in homes:
        for binding in program.scope(home).bindings:
            function = Key(home.path, binding.scope)
            if binding.how is How.DEF and any(_marks(program, each) for each in _by(inference, function)):
                yield Fn(function, bound=isinstance(owner, Obj))


def _by(inference: Inference, function: Key) -> Iterator[Fn]:
    scope, where = inference.program.scope(function), inference.program.parent(function)
    for decorator in scope.decorators:
        kinds = inference.kinds(where, decorator, scope.span.line)
        yield from (kind for kind in ordered(kinds) if isinstance(kind, Fn))


def _marks(program: Program, decorator: Fn) -> bool:
    """Does it set an attribute of the function that it is given?"""
    module, scope = program.modules[decorator.key.path], decorator.key.scope
    given = program.scope(decorator.key).parameters[int(decorator.bound) :][:1]
    names = [Name(parameter.name) for parameter in given]
    calls = (module.facts.calls[number] for number in module.calls_by_scope.get(scope, ()))
    return any(each.target in names for each in module.attributes_by_scope.get(scope, ())) or any(
        call.func == Name("setattr") and call.args[0] in names for call in calls if call.args
    )
