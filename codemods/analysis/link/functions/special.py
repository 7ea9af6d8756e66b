"""Calls whose result depends on their arguments: `cast`, `partial`, `getattr`, `super`, `map`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...index.bindings import Import
from ...index.expr import Attr, Expr, Starred
from ...index.facts import CallSite
from .. import names
from ..decorators.marked import LISTERS, members
from ..kinds import (
    ASYNC_CONTEXT,
    CONTEXT,
    COROUTINE,
    FUTURE,
    GENERATOR,
    NAMESPACE,
    NOTHING,
    TASK,
    Cls,
    Ext,
    Inst,
    Kind,
    Kinds,
    Member,
    Mod,
    Obj,
    Vars,
    one,
    ordered,
    union,
    unknown,
)
from ..libraries import adapted, library
from ..libraries.opened import OPENS, WRAPS, opened, wrapped
from ..program import CallKey, Key, Program
from ..values.asked import STACKS
from ..values.containers import CONTEXT_VARIABLE, MAPPINGS, QUEUES
from ..values.data import MAKERS, MODELS
from .computed_names import by_computed_name

if TYPE_CHECKING:
    from ..infer import Inference

_GIVES_ARGUMENT = {
    "builtins.iter",
    "builtins.staticmethod",
    "builtins.classmethod",
    "copy.copy",
    "copy.deepcopy",
    "dataclasses.replace",
    "functools.partial",
    "functools.partialmethod",
    "functools.lru_cache",
    "functools.cache",
    "functools.singledispatch",
    "asyncio.shield",
    "asyncio.wait_for",
    "weakref.proxy",
    # called, they call it: https://python-dependency-injector.ets-labs.org/providers/index.html
    "dependency_injector.providers.Callable",
    "dependency_injector.providers.ContextLocalSingleton",
    "dependency_injector.providers.Factory",
    "dependency_injector.providers.Singleton",
    "dependency_injector.providers.ThreadLocalSingleton",
    "dependency_injector.providers.ThreadSafeSingleton",
}
_IN_THREAD = {
    # the callable's position among the arguments
    "starlette.concurrency.run_in_threadpool": 0,
    "fastapi.concurrency.run_in_threadpool": 0,
    "asyncio.to_thread": 0,
    "anyio.to_thread.run_sync": 0,
    "asyncio.AbstractEventLoop.run_in_executor": 1,
    # in a greenlet on the loop, with a session or connection before the arguments
    "sqlalchemy.ext.asyncio.AsyncSession.run_sync": 0,
    "sqlmodel.ext.asyncio.session.AsyncSession.run_sync": 0,
    "sqlalchemy.ext.asyncio.AsyncConnection.run_sync": 0,
}
_STARTS = {"asyncio.create_task", "asyncio.ensure_future"}
_RESULTS = {f"{TASK}.result", f"{FUTURE}.result"}
_RUNS_COROUTINE = {"asyncio.run", "asyncio.AbstractEventLoop.run_until_complete"}
_WRAPS = {"contextlib.closing", "contextlib.nullcontext", "contextlib.aclosing"}
_HOLDERS = (CONTEXT_VARIABLE, "weakref.ref", *QUEUES)
_ENTERS_IN_THREAD = {
    "starlette.concurrency.contextmanager_in_threadpool",
    "fastapi.concurrency.contextmanager_in_threadpool",
}
_MAKES_TYPE = {"typing.NewType", "typing_extensions.NewType"}
_NEW = {"builtins.object.__new__"}


class Special:
    def __init__(self, program: Program, inference: Inference) -> None:
        self.program = program
        self.inference = inference

    def result(self, callee: Kind, call: CallKey) -> Kinds | None:
        """None for a callee that is like all others."""
        if isinstance(callee, Ext):
            return self._known(callee.name, call, is_method=False)
        if isinstance(callee, Member):
            return self._known(f"{callee.owner}.{callee.attr}", call, is_method=True)
        return None

    def _known(self, name: str, call: CallKey, *, is_method: bool) -> Kinds | None:
        site = self.program.call(call)
        key = Key(call.path, site.scope)

        def given(position: int) -> Kinds:
            return self.inference.kinds(key, site.args[position], site.span.line)

        if name in OPENS:
            return opened(site, OPENS[name])
        if is_method:
            return self._method(name, site, key, given)
        if name == "builtins.super":
            return self._super(site, key, given)
        if name == "builtins.globals":
            return one(Vars(Mod(self.program.modules[call.path].facts.module, call.path)))
        if name == "collections.defaultdict":
            made = self.inference.called(given(0)) if site.args else unknown("what a defaultdict was given")
            return one(Inst("collections.defaultdict", (NOTHING, made)))
        if name == "collections.OrderedDict" and not site.args:
            return one(Inst(name, (NOTHING, NOTHING)))
        if name in ("builtins.dict", NAMESPACE):
            items = tuple(
                (word, self.inference.kinds(key, value, site.span.line))
                for word, value in site.keywords
                if word
            )
            values = union([kinds for _, kinds in items])
            if name == NAMESPACE:
                return one(Inst(NAMESPACE, (values,), items))
            if site.args:
                return self._dictionary(given(0))
            return one(Inst("builtins.dict", (NOTHING, values), items))
        if name == CONTEXT_VARIABLE:
            default = dict(site.keywords).get("default")
            held = self.inference.kinds(key, default, site.span.line) if default is not None else NOTHING
            return one(Inst(name, (held,)))
        if name == "collections.namedtuple":
            return one(Ext("typing.NamedTuple"))
        found = library.result(self.inference, name, len(site.args), given)
        if found is not None:
            return found
        return self._with_arguments(name, site, key, given) if site.args else None

    def _with_arguments(
        self, name: str, site: CallSite, key: Key, given: Callable[[int], Kinds]
    ) -> Kinds | None:
        if name == "sqlalchemy.orm.relationship":
            return self.inference.relations.made(site, key)
        if name == "sqlalchemy.ext.associationproxy.association_proxy":
            return self.inference.relations.behind_proxy(site, key)
        if name in LISTERS:
            return members(self.inference, given(0))
        if name in adapted.BY_TYPE:
            return adapted.called(self.inference, name, key, site.args[0])
        if name in _GIVES_ARGUMENT:
            return given(0)
        if name in _IN_THREAD and len(site.args) > _IN_THREAD[name]:
            return one(Inst(COROUTINE, (self.inference.called(given(_IN_THREAD[name])),)))
        if name in _RUNS_COROUTINE or name.rpartition(".")[2] == "run_until_complete":
            return self.inference.awaited(given(0))
        if name in _STARTS:
            return one(Inst(TASK, (self.inference.awaited(given(0)),)))
        if name == "asyncio.gather":
            if any(isinstance(argument, Starred) for argument in site.args):
                each = self.inference.awaited(self.inference.iterated(given(0)))
                return one(Inst(COROUTINE, (one(Inst("builtins.list", (each,))),)))
            parts = tuple(self.inference.awaited(given(i)) for i in range(len(site.args)))
            return one(Inst(COROUTINE, (one(Inst("builtins.tuple", parts)),)))
        if name in _WRAPS:
            return one(Inst(CONTEXT, (given(0),)))
        if name in _ENTERS_IN_THREAD:
            return one(Inst(ASYNC_CONTEXT, (self.inference.entered(given(0), False),)))
        if name in _MAKES_TYPE and len(site.args) > 1:
            return given(1)
        if name in WRAPS:
            return wrapped(name, given(0))
        if name == "builtins.property":
            return self.inference.called(given(0))
        if name == "builtins.getattr" and len(site.args) >= 2:
            return self._getattr(site, key, given)
        if name == "builtins.vars":
            return self.inference.attribute(given(0), "__dict__")
        if name in _NEW:
            return _objects(given(0))
        if name == "importlib.import_module":
            return self._imported(site, key)
        if name == "builtins.type" and len(site.args) == 1:
            return union([self.inference.attributes.class_of(kind) for kind in ordered(given(0))])
        return None

    def _dictionary(self, source: Kinds) -> Kinds | None:
        """`dict(other)`, `dict(row)`, `dict(zip(names, rows))`"""
        if all(isinstance(kind, Inst) and kind.name in MAPPINGS for kind in source):
            return source
        if all(isinstance(kind, Inst) and self._has_keys(kind.name) for kind in source):
            held = self.inference.element(source, None)
            return one(Inst("builtins.dict", (one(Inst("builtins.str")), held)))
        pairs = self.inference.iterated(source)
        if not all(isinstance(k, Inst) and k.name == "builtins.tuple" and len(k.args) == 2 for k in pairs):
            return None
        keys, values = (self.inference.element(pairs, None, position) for position in (0, 1))
        return one(Inst("builtins.dict", (keys, values)))

    def _has_keys(self, library_class: str) -> bool:
        """Does `dict(row)` read it by its keys?"""
        asked = (self.program.catalogue.find_method(library_class, name) for name in ("keys", "__getitem__"))
        return all(entry is not None and entry.returns for entry in asked)

    def _getattr(self, site: CallSite, key: Key, given: Callable[[int], Kinds]) -> Kinds | None:
        texts = self.inference.words.of(key, site.args[1], site.span.line)
        if not texts and self.inference.relations.are_mapped(given(0)):
            return one(Inst("sqlalchemy.orm.Mapped"))
        if not texts:
            guess = by_computed_name(self.inference, key, given(0), site.args[1], site.span.line)
            return guess | unknown("getattr with a name that is computed")
        found = union([self.inference.attribute(given(0), text) for text in sorted(texts)])
        return found | given(2) if len(site.args) > 2 else found

    def _imported(self, site: CallSite, key: Key) -> Kinds | None:
        """`importlib.import_module("package.module")`."""
        texts = self.inference.words.of(key, site.args[0], site.span.line)
        if not texts or len(site.args) > 1 or any(text.startswith(".") for text in texts):
            return None
        return union(
            [
                self.inference.of_module(names.imported(self.program, Import(text), key.path))
                for text in sorted(texts)
            ]
        )

    def _super(self, site: CallSite, key: Key, given: Callable[[int], Kinds]) -> Kinds | None:
        if site.args:
            return union(
                [one(Obj(kind.key, is_super=True)) for kind in given(0) if isinstance(kind, Cls)]
            ) or unknown("super of what cannot be told")
        owner = self.program.owner_of(key.path, key.scope)
        while owner.scope > 0 and self.program.enclosing_class(owner) is None:
            owner = self.program.parent(owner)
        cls = self.program.enclosing_class(owner) if owner.scope > 0 else None
        return one(Obj(cls, is_super=True)) if cls else None

    def _method(self, name: str, site: CallSite, key: Key, given: Callable[[int], Kinds]) -> Kinds | None:
        owner, _, method = name.rpartition(".")
        if name in _IN_THREAD or method == "run_in_executor":
            position = _IN_THREAD.get(name, 1)
            if len(site.args) > position:
                return one(Inst(COROUTINE, (self.inference.called(given(position)),)))
        if method == "run_until_complete" and site.args:
            return self.inference.awaited(given(0))
        if name in _RESULTS and isinstance(site.func, Attr):
            return self.inference.awaited(self.inference.kinds(key, site.func.value, site.span.line))
        if name == "concurrent.futures.Executor.map" and site.args:
            return one(Inst(GENERATOR, (self.inference.called(given(0)),)))
        if name == "concurrent.futures.Executor.submit" and site.args:
            return one(Inst(FUTURE, (self.inference.called(given(0)),)))
        if method == "create_task" and owner.startswith("asyncio.") and site.args:
            return one(Inst(TASK, (self.inference.awaited(given(0)),)))
        if name in _NEW and site.args:
            return _objects(given(0))
        if not isinstance(site.func, Attr):
            return None
        if owner in STACKS and site.args:
            if method == "enter_context":
                return self.inference.entered(given(0), False)
            if method == "enter_async_context":
                return one(Inst(COROUTINE, (self.inference.entered(given(0), True),)))
        if owner in MODELS and method in MAKERS:
            made = [
                one(Obj(kind.key, args=kind.args)) if isinstance(kind, (Obj, Cls)) else one(Inst(kind.name))
                for kind in self.inference.kinds(key, site.func.value, site.span.line)
                if isinstance(kind, (Obj, Cls, Ext, Inst))
            ]
            return union(made) or None
        if owner == adapted.ADAPTER and method in adapted.VALIDATES:
            return adapted.validated(self.inference, key, site) or None
        containers = self.inference.containers
        owners = self.inference.kinds(key, site.func.value, site.span.line)
        if owner in ("builtins.dict", "collections.defaultdict", "collections.OrderedDict"):
            wanted: Expr | None = site.args[0] if site.args else None
            default = given(1) if len(site.args) > 1 else NOTHING
            return containers.dict_method(method, owners, wanted, default)
        if owner in ("builtins.list", "collections.deque", "builtins.set", *_HOLDERS):
            return containers.list_method(owner, method, owners)
        return None


def _objects(classes: Kinds) -> Kinds | None:
    """`object.__new__(cls)`: a bare instance, and nothing runs."""
    found = frozenset(Obj(kind.key, args=kind.args) for kind in classes if isinstance(kind, Cls))
    return found if found and len(found) == len(classes) else None
