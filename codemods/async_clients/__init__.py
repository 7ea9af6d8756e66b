"""Blocking clients -> their async twins, one library family a file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.effects.effects import Effects
from ..analysis.judge.effects.site import Site
from ..analysis.judge.turning.verdicts import Judgement, place_of
from ..analysis.link.program import CallKey, Key
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax, span_of
from ..analysis.view import Views
from ..model import Code, Note, Reason, Span
from . import module_functions, redis, sdk, sleep, supabase
from .bound import BoundArguments
from .changed import Changed
from .doubles import Doubles
from .http.calls import functions, requests_streams
from .http.errors.error_chain import ErrorChain
from .http.errors.error_families import REQUESTS
from .http.responses import streams
from .http.sessions import session
from .http.urlopen import SITES, URLOPEN, Urlopen
from .http.values.values import Values
from .made_where import MadeWhere
from .mongo import Mongo
from .objects.uses import Objects
from .outcome import Outcome, halves, hoped_in_vain, idle_users, turned_by_edits, with_clauses
from .parts.clients import Clients
from .rewriting.renaming import types_of_twins
from .together import waiting_together
from .twin import Call, NoTwinError, TwinPlan, World, is_generated
from .versions import check_version

NO_EXACT_TWIN = "AF940"

_RAISE_THEIRS = functions.REQUESTS | session.SESSIONS | {requests_streams.READ}
_WITHOUT_TWIN = ("urllib.request.", "urllib3.", "http.client.")
"""What the names begin with of calls that have none; a call that is known is asked for before."""
_CLIENTS: dict[str, tuple[str, ...]] = {
    "httpx": ("httpx.Client",),
    "httpx2": ("httpx2.Client",),
    "redis": ("redis.Redis",),
    "supabase": ("supabase.Client",),
    "postgrest": ("supabase.Client",),
    "pymongo": ("pymongo.MongoClient",),
}
"""By library, the classes whose twins its calls need, those of `sdk` apart."""
_KNOWN = sleep.NAMES | _RAISE_THEIRS | functions.PLAIN | session.CLIENTS | streams.READS | {URLOPEN}


class Twins:
    """Asks the family of a call for its twin; remembers the answers."""

    def __init__(
        self,
        effects: Effects,
        callers: Callers,
        syntax: Syntax,
        library: str,
        module: str,
        declared: str,
        startup: frozenset[Key],
        of_requests: str = "",
        *,
        gathers: bool = False,
    ) -> None:
        """`library` is httpx or httpx2; `module` names the module with the shared clients; `declared` is the
        text of the project's dependency files; `startup` are the functions that run when the application
        starts and stops; `of_requests` says what is set for requests and httpx does not read; `gathers` has
        requests wait at the same time that need not wait for each other."""
        self.world = World(effects, callers, syntax, library, module, startup=startup)
        self.declared = declared
        self.gathers = gathers
        self.values = Values(callers, syntax)
        self.bound = BoundArguments(self.world)
        self.doubles = Doubles(callers.patches, effects.program)
        self.changed = Changed(callers.patches, of_requests)
        self.errors = ErrorChain(self.world, REQUESTS)
        self.sessions = Objects(self.world, session.CONSTRUCTORS)
        self.supabase = supabase.Supabase(self.world, self.values)
        self.views = Views(effects.inference, syntax)
        self.urlopen = Urlopen(self.world, self.values, self.views, declared)
        self.redis = redis.Redis(self.world, self.views, declared)
        self.mongo = Mongo(self.world, self.views)
        self._sdks: dict[str, Clients | None] = {}
        self.made = MadeWhere(
            self.world, lambda name: (self.sessions, self.supabase.objects, self._sdk(name))
        )
        self.also: frozenset[Key] = frozenset()
        """Idle functions that must turn with the clients that they use."""
        self.given: frozenset[Key] = frozenset()
        """Functions that libraries call, among these."""
        self.in_tasks: Mapping[tuple[str, Span], Code] = {}
        """What becomes of `except` clauses in statements that move to tasks."""
        self._refused: dict[str, str] = {}
        self._answers: dict[CallKey, TwinPlan | Reason] = {}

    def plan(
        self, function: Key, site: Site, file: FileSyntax, node: FunctionNode, call: ast.Call
    ) -> TwinPlan | None:
        """How the call awaits its twin; None when it has none, for the `reason`."""
        if site.call is None:
            return None
        if site.call not in self._answers:
            self._answers[site.call] = self._answer(Call(self.world, function, site, file, node, call))
        answer = self._answers[site.call]
        return answer if isinstance(answer, TwinPlan) else None

    def behind(self, site: Site) -> CallKey | None:
        """The call whose plan is that of a site which is none itself: a loop over what a cursor gives."""
        program = self.world.effects.program
        clients = self._sdk(site.name) if site.form != "call" else None
        found = (
            (clients.behind(site.key.path, Span(*site.span)) if clients is not None else None)
            or self.mongo.behind(site.key.path, site.span)
            or redis.behind(program, site)
            or self.urlopen.behind(site)
        )
        return found if found != site.call else None

    def reason(self, site: Site) -> Reason | None:
        """Why a call that was asked for has no exact twin; None for calls of libraries without one."""
        asked = self.urlopen.behind(site) or site.call
        answer = self._answers.get(asked) if asked is not None else None
        if answer is None and self.mongo.is_about(site):
            return Reason(NO_EXACT_TWIN, self.mongo.why_not, place_of(site))
        return answer if isinstance(answer, Reason) and answer.text else None

    def finish(
        self, judgement: Judgement, is_idle: Callable[[Key], bool], hoped: frozenset[CallKey]
    ) -> Judgement | None:
        """The judgement with the `except` clauses around awaited twins; `hoped` are the calls whose twins
        made streams turn that could have stayed in threads.

        None when a client would turn only in part: what is idle is to turn as well, or the client is refused
        from now on, and all must be judged again.
        """
        outcome = Outcome.of(judgement, self._async_functions(), self.behind)
        planned = {call: each for call, each in self._answers.items() if isinstance(each, TwinPlan)}
        plans = tuple(planned.values())
        also = self.also | idle_users(outcome, plans, self.world.effects.program, is_idle)
        also |= turned_by_edits(outcome, plans, self.world.callers)
        if also != self.also:
            self.also = also
            self.given = also & frozenset().union(*(plan.whole.given for plan in plans if plan.whole))
            return None
        asking = frozenset().union(*(plan.whole.askers for plan in plans if plan.whole))
        making = self.made.only_making(asking, outcome.on_loop, outcome.twinned)
        refused = halves(outcome, plans, making, self._why_not)
        refused |= hoped_in_vain(outcome, planned, hoped | self.made.relied_on, self._why_not)
        if refused:
            self._refused.update(refused)
            self._answers.clear()
            self.also = self.given = frozenset()
            return None
        judged, clauses = with_clauses(judgement, outcome, self.errors, _RAISE_THEIRS)
        judged, of_urlopen = with_clauses(judged, outcome, self.urlopen.errors, SITES)
        self.in_tasks = {**clauses, **of_urlopen}
        return waiting_together(judged, outcome, self.world.reach, self.views, gathers=self.gathers)

    def _async_functions(self) -> frozenset[Key]:
        program = self.world.effects.program
        return frozenset(key for key in program.functions() if program.scope(key).is_async)

    def _why_not(self, call: CallKey, moved: str) -> str:
        """Why one call of a client keeps all of them from turning; `moved` tells that it goes elsewhere."""
        program = self.world.effects.program
        answer = self._answers.get(call)
        owner = program.owner_of(call.path, program.call(call).scope)
        name = program.scope(owner).qualname.replace(".<locals>", "") if owner.scope else call.path
        why = answer.text if isinstance(answer, Reason) and answer.text else f"{name} stays synchronous"
        return f"the client is also used at {program.call_location(call)}, {moved or f'where {why}'}"

    def _answer(self, call: Call) -> TwinPlan | Reason:
        try:
            plan = self._twin(call)
            types = types_of_twins(self.views.of(call.file.path), call.file.parents[call.call])
            more = ((call.file.path, edit) for edit in types)
            plan = replace(plan, edits=(*plan.edits, *(each for each in more if each not in plan.edits)))
            if plan.whole is not None and plan.whole.name in self._refused:
                raise NoTwinError(self._refused[plan.whole.name])
        except NoTwinError as why:
            return Reason(NO_EXACT_TWIN, str(why), place_of(call.site))
        return plan

    def _twin(self, call: Call) -> TwinPlan:
        name = call.site.name
        for prefix in _WITHOUT_TWIN:
            if name.startswith(prefix) and name not in _KNOWN:
                raise NoTwinError(f"{prefix.removesuffix('.')} has no async form")
        clients = self._sdk(name)
        is_supabase = supabase.is_supabase(name)
        is_mongo = self.mongo.is_about(call.site)
        is_listed = name in _KNOWN or redis.is_redis(name) or is_supabase or is_mongo
        is_own = clients is not None or is_listed
        beside = None if is_own else module_functions.beside(self.world.effects.program.catalogue, name)
        if not (is_own or beside):
            raise NoTwinError(self.world.effects.program.catalogue.no_twin(name))
        for other in self.world.effects.of_call(call.key):
            if other.form == "call" and other.name != name:
                raise NoTwinError(f"what is called may be something else: {other.label}")
        self.doubles.check_name(call)
        self.bound.check(call)
        if name in sleep.NAMES:
            self.doubles.check_clock()
            return sleep.twin(call)
        self.doubles.check_transport(name)
        self.changed.check(name)
        classes = clients.classes if clients is not None else ()
        self._check_version(name, (beside.name,) if beside is not None else classes)
        if name in functions.PLAIN:
            return functions.plain_twin(call)
        if name in streams.READS or name == requests_streams.READ:
            return self._read(call)
        if redis.is_redis(name):
            return self.redis.twin(call)
        if is_supabase:
            return self.supabase.twin(call)
        if is_mongo:
            return self.mongo.twin(call.key)
        if beside is not None:
            return module_functions.twin(call, self.views)
        if clients is not None:
            return sdk.twin(call, clients)
        if name in session.CLIENTS:
            return session.twin(call, self.sessions, self.values)
        self.doubles.check_answers(name, all_alike=name == URLOPEN)
        if name == URLOPEN:
            return self.urlopen.twin(call)
        if name in session.SESSIONS:
            plan = session.twin(call, self.sessions, self.values)
        else:
            plan = functions.twin(call, self.values)
        notes = self.errors.check(call.function, call.call)
        if requests_streams.is_streamed(call.call):
            requests_streams.check_clauses(self.errors, call)
        return replace(plan, notes=(*plan.notes, *notes))

    def _read(self, call: Call) -> TwinPlan:
        """A piece of a response, which turns with what opened it. Raises `NoTwinError`."""
        opened = streams.opened_by(call.file, call.call)
        site = next((s for s in self.world.effects.sites(call.function) if _is_at(s, opened)), None)
        if opened is None or site is None:
            raise NoTwinError("the response is not opened by a `with` around it")
        plan = self._twin(replace(call, site=site, call=opened))
        notes: tuple[Note, ...] = ()
        if call.site.name == requests_streams.READ:
            notes = self.errors.check(call.function, call.call)
            requests_streams.check_clauses(self.errors, call)
            own = requests_streams.read_edits(call)
        else:
            own = streams.read_edits(call)
        edits = tuple((call.file.path, edit) for edit in own)
        name = call.site.name.rpartition(".")[2]
        return TwinPlan(edits, (span_of(call.call),), f"await {name}(...)", notes=notes, whole=plan.whole)

    def _sdk(self, name: str) -> Clients | None:
        """The clients of an SDK, if the call of that name is about them."""
        catalogue, root = self.world.effects.program.catalogue, name.partition(".")[0]
        library = catalogue.owner(root)
        if library is not None and library.given_by is not None:
            root = library.given_by
        if root not in self._sdks:
            owners = catalogue.owners_of(root)
            classes = frozenset(owner.name for owner in owners if owner.options)
            self._sdks[root] = Clients(self.world, self.views, classes) if classes else None
        clients = self._sdks[root]
        return clients if clients is not None and clients.is_about(name) else None

    def _check_version(self, name: str, clients: Iterable[str]) -> None:
        library = name.partition(".")[0]
        library = self.world.library if library in ("requests", "urllib") else library
        for client in sorted(clients) or _CLIENTS.get(library, ()):
            owner = self.world.effects.program.catalogue.owner(client)
            if owner is not None:
                check_version(self.declared, owner)


def _is_at(site: Site, call: ast.Call | None) -> bool:
    return call is not None and site.call is not None and Span(*site.span) == span_of(call)


__all__ = ["Call", "TwinPlan", "Twins", "is_generated"]
