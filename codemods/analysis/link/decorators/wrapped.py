"""What the wrapper of a decorator hands to the functions that it stands for: `func(db, *args)` says what `db`
is, on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...arguments import placed
from ...index.bindings import ScopeKind
from ...index.expr import Expr, Name, Starred
from ...index.facts import CallSite
from ..kinds import NOTHING, Decorated, Kinds, union
from ..program import Key

if TYPE_CHECKING:
    from ..infer import Inference


def parameter(inference: Inference, key: Key, position: int) -> Kinds:
    """What a parameter is that a wrapper fills by itself, or fills from its own one of the same kind; nothing
    where neither is known."""
    return _filled(inference, key, position) or _handed_on(inference, key, position)


def _filled(inference: Inference, function: Key, position: int) -> Kinds:
    """`func(session, *args)`: what callers of the function give does not land there."""
    program, found = inference.program, []
    name = program.scope(function).parameters[position].name
    for wrapper in inference.decorators.wrappers(function):
        decorator, own = program.parent(wrapper), {p.name for p in program.scope(wrapper).parameters}
        for call, site in program.calls_of(wrapper):
            if Decorated(decorator) not in inference.callees(call):
                continue
            value = dict(site.keywords).get(name) or _at(site, position)
            if value is None or (isinstance(value, Name) and value.id in own):
                return NOTHING
            found.append(inference.kinds(Key(call.path, site.scope), value, site.span.line))
    return union(found) if all(found) else NOTHING


def _at(site: CallSite, position: int) -> Expr | None:
    """The argument at a position, where no `*args` is before it."""
    before = site.args[: position + 1]
    is_plain = len(before) > position and not any(isinstance(each, Starred) for each in before)
    return before[position] if is_plain else None


def _handed_on(inference: Inference, wrapper: Key, position: int) -> Kinds:
    """What it is by the functions that get it as it is."""
    program, decorator = inference.program, inference.program.parent(wrapper)
    if program.scope(decorator).kind is not ScopeKind.FUNCTION:
        return NOTHING
    if not inference.decorators.is_decorator(decorator):
        return NOTHING
    name = Name(program.scope(wrapper).parameters[position].name)
    for call, site in program.calls_of(wrapper):
        at = next((at for at, value in placed(site) if value == name), None)
        if at is not None and Decorated(decorator) in inference.callees(call):
            return taken(inference, decorator, site, at)
    return NOTHING


def taken(inference: Inference, decorator: Key, site: CallSite, at: int | str) -> Kinds:
    """What the decorated functions take in this place of `func(..)`; nothing where one of them has none."""
    if isinstance(at, int) and _at(site, at) is None:
        return NOTHING
    found = []
    for function in inference.decorators.decorated_by(decorator):
        parameters = enumerate(inference.program.scope(function).parameters)
        places = [n for n, p in parameters if at in (n, p.name) and not p.kind.startswith("*")]
        if len(places) != 1:
            return NOTHING
        found.append(inference.parameter(function, places[0]))
    return union(found) if all(found) else NOTHING
