"""Which calls are slow work: by the catalogue, by the user's word, or as somebody is only told something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from msgspec.structs import replace

from ...analysis.index.facts import CallSite
from ...analysis.judge.effects.site import COMPUTES, Site, SiteKind
from ...analysis.judge.reaching.reach import Reach
from ...analysis.judge.turning.awaited_results import gives_result
from ...analysis.link.kinds import Fn, Kind
from ...analysis.link.program import CallKey, Key
from ...analysis.nodes import walk
from ...analysis.syntax import FileSyntax, Syntax, span_of
from ...catalogue.entry import Effect
from ...model import Span
from ..sites import STAYS
from .carried import Carried
from .celery import CeleryTasks
from .chosen import Chosen
from .deliveries import Deliveries, is_delivery, is_request, is_sent, sends
from .handed_on import is_discarded
from .logs import Logs
from .waiting import waited_for

_TELLS = re.compile(
    r"(sms|text_?message|notif|web_?hook|slack|discord|telegram|whatsapp|push|e?mail|alert|analytics|telemetry|track_event)",
    re.IGNORECASE,
)
_KINDS = (
    ("sms", "sms|text_?message|whatsapp"),
    ("email", "mail"),
    ("push", "notif|push|alert|slack|discord|telegram"),
)
_WAYS_TO_TELL = frozenset({"email", "sms", "push", "http"})


class SlowWork:
    def __init__(
        self, reach: Reach, syntax: Syntax, chosen: Chosen, celery: CeleryTasks, *, is_left_out: bool = False
    ) -> None:
        """`is_left_out`: nothing is to become a task, so nothing counts as slow."""
        self.celery = celery
        self._is_left_out = is_left_out
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.chosen = chosen
        self.deliveries = Deliveries(reach, syntax)
        self.carried = Carried(reach.effects, syntax)
        self._telling: dict[Key, bool] = {}
        self._computing: dict[Key, bool] = {}
        self._computing_below: dict[Key, bool] = {}
        self._tellers: dict[Key, bool] = {}
        self.category = cache(self._category)
        """What kind of work a site is; a `message` where it shows only at run time how that is sent."""

    def is_slow(self, site: Site, file: FileSyntax) -> bool:
        """Slow work by the catalogue; or a third party is told something, and nobody looks at the answer."""
        if self._is_left_out or self._gives_what_is_awaited(site, file):
            return False
        if site.kind is SiteKind.SLOW or (
            site.target is not None and SiteKind.SLOW in self.reach.flags(site.target)
        ):
            return True
        if self.chosen.is_chosen(site) or self.chosen.stands_for_work(site):
            return True
        is_computed = self._computes(site.target)
        if not (is_computed or self._tells(site)):
            return False
        call = file.call(Span(*site.span)) if site.call is not None else None
        if call is None:
            return False
        if not sends(file, site, call):
            return False
        whole = waited_for(file, call)
        if not is_discarded(file, whole) and not (site.target is None and Logs(file).is_only_logged(whole)):
            return False
        if is_computed or site.kind is SiteKind.ASYNC or site.target is None:
            return True
        if whole is not call and self.deliveries.within(site.target):
            return True
        if self.deliveries.is_run_by(site.target):
            return True
        return self._is_told_by(site.target) or bool(self.deliveries.below(site.target))

    def _gives_what_is_awaited(self, site: Site, file: FileSyntax) -> bool:
        """A worker would drop it."""
        if site.target is None or site.call is None or not gives_result(self.program, site.target):
            return False
        call = file.call(Span(*site.span))
        return call is not None and waited_for(file, call) is not call

    def _tells(self, site: Site) -> bool:
        """Does it look like telling somebody something? Most calls do not, and need not be looked at."""
        if site.kind is SiteKind.ASYNC:
            return self.deliveries.is_one(site)
        if site.target is None:
            return is_sent(site)
        named = self._is_named_so(site.target) or self.deliveries.within(site.target)
        return named or bool(self.deliveries.below(site.target)) or self._only_tells(site.target)

    def _computes(self, function: Key | None) -> bool:
        """May it compute for long, and can it tell nobody anything by raising?"""
        if function is None:
            return False
        if function not in self._computing:
            is_long = self.reach.comes_to(function, _is_computing, self._computing_below)
            run = self.reach.in_order(function) if is_long else ()
            self._computing[function] = is_long and not any(map(self._raises, run))
        return self._computing[function]

    def _raises(self, function: Key) -> bool:
        node = self.syntax.file(function.path).function(self.program.scope(function).span)
        return node is None or any(isinstance(each, (ast.Raise, ast.Assert)) for each in walk(node))

    def _is_named_so(self, function: Key) -> bool:
        if function not in self._telling:
            self._telling[function] = bool(_TELLS.search(self.program.id(function)))
        return self._telling[function]

    def _is_told_by(self, function: Key) -> bool:
        """Does a function of such a name send any request? Some tell by `urlopen(f"{BOT}?text={text}")`."""
        if not self._is_named_so(function):
            return self._only_tells(function)
        _, last = self.reach.chain(function, frozenset({SiteKind.BLOCKING}), is_request)
        return last is not None

    def _only_tells(self, function: Key) -> bool:
        """Does it send requests, and look at the answer of none?"""
        if function not in self._tellers:
            file = self.syntax.file(function.path)
            asked = [s for s in self.reach.own(function) if s.kind is SiteKind.BLOCKING and is_request(s)]
            is_plain = bool(asked) and not self.program.scope(function).decorators
            self._tellers[function] = is_plain and all(self._is_unread(site, file) for site in asked)
        return self._tellers[function]

    def _is_unread(self, site: Site, file: FileSyntax) -> bool:
        call = file.call(Span(*site.span)) if site.call is not None and is_sent(site) else None
        return call is not None and sends(file, site, call) and is_discarded(file, call)

    def is_told(self, function: Key, site: Site) -> bool:
        """Is a request sent to tell somebody something, and not to ask?"""
        if _TELLS.search(self.program.id(function)) or self.deliveries.addressed(site):
            return True
        return self.is_slow(site, self.syntax.file(function.path))

    def may_move(self, sites: Iterable[Site]) -> bool:
        """Is any of it of a kind that need not stay? A program around models has little else."""
        return any(self.category(site) not in STAYS for site in sites)

    def _category(self, site: Site) -> str:
        around = (
            self.reach.effects.of_call(site.call) if site.call is not None and site.form == "call" else ()
        )
        others = [s for s in around if s.target is not None and self._is_worth_it(s.target)]
        found = {self._own_category(each) for each in (site, *others)}
        return "message" if len(found) > 1 and found <= _WAYS_TO_TELL else self._own_category(site)

    def _own_category(self, site: Site) -> str:
        """Of the last call of the chain, where the catalogue knows it; else by the name."""
        last: Site | None = site
        if self.celery.is_about(site):
            return "work"
        if site.target is not None:
            _, last = self.reach.chain(site.target, frozenset({SiteKind.SLOW}))
        if site.target is not None and last is None and self.deliveries.within(site.target):
            _, last = self.reach.chain(site.target, frozenset({SiteKind.ASYNC}), self.deliveries.is_one)
        if last is not None and last.kind is SiteKind.SLOW and last.entry is not None:
            return last.entry.category
        if last is None and (stand_in := self._stand_in_below(site)):
            return stand_in
        sent = site if last is None else last
        found = self.deliveries.kind(sent) or self.deliveries.addressed(sent)
        found = found or (self.deliveries.below(site.target) if site.target is not None else "")
        found = found or next(
            (kind for kind, words in _KINDS if re.search(words, site.name, re.IGNORECASE)), ""
        )
        is_slow = site.target is not None and SiteKind.SLOW in self.reach.flags(site.target)
        is_marked = last is None and (is_slow or self.chosen.is_chosen(site) or self._computes(site.target))
        return found or ("work" if is_marked else "http")

    def _stand_in_below(self, site: Site) -> str:
        """The category of the first one that stands for slow work."""
        reached = self.reach.in_order(site.target) if site.target is not None else ()
        return next((self.chosen.stand_ins[key] for key in reached if key in self.chosen.stand_ins), "")

    # slow work handed to something that runs it later -----------------------------------------------------

    def handed_on(self, function: Key) -> Iterator[Site]:
        """`background.add_task(send, ..)`, `Thread(target=send).start()`, `await to_thread(send, ..)`."""
        yield from () if self._is_left_out else self.celery.started(function)
        for call, site in () if self._is_left_out else self.program.calls_of(function):
            kinds = self.carried.kinds(call, site)
            if len(kinds) == 1:
                yield from self._carried_site(call, function, site, kinds[0])
            elif all(isinstance(kind, Fn) for kind in kinds):
                found = (each for k in kinds for each in self._carried_site(call, function, site, k))
                yield from islice(found, 1)

    def alternatives(self, site: Site) -> Iterator[Site]:
        """All that may be handed on there: `mailer.send` of whatever class the mailer is."""
        kinds = self.carried.kinds(site.call, self.program.call(site.call)) if site.call is not None else ()
        others = [kind.key for kind in kinds if isinstance(kind, Fn)] if len(kinds) > 1 else []
        yield from (replace(site, name=self.program.id(key), target=key) for key in others)
        yield from () if others else (site,)

    def is_left_to_workers(
        self, function: Key, file: FileSyntax, call: ast.Call, coroutines: Iterable[Key]
    ) -> bool:
        """Would it be slow work, or hold some, if `call` did not wait for these on a loop of its own?

        loop.run_until_complete(send(to))
        """
        made = call.args[0] if call.args else None
        if any(map(self._holds_some, coroutines)):
            return True
        if (
            not isinstance(made, ast.Call)
            or waited_for(file, made) is not made
            or not is_discarded(file, call)
        ):
            return False
        sites = [site for site in self.reach.own(function) if site.span == span_of(made)]
        return any(
            self.deliveries.is_one(s) or (s.target is not None and self.deliveries.within(s.target))
            for s in sites
        )

    def _holds_some(self, function: Key) -> bool:
        own, file = self.reach.own(function), self.syntax.file(function.path)
        return any(True for _ in self.handed_on(function)) or any(self.is_slow(s, file) for s in own)

    def _is_worth_it(self, function: Key) -> bool:
        is_slow = SiteKind.SLOW in self.reach.flags(function)
        is_told = self.deliveries.within(function) or self._is_told_by(function)
        return is_slow or is_told or self._computes(function)

    def _carried_site(self, call: CallKey, function: Key, site: CallSite, kind: Kind) -> Iterator[Site]:
        for handed in self.carried.handed(call, function, site, kind):
            entry = handed.entry
            is_slow = entry is not None and (entry.effect is Effect.SLOW or is_delivery(handed.name, entry))
            if is_slow or (handed.target is not None and self._is_worth_it(handed.target)):
                yield handed


def _is_computing(site: Site) -> bool:
    return site.entry is COMPUTES
