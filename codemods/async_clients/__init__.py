"""Blocking clients -> their async twins, one library family a file."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import replace

from ..analysis.callers import Callers
from ..analysis.effects import Effects, Site
from ..analysis.judge import Judgement, Verdict, place_of
from ..analysis.program import CallKey, Key
from ..analysis.syntax import FileSyntax, FunctionNode, Syntax, span_of
from ..model import Edit, Reason, RemedyKind, Span
from . import http, sleep
from .error_chain import ErrorChain, Found
from .http_errors import Below
from .http_response import json_is_read
from .twin import Call, NoTwinError, TwinPlan, World
from .values import Values

NO_EXACT_TWIN = "AF930"

_MOCKING_LIBRARIES = {"responses", "requests_mock", "vcr", "httpretty", "pook", "betamax"}


class Twins:
    """Asks the family of a call for its twin; remembers the answers."""

    def __init__(self, effects: Effects, callers: Callers, syntax: Syntax, library: str, module: str) -> None:
        """`library` is httpx or httpx2; `module` names the module with the shared clients."""
        self.world = World(effects, callers, syntax, library, module)
        self.values = Values(callers)
        self.errors = ErrorChain(self.world)
        self._answers: dict[CallKey, TwinPlan | Reason] = {}
        self._mocked = self._tests_mock_requests()

    def plan(
        self, function: Key, site: Site, file: FileSyntax, node: FunctionNode, call: ast.Call
    ) -> TwinPlan | None:
        """How the call awaits its twin; None when it has none, for the `reason`."""
        if site.call is None:
            return None
        if site.call not in self._answers:
            self._answers[site.call] = self._answer(Call(self.world, function, site, file, node, call))
        answer = self._answers[site.call]
        return answer if isinstance(answer, TwinPlan) else None

    def reason(self, site: Site) -> Reason | None:
        """Why a call that was asked for has no exact twin; None for calls of libraries without one."""
        answer = self._answers.get(site.call) if site.call is not None else None
        return answer if isinstance(answer, Reason) and answer.text else None

    def finish(self, judgement: Judgement) -> Judgement:
        """With the `except` clauses around awaited twins, which depend on all that their `try` still runs."""
        twinned: dict[CallKey, Key] = {}
        gone: set[Site] = set()
        for key, verdict in sorted(judgement.verdicts.items()):
            for mended in verdict.plan.mended if verdict.plan is not None else ():
                if (
                    mended.remedy is RemedyKind.TWIN
                    and mended.site.call is not None
                    and mended.site.name in http.REQUESTS
                ):
                    twinned[mended.site.call] = key
                elif mended.remedy is RemedyKind.TASK:
                    gone.add(mended.site)
        edits: dict[Key, list[tuple[str, Edit]]] = defaultdict(list)
        done: set[tuple[str, Span]] = set()
        for site, key in twinned.items():
            call = self._node(site)
            for found in self.errors.tries(key, call) if call is not None else ():
                place = (found.file.path, span_of(found.statement))
                if place not in done:
                    done.add(place)
                    below = self._below(found, twinned, frozenset(gone))
                    holder = judgement.verdicts.get(found.function)
                    owner = found.function if holder is not None and holder.plan is not None else key
                    edits[owner].extend((found.file.path, edit) for edit in self.errors.edits(found, below))
        verdicts = {
            key: _with_edits(verdict, edits.get(key, [])) for key, verdict in judgement.verdicts.items()
        }
        return replace(judgement, verdicts=verdicts)

    def _below(self, found: Found, twinned: dict[CallKey, Key], gone: frozenset[Site]) -> Below:
        json_read = keep_old = False
        for function, site in self.errors.sites_below(found, gone):
            if site.call in twinned:
                call = self._node(site.call)
                within = found.statement if function == found.function else self.world.node(function)
                file = self.world.syntax.file(function.path)
                json_read = json_read or (
                    call is not None and within is not None and json_is_read(file, call, within)
                )
            elif self.errors.may_raise(function, site):
                keep_old = True
        return Below(json_read, keep_old)

    def _node(self, call: CallKey) -> ast.Call | None:
        return self.world.syntax.file(call.path).call(self.world.effects.program.call(call).span)

    def _answer(self, call: Call) -> TwinPlan | Reason:
        try:
            return self._twin(call)
        except NoTwinError as why:
            return Reason(NO_EXACT_TWIN, str(why), place_of(call.site))

    def _twin(self, call: Call) -> TwinPlan:
        name = call.site.name
        written = call.file.source(call.call.func)
        known = name in sleep.NAMES or name in http.REQUESTS or name in http.PLAIN
        if not known:
            raise NoTwinError("")
        patched = self.world.callers.is_patched_here(call.file.path, written, name)
        if patched is not None:
            raise NoTwinError(f"tests replace {patched}")
        if name in sleep.NAMES:
            return sleep.twin(call)
        if name in http.PLAIN:
            return http.plain_twin(call)
        if self._mocked:
            raise NoTwinError(f"tests use {self._mocked}, which answers in the place of requests")
        plan = http.twin(call, self.values)
        self.errors.check(call.function, call.call)
        return plan

    def _tests_mock_requests(self) -> str:
        """The library with which tests replace requests' transport: they expect requests to be called."""
        for module in self.world.effects.program.modules.values():
            if module.facts.is_test:
                for binding in module.facts.scopes[0].bindings:
                    imported = getattr(binding.value, "module", "")
                    if isinstance(imported, str) and imported.partition(".")[0] in _MOCKING_LIBRARIES:
                        return imported.partition(".")[0]
                if any(p.name == "requests_mock" for scope in module.facts.scopes for p in scope.parameters):
                    return "requests_mock"
        return ""


def _with_edits(verdict: Verdict, more: list[tuple[str, Edit]]) -> Verdict:
    if not more or verdict.plan is None:
        return verdict
    return replace(verdict, plan=replace(verdict.plan, edits=(*verdict.plan.edits, *more)))


__all__ = ["Call", "TwinPlan", "Twins"]
