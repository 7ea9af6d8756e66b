"""Each call -> what it does to its thread: nothing, blocks, is slow, must be awaited, or nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from ....catalogue import CallForm, Effect, Entry
from ...arguments import is_given, placed
from ...index.expr import Attr, Call, Expr
from ...index.facts import CallSite, Use
from ...link.decorators import standing
from ...link.functions.callbacks import called_arguments, may_call, runs_coroutines
from ...link.infer import Inference
from ...link.kinds import (
    NONE,
    NOTHING,
    Cls,
    Decorated,
    Ext,
    Fn,
    Inst,
    Kind,
    Kinds,
    Member,
    Mod,
    Obj,
    Unknown,
    Vars,
    describe,
    one,
    ordered,
)
from ...link.program import CallKey, Key, Program
from .file_like import of_what_is_read
from .getters import Getters
from .mapped import Mapped, tells_of_object
from .of_libraries import OfLibraries
from .once import Once
from .site import DECORATED, SESSION_CATEGORY, Site, SiteKind
from .started_programs import of_its_program
from .stepping import Stepping
from .streams import Streams
from .texts import is_of_texts
from .uncalled import Uncalled

_GETTER = "the result of operator."


class Effects:
    def __init__(self, inference: Inference, trusted: Sequence[str] = ()) -> None:
        self.inference = inference
        self.program: Program = inference.program
        self.trusted = tuple(trusted)
        self._sites: dict[Key, tuple[Site, ...]] = {}
        self._of_call: dict[CallKey, tuple[Site, ...]] = {}
        self._plain: dict[Key, tuple[Site, ...]] = {}
        self.mapped: Mapped | None = None
        self.uncalled = Uncalled(inference, self.trusts, self.sites)
        self.getters = Getters(self.uncalled.implied)
        self.stepping = Stepping(inference, self.uncalled.of)
        self.streams = Streams(inference, self.stepping)
        self.of_libraries = OfLibraries(inference)
        self.once = Once(inference, self.uncalled)

    def watching(self, mapped: Mapped) -> Effects:
        """The same, with reads of mapped objects as work of their session."""
        other = Effects(self.inference, self.trusted)
        other._of_call = self._of_call
        other._plain = self._plain
        other.of_libraries = self.of_libraries
        other.mapped = mapped
        return other

    def sites(self, function: Key) -> tuple[Site, ...]:
        """Everything that runs in a function's own frame, in source order."""
        if function not in self._sites:
            self._sites[function] = ()
            found = [*self._without_computing(function)]
            found.extend(self.uncalled.computing(function, tuple(found)))
            if self.mapped is not None:
                found.extend(
                    Site(None, key, span, SiteKind.SESSION, name, form="attribute", why="it may run a query")
                    for key, span, name in self.mapped.reads(function)
                )
            self._sites[function] = tuple(sorted(found, key=lambda site: (site.span[:2], site.name)))
        return self._sites[function]

    def _without_computing(self, function: Key) -> tuple[Site, ...]:
        """Calls, and what runs without one: whether objects are watched is of no account for those."""
        if function not in self._plain:
            found = [site for call, _ in self.program.calls_of(function) for site in self.of_call(call)]
            streamed = self.streams.is_streamed  # `iterate_in_threadpool(enumerate(pages))` asks for them
            found.extend(s for s in self.uncalled.of(function) if s.call is None or not streamed(s.call))
            self._plain[function] = tuple(found)
        return self._plain[function]

    def of_call(self, call: CallKey) -> tuple[Site, ...]:
        if call not in self._of_call:
            self._of_call[call] = ()
            self._of_call[call] = tuple(self._classify(call))
        return self._of_call[call]

    def is_awaited(self, site: Site) -> bool:
        """Nobody knows what is called, but it is awaited: then it does not hold the loop."""
        if site.kind is not SiteKind.UNKNOWN or site.call is None:
            return False
        return bool(self.program.call(site.call).use & (Use.AWAITED | Use.ASYNC_WITH | Use.ASYNC_ITERATED))

    def _classify(self, call: CallKey) -> Iterator[Site]:
        site = self.program.call(call)
        owner = self.program.owner_of(call.path, site.scope)
        kinds = self.inference.callees(call)
        if why := self._why_fast(call, site, kinds):
            yield Site(call, owner, site.span, SiteKind.FAST, _written(site.func), why=why)
            return
        if run := self._run_by_getter(call, kinds):
            for kind in ordered(run):
                for which, name, entry, target, why in self._of_kind(kind):
                    yield Site(call, owner, site.span, which, name, entry, target, "callback", why)
            return
        seen = False
        for kind in ordered(self.inference.decorators.told(kinds, owner)):
            if site.use & Use.AWAITED and self._gives_nothing_to_await(kind):
                seen = True  # `if iscoroutinefunction(handler): await handler()` is for others
                yield Site(
                    call, owner, site.span, SiteKind.FAST, _written(site.func), why="it is no coroutine"
                )
                continue
            for kind_, name, entry, target, why in self._of_kind(kind):
                seen = True
                if entry is not None:
                    entry = of_what_is_read(self.inference, Key(call.path, site.scope), site, entry)
                    entry = of_its_program(self.program, Key(call.path, site.scope), site, entry)
                    if kind_ is SiteKind.BLOCKING:
                        kind_ = SiteKind(entry.effect.value)
                    if entry.instant is not None and is_given(entry.instant, site):
                        kind_ = SiteKind.FAST
                if kind_ is SiteKind.SESSION and site.use & Use.AWAITED:
                    kind_ = SiteKind.FAST  # `await paginate(db, query)`: it takes sessions of either kind
                name = name or self.of_libraries.name(site, kind)
                yield Site(call, owner, site.span, kind_, name, entry, target, "call", why)
        if not seen:
            why = "what is called cannot be told"
            yield Site(call, owner, site.span, SiteKind.UNKNOWN, _written(site.func), None, None, "call", why)
        outside = [kind for kind in kinds if isinstance(kind, (Ext, Member))]
        if any(may_call(describe(kind), is_method=isinstance(kind, Member)) for kind in outside):
            yield from self.callbacks(call, site, [describe(kind) for kind in outside])

    def _why_fast(self, call: CallKey, site: CallSite, kinds: Kinds) -> str:
        """Why it is over at once, whatever is called; empty where that decides."""
        if self.streams.is_streamed(call):
            return "its items are made in threads"
        if self.inference.absent.fails(call, kinds):
            return "it fails at once"
        if is_of_texts(self.program, site, kinds):
            return "of a text, or a date"
        is_of_object = tells_of_object(self.inference, Key(call.path, site.scope), site, kinds)
        return "of an object, not a database" if is_of_object else ""

    def _run_by_getter(self, call: CallKey, kinds: Kinds) -> Kinds:
        """`methodcaller("save")(till)` is as good as `till.save()`."""
        is_made = any(isinstance(kind, Unknown) and _GETTER in kind.why for kind in kinds)
        return self.getters.run_at(call) if is_made else NOTHING

    def _gives_nothing_to_await(self, kind: Kind) -> bool:
        """A plain function without a result: awaiting that fails."""
        if not isinstance(kind, Fn) or self.inference.decorators.wrappers(kind.key):
            return False
        if not all(isinstance(each, Fn) for each in self.inference.classes.decorators(kind.key)):
            return False
        scope = self.program.scope(kind.key)
        is_plain = not scope.is_async and not scope.has_yield and not scope.is_stub
        return is_plain and self.inference.function_result(kind.key) == one(Inst(NONE))

    def callbacks(self, call: CallKey, site: CallSite, names: Sequence[str]) -> Iterator[Site]:
        """The project's functions that library functions are given, and whatever these are sure to call.

        `site` has the arguments as the library functions of these `names` get them.
        """
        owner = self.program.owner_of(call.path, site.scope)
        called = [argument for name in names for argument in called_arguments(name, site)]
        awaits = any(map(runs_coroutines, names))
        where = Key(call.path, site.scope)
        for at, argument in placed(site):
            named = self.getters.run_by(argument, call, at)
            kinds = named or self.inference.kinds(where, argument, site.span.line)
            for kind in ordered(self.inference.decorators.told(kinds, owner)):
                if isinstance(kind, Unknown) and not named and self._is_made_fast(call.path, argument):
                    continue  # `key=itemgetter("name")`
                if isinstance(kind, Fn) or (argument in called and not isinstance(kind, Inst)):
                    for which, name, entry, target, why in self._of_kind(kind):
                        is_harmless = which in (SiteKind.FAST, SiteKind.ASYNC)
                        if not is_harmless and (awaits or not self._is_coroutine_function(target)):
                            yield Site(call, owner, site.span, which, name, entry, target, "callback", why)

    def _is_made_fast(self, path: str, value: Expr) -> bool:
        return isinstance(value, Call) and all(
            site.kind is SiteKind.FAST for site in self.of_call(CallKey(path, value.index))
        )

    def _is_coroutine_function(self, function: Key | None) -> bool:
        """Calling one runs nothing yet."""
        return function is not None and self.program.scope(function).is_async

    def _of_kind(self, kind: Kind) -> Iterator[tuple[SiteKind, str, Entry | None, Key | None, str]]:
        if isinstance(kind, Fn):
            if self.inference.classes.is_without_body(kind.key):
                yield SiteKind.UNKNOWN, self.program.id(kind.key), None, None, "an abstract method"
            yield SiteKind.PROJECT, self.program.id(kind.key), None, kind.key, ""
            yield from self._around(kind.key)
        elif isinstance(kind, Cls):
            yield from self._constructor(kind.key)
        elif isinstance(kind, Obj):
            inner = ordered(self.inference.classes.instance_attribute(kind.key, "__call__"))
            for method in inner:
                if isinstance(method, Obj):  # `Till.__call__ = Till()` has no end
                    yield SiteKind.UNKNOWN, "", None, None, "its __call__ is an object again"
                else:
                    yield from self._of_kind(method)
        elif isinstance(kind, Decorated):
            yield SiteKind.FAST, DECORATED, None, None, ""
        elif isinstance(kind, Unknown):
            yield SiteKind.UNKNOWN, "", None, None, kind.why
        elif isinstance(kind, (Mod, Vars)):  # its name is bound to a function as well, or `vars(it)()`
            yield SiteKind.UNKNOWN, describe(kind), None, None, "it may be a module or a dictionary"
        else:
            yield self._external(kind)

    def trusts(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.trusted)

    def _around(self, key: Key) -> Iterator[tuple[SiteKind, str, Entry | None, Key | None, str]]:
        """What a project decorator puts in the place of a function, or enters, runs whenever the function is
        called; who calls that itself runs any function that the decorator was given."""
        decorators = self.inference.decorators
        around = (*decorators.wrappers(key), *standing.entered(self.inference, key))
        for each in (*around, *decorators.given_to(key)):
            yield SiteKind.PROJECT, self.program.id(each), None, each, ""

    def _constructor(self, cls: Key) -> Iterator[tuple[SiteKind, str, Entry | None, Key | None, str]]:
        classes = self.inference.classes
        name = str(self.program.class_id(cls))
        called: set[Key] = set()
        for step in classes.mro(cls):
            if isinstance(step, Key):
                for method in ("__init__", "__post_init__", "model_post_init", "__new__"):
                    key = classes.method(step, method) if step == cls else None
                    if key is not None:
                        called.add(key)
                        yield SiteKind.PROJECT, self.program.id(key), None, key, ""
                if called:
                    break
            elif step is None:
                yield SiteKind.UNKNOWN, name, None, None, "a base class cannot be told"
                return
            elif step not in ("builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"):
                yield self._external(Ext(step))
                break
        else:
            yield SiteKind.FAST, name, None, None, ""
        for key in self.uncalled.implied.construction.of(cls):
            if key not in called:
                yield SiteKind.PROJECT, self.program.id(key), None, key, ""

    def _external(self, kind: Kind) -> tuple[SiteKind, str, Entry | None, Key | None, str]:
        catalogue = self.program.catalogue
        name = describe(kind)
        if isinstance(kind, Member):
            entry = catalogue.find_method(kind.owner, kind.attr)
        elif isinstance(kind, Inst):
            entry = catalogue.find_method(kind.name, "__call__")
        else:
            assert isinstance(kind, Ext)
            entry = catalogue.find(kind.name)
        if entry is None and name.endswith(".__init__"):  # `super().__init__(..)`: as if one was made
            return self._external(Ext(name.removesuffix(".__init__")))
        if self.trusts(name):
            return SiteKind.FAST, name, entry, None, ""
        if entry is None:
            if isinstance(kind, Ext) and (catalogue.is_class(kind.name) or _looks_like_exception(kind.name)):
                return SiteKind.FAST, name, None, None, ""
            return SiteKind.UNKNOWN, name, None, None, "not in the catalogue"
        if entry.category == SESSION_CATEGORY and entry.effect not in (Effect.FAST, Effect.ASYNC):
            return SiteKind.SESSION, entry.name, entry, None, ""
        if entry.effect is Effect.ASYNC and entry.call_form is CallForm.KEEP:
            return SiteKind.FAST, entry.name, entry, None, ""
        return SiteKind(entry.effect.value), entry.name, entry, None, ""


def _looks_like_exception(name: str) -> bool:
    """`acme.TooLongError`, and not `sentry.captureException`."""
    last = name.rpartition(".")[2]
    return last.lstrip("_")[:1].isupper() and last.endswith(("Error", "Exception", "Warning"))


def _written(func: object) -> str:
    if isinstance(func, Attr):
        return f"{_written(func.value)}.{func.attr}"
    return getattr(func, "id", "...")
