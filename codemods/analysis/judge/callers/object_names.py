"""The names that objects may have: to look for calls of objects is to ask of far fewer calls what they run.

check = Check()        self.check = check        run(check=check)        setattr(app, "check", check)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...index.bindings import Binding, How, Import
from ...index.expr import Attr, Const, Expr, Name
from ...index.facts import ModuleFacts
from ...link.program import Program

_HOOKS = frozenset({"__getattr__", "__getattribute__"})


def names_of_objects(program: Program) -> Collection[str] | None:
    """All but those that only plain functions have; None where attributes may have any name."""
    if _HOOKS & {scope.name for module in program.modules.values() for scope in module.facts.scopes}:
        return None
    return {name for module in program.modules.values() for name in _names(module.facts)}


def may_be_object(func: Expr, names: Collection[str] | None) -> bool:
    """What is called: by a name of one of those, or by none."""
    if names is None or not isinstance(func, (Attr, Name)):
        return True
    return (func.attr if isinstance(func, Attr) else func.id) in names


def _names(facts: ModuleFacts) -> Iterator[str]:
    for scope in facts.scopes:
        yield from (each.name for each in scope.parameters)
        yield from (each.name for each in scope.bindings if not _is_plain(facts, each))
    yield from (each.attr for each in facts.attributes)
    for call in facts.calls:
        yield from (word for word, _ in call.keywords)
        given = (*call.args, *(value for _, value in call.keywords))
        yield from (each.text for each in given if isinstance(each, Const) and each.text)


def _is_plain(facts: ModuleFacts, binding: Binding) -> bool:
    """A function without decorators, or what has its name from where it was imported."""
    if binding.how is How.DEF:
        return not facts.scopes[binding.scope].decorators
    return isinstance(binding.value, Import) and binding.value.name == binding.name
