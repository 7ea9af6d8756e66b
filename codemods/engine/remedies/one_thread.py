"""What holds for one thread alone, where several would do the work of a function, or others come between.

local.user = name                            # `save` in a thread would find another user, or none
save(order)

await asyncio.sleep(1)                       # and on the loop the next request sets it meanwhile
"""

from __future__ import annotations

from ...analysis.judge.effects.site import Site
from ...analysis.judge.effects.thread_state import THREAD_LOCAL
from ...analysis.judge.state.locks import is_lock
from ...analysis.judge.turning.verdicts import place_of
from ...analysis.link.kinds import is_known
from ...analysis.link.program import Key
from ...model import Reason
from .draft import Draft
from .questions import Questions

_BY_THREAD = frozenset({THREAD_LOCAL, "threading.get_ident", "threading.get_native_id"})
"""State of one thread, and the number by which tables have some."""
_OF_THE_THREAD = _BY_THREAD | {
    *("asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.set_event_loop"),
}


class OneThread:
    def __init__(self, ask: Questions) -> None:
        self.ask = ask
        self.reach = ask.reach
        self._needs_it: dict[Key, bool] = {}
        self._touches: dict[Key, bool] = {}
        self._takes_sessions: dict[Key, bool] = {}

    def bound(self, draft: Draft) -> list[Site]:
        """What holds for one thread alone, where more than one would do the work of a `def`; a callee that
        turns sees to its own state. What loads when it is read is read there, too."""
        if not (draft.awaited or draft.to_thread):
            return []
        own = [s for s in self._stays(draft) if s.target not in draft.turned]
        bound = [site for site in own if self.needs_it(site)]
        is_torn = (
            draft.awaited
            or len(bound) > 1
            or bound != draft.to_thread
            or any(s.target is None for s in bound)
        )
        loading = [site for site in own if draft.uses(site) and self._may_load(site)]
        return [*(bound if is_torn else ()), *loading]

    def keep_state(self, draft: Draft) -> None:
        """An `async def` has it in the thread of the loop, where no other request comes between as long as
        nothing waits: so what would wait stays."""
        waiting = [*draft.to_thread, *(site for site, _ in draft.twins), *(each.site for each in draft.slow)]
        state = [site for site in self._stays(draft) if waiting and self._touches_state(site)]
        if not state or (len(state) == 1 and state[0] in waiting and self._keeps_to_itself(state[0])):
            return
        who = state[0].name if state[0].target is not None else "it"
        text = f"{who} uses thread-local state, which other requests change while this one waits"
        why = Reason("AF913", text, place_of(state[0]), hint="keep it in a ContextVar")
        draft.problems.extend((site, why) for site in waiting)
        draft.to_thread, draft.twins, draft.slow = [], [], []

    def needs_it(self, site: Site) -> bool:
        """Does it touch thread-local state, ask for the loop of its thread, or take a lock and keep it?

        Whatever the function does between must run in that thread, too.
        """
        if site.target is None:
            return site.name in _OF_THE_THREAD or _takes_lock(site)
        return self.reach.comes_to(site.target, self._leaves_state, self._needs_it)

    def _stays(self, draft: Draft) -> list[Site]:
        return [site for site in self.reach.own(draft.function) if not draft.removes(site)]

    def _leaves_state(self, site: Site) -> bool:
        """A callee that gives the lock back itself leaves nothing behind."""
        if site.name in _BY_THREAD:
            return True
        beside = self.reach.effects.sites(site.key) if _takes_lock(site) else ()
        return _takes_lock(site) and not any(each.name.endswith(".release") for each in beside)

    def _touches_state(self, site: Site) -> bool:
        if site.target is None:
            return site.name == THREAD_LOCAL
        return self.reach.comes_to(site.target, lambda each: each.name == THREAD_LOCAL, self._touches)

    def _keeps_to_itself(self, site: Site) -> bool:
        state = self.reach.effects.uncalled.thread_state
        return site.target is not None and state.keeps_to(self.reach.below(site.target))

    def _may_load(self, site: Site) -> bool:
        """May what it gives ask a sync session when it is read? Nobody knows what that is, and its maker was
        given one."""
        if site.call is None or is_known(self.reach.effects.inference.call_result(site.call)):
            return False
        if site.target is None:
            return self.ask.takes_session(site)
        return self.reach.comes_to(site.target, self.ask.takes_session, self._takes_sessions)


def _takes_lock(site: Site) -> bool:
    return is_lock(site) and site.name.endswith(".acquire")
