"""Which calls are slow work: by the catalogue, by the user's word, or as somebody is only told something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..analysis.facts import Attr, Call, CallSite, Expr
from ..analysis.kinds import Ext, Fn, Kind, Member
from ..analysis.program import CallKey, Key
from ..analysis.reach import Reach
from ..analysis.site import Site, SiteKind
from ..analysis.syntax import FileSyntax, Syntax
from ..model import Span
from .chosen import Chosen
from .handed_on import FUNCTION_AT, is_discarded
from .logs import Logs

_TELLS = re.compile(
    r"(sms|text_?message|notif|web_?hook|slack|discord|telegram|whatsapp|push|e?mail|alert|analytics|telemetry|track_event)",
    re.IGNORECASE,
)
_KINDS = (
    ("sms", "sms|text_?message|whatsapp"),
    ("email", "mail"),
    ("push", "notif|push|alert|slack|discord|telegram"),
)
_DELIVERIES = ("email", "sms", "push")
_SENDS = ("post", "put", "patch", "request")


class SlowWork:
    def __init__(self, reach: Reach, syntax: Syntax, chosen: Chosen, *, is_left_out: bool = False) -> None:
        """`is_left_out`: nothing is to become a task, so nothing counts as slow."""
        self._is_left_out = is_left_out
        self.reach = reach
        self.program = reach.effects.program
        self.syntax = syntax
        self.chosen = chosen
        self._telling: dict[Key, bool] = {}

    def is_slow(self, site: Site, file: FileSyntax) -> bool:
        """Slow work by the catalogue; or a third party is told something, and nobody looks at the answer."""
        if self._is_left_out:
            return False
        if site.kind is SiteKind.SLOW or (
            site.target is not None and SiteKind.SLOW in self.reach.flags(site.target)
        ):
            return True
        if self.chosen.is_chosen(site):
            return True
        if not self._tells(site):
            return False
        call = file.call(Span(*site.span)) if site.call is not None else None
        if call is None:
            return False
        whole = _awaited(file, call)
        if not is_discarded(file, whole) and not (site.target is None and Logs(file).is_only_logged(whole)):
            return False
        if site.kind is SiteKind.ASYNC:
            return whole is not call
        if site.target is None:
            return True
        _, last = self.reach.chain(site.target, frozenset({SiteKind.BLOCKING}), _sends)
        return last is not None

    def _tells(self, site: Site) -> bool:
        """Does it look like telling somebody something? Most calls do not, and need not be looked at."""
        if site.kind is SiteKind.ASYNC:
            return _is_async_delivery(site)
        if site.target is None:
            return _sends(site)
        if site.target not in self._telling:
            self._telling[site.target] = bool(_TELLS.search(self.program.id(site.target)))
        return self._telling[site.target]

    def is_told(self, function: Key, site: Site) -> bool:
        """Is a request sent to tell somebody something, and not to ask?"""
        if _TELLS.search(self.program.id(function)):
            return True
        return self.is_slow(site, self.syntax.file(function.path))

    def category(self, site: Site) -> str:
        """Of the last call of the chain, where the catalogue knows it; else by the name."""
        last: Site | None = site
        if site.target is not None:
            _, last = self.reach.chain(site.target, frozenset({SiteKind.SLOW}))
        is_known = last is not None and (last.kind is SiteKind.SLOW or _is_async_delivery(last))
        if is_known and last is not None and last.entry is not None:
            return last.entry.category
        found = next((kind for kind, words in _KINDS if re.search(words, site.name, re.IGNORECASE)), "")
        is_slow = site.target is not None and SiteKind.SLOW in self.reach.flags(site.target)
        is_marked = last is None and (is_slow or self.chosen.is_chosen(site))
        return found or ("work" if is_marked else "http")

    # slow work handed to something that runs it later -----------------------------------------------------

    def handed_on(self, function: Key) -> Iterator[Site]:
        """`background.add_task(send, ..)`, `Thread(target=send).start()`, `await to_thread(send, ..)`."""
        for call, site in () if self._is_left_out else self.program.calls_of(function):
            argument = _carried(site)
            if argument is None:
                continue
            kinds = self.reach.effects.inference.kinds(Key(call.path, site.scope), argument, site.span.line)
            if len(kinds) == 1:
                yield from self._carried_site(call, function, site, next(iter(kinds)))

    def _carried_site(self, call: CallKey, function: Key, site: CallSite, kind: Kind) -> Iterator[Site]:
        if isinstance(kind, Fn) and SiteKind.SLOW in self.reach.flags(kind.key):
            own = self.program.id(kind.key)
            yield Site(call, function, site.span, SiteKind.SLOW, own, None, kind.key, "callback")
        elif isinstance(kind, (Ext, Member)):
            name = kind.name if isinstance(kind, Ext) else f"{kind.owner}.{kind.attr}"
            entry = self.program.catalogue.find(name)
            if entry is not None and entry.effect.value == "slow":
                yield Site(call, function, site.span, SiteKind.SLOW, name, entry, None, "callback")

    def is_task(self, function: Key) -> bool:
        """`@broker.task`: what it does is off the request path already."""
        for decorator in self.program.scope(function).decorators:
            if isinstance(decorator, Call):
                decorator = self.program.call(CallKey(function.path, decorator.index)).func
            if isinstance(decorator, Attr) and decorator.attr == "task":
                return True
        return False


def _awaited(file: FileSyntax, call: ast.Call) -> ast.expr:
    parent = file.parents[call]
    return parent if isinstance(parent, ast.Await) else call


def _is_async_delivery(site: Site) -> bool:
    """`await fastmail.send_message(..)`: it blocks nothing, and the client waits for it all the same."""
    is_known = site.entry is not None and site.entry.category in _DELIVERIES
    return is_known and site.name.rpartition(".")[2].startswith("send")


def _sends(site: Site) -> bool:
    """An HTTP call that tells somebody something, rather than asking."""
    return site.entry is not None and site.entry.category == "http" and site.name.rpartition(".")[2] in _SENDS


def _carried(site: CallSite) -> Expr | None:
    """The function that a call hands to something else."""
    name = str(getattr(site.func, "attr", "") or getattr(site.func, "id", ""))
    if name == "Thread":
        return dict(site.keywords).get("target")
    at = FUNCTION_AT.get(name)
    if at is None:
        return None
    return site.args[at] if len(site.args) > at else dict(site.keywords).get("func")
