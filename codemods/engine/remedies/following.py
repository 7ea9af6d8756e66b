"""What runs in threads, or before all requests, and turns for the clients that it shares with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ...analysis.judge.effects.site import Site
from ...analysis.judge.reaching.reach import Reach
from ...analysis.judge.turning.verdicts import Judgement
from ...analysis.link.program import CallKey, Key
from ...model import EntryKind, EntryPoint

FOLLOWERS = (EntryKind.LIFESPAN, EntryKind.STREAM)


class Following:
    def __init__(self, reach: Reach, is_native: Callable[[Key, Site], bool]) -> None:
        self._reach = reach
        self._is_native = is_native

    def sites(self, function: Key, kind: EntryKind) -> Iterator[Site]:
        """Those for which it turns: below a stream, too."""
        below = sorted(self._reach.below(function)) if kind is EntryKind.STREAM else [function]
        for each in below:
            for site in self._reach.own(each):
                if self._may_follow(site) and self._is_native(each, site):
                    yield site

    def hoped(self, judgement: Judgement, points: Mapping[Key, EntryPoint]) -> frozenset[CallKey]:
        """Calls whose twins made something turn that could have stayed as it is."""
        turned = {key: points[key].kind for key in judgement.turned & points.keys()}
        sites = (s for key, kind in turned.items() if kind in FOLLOWERS for s in self.sites(key, kind))
        return frozenset(site.call for site in sites if site.call is not None)

    def _may_follow(self, site: Site) -> bool:
        """Must it be awaited when a client turns that requests use as well? Functions belong to nobody."""
        parts = site.name.split(".")
        owners = (".".join(parts[:end]) for end in range(1, len(parts)))
        catalogue = self._reach.effects.program.catalogue
        return site.entry is None or any(map(catalogue.is_class, owners))
