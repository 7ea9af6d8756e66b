"""Who calls a function, and who hands it on as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import msgspec

from ...index.bindings import Parameter, ScopeKind
from ...index.expr import Attr, Call, Const, DictDisplay, Display, Expr, Joined, Name, Starred, last_name
from ...index.facts import CallSite, Reference
from ...link.infer import Inference
from ...link.kinds import NONE, Fn, Inst, Kind, Kinds, Obj, is_known, is_missing, may_be
from ...link.program import CallKey, Key, Program
from ..effects.effects import Effects
from .by_text import ByText
from .looked_up import LookedUp
from .lookups import Lookups
from .object_names import may_be_object, names_of_objects
from .patches import Patches
from .spellings import spellings
from .stand_ins import StandIns
from .strangers import Strangers
from .wrapping import Wrapping

_TAKE_FUNCTIONS = {
    "map", "filter", "reduce", "starmap", "partial", "Thread", "Timer", "Process", "submit", "apply_async",
    "run_in_threadpool", "to_thread", "run_sync", "run_in_executor", "add_done_callback", "add_job",
    "register",
}  # fmt: skip
_OF_DATABASES = ("sqlalchemy.", "sqlmodel.")
_NUMBERS = frozenset({"builtins.int", "builtins.float"})
_CALLBACKS = {"target", "key", "func", "function", "callback", "default_factory"}


class Caller(msgspec.Struct, frozen=True):
    call: CallKey
    owner: Key
    """The function, class body or module whose frame holds the call."""
    in_generator: bool
    """Inside a generator expression: it may run after the frame is gone."""


class Callers:
    def __init__(self, effects: Effects, read: Callable[[str], str] | None = None) -> None:
        """`read` gives the text of a file."""
        self.effects = effects
        self.inference: Inference = effects.inference
        self.program: Program = effects.program
        self.lookups = Lookups(self.inference)
        self.by_text = ByText(self.inference, self.lookups, read)
        self.patches = Patches(self.inference)
        self.wrapping = Wrapping(self)
        self.stand_ins = StandIns(self.inference, self.patches)
        self.strangers = Strangers(self.program)
        self.looked_up = LookedUp(self.inference)
        self._calls: dict[Key, tuple[Caller, ...]] = {}
        self._on_unknown: dict[str, tuple[CallKey, ...]] = {}
        self._together: dict[Key, frozenset[Key]] = {}

    def calls(self, function: Key) -> tuple[Caller, ...]:
        if function not in self._calls:
            found = []
            for call in self._candidates(function):
                if self._runs(call, function):
                    scope = self.program.call(call).scope
                    owner = self.program.owner_of(call.path, scope)
                    found.append(Caller(call, owner, self._in_generator(call.path, scope)))
            self._calls[function] = tuple(found)
        return self._calls[function]

    def _runs(self, call: CallKey, function: Key) -> bool:
        if any(site.target == function for site in self.effects.of_call(call)):
            return True
        return self.effects.streams.makes_items(call) and function in self.run_by(call)

    def _candidates(self, function: Key) -> Iterator[CallKey]:
        for name in sorted({*spellings(self.program, function), *self._names_when_made(function)}):
            yield from self.program.calls_by_name.get(name, ())
        scope = self.program.scope(function)
        if scope.name == "__call__" and not scope.is_async:
            yield from self._calls_of_objects

    def _names_when_made(self, function: Key) -> Iterator[str]:
        """Of what another function makes and gives: `guard = require("admin")`, and none where that is called
        at once: `require("admin")(user)`."""
        maker = self.program.parent(function)
        if self.program.scope(maker).kind is not ScopeKind.FUNCTION:
            return
        yield ""
        for made in self.calls(maker):
            for name, bindings in self.program.modules[made.call.path].names[0].items():
                if any(each.value == Call(made.call.index) for each in bindings):
                    yield name

    @cached_property
    def _calls_of_objects(self) -> tuple[CallKey, ...]:
        """They are called by any name that may be that of an object, or by none: `CHECKS[0](user)`."""
        names = names_of_objects(self.program)
        calls = (
            CallKey(path, number)
            for path, module in self.program.modules.items()
            for number, call in enumerate(module.facts.calls)
            if may_be_object(call.func, names)
        )
        return tuple(c for c in calls if any(isinstance(k, Obj) for k in self.inference.callees(c)))

    def together(self, function: Key) -> frozenset[Key]:
        """What may run in its place where it is called, of its own classes or of others that have such a
        method as well: one `await` stands for all."""
        if function not in self._together:
            members, pending = {function}, [function]
            while pending:
                member = pending.pop()
                news = set(self.inference.classes.family(member)) | self.beside(member)
                for caller in self.calls(member):
                    called = self.run_by(caller.call)
                    news |= called if member in called else frozenset()
                pending += news - members
                members |= news
            for member in members:
                self._together[member] = frozenset(members)
        return self._together[function]

    def beside(self, function: Key) -> frozenset[Key]:
        """What else turns with it: what the same wrapper awaits, and what tests put in its place."""
        return self.wrapping.group(function) | self.stand_ins.beside(function)

    def run_by(self, call: CallKey) -> frozenset[Key]:
        """The functions of the project that the call itself runs: one of them, each time."""
        found = set()
        for kind in self.inference.callees(call):
            key = self.inference.classes.method(kind.key, "__call__") if isinstance(kind, Obj) else None
            key = kind.key if isinstance(kind, Fn) else key
            if key is not None:
                found.add(key)
        return frozenset(found)

    def _in_generator(self, path: str, scope: int) -> bool:
        scopes = self.program.modules[path].facts.scopes
        while scopes[scope].kind in (ScopeKind.COMPREHENSION, ScopeKind.GENERATOR):
            if scopes[scope].kind is ScopeKind.GENERATOR:
                return True
            scope = scopes[scope].parent
        return False

    def references(self, function: Key) -> Iterator[tuple[str, Reference]]:
        """Places where the function itself is read as a value."""
        for name in spellings(self.program, function):
            for path, number in self.program.references_by_name.get(name, ()):
                reference = self.program.modules[path].facts.references[number]
                kinds = self.inference.kinds(Key(path, reference.scope), reference.expr, reference.span.line)
                if may_be(kinds, function):
                    yield path, reference

    def unresolved_references(self, method: Key) -> Iterator[tuple[str, Reference]]:
        """`Thread(target=x.name)` with an `x` of unknown type: it may be this method that is handed on."""
        for path, number in self.program.references_by_name.get(self.program.scope(method).name, ()):
            facts = self.program.modules[path].facts
            reference = facts.references[number]
            if not isinstance(reference.expr, Attr) or reference.call < 0:
                continue
            into = facts.calls[reference.call].func
            takes = last_name(into) in _TAKE_FUNCTIONS
            if not takes and reference.position not in _CALLBACKS:
                continue
            owners = self.inference.kinds(
                Key(path, reference.scope), reference.expr.value, reference.span.line
            )
            if not is_known(owners):
                yield path, reference

    def unresolved_namesakes(self, function: Key) -> Iterator[CallKey]:
        """Calls `x.name(...)` on an `x` of unknown type: any of them may be a call of this method, or of this
        function, if `x` may be its module."""
        name = self.program.scope(function).name
        if name not in self._on_unknown:
            calls = self.program.calls_by_name.get(name, ())
            self._on_unknown[name] = tuple(call for call in calls if self._is_on_unknown(call))
        for call in self._on_unknown[name]:
            site = self.program.call(call)
            if (
                self._may_bind(function, site)
                and not self._is_given_text(function, site)
                and self._may_have(function, Key(call.path, site.scope), site)
            ):
                yield call

    def _may_have(self, function: Key, scope: Key, site: CallSite) -> bool:
        """Can what it is called on be an object with this method?"""
        assert isinstance(site.func, Attr)
        value = site.func.value
        values = self.inference.kinds(scope, value, site.span.line)
        return not self.looked_up.is_no_owner(function, scope, value) and (
            is_known(values) or self.effects.of_libraries.may_be_called_on(values, function)
        )

    def knows_all(self, function: Key) -> bool:
        """Is the function never handed on, found by a text, or called on an object that nobody knows?"""
        is_method = self.program.enclosing_class(function) is not None
        return not (
            any(self.references(function))
            or any(self.lookups.of(function))
            or (is_method and any(self.unresolved_namesakes(function)))
        )

    def _is_on_unknown(self, call: CallKey) -> bool:
        site = self.program.call(call)
        if not isinstance(site.func, Attr) or self.inference.absent.is_of_none(call):
            return False
        scope = Key(call.path, site.scope)
        owners = self.inference.kinds(scope, site.func.value, site.span.line)
        is_any = not is_known(owners) or self._is_of_another(site.func, owners, self.inference.callees(call))
        return is_any and not self.strangers.is_one(scope)

    def _is_of_another(self, func: Attr, owners: Kinds, callees: Kinds) -> bool:
        """A class that is known to have no such method: the object is of another one than is said of it."""
        if not callees or not is_missing(callees, func.attr) or func.value == Name("self"):
            return False
        mro = self.inference.classes.mro
        return all(isinstance(kind, Obj) and None not in mro(kind.key) for kind in owners)

    def _given(self, function: Key) -> tuple[Parameter, ...]:
        """The parameters that a call `x.name(...)` gives something, which `self` is not among."""
        parameters = self.program.scope(function).parameters
        return parameters[int(self.inference.classes.takes_self(function)) :]

    def _may_bind(self, function: Key, site: CallSite) -> bool:
        """Would the arguments fit?"""
        parameters = self._given(function)
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

    def _is_given_text(self, function: Key, site: CallSite) -> bool:
        """`row.get("name", 0)` is no call of `get(self, db: Session, id: int)`."""
        parent = self.program.parent(function)
        for parameter, argument in zip(self._given(function), site.args, strict=False):
            if parameter.kind != "positional" or isinstance(argument, Starred):
                break
            if parameter.annotation is None or not _is_plain(argument):
                continue
            wanted = self.inference.annotations.instances(parent, parameter.annotation)
            if is_known(wanted) and not any(_may_be_plain(kind, argument) for kind in wanted):
                return True
        return False


def _may_be_plain(wanted: Kind, argument: Expr) -> bool:
    """`get(self, id: int)` is not asked for "name"; for "17" it might be, by mistake."""
    if not isinstance(wanted, Inst):
        return True
    is_word = isinstance(argument, Const) and argument.type == "str" and argument.text.isidentifier()
    is_no_number = is_word and wanted.name in _NUMBERS
    return not (is_no_number or wanted.name == NONE or wanted.name.startswith(_OF_DATABASES))


def _is_plain(argument: Expr) -> bool:
    """A text, a number or a display; None may stand for anything."""
    if isinstance(argument, Const):
        return argument.type != "NoneType"
    return isinstance(argument, (Display, DictDisplay, Joined))
