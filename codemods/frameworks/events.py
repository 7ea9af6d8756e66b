"""Handlers of start and stop that are registered one by one: a `lifespan=` would silence them."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.index.expr import Attr, Expr
from ..analysis.index.facts import CallSite
from ..analysis.link.infer import Inference
from ..analysis.link.kinds import Ext, is_known
from ..analysis.link.program import CallKey, Key, Program
from .names import APPLICATIONS, EVENT_LISTS, REGISTERS_EVENTS, ROUTERS
from .routers import Routers


def files_with_events(inference: Inference) -> frozenset[str]:
    """Files, tests apart, that register handlers on an application or a router, or on what may be one."""
    routers = Routers(inference)
    program = inference.program
    return frozenset(
        call.path
        for call in _candidates(program)
        if not program.modules[call.path].facts.is_test and _is_event(inference, routers, call)
    )


def _candidates(program: Program) -> Iterator[CallKey]:
    made = {name.rpartition(".")[2] for name in ROUTERS}
    made |= {alias for name in made for alias in program.aliases.get(name, ())}
    for name in sorted({*REGISTERS_EVENTS, "append", *made}):
        yield from program.calls_by_name.get(name, ())


def _is_event(inference: Inference, routers: Routers, call: CallKey) -> bool:
    site = inference.program.call(call)
    owner = _owner(site)
    if owner is not None:
        kinds = inference.kinds(Key(call.path, site.scope), owner, site.span.line)
        return routers.is_router(kinds) or not is_known(kinds)
    return not EVENT_LISTS.isdisjoint(dict(site.keywords)) and any(
        isinstance(kind, Ext) and kind.name in ROUTERS and kind.name not in APPLICATIONS
        for kind in inference.callees(call)
    )


def _owner(site: CallSite) -> Expr | None:
    """`router` of `router.on_event("startup")` and of `router.on_startup.append(load)`."""
    if not isinstance(site.func, Attr):
        return None
    if site.func.attr in REGISTERS_EVENTS:
        return site.func.value
    kept = site.func.value
    is_list = site.func.attr == "append" and isinstance(kept, Attr) and kept.attr in EVENT_LISTS
    return kept.value if is_list and isinstance(kept, Attr) else None
