"""All that a route does on a sync session, as one function in a thread: two threads must not share one at
once, and an attribute that loads must not be read on the loop."""

from __future__ import annotations

import msgspec

from ...analysis.judge.reach import HARMFUL
from ...analysis.judge.verdicts import FunctionPlan
from ...analysis.link.program import Key
from ...analysis.syntax import Syntax
from ...databases import Answers
from ...model import Reason
from .draft import Draft
from .questions import Questions
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
