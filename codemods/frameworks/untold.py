"""Registrations of routes of which nobody can tell the functions: `app.add_api_route(x.path, x.handler)`."""

from __future__ import annotations

from collections.abc import Iterator

from ..analysis.index.expr import Attr
from ..analysis.link.infer import Inference
from ..analysis.link.kinds import Cls, Fn, Obj
from ..analysis.link.program import Key
from ..model import EntryKind, Location
from .names import REGISTRATIONS
from .routers import Routers, argument


def untold(inference: Inference) -> Iterator[Location]:
    program, routers = inference.program, Routers(inference)
    for method, (kind, position, keyword) in REGISTRATIONS.items():
        for call in program.calls_by_name.get(method, ()) if kind is EntryKind.ROUTE else ():
            site = program.call(call)
            where, given = Key(call.path, site.scope), argument(site, position, keyword)
            if not isinstance(site.func, Attr) or given is None or program.modules[call.path].facts.is_test:
                continue
            found = inference.kinds(where, given, site.span.line)
            owner = inference.kinds(where, site.func.value, site.span.line)
            if not any(isinstance(each, (Cls, Fn, Obj)) for each in found) and routers.is_router(owner):
                yield program.call_location(call)
