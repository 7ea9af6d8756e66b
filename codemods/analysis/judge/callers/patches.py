"""What tests replace: `patch("app.mail.send")`, `monkeypatch.setattr(mail, "send", ..)`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from ...index.expr import Const, Expr, Name, last_name
from ...index.facts import CallSite
from ...link.infer import Inference
from ...link.kinds import Cls, Ext, Kind, Kinds, Mod, Obj
from ...link.program import CallKey, Key, Program
from .providers import overridden
from .spellings import means, spellings

_PATCHERS = {"patch", "setattr", "object", "dict", "delattr", "patch_object", "spy", "stub", "multiple"}
_OPTIONS_OF_MULTIPLE = {"target", "spec", "spec_set", "create", "autospec", "new_callable"}


class Patches:
    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.program: Program = inference.program

    @cached_property
    def names(self) -> frozenset[str]:
        """Dotted names that tests replace: `app.weather.requests.get`, `app.mail.send`; `*.name` where only
        the last part is known."""
        patched = (name for call in self.calls() for name in self.replaced_by(call))
        return frozenset((*patched, *self._assigned(), *overridden(self.inference)))

    def _assigned(self) -> Iterator[str]:
        """`requests.get = fake`, `Rates.fetch = fake`"""
        for path, module in self.program.modules.items():
            for binding in module.facts.attributes if module.facts.is_test else ():
                where = Key(path, binding.scope)
                for kind in self.inference.kinds(where, binding.target, binding.line):
                    if owner := self._owner(kind):
                        yield f"{owner}.{binding.attr}"

    def replaced_by(self, key: CallKey) -> Iterator[str]:
        """The names that one of the calls replaces, as it writes them and as they are defined."""
        for dotted in self._written(key):
            yield dotted
            owner, _, name = dotted.rpartition(".")
            yield from (f"{home}.{name}" for home in self._homes(owner) if home != owner)

    def _homes(self, dotted: str) -> Iterator[str]:
        """`app.api.crud` is the module `app.crud`, `app.api.Users` the class `app.users.Users`."""
        if self.program.module_path(dotted) is not None:
            yield dotted
            return
        module, _, name = dotted.rpartition(".")
        for home in self._homes(module) if module else ():
            for kind in meant_by(self.inference, f"{home}.{name}"):
                is_own = isinstance(kind, (Mod, Cls, Obj))
                yield (self._owner(kind) or "*") if is_own else f"{home}.{name}"

    def _written(self, key: CallKey) -> Iterator[str]:
        call = self.program.call(key)
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

    def replacement(self, call: CallSite, name: str) -> Expr | None:
        """What one of the calls puts in the place of `name`."""
        named = dict(call.keywords)
        if getattr(call.func, "attr", None) == "multiple":
            return named.get(name)
        position = 1 if call.args and isinstance(call.args[0], Const) else 2
        return call.args[position] if len(call.args) > position else named.get("new", named.get("value"))

    def _owners(self, key: CallKey, call: CallSite, expr: Expr) -> Iterator[str]:
        """What holds the attribute that is replaced; `*` where that is not known."""
        if isinstance(expr, Const):
            yield expr.text
            return
        for kind in self.inference.kinds(Key(key.path, call.scope), expr, call.span.line):
            yield self._owner(kind) or "*"

    def _owner(self, kind: Kind) -> str:
        """The dotted name of a module or a class; empty for an object."""
        if isinstance(kind, (Mod, Ext)):
            return kind.name
        return str(self.program.class_id(kind.key)).replace(":", ".") if isinstance(kind, Cls) else ""

    def first_of(self, function: Key) -> str | None:
        """A replaced name that stands for this function in some module, if there is one."""
        return next(self.of(function), None)

    def of(self, function: Key) -> Iterator[str]:
        """Every replaced name that stands for this function."""
        if not self.names:
            return
        home = str(self.program.id(function)).replace(":", ".")
        if home in self.names:
            yield home
        name = f"*.{self.program.scope(function).name}"
        if name in self.names and self.program.enclosing_class(function) is not None:
            yield name
        cls = self.program.enclosing_class(function)
        if cls in self._classes:
            yield self._classes[cls]
        yield from self._of_module(self.program.modules[function.path].facts.module)
        for spelled in spellings(self.program, function):
            for path in self._files.get(spelled, ()):
                if means(self.inference, path, spelled, function):
                    yield f"{self.program.modules[path].facts.module}.{spelled}"

    def _of_module(self, module: str) -> Iterator[str]:
        """Names for the module, or for a package above it: a double stands in for all that is in there."""
        while module and self._modules:
            if module in self._modules:
                yield self._modules[module]
            module = module.rpartition(".")[0]

    @cached_property
    def _modules(self) -> Mapping[str, str]:
        """Modules of the project that tests replace, and the name."""
        return {
            kind.name: f"{self.program.modules[path].facts.module}.{name}"
            for name, paths in self._files.items()
            for path in paths
            for kind in self.inference.kinds(Key(path, 0), Name(name))
            if isinstance(kind, Mod)
        }

    @cached_property
    def _classes(self) -> Mapping[Key | None, str]:
        """Classes of the project that tests replace, or of which they replace an object, and the name: a
        double stands in for all methods of the class, and none of them can be awaited."""
        found: dict[Key | None, str] = {}
        for name, paths in self._files.items():
            for path in paths:
                for kind in self.inference.kinds(Key(path, 0), Name(name)):
                    if isinstance(kind, (Cls, Obj)):
                        dotted = f"{self.program.modules[path].facts.module}.{name}"
                        for step in self.inference.classes.mro(kind.key):
                            if isinstance(step, Key):
                                found.setdefault(step, dotted)
        return found

    @cached_property
    def _files(self) -> Mapping[str, Sequence[str]]:
        """Name -> the files in which it is replaced."""
        of_module: dict[str, list[str]] = defaultdict(list)
        for dotted in sorted(self.names):
            home, _, name = dotted.rpartition(".")
            of_module[home].append(name)
        found: dict[str, list[str]] = defaultdict(list)
        for path, module in self.program.modules.items():
            for name in of_module.get(module.facts.module, ()):
                found[name].append(path)
        return found

    def calls(self) -> Iterator[CallKey]:
        """The calls in tests that replace something."""
        for path in sorted(self.program.modules):
            facts = self.program.modules[path].facts
            for number, call in enumerate(facts.calls if facts.is_test else ()):
                if last_name(call.func) in _PATCHERS:
                    yield CallKey(path, number)

    def of_external(self, path: str, written: str, name: str) -> str | None:
        """The replaced name that stands for an external callee, which the module of `path` writes `written`
        and which is called `name`."""
        module = self.program.modules[path].facts.module
        parts = written.split(".")
        candidates = [name, *(f"{module}.{'.'.join(parts[:n])}" for n in range(1, len(parts) + 1))]
        return next((candidate for candidate in candidates if candidate in self.names), None)


def meant_by(inference: Inference, dotted: str) -> Kinds:
    """What a name of a module is."""
    module, _, name = dotted.rpartition(".")
    path = inference.program.module_path(module)
    return inference.name(Key(path, 0), name) if path is not None else frozenset()
