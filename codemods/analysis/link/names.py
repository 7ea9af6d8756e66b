"""Names -> what they are bound to: scopes, imports, re-exports, star imports, builtins."""

from __future__ import annotations

import builtins
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from ...catalogue.build import split_type
from ..index.bindings import Binding, How, Import, Scope
from ..index.expr import Attr, Expr, Name
from .bound_at import KEEPS_VALUE, has_run, reaching_at
from .kinds import NOTHING, Ext, Kinds, Mod, one, typed
from .module import Bound, Home, Parameter
from .program import ELSEWHERE, FUNCTIONS, Key, Program

_BUILTINS = frozenset(dir(builtins))


def lookup(program: Program, key: Key, name: str, line: int = 0) -> list[Bound] | Parameter | None:
    """What `name` may mean in `key` at `line` (0: at any time); None when nothing in the file binds it."""
    module = program.modules[key.path]
    place = key.scope, name
    if not line and place in module.meanings:
        return module.meanings[place]
    home = module.home(key.scope, name)
    meaning = None
    if home is not None:
        number, found, position, is_own = home
        line = line if is_own else 0
        meaning = _read(module.keys[number], module.facts.scopes[number], found, position, line)
    if not line:
        module.meanings[place] = meaning
    return meaning


def only(meaning: object) -> Bound | None:
    """What alone gives a name its value; None where more do."""
    found = meaning if isinstance(meaning, list) else []
    giving = [each for each in found if each.binding.gives_value]
    return giving[0] if len(giving) == 1 else None


class Moments:
    """Scopes and lines at which a name means the same: what is asked at one of them is answered for all."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[tuple[Key, str], tuple[Key, tuple[int, ...]]] = {}

    def same(self, key: Key, expr: Expr, line: int) -> tuple[Key, int]:
        """The scope that has `name`, or that of `name.attribute`, and the first line from which on it means
        there what it means in `key` at `line`."""
        while type(expr) is Attr:  # `isinstance` takes five times as long to deny it of a struct
            expr = expr.value
        if not isinstance(expr, Name):
            return key, line
        place = key, expr.id
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = self._find(key, expr.id)
        home, steps = known
        if not steps or not line:
            return home, 0
        before = bisect_right(steps, line)
        return home, steps[before - 1] if before else 1

    def _find(self, key: Key, name: str) -> tuple[Key, tuple[int, ...]]:
        """The scope that has the name, and where `reaching_at` may begin to give something else; no lines
        where they are of no account. Of a name that nothing binds all scopes of a file know the same."""
        module = self.program.modules[key.path]
        home = module.home(key.scope, name)
        if home is None:
            return module.keys[0], ()
        own = module.keys[home.scope]
        if not home.is_own or _is_always_same(home):
            return own, ()
        found = {line for b in home.found for line in (b.line, b.line + 1, b.until + 1)}
        scope = module.facts.scopes[home.scope]
        found.update(line for first, last in scope.loops for line in (first, last + 1))
        for choice in scope.choices:
            if any(choice.body[0] <= b.line <= max(choice.body[1], choice.other[1]) for b in home.found):
                found.update((choice.other[0], choice.body[1] + 1, choice.other[1] + 1, choice.until + 1))
        return own, tuple(sorted(found))


def _is_always_same(home: Home) -> bool:
    """A parameter that is never bound again, or what is bound once and for all."""
    if home.position >= 0:
        return not home.found
    return len(home.found) == 1 and home.found[0].how is not How.ISINSTANCE


def _read(
    home: Key, scope: Scope, found: tuple[Binding, ...], position: int, line: int
) -> list[Bound] | Parameter:
    """What the bindings of one scope mean at `line` of it; 0 when it is read from a function inside."""
    if line:
        reaching = reaching_at(found, scope, line)
    elif scope.kind in FUNCTIONS:
        reaching = [b for b in found if b.how is not How.ISINSTANCE]
    else:
        reaching = final(found)
    if position < 0:
        if all(b.how is How.ISINSTANCE for b in reaching):  # read above all that binds it
            reaching = [*reaching, *(b for b in found if b.how is not How.ISINSTANCE)]
        return [Bound(home, binding) for binding in reaching or found]
    if line and any(has_run(b, line) for b in found):
        return [Bound(home, binding) for binding in reaching]
    others = [Bound(home, binding) for binding in reaching if binding.how is not How.DELETE]
    if not others:
        return Parameter(home, position)
    return [Bound(home, Binding(scope.parameters[position].name, How.PARAMETER, None, 0, position)), *others]


def final(found: Sequence[Binding]) -> list[Binding]:
    """What a module or class has in the end: the last binding that always runs, and those after it."""
    start = 0
    for number, binding in enumerate(found):
        if binding.depth == 0 and binding.how not in KEEPS_VALUE and binding.how is not How.DELETE:
            start = number
    kept = [
        binding
        for number, binding in enumerate(found)
        if binding.how is not How.ISINSTANCE
        and (number >= start or binding.depth == ELSEWHERE or binding.how is How.ANNOTATION)
    ]
    return kept or list(found)


def module_attribute(
    program: Program, module: Mod, name: str, seen: frozenset[str] = frozenset(), importer: str = ""
) -> list[Bound] | Kinds:
    """`module.name` for a project module: its bindings, or the kinds of a submodule or star import.

    `importer` is the file whose `from module import name` asks: its own import statement is no answer.
    """
    path = program.module_path(module.name, module.near)
    is_new = path is not None and path not in seen
    if path is not None and is_new:
        found = [
            binding
            for binding in final(program.modules[path].names[0].get(name, ()))
            if not (path == importer and isinstance(binding.value, Import) and binding.value.name == name)
        ]
        if found:
            return [Bound(Key(path, 0), binding) for binding in found]
    submodule = f"{module.name}.{name}" if module.name else name
    if program.is_package(submodule):
        return one(Mod(submodule, module.near))
    if path is not None and is_new:
        return starred(program, path, name, seen | {path})
    if path is None and module.name:
        # a folder without __init__.py, such as `alembic`: an installed package of that name comes first
        return one(Ext(program.catalogue.canonical(submodule)))
    return NOTHING


def starred(
    program: Program, path: str, name: str, seen: frozenset[str] = frozenset()
) -> list[Bound] | Kinds:
    """What the star imports of a module make of `name`; the last one that has it wins, and one that only may
    have it, as all of a library is fast, comes after all others."""
    guess = NOTHING
    for star in reversed(program.modules[path].star_imports):
        module = program.absolute(star, path)
        if not program.is_package(module):
            found = one(Ext(program.catalogue.canonical(f"{module}.{name}")))
            if program.catalogue.is_named(module, name):
                return found
            if not guess and not is_builtin(name) and program.catalogue.find(f"{module}.{name}"):
                guess = found
            continue
        source = program.module_path(module, path)
        if source is not None and not exports(program, source, name):
            continue
        result = module_attribute(program, Mod(module, path), name, seen)
        if result:
            return result
    return guess


def exports(program: Program, path: str, name: str) -> bool:
    facts = program.modules[path].facts
    return not name.startswith("_") if facts.exports is None else name in facts.exports


def unknown_stars(program: Program, path: str) -> Iterator[str]:
    """Modules outside the project that are imported with a star: any name may come from there."""
    for star in program.modules[path].star_imports:
        module = program.absolute(star, path)
        if not program.is_package(module):
            yield module


def imported(program: Program, statement: Import, path: str) -> list[Bound] | Kinds:
    """What an import statement binds."""
    module = program.absolute(statement, path)
    if not statement.name:
        return one(Mod(module, path) if program.is_package(module) else Ext(module))
    if statement.name == "*":
        return NOTHING
    if program.is_package(module) or (not module and statement.level):
        return module_attribute(program, Mod(module, path), statement.name, importer=path)
    if not module:
        return NOTHING
    if written := program.catalogue.attribute_type(module, statement.name):
        return typed(*split_type(written))
    return one(Ext(program.catalogue.canonical(f"{module}.{statement.name}")))


def is_builtin(name: str) -> bool:
    return name in _BUILTINS


__all__ = [
    "Bound",
    "Moments",
    "Parameter",
    "exports",
    "final",
    "imported",
    "is_builtin",
    "lookup",
    "module_attribute",
    "starred",
    "unknown_stars",
]
