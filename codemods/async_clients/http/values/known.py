"""Functions of the project whose every call is seen, and what they are given there."""

from __future__ import annotations

import ast

from ....analysis.link.program import CallKey, Key
from ....analysis.syntax import FileSyntax, FunctionNode
from ...twin import NoTwinError, World

_PLAIN = frozenset({"staticmethod", "classmethod"})


def check_known(world: World, function: Key, what: str) -> tuple[FileSyntax, FunctionNode]:
    """Is it called where it is seen, and nothing else in its place? Raises `NoTwinError`."""
    program, callers = world.effects.program, world.callers
    file, node = world.syntax.file(function.path), world.node(function)
    name = program.scope(function).name
    place = f"{what} is handed on by {program.scope(function).qualname}"
    if node is None or name.startswith("__") or program.modules[function.path].facts.is_test:
        raise NoTwinError(place)
    if not callers.knows_all(function) or callers.together(function) != {function}:
        raise NoTwinError(f"{place}, whose calls are not all seen")
    if any(getattr(each, "id", "") not in _PLAIN for each in node.decorator_list):
        raise NoTwinError(f"{place}, which has a decorator")
    is_put = any(put.attr == name for each in program.modules.values() for put in each.facts.attributes)
    if is_put or any(patched.rpartition(".")[2] == name for patched in callers.patches.names):
        raise NoTwinError(f"{place}, in whose place another is put")
    return file, node


def parameter_of(world: World, file: FileSyntax, call: ast.Call, given: ast.expr) -> tuple[Key, str]:
    """The function and its parameter that gets `given`. Raises `NoTwinError`."""
    key = world.call_key(file.path, call)
    run = world.callers.run_by(key) if key is not None else frozenset()
    where = f"({file.path}:{given.lineno})"
    if len(run) != 1:
        raise NoTwinError(f"the response is handed on {where}")
    function = next(iter(run))
    for each in call.keywords:
        if each.value is given and each.arg is not None:
            _check_keyword(world, function, each.arg, where)
            return function, each.arg
    names = _positional(world, function)
    before = call.args[: call.args.index(given)] if given in call.args else None
    if before is None or len(before) >= len(names) or any(isinstance(e, ast.Starred) for e in before):
        raise NoTwinError(f"the response is handed on {where}")
    return function, names[len(before)]


def argument_of(world: World, key: CallKey, function: Key, name: str, what: str) -> ast.expr | None:
    """What a call gives for the parameter; None where that is its default, None. Raises `NoTwinError`."""
    program = world.effects.program
    call = world.syntax.file(key.path).call(program.call(key).span)
    where = f"{what} may be another thing ({program.call_location(key)})"
    if call is None or world.callers.run_by(key) != {function}:
        raise NoTwinError(where)
    if any(isinstance(each, ast.Starred) for each in call.args) or any(k.arg is None for k in call.keywords):
        raise NoTwinError(where)
    names = _positional(world, function)
    if len(call.args) > len(names):
        raise NoTwinError(where)
    given = dict(zip(names, call.args, strict=False)) | {k.arg or "": k.value for k in call.keywords}
    if name in given:
        return given[name]
    default = next(each.default for each in program.scope(function).parameters if each.name == name)
    if getattr(default, "type", "") != "NoneType":
        raise NoTwinError(where)
    return None


def _positional(world: World, function: Key) -> list[str]:
    parameters = world.effects.program.scope(function).parameters
    own = parameters[int(world.effects.inference.classes.takes_self(function)) :]
    return [each.name for each in own if each.kind == "positional"]


def _check_keyword(world: World, function: Key, name: str, where: str) -> None:
    parameters = world.effects.program.scope(function).parameters
    if not any(each.name == name and each.kind in ("positional", "keyword") for each in parameters):
        raise NoTwinError(f"the response is handed on {where}")
