"""Generators and context managers that wait for something become async ones, with all who read or enter them.

    def pages(url):                                async def pages(url):
        while url:                                     while url:
            page = requests.get(url).json()                page = (await http_client().get(url)).json()
            yield from page["items"]       ->              for item in page["items"]:
            url = page["next"]                                 yield item
                                                           url = page["next"]

    return [item["id"] for item in pages(url)]     return [item["id"] async for item in pages(url)]

One that a sync caller reads as well, hands on, or may leave with something still to clean up, stays as it is;
who reads it on the loop does so in a thread. https://peps.python.org/pep-0525/
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from ..analysis.index.expressions import SUBSCRIPT
from ..analysis.index.facts import Reference
from ..analysis.judge.callers.called_objects import CalledObjects
from ..analysis.judge.callers.callers import Callers
from ..analysis.judge.callers.entered import Entering
from ..analysis.judge.effects.site import Site
from ..analysis.judge.state.locks import Locks
from ..analysis.judge.turning.verdicts import place_of
from ..analysis.link.kinds import Ext, may_be
from ..analysis.link.program import CallKey, Key
from ..analysis.syntax import span_of
from ..analysis.view import View, Views
from ..model import AwaitExpression, CloseAfter, Edit, Location, Reason, Span
from . import bodies
from .consumers import Consumed, closed_after, consumed
from .managers import AsyncManagers, is_entered_async
from .signatures import MANAGER, rendering, signature_edits

__all__ = ["AsyncGenerators", "Consumed"]

_INJECTED = ("fastapi.Depends", "fastapi.Security")


class AsyncGenerators:
    def __init__(self, views: Views, callers: Callers, locks: Locks) -> None:
        self.views = views
        self.callers = callers
        self.effects = callers.effects
        self.program = callers.program
        self.locks = locks
        self.managers = AsyncManagers(views, callers, locks)
        self.objects = CalledObjects(views)
        self._cleaning: dict[Key, bool] = {}
        self._shielding: dict[Key, bool] = {}

    def together(self, function: Key) -> frozenset[Key]:
        """The functions that turn with this one or not at all, itself among them."""
        if self.managers.is_one(function):
            return self.managers.known.together(function)
        return self.callers.together(function)

    def why_not(self, function: Key) -> Reason | None:
        """What keeps a generator, a method that `with` calls, or one by which an object is called, sync
        whatever becomes of those who read, enter or call it; None for all other functions."""
        if self.program.scope(function).name == "__call__":
            return self._why_not_called(function)
        if self.managers.is_one(function):
            return self.managers.why_not(function)
        return self._why_not(function) if self.gives_steps(function) else None

    def _why_not_called(self, method: Key) -> Reason | None:
        for view, node in self.objects.elsewhere(method):
            text = f"{view.in_a_line(node)} is used here for more than to be called"
            return Reason("AF905", text, view.place(node))
        return None

    def gives_steps(self, function: Key) -> bool:
        """Is it read, and not awaited, once it is async? One that hands on the steps of others must be called
        for that wherever it is named."""
        return self.program.scope(function).has_yield or (
            self.effects.stepping.gives_steps(function) and not any(self.callers.references(function))
        )

    def why_not_read(self, call: CallKey, function: Key, turned: frozenset[Key]) -> Reason | None:
        """Why the steps of a generator cannot be awaited where it is called, when all of `turned` are
        async."""
        found = self.consumed(call, function, turned)
        return found if isinstance(found, Reason) else None

    def entered(self, function: Key, turned: frozenset[Key]) -> Iterable[tuple[Entering, Reason | None]]:
        """Every place that enters what this method belongs to, with the reason why it cannot wait there when
        all of `turned` are async."""
        return self.managers.places(function, turned) if self.managers.is_one(function) else ()

    def _why_not(self, function: Key) -> Reason | None:
        view, node = self._node(function)
        if node is None:
            return Reason("AF915", "the generator cannot be found again", self.program.location(function))
        if not all(map(self.gives_steps, self.together(function))):
            text = f"{node.name} belongs to methods of one name that are not all generators"
            return Reason("AF914", text, self.program.location(function))
        reason = bodies.why_not(view, node, is_manager=self._is_manager(function))
        if reason is not None and self.program.scope(function).has_yield:
            return reason
        held = next((each for each in bodies.yields(node) if self.locks.hold(function, span_of(each))), None)
        if held is not None:
            text = f"{node.name} holds a lock of threads while others work with what it yields"
            return Reason("AF915", text, view.place(held))
        return next(self._read_elsewhere(function), None)

    def consumed(self, call: CallKey, function: Key, turned: frozenset[Key]) -> Consumed | Reason:
        """How a call of the generator waits for its steps, when all of `turned` are async."""
        view = self.views.of(call.path)
        node = view.node_of(call)
        if node is None:
            return Reason("AF915", "the call cannot be found again", self.program.call_location(call))
        if isinstance(view.file.parents[node], ast.Return) and self._hands_on(view.owner(node), turned):
            return Consumed(goes_to_the_end=True)
        found = consumed(view, node, lambda other: is_entered_async(view, other, turned))
        if isinstance(found, Reason) or found.goes_to_the_end or not self._cleans_up(function):
            return found
        closing, is_cancelled = closed_after(view, node), self.effects.streams.is_streamed(call)
        if closing is None and is_cancelled and self._can_be_cancelled(function):
            return found
        if closing is None:
            text = f"{self.program.scope(function).name} may be left before its end here, and would "
            # Starlette cancels all that waits when its client is gone: tried
            text += "be cancelled while it cleans up" if is_cancelled else "clean up later than it does now"
            return Reason("AF915", text, view.place(node))
        return replace(found, edits=(*found.edits, closing))

    def are_read(self, site: Site) -> bool:
        """Are there steps, or ways in and out, which are awaited instead of the call?"""
        return site.target is not None and (
            self.gives_steps(site.target) or self._is_entered(site.target, site)
        )

    def _hands_on(self, owner: Key, turned: frozenset[Key]) -> bool:
        """Do its own readers wait for all that it gives the steps of, once it turns with them?"""
        given = self.effects.stepping.handed_on(owner)
        return bool(given) and given <= turned and self.gives_steps(owner)

    def _is_entered(self, target: Key, site: Site) -> bool:
        """By a `with`, or on an exit stack."""
        return site.form == "with" or (site.form == "callback" and self.managers.is_one(target))

    def at_one_place(self, sites: Sequence[Site], turned: frozenset[Key]) -> Consumed | Reason:
        """How all that may run at one place is waited for."""
        if sites[0].target is not None and self._is_entered(sites[0].target, sites[0]):
            return self.managers.at_one_place(sites, turned)
        found = [self._of_site(site, turned) for site in sites]
        refused = next((each for each in found if isinstance(each, Reason)), None)
        read = [each for each in found if isinstance(each, Consumed)]
        # one that cleans up is closed, and so are the others then
        most = max(read, key=lambda each: len(each.edits), default=None)
        if refused is not None or most is None:
            return refused or Reason("AF909", f"{sites[0].name} is read like a generator", place_of(sites[0]))
        if any(each.awaited != most.awaited or not {*each.edits} <= {*most.edits} for each in read):
            text = f"{sites[0].name} is not all that may be read here"
            return Reason("AF909", text, place_of(sites[0]))
        return most

    def _of_site(self, site: Site, turned: frozenset[Key]) -> Consumed | Reason:
        is_generator = site.target is not None and site.target in turned and self.gives_steps(site.target)
        if site.call is None or site.target is None or not is_generator:
            return Reason("AF909", f"{site.name} is read like a generator", place_of(site))
        return self.consumed(site.call, site.target, turned)

    def edits(
        self, function: Key, awaited: list[Span], others: Sequence[tuple[str, Edit]] = ()
    ) -> Iterator[tuple[str, Edit]]:
        """What changes in the generator itself beside what it waits for, with the `others` that stand in its
        type; what hands one on stays `def`."""
        view, node = self._node(function)
        assert node is not None
        is_closed = self._is_closed(function)
        for edit in signature_edits(view, node, rendering(view, dict.fromkeys(others)), is_closed=is_closed):
            yield view.path, edit
        first = {
            edit.span for path, edit in others if path == view.path and isinstance(edit, AwaitExpression)
        }
        for unrolled in bodies.unrolled(view, node, awaited, first):
            yield view.path, unrolled
        if any(map(self.effects.streams.is_streamed, self._calls(function))):
            places = (getattr(edit, "span", getattr(edit, "first", None)) for _, edit in others)
            for shielded in bodies.shielded(view, node, [*awaited, *filter(None, places)]):
                yield view.path, shielded

    def _read_elsewhere(self, function: Key) -> Iterator[Reason]:
        """Where threads iterate it for a response, and where it is handed on other than to FastAPI."""
        name = self.program.scope(function).name
        for call in self._calls(function):
            if self.effects.streams.is_streamed(call):
                found = self.consumed(call, function, frozenset())
                if isinstance(found, Reason):
                    yield found
        for path, reference in self.callers.references(function):
            if reference.position != SUBSCRIPT and not self._is_injected(path, reference):
                place = Location(path, reference.span.line, reference.span.col + 1)
                yield Reason("AF906", f"{name} is handed on as a plain generator function", place)

    def _calls(self, function: Key) -> Iterator[CallKey]:
        for call in self.program.calls_by_name.get(self.program.scope(function).name, ()):
            kinds = self.callers.inference.callees(call)
            if may_be(kinds, function):
                yield call

    def _is_injected(self, path: str, reference: Reference) -> bool:
        """`Depends(rows)`: FastAPI takes one step of either kind, and the last one behind the response."""
        if reference.call < 0:
            return False
        kinds = self.callers.inference.callees(CallKey(path, reference.call))
        canonical = self.program.catalogue.canonical
        return bool(kinds) and all(isinstance(k, Ext) and canonical(k.name) in _INJECTED for k in kinds)

    def _is_manager(self, function: Key) -> bool:
        scope = self.program.scope(function)
        parent, line = self.program.parent(function), scope.span.line
        return any(
            Ext(MANAGER) in self.callers.inference.kinds(parent, decorator, line)
            for decorator in scope.decorators
        )

    def _cleans_up(self, function: Key) -> bool:
        """Does it do something when it is left before its end, or one that it reads itself?"""
        if function not in self._cleaning:
            self._cleaning[function] = False
            view, node = self._node(function)
            own = node is not None and bodies.cleans_up(view, node)
            self._cleaning[function] = own or any(map(self._cleans_up, self._read_by(function)))
        return self._cleaning[function]

    def _can_be_cancelled(self, function: Key) -> bool:
        """May its cleaning up be shielded, or does it shield itself, and that of those that it reads?"""
        view, node = self._node(function)
        read = filter(self._cleans_up, self._read_by(function))
        return (
            node is not None and bodies.can_be_cancelled(view, node) and all(map(self._shields_itself, read))
        )

    def _shields_itself(self, function: Key) -> bool:
        if function not in self._shielding:
            self._shielding[function] = False  # one that reads itself
            view, node = self._node(function)
            own = node is not None and bodies.shields_itself(view, node)
            read = filter(self._cleans_up, self._read_by(function))
            self._shielding[function] = own and all(map(self._shields_itself, read))
        return self._shielding[function]

    def _read_by(self, function: Key) -> list[Key]:
        """The generators that it reads itself."""
        called = {site.target for site in self.effects.sites(function) if site.target is not None}
        return sorted(each for each in called if self.gives_steps(each))

    def _is_closed(self, function: Key) -> bool:
        """Does one of those who read it, or what else may stand there, close it?"""
        targets = (
            (call, site.target)
            for call in self._calls(function)
            for site in self.effects.of_call(call)
            if site.target is not None and self.gives_steps(site.target)
        )
        found = (self.consumed(call, target, frozenset({target})) for call, target in targets)
        edits = (edit for each in found if isinstance(each, Consumed) for edit in each.edits)
        return any(isinstance(edit, CloseAfter) for edit in edits)

    def _node(self, function: Key) -> tuple[View, ast.FunctionDef | ast.AsyncFunctionDef | None]:
        view = self.views.of(function.path)
        return view, view.file.function(self.program.scope(function).span)
