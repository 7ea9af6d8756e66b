"""What tests put in the place of a provider: `container.users.override(fake)`.

    class Container(DeclarativeContainer):
        users = providers.Factory(Users)      # all methods of Users are replaced

https://python-dependency-injector.ets-labs.org/providers/overriding.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ...index.bindings import ScopeKind
from ...index.expr import Attr, Call
from ...link.infer import Inference
from ...link.kinds import Cls, Ext, Fn
from ...link.program import Key, Program


def overridden(inference: Inference) -> Iterator[str]:
    """The dotted names of what the providers would give."""
    program = inference.program
    words = frozenset(_words(program))
    for path in sorted(program.modules) if words else ():
        facts = program.modules[path].facts
        for number, scope in enumerate(() if facts.is_test else facts.scopes):
            for binding in scope.bindings if scope.kind is ScopeKind.CLASS else ():
                if binding.name in words and isinstance(binding.value, Call):
                    for kind in inference.kinds(Key(path, number), binding.value, binding.line):
                        yield from _names(program, kind)


def _words(program: Program) -> Iterator[str]:
    """The attributes under which the tests override a provider."""
    for module in program.modules.values():
        for call in module.facts.calls if module.facts.is_test else ():
            if (
                isinstance(call.func, Attr)
                and call.func.attr == "override"
                and isinstance(call.func.value, Attr)
            ):
                yield call.func.value.attr
            elif isinstance(call.func, Attr) and call.func.attr == "override_providers":
                yield from (word for word, _ in call.keywords if word)


def _names(program: Program, kind: object) -> Iterator[str]:
    if isinstance(kind, Ext):
        yield kind.name
    elif isinstance(kind, Fn):
        yield str(program.id(kind.key)).replace(":", ".")
    elif isinstance(kind, Cls):
        yield str(program.class_id(kind.key)).replace(":", ".")
