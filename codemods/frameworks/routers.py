"""Which objects are routers, and the paths that their routes end up under."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from ..analysis.index.bindings import Import
from ..analysis.index.expr import Attr, Binary, Call, Const, Expr, Joined, Name
from ..analysis.index.facts import CallSite
from ..analysis.link import names
from ..analysis.link.infer import Inference
from ..analysis.link.kinds import Inst, Kinds, Mod, Obj
from ..analysis.link.program import CallKey, Key, Program
from .names import ROUTERS

Router = tuple[str, int, str]
"""The file, the scope and the name that a router is kept under."""
COMPUTED = "{...}"
_DEEPEST = 8


class Routers:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    def is_router(self, kinds: Kinds) -> bool:
        catalogue = self.program.catalogue
        for kind in kinds:
            if isinstance(kind, Inst) and (
                kind.name in ROUTERS or not ROUTERS.isdisjoint(catalogue.bases(kind.name))
            ):
                return True
            if isinstance(kind, Obj) and any(
                self.inference.classes.is_a(kind.key, router) for router in ROUTERS
            ):
                return True
        return False

    # prefixes ---------------------------------------------------------------------------------------------

    def prefix(self, key: Key, router: Expr) -> str:
        """What stands before the path of a route: prefixes of the router and of where it is included."""
        found = self._identity(key, router)
        return self._full(found, frozenset()) if found is not None else ""

    def _full(self, router: Router, seen: frozenset[Router]) -> str:
        own = self._own(router)
        if router in seen or len(seen) > _DEEPEST:
            return own
        for parent, prefix in self._included.get(router, ()):
            before = self._full(parent, seen | {router}) if parent is not None else ""
            return f"{before}{prefix}{own}"
        return own

    def _own(self, router: Router) -> str:
        path, scope, name = router
        for binding in self.program.modules[path].names[scope].get(name, ()):
            if isinstance(binding.value, Call):
                call = CallKey(path, binding.value.index)
                prefix = dict(self.program.call(call).keywords).get("prefix")
                if prefix is not None:
                    return self.text(Key(path, scope), prefix)
        return ""

    @cached_property
    def _included(self) -> Mapping[Router, tuple[tuple[Router | None, str], ...]]:
        """Router -> the routers that include it, each with the prefix it does so under."""
        table: dict[Router, list[tuple[Router | None, str]]] = defaultdict(list)
        for method, position in (("include_router", 0), ("mount", 1)):
            for call in self.program.calls_by_name.get(method, ()):
                site = self.program.call(call)
                if not isinstance(site.func, Attr) or self.program.modules[call.path].facts.is_test:
                    continue
                where = Key(call.path, site.scope)
                given = argument(site, position, "router" if method == "include_router" else "app")
                child = self._identity(where, given) if given is not None else None
                if child is None:
                    continue
                at = (
                    dict(site.keywords).get("prefix")
                    if method == "include_router"
                    else argument(site, 0, "path")
                )
                prefix = self.text(where, at) if at is not None else ""
                table[child].append((self._identity(where, site.func.value), prefix))
        return {router: tuple(found) for router, found in table.items()}

    def _identity(self, key: Key, expr: Expr) -> Router | None:
        if isinstance(expr, Name):
            found = names.lookup(self.program, key, expr.id)
            return self._of_bindings(found) if isinstance(found, list) else None
        if isinstance(expr, Attr):
            for kind in self.inference.kinds(key, expr.value):
                if isinstance(kind, Mod):
                    attribute = names.module_attribute(self.program, kind, expr.attr)
                    return self._of_bindings(attribute) if isinstance(attribute, list) else None
        return None

    def _of_bindings(self, found: list[names.Bound], depth: int = 0) -> Router | None:
        for home, binding in found:
            if not isinstance(binding.value, Import):
                return home.path, home.scope, binding.name
            inner = names.imported(self.program, binding.value, home.path)
            if isinstance(inner, list) and depth < _DEEPEST:
                return self._of_bindings(inner, depth + 1)
        return None

    def text(self, key: Key, expr: Expr) -> str:
        """A literal, or a name or attribute that is one; `{...}` for what is computed."""
        return "".join(self._pieces(key, expr, 0))

    def _pieces(self, key: Key, expr: Expr, depth: int) -> Iterator[str]:
        if isinstance(expr, Const) and (expr.text or expr.type != "str"):
            yield expr.text
        elif isinstance(expr, Const):
            yield ""
        elif isinstance(expr, Joined):
            for part in expr.parts:
                yield from self._pieces(key, part, depth)
        elif isinstance(expr, Binary) and expr.operator == "+":
            yield from self._pieces(key, expr.left, depth)
            yield from self._pieces(key, expr.right, depth)
        elif (
            isinstance(expr, (Name, Attr))
            and depth < _DEEPEST
            and (value := self._value(key, expr)) is not None
        ):
            yield from self._pieces(value[0], value[1], depth + 1)
        else:
            yield COMPUTED

    def _value(self, key: Key, expr: Name | Attr) -> tuple[Key, Expr] | None:
        """What a constant was set to."""
        if isinstance(expr, Name):
            router = self._identity(key, expr)
        else:
            router = self._identity(key, expr)
            if router is None:
                owners = [kind for kind in self.inference.kinds(key, expr.value) if isinstance(kind, Obj)]
                router = (owners[0].key.path, owners[0].key.scope, expr.attr) if owners else None
        if router is None:
            return None
        path, scope, name = router
        for binding in self.program.modules[path].names[scope].get(name, ()):
            if binding.value is not None and not isinstance(binding.value, Import) and binding.how == 0:
                return Key(path, scope), binding.value
        return None


def argument(site: CallSite, position: int, keyword: str) -> Expr | None:
    return site.args[position] if len(site.args) > position else dict(site.keywords).get(keyword)
