"""How long objects live: are they made once, in a module, or kept by a cache?"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ...analysis.index.expr import Call as CallFact
from ...analysis.link.decorators.decorators import CACHES
from ...analysis.link.kinds import Cls, Ext
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import target_of, walk
from ...analysis.scopes import FUNCTIONS
from ...analysis.syntax import FileSyntax, FunctionNode, last_name, span_of
from ...model import Span
from ..objects.set_attributes import set_attributes
from ..twin import NoTwinError, World
from .at_start import is_made_at_start
from .tried import is_tried

_OWN_CLASS = "cls"
"""Its name in `@classmethod def get(cls): return cls()`."""


def check_made_once(world: World, cls: Key, what: str) -> None:
    """Raises `NoTwinError` where more than one object of the class may be made."""
    name = world.effects.program.scope(cls).name
    if world.effects.inference.classes.subclasses.get(cls):
        raise NoTwinError(f"{name} has subclasses")
    _check_calls(world, name, [*calls_of(world, cls)], what)


def check_all_made_once(world: World, cls: Key, attribute: str, what: str) -> None:
    """The same of a class and those below it, which have its `__init__` set the attribute and do not set it
    again. Raises `NoTwinError`."""
    program, below = world.effects.program, [*_below(world, cls)]
    name, names = (
        program.scope(cls).name,
        {binding.name for each in below for binding in program.scope(each).bindings},
    )
    if below and sum(each.gives_value for _, each in set_attributes(world, cls, attribute)) > 1:
        raise NoTwinError(f"{name} has subclasses, and {attribute} is set in several places")
    if not names.isdisjoint({attribute, f"_make_{attribute.lstrip('_')}"}):
        raise NoTwinError(f"{name} has subclasses, with a name of their own for {what}")
    for each in below:
        for path, line in references_of(world, each):
            raise NoTwinError(f"{program.scope(each).name}, which has {what}, is handed on ({path}:{line})")
    _check_calls(world, name, [call for each in (cls, *below) for call in calls_of(world, each)], what)


def _below(world: World, cls: Key) -> Iterator[Key]:
    pending, seen = [cls], {cls}
    while pending:
        for each in sorted(world.effects.inference.classes.subclasses.get(pending.pop(), ())):
            if each not in seen:
                seen.add(each)
                pending.append(each)
                yield each


def _check_calls(world: World, name: str, calls: Sequence[CallKey], what: str) -> None:
    program = world.effects.program
    # each object of a test lives as long as that
    calls = [call for call in calls if not program.modules[call.path].facts.is_test]
    again = next((call for call in calls if not is_made_once(world, call)), None)
    if again is not None or not calls:
        where = "where nobody can tell"
        if again is not None:
            where = f"in a function ({program.call_location(again)})"
        raise NoTwinError(f"{name}, which holds {what}, is made {where}")
    for call in calls:
        file = world.syntax.file(call.path)
        made = file.call(program.call(call).span)
        if made is not None and is_tried(file, made):
            raise NoTwinError(
                f"{name}, which holds {what}, is made in a try, which knows what to do if that fails"
            )


def calls_of(world: World, cls: Key) -> Iterator[CallKey]:
    """The calls that make objects of the class."""
    program, name = world.effects.program, world.effects.program.scope(cls).name
    for spelled in (name, _OWN_CLASS, *sorted(program.aliases.get(name, ()))):
        for call in program.calls_by_name.get(spelled, ()):
            if any(isinstance(k, Cls) and k.key == cls for k in world.effects.inference.callees(call)):
                yield call


def is_made_once(world: World, call: CallKey) -> bool:
    """In a module, in `@lru_cache def get_service():`, under a global that has none yet, or when the
    application starts."""
    program = world.effects.program
    scope = program.call(call).scope
    owner = program.owner_of(call.path, scope)
    is_kept = scope == 0 or (owner.scope == scope and is_cached(world, owner))
    return is_kept or _is_global(world, call) or is_made_at_start(world, call)


def _is_global(world: World, call: CallKey) -> bool:
    """`if _service is None: _service = Service(settings)`, below `global _service`, and the same of a class:
    `if cls._service is None: cls._service = cls()`."""
    file = world.syntax.file(call.path)
    made = file.call(world.effects.program.call(call).span)
    statement = file.parents[made] if made is not None else None
    target = target_of(statement) if statement is not None else None
    if target is None or statement is None:
        return False
    name, around = file.source(target), [*file.above(statement)]
    is_asked = any(
        isinstance(each, ast.If) and file.source(each.test) in (f"{name} is None", f"not {name}")
        for each in around
    )
    function = next((each for each in around if isinstance(each, FUNCTIONS)), None)
    return is_asked and function is not None and _is_shared(file, function, target)


def _is_shared(file: FileSyntax, function: FunctionNode, target: ast.expr) -> bool:
    """Is it one name for all: a global, or an attribute of a class?"""
    if isinstance(target, ast.Name):
        return any(target.id in each.names for each in walk(function) if isinstance(each, ast.Global))
    owner = target.value if isinstance(target, ast.Attribute) else None
    above = file.parents[function]
    is_of_class = "classmethod" in {getattr(each, "id", "") for each in function.decorator_list}
    names = {above.name} if isinstance(above, ast.ClassDef) else set()
    if is_of_class and function.args.args:
        names.add(function.args.args[0].arg)
    return isinstance(owner, ast.Name) and owner.id in names


def is_kept_by_global(world: World, function: Key) -> bool:
    """Does it give one thing, which it makes at its first call, and nobody else makes or takes away?"""
    program, node = world.effects.program, world.node(function)
    last = node.body[-1] if node is not None else None
    name = last.value.id if isinstance(last, ast.Return) and isinstance(last.value, ast.Name) else ""
    made = [
        CallKey(function.path, number)
        for number, call in enumerate(program.modules[function.path].facts.calls)
        if program.owner_of(function.path, call.scope) == function
    ]
    setting = [key for key in program.functions_of(function.path) if name in program.scope(key).globals]
    return bool(name) and setting == [function] and any(_is_global(world, call) for call in made)


def is_cached(world: World, function: Key) -> bool:
    """Does a cache keep the one thing that the function gives?"""
    scope = world.effects.program.scope(function)
    found = [
        kind
        for decorator in scope.decorators
        for kind in (
            world.effects.inference.callees(CallKey(function.path, decorator.index))
            if isinstance(decorator, CallFact)
            else world.kinds(world.effects.program.parent(function), decorator, scope.span.line)
        )
    ]
    is_cache = len(found) == 1 and isinstance(found[0], Ext) and found[0].name in CACHES
    return is_cache and len(scope.decorators) == 1 and not scope.parameters


def references_of(world: World, cls: Key) -> Iterator[tuple[str, int]]:
    """Where the class is a value: `Depends(Writer)`, which FastAPI makes in a thread, or `map(Writer)`."""
    program = world.effects.program
    name = program.scope(cls).name
    for spelled in (name, *sorted(program.aliases.get(name, ()))):
        for path, number in program.references_by_name.get(spelled, ()):
            reference = program.modules[path].facts.references[number]
            key = Key(path, reference.scope)
            kinds = world.effects.inference.kinds(key, reference.expr, reference.span.line)
            is_it = any(isinstance(kind, Cls) and kind.key == cls for kind in kinds)
            file, span = world.syntax.file(path), reference.span
            if is_it and not (_is_base(file, span) or _is_annotated(file, span)):
                yield path, reference.span.line


def _is_annotated(file: FileSyntax, place: Span) -> bool:
    """`Writers = Annotated[Writer, Depends(get_writer)]`"""
    return any(
        isinstance(node, ast.Subscript)
        and last_name(node.value) == "Annotated"
        and isinstance(node.slice, ast.Tuple)
        and span_of(node.slice.elts[0]) == place
        for node in walk(file.tree)
    )


def _is_base(file: FileSyntax, place: Span) -> bool:
    """`class Below(Writer):`"""
    classes = (node for node in walk(file.tree) if isinstance(node, ast.ClassDef))
    return any(span_of(base) == place for node in classes for base in node.bases)
