"""The call graph: caller -> callees under dotted names, for people and for other tools."""

from __future__ import annotations

from collections.abc import Iterator

from ...index.bindings import ScopeKind
from ...link.hierarchy import PLAIN_BASES
from ...link.infer import Inference
from ...link.kinds import Cls, Decorated, Ext, Fn, Inst, Kinds, Member, describe, is_known
from ...link.program import CallKey, Key, Program
from ..effects.effects import Effects


class CallGraph:
    """Edges of one linked program; whatever a call may reach is an edge."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program
        self.effects = Effects(inference)
        self._names: dict[str, tuple[str, ...]] = {}

    def edges(self, paths: frozenset[str] | None = None, *, external: bool = True) -> dict[str, list[str]]:
        """Every definition in `paths` (None: all files), sorted; those without calls have an empty list."""
        table: dict[str, set[str]] = {}
        for path in sorted(self.program.modules):
            if paths is not None and path not in paths:
                continue
            for number, scope in enumerate(self.program.modules[path].facts.scopes):
                if scope.kind in (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR):
                    continue
                key = Key(path, number)
                found = set(self.callees(key, external=external))
                if found or scope.kind is not ScopeKind.CLASS:
                    table.setdefault(self.name(key), set()).update(found)
        return {caller: sorted(table[caller]) for caller in sorted(table)}

    def callees(self, key: Key, *, external: bool = True) -> Iterator[str]:
        decorators = self.inference.decorators
        for site in self.effects.sites(key):
            if site.target is not None and site.form != "call":
                yield self.name(site.target)
        for call, _ in self.program.calls_of(key):
            kinds = self.inference.callees(call)
            for target in self._targets(call, kinds):
                yield self.name(target)
            for kind in kinds:
                if isinstance(kind, Decorated) and kind.by is not None:
                    yield from map(self.name, decorators.inside(kind.by, key))
                elif external and isinstance(kind, (Ext, Member, Inst)):
                    yield describe(kind).removesuffix("()")
                elif external and isinstance(kind, Cls):
                    yield from self._outside_constructor(kind.key)

    def _targets(self, call: CallKey, kinds: Kinds) -> Iterator[Key]:
        """The project's functions that a call enters: a wrapper stands before the function that it wraps."""
        decorators = self.inference.decorators
        called = {kind.key for kind in kinds if isinstance(kind, Fn)}
        found = dict.fromkeys(site.target for site in self.effects.of_call(call) if site.target is not None)
        replaced = [key for key in found if decorators.is_replaced(key)]
        hidden = {key for each in replaced for key in (each, *decorators.wrappers(each))} - (
            called - set(replaced)
        )
        for key in found:
            if key not in hidden:
                yield key
        for key in replaced:
            yield from decorators.outermost(key)

    def _outside_constructor(self, cls: Key) -> Iterator[str]:
        """`__init__` of the first base outside the project, when no class of the project has one."""
        classes = self.inference.classes
        if classes.method(cls, "__init__") is None and not classes.is_a(cls, "enum.Enum"):
            bases = [base for base in classes.external_bases(cls) if base not in PLAIN_BASES]
            if bases and not bases[0].startswith("builtins."):
                yield f"{bases[0]}.__init__"

    def unresolved(self, key: Key) -> Iterator[CallKey]:
        """Calls of which at least one callee cannot be told."""
        for call, _ in self.program.calls_of(key):
            if not is_known(self.inference.callees(call)):
                yield call

    # names ------------------------------------------------------------------------------------------------

    def name(self, key: Key) -> str:
        """`package.module.Class.method`; lambdas are numbered within what they stand in."""
        if key.path not in self._names:
            self._names[key.path] = tuple(self._name_scopes(key.path))
        return self._names[key.path][key.scope]

    def _name_scopes(self, path: str) -> Iterator[str]:
        facts = self.program.modules[path].facts
        names: list[str] = []
        lambdas: dict[str, int] = {}
        for scope in facts.scopes:
            if scope.parent < 0:
                names.append(facts.module or path.rpartition("/")[2].removesuffix(".py"))
            elif scope.kind in (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR):
                names.append(names[scope.parent])
            else:
                outer = names[scope.parent]
                own = scope.name
                if scope.kind is ScopeKind.LAMBDA:
                    lambdas[outer] = lambdas.get(outer, 0) + 1
                    own = f"<lambda{lambdas[outer]}>"
                names.append(f"{outer}.{own}")
        yield from names
