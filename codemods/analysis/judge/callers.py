"""Who calls a function, who hands it on as a value, and which names the tests replace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..index.bindings import ScopeKind
from ..index.expr import Attr, Const, Expr, Starred
from ..index.facts import CallSite, Reference
from ..link.infer import Inference
from ..link.kinds import Cls, Ext, Fn, Mod, Unknown
from ..link.program import CallKey, Key, Program
from .effects import Effects
from .lookups import Lookups

_TAKE_FUNCTIONS = {
    "map", "filter", "reduce", "starmap", "partial", "Thread", "Timer", "Process", "submit", "apply_async",
    "run_in_threadpool", "to_thread", "run_sync", "run_in_executor", "add_done_callback", "add_job",
    "register",
}  # fmt: skip
_CALLBACKS = {"target", "key", "func", "function", "callback", "default_factory"}
_PATCHERS = {"patch", "setattr", "object", "dict", "delattr", "patch_object", "spy", "stub", "multiple"}
_OPTIONS_OF_MULTIPLE = {"target", "spec", "spec_set", "create", "autospec", "new_callable"}


@dataclass(frozen=True, slots=True)
class Caller:
    call: CallKey
    owner: Key
    """The function, class body or module whose frame holds the call."""
    in_generator: bool
    """Inside a generator expression: it may run after the frame is gone."""


class Callers:
    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self.inference: Inference = effects.inference
        self.program: Program = effects.program
        self.lookups = Lookups(self)
        self._calls: dict[Key, tuple[Caller, ...]] = {}
        self._on_unknown: dict[str, tuple[CallKey, ...]] = {}

    def names(self, function: Key) -> list[str]:
        """The names under which a function can be written at a call."""
        scope = self.program.scope(function)
        if scope.name in ("__init__", "__post_init__", "__call__"):
            cls = self.program.enclosing_class(function)
            name = self.program.scope(cls).name if cls else scope.name
        else:
            name = scope.name
        return sorted({name, *self.program.aliases.get(name, ())})

    def calls(self, function: Key) -> tuple[Caller, ...]:
        if function not in self._calls:
            found = []
            for name in self.names(function):
                for call in self.program.calls_by_name.get(name, ()):
                    if any(site.target == function for site in self.effects.of_call(call)):
                        scope = self.program.call(call).scope
                        found.append(
                            Caller(
                                call,
                                self.program.owner_of(call.path, scope),
                                self._in_generator(call.path, scope),
                            )
                        )
            self._calls[function] = tuple(found)
        return self._calls[function]

    def _in_generator(self, path: str, scope: int) -> bool:
        scopes = self.program.modules[path].facts.scopes
        while scopes[scope].kind in (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR):
            if scopes[scope].kind is ScopeKind.GENERATOR:
                return True
            scope = scopes[scope].parent
        return False

    def references(self, function: Key) -> Iterator[tuple[str, Reference]]:
        """Places where the function itself is read as a value."""
        for name in self.names(function):
            for path, number in self.program.references_by_name.get(name, ()):
                reference = self.program.modules[path].facts.references[number]
                kinds = self.inference.kinds(Key(path, reference.scope), reference.expr, reference.span.line)
                if any(isinstance(kind, Fn) and kind.key == function for kind in kinds):
                    yield path, reference

    def unresolved_references(self, method: Key) -> Iterator[tuple[str, Reference]]:
        """`Thread(target=x.name)` with an `x` of unknown type: it may be this method that is handed on."""
        for path, number in self.program.references_by_name.get(self.program.scope(method).name, ()):
            facts = self.program.modules[path].facts
            reference = facts.references[number]
            if not isinstance(reference.expr, Attr) or reference.call < 0:
                continue
            into = facts.calls[reference.call].func
            takes = (getattr(into, "attr", "") or getattr(into, "id", "")) in _TAKE_FUNCTIONS
            if not takes and reference.position not in _CALLBACKS:
                continue
            owners = self.inference.kinds(
                Key(path, reference.scope), reference.expr.value, reference.span.line
            )
            if not owners or any(isinstance(kind, Unknown) for kind in owners):
                yield path, reference

    def unresolved_namesakes(self, method: Key) -> Iterator[CallKey]:
        """Calls `x.name(...)` on an `x` of unknown type: any of them may be a call of this method."""
        name = self.program.scope(method).name
        if name not in self._on_unknown:
            calls = self.program.calls_by_name.get(name, ())
            self._on_unknown[name] = tuple(call for call in calls if self._is_on_unknown(call))
        for call in self._on_unknown[name]:
            if self._may_bind(method, self.program.call(call)):
                yield call

    def _is_on_unknown(self, call: CallKey) -> bool:
        site = self.program.call(call)
        if not isinstance(site.func, Attr):
            return False
        owners = self.inference.kinds(Key(call.path, site.scope), site.func.value, site.span.line)
        return not owners or any(isinstance(kind, Unknown) for kind in owners)

    def _may_bind(self, method: Key, site: CallSite) -> bool:
        """Would the arguments fit, `self` apart?"""
        parameters = self.program.scope(method).parameters[1:]
        kinds = {parameter.kind for parameter in parameters}
        if any(isinstance(argument, Starred) for argument in site.args) or any(
            not name for name, _ in site.keywords
        ):
            return True
        positional = [p for p in parameters if p.kind == "positional"]
        names = {p.name for p in parameters}
        if len(site.args) > len(positional) and "*" not in kinds:
            return False
        given = {p.name for p in positional[: len(site.args)]} | {name for name, _ in site.keywords}
        if "**" not in kinds and not {name for name, _ in site.keywords} <= names:
            return False
        return all(p.name in given or p.default is not None or p.kind.startswith("*") for p in parameters)

    # what tests replace -------------------------------------------------------------------------------------

    @cached_property
    def patched(self) -> frozenset[str]:
        """Dotted names that tests replace: `app.weather.requests.get`, `app.mail.send`; `*.name` where only
        the last part is known."""
        return frozenset(
            name for key in self.patch_calls() for name in self.patches(key, self.program.call(key))
        )

    def patches(self, key: CallKey, call: CallSite) -> Iterator[str]:
        named = dict(call.keywords)
        given = [*call.args, *(named[word] for word in ("target", "name", "attribute") if word in named)][:2]
        is_many = getattr(call.func, "attr", None) == "multiple"
        names = [a.text for a in given if isinstance(a, Const) and a.text]
        if given and isinstance(given[0], Const) and not is_many:
            yield from names[:1]
            return
        attributes = [name for name in named if name not in _OPTIONS_OF_MULTIPLE] if is_many else names[:1]
        for attribute in attributes if given else ():
            for owner in self._owners(key, call, given[0]):
                yield f"{owner}.{attribute}"

    def _owners(self, key: CallKey, call: CallSite, expr: Expr) -> Iterator[str]:
        """What holds the attribute that is replaced; `*` where that is not known."""
        if isinstance(expr, Const):
            yield expr.text
            return
        for kind in self.inference.kinds(Key(key.path, call.scope), expr, call.span.line):
            if isinstance(kind, (Mod, Ext)):
                yield kind.name
            elif isinstance(kind, Cls):
                yield str(self.program.class_id(kind.key)).replace(":", ".")
            else:
                yield "*"

    def is_patched(self, function: Key) -> str | None:
        """The patched name that stands for this function in some module, if any."""
        return next(self._patched_as(function), None)

    def patched_names(self, function: Key) -> frozenset[str]:
        """Every patched name that stands for this function."""
        return frozenset(self._patched_as(function))

    def _patched_as(self, function: Key) -> Iterator[str]:
        home = str(self.program.id(function)).replace(":", ".")
        if home in self.patched:
            yield home
        name = f"*.{self.program.scope(function).name}"
        if name in self.patched and self.program.enclosing_class(function) is not None:
            yield name
        for spelled in self.names(function):
            for path in self._patched_in.get(spelled, ()):
                if self.means(path, spelled, function):
                    yield f"{self.program.modules[path].facts.module}.{spelled}"

    @cached_property
    def _patched_in(self) -> Mapping[str, Sequence[str]]:
        """Name -> the files in which tests replace it."""
        of_module: dict[str, list[str]] = defaultdict(list)
        for dotted in sorted(self.patched):
            home, _, name = dotted.rpartition(".")
            of_module[home].append(name)
        found: dict[str, list[str]] = defaultdict(list)
        for path, module in self.program.modules.items():
            for name in of_module.get(module.facts.module, ()):
                found[name].append(path)
        return found

    def patch_calls(self) -> Iterator[CallKey]:
        """The calls in tests that replace something."""
        for path in sorted(self.program.modules):
            facts = self.program.modules[path].facts
            for number, call in enumerate(facts.calls if facts.is_test else ()):
                if (getattr(call.func, "attr", None) or getattr(call.func, "id", None)) in _PATCHERS:
                    yield CallKey(path, number)

    def means(self, path: str, name: str, function: Key) -> bool:
        """Is `function` what the module of `path` has under `name`?"""
        return any(
            isinstance(kind, Fn) and kind.key == function for kind in self.inference.name(Key(path, 0), name)
        )

    def is_patched_here(self, path: str, written: str, name: str) -> str | None:
        """The patch that replaces an external callee, written `written` in the module of `path` and called
        `name`."""
        module = self.program.modules[path].facts.module
        parts = written.split(".")
        candidates = [name, *(f"{module}.{'.'.join(parts[:n])}" for n in range(1, len(parts) + 1))]
        return next((candidate for candidate in candidates if candidate in self.patched), None)
