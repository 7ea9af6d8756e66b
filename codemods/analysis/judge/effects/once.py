"""Functions whose work is of no account, done once and soon over: `@lru_cache def settings():`."""

from __future__ import annotations

from ...link.infer import Inference
from ...link.program import Key
from .site import Site, SiteKind
from .uncalled import Uncalled

_SOON_OVER = frozenset({"cpu", "file", "lock"})
_OF_ANY_SIZE = "pickle.Loaded"
_WAITING = (SiteKind.BLOCKING, SiteKind.SLOW, SiteKind.SESSION)


class Once:
    def __init__(self, inference: Inference, uncalled: Uncalled) -> None:
        self.inference = inference
        self.program = inference.program
        self.uncalled = uncalled
        self._known: dict[Key, bool] = {}

    def weighs_nothing(self, function: Key) -> bool:
        """The user trusts it, or a cache keeps its one result; what asks a service may take long, and is done
        again and again while that is down. So may a model that was pickled."""
        if function not in self._known:
            self._known[function] = self.uncalled.trusts(self.program.id(function).replace(":", ".")) or (
                not self.program.scope(function).parameters
                and self.inference.decorators.is_cached(function)
                and not any(map(_takes_long, self.uncalled.below(function, self.uncalled.sites(function))))
            )
        return self._known[function]


def _takes_long(site: Site) -> bool:
    if site.kind not in _WAITING or site.entry is None:
        return False
    return site.entry.category not in _SOON_OVER or site.entry.returns == _OF_ANY_SIZE
