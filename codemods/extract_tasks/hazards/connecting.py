"""Work that only reaches a mail server, to see whether it is there."""

from __future__ import annotations

from ...analysis.judge.effects.site import Site, SiteKind
from ...analysis.judge.reaching.reach import Reach
from ...analysis.link.program import Key
from ..words import is_connecting


class Connecting:
    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._connects: dict[Key, bool] = {}
        self._does_more: dict[Key, bool] = {}

    def is_all_of(self, function: Key) -> bool:
        """Is it all the slow work of the function and of what that calls? Then it works by raising."""
        comes_to = self._reach.comes_to
        return comes_to(function, _connects, self._connects) and not comes_to(
            function, _does_more, self._does_more
        )


def _connects(site: Site) -> bool:
    return _is_known_to_be_slow(site) and not _does_more(site)


def _does_more(site: Site) -> bool:
    category = site.entry.category if site.entry is not None else ""
    is_other = category != "email" or not is_connecting(site.name.rpartition(".")[2])
    return _is_known_to_be_slow(site) and is_other


def _is_known_to_be_slow(site: Site) -> bool:
    return site.kind is SiteKind.SLOW and site.entry is not None
