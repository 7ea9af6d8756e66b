"""The names under which a function is written."""

from __future__ import annotations

from ..link.fixtures import is_fixture, name_of
from ..link.infer import Inference
from ..link.kinds import may_be
from ..link.program import Key, Program


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
    aliases = [alias for each in names for alias in program.aliases.get(each, ())]
    unwrapped = ("__wrapped__",) if scope.decorators else ()
    return sorted({*names, *aliases, *unwrapped})


def means(inference: Inference, path: str, name: str, function: Key) -> bool:
    """Is `function` what the module of `path` has under `name`?"""
    return may_be(inference.name(Key(path, 0), name), function)
