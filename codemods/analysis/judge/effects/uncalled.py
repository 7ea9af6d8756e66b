"""What runs in a function's frame without a call: dunders, properties, attributes, and computing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from ....catalogue import Effect
from ...index.bindings import How
from ...index.expr import Attr, Name
from ...index.facts import Reference
from ...link.functions.handed import calls_with_the_rest
from ...link.implied import ImpliedCalls
from ...link.infer import Inference
from ...link.kinds import Inst, Kind
from ...link.program import CallKey, Key
from .foreign_keys import ForeignKeys
from .library_reads import LibraryReads
from .site import COMPUTES, SESSION_CATEGORY, Site, SiteKind
from .thread_state import THREAD_LOCAL, ThreadState

_STRANGE = "its library is not in the catalogue"
_OF_ITEMS = {
    # what code does -> what the object is asked for, and how code that asks is handled
    "[]": ("__getitem__", "read"),
    "[]=": ("__setitem__", "attribute"),
    "del": ("__delitem__", "attribute"),
    "in": ("__contains__", "attribute"),
    "for": ("__iter__", "for"),
    "with": ("__enter__", "with"),
}


class Uncalled:
    def __init__(
        self,
        inference: Inference,
        trusts: Callable[[str], bool],
        sites: Callable[[Key], Sequence[Site]],
    ) -> None:
        """`trusts` says whether a name is known to be fast; `sites` gives all that runs in another frame."""
        self.inference = inference
        self.program = inference.program
        self.trusts = trusts
        self.sites = sites
        self.implied = ImpliedCalls(inference)
        self.foreign_keys = ForeignKeys(inference)
        self.library_reads = LibraryReads(inference)
        self.thread_state = ThreadState(inference)

    def of(self, function: Key) -> Iterator[Site]:
        """All but computing."""
        yield from dict.fromkeys(self._implied(function))
        yield from dict.fromkeys(self._strangers(function))
        for span, name, query in dict.fromkeys(self.foreign_keys.reads(function)):
            yield Site(None, function, span, SiteKind.BLOCKING, name, query, form="attribute")
        for span, name, entry in dict.fromkeys(self.library_reads.of(function)):
            yield Site(None, function, span, SiteKind(entry.effect.value), name, entry, form="read")
        for span, _ in self.thread_state.touched(function):
            yield Site(None, function, span, SiteKind.FAST, THREAD_LOCAL, form="attribute")

    def _implied(self, function: Key) -> Iterator[Site]:
        """Dunders and properties, of the project's classes and of catalogued ones."""
        for each in self.implied.of(function):
            if each.target is not None:
                name = self.program.id(each.target)
                yield Site(
                    each.call, function, each.span, SiteKind.PROJECT, name, None, each.target, each.form
                )
            elif isinstance(each.receiver, Inst):
                entry = self.program.catalogue.find_method(each.receiver.name, each.method)
                if entry is not None and entry.effect in (Effect.BLOCKING, Effect.SLOW):
                    which = (
                        SiteKind.SESSION
                        if entry.category == SESSION_CATEGORY
                        else SiteKind(entry.effect.value)
                    )
                    yield Site(each.call, function, each.span, which, entry.name, entry, None, each.form)

    def computing(self, function: Key, others: Sequence[Site]) -> Iterator[Site]:
        """What holds the thread for long, as far as its shape tells; recursion and searches with other
        effects are about them."""
        scope = self.program.scope(function)
        for each in self.program.modules[function.path].facts.computing:
            is_recursion = each.span == scope.span
            if each.function == scope.span and not (each.is_alone and self._has_effects(function, others)):
                form = "attribute" if is_recursion else "for"
                site = Site(None, function, each.span, SiteKind.BLOCKING, COMPUTES.name, COMPUTES, form=form)
                yield msgspec.structs.replace(site, why=each.why)

    def _has_effects(self, function: Key, sites: Sequence[Site]) -> bool:
        """Does anything but fast calls happen at the sites, or in what they call?"""
        below = self.below(function, sites)
        return any(site.kind not in (SiteKind.FAST, SiteKind.PROJECT) for site in below)

    def below(self, function: Key, sites: Sequence[Site]) -> Iterator[Site]:
        """The sites of a function, and those of all that they call."""
        seen, waiting = {function}, list(sites)
        while waiting:
            site = waiting.pop()
            yield site
            if site.target is not None and site.target not in seen:
                seen.add(site.target)
                waiting += self.sites(site.target)

    def _strangers(self, function: Key) -> Iterator[Site]:
        """Attributes and items of objects of libraries that nobody knows: reading one may run a query, and
        setting one may write to a disk."""
        module = self.program.modules[function.path]
        references = module.references_by_scope
        for reference in (
            each for scope in module.frame(function.scope) for each in references.get(scope, ())
        ):
            if not isinstance(reference.expr, Attr) or self._is_data(function.path, reference):
                continue
            where = Key(function.path, reference.scope)
            for kind in self.inference.kinds(where, reference.expr.value, reference.span.line):
                if name := self._unknown(kind, reference.expr.attr):
                    yield Site(
                        None, function, reference.span, SiteKind.UNKNOWN, name, form="read", why=_STRANGE
                    )
        for scope in module.frame(function.scope):
            for implicit in module.implicits_by_scope.get(scope, ()):
                dunder, form = _OF_ITEMS.get(implicit.kind, ("", ""))
                owner = implicit.right if implicit.kind == "in" else implicit.expr
                if not isinstance(owner, (Attr, Name)) or not form:
                    continue
                for kind in self.inference.kinds(Key(function.path, scope), owner, implicit.span.line):
                    if name := self._unknown(kind, dunder):
                        yield Site(
                            None, function, implicit.span, SiteKind.UNKNOWN, name, form=form, why=_STRANGE
                        )

    def _unknown(self, kind: Kind, attr: str) -> str:
        """The name of what an object of a library that nobody knows does; empty for all others."""
        if not isinstance(kind, Inst) or kind.name.startswith("typing."):
            return ""
        name = f"{kind.name}.{attr}"
        is_known = self.program.catalogue.knows_root(kind.name.partition(".")[0])
        return "" if is_known or self.trusts(name) else name

    def _is_data(self, path: str, reference: Reference) -> bool:
        """Of an error that was caught, a constant, or a method that a thread is to call:
        `run_in_threadpool(client.publish, text)`."""
        expr = reference.expr
        assert isinstance(expr, Attr)
        home = None
        if isinstance(expr.value, Name):
            home = self.program.modules[path].home(reference.scope, expr.value.id)
        is_error = home is not None and any(binding.how is How.EXCEPT for binding in home.found)
        if is_error or expr.attr.isupper():
            return True
        call = CallKey(path, reference.call)
        return reference.call >= 0 and calls_with_the_rest(self.inference.callees(call), reference.position)
