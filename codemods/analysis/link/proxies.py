"""What `__getattr__` gives for a name that the class lacks.

def __getattr__(self, name):
    return getattr(self._inner, name)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..index.expr import Call, Expr, Name
from .kinds import NOTHING, Ext, Kinds, union
from .program import CallKey, Key, Program

if TYPE_CHECKING:
    from .infer import Inference

_GETATTR = frozenset({Ext("builtins.getattr")})


def given_for(inference: Inference, cls: Key, attr: str) -> Kinds:
    """Nothing where the class has no `__getattr__`."""
    hook = inference.classes.method(cls, "__getattr__")
    if hook is None or attr.startswith("__"):
        return NOTHING
    return inference.solver.solve(("proxied", hook, attr), lambda: _given(inference, hook, attr))


def forwards(program: Program, call: CallKey) -> bool:
    """Does the call give what it finds to whoever reads the attribute of the proxy?"""
    site = program.call(call)
    scope = program.scope(Key(call.path, site.scope))
    names = [Name(parameter.name) for parameter in scope.parameters[1:]]
    return scope.name == "__getattr__" and site.args[1:2] == (*names,) and Call(call.index) in scope.returned


def _given(inference: Inference, hook: Key, attr: str) -> Kinds:
    scope = inference.program.scope(hook)
    lines = zip(scope.returned, scope.returned_lines, strict=True)
    return union([_of_value(inference, hook, value, line, attr) for value, line in lines])


def _of_value(inference: Inference, hook: Key, value: Expr, line: int, attr: str) -> Kinds:
    call = CallKey(hook.path, value.index) if isinstance(value, Call) else None
    if call is None or not forwards(inference.program, call) or inference.callees(call) != _GETATTR:
        return inference.kinds(hook, value, line)
    inner, _, *default = inference.program.call(call).args
    found = inference.attribute(inference.kinds(hook, inner, line), attr)
    return union([found, *(inference.kinds(hook, each, line) for each in default)])
