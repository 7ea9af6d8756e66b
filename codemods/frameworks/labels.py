"""What a person calls an entry point: `POST /pay`, `dependency get_db`."""

from __future__ import annotations

from ..analysis.index.expr import Attr, Const, Display, Expr
from ..analysis.index.facts import CallSite
from ..analysis.link.program import Key, Program
from ..model import EntryKind, EntryPoint
from .names import METHODS
from .routers import COMPUTED, Routers, argument


class Labels:
    def __init__(self, program: Program, routers: Routers) -> None:
        self.program = program
        self.routers = routers

    def entry(self, key: Key, kind: EntryKind, label: str = "") -> EntryPoint:
        return EntryPoint(
            self.program.id(key), kind, label or f"{kind.value} {self._name(key)}", self.program.location(key)
        )

    def _name(self, key: Key) -> str:
        """`get_db`; for a constructor or a callable instance its class."""
        scope = self.program.scope(key)
        owner = self.program.enclosing_class(key)
        return (
            self.program.scope(owner).name
            if owner is not None and scope.name.startswith("__")
            else scope.name
        )

    def of_decorator(self, key: Key, kind: EntryKind, func: Attr, site: CallSite | None, name: str) -> str:
        """`@router.get("/x")`; `key` is where it stands."""
        if site is None or kind not in (EntryKind.ROUTE, EntryKind.WEBSOCKET):
            return f"{kind.value} {name}" if name else ""
        methods = func.attr.upper() if func.attr in METHODS else self._methods(site)
        return self._label(key, "WS" if kind is EntryKind.WEBSOCKET else methods, site, func.value)

    def of_path(self, key: Key, site: CallSite, kind: EntryKind, router: Expr | None) -> str:
        """`add_api_route("/x", f)`, `Route("/x", f)`; nothing for what has no path, or any."""
        path = argument(site, 0, "path")
        is_computed = path is not None and self.routers.text(key, path) == COMPUTED
        if kind not in (EntryKind.ROUTE, EntryKind.WEBSOCKET) or is_computed:
            return ""
        return self._label(key, "WS" if kind is EntryKind.WEBSOCKET else self._methods(site), site, router)

    def _label(self, key: Key, methods: str, site: CallSite, router: Expr | None) -> str:
        prefix = self.routers.prefix(key, router) if router is not None else ""
        path = argument(site, 0, "path")
        return f"{methods} {prefix}{self.routers.text(key, path) if path is not None else ''}"

    def _methods(self, site: CallSite) -> str:
        given = dict(site.keywords).get("methods")
        written = (
            [c.text.upper() for c in given.items if isinstance(c, Const)]
            if isinstance(given, Display)
            else []
        )
        return ",".join(written) or "GET"
