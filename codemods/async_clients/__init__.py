"""Blocking clients -> their async twins, one library family a file."""

from __future__ import annotations

import ast

from ..analysis.callers import Callers
from ..analysis.effects import Effects, Site
from ..analysis.program import Key
from ..analysis.syntax import FileSyntax, FunctionNode
from . import http, sleep
from .twin import Call, TwinPlan

_MOCKING_LIBRARIES = {"responses", "requests_mock", "vcr", "httpretty", "pook", "betamax"}


class Twins:
    """Asks the family of a call for its twin; remembers the answers."""

    def __init__(self, effects: Effects, callers: Callers, library: str, module: str) -> None:
        """`library` is httpx or httpx2; `module` the dotted name of the module that holds (or will hold) the shared client."""
        self.effects = effects
        self.callers = callers
        self.library = library
        self.module = module
        self._plans: dict[object, TwinPlan | None] = {}
        self._mocked = self._tests_mock_requests()

    def plan(
        self, function: Key, site: Site, file: FileSyntax, node: FunctionNode, call: ast.Call
    ) -> TwinPlan | None:
        if site.call not in self._plans:
            self._plans[site.call] = self._plan(Call(self.effects, function, site, file, node, call))
        return self._plans[site.call]

    def _plan(self, call: Call) -> TwinPlan | None:
        written = call.file.source(call.call.func)
        if self.callers.is_patched_here(call.file.path, written, call.site.name) is not None:
            return None
        if call.site.name in sleep.NAMES:
            return sleep.twin(call)
        if call.site.name in http.REQUESTS and not self._mocked:
            return http.twin(call, self.library, self.module)
        return None

    def _tests_mock_requests(self) -> bool:
        """Tests that replace requests' transport expect requests to be called."""
        for module in self.effects.program.modules.values():
            if module.facts.is_test:
                for binding in module.facts.scopes[0].bindings:
                    imported = getattr(binding.value, "module", "")
                    if isinstance(imported, str) and imported.partition(".")[0] in _MOCKING_LIBRARIES:
                        return True
                if any(
                    p.name == "requests_mock" for scope in module.facts.scopes for p in scope.parameters
                ):
                    return True
        return False


__all__ = ["Call", "TwinPlan", "Twins"]
