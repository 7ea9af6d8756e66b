"""Can all who call, read or enter a function wait for it, once it is async?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ....model import Location, Reason
from ...link.program import Key, Program
from ..callers.callers import Callers
from ..callers.entered import Entering
from .awaited_results import gives_awaitable, gives_what_is_awaited
from .verdicts import Ladder, Readers
from .whole import Whole


class Followers:
    def __init__(self, callers: Callers, ladder: Ladder, readers: Readers, whole: Whole) -> None:
        self.callers = callers
        self.program: Program = callers.program
        self.ladder = ladder
        self.readers = readers
        self.whole = whole

    def why_not(
        self,
        function: Key,
        turned: frozenset[Key],
        stays_in_thread: Callable[[Key, frozenset[Key]], bool],
    ) -> Reason | None:
        """The first call that cannot await: each must stand in a frame that is or becomes async, and not in a
        generator expression. `stays_in_thread` tells of a caller when all of `turned` are async."""
        name = self.program.scope(function).qualname
        for caller in self.callers.calls(function):
            place = self.program.call_location(caller.call)
            owner = self.program.scope(caller.owner)
            if self.readers.gives_steps(function) and function not in self.whole.generators:
                reason = self.readers.why_not_read(caller.call, function, turned)
                if reason is not None:
                    return reason
            elif caller.in_generator:
                return Reason("AF909", f"{name} is called in a generator expression", place)
            if gives_what_is_awaited(self.program, function, caller.call) and not self._is_copy(function):
                hint = f"make it `async def`, and await there what {name} gives"
                return Reason("AF909", f"what {name} gives is awaited as it is", place, hint=hint)
            at_once = self.ladder.why_at_once(caller.owner, caller.call)
            if at_once:
                return Reason("AF909", f"{name} is called {at_once}", place)
            if (
                not owner.is_async
                and function not in self.whole.functions
                and stays_in_thread(caller.owner, turned)
                and not self.ladder.follows(caller.owner, caller.call)
            ):
                return self._also(f"{name} is also called by", caller.owner, turned, place)
        for entering, reason in self.entered(function, turned):
            if reason is not None:
                return reason
            owner = self.program.scope(entering.owner)
            if not owner.is_async and stays_in_thread(entering.owner, turned):
                return self._also(f"{name} also runs in", entering.owner, turned, entering.location)
        if self.program.enclosing_class(function) is not None:
            for call in self.callers.unresolved_namesakes(function):
                place = self.program.call_location(call)
                return Reason(
                    "AF916",
                    f"a call of .{self.program.scope(function).name} on an unknown object may be this one",
                    place,
                )
        return None

    def entered(self, function: Key, turned: frozenset[Key]) -> Iterable[tuple[Entering, Reason | None]]:
        """Where what a method belongs to is entered; the conversion of a database sees to its own."""
        return () if function in self.whole.functions else self.readers.entered(function, turned)

    def _is_copy(self, function: Key) -> bool:
        """Is it a twin that an earlier run has made, a sync copy for as long as it is looked at?"""
        return function in self.whole.functions and not gives_awaitable(self.callers.inference, function)

    def _also(self, does: str, owner: Key, turned: frozenset[Key], place: Location) -> Reason:
        how = "in a thread" if owner in turned else "which stays synchronous"
        return Reason("AF911", f"{does} {self._who(owner)}, {how}", place)

    def _who(self, owner: Key) -> str:
        scope = self.program.scope(owner)
        where = f" of {owner.path}" if scope.qualname == "<module>" else ""
        return f"{scope.qualname}{where}"
