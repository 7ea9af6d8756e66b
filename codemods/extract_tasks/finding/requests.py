"""The requests that a function sends, and that its callers send behind it, by the services they go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import msgspec

from ...model import Span


class Requests(msgspec.Struct, frozen=True, dict=True):
    """Those of one function, looked for when somebody asks: most slow work sends none."""

    find_services: Callable[[], Mapping[Span, frozenset[str]]] = dict
    find_behind: Callable[[], frozenset[str]] = frozenset
    find_queued: Callable[[], Mapping[Span, frozenset[str]]] = dict

    @cached_property
    def services(self) -> Mapping[Span, frozenset[str]]:
        """Of its calls."""
        return self.find_services()

    @cached_property
    def behind(self) -> frozenset[str]:
        """What callers ask for when it has been called."""
        return self.find_behind()

    @cached_property
    def queued(self) -> Mapping[Span, frozenset[str]]:
        """The calls that queue a task, with the kinds of work that it does."""
        return self.find_queued()

    def of(self, span: Span) -> frozenset[str]:
        return self.services.get(span, frozenset())

    def to(self, names: frozenset[str]) -> list[Span]:
        return [span for span, found in self.services.items() if names & found]


NO_REQUESTS = Requests()
