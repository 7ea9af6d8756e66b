"""The names under which a function is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from ...index.bindings import Binding, How
from ...index.expr import Attr, Name, last_name
from ...index.facts import Reference
from ...link.infer import Inference
from ...link.kinds import may_be
from ...link.libraries.fixtures import is_fixture, name_of
from ...link.program import Key, Program


def spellings(program: Program, function: Key) -> list[str]:
    """The names under which a function can be written at a call: what a fixture gives has its name."""
    scope = program.scope(function)
    if scope.name in ("__init__", "__post_init__", "__call__"):
        cls = program.enclosing_class(function)
        name = program.scope(cls).name if cls else scope.name
    else:
        name = scope.name
    around = program.parent(function)
    is_given = bool(around.scope) and is_fixture(program, around)
    names = [name, name_of(program, around)] if is_given else [name]
    for each in names:  # those of second names as well
        others = (*program.aliases.get(each, ()), *_second_names(program).get(each, ()))
        names += [other for other in others if other not in names]
    unwrapped = ("__wrapped__",) if scope.decorators else ()
    return sorted({*names, *unwrapped})


def means(inference: Inference, path: str, name: str, function: Key) -> bool:
    """Is `function` what the module of `path` has under `name`?"""
    return may_be(inference.name(Key(path, 0), name), function)


def is_second_name(program: Program, function: Key, path: str, reference: Reference) -> bool:
    """`get_db = database.get_db` at the top of a file: whatever is done by that name is looked at as well."""
    bindings = program.modules[path].facts.scopes[0].bindings if reference.scope == 0 else ()
    return any(
        _is_plain(binding)
        and (binding.value, binding.line) == (reference.expr, reference.span.line)
        and binding.name in spellings(program, function)
        for binding in bindings
    )


@lru_cache(maxsize=4)
def _second_names(program: Program) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for module in program.modules.values():
        for binding in module.facts.scopes[0].bindings:
            value = binding.value
            if isinstance(value, (Attr, Name)) and _is_plain(binding):
                found[last_name(value) or ""].add(binding.name)
    return {name: frozenset(each) for name, each in found.items()}


def _is_plain(binding: Binding) -> bool:
    return binding.how is How.ASSIGN and not binding.path
