"""A response that functions of the project hand to each other: whatever is done with it has an equal.

def fetch(path: str) -> requests.Response:          async def fetch(path: str) -> httpx.Response:
    return requests.get(BASE + path)        ->          return await http_client().get(BASE + path)

page = fetch("/a")                                  page = await fetch("/a")
check(page)                                         check(page)

All requests whose responses come to the same places turn, or none does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ....analysis.judge.effects.site import Site
from ....analysis.link.kinds import Inst
from ....analysis.link.program import CallKey, Key
from ....analysis.nodes import walk
from ....analysis.scopes import FUNCTIONS, own_nodes
from ....analysis.syntax import FileSyntax, FunctionNode, is_test
from ....model import Edit
from ...rewriting.renaming import Renaming, renamed
from ...twin import Call, NoTwinError, World
from ..errors.error_families import REQUESTS
from ..responses.rebound import check_own, names_in_sight, own_uses
from ..responses.response import RENAMED, assigned, check_attribute, check_encoding, use
from ..responses.truth import OR_NONE, TRUTH
from ..values.known import argument_of, check_known, parameter_of

_CLASSES = frozenset({"requests.Response", "requests.models.Response"})
_WHAT = "the response"


class Place(msgspec.Struct, frozen=True):
    """Where a function has the response, `node` being the call or name that gives it."""

    function: Key
    file: FileSyntax
    scope: FunctionNode
    node: ast.expr

    @property
    def at(self) -> str:
        return f"{self.file.path}:{self.node.lineno}"


class Flow:
    """Follows the response of one request through the program."""

    def __init__(self, call: Call) -> None:
        self.world: World = call.world
        self.family = call.site.name.rpartition(".")[0]
        self.requests: dict[CallKey, Call] = {call.key: call}
        """All whose responses come to the same places."""
        self.raising: list[tuple[Key, ast.Attribute]] = []
        """Where it raises errors, in functions that do not make the request."""
        self._edits: list[tuple[str, Edit]] = []
        self._results: set[Key] = set()
        self._parameters: set[tuple[Key, str]] = set()
        self._names: dict[tuple[Key, str], list[Place]] = {}
        self._mixed: set[tuple[Key, str]] = set()
        """Names that hold other things as well, at other places."""
        self._may_be_none = False
        self._classes = Renaming(_CLASSES, self.world.library, "Response", _WHAT, True)

    @property
    def is_handed_on(self) -> bool:
        return bool(self._results or self._parameters)

    def edits(self) -> Iterator[tuple[str, Edit]]:
        """In functions that do not make the request, and the classes that all functions name."""
        yield from self._edits
        truth = OR_NONE if self._may_be_none else TRUTH
        for uses in self._names.values():
            for each in uses:
                assert isinstance(each.node, ast.Name)
                for edit in use(each.file, each.node, self.world.library, True, truth, lambda _: None):
                    yield each.file.path, edit

    def leave(self, function: Key, node: ast.expr) -> None:
        """The response is handed on: given back, or to another function. Raises `NoTwinError`."""
        place = self._place(function, node)
        parent = place.file.parents[node]
        given = place.file.parents[parent] if isinstance(parent, ast.keyword) else parent
        if isinstance(parent, ast.Return):
            self._result(function)
        elif isinstance(given, ast.Call) and given.func is not node:
            self._parameter(*parameter_of(self.world, place.file, given, node))
        else:
            raise NoTwinError(f"{_WHAT} is handed on ({place.at})")

    def _place(self, function: Key, node: ast.expr) -> Place:
        file, scope = self.world.syntax.file(function.path), self.world.node(function)
        around = next((each for each in file.above(node) if isinstance(each, (*FUNCTIONS, ast.Lambda))), None)
        if scope is None or around is not scope:
            raise NoTwinError(f"{_WHAT} is handed on ({file.path}:{node.lineno})")
        return Place(function, file, scope, node)

    # functions -------------------------------------------------------------------------------------------

    def _result(self, function: Key) -> None:
        """All that the function gives back is such a response, or None."""
        if function in self._results:
            return
        self._results.add(function)
        file, node = check_known(self.world, function, _WHAT)
        if not isinstance(node.body[-1], (ast.Return, ast.Raise)):
            self._may_be_none = True  # its end may be come to
        for each in own_nodes(node):
            if isinstance(each, (ast.Yield, ast.YieldFrom)):
                raise NoTwinError(f"{_WHAT} is handed on by a generator ({file.path}:{each.lineno})")
            if isinstance(each, ast.Return):
                self._source(function, file, each.value)
        self._named(function, file, node.returns)
        for caller in self.world.callers.calls(function):
            self._given(caller.owner, caller.call, function)

    def _parameter(self, function: Key, name: str) -> None:
        """All that the function is given for the parameter is such a response, or None."""
        if (function, name) in self._parameters:
            return
        self._parameters.add((function, name))
        file, node = check_known(self.world, function, _WHAT)
        declared = next(each for each in walk(node.args) if isinstance(each, ast.arg) and each.arg == name)
        self._named(function, file, declared.annotation)
        for caller in self.world.callers.calls(function):
            value = argument_of(self.world, caller.call, function, name, _WHAT)
            self._source(caller.owner, self.world.syntax.file(caller.call.path), value)
        self._name(function, file, node, name)

    def _named(self, function: Key, file: FileSyntax, annotation: ast.expr | None) -> None:
        key = self.world.effects.program.parent(function)
        self._edits += renamed(self.world, file, key, annotation, self._classes)

    def _given(self, owner: Key, key: CallKey, function: Key) -> None:
        """What a caller does with what it gets."""
        file = self.world.syntax.file(key.path)
        call = file.call(self.world.effects.program.call(key).span)
        if call is None or self.world.callers.run_by(key) != {function}:
            raise NoTwinError(f"{_WHAT} may be another function's ({key.path})")
        above = file.parents[call]
        node = above if isinstance(above, ast.Await) else call
        parent = file.parents[node]
        name, statement = assigned(parent)
        if isinstance(parent, ast.Expr):
            return
        if isinstance(parent, ast.Attribute):
            if parent.attr in RENAMED:
                raise NoTwinError(f"{parent.attr} of {_WHAT} is read at once ({file.path}:{node.lineno})")
            self._reads(owner, file, parent)
        elif name is not None and not isinstance(statement, ast.NamedExpr):
            place = self._place(owner, node)
            if isinstance(statement, ast.AnnAssign):
                self._named(owner, file, statement.annotation)
            self._name(owner, file, place.scope, name)
        elif is_test(file, node):
            raise NoTwinError(f"the truth of {_WHAT} is asked for at once ({file.path}:{node.lineno})")
        else:
            self.leave(owner, node)

    # values ----------------------------------------------------------------------------------------------

    def _source(self, function: Key, file: FileSyntax, value: ast.expr | None) -> None:
        """What stands for such a response. Raises `NoTwinError` where it may be another thing."""
        value = value.value if isinstance(value, ast.Await) else value
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            self._may_be_none = True
        elif isinstance(value, ast.Call):
            self._comes_from(function, file, value)
        elif isinstance(value, ast.Name):
            self._name(function, file, self._place(function, value).scope, value.id)
            if (function, value.id) in self._mixed:
                raise NoTwinError(f"{value.id} is bound to other things as well ({file.path})")
        else:
            raise NoTwinError(f"something else stands for {_WHAT} as well ({file.path}:{value.lineno})")

    def _comes_from(self, function: Key, file: FileSyntax, call: ast.Call) -> None:
        site = self._request(file, call)
        key = self.world.call_key(file.path, call)
        run = self.world.callers.run_by(key) if key is not None else frozenset()
        if site is not None and site.call is not None:
            scope = self._place(function, call).scope
            self.requests.setdefault(site.call, Call(self.world, function, site, file, scope, call))
        elif len(run) == 1:
            self._result(*run)
        else:
            raise NoTwinError(f"something else stands for {_WHAT} as well ({file.path}:{call.lineno})")

    def _request(self, file: FileSyntax, call: ast.Call) -> Site | None:
        key = self.world.call_key(file.path, call)
        sites = self.world.effects.of_call(key) if key is not None else ()
        return sites[0] if len(sites) == 1 and sites[0].name.rpartition(".")[0] == self.family else None

    def _name(self, function: Key, file: FileSyntax, scope: FunctionNode, name: str) -> None:
        if (function, name) in self._names:
            return
        check_own(scope, name)
        self._names[function, name] = []
        if any(each.arg == name for each in walk(scope.args) if isinstance(each, ast.arg)):
            self._parameter(function, name)
        names = names_in_sight(file, scope, name)
        bindings = [each for each in names if not isinstance(each.ctx, ast.Load)]
        mine = [each for each in bindings if self._may_bind(file, file.parents[each], name)]
        others = [file.statement(each) for each in bindings if each not in mine]
        is_parameter = (function, name) in self._parameters
        if others or (is_parameter and mine):
            self._mixed.add((function, name))
        if is_parameter == bool(bindings):
            raise NoTwinError(f"{name} is bound to other things as well ({file.path})")
        values = [getattr(file.parents[each], "value", None) for each in mine]
        for value in values:
            self._source(function, file, value)
        requests = sum(isinstance(v, ast.Call) and self._request(file, v) is not None for v in values)
        if 0 < requests < len(mine):
            raise NoTwinError(f"{name} is bound to other things as well ({file.path})")
        if not requests:
            uses = own_uses(file, scope, name, [file.statement(each) for each in mine], others)
            self._check_uses(function, file, scope, name, list(uses))

    def _may_bind(self, file: FileSyntax, above: ast.AST, name: str) -> bool:
        """Is the name given such a response there, or None?"""
        value = getattr(above, "value", None)
        value = value.value if isinstance(value, ast.Await) else value
        if assigned(above)[0] != name:
            return False
        if not isinstance(value, ast.Call):
            return isinstance(value, ast.Name) or (isinstance(value, ast.Constant) and value.value is None)
        key = self.world.call_key(file.path, value)
        if key is None or self._request(file, value) is not None:
            return key is not None
        return any(run in self._results or self._gives(run) for run in self.world.callers.run_by(key))

    def _gives(self, function: Key) -> bool:
        """May it give a response?"""
        scope = self.world.effects.program.scope(function)
        lines = zip(scope.returned, scope.returned_lines, strict=False)
        kinds = (kind for value, line in lines for kind in self.world.kinds(function, value, line))
        return any(isinstance(kind, Inst) and kind.name in _CLASSES for kind in kinds)

    def _check_uses(
        self, function: Key, file: FileSyntax, scope: FunctionNode, name: str, uses: list[ast.Name]
    ) -> None:
        check_encoding(file, uses)
        for node in uses:
            parent = file.parents[node]
            if isinstance(parent, ast.Attribute):
                if parent.attr == "close":
                    raise NoTwinError(f"{_WHAT} is closed")
                if parent.attr in REQUESTS.raised_by:
                    self.raising.append((function, parent))
            leaves = lambda each: self.leave(function, each)  # noqa: E731
            for _ in use(file, node, self.world.library, True, TRUTH, leaves):
                pass
            self._names[function, name].append(Place(function, file, scope, node))

    def _reads(self, function: Key, file: FileSyntax, attribute: ast.Attribute) -> None:
        check_attribute(file, attribute, follows_redirects=True)
        if attribute.attr in REQUESTS.raised_by:
            self.raising.append((function, attribute))
