"""What `__getattr__` gives for a name that the class lacks.

def __getattr__(self, name):
    return getattr(self._inner, name)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...index.expr import Call, Expr, Name
from ..kinds import NOTHING, Ext, Kind, Kinds, Obj, union
from ..program import CallKey, Key, Program

if TYPE_CHECKING:
    from ..infer import Inference

_GETATTR = frozenset({Ext("builtins.getattr")})


def given_for(inference: Inference, cls: Key, attr: str) -> Kinds:
    """Nothing where the class has no `__getattr__`."""
    hook = inference.classes.method(cls, "__getattr__")
    if hook is None or attr.startswith("__"):
        return NOTHING
    return inference.solver.solve(("proxied", hook, attr), lambda: _given(inference, hook, attr))


def behind(inference: Inference, owner: Kind) -> Kinds:
    """What an object asks for the attributes that its class lacks."""
    hook = inference.classes.method(owner.key, "__getattr__") if isinstance(owner, Obj) else None
    if hook is None:
        return NOTHING
    asked = ((_asked(inference, hook, value), line) for value, line in _returned(inference.program, hook))
    return union([inference.kinds(hook, inner, line) for inner, line in asked if inner is not None])


def forwards(program: Program, call: CallKey) -> bool:
    """Does the call give what it finds to whoever reads the attribute of the proxy?"""
    site = program.call(call)
    scope = program.scope(Key(call.path, site.scope))
    names = [Name(parameter.name) for parameter in scope.parameters[1:]]
    return scope.name == "__getattr__" and site.args[1:2] == (*names,) and Call(call.index) in scope.returned


def _given(inference: Inference, hook: Key, attr: str) -> Kinds:
    returned = _returned(inference.program, hook)
    return union([_of_value(inference, hook, value, line, attr) for value, line in returned])


def _of_value(inference: Inference, hook: Key, value: Expr, line: int, attr: str) -> Kinds:
    inner = _asked(inference, hook, value)
    if inner is None or not isinstance(value, Call):
        return inference.kinds(hook, value, line)
    default = inference.program.call(CallKey(hook.path, value.index)).args[2:]
    found = inference.attribute(inference.kinds(hook, inner, line), attr)
    return union([found, *(inference.kinds(hook, each, line) for each in default)])


def _asked(inference: Inference, hook: Key, value: Expr) -> Expr | None:
    """`self._inner` of `getattr(self._inner, name)`."""
    call = CallKey(hook.path, value.index) if isinstance(value, Call) else None
    if call is None or not forwards(inference.program, call) or inference.callees(call) != _GETATTR:
        return None
    return inference.program.call(call).args[0]


def _returned(program: Program, function: Key) -> Iterator[tuple[Expr, int]]:
    scope = program.scope(function)
    return zip(scope.returned, scope.returned_lines, strict=True)
