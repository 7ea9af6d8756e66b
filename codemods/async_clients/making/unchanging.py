"""What a client is made from at each call: is it there at import, and the same ever after?"""

from __future__ import annotations

import ast

from ...analysis.index.expr import Call as CallFact
from ...analysis.index.expr import Const, Expr
from ...analysis.link import names
from ...analysis.link.classes.properties import Access, Properties
from ...analysis.link.kinds import Cls, Ext, Fn, Kinds, Mod, Obj, is_known
from ...analysis.link.program import Key
from ...analysis.nodes import walk
from ...analysis.scopes import COMPREHENSIONS
from ...analysis.spelled import fact_of
from ..objects.environment import calls_in_functions
from ..objects.patched import is_put_on
from ..objects.uses import Objects
from ..twin import NoTwinError
from .lifetimes import is_cached, is_kept_by_global

_ENVIRONMENT = {"os.getenv", "os.environ.get"}
_SHRINKS = ("clear", "pop", "popitem", "remove")
_VARYING = (ast.Await, ast.Lambda, ast.NamedExpr, ast.Starred, ast.Yield, ast.YieldFrom, *COMPREHENSIONS)


def check_same(
    objects: Objects,
    reader: Key,
    nodes: list[ast.stmt] | list[ast.expr],
    what: str,
    above: tuple[Key, ...] = (),
    kept: frozenset[str] = frozenset(),
) -> None:
    """All that the nodes read was there when the module was imported, and stays what it was then.

    `kept` are names for what others of the nodes give; `above` are the properties that lead here, whose own
    instance is as unchanging as the name that has it. Raises `NoTwinError`.
    """
    read = [inner for each in nodes for inner in walk(each)]
    stored = {node.id for node in read if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own = stored | kept
    raised = {node.exc for node in read if isinstance(node, ast.Raise)}
    if above:
        own |= {parameter.name for parameter in objects.program.scope(reader).parameters[:1]}
    for node in read:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            same = _is_same(objects, reader, node)
        elif isinstance(node, ast.Attribute):
            same = isinstance(node.ctx, ast.Load) and _is_same_attribute(objects, reader, node, what, above)
        elif isinstance(node, ast.Subscript):
            same = objects.world.syntax.file(reader.path).source(node.value) == "os.environ"
        elif isinstance(node, ast.Call):
            same = node in raised or _gives_same(objects, reader, node, above)
        else:
            same = not isinstance(node, (*_VARYING, ast.Global))
        if not same:
            source = objects.world.syntax.file(reader.path).source(node)
            raise NoTwinError(f"{what} is made for each call, from {source}")


def _is_same(objects: Objects, reader: Key, node: ast.Name) -> bool:
    """A name of a module that no function binds again; one that nothing binds is built in."""
    fact, bound = fact_of(node), names.lookup(objects.program, reader, node.id, node.lineno)
    if fact is None or isinstance(bound, names.Parameter) or any(each.home.scope for each in bound or ()):
        return False
    module = objects.program.modules[reader.path].facts.module
    is_put = any(
        is_put_on(objects.world, Key(path, put.scope), put, module)
        for path, put in objects.program.attributes_by_name.get(node.id, ())
    )
    return not (is_put or _is_filled(objects, node.id)) and all(
        holder.scope == 0
        and not holder.on_instance
        and not any(
            holder.name in scope.globals for scope in objects.program.modules[holder.path].facts.scopes
        )
        for holder in objects.holders(reader, fact, node.lineno)
    )


def _is_same_attribute(
    objects: Objects, reader: Key, node: ast.Attribute, what: str, above: tuple[Key, ...]
) -> bool:
    """Nothing but an `__init__` sets it, and what a property gives is made of what stays the same."""
    fact = _fact(objects, reader, node.value)
    if fact is None or _is_set(objects, node.attr) or _is_filled(objects, node.attr):
        return False
    owners = objects.world.kinds(reader, fact, node.lineno)
    if _is_set_by_text(objects, owners, node.attr):
        return False
    properties = Properties(objects.inference)
    if node.attr in properties.names and not is_known(owners):
        return False
    for owner in owners:
        for getter in properties.accessed(owner, node.attr, Access.READ) if isinstance(owner, Obj) else ():
            body = objects.world.node(getter)
            if body is None or getter in above:
                return False
            check_same(objects, getter, body.body, what, (*above, getter))
    return True


def _fact(objects: Objects, reader: Key, node: ast.expr) -> Expr | None:
    """`settings` and `get_settings()`, of which `check_same` sees to the call."""
    call = objects.world.call_key(reader.path, node) if isinstance(node, ast.Call) else None
    return CallFact(call.index) if call is not None else fact_of(node)


def _is_set(objects: Objects, name: str) -> bool:
    """Does anything but an `__init__` set an attribute of that name?"""
    return any(
        objects.program.modules[path].facts.scopes[put.scope].name != "__init__"
        for path, put in objects.program.attributes_by_name.get(name, ())
    )


def _is_set_by_text(objects: Objects, owners: Kinds, name: str) -> bool:
    """`setattr(settings, field, value)`, of what may be one of the owners."""
    for key in calls_in_functions(objects.program, "setattr"):
        call = objects.program.call(key)
        if len(call.args) < 2 or (isinstance(call.args[1], Const) and call.args[1].text != name):
            continue
        given = objects.world.kinds(Key(key.path, call.scope), call.args[0], call.span.line)
        if not _identities(owners).isdisjoint(_identities(given)):
            return True
        if not is_known(owners) and not is_known(given):
            return True
    return False


def _identities(kinds: Kinds) -> set[Key | str]:
    return {
        kind.key if isinstance(kind, (Obj, Cls)) else kind.name
        for kind in kinds
        if isinstance(kind, (Obj, Cls, Mod))
    }


def _is_filled(objects: Objects, name: str) -> bool:
    """Does a function change a dictionary or a list of that name?"""
    program = objects.program
    imported_as = [word for word, others in program.aliases.items() if name in others]
    for word in (name, *program.aliases.get(name, ()), *imported_as):
        stores = [Key(path, store.scope) for path, store in program.stores_by_name.get(word, ())]
        calls = [*program.growth_by_name.get(word, ())]
        calls += [
            call
            for method in _SHRINKS
            for call in program.calls_by_name.get(method, ())
            if word in _words(getattr(program.call(call).func, "value", None))
        ]
        changing = [*stores, *(Key(call.path, program.call(call).scope) for call in calls)]
        if any(key.scope and not program.modules[key.path].facts.is_test for key in changing):
            return True
    return False


def _forgets(objects: Objects) -> bool:
    """Does a function of the application empty a cache: `get_settings.cache_clear()`?"""
    return any(True for _ in calls_in_functions(objects.program, "cache_clear"))


def _words(expr: object) -> tuple[str, str]:
    return getattr(expr, "attr", ""), getattr(expr, "id", "")


def _gives_same(objects: Objects, reader: Key, node: ast.Call, above: tuple[Key, ...]) -> bool:
    """The client itself, what the environment says, and what a cache keeps or a function reads of these."""
    call = objects.world.call_key(reader.path, node)
    found = objects.inference.callees(call) if call is not None else []
    for kind in found:
        name = kind.name if isinstance(kind, Ext) else ""
        known = name in _ENVIRONMENT or objects.program.catalogue.canonical(name) in objects.canonical
        if not known and not (isinstance(kind, Fn) and gives_same(objects, kind.key, above)):
            return False
    return bool(found)


def gives_same(objects: Objects, function: Key, above: tuple[Key, ...] = ()) -> bool:
    """Does a cache keep what it gives, or is it made of what stays the same, whatever the application and its
    tests do?"""
    if objects.world.callers.patches.first_of(function) is not None:
        return False
    if is_cached(objects.world, function):
        return not _forgets(objects)
    if is_kept_by_global(objects.world, function):
        return True
    scope, node = objects.program.scope(function), objects.world.node(function)
    is_plain = not (scope.decorators or scope.parameters or scope.is_async or scope.has_yield)
    if node is None or not is_plain or function in above:
        return False
    try:
        check_same(objects, function, node.body, scope.name, (*above, function))
    except NoTwinError:
        return False
    return True
