"""All that a route does on a sync session, as one function in a thread: two threads must not share one at
once, and an attribute that loads must not be read on the loop."""

from __future__ import annotations

import msgspec

from ...analysis.judge.reaching.reach import HARMFUL
from ...analysis.judge.turning.verdicts import FunctionPlan
from ...analysis.link.program import Key
from ...analysis.syntax import Syntax
from ...databases import Answers
from ...model import Reason
from .draft import Draft
from .questions import Questions
from .slow_work import SlowWork
from .threads import Threads


class SessionWork(msgspec.Struct, frozen=True):
    ask: Questions
    threads: Threads
    syntax: Syntax
    answers: Answers

    def is_done_in(self, route: Key) -> bool:
        """Does the route work on a session, or give away objects of one?"""
        own = self.ask.reach.own(route)
        return any(map(self.ask.is_session, own)) or self.ask.returned_objects(route) is not None

    def settled(
        self, route: Key, queued: FunctionPlan | Reason, slow_work: SlowWork
    ) -> FunctionPlan | Reason:
        """`queued`: what can be done where workers take all of that."""
        if isinstance(queued, FunctionPlan) and queued.support:
            return queued
        done = self.plan(route)
        text = "all that its route does with the session is done in one thread"
        hint = 'with database = "leave" a worker may do it'
        why = Reason("AF901", text, self.ask.program.location(route), hint=hint)
        return slow_work.told(route, done, why) if isinstance(done, FunctionPlan) else done

    def plan(self, route: Key) -> FunctionPlan | Reason:
        answer = self.answers.of(route)
        if isinstance(answer, Reason):
            return answer
        file = self.syntax.file(route.path)
        node = file.function(self.ask.program.scope(route).span)
        assert node is not None
        draft = Draft(route, file, node, frozenset(), native=False, partial=False, harm=HARMFUL)
        sites = [site for site in self.ask.reach.own(route) if self.ask.is_harmful(site, HARMFUL)]
        reason = self.threads.take_whole(draft, sites)
        draft.edits.extend((file.path, edit) for edit in answer)
        return reason or draft.plan(waits_in_thread=True)
