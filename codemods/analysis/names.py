"""Names -> what they are bound to: scopes, imports, re-exports, star imports, builtins."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import NamedTuple

from .facts import Binding, How, Import, ScopeKind
from .kinds import NOTHING, Ext, Kinds, Mod, one
from .program import FUNCTIONS, Key, Program

_BUILTINS = frozenset(dir(builtins))


class Bound(NamedTuple):
    """A binding and the scope that holds it."""

    home: Key
    binding: Binding


class Parameter(NamedTuple):
    function: Key
    position: int


def lookup(program: Program, key: Key, name: str, line: int = 0) -> list[Bound] | Parameter | None:
    """What `name` may mean when read in `key` at `line` (0: at any time); None when nothing in the file binds it."""
    module = program.modules[key.path]
    scopes = module.facts.scopes
    number, first = key.scope, True
    while number >= 0:
        scope = scopes[number]
        if scope.kind is not ScopeKind.CLASS or first:
            if name in scope.globals and number:
                number, first = 0, False
                continue
            found = module.names[number].get(name)
            position = (
                next((i for i, p in enumerate(scope.parameters) if p.name == name), -1)
                if scope.kind in FUNCTIONS
                else -1
            )
            if found:
                reaching = _reaching(found, scope.loops, line) if first and line else list(found)
                if position >= 0 and not _always_bound_before(found, line if first else 0):
                    annotated = [b for b in reaching if b.how is not How.DELETE]
                    if not annotated:
                        return Parameter(Key(key.path, number), position)
                    return [
                        Bound(Key(key.path, number), Binding(name, How.PARAMETER, None, 0, position)),
                        *(Bound(Key(key.path, number), b) for b in annotated),
                    ]
                if reaching:
                    return [Bound(Key(key.path, number), b) for b in reaching]
            elif position >= 0:
                return Parameter(Key(key.path, number), position)
        first = first and scope.kind in (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR)
        number = scope.parent
    return None


def _always_bound_before(found: tuple[Binding, ...], line: int) -> bool:
    return bool(line) and any(b.depth == 0 and b.line < line and b.how is not How.ISINSTANCE for b in found)


def _reaching(found: tuple[Binding, ...], loops: tuple[tuple[int, int], ...], line: int) -> list[Binding]:
    """The bindings that can have run when the name is read at `line` of the same scope."""
    start = 0
    for number, binding in enumerate(found):
        if binding.depth == 0 and binding.line < line and binding.how not in (How.ISINSTANCE, How.ANNOTATION):
            start = number
    in_loop = [span for span in loops if span[0] <= line <= span[1]]
    kept = [
        binding
        for binding in found[start:]
        if binding.line < line
        or binding.how is How.ANNOTATION
        or (binding.line <= line and binding.how not in (How.ASSIGN, How.AUGMENTED))
        or any(first <= binding.line <= last for first, last in in_loop)
    ]
    return kept or list(found)


def module_attribute(program: Program, module: Mod, name: str, seen: frozenset[str] = frozenset()) -> list[Bound] | Kinds:
    """`module.name` for a project module: its bindings, or the kinds of a submodule or star import."""
    path = program.module_path(module.name, module.near)
    if path is not None and path not in seen:
        found = program.modules[path].names[0].get(name)
        if found:
            return [Bound(Key(path, 0), binding) for binding in found]
    submodule = f"{module.name}.{name}" if module.name else name
    if program.is_package(submodule):
        return one(Mod(submodule, module.near))
    if path is not None and path not in seen:
        for star in star_sources(program, path):
            if isinstance(star, Mod):
                result = module_attribute(program, star, name, seen | {path})
                if result:
                    return result
            elif isinstance(star, Ext) and program.catalogue.find(f"{star.name}.{name}"):
                return one(Ext(f"{star.name}.{name}"))
    return NOTHING


def star_sources(program: Program, path: str) -> Iterator[Mod | Ext]:
    for star in program.modules[path].star_imports:
        yield from imported_module(program, program.absolute(star, path), path)


def imported_module(program: Program, name: str, near: str) -> list[Mod | Ext]:
    return [Mod(name, near) if program.is_package(name) else Ext(name)]


def imported(program: Program, statement: Import, path: str) -> list[Bound] | Kinds:
    """What an import statement binds."""
    module = program.absolute(statement, path)
    if not statement.name:
        return one(imported_module(program, module, path)[0])
    if statement.name == "*":
        return NOTHING
    if program.is_package(module):
        return module_attribute(program, Mod(module, path), statement.name)
    if statement.level and program.is_package(f"{module}.{statement.name}".lstrip(".")):
        return one(Mod(f"{module}.{statement.name}".lstrip("."), path))
    if not statement.level and not module:
        return NOTHING
    return one(Ext(program.catalogue.canonical(f"{module}.{statement.name}")))


def is_builtin(name: str) -> bool:
    return name in _BUILTINS
