"""Who makes an application: the framework's class, under whatever name, or a class of the project over it."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.link.infer import Inference
from ..analysis.link.kinds import Cls, Ext, Kind
from ..analysis.link.program import CallKey, Program
from .names import APPLICATIONS

_NAMES = frozenset(name.rpartition(".")[2] for name in APPLICATIONS)


def application_names(program: Program) -> frozenset[str]:
    """What may be called to make one, by the last part of its name."""
    names = _with_aliases(program, _NAMES)
    own = {program.scope(cls).name for name in names for cls in program.classes_by_base.get(name, ())}
    return names | _with_aliases(program, own)


def _with_aliases(program: Program, names: frozenset[str] | set[str]) -> frozenset[str]:
    return frozenset(names).union(*(program.aliases.get(name, ()) for name in names))


def application_calls(inference: Inference) -> Iterator[CallKey]:
    """The calls that make one, tests apart."""
    program = inference.program
    for name in sorted(application_names(program)):
        for call in program.calls_by_name.get(name, ()):
            is_test = program.modules[call.path].facts.is_test
            if not is_test and any(is_application(inference, k) for k in inference.callees(call)):
                yield call


def is_application(inference: Inference, callee: Kind) -> bool:
    """Is it the class of one?"""
    if isinstance(callee, Cls):
        return any(inference.classes.is_a(callee.key, name) for name in APPLICATIONS)
    return isinstance(callee, Ext) and callee.name in APPLICATIONS
